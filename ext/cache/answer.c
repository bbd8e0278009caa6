/* SPDX-License-Identifier: MIT */
#include "cache/answer.h"

const char *const hp_source_names[HP_N_SOURCES] = {
    [HP_SOURCE_L1] = "l1",
    [HP_SOURCE_L2] = "l2",
    [HP_SOURCE_COMPUTED] = "computed",
    [HP_SOURCE_STALE] = "stale",
    [HP_SOURCE_BYPASS] = "bypass",
};

void hp_answer_clear(hp_answer *a) {
  hp_pin_set(&a->pin, NULL);
  a->block = NULL;
  if (a->rows.cells) hp_builder_term(&a->rows);
  if (a->live) sqlite3_finalize(a->live);
  a->live = NULL;
  a->live_has_row = false;
  a->wants_refresh = false;
  a->at = a->n_rows = 0;
}

void hp_answer_set_entry(hp_answer *a, const hp_entry *e, hp_source source) {
  a->block = hp_entry_rows(e);
  a->n_rows = a->block->n_rows;
  a->at = 0;
  a->created_ms = e->node.created_ms;
  a->source = source;
}

void hp_answer_set_rows(hp_answer *a, hp_source source) {
  a->n_rows = a->rows.n_cols ? a->rows.n_cells / a->rows.n_cols : 0;
  a->at = 0;
  a->source = source;
}

int hp_answer_next(hp_answer *a) {
  int rc;

  a->at++;
  if (a->at < a->n_rows || !a->live) return SQLITE_OK;
  /* The first live row was stepped to when the rows became too many. */
  if (a->at == a->n_rows && a->live_has_row) return SQLITE_OK;
  rc = sqlite3_step(a->live);
  a->live_has_row = rc == SQLITE_ROW;
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

void hp_answer_column(const hp_answer *a, int col, sqlite3_context *ctx,
                      sqlite3_destructor_type life) {
  const hp_cell *c;

  if (a->block) {
    c = hp_block_cell(a->block, a->at, col);
    hp_cell_result(c, hp_block_bytes_of(a->block, c), ctx, life);
  } else if (a->at < a->n_rows) {
    c = hp_builder_cell(&a->rows, a->at, col);
    hp_cell_result(c, hp_builder_bytes_of(&a->rows, c), ctx, SQLITE_TRANSIENT);
  } else {
    sqlite3_result_value(ctx, sqlite3_column_value(a->live, col));
  }
}

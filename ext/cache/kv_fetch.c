/* SPDX-License-Identifier: MIT */
#include "cache/kv_fetch.h"
#include "base/clock.h"
#include "base/hook.h"
#include "base/interrupt.h"
#include "cache/flight.h"

/* One call. */
typedef struct fetching {
  hp_kv *kv;
  const hp_key *key;
  const hp_fetch *fetch;
  sqlite3_context *ctx;
  hp_builder value; /* once computed */
  uint64_t cost_ns;
} fetching;

static void fail(fetching *f, int rc, char *sentence) {
  if (sentence)
    sqlite3_result_error(f->ctx, sentence, -1);
  else
    sqlite3_result_error_nomem(f->ctx);
  /* The code, but for errors of ours, is that of the SELECT. */
  if (sentence && rc != SQLITE_ERROR) sqlite3_result_error_code(f->ctx, rc);
  sqlite3_free(sentence);
}

static int fail_sql(fetching *f, int rc) {
  fail(f, rc,
       sqlite3_mprintf("cache_fetch: %s", sqlite3_errmsg(f->kv->conn->db)));
  return rc;
}

static int refuse(fetching *f, char *sentence) {
  fail(f, SQLITE_ERROR, sentence);
  return SQLITE_ERROR;
}

/* True if there is another statement at tail. */
static bool has_more(sqlite3 *db, const char *tail, const char *end) {
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2(db, tail, (int)(end - tail), &stmt, NULL);

  sqlite3_finalize(stmt);
  return rc || stmt;
}

static int check(fetching *f, sqlite3_stmt *stmt, const char *tail) {
  const hp_fetch *x = f->fetch;
  int n_params = stmt ? sqlite3_bind_parameter_count(stmt) : 0;

  if (!stmt || !sqlite3_stmt_readonly(stmt) || !sqlite3_column_count(stmt)) {
    return refuse(f, sqlite3_mprintf(
                         "cache_fetch: the third argument must be one SELECT"));
  }
  if (has_more(f->kv->conn->db, tail, x->sql + x->n_sql)) {
    return refuse(f, sqlite3_mprintf("cache_fetch: the third argument holds "
                                     "more than one statement"));
  }
  if (n_params != x->n_params) {
    return refuse(f, sqlite3_mprintf("cache_fetch: the SELECT has %d "
                                     "parameters, but %d are given",
                                     n_params, x->n_params));
  }
  return SQLITE_OK;
}

static int take_first(fetching *f, sqlite3_stmt *stmt) {
  int rc = SQLITE_OK;

  for (int i = 0; i < f->fetch->n_params && !rc; i++) {
    rc = sqlite3_bind_value(stmt, i + 1, f->fetch->params[i]);
  }
  f->kv->conn->n_inner++;
  if (!rc) rc = sqlite3_step(stmt);
  f->kv->conn->n_inner--;
  if (rc == SQLITE_ROW) {
    return hp_builder_value(&f->value, sqlite3_column_value(stmt, 0));
  }
  return rc == SQLITE_DONE ? hp_builder_null(&f->value) : rc;
}

static int run(fetching *f) {
  sqlite3_stmt *stmt = NULL;
  const char *tail;
  int rc = sqlite3_prepare_v2(f->kv->conn->db, f->fetch->sql, f->fetch->n_sql,
                              &stmt, &tail);

  if (rc) return fail_sql(f, rc);
  rc = check(f, stmt, tail);
  if (!rc) {
    rc = take_first(f, stmt);
    if (rc) fail_sql(f, rc);
  }
  sqlite3_finalize(stmt);
  return rc;
}

/* Computes into f->value. Not SQLITE_OK: the result is an error already. */
static int compute(fetching *f) {
  int64_t start = hp_clock_ns();
  int rc;

  if (f->kv->depth == HP_KV_MAX_DEPTH) {
    return refuse(f, sqlite3_mprintf("cache_fetch: %d calls within each other "
                                     "are too many",
                                     HP_KV_MAX_DEPTH));
  }
  f->kv->depth++;
  hp_hook_mute(f->kv->conn);
  rc = run(f);
  hp_hook_unmute(f->kv->conn);
  f->kv->depth--;
  f->cost_ns = (uint64_t)(hp_clock_ns() - start);
  hp_sheet_add(f->kv->sheet, HP_COUNT_compute_ns, f->cost_ns);
  hp_sheet_add(f->kv->sheet, rc ? HP_COUNT_errors : HP_COUNT_computations, 1);
  return rc;
}

static void answer(fetching *f) {
  const hp_cell *c = hp_builder_cell(&f->value, 0, 0);

  hp_cell_result(c, hp_builder_bytes_of(&f->value, c), f->ctx,
                 SQLITE_TRANSIENT);
}

static void answer_with(fetching *f, const hp_entry *e) {
  hp_cell_result(hp_kv_cell(e),
                 hp_block_bytes_of(hp_entry_rows(e), hp_kv_cell(e)), f->ctx,
                 SQLITE_TRANSIENT);
  hp_kv_let_go(f->kv);
}

static bool serve(fetching *f) {
  const hp_entry *e = hp_kv_get(f->kv, f->key, hp_clock_ms());

  if (e) answer_with(f, e);
  return e != NULL;
}

/* The same after a miss, which is counted already. */
static bool serve_after_all(fetching *f) {
  const hp_entry *e = hp_kv_find(f->kv, f->key, hp_clock_ms(), NULL);

  if (e) answer_with(f, e);
  return e != NULL;
}

static int put_entry(void *entry) {
  hp_entry *e = entry;

  return hp_l1_put(hp_l1_shared(), &e->node, e->node.created_ms);
}

/* Whether others can find it does not matter to this call's answer. */
static hp_flight_outcome publish(fetching *f, hp_flight *flight) {
  hp_entry_spec spec = {.key = *f->key,
                        .score = f->kv->sheet->score,
                        .cost_ns = f->cost_ns,
                        .now_ms = hp_clock_ms(),
                        .ttl_ms = f->fetch->ttl_ms};
  hp_entry *e;
  int rc = hp_entry_new(&spec, &f->value, &e);

  if (rc) return HP_FLIGHT_FAILED;
  rc = hp_flight_publish(flight, put_entry, e);
  if (rc == SQLITE_ABORT) e->node.free_fn(&e->node);
  if (!rc) return HP_FLIGHT_PUBLISHED;
  hp_sheet_add(f->kv->sheet, HP_COUNT_not_stored, 1);
  return rc == SQLITE_FULL ? HP_FLIGHT_PRIVATE : HP_FLIGHT_FAILED;
}

static void lead(fetching *f, hp_flight *flight) {
  hp_flight_outcome outcome = HP_FLIGHT_FAILED;

  if (serve_after_all(f)) {
    outcome = HP_FLIGHT_PUBLISHED;
  } else if (!compute(f)) {
    answer(f);
    outcome = publish(f, flight);
  }
  hp_flight_end(flight, outcome);
}

static void compute_alone(fetching *f) {
  if (!compute(f)) answer(f);
}

/* True when the result is set. */
static bool take_turn(fetching *f, int64_t wait_ms) {
  hp_flight *flight;

  switch (hp_flight_begin(f->key, wait_ms, hp_interrupt_is_set, f->kv->conn,
                          &flight)) {
  case HP_FLIGHT_LEAD: lead(f, flight); return true;
  case HP_FLIGHT_AGAIN:
    if (!serve_after_all(f)) return false;
    hp_sheet_add(f->kv->sheet, HP_COUNT_joins, 1);
    return true;
  case HP_FLIGHT_CYCLE:
    refuse(f, sqlite3_mprintf("cache_fetch: the SELECT asks for the key that "
                              "it computes"));
    return true;
  default: compute_alone(f); return true;
  }
}

void hp_kv_fetch(hp_kv *kv, const hp_key *key, const hp_fetch *fetch,
                 sqlite3_context *ctx) {
  fetching f = {.kv = kv, .key = key, .fetch = fetch, .ctx = ctx};
  int64_t until_ms = 0;

  hp_builder_init(&f.value, 1);
  if (serve(&f)) return;
  if (sqlite3_txn_state(kv->conn->db, NULL) == SQLITE_TXN_WRITE) {
    hp_sheet_add(kv->sheet, HP_COUNT_bypasses, 1);
    compute_alone(&f);
  } else {
    until_ms = hp_clock_ms() + hp_flight_wait_ms();
    while (!take_turn(&f, until_ms - hp_clock_ms())) {
    }
  }
  hp_builder_term(&f.value);
}

/* SPDX-License-Identifier: MIT */
#include "base/block.h"

#include <string.h>

/* Texts up to this length are handed over as zero-terminated, which spares
** the host's sqlite3_column_text() a copy; beyond it the search for the end
** costs more than it saves. */
#define SHORT_TEXT 256

void hp_builder_init(hp_builder *b, int n_cols) {
  *b = (hp_builder){.n_cols = n_cols};
}

void hp_builder_term(hp_builder *b) {
  sqlite3_free(b->cells);
  sqlite3_free(b->heap);
  *b = (hp_builder){.n_cols = b->n_cols};
}

uint64_t hp_builder_bytes(const hp_builder *b) {
  return sizeof(hp_block) + (uint64_t)b->n_cells * sizeof(hp_cell) + b->n_heap;
}

static hp_cell *add_cell(hp_builder *b) {
  if (b->rc) return NULL;
  if (b->n_cells == b->cap_cells) {
    int64_t cap = b->cap_cells ? b->cap_cells * 2 : 8;
    hp_cell *grown =
        sqlite3_realloc64(b->cells, (uint64_t)cap * sizeof *b->cells);
    if (!grown) {
      b->rc = SQLITE_NOMEM;
      return NULL;
    }
    b->cells = grown;
    b->cap_cells = cap;
  }
  b->cells[b->n_cells] = (hp_cell){.type = SQLITE_NULL};
  return &b->cells[b->n_cells++];
}

/* Copies n bytes and a final zero to the heap; false when out of memory. */
static bool add_bytes(hp_builder *b, const void *p, uint32_t n) {
  if (b->n_heap + n + 1 > b->cap_heap) {
    uint64_t cap = (b->n_heap + n + 1) * 3 / 2 + 32;
    char *grown = sqlite3_realloc64(b->heap, cap);
    if (!grown) {
      b->rc = SQLITE_NOMEM;
      return false;
    }
    b->heap = grown;
    b->cap_heap = cap;
  }
  if (n) memcpy(b->heap + b->n_heap, p, n);
  b->heap[b->n_heap + n] = 0;
  b->n_heap += n + 1;
  return true;
}

static int add_string(hp_builder *b, int type, const void *p, int64_t n) {
  uint64_t offset = b->n_heap;
  hp_cell *c;

  if (n > INT32_MAX) b->rc = b->rc ? b->rc : SQLITE_TOOBIG;
  c = add_cell(b);
  if (!c || !add_bytes(b, p, (uint32_t)n)) return b->rc;
  c->type = (uint8_t)type;
  c->n = (uint32_t)n;
  c->as.offset = offset;
  c->has_zero = n && memchr(p, 0, (size_t)n) != NULL;
  return SQLITE_OK;
}

int hp_builder_int(hp_builder *b, int64_t i) {
  hp_cell *c = add_cell(b);

  if (c) c->type = SQLITE_INTEGER, c->as.i = i;
  return b->rc;
}

int hp_builder_real(hp_builder *b, double r) {
  hp_cell *c = add_cell(b);

  if (c) c->type = SQLITE_FLOAT, c->as.r = r;
  return b->rc;
}

int hp_builder_null(hp_builder *b) {
  add_cell(b);
  return b->rc;
}

int hp_builder_text(hp_builder *b, const char *z, int64_t n) {
  if (!z) return hp_builder_null(b);
  return add_string(b, SQLITE_TEXT, z, n < 0 ? (int64_t)strlen(z) : n);
}

/* sqlite3_value_text() and _blob() answer NULL for an empty blob and when out
** of memory; only the latter is an error. */
static int add_value_bytes(hp_builder *b, sqlite3_value *v, int type) {
  const void *p = type == SQLITE_TEXT ? (const void *)sqlite3_value_text(v)
                                      : sqlite3_value_blob(v);
  int n = sqlite3_value_bytes(v);

  if (!p && (n || type == SQLITE_TEXT)) {
    b->rc = b->rc ? b->rc : SQLITE_NOMEM;
    return b->rc;
  }
  return add_string(b, type, p, n);
}

int hp_builder_value(hp_builder *b, sqlite3_value *v) {
  int type = sqlite3_value_type(v), rc;
  unsigned subtype = sqlite3_value_subtype(v);

  switch (type) {
  case SQLITE_INTEGER: rc = hp_builder_int(b, sqlite3_value_int64(v)); break;
  case SQLITE_FLOAT: rc = hp_builder_real(b, sqlite3_value_double(v)); break;
  case SQLITE_NULL: rc = hp_builder_null(b); break;
  default: rc = add_value_bytes(b, v, type); break;
  }
  if (!rc) b->cells[b->n_cells - 1].subtype = (uint8_t)subtype;
  return rc;
}

int hp_builder_row(hp_builder *b, sqlite3_stmt *stmt) {
  for (int i = 0; i < b->n_cols && !b->rc; i++) {
    hp_builder_value(b, sqlite3_column_value(stmt, i));
  }
  return b->rc;
}

static void write_block(const hp_builder *b, hp_block *k) {
  uint64_t n_cells = (uint64_t)b->n_cells * sizeof *b->cells;

  *k = (hp_block){.n_rows = b->n_cols ? b->n_cells / b->n_cols : 0,
                  .n_cols = b->n_cols,
                  .n_bytes = hp_builder_bytes(b)};
  if (n_cells) memcpy(k + 1, b->cells, n_cells);
  if (b->n_heap) memcpy((char *)(k + 1) + n_cells, b->heap, b->n_heap);
}

int hp_builder_finish(hp_builder *b, size_t n_prefix, void **out) {
  *out = NULL;
  if (b->rc) return b->rc;
  *out = sqlite3_malloc64(n_prefix + hp_builder_bytes(b));
  if (!*out) return b->rc = SQLITE_NOMEM;
  write_block(b, (hp_block *)((char *)*out + n_prefix));
  hp_builder_term(b);
  return SQLITE_OK;
}

int hp_builder_copy(const hp_builder *b, hp_block **out) {
  *out = b->rc ? NULL : sqlite3_malloc64(hp_builder_bytes(b));
  if (!*out) return SQLITE_NOMEM;
  write_block(b, *out);
  return SQLITE_OK;
}

const hp_cell *hp_builder_cell(const hp_builder *b, int64_t row, int col) {
  return &b->cells[row * b->n_cols + col];
}

const char *hp_builder_bytes_of(const hp_builder *b, const hp_cell *c) {
  return (const char *)((uintptr_t)b->heap + (uintptr_t)c->as.offset);
}

static void text_result(const hp_cell *c, const char *bytes,
                        sqlite3_context *ctx, sqlite3_destructor_type life) {
  bool is_terminated = c->n <= SHORT_TEXT && !c->has_zero;

  sqlite3_result_text(ctx, bytes, is_terminated ? -1 : (int)c->n, life);
}

void hp_cell_result(const hp_cell *c, const char *bytes, sqlite3_context *ctx,
                    sqlite3_destructor_type life) {
  switch (c->type) {
  case SQLITE_INTEGER: sqlite3_result_int64(ctx, c->as.i); break;
  case SQLITE_FLOAT: sqlite3_result_double(ctx, c->as.r); break;
  case SQLITE_TEXT: text_result(c, bytes, ctx, life); break;
  case SQLITE_BLOB: sqlite3_result_blob(ctx, bytes, (int)c->n, life); break;
  default: sqlite3_result_null(ctx); break;
  }
  if (c->subtype) sqlite3_result_subtype(ctx, c->subtype);
}

/* SPDX-License-Identifier: MIT */
#include "cache/key.h"

#include <string.h>

#define ON_STACK 256

/* The bytes to be hashed; moved to the heap when they outgrow the stack. */
typedef struct writer {
  char *at;
  size_t n, cap;
  char *heap; /* to be freed, or NULL */
  char stack[ON_STACK];
} writer;

static int grow(writer *w, size_t n) {
  size_t cap = (w->n + n) * 2;
  char *grown = sqlite3_realloc64(w->heap, cap);

  if (!grown) return SQLITE_NOMEM;
  if (!w->heap) memcpy(grown, w->stack, w->n);
  w->heap = w->at = grown;
  w->cap = cap;
  return SQLITE_OK;
}

static int add(writer *w, const void *p, size_t n) {
  if (n > w->cap - w->n) {
    int rc = grow(w, n);
    if (rc) return rc;
  }
  if (n) memcpy(w->at + w->n, p, n);
  w->n += n;
  return SQLITE_OK;
}

/* Type, subtype and length come first, so that no two lists of values have
** the same bytes. */
static int add_tagged(writer *w, sqlite3_value *v, int type, const void *p,
                      size_t n) {
  uint64_t len = n;
  char head[10];
  int rc;

  head[0] = (char)type;
  head[1] = (char)sqlite3_value_subtype(v);
  memcpy(head + 2, &len, sizeof len);
  rc = add(w, head, sizeof head);
  return rc ? rc : add(w, p, n);
}

/* sqlite3_value_text() and _blob() answer NULL for an empty blob and when out
** of memory; only the latter is an error. */
static int add_string(writer *w, sqlite3_value *v, int type) {
  const void *p = type == SQLITE_TEXT ? (const void *)sqlite3_value_text(v)
                                      : sqlite3_value_blob(v);
  int n = sqlite3_value_bytes(v);

  if (!p && (n || type == SQLITE_TEXT)) return SQLITE_NOMEM;
  return add_tagged(w, v, type, p, (size_t)n);
}

static int add_value(writer *w, sqlite3_value *v) {
  int type = sqlite3_value_type(v);
  int64_t i;
  double r;

  switch (type) {
  case SQLITE_INTEGER:
    i = sqlite3_value_int64(v);
    return add_tagged(w, v, type, &i, sizeof i);
  case SQLITE_FLOAT:
    r = sqlite3_value_double(v);
    return add_tagged(w, v, type, &r, sizeof r);
  case SQLITE_NULL: return add_tagged(w, v, type, NULL, 0);
  default: return add_string(w, v, type);
  }
}

int hp_key_of(const hp_key *seed, int n_args, sqlite3_value **args,
              hp_key *out) {
  writer w;
  int rc;

  w.at = w.stack;
  w.n = 0;
  w.cap = ON_STACK;
  w.heap = NULL;
  rc = add(&w, seed, sizeof *seed);
  for (int i = 0; i < n_args && !rc; i++) rc = add_value(&w, args[i]);
  if (!rc) *out = hp_hash128_of(w.at, w.n, hp_hash_secret());
  sqlite3_free(w.heap);
  return rc;
}

/* A cell holds type, subtype, length and number; where the bytes of texts lie
** follows from the lengths before. */
hp_key hp_key_of_row(const hp_key *seed, const hp_builder *row) {
  hp_key parts[3];
  size_t n_cells = (size_t)row->n_cols * sizeof(hp_cell);

  parts[0] = *seed;
  if (row->n_cols == 1) {
    memcpy(&parts[1], row->cells, sizeof parts[1]);
  } else if (row->n_cols) {
    parts[1] = hp_hash128_of(row->cells, n_cells, hp_hash_secret());
  } else {
    parts[1] = (hp_key){0, 0};
  }
  if (!row->n_heap) {
    return hp_hash128_of(parts, 2 * sizeof *parts, hp_hash_secret());
  }
  parts[2] = hp_hash128_of(row->heap, row->n_heap, hp_hash_secret());
  return hp_hash128_of(parts, sizeof parts, hp_hash_secret());
}

_Static_assert(sizeof(hp_cell) == sizeof(hp_key),
               "a single cell stands in for its hash");

/* SPDX-License-Identifier: MIT
**
** A block of rows: an immutable table of values in one allocation, bit-exact
** to what SQLite returned (type, 64-bit integer or double, text or blob with
** its length and embedded zero bytes, subtype).
**
** Layout, in memory only: hp_block, then n_rows * n_cols cells of 16 bytes in
** row order, then the bytes of texts and blobs; a text is followed by a zero
** byte. Reading is O(1) and thread-safe; building is for one thread.
*/
#ifndef HP_BASE_BLOCK_H
#define HP_BASE_BLOCK_H

#include "base/sqlite_api.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hp_cell {
  uint8_t type;     /* SQLITE_INTEGER, _FLOAT, _TEXT, _BLOB or _NULL */
  uint8_t subtype;  /* as by sqlite3_value_subtype() */
  uint8_t has_zero; /* the text holds a zero byte before its end */
  uint8_t unused;
  uint32_t n; /* bytes of a text or blob, without the final zero */
  union {
    int64_t i;
    double r;
    uint64_t offset; /* of the bytes, from the end of the cells */
  } as;
} hp_cell;

typedef struct hp_block {
  int64_t n_rows;
  int32_t n_cols;
  uint32_t unused;
  uint64_t n_bytes; /* of the whole block: header, cells and bytes */
} hp_block;

/* Collects rows. Errors are sticky: after SQLITE_NOMEM or SQLITE_TOOBIG every
** call is a no-op that returns it. */
typedef struct hp_builder {
  int n_cols;
  int rc;
  int64_t n_cells; /* complete and incomplete rows */
  int64_t cap_cells;
  hp_cell *cells;
  uint64_t n_heap; /* bytes of texts and blobs */
  uint64_t cap_heap;
  char *heap;
} hp_builder;

/* Starts an empty block of n_cols columns; allocates nothing. */
void hp_builder_init(hp_builder *b, int n_cols);

/* Frees what b holds; b may be zero-initialised or already finished. */
void hp_builder_term(hp_builder *b);

/* Bytes the finished block would take. */
uint64_t hp_builder_bytes(const hp_builder *b);

/* Appends one value to the current row; the n_cols-th completes it. The value
** is copied. Return SQLITE_OK, SQLITE_NOMEM or SQLITE_TOOBIG. A text of NULL
** is the value NULL; n < 0 means up to the first zero byte. */
int hp_builder_value(hp_builder *b, sqlite3_value *v);
int hp_builder_int(hp_builder *b, int64_t i);
int hp_builder_real(hp_builder *b, double r);
int hp_builder_text(hp_builder *b, const char *z, int64_t n);
int hp_builder_null(hp_builder *b);

/* Appends the current row of stmt: n_cols values. */
int hp_builder_row(hp_builder *b, sqlite3_stmt *stmt);

/*
** Makes the block of the complete rows, in one sqlite3_malloc64() with
** n_prefix (a multiple of 8) uninitialised bytes before the hp_block, and
** empties b. *out is the start of the allocation; the caller frees it with
** sqlite3_free(). SQLITE_OK, or b's sticky error with *out NULL.
*/
int hp_builder_finish(hp_builder *b, size_t n_prefix, void **out);

/* A block of the complete rows of b, which stays as it is. The caller frees
** it with sqlite3_free(). SQLITE_OK or SQLITE_NOMEM. */
int hp_builder_copy(const hp_builder *b, hp_block **out);

/* Borrowed until b changes. row and col from 0. */
const hp_cell *hp_builder_cell(const hp_builder *b, int64_t row, int col);
const char *hp_builder_bytes_of(const hp_builder *b, const hp_cell *c);

/* Borrowed as long as the block lives. row and col from 0, within bounds. The
** bytes of a cell that is no text or blob are an address that means nothing,
** got without a branch: so it is added up as a number. */
static inline const hp_cell *hp_block_cell(const hp_block *k, int64_t row,
                                           int col) {
  return (const hp_cell *)(k + 1) + row * k->n_cols + col;
}
static inline const char *hp_block_bytes_of(const hp_block *k,
                                            const hp_cell *c) {
  const hp_cell *end = (const hp_cell *)(k + 1) + k->n_rows * k->n_cols;

  return (const char *)((uintptr_t)end + (uintptr_t)c->as.offset);
}

/*
** Makes cell c, whose text or blob is at bytes, the result of a function or
** column. life is SQLITE_STATIC if the bytes outlive the statement, otherwise
** SQLITE_TRANSIENT.
*/
void hp_cell_result(const hp_cell *c, const char *bytes, sqlite3_context *ctx,
                    sqlite3_destructor_type life);

#endif

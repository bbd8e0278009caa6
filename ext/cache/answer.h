/* SPDX-License-Identifier: MIT
**
** An answer: the rows one call of a cached table returns, wherever they are:
** in an entry of L1 (pinned, nothing copied), in rows of our own (computed but
** not published), or, when the result is too large to hold, still coming out
** of the running SELECT. One per cursor, on its connection's thread.
*/
#ifndef HP_CACHE_ANSWER_H
#define HP_CACHE_ANSWER_H

#include "cache/entry.h"

typedef enum hp_source {
  HP_SOURCE_L1,
  HP_SOURCE_L2,
  HP_SOURCE_COMPUTED,
  HP_SOURCE_STALE,
  HP_SOURCE_BYPASS,
  HP_N_SOURCES
} hp_source;

/* `l1`, `l2`, `computed`, `stale`, `bypass` */
extern const char *const hp_source_names[HP_N_SOURCES];

typedef struct hp_answer {
  hp_pin pin;            /* holds the entry */
  const hp_block *block; /* the pinned entry's rows, or NULL */
  hp_builder rows;       /* own rows, if there is no block */
  sqlite3_stmt *live;    /* goes on after the rows; owned; or NULL */
  bool live_has_row;     /* live stands on a row that is not in rows */
  int64_t at;            /* current row */
  int64_t n_rows;        /* in block or rows */
  int64_t created_ms;    /* monotonic; of the entry */
  hp_source source;
  bool wants_refresh; /* its successor should be computed, under this key */
  hp_key key;
} hp_answer;

/* Zero-initialise, then set the pin up: it must be on its reader's list. */

/* Lets go of everything; the answer is then empty and can be used again. */
void hp_answer_clear(hp_answer *a);

/* The rows of e, which the caller has pinned with a->pin. */
void hp_answer_set_entry(hp_answer *a, const hp_entry *e, hp_source source);

/* The rows in a->rows, complete, or continued by a->live. */
void hp_answer_set_rows(hp_answer *a, hp_source source);

static inline bool hp_answer_is_end(const hp_answer *a) {
  return a->at >= a->n_rows && !a->live_has_row;
}

/* To the next row. An SQLite code: a live SELECT can fail. */
int hp_answer_next(hp_answer *a);

/* Column col of the current row as the result. life as for hp_cell_result();
** it is applied to pinned rows only. */
void hp_answer_column(const hp_answer *a, int col, sqlite3_context *ctx,
                      sqlite3_destructor_type life);

#endif

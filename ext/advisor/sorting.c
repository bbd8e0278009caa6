/* SPDX-License-Identifier: MIT */
#include "advisor/sorting.h"

#include <stdbool.h>
#include <string.h>

/* A loop that reads sorted rows back. */
typedef struct loop {
  int cursor;
  int width;  /* columns of the rows put in */
  int first;  /* address */
  int length; /* instructions for a row, at least; 0: not known */
} loop;

/* A program, as far as it has been read. */
typedef struct program {
  loop loops[HP_SORTS];
  int n_loops;
  int order[HP_SORTS]; /* of each sort, by address: its loop; -1: it counts
                       ** for nothing */
  int n;               /* sorts */
  int coroutine_end;   /* address */
  int open;            /* the loop that is being read; -1: none */
  int width;           /* of the record made last */
} program;

typedef struct instruction {
  int address, p1, p2;
  const char *opcode; /* borrowed until the next step */
} instruction;

static bool is(const instruction *i, const char *opcode) {
  return strcmp(i->opcode, opcode) == 0;
}

static int find(const program *p, int cursor) {
  for (int k = p->n_loops - 1; k >= 0; k--) {
    if (p->loops[k].cursor == cursor) return k;
  }
  return -1;
}

static void add_sort(program *p, const instruction *i, int k) {
  if (k >= 0) {
    p->loops[k].first = i->address + 1;
    p->open = k;
  }
  if (i->address < p->coroutine_end) k = -1;
  if (p->n < HP_SORTS) p->order[p->n] = k;
  p->n++;
}

/* What is skipped by a Jump is done for the first row of a group only. */
static void skip(program *p, const instruction *i) {
  int n = i->p2 - i->address - 1;

  if (p->open >= 0 && n > 0) p->loops[p->open].first += n;
}

static void close_loop(program *p, const instruction *i, int k) {
  if (k < 0) return;
  p->loops[k].length = i->address + 1 - p->loops[k].first;
  p->open = -1;
}

static void read(program *p, const instruction *i) {
  int k = find(p, i->p1);

  if (is(i, "SorterOpen") && p->n_loops < HP_SORTS) {
    p->loops[p->n_loops++] = (loop){.cursor = i->p1};
  } else if (is(i, "MakeRecord")) {
    p->width = i->p2;
  } else if (is(i, "SorterInsert") && k >= 0) {
    p->loops[k].width = p->width;
  } else if (is(i, "SorterSort")) {
    add_sort(p, i, k);
  } else if (is(i, "Sort")) {
    add_sort(p, i, -1);
  } else if (is(i, "Jump")) {
    skip(p, i);
  } else if (is(i, "SorterNext")) {
    close_loop(p, i, k);
  } else if (is(i, "InitCoroutine") && i->p2 > p->coroutine_end) {
    p->coroutine_end = i->p2;
  }
}

static int read_program(sqlite3_stmt *of, program *p) {
  sqlite3_stmt *stmt = NULL;
  char *sql = sqlite3_mprintf("EXPLAIN %s", sqlite3_sql(of));
  int rc = SQLITE_NOMEM;

  if (sql) {
    rc = sqlite3_prepare_v2(sqlite3_db_handle(of), sql, -1, &stmt, NULL);
  }
  sqlite3_free(sql);
  while (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
    instruction i = {.address = sqlite3_column_int(stmt, 0),
                     .opcode = (const char *)sqlite3_column_text(stmt, 1),
                     .p1 = sqlite3_column_int(stmt, 2),
                     .p2 = sqlite3_column_int(stmt, 3)};

    if (i.opcode)
      read(p, &i);
    else
      rc = SQLITE_NOMEM;
  }
  if (rc == SQLITE_OK) return sqlite3_finalize(stmt);
  sqlite3_finalize(stmt);
  return rc;
}

void hp_sorting_begin(hp_sorting *s, sqlite3_stmt *stmt) {
  *s = (hp_sorting){.stmt = stmt,
                    .before =
                        sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_SORT, 0)};
}

void hp_sorting_look(hp_sorting *s, int64_t steps) {
  int n = sqlite3_stmt_status(s->stmt, SQLITE_STMTSTATUS_SORT, 0) - s->before;

  for (; s->n < n; s->n++) {
    if (s->n < HP_SORTS) s->at[s->n] = steps;
  }
}

/* Each row takes so many instructions to be put in besides its columns. */
static const int least_of_insert = 3;

static int64_t rows_of(const hp_sorting *s, const loop *l, int k,
                       int64_t steps) {
  int64_t after = (k + 1 < s->n ? s->at[k + 1] : steps) - s->at[k];
  int64_t before = s->at[k] - (k ? s->at[k - 1] : 0);
  int64_t most = before / (l->width + least_of_insert);

  if (l->length <= 0) return 0;
  return after / l->length < most ? after / l->length : most;
}

static int64_t compares_of(int64_t rows) {
  int64_t bits = 0;

  while (rows >> bits) bits++;
  return rows * bits;
}

int hp_sorting_end(hp_sorting *s, int64_t steps, int64_t *compares) {
  program p = {.open = -1};
  int rc;

  *compares = 0;
  hp_sorting_look(s, steps); /* what came after the last look was short */
  if (s->n == 0 || s->n > HP_SORTS) return SQLITE_OK;
  rc = read_program(s->stmt, &p);
  if (rc != SQLITE_OK || p.n != s->n) return rc;
  for (int k = 0; k < s->n; k++) {
    if (p.order[k] < 0) continue;
    *compares += compares_of(rows_of(s, &p.loops[p.order[k]], k, steps));
  }
  return SQLITE_OK;
}

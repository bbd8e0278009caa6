/* SPDX-License-Identifier: MIT
**
** The shape that is proved: Init jumps to a tail of straight-line code that
** ends in `Goto 0 1`; nothing else leads into the tail; and no jump behind the
** VFilter leads to it or before it. Then each instruction up to the VFilter
** runs at most as often as the code before it lets it, and the VFilter once.
** (A loop wholly before it is impossible without a cursor, but is not excluded:
** it ends before the VFilter is reached.)
*/
#include "schema/flow.h"

#include "base/hook.h"

#include <stdlib.h>
#include <string.h>

/* Sorted. They go on with the next instruction, or end the run. */
static const char *const straight[] = {
    "Add",        "AddImm",     "Affinity",   "AggFinal",     "AggStep",
    "AggStep1",   "And",        "BitAnd",     "BitNot",       "BitOr",
    "Blob",       "Cast",       "ClrSubtype", "CollSeq",      "Column",
    "Compare",    "Concat",     "Copy",       "Divide",       "Explain",
    "Function",   "GetSubtype", "Halt",       "Int64",        "IntCopy",
    "Integer",    "IsTrue",     "MakeRecord", "Move",         "Multiply",
    "Noop",       "Not",        "Null",       "NullRow",      "OffsetLimit",
    "OpenPseudo", "Or",         "PureFunc",   "Real",         "RealAffinity",
    "Remainder",  "ResultRow",  "Rowid",      "SCopy",        "SetSubtype",
    "ShiftLeft",  "ShiftRight", "SorterData", "SorterInsert", "SorterOpen",
    "String",     "String8",    "Subtract",   "Transaction",  "VColumn",
    "VOpen",      "Variable",   "ZeroOrNull",
};

/* Sorted. They may also go on at p2. */
static const char *const jumps[] = {
    "DecrJumpZero", "Eq",         "Ge",        "Goto",  "Gt",      "If",
    "IfNot",        "IfNotZero",  "IfNullRow", "IfPos", "IsNull",  "IsType",
    "Le",           "Lt",         "MustBeInt", "Ne",    "NotNull", "Once",
    "SorterNext",   "SorterSort", "VFilter",   "VNext",
};

/* One instruction, as far as it matters here. */
typedef struct op {
  bool is_jump;
  bool is_filter;
  bool is_goto;
  int p2;
} op;

typedef struct flow {
  op *at; /* n of them */
  int n;
  int n_opens;  /* VOpen of our table */
  int filter;   /* address of the VFilter, -1: none yet */
  bool unknown; /* something that is not in the lists, or out of memory */
} flow;

static int by_name(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

#define IS_IN(name, list)                                                      \
  (bsearch(&(name), list, sizeof list / sizeof *(list), sizeof *(list),        \
           by_name) != NULL)

static void add_op(flow *f, op o) {
  op *grown = sqlite3_realloc64(f->at, ((size_t)f->n + 1) * sizeof *grown);

  if (!grown) {
    f->unknown = true;
    return;
  }
  f->at = grown;
  f->at[f->n++] = o;
}

static void note_row(flow *f, sqlite3_stmt *row, const char *ours) {
  const char *opcode = (const char *)sqlite3_column_text(row, 1);
  const char *p4 = (const char *)sqlite3_column_text(row, 5);
  int address = sqlite3_column_int(row, 0);
  int p2 = sqlite3_column_int(row, 3);
  bool jump, filter, open;

  if (!opcode || address != f->n) {
    f->unknown = true;
    return;
  }
  filter = strcmp(opcode, "VFilter") == 0;
  open = strcmp(opcode, "VOpen") == 0;
  jump = IS_IN(opcode, jumps);
  if (strcmp(opcode, "Init") == 0 && f->n == 0)
    jump = true;
  else if (!jump && !IS_IN(opcode, straight))
    f->unknown = true;
  if (open && (!p4 || strcmp(p4, ours) != 0)) f->unknown = true;
  if (open) f->n_opens++;
  if (filter && f->filter >= 0) f->unknown = true;
  if (filter) f->filter = f->n;
  add_op(f, (op){.is_jump = jump,
                 .is_filter = filter,
                 .is_goto = strcmp(opcode, "Goto") == 0,
                 .p2 = p2});
}

/* True if the tail that Init jumps to is straight up to its last `Goto 0 1`. */
static bool has_plain_tail(const flow *f) {
  int tail = f->at[0].p2;

  if (tail <= f->filter || tail >= f->n) return false;
  for (int i = tail; i < f->n - 1; i++) {
    if (f->at[i].is_jump) return false;
  }
  return f->at[f->n - 1].is_goto && f->at[f->n - 1].p2 == 1;
}

/* True if no jump outside of the tail leads into it, or from behind the
** VFilter (or the VFilter itself) back to it. p2 == 0 means "no jump" for the
** opcodes that allow it; none can lead to Init. */
static bool has_no_way_back(const flow *f) {
  int tail = f->at[0].p2;

  for (int i = 1; i < tail; i++) {
    const op *o = &f->at[i];

    if (!o->is_jump || o->p2 == 0) continue;
    if (o->p2 >= tail) return false;
    if (i >= f->filter && o->p2 <= f->filter) return false;
  }
  return true;
}

static bool read_flow(flow *f, sqlite3 *db, const char *sql, const char *ours) {
  char *explain = sqlite3_mprintf("EXPLAIN %s", sql);
  sqlite3_stmt *program = NULL;
  int rc = SQLITE_NOMEM;

  if (explain) rc = sqlite3_prepare_v2(db, explain, -1, &program, NULL);
  sqlite3_free(explain);
  if (rc == SQLITE_OK && !program) rc = SQLITE_ERROR;
  while (rc == SQLITE_OK && (rc = sqlite3_step(program)) == SQLITE_ROW) {
    note_row(f, program, ours);
    rc = SQLITE_OK;
  }
  sqlite3_finalize(program);
  return rc == SQLITE_DONE && !f->unknown;
}

bool hp_program_reads_once(sqlite3 *db, const char *sql,
                           const sqlite3_vtab *vtab) {
  char *ours = sqlite3_mprintf("vtab:%p", (const void *)vtab);
  hp_conn *host = hp_conn_find(db);
  flow f = {.filter = -1};
  bool once;

  if (host) hp_hook_mute(host);
  once = ours && read_flow(&f, db, sql, ours) && f.n > 2 && f.filter > 0 &&
         f.n_opens == 1 && has_plain_tail(&f) && has_no_way_back(&f);
  if (host) hp_hook_unmute(host);
  sqlite3_free(f.at);
  sqlite3_free(ours);
  return once;
}

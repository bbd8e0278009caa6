/* SPDX-License-Identifier: MIT */
#include "advisor/outline.h"

#include "advisor/memo.h"
#include "base/hash.h"

#include <string.h>

static void add(uint64_t *uses, int i) {
  uses[i / 64] |= (uint64_t)1 << (i % 64);
}

/* Most instructions open nothing. */
static void note_opened(const hp_lab *lab, sqlite3_stmt *instruction,
                        const char *opcode, uint64_t *uses) {
  int64_t root = sqlite3_column_int64(instruction, 3);

  if (strncmp(opcode, "Open", 4) != 0 && strcmp(opcode, "ReopenIdx") != 0) {
    return;
  }
  for (int i = 0; i < hp_lab_count(lab); i++) {
    if (hp_lab_index_at(lab, i)->root == root) add(uses, i);
  }
}

/* Plans do not quote names, so one may be found in another. */
static void note_named(const hp_lab *lab, sqlite3_stmt *step, uint64_t *uses) {
  const char *detail = (const char *)sqlite3_column_text(step, 3);

  for (int i = 0; detail && i < hp_lab_count(lab); i++) {
    if (strstr(detail, hp_lab_index_at(lab, i)->name)) add(uses, i);
  }
}

static uint64_t mixed(uint64_t hash, uint64_t value) {
  uint64_t pair[] = {hash, value};

  return hp_hash64(pair, sizeof pair);
}

/* Most of a program are small numbers. */
static int mix_in(sqlite3_stmt *row, int i, uint64_t *hash) {
  const void *text;

  switch (sqlite3_column_type(row, i)) {
  case SQLITE_INTEGER:
    *hash = mixed(*hash, (uint64_t)sqlite3_column_int64(row, i));
    return SQLITE_OK;
  case SQLITE_NULL: *hash = mixed(*hash, 0); return SQLITE_OK;
  default: break;
  }
  text = sqlite3_column_text(row, i);
  if (!text) return SQLITE_NOMEM;
  *hash = mixed(*hash, hp_hash64(text, (size_t)sqlite3_column_bytes(row, i)));
  return SQLITE_OK;
}

enum { TELLING = 6 }; /* columns: not the flags of P5, nor the comment */

/* The schema's version, which changes with every set that is shown, stands in
** Transaction only. */
static int note_row(const hp_lab *lab, hp_outline_depth depth,
                    sqlite3_stmt *row, uint64_t *hash, uint64_t *uses) {
  const char *opcode = (const char *)sqlite3_column_text(row, 1);
  int n = sqlite3_column_count(row), rc = SQLITE_OK;

  if (n > TELLING) n = TELLING;
  if (opcode && strcmp(opcode, "Transaction") == 0) return SQLITE_OK;
  if (depth == HP_OUTLINE_PLAN)
    note_named(lab, row, uses);
  else if (opcode)
    note_opened(lab, row, opcode, uses);
  for (int i = 1; rc == SQLITE_OK && i < n; i++) rc = mix_in(row, i, hash);
  return rc;
}

int hp_outline_read(hp_lab *lab, hp_outline_depth depth, const char *sql,
                    uint64_t *out, uint64_t *uses, char **err) {
  const char *explain =
      depth == HP_OUTLINE_PLAN ? "EXPLAIN QUERY PLAN" : "EXPLAIN";
  char *full = sqlite3_mprintf("%s %s", hp_lab_takes(sql) ? explain : "", sql);
  sqlite3_stmt *rows = NULL;
  int rc = SQLITE_NOMEM;

  *err = NULL;
  *out = 0;
  memset(uses, 0, hp_memo_words(hp_lab_count(lab)) * sizeof *uses);
  if (full) rc = hp_lab_prepare(lab, full, &rows, err);
  sqlite3_free(full);
  while (rc == SQLITE_OK && (rc = sqlite3_step(rows)) == SQLITE_ROW) {
    rc = note_row(lab, depth, rows, out, uses);
  }
  sqlite3_finalize(rows);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* SPDX-License-Identifier: MIT */
#include "demo/suggest.h"

#include <stdio.h>
#include <string.h>

#include "demo/files.h"
#include "demo/say.h"
#include "demo/see.h"
#include "demo/table.h"

enum { READS = 30 };

/* Microseconds of the fastest of READS executions of sql: the same pages, the
** same rows each time, so that what differs is the machine's noise. A
** statement that is slow is measured less often. */
static int time_reads(sqlite3 *db, const char *sql, sqlite3_value *arg,
                      double *out_us) {
  double best_us = 0, took_us, spent_us = 0;
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), i;

  for (i = 0; rc == SQLITE_OK && i < READS && spent_us < 1e6; i++) {
    double before_s = demo_now_s();

    if (arg != NULL) sqlite3_bind_value(stmt, 1, arg);
    do {
      rc = sqlite3_step(stmt);
    } while (rc == SQLITE_ROW);
    rc = rc == SQLITE_DONE ? sqlite3_reset(stmt) : rc;
    took_us = (demo_now_s() - before_s) * 1e6;
    spent_us += took_us;
    if (i == 0 || took_us < best_us) best_us = took_us;
  }
  sqlite3_finalize(stmt);
  *out_us = best_us;
  return rc;
}

/* Creates temp.cached_<i> for item and measures it. Returns 1 when there is
** no such cached table (a PRAGMA, a table-less read, no determinism …). */
static int measure(sqlite3 *db, const demo_item *item, int i) {
  size_t length = strlen(item->sql);
  double plain_us = 0, hit_us = 0;
  char *create, *read, *note;
  int rc = SQLITE_NOMEM;

  while (length > 0 && strchr("; \t\r\n", item->sql[length - 1])) length--;
  /* A comment at its end must not swallow what follows. */
  create = sqlite3_mprintf("CREATE VIRTUAL TABLE temp.cached_%d USING "
                           "cached((%.*s%s))",
                           i, (int)length, item->sql,
                           strstr(item->sql, "--") ? "\n" : "");
  read = sqlite3_mprintf("SELECT * FROM temp.cached_%d%s", i,
                         item->sample ? "(?1)" : "");
  if (create != NULL && read != NULL) {
    rc = sqlite3_exec(db, create, NULL, NULL, NULL);
  }
  if (rc == SQLITE_OK) rc = time_reads(db, item->sql, item->sample, &plain_us);
  if (rc == SQLITE_OK) rc = time_reads(db, read, item->sample, &hit_us);
  note =
      rc != SQLITE_OK
          ? NULL
          : sqlite3_mprintf("INSERT INTO temp.demo_suggestions VALUES "
                            "(%Q, %d, %.9f, %.9f, %Q)",
                            item->sql, item->calls, plain_us, hit_us, create);
  if (note != NULL) rc = demo_exec(db, note);
  sqlite3_free(note);
  sqlite3_free(create);
  sqlite3_free(read);
  return rc != SQLITE_OK;
}

/* The statements that create those that are twice as fast at least. */
static int print_best(sqlite3 *db) {
  int n = 0, rc;

  rc = demo_see_ddl(db, "Worth trying, ready to copy:",
                    "SELECT ddl FROM temp.demo_suggestions "
                    "WHERE plain > 2 * hit "
                    "ORDER BY calls * (plain - hit) DESC LIMIT 5",
                    &n);
  if (rc == 0 && n == 0) {
    printf("  None would be twice as fast: no cached table needed.\n");
  }
  return rc;
}

int demo_suggest(sqlite3 *db, const demo_workload *w) {
  int rc, i, measured = 0;

  rc = demo_exec(db, "CREATE TEMP TABLE demo_suggestions "
                     "(statement, calls, plain REAL, hit REAL, ddl)");
  for (i = 0; rc == 0 && i < w->n; i++) {
    if (w->items[i].is_read && measure(db, &w->items[i], i + 1) == 0) {
      measured++;
    }
  }
  if (rc != 0 || measured == 0) return rc;
  printf("  Reads as cached tables, measured now, in µs (fastest of %d). An "
         "index comes first\n  where one is missing: it helps every read, a "
         "cached table those that repeat.\n",
         READS);
  rc = demo_table_print(stdout, db,
                        "SELECT statement, calls, plain, hit, "
                        "printf('%.1f ×', plain / hit) AS faster "
                        "FROM temp.demo_suggestions "
                        "ORDER BY calls * (plain - hit) DESC LIMIT 8",
                        2, "");
  return rc == 0 ? print_best(db) : rc;
}

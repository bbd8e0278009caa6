/* SPDX-License-Identifier: MIT */
#include "demo/see.h"

#include <stdio.h>

#include "demo/files.h"
#include "demo/say.h"
#include "demo/table.h"

int demo_see_begin(sqlite3 *db) {
  return demo_exec(db, "SELECT query_config('hook', 'off')");
}

int demo_see_stats(sqlite3 *db) {
  printf("  Where the time went (query_stats):\n");
  return demo_table_print(
      stdout, db,
      "SELECT query, calls, total_ms AS \"total ms\", "
      "mean_ms AS mean, p95_ms AS p95, "
      "fullscan_steps / calls AS \"rows scanned\" FROM query_stats "
      "ORDER BY total_ms DESC LIMIT 8",
      2, "No statement was seen.");
}

int demo_see_bursts(sqlite3 *db) {
  printf("  Statements in bursts, worth a remedy (nplus1_suspects):\n");
  return demo_table_print(
      stdout, db,
      "SELECT kind, query, calls, cost_ms AS \"cost ms\", "
      "saving_ms AS \"saves ms\", remedy FROM nplus1_suspects "
      "WHERE verdict = 'fix' ORDER BY saving_ms DESC LIMIT 5",
      2, "None.");
}

int demo_see_slow(sqlite3 *db) {
  printf("  Executions slower than slow_ms (slow_queries):\n");
  return demo_table_print(
      stdout, db,
      "SELECT max(ms) AS \"slowest ms\", count(*) AS times, query, plan "
      "FROM slow_queries GROUP BY fingerprint ORDER BY 1 DESC LIMIT 5",
      4, "There were none.");
}

/* SQL of several lines keeps them (a comment ends with its line), indented. */
static void print_statement(const char *sql) {
  printf("    ");
  for (; *sql != '\0'; sql++) {
    putchar(*sql);
    if (*sql == '\n') printf("      ");
  }
  printf(";\n");
}

int demo_see_ddl(sqlite3 *db, const char *heading, const char *sql, int *n) {
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

  *n = 0;
  if (rc != SQLITE_OK) return demo_fail_sql(db, sql);
  while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    if (++*n == 1) printf("\n  %s\n\n", heading);
    print_statement((const char *)sqlite3_column_text(stmt, 0));
  }
  if (*n > 0) printf("\n");
  sqlite3_finalize(stmt);
  return rc == SQLITE_DONE ? 0 : demo_fail_sql(db, sql);
}

int demo_see_plans(sqlite3 *db) {
  int n, rc;

  printf("  What is wrong with their plans (query_plans):\n");
  rc = demo_table_print(stdout, db,
                        "SELECT warning, detail AS plan, query "
                        "FROM query_plans WHERE warning NOT NULL "
                        "ORDER BY weight DESC LIMIT 8",
                        2, "No plan has a warning.");
  if (rc != 0) return rc;
  return demo_see_ddl(db, "Indexes worth trying, from the same table (fix):",
                      "SELECT fix FROM query_plans "
                      "WHERE fix LIKE 'CREATE INDEX%' "
                      "GROUP BY fix ORDER BY max(weight) DESC LIMIT 6",
                      &n);
}

int demo_see_cache(sqlite3 *db) {
  printf("  What was cached (cache_stats):\n");
  return demo_table_print(
      stdout, db,
      "SELECT name AS \"cached table\", hits_l1 AS hits, misses, "
      "bypasses AS \"in own transaction\", "
      "printf('%.1f %%', 100.0 * hits_l1 / max(1, hits_l1 + misses)) "
      "AS \"hit rate\", saved_ms AS \"saved ms\", bytes "
      "FROM cache_stats WHERE name <> 'kv' AND hits_l1 + misses + bypasses > 0",
      1, "Nothing was read from a cached table.");
}

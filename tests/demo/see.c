/* SPDX-License-Identifier: MIT */
#include "demo/see.h"

#include <stdio.h>

#include "demo/files.h"
#include "demo/say.h"
#include "demo/table.h"

int demo_see_begin(sqlite3 *db) {
  return demo_exec(db, "SELECT query_config('hook', 'off')");
}

/* The findings to show, kept: reading query_findings works them out anew. */
static int keep_findings(sqlite3 *db, bool with_bursts) {
  int rc = demo_exec(db, "DROP TABLE IF EXISTS temp.demo_findings;"
                         "CREATE TEMP TABLE demo_findings AS "
                         "SELECT * FROM query_findings");

  if (rc == 0 && !with_bursts) {
    rc = demo_exec(db, "DELETE FROM temp.demo_findings WHERE kind IN "
                       "('n+1', 'duplicate', 'no transaction');"
                       "UPDATE temp.demo_findings SET rank = (SELECT count(*) "
                       "FROM temp.demo_findings AS f "
                       "WHERE f.rank <= demo_findings.rank)");
  }
  return rc;
}

/* A remedy goes over as many lines as it needs: it is there to be copied. */
static int print_remedies(sqlite3 *db) {
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2(db,
                              "SELECT rank, fix FROM (SELECT min(rank) AS "
                              "rank, CASE WHEN fix LIKE 'index: %' THEN "
                              "substr(fix, 8) ELSE fix END AS fix FROM "
                              "temp.demo_findings WHERE fix NOT NULL "
                              "GROUP BY 2) ORDER BY rank LIMIT 8",
                              -1, &stmt, NULL);

  if (rc != SQLITE_OK) return demo_fail_sql(db, "cannot read the findings");
  printf("  What to do about them, by number:\n");
  while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    printf("    %2d  %s\n", sqlite3_column_int(stmt, 0),
           (const char *)sqlite3_column_text(stmt, 1));
  }
  sqlite3_finalize(stmt);
  return rc == SQLITE_DONE ? 0 : demo_fail_sql(db, "cannot read the findings");
}

int demo_see_findings(sqlite3 *db, bool with_bursts) {
  int rc = keep_findings(db, with_bursts);

  printf("  What to look at first (query_findings; ≈ is an estimate):\n");
  if (rc != 0) return rc;
  rc = demo_table_print(stdout, db,
                        "SELECT rank AS \"#\", kind, what, evidence, "
                        "CASE basis WHEN 'estimate' THEN '≈ ' ELSE '' END || "
                        "CAST(round(saves_ms) AS INT) AS \"saves ms\" "
                        "FROM temp.demo_findings ORDER BY rank LIMIT 8",
                        2, "Nothing stands out.");
  return rc == 0 ? print_remedies(db) : rc;
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

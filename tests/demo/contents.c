/* SPDX-License-Identifier: MIT */
#include "demo/contents.h"

#include <stdio.h>

#include "demo/files.h"
#include "demo/say.h"
#include "demo/table.h"

enum { SHOWN = 20 };

/* Views and virtual tables hold no rows of their own; the tables in which a
** virtual table keeps its data are listed as what they are, tables. */
static const char list_sql[] =
    "CREATE TEMP TABLE demo_contents AS "
    "SELECT m.name AS \"table\", 0 AS rows, "
    "(SELECT count(*) FROM pragma_table_info(m.name)) AS columns, "
    "(SELECT count(*) FROM pragma_index_list(m.name)) AS indexes, "
    "CAST(NULL AS REAL) AS mb, 'no' AS analyzed "
    "FROM main.sqlite_schema AS m WHERE m.type = 'table' "
    "AND m.name NOT LIKE 'sqlite^_%' ESCAPE '^' "
    "AND m.sql NOT LIKE 'create virtual%'";

static const char sizes_sql[] =
    "UPDATE temp.demo_contents SET mb = (SELECT sum(s.pgsize) / 1e6 "
    "FROM dbstat('main', 1) AS s JOIN main.sqlite_schema AS m ON m.name = "
    "s.name "
    "WHERE m.tbl_name = \"table\")";

static const char analyzed_sql[] =
    "UPDATE temp.demo_contents SET analyzed = 'yes' "
    "WHERE \"table\" IN (SELECT tbl FROM main.sqlite_stat1)";

/* The rows of one table, counted. */
static int count_rows(sqlite3 *db, const char *table) {
  char *sql = sqlite3_mprintf("UPDATE temp.demo_contents SET rows = "
                              "(SELECT count(*) FROM main.\"%w\") "
                              "WHERE \"table\" = %Q",
                              table, table);
  int rc;

  if (sql == NULL) return demo_fail("out of memory counting rows.");
  rc = demo_exec(db, sql);
  sqlite3_free(sql);
  return rc;
}

static int count_all(sqlite3 *db, int *n) {
  demo_progress progress;
  sqlite3_stmt *stmt = NULL;
  int rc = 0;

  if (sqlite3_prepare_v2(db, "SELECT \"table\" FROM temp.demo_contents", -1,
                         &stmt, NULL) != SQLITE_OK) {
    return demo_fail_sql(db, "cannot list the tables");
  }
  demo_progress_begin(&progress, "counting rows", 0);
  for (*n = 0; rc == 0 && sqlite3_step(stmt) == SQLITE_ROW; ++*n) {
    rc = count_rows(db, (const char *)sqlite3_column_text(stmt, 0));
    demo_progress_step(&progress);
  }
  sqlite3_finalize(stmt);
  if (rc == 0) demo_progress_end(&progress, NULL);
  return rc;
}

int demo_contents_print(sqlite3 *db, int *n) {
  int rc = demo_exec(db, list_sql);

  if (rc == 0) rc = count_all(db, n);
  if (rc != 0) return rc;
  /* Both may be missing, and then the columns stay as they are: dbstat is a
  ** compile-time option, sqlite_stat1 comes with the first ANALYZE. */
  sqlite3_exec(db, sizes_sql, NULL, NULL, NULL);
  sqlite3_exec(db, analyzed_sql, NULL, NULL, NULL);
  rc = demo_table_print(stdout, db,
                        "SELECT * FROM temp.demo_contents "
                        "ORDER BY rows DESC, \"table\" LIMIT 20",
                        1, "It has no tables.");
  if (rc == 0 && *n > SHOWN) {
    printf("  … and %d smaller tables.\n", *n - SHOWN);
  }
  return rc;
}

/* SPDX-License-Identifier: MIT */
#include "demo/workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demo/files.h"
#include "demo/say.h"

/* Every table's count, and one look-up per column that an index begins with
** or a foreign key is made of. LIMIT keeps a look-up of a frequent value from
** reading the whole table. */
static const char made_sql[] =
    "WITH t(name) AS (SELECT name FROM main.sqlite_schema "
    "WHERE type = 'table' AND name NOT LIKE 'sqlite^_%' ESCAPE '^' "
    "AND sql NOT LIKE 'create virtual%'), "
    "c(name, col) AS ("
    "SELECT t.name, x.name FROM t, pragma_index_list(t.name) AS i, "
    "pragma_index_info(i.name) AS x WHERE x.seqno = 0 AND x.name NOT NULL "
    "AND NOT i.partial "
    "UNION SELECT t.name, f.\"from\" FROM t, "
    "pragma_foreign_key_list(t.name) AS f "
    "UNION SELECT t.name, k.name FROM t, pragma_table_info(t.name) AS k "
    "WHERE k.pk = 1) "
    "SELECT printf('SELECT count(*) FROM \"%w\"', name), NULL FROM t "
    "UNION ALL SELECT printf('SELECT * FROM \"%w\" WHERE \"%w\" = ?1 "
    "LIMIT 100', name, col), printf('SELECT DISTINCT \"%w\" FROM (SELECT "
    "\"%w\" FROM \"%w\" LIMIT 10000) WHERE \"%w\" NOT NULL LIMIT 20', "
    "col, col, name, col) FROM c";

void demo_workload_term(demo_workload *w) {
  int i;

  for (i = 0; i < w->n; i++) {
    sqlite3_free(w->items[i].sql);
    sqlite3_value_free(w->items[i].sample);
  }
  free(w->items);
  *w = (demo_workload){0};
}

/* Appends a statement of n bytes; NULL when out of memory. */
static demo_item *add_item(demo_workload *w, const char *sql, int n) {
  demo_item *items = realloc(w->items, (size_t)(w->n + 1) * sizeof(demo_item));
  char *copy = sqlite3_mprintf("%.*s", n, sql);

  if (items != NULL) w->items = items;
  if (items == NULL || copy == NULL) {
    sqlite3_free(copy);
    demo_fail("out of memory collecting statements.");
    return NULL;
  }
  w->items[w->n] = (demo_item){.sql = copy};
  return &w->items[w->n++];
}

/* Runs stmt to its end, adding to item. Returns SQLite's code. */
static int run_item(sqlite3_stmt *stmt, demo_item *item) {
  double before_s = demo_now_s();
  int rc;

  do {
    rc = sqlite3_step(stmt);
  } while (rc == SQLITE_ROW);
  item->total_s += demo_now_s() - before_s;
  item->calls++;
  item->is_read = sqlite3_stmt_readonly(stmt) && sqlite3_column_count(stmt) > 0;
  sqlite3_reset(stmt);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Past white space and comments in front of a statement. */
static const char *skip_blank(const char *sql) {
  const char *end;

  for (;;) {
    sql += strspn(sql, " \t\r\n");
    if (strncmp(sql, "--", 2) == 0) {
      sql += strcspn(sql, "\n");
    } else if (strncmp(sql, "/*", 2) == 0) {
      end = strstr(sql + 2, "*/");
      sql = end != NULL ? end + 2 : sql + strlen(sql);
    } else {
      return sql;
    }
  }
}

/* Where the statement at sql ends, by SQLite's own idea of it: the prefix up
** to one of its semicolons that is complete. */
static const char *skip_statement(const char *sql) {
  const char *end = sql;
  char *prefix;
  bool whole = false;

  while (!whole && (end = strchr(end, ';')) != NULL) {
    end++;
    prefix = sqlite3_mprintf("%.*s", (int)(end - sql), sql);
    whole = prefix == NULL || sqlite3_complete(prefix);
    sqlite3_free(prefix);
  }
  return end != NULL ? end : sql + strlen(sql);
}

/* Runs the first statement of sql; *tail is set behind it. */
static int run_first(sqlite3 *db, const char *sql, const char **tail,
                     demo_workload *w) {
  sqlite3_stmt *stmt = NULL;
  demo_item *item;
  int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, tail);

  if (rc == SQLITE_OK && stmt == NULL) return 0;
  if (rc != SQLITE_OK) *tail = skip_statement(sql);
  sql = skip_blank(sql);
  if (rc == SQLITE_OK) {
    item = add_item(w, sql, (int)(*tail - sql));
    if (item == NULL) {
      sqlite3_finalize(stmt);
      return 1;
    }
    rc = run_item(stmt, item);
  }
  if (rc != SQLITE_OK) {
    w->failed++;
    demo_fail("%s, in: %.*s", sqlite3_errmsg(db), (int)(*tail - sql), sql);
  }
  sqlite3_finalize(stmt);
  return 0;
}

int demo_workload_file(sqlite3 *db, const char *path, demo_workload *w) {
  demo_progress progress;
  char *text = NULL;
  const char *sql, *tail;
  int rc = demo_read_file(path, &text);

  if (rc != 0) return rc;
  demo_progress_begin(&progress, "running your statements", 0);
  for (sql = text; rc == 0 && *sql != '\0'; sql = tail) {
    rc = run_first(db, sql, &tail, w);
    demo_progress_step(&progress);
  }
  free(text);
  if (rc == 0) demo_progress_end(&progress, NULL);
  if (rc == 0 && w->n == 0) rc = demo_fail("%s holds no statement.", path);
  return rc;
}

static int run_samples(sqlite3 *db, sqlite3_stmt *stmt, sqlite3_stmt *values,
                       demo_item *item) {
  int rc = SQLITE_OK;

  while (rc == SQLITE_OK && sqlite3_step(values) == SQLITE_ROW) {
    if (item->sample == NULL) {
      item->sample = sqlite3_value_dup(sqlite3_column_value(values, 0));
    }
    sqlite3_bind_value(stmt, 1, sqlite3_column_value(values, 0));
    rc = run_item(stmt, item);
  }
  return rc == SQLITE_OK ? 0 : demo_fail_sql(db, item->sql);
}

/* Runs one made statement; values_sql gives its parameters, NULL: none. */
static int run_made(sqlite3 *db, sqlite3 *plain, const char *sql,
                    const char *values_sql, demo_workload *w) {
  sqlite3_stmt *stmt = NULL, *values = NULL;
  demo_item *item = add_item(w, sql, (int)strlen(sql));
  int rc = item == NULL;

  if (rc == 0 && sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK) {
    rc = demo_fail_sql(db, sql);
  }
  if (rc == 0 && values_sql == NULL) {
    if (run_item(stmt, item) != SQLITE_OK) rc = demo_fail_sql(db, sql);
  } else if (rc == 0) {
    if (sqlite3_prepare_v2(plain, values_sql, -1, &values, NULL) != SQLITE_OK) {
      rc = demo_fail_sql(plain, values_sql);
    } else {
      rc = run_samples(db, stmt, values, item);
    }
  }
  sqlite3_finalize(values);
  sqlite3_finalize(stmt);
  return rc;
}

int demo_workload_made(sqlite3 *db, sqlite3 *plain, demo_workload *w) {
  demo_progress progress;
  sqlite3_stmt *list = NULL;
  int rc = 0, step = SQLITE_DONE;

  if (sqlite3_prepare_v2(plain, made_sql, -1, &list, NULL) != SQLITE_OK) {
    return demo_fail_sql(plain, "cannot read the schema");
  }
  demo_progress_begin(&progress, "counts and look-ups", 0);
  while (rc == 0 && (step = sqlite3_step(list)) == SQLITE_ROW) {
    rc = run_made(db, plain, (const char *)sqlite3_column_text(list, 0),
                  (const char *)sqlite3_column_text(list, 1), w);
    demo_progress_step(&progress);
  }
  if (rc == 0 && step != SQLITE_DONE) {
    rc = demo_fail_sql(plain, "cannot read the schema");
  }
  sqlite3_finalize(list);
  if (rc == 0) demo_progress_end(&progress, NULL);
  return rc;
}

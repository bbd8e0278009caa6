/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "demo/files.h"
#include "demo/pipeline.h"
#include "demo/say.h"

static int take_word(demo_list *list, int i, sqlite3_stmt *stmt) {
  const char *word = (const char *)sqlite3_column_text(stmt, 0);
  const char *reading = (const char *)sqlite3_column_text(stmt, 1);

  list->headwords[i] = sqlite3_mprintf("%s", word);
  list->readings[i] = sqlite3_mprintf("%s", reading);
  return list->headwords[i] == NULL || list->readings[i] == NULL;
}

static int choose(demo_list *list, sqlite3 *db, int n) {
  sqlite3_stmt *stmt = NULL;
  int rc = 0;

  if (sqlite3_prepare_v2(db,
                         "SELECT headword || CASE WHEN ?1 % 20 = 19 "
                         "THEN '・' || ?1 ELSE '' END, reading "
                         "FROM vocabulary WHERE id = 1 + (?1 * 104729 + 17) "
                         "% (SELECT max(id) FROM vocabulary)",
                         -1, &stmt, NULL) != SQLITE_OK) {
    return demo_fail_sql(db, "cannot choose words");
  }
  while (rc == 0 && list->n < n) {
    sqlite3_bind_int(stmt, 1, list->n);
    if (sqlite3_step(stmt) != SQLITE_ROW) {
      rc = demo_fail_sql(db, "cannot choose words");
    } else if (take_word(list, list->n++, stmt) != 0) {
      rc = demo_fail("out of memory choosing words.");
    }
    sqlite3_reset(stmt);
  }
  sqlite3_finalize(stmt);
  return rc;
}

int demo_list_init(demo_list *list, const char *path, int n) {
  sqlite3 *db = NULL;
  int rc;

  *list = (demo_list){.headwords = calloc((size_t)n, sizeof(char *)),
                      .readings = calloc((size_t)n, sizeof(char *))};
  if (list->headwords == NULL || list->readings == NULL) {
    return demo_fail("out of memory choosing words.");
  }
  rc = demo_open(path, SQLITE_OPEN_READONLY, &db);
  if (rc == 0) rc = choose(list, db, n);
  sqlite3_close(db);
  return rc;
}

void demo_list_term(demo_list *list) {
  int i;

  for (i = 0; i < list->n; i++) {
    sqlite3_free(list->headwords[i]);
    sqlite3_free(list->readings[i]);
  }
  free(list->headwords);
  free(list->readings);
  *list = (demo_list){0};
}

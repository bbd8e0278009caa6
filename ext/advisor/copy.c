/* SPDX-License-Identifier: MIT */
#include "advisor/copy.h"

#include "advisor/extract.h"
#include "base/hook.h"
#include "schema/stubs.h"
#include "schema/text.h"

#include <stdbool.h>

/* A schema may call what the host lets it call, once nothing is left that does
** more than answer. */
static void set_trust(sqlite3 *host, sqlite3 *to) {
  int trusted = 0;

  sqlite3_db_config(host, SQLITE_DBCONFIG_TRUSTED_SCHEMA, -1, &trusted);
  if (!hp_stubs_remove_functions(to)) trusted = 0;
  sqlite3_db_config(to, SQLITE_DBCONFIG_TRUSTED_SCHEMA, trusted, NULL);
}

static int open_private(sqlite3 *host, hp_gate *gate, sqlite3 **out) {
  int rc = sqlite3_open_v2("", out, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                           NULL);
  hp_conn *c;

  if (rc != SQLITE_OK) return rc;
  /* An application may load hotpath into every connection. */
  c = hp_conn_find(*out);
  if (c) hp_hook_mute(c);
  set_trust(host, *out);
  rc = sqlite3_exec(*out,
                    "PRAGMA cache_size = -65536; PRAGMA synchronous = OFF;"
                    "PRAGMA temp_store = MEMORY",
                    NULL, NULL, NULL);
  if (rc == SQLITE_OK) rc = hp_gate_install(gate, *out);
  return rc;
}

static int copy_main(sqlite3 *host, sqlite3 *to) {
  sqlite3_backup *b = sqlite3_backup_init(to, "main", host, "main");
  int rc;

  if (!b) return sqlite3_errcode(to);
  rc = sqlite3_backup_step(b, -1);
  sqlite3_backup_finish(b);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Creates a temp table by its text in the host's temp schema. */
static int create_temp(sqlite3 *to, hp_gate *gate, const char *sql) {
  const char *name;
  char *qualified;
  int rc;

  if (!hp_text_begins(sql, "CREATE")) return SQLITE_MISUSE;
  name = hp_text_skip(sql);
  name = hp_text_skip(name + hp_text_token(name));
  if (!hp_text_begins(name, "TABLE")) return SQLITE_MISUSE;
  name = hp_text_skip(name + hp_text_token(name));
  qualified = sqlite3_mprintf("CREATE TABLE temp.%s", name);
  if (!qualified) return SQLITE_NOMEM;
  gate->mode = HP_GATE_REPLAY;
  rc = sqlite3_exec(to, qualified, NULL, NULL, NULL);
  gate->mode = HP_GATE_OPEN;
  sqlite3_free(qualified);
  return rc;
}

/* INSERT INTO temp.name VALUES(?, ?, …) */
static char *insert_for(const char *name, int n) {
  sqlite3_str *sql = sqlite3_str_new(NULL);

  sqlite3_str_appendf(sql, "INSERT INTO temp.\"%w\" VALUES(", name);
  for (int i = 0; i < n; i++) sqlite3_str_appendall(sql, i ? ",?" : "?");
  sqlite3_str_appendall(sql, ")");
  return sqlite3_str_finish(sql);
}

static int copy_rows(sqlite3 *host, sqlite3 *to, const char *name) {
  char *select = sqlite3_mprintf("SELECT * FROM temp.\"%w\"", name);
  char *insert = NULL;
  sqlite3_stmt *from = NULL, *into = NULL;
  int rc = SQLITE_NOMEM;

  if (select) rc = sqlite3_prepare_v2(host, select, -1, &from, NULL);
  if (rc == SQLITE_OK) {
    insert = insert_for(name, sqlite3_column_count(from));
    rc =
        insert ? sqlite3_prepare_v2(to, insert, -1, &into, NULL) : SQLITE_NOMEM;
  }
  while (rc == SQLITE_OK && (rc = sqlite3_step(from)) == SQLITE_ROW) {
    rc = SQLITE_OK;
    for (int i = 0; rc == SQLITE_OK && i < sqlite3_column_count(from); i++) {
      rc = sqlite3_bind_value(into, i + 1, sqlite3_column_value(from, i));
    }
    if (rc == SQLITE_OK) {
      sqlite3_step(into);
      rc = sqlite3_reset(into);
    }
  }
  sqlite3_finalize(from);
  sqlite3_finalize(into);
  sqlite3_free(select);
  sqlite3_free(insert);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Temp tables that cannot be copied are left out: statements that use them
** then fail to compile and are reported. */
static int copy_temp(sqlite3 *host, sqlite3 *to, hp_gate *gate) {
  sqlite3_stmt *rows = NULL;
  int rc = sqlite3_prepare_v2(host,
                              "SELECT name, sql FROM sqlite_temp_schema WHERE"
                              " type = 'table' AND rootpage > 0"
                              " AND sql IS NOT NULL ORDER BY rowid",
                              -1, &rows, NULL);

  while (rc == SQLITE_OK && sqlite3_step(rows) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(rows, 0);
    const char *sql = (const char *)sqlite3_column_text(rows, 1);

    if (!name || !sql)
      rc = SQLITE_NOMEM;
    else if (create_temp(to, gate, sql) == SQLITE_OK) {
      rc = copy_rows(host, to, name) == SQLITE_NOMEM ? SQLITE_NOMEM : SQLITE_OK;
    }
  }
  sqlite3_finalize(rows);
  return rc == SQLITE_NOMEM ? rc : SQLITE_OK;
}

static int copy_settings(sqlite3 *host, sqlite3 *to) {
  int value = 0;

  sqlite3_db_config(host, SQLITE_DBCONFIG_ENABLE_FKEY, -1, &value);
  return sqlite3_db_config(to, SQLITE_DBCONFIG_ENABLE_FKEY, value, NULL);
}

int hp_copy_open(sqlite3 *host, hp_sample *sample, hp_gate *gate, sqlite3 **out,
                 char **err) {
  hp_conn *c = hp_conn_find(host);
  sqlite3 *to = NULL;
  int rc;

  *out = NULL;
  *err = NULL;
  if (c) hp_hook_mute(c);
  rc = open_private(host, gate, &to);
  if (rc == SQLITE_OK) {
    rc = sample ? hp_extract_run(host, sample, gate, to, err)
                : copy_main(host, to);
  }
  if (rc == SQLITE_OK) rc = copy_temp(host, to, gate);
  if (rc == SQLITE_OK) rc = copy_settings(host, to);
  if (c) hp_hook_unmute(c);
  if (rc == SQLITE_OK) {
    *out = to;
    return rc;
  }
  if (!*err && rc != SQLITE_NOMEM) {
    *err = sqlite3_mprintf("the database cannot be copied: %s",
                           to ? sqlite3_errmsg(to) : sqlite3_errstr(rc));
  }
  sqlite3_close(to);
  return rc;
}

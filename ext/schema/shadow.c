/* SPDX-License-Identifier: MIT */
#include "schema/shadow.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/hook.h"
#include "schema/clone.h"
#include "schema/stubs.h"

#include <stdint.h>
#include <string.h>

struct hp_shadow {
  sqlite3 *host;      /* borrowed */
  sqlite3 *db;        /* the clone, or NULL after a failed refresh */
  hp_gate gate;       /* the clone's authorizer */
  uint64_t signature; /* of what was cloned */
  int version;        /* clonings so far */
  int budget_ms;      /* for a cloning */
  char *missing;      /* lines */
  char *functions;    /* names of the application's, a line each */
};

/* Adds all rows of sql, run on the host, to text. What the host refuses to
** tell is left out: it is then not noticed when it changes. */
static int add_rows(hp_shadow *s, sqlite3_str *out, const char *sql) {
  sqlite3_stmt *rows = NULL;
  int rc = sqlite3_prepare_v2(s->host, sql, -1, &rows, NULL);

  while (rc == SQLITE_OK && sqlite3_step(rows) == SQLITE_ROW) {
    for (int i = 0; i < sqlite3_column_count(rows); i++) {
      const char *value = (const char *)sqlite3_column_text(rows, i);

      sqlite3_str_appendf(out, "%s\n", value ? value : "");
    }
  }
  sqlite3_finalize(rows);
  return rc == SQLITE_NOMEM ? rc : SQLITE_OK;
}

static int add_formatted(hp_shadow *s, sqlite3_str *out, const char *fmt,
                         const char *database) {
  char *sql = sqlite3_mprintf(fmt, database);
  int rc = sql ? add_rows(s, out, sql) : SQLITE_NOMEM;

  sqlite3_free(sql);
  return rc;
}

static int add_databases(hp_shadow *s, sqlite3_str *out) {
  sqlite3_stmt *list = NULL;
  int rc = sqlite3_prepare_v2(s->host, "PRAGMA database_list", -1, &list, NULL);

  while (rc == SQLITE_OK && sqlite3_step(list) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(list, 1);

    if (!name)
      rc = SQLITE_NOMEM;
    else
      sqlite3_str_appendf(out, "%s\n", name);
    if (rc == SQLITE_OK) {
      rc = add_formatted(s, out, "PRAGMA \"%w\".schema_version", name);
    }
    if (rc == SQLITE_OK) {
      rc = add_formatted(s, out, "SELECT * FROM \"%w\".sqlite_stat1", name);
    }
  }
  sqlite3_finalize(list);
  return rc == SQLITE_NOMEM ? rc : SQLITE_OK;
}

/* The settings that change what a statement is compiled to. */
static const struct {
  int op;             /* of sqlite3_db_config() */
  const char *pragma; /* or a pragma; op is then 0 */
} settings[] = {
    {SQLITE_DBCONFIG_ENABLE_FKEY, NULL}, {SQLITE_DBCONFIG_ENABLE_TRIGGER, NULL},
    {SQLITE_DBCONFIG_ENABLE_VIEW, NULL}, {SQLITE_DBCONFIG_DQS_DML, NULL},
    {0, "recursive_triggers"},           {0, "automatic_index"},
    {0, "reverse_unordered_selects"},
};

enum { N_SETTINGS = sizeof settings / sizeof *settings };

static int setting_of(sqlite3 *db, int i) {
  sqlite3_stmt *pragma = NULL;
  int value = -1;
  char *sql;

  if (settings[i].op) {
    sqlite3_db_config(db, settings[i].op, -1, &value);
    return value;
  }
  sql = sqlite3_mprintf("PRAGMA %s", settings[i].pragma);
  if (sql && sqlite3_prepare_v2(db, sql, -1, &pragma, NULL) == SQLITE_OK &&
      sqlite3_step(pragma) == SQLITE_ROW) {
    value = sqlite3_column_int(pragma, 0);
  }
  sqlite3_finalize(pragma);
  sqlite3_free(sql);
  return value;
}

static int copy_setting(hp_shadow *s, int i) {
  int value = setting_of(s->host, i);
  char *sql;
  int rc;

  if (value < 0) return SQLITE_OK;
  if (settings[i].op) {
    return sqlite3_db_config(s->db, settings[i].op, value, NULL);
  }
  sql = sqlite3_mprintf("PRAGMA %s = %d", settings[i].pragma, value);
  if (!sql) return SQLITE_NOMEM;
  rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
  sqlite3_free(sql);
  return rc;
}

/* What must be equal for a clone to be up to date. */
static int sign(hp_shadow *s, uint64_t *out) {
  sqlite3_str *text = sqlite3_str_new(NULL);
  int rc = add_databases(s, text);

  for (int i = 0; i < N_SETTINGS; i++) {
    sqlite3_str_appendf(text, "%d\n", setting_of(s->host, i));
  }
  if (rc == SQLITE_OK) {
    rc = add_rows(s, text,
                  "SELECT name, narg, flags FROM pragma_function_list"
                  " WHERE builtin = 0");
  }
  if (rc == SQLITE_OK) rc = sqlite3_str_errcode(text);
  if (rc == SQLITE_OK) {
    *out = hp_hash64(sqlite3_str_value(text), (size_t)sqlite3_str_length(text));
  }
  sqlite3_free(sqlite3_str_finish(text));
  return rc;
}

/* An application may load hotpath into every connection that is opened, the
** clone included; it must not be counted. */
static void unhook(sqlite3 *db) {
  hp_conn *c = hp_conn_find(db);

  if (c) hp_hook_mute(c);
}

/* Without an authorizer nothing may be replayed: the schema can be hostile. */
static int open_clone(hp_shadow *s) {
  int rc;

  if (!HP_HAS_API(set_authorizer)) return SQLITE_NOTFOUND;
  rc = sqlite3_open_v2(":memory:", &s->db,
                       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);

  if (rc != SQLITE_OK) return rc;
  unhook(s->db);
  sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  sqlite3_db_config(s->db, SQLITE_DBCONFIG_DQS_DDL, 1, NULL);
  rc = hp_stubs_init(s->db);
  if (rc == SQLITE_OK) rc = hp_gate_install(&s->gate, s->db);
  return rc;
}

/* Replaces *text by the finished str. */
static int keep(char **text, sqlite3_str *str) {
  int rc = sqlite3_str_errcode(str);
  char *finished = sqlite3_str_finish(str);

  if (rc == SQLITE_OK && !finished) finished = sqlite3_mprintf("");
  if (rc == SQLITE_OK && !finished) rc = SQLITE_NOMEM;
  sqlite3_free(*text);
  *text = finished;
  return rc;
}

static int keep_functions(hp_shadow *s) {
  sqlite3_str *names = sqlite3_str_new(NULL);
  int rc = add_rows(s, names,
                    "SELECT DISTINCT name FROM pragma_function_list"
                    " WHERE builtin = 0");
  int kept = keep(&s->functions, names);

  return rc == SQLITE_OK ? kept : rc;
}

static int fill_clone(hp_shadow *s, char **err) {
  sqlite3_str *missing = sqlite3_str_new(NULL);
  hp_clone c = {.from = s->host,
                .to = s->db,
                .gate = &s->gate,
                .missing = missing,
                .deadline_ms = hp_clock_ms() + s->budget_ms};
  int rc = hp_clone_run(&c, err), kept;

  for (int i = 0; rc == SQLITE_OK && i < N_SETTINGS; i++) {
    rc = copy_setting(s, i);
  }
  if (rc == SQLITE_OK) rc = keep_functions(s);
  kept = keep(&s->missing, missing);
  return rc == SQLITE_OK ? kept : rc;
}

static void drop_clone(hp_shadow *s) {
  sqlite3_close(s->db);
  s->db = NULL;
  s->signature = 0;
}

static int clone_again(hp_shadow *s, uint64_t signature, char **err) {
  int rc;

  drop_clone(s);
  rc = open_clone(s);
  if (rc == SQLITE_OK) rc = fill_clone(s, err);
  if (rc != SQLITE_OK) {
    if (!*err && rc != SQLITE_NOMEM) {
      *err =
          sqlite3_mprintf("the schema cannot be cloned: %s",
                          s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc));
    }
    drop_clone(s);
    return rc;
  }
  s->signature = signature;
  s->version++;
  return SQLITE_OK;
}

int hp_shadow_refresh(hp_shadow *s, char **err) {
  hp_conn *host = hp_conn_find(s->host);
  uint64_t signature;
  int rc;

  *err = NULL;
  if (host) hp_hook_mute(host);
  rc = sign(s, &signature);
  if (rc == SQLITE_OK && (!s->db || signature != s->signature)) {
    rc = clone_again(s, signature, err);
  }
  if (host) hp_hook_unmute(host);
  return rc;
}

int hp_shadow_open(sqlite3 *host, int budget_ms, hp_shadow **out, char **err) {
  hp_shadow *s = sqlite3_malloc64(sizeof *s);
  int rc;

  *out = NULL;
  *err = NULL;
  if (!s) return SQLITE_NOMEM;
  *s = (hp_shadow){.host = host, .budget_ms = budget_ms};
  rc = hp_shadow_refresh(s, err);
  if (rc == SQLITE_OK)
    *out = s;
  else
    hp_shadow_close(s);
  return rc;
}

void hp_shadow_close(hp_shadow *s) {
  if (!s) return;
  drop_clone(s);
  sqlite3_free(s->missing);
  sqlite3_free(s->functions);
  sqlite3_free(s);
}

int hp_shadow_version(const hp_shadow *s) {
  return s->version;
}

/* SQLITE_ERROR and a sentence if the last refresh left no clone. */
static int need_clone(const hp_shadow *s, char **err) {
  *err = NULL;
  if (s->db) return SQLITE_OK;
  *err = sqlite3_mprintf("the schema has not been cloned");
  return SQLITE_ERROR;
}

int hp_shadow_prepare(hp_shadow *s, const char *sql, hp_shadow_saw *saw,
                      void *arg, sqlite3_stmt **out, char **err) {
  int rc = need_clone(s, err);

  *out = NULL;
  if (rc != SQLITE_OK) return rc;
  s->gate = (hp_gate){.mode = HP_GATE_COMPILE, .saw = saw, .arg = arg};
  rc = sqlite3_prepare_v2(s->db, sql, -1, out, NULL);
  if (s->gate.denied && rc != SQLITE_OK) {
    *err = sqlite3_mprintf("only statements that read or write rows can be"
                           " analysed");
    rc = SQLITE_AUTH;
  } else if (rc != SQLITE_OK && rc != SQLITE_NOMEM) {
    *err = sqlite3_mprintf("%s", sqlite3_errmsg(s->db));
  }
  s->gate = (hp_gate){.mode = HP_GATE_OPEN};
  return rc;
}

int hp_shadow_exec(hp_shadow *s, const char *sql, char **err) {
  int rc = need_clone(s, err);

  if (rc == SQLITE_OK) rc = sqlite3_exec(s->db, sql, NULL, NULL, err);
  return rc;
}

bool hp_shadow_defines(const hp_shadow *s, const char *name) {
  const char *line = s->functions;
  size_t n = strlen(name);

  while (line && *line) {
    const char *end = strchr(line, '\n');

    if ((size_t)(end - line) == n &&
        sqlite3_strnicmp(line, name, (int)n) == 0) {
      return true;
    }
    line = end + 1;
  }
  return false;
}

static hp_object object_of(const char *type, sqlite3_int64 root) {
  if (!type) return HP_OBJECT_UNKNOWN;
  if (strcmp(type, "view") == 0) return HP_OBJECT_VIEW;
  return root ? HP_OBJECT_TABLE : HP_OBJECT_VIRTUAL;
}

hp_object hp_shadow_object(const hp_shadow *s, const char *database,
                           const char *table) {
  sqlite3_stmt *found = NULL;
  hp_object object = HP_OBJECT_NONE;
  char *sql;
  int rc;

  if (sqlite3_strnicmp(table, "sqlite_", 7) == 0) return HP_OBJECT_TABLE;
  sql = sqlite3_mprintf("SELECT type, rootpage FROM \"%w\".sqlite_schema"
                        " WHERE type IN ('table', 'view')"
                        " AND name = %Q COLLATE nocase",
                        database, table);
  if (!sql) return HP_OBJECT_UNKNOWN;
  rc = sqlite3_prepare_v2(s->db, sql, -1, &found, NULL);
  sqlite3_free(sql);
  if (rc == SQLITE_OK && sqlite3_step(found) == SQLITE_ROW) {
    object = object_of((const char *)sqlite3_column_text(found, 0),
                       sqlite3_column_int64(found, 1));
  }
  rc = sqlite3_finalize(found);
  return rc == SQLITE_OK ? object : HP_OBJECT_UNKNOWN;
}

const char *hp_shadow_missing(const hp_shadow *s) {
  return s->missing ? s->missing : "";
}

sqlite3 *hp_shadow_db(const hp_shadow *s) {
  return s->db;
}

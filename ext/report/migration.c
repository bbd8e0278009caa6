/* SPDX-License-Identifier: MIT */
#include "report/migration.h"

#include "base/hook.h"
#include "base/iso.h"
#include "base/version.h"

#include <stdarg.h>
#include <string.h>

typedef struct writing {
  sqlite3 *db;
  sqlite3_str *s;
  int n; /* steps so far */
} writing;

/* Columns of the advice. */
enum {
  ACTION,
  DDL,
  GAIN,
  BEFORE,
  AFTER,
  BYTES,
  BUILD,
  HELPED,
  HARMED,
  EVIDENCE
};

static const char advice_sql[] =
    "SELECT action, ddl, gain, before_ms, after_ms, size_bytes, build_ms,"
    " helped, harmed, evidence FROM index_suggestions WHERE ddl IS NOT NULL"
    " AND action <> 'rewrite'";

/* A comment stays on its line, whatever is in a name. */
static void comment(sqlite3_str *s, const char *format, ...) {
  va_list args;
  char *text;

  va_start(args, format);
  text = sqlite3_vmprintf(format, args);
  va_end(args);
  for (char *c = text; c && *c; c++) {
    if ((unsigned char)*c < ' ') *c = ' ';
  }
  sqlite3_str_appendf(s, "-- %s\n", text ? text : "");
  sqlite3_free(text);
}

static void write_head(writing *w, int64_t wall_ms) {
  const char *file = sqlite3_db_filename(w->db, "main");
  char iso[HP_ISO_SIZE];

  hp_iso_format(wall_ms, iso);
  comment(w->s, "Advised by hotpath %s at %s for %s, with SQLite %s.",
          hp_version, iso, file && *file ? file : "a database in memory",
          sqlite3_libversion());
  comment(w->s, "Each step was tried, by running the recorded statements. Times"
                " are of all their recorded calls.");
}

/* The statements of a JSON list, one a line. */
static int write_statements(writing *w, const char *how, const char *json) {
  sqlite3_stmt *rows = NULL;
  int rc = sqlite3_prepare_v2(
      w->db,
      "SELECT json_extract(value, '$.sql'), json_extract(value, '$.calls'),"
      " json_extract(value, '$.before_ms'), json_extract(value, '$.after_ms')"
      " FROM json_each(?1)",
      -1, &rows, NULL);

  if (!rc) rc = sqlite3_bind_text(rows, 1, json, -1, SQLITE_STATIC);
  while (!rc && (rc = sqlite3_step(rows)) == SQLITE_ROW) {
    comment(w->s, "   %s: %s (%lld calls, %.4f ms each, then %.4f ms)", how,
            sqlite3_column_text(rows, 0), sqlite3_column_int64(rows, 1),
            sqlite3_column_double(rows, 2), sqlite3_column_double(rows, 3));
    rc = SQLITE_OK;
  }
  sqlite3_finalize(rows);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* DROP INDEX for the quoted name in CREATE [UNIQUE] INDEX "name" ON …. */
static void undo_create(writing *w, const char *ddl) {
  const char *start = strchr(ddl, '"'), *end = start;

  if (strncmp(ddl, "CREATE ", 7) || !start) return;
  do {
    end = strchr(end + 1, '"');
    if (end && end[1] == '"')
      end++;
    else if (end)
      break;
  } while (end);
  if (end) {
    comment(w->s, "   undo: DROP INDEX %.*s;", (int)(end - start + 1), start);
  }
}

/* The statements that made the indexes which ddl drops. */
static int undo_drops(writing *w, const char *ddl) {
  sqlite3_stmt *rows = NULL;
  int rc = sqlite3_prepare_v2(
      w->db,
      "SELECT sql FROM main.sqlite_schema WHERE type = 'index' AND sql NOT NULL"
      " AND instr(?1, 'DROP INDEX \"' || replace(name, '\"', '\"\"') || '\";')",
      -1, &rows, NULL);

  if (!rc) rc = sqlite3_bind_text(rows, 1, ddl, -1, SQLITE_STATIC);
  while (!rc && (rc = sqlite3_step(rows)) == SQLITE_ROW) {
    comment(w->s, "   undo: %s;", sqlite3_column_text(rows, 0));
    rc = SQLITE_OK;
  }
  sqlite3_finalize(rows);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static const char *text(sqlite3_stmt *row, int i) {
  const char *z = (const char *)sqlite3_column_text(row, i);

  return z ? z : "";
}

static int write_step(writing *w, sqlite3_stmt *row) {
  const char *ddl = text(row, DDL);
  int rc;

  sqlite3_str_appendchar(w->s, 1, '\n');
  comment(w->s,
          "%d. %s: saves %.1f %% of what the workload costs; %.3f ms become "
          "%.3f ms; %lld bytes, made in %.1f ms",
          ++w->n, text(row, ACTION), 100 * sqlite3_column_double(row, GAIN),
          sqlite3_column_double(row, BEFORE), sqlite3_column_double(row, AFTER),
          sqlite3_column_int64(row, BYTES), sqlite3_column_double(row, BUILD));
  comment(w->s, "   evidence: %s", text(row, EVIDENCE));
  rc = write_statements(w, "faster", text(row, HELPED));
  if (!rc) rc = write_statements(w, "slower", text(row, HARMED));
  undo_create(w, ddl);
  if (!rc) rc = undo_drops(w, ddl);
  sqlite3_str_appendf(w->s, "%s\n", ddl);
  return rc;
}

static int write_steps(writing *w) {
  sqlite3_stmt *rows = NULL;
  int rc = sqlite3_prepare_v2(w->db, advice_sql, -1, &rows, NULL);

  while (!rc && (rc = sqlite3_step(rows)) == SQLITE_ROW) {
    rc = write_step(w, rows);
  }
  sqlite3_finalize(rows);
  if (rc != SQLITE_DONE) return rc;
  if (!w->n) {
    sqlite3_str_appendchar(w->s, 1, '\n');
    comment(w->s, "Nothing to change for the statements recorded so far.");
  }
  return SQLITE_OK;
}

int hp_migration_write(hp_conn *c, int64_t wall_ms, char **out, char **err) {
  writing w = {.db = c->db, .s = sqlite3_str_new(NULL)};
  int rc;

  *err = NULL;
  hp_hook_mute(c);
  write_head(&w, wall_ms);
  rc = write_steps(&w);
  hp_hook_unmute(c);
  if (rc && rc != SQLITE_NOMEM) {
    *err = sqlite3_mprintf("%s", sqlite3_errmsg(c->db));
  }
  if (!rc) rc = sqlite3_str_errcode(w.s);
  *out = sqlite3_str_finish(w.s);
  if (!rc && !*out) rc = SQLITE_NOMEM;
  if (rc) {
    sqlite3_free(*out);
    *out = NULL;
  }
  return rc;
}

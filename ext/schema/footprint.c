/* SPDX-License-Identifier: MIT */
#include "schema/footprint.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

typedef struct reading {
  hp_shadow *shadow;
  hp_footprint *out;
  int capacity; /* of out->at */
  int rc;       /* SQLITE_OK or SQLITE_NOMEM */
} reading;

static char *copy(reading *r, const char *text) {
  char *made = sqlite3_mprintf("%s", text ? text : "");

  if (!made) r->rc = SQLITE_NOMEM;
  return made;
}

/* The first reason stays. */
static void doubt(reading *r, const char *fmt, ...) {
  va_list args;

  if (r->out->unknown) return;
  va_start(args, fmt);
  r->out->unknown = sqlite3_vmprintf(fmt, args);
  va_end(args);
  if (!r->out->unknown) r->rc = SQLITE_NOMEM;
}

static void free_access(hp_access *a) {
  sqlite3_free(a->database);
  sqlite3_free(a->table);
  sqlite3_free(a->column);
  sqlite3_free(a->through);
}

static bool has_room(reading *r) {
  int more = r->capacity ? 2 * r->capacity : 16;
  hp_access *grown;

  if (r->out->n < r->capacity) return true;
  grown = sqlite3_realloc64(r->out->at, (size_t)more * sizeof *grown);
  if (!grown) {
    r->rc = SQLITE_NOMEM;
    return false;
  }
  r->out->at = grown;
  r->capacity = more;
  return true;
}

static void add(reading *r, hp_access_mode mode, const char *database,
                const char *table, const char *column, const char *through) {
  hp_access a;

  if (r->rc != SQLITE_OK || !has_room(r)) return;
  a = (hp_access){.mode = mode,
                  .database = copy(r, database),
                  .table = copy(r, table),
                  .column = copy(r, column),
                  .through = copy(r, through)};
  if (r->rc != SQLITE_OK)
    free_access(&a);
  else
    r->out->at[r->out->n++] = a;
}

/* The shadow's authorizer saw something. */
static void note(void *arg, int action, const char *a, const char *b,
                 const char *database, const char *through) {
  reading *r = arg;

  switch (action) {
  case SQLITE_READ: add(r, HP_ACCESS_READ, database, a, b, through); break;
  case SQLITE_INSERT:
    add(r, HP_ACCESS_INSERT, database, a, NULL, through);
    break;
  case SQLITE_UPDATE: add(r, HP_ACCESS_UPDATE, database, a, b, through); break;
  case SQLITE_DELETE:
    add(r, HP_ACCESS_DELETE, database, a, NULL, through);
    break;
  case SQLITE_FUNCTION:
    if (b && hp_shadow_defines(r->shadow, b)) {
      doubt(r, "calls the application's function %s(), which may run SQL", b);
    }
    break;
  default: break;
  }
}

/* The names of the databases in which SQLite looks for a table, in order. */
static const char search_order[] =
    "SELECT name FROM pragma_database_list ORDER BY seq <> 1, seq";

/* SQLite names no database for an unqualified `SELECT count(*) FROM t`: it is
** the first one that has the table; but within a view or trigger, that one's
** own database comes first, and is not told. */
static void resolve(reading *r, hp_access *a) {
  sqlite3_stmt *list = NULL;
  int found = 0;
  int rc = sqlite3_prepare_v2(hp_shadow_db(r->shadow), search_order, -1, &list,
                              NULL);

  while (rc == SQLITE_OK && sqlite3_step(list) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(list, 0);

    if (!name ||
        hp_shadow_object(r->shadow, name, a->table) == HP_OBJECT_NONE) {
      continue;
    }
    if (found++ == 0) {
      sqlite3_free(a->database);
      a->database = copy(r, name);
    } else if (*a->through) {
      doubt(r, "more than one database has a table %s", a->table);
    }
  }
  rc = sqlite3_finalize(list);
  if (rc == SQLITE_NOMEM) r->rc = rc;
}

static int by_all(const void *x, const void *y) {
  const hp_access *a = x, *b = y;
  int order = strcmp(a->database, b->database);

  if (order == 0) order = strcmp(a->table, b->table);
  if (order == 0) order = (int)a->mode - (int)b->mode;
  if (order == 0) order = strcmp(a->column, b->column);
  if (order == 0) order = strcmp(a->through, b->through);
  return order;
}

static void sort(hp_footprint *f) {
  int n = 0;

  if (f->n > 1) qsort(f->at, (size_t)f->n, sizeof *f->at, by_all);
  for (int i = 0; i < f->n; i++) {
    if (n > 0 && by_all(&f->at[n - 1], &f->at[i]) == 0) {
      free_access(&f->at[i]);
    } else {
      f->at[n++] = f->at[i];
    }
  }
  f->n = n;
}

static bool is_same_table(const hp_access *a, const hp_access *b) {
  return strcmp(a->table, b->table) == 0 &&
         strcmp(a->database, b->database) == 0;
}

/* Completes the list: databases, and whether a virtual table does things that
** SQLite's authorizer is not told of. */
static void complete(reading *r) {
  hp_footprint *f = r->out;

  for (int i = 0; r->rc == SQLITE_OK && i < f->n; i++) {
    if (!*f->at[i].database) resolve(r, &f->at[i]);
  }
  if (r->rc != SQLITE_OK) return;
  sort(f);
  for (int i = 0; i < f->n; i++) {
    const hp_access *a = &f->at[i];
    hp_object object;

    if (a->mode != HP_ACCESS_READ) f->writes = true;
    if (i > 0 && is_same_table(a, &f->at[i - 1])) continue;
    object = hp_shadow_object(r->shadow, a->database, a->table);
    if (object != HP_OBJECT_TABLE && object != HP_OBJECT_VIEW) {
      doubt(r, "uses the virtual table %s, whose own statements are not seen",
            a->table);
    }
  }
}

int hp_footprint_read(hp_shadow *s, const char *sql, hp_footprint *out) {
  reading r = {.shadow = s, .out = out};
  sqlite3_stmt *stmt = NULL;
  char *err = NULL;
  int rc;

  *out = (hp_footprint){0};
  rc = hp_shadow_prepare(s, sql, note, &r, &stmt, &err);
  if (rc == SQLITE_NOMEM) r.rc = rc;
  if (r.rc == SQLITE_OK && rc == SQLITE_OK) complete(&r);
  if (r.rc == SQLITE_OK && rc != SQLITE_OK) {
    hp_footprint_term(out);
    doubt(&r, "%s", err ? err : sqlite3_errstr(rc));
  }
  sqlite3_finalize(stmt);
  sqlite3_free(err);
  return r.rc;
}

const char *hp_access_mode_name(hp_access_mode mode) {
  static const char *const names[] = {"read", "insert", "update", "delete"};

  return names[mode];
}

bool hp_footprint_may_write(const hp_footprint *f, const char *database,
                            const char *table) {
  if (f->unknown) return true;
  for (int i = 0; i < f->n; i++) {
    if (f->at[i].mode != HP_ACCESS_READ &&
        sqlite3_stricmp(f->at[i].table, table) == 0 &&
        sqlite3_stricmp(f->at[i].database, database) == 0) {
      return true;
    }
  }
  return false;
}

void hp_footprint_term(hp_footprint *f) {
  for (int i = 0; i < f->n; i++) free_access(&f->at[i]);
  sqlite3_free(f->at);
  sqlite3_free(f->unknown);
  *f = (hp_footprint){0};
}

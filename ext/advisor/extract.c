/* SPDX-License-Identifier: MIT
**
** Of a table with rowids the rowids are read first, and with them the column
** that names the leader's rows: often an index has both, and what is not taken
** is not read.
*/
#include "advisor/extract.h"

#include "advisor/keyset.h"
#include "base/hash.h"
#include "schema/text.h"

#include <string.h>

typedef struct extraction {
  sqlite3 *from, *to;
  hp_gate *gate;
  hp_sample *sample;
  hp_numbers *keys; /* of each table that leads: those of its rows' keys */
  hp_keyset *sets;  /* the same, of tables that were copied */
  sqlite3 *failed;  /* the connection that knows what went wrong */
} extraction;

/* The statements for one table. */
typedef struct stream {
  sqlite3_stmt *read; /* its stored columns, then the column that names the
                      ** leader's row and the one that others name, or NULL */
  sqlite3_stmt *write;
  int n_columns; /* stored ones */
} stream;

/* True for this fraction of all numbers. */
static bool is_drawn(uint64_t number, double fraction) {
  return (double)(hp_hash64(&number, sizeof number) >> 11) * 0x1p-53 < fraction;
}

/* ---- statements */

static int fail(extraction *e, sqlite3 *db, int rc) {
  if (rc != SQLITE_OK) e->failed = db;
  return rc;
}

/* Prepares text, which is freed (NULL: out of memory). */
static int prepare(extraction *e, sqlite3 *db, char *text, sqlite3_stmt **out) {
  int rc = SQLITE_NOMEM;

  *out = NULL;
  if (text) rc = sqlite3_prepare_v2(db, text, -1, out, NULL);
  sqlite3_free(text);
  return fail(e, db, rc);
}

static int exec(extraction *e, const char *sql) {
  return fail(e, e->to, sqlite3_exec(e->to, sql, NULL, NULL, NULL));
}

/* Runs a statement of the host's schema. What cannot be compiled is left
** out. */
static int replay(extraction *e, const char *sql) {
  int rc;

  e->gate->mode = HP_GATE_REPLAY;
  rc = sqlite3_exec(e->to, sql, NULL, NULL, NULL);
  e->gate->mode = HP_GATE_OPEN;
  if (rc == SQLITE_ERROR || rc == SQLITE_AUTH) return SQLITE_OK;
  return fail(e, e->to, rc);
}

static int finalize(extraction *e, sqlite3 *db, sqlite3_stmt *stmt, int rc) {
  int last = sqlite3_finalize(stmt);

  return rc == SQLITE_OK ? fail(e, db, last) : rc;
}

/* ---- a table's columns */

/* The names of the stored columns, separated by commas; their number in *n.
** NULL: out of memory. Caller frees. */
static char *stored_columns(extraction *e, const hp_table *t, int *n) {
  sqlite3_str *names = sqlite3_str_new(NULL);
  sqlite3_stmt *rows;
  int rc =
      prepare(e, e->from,
              sqlite3_mprintf("PRAGMA main.table_xinfo(%Q)", t->name), &rows);

  *n = 0;
  while (rc == SQLITE_OK && sqlite3_step(rows) == SQLITE_ROW) {
    if (sqlite3_column_int(rows, 6) != 0) continue;
    sqlite3_str_appendf(names, "%s\"%w\"", (*n)++ ? ", " : "",
                        sqlite3_column_text(rows, 1));
  }
  rc = finalize(e, e->from, rows, rc);
  if (rc != SQLITE_OK) sqlite3_str_reset(names);
  return sqlite3_str_finish(names);
}

/* What names the rowid of t where no column does; NULL if nothing can. */
static const char *rowid_of(const hp_table *t) {
  static const char *const names[] = {"rowid", "_rowid_", "oid"};

  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (hp_table_find(t, names[i]) < 0) return names[i];
  }
  return NULL;
}

static bool has_rowid(extraction *e, const hp_table *t) {
  const char *rowid = rowid_of(t);
  sqlite3_stmt *stmt = NULL;
  char *sql;
  bool has;

  if (t->rowid_alias >= 0) return true;
  if (!rowid) return false;
  sql = sqlite3_mprintf("SELECT %s FROM main.\"%w\"", rowid, t->name);
  has = sql && sqlite3_prepare_v2(e->from, sql, -1, &stmt, NULL) == SQLITE_OK;
  sqlite3_finalize(stmt);
  sqlite3_free(sql);
  return has;
}

/* "name", or NULL as SQL where there is no such column. */
static char *term_of(const hp_table *t, int column) {
  if (column < 0) return sqlite3_mprintf("NULL");
  return sqlite3_mprintf("\"%w\"", t->columns[column].name);
}

/* ---- rows */

static void close_stream(stream *s) {
  sqlite3_finalize(s->read);
  sqlite3_finalize(s->write);
}

static char *insert_for(const hp_table *t, const char *columns, int n) {
  sqlite3_str *sql = sqlite3_str_new(NULL);

  sqlite3_str_appendf(sql, "INSERT INTO main.\"%w\"(%s) VALUES(", t->name,
                      columns);
  for (int i = 0; i < n; i++) sqlite3_str_appendall(sql, i ? ",?" : "?");
  sqlite3_str_appendall(sql, ")");
  return sqlite3_str_finish(sql);
}

/* where: how one row is found by ?1, or "". */
static int open_stream(extraction *e, int table, const char *where,
                       stream *out) {
  const hp_table *t = &e->sample->tables.at[table];
  char *columns = stored_columns(e, t, &out->n_columns);
  char *names = term_of(t, e->sample->at[table].column);
  char *key = term_of(t, e->sample->at[table].leads_by);
  int rc = SQLITE_NOMEM;

  if (columns && names && key) {
    rc = prepare(e, e->from,
                 sqlite3_mprintf("SELECT %s, %s, %s FROM main.\"%w\" %s",
                                 columns, names, key, t->name, where),
                 &out->read);
  }
  if (rc == SQLITE_OK) {
    rc = prepare(e, e->to, insert_for(t, columns, out->n_columns), &out->write);
  }
  sqlite3_free(columns);
  sqlite3_free(names);
  sqlite3_free(key);
  return rc;
}

/* Takes the row that s->read stands on. */
static int take(extraction *e, int table, stream *s) {
  hp_share *share = &e->sample->at[table];
  int rc = SQLITE_OK;

  for (int i = 0; rc == SQLITE_OK && i < s->n_columns; i++) {
    rc = sqlite3_bind_value(s->write, i + 1, sqlite3_column_value(s->read, i));
  }
  if (rc == SQLITE_OK) {
    sqlite3_step(s->write);
    rc = sqlite3_reset(s->write);
  }
  if (rc != SQLITE_OK) return fail(e, e->to, rc);
  share->n_copied++;
  if (share->leads_by < 0) return SQLITE_OK;
  return hp_numbers_push(&e->keys[table], hp_key_number(sqlite3_column_value(
                                              s->read, s->n_columns + 1)));
}

/* number tells the row from others, column is where it names its leader's. */
static bool is_wanted(const extraction *e, int table, uint64_t number,
                      sqlite3_stmt *row, int column) {
  const hp_share *share = &e->sample->at[table];
  sqlite3_value *named;

  if (share->fraction >= 1) return true;
  if (share->leader < 0) return is_drawn(number, share->fraction);
  named = sqlite3_column_value(row, column);
  if (sqlite3_value_type(named) == SQLITE_NULL) {
    return is_drawn(number, share->fraction);
  }
  return hp_keyset_has(&e->sets[share->leader], hp_key_number(named));
}

/* Most rows may name one row of the leader, or none that there is: then too
** many or too few come along, and chance decides. */
static bool is_fair(const extraction *e, int table, size_t n) {
  double due = e->sample->at[table].fraction *
               (double)e->sample->tables.at[table].n_rows;

  return (double)n >= due / 2 && (double)n <= due * 3;
}

/* What tells rows apart, and what names the leader's. Caller finalizes. */
static int open_pick(extraction *e, int table, const char *number,
                     sqlite3_stmt **out) {
  const hp_table *t = &e->sample->tables.at[table];
  char *names = term_of(t, e->sample->at[table].column);
  char *sql = names ? sqlite3_mprintf("SELECT %s, %s FROM main.\"%w\"", number,
                                      names, t->name)
                    : NULL;

  sqlite3_free(names);
  return prepare(e, e->from, sql, out);
}

/* The rowids of the rows that are wanted. */
static int pick(extraction *e, int table, const char *rowid, hp_numbers *out) {
  sqlite3_stmt *rows;
  int rc = open_pick(e, table, rowid, &rows);

  out->n = 0;
  while (rc == SQLITE_OK && sqlite3_step(rows) == SQLITE_ROW) {
    uint64_t id = (uint64_t)sqlite3_column_int64(rows, 0);

    if (is_wanted(e, table, id, rows, 1)) rc = hp_numbers_push(out, id);
  }
  return finalize(e, e->from, rows, rc);
}

static int pick_fairly(extraction *e, int table, const char *rowid,
                       hp_numbers *out) {
  hp_share *share = &e->sample->at[table];
  int rc = pick(e, table, rowid, out);

  if (rc == SQLITE_OK && share->leader >= 0 && !is_fair(e, table, out->n)) {
    share->leader = -1;
    rc = pick(e, table, rowid, out);
  }
  hp_numbers_sort(out);
  return rc;
}

/* The same question, where there are no rowids to be kept. */
static int choose_fairly(extraction *e, int table) {
  hp_share *share = &e->sample->at[table];
  sqlite3_stmt *rows;
  size_t n = 0;
  int rc;

  if (share->leader < 0) return SQLITE_OK;
  rc = open_pick(e, table, "NULL", &rows);
  for (uint64_t i = 0; rc == SQLITE_OK && sqlite3_step(rows) == SQLITE_ROW;
       i++) {
    n += is_wanted(e, table, i, rows, 1);
  }
  if (!is_fair(e, table, n)) share->leader = -1;
  return finalize(e, e->from, rows, rc);
}

/* Reads all rows, and takes those that are wanted. */
static int copy_by_scan(extraction *e, int table) {
  stream s = {0};
  uint64_t number = 0;
  int rc = choose_fairly(e, table);

  if (rc == SQLITE_OK) rc = open_stream(e, table, "", &s);
  while (rc == SQLITE_OK && sqlite3_step(s.read) == SQLITE_ROW) {
    if (!is_wanted(e, table, number++, s.read, s.n_columns)) continue;
    rc = take(e, table, &s);
  }
  rc = finalize(e, e->from, s.read, rc);
  s.read = NULL;
  close_stream(&s);
  return rc;
}

static int fetch(extraction *e, int table, stream *s, uint64_t rowid) {
  int rc = SQLITE_OK;

  sqlite3_bind_int64(s->read, 1, (sqlite3_int64)rowid);
  if (sqlite3_step(s->read) == SQLITE_ROW) rc = take(e, table, s);
  if (rc == SQLITE_OK) return fail(e, e->from, sqlite3_reset(s->read));
  sqlite3_reset(s->read);
  return rc;
}

static int copy_by_rowid(extraction *e, int table) {
  const hp_table *t = &e->sample->tables.at[table];
  char *rowid = t->rowid_alias < 0 ? sqlite3_mprintf("%s", rowid_of(t))
                                   : term_of(t, t->rowid_alias);
  char *where = rowid ? sqlite3_mprintf("WHERE %s = ?1", rowid) : NULL;
  hp_numbers ids = {0};
  stream s = {0};
  int rc = where ? pick_fairly(e, table, rowid, &ids) : SQLITE_NOMEM;

  if (rc == SQLITE_OK) rc = open_stream(e, table, where, &s);
  for (size_t i = 0; rc == SQLITE_OK && i < ids.n; i++) {
    rc = fetch(e, table, &s, ids.at[i]);
  }
  close_stream(&s);
  hp_numbers_term(&ids);
  sqlite3_free(where);
  sqlite3_free(rowid);
  return rc;
}

/* ---- the whole */

static bool is_there(extraction *e, const char *table) {
  return sqlite3_table_column_metadata(e->to, "main", table, NULL, NULL, NULL,
                                       NULL, NULL, NULL) == SQLITE_OK;
}

static int copy_table(extraction *e, int table) {
  const hp_table *t = &e->sample->tables.at[table];
  sqlite3_stmt *row;
  int rc = prepare(e, e->from,
                   sqlite3_mprintf("SELECT sql FROM main.sqlite_schema"
                                   " WHERE type = 'table' AND name = %Q",
                                   t->name),
                   &row);

  if (rc == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW) {
    rc = replay(e, (const char *)sqlite3_column_text(row, 0));
  }
  rc = finalize(e, e->from, row, rc);
  if (rc != SQLITE_OK || !is_there(e, t->name)) return rc;
  rc = e->sample->at[table].fraction < 1 && has_rowid(e, t)
           ? copy_by_rowid(e, table)
           : copy_by_scan(e, table);
  if (rc != SQLITE_OK || e->sample->at[table].leads_by < 0) return rc;
  return hp_keyset_make(&e->sets[table], &e->keys[table]);
}

/* Indexes, views and triggers, in this order. */
static int copy_others(extraction *e) {
  static const char *const types[] = {"index", "view", "trigger"};
  int rc = SQLITE_OK;

  for (int i = 0; rc == SQLITE_OK && i < 3; i++) {
    sqlite3_stmt *rows;

    rc = prepare(e, e->from,
                 sqlite3_mprintf("SELECT sql FROM main.sqlite_schema"
                                 " WHERE type = %Q AND sql IS NOT NULL",
                                 types[i]),
                 &rows);
    while (rc == SQLITE_OK && sqlite3_step(rows) == SQLITE_ROW) {
      rc = replay(e, (const char *)sqlite3_column_text(rows, 0));
    }
    rc = finalize(e, e->from, rows, rc);
  }
  return rc;
}

/* A pragma's value in host becomes that of `to`. */
static int copy_pragma(extraction *e, const char *name) {
  sqlite3_stmt *row;
  char *set = NULL;
  int rc = prepare(e, e->from, sqlite3_mprintf("PRAGMA main.%s", name), &row);

  if (rc == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW) {
    set = sqlite3_mprintf("PRAGMA main.%s = %Q", name,
                          sqlite3_column_text(row, 0));
    rc = set ? exec(e, set) : SQLITE_NOMEM;
  }
  sqlite3_free(set);
  return finalize(e, e->from, row, rc);
}

/* A row about nothing says that the planner has statistics; what is analyzed
** replaces it. */
static int copy_statistics(extraction *e) {
  sqlite3_stmt *row = NULL;
  bool has = false;
  int rc = sqlite3_prepare_v2(e->from, "SELECT 1 FROM main.sqlite_stat1", -1,
                              &row, NULL);

  if (rc == SQLITE_ERROR) return SQLITE_OK; /* there is no such table */
  if (rc == SQLITE_OK) has = sqlite3_step(row) == SQLITE_ROW;
  rc = finalize(e, e->from, row, rc);
  if (rc != SQLITE_OK || !has) return fail(e, e->from, rc);
  return exec(e, "ANALYZE main.sqlite_schema;"
                 "INSERT INTO main.sqlite_stat1(tbl, stat) VALUES('', '1')");
}

static int copy_all(extraction *e) {
  int rc = copy_pragma(e, "page_size");

  if (rc == SQLITE_OK) rc = copy_pragma(e, "encoding");
  if (rc == SQLITE_OK) {
    rc = exec(e, "PRAGMA ignore_check_constraints = ON; BEGIN");
  }
  for (int i = 0; rc == SQLITE_OK && i < e->sample->tables.n; i++) {
    rc = copy_table(e, e->sample->order[i]);
  }
  if (rc == SQLITE_OK) rc = copy_others(e);
  if (rc == SQLITE_OK) rc = copy_statistics(e);
  if (rc == SQLITE_OK) {
    rc = exec(e, "COMMIT; PRAGMA ignore_check_constraints = OFF");
  }
  return rc;
}

int hp_extract_run(sqlite3 *host, hp_sample *sample, hp_gate *gate, sqlite3 *to,
                   char **err) {
  size_t n = (size_t)sample->tables.n + 1;
  extraction e = {.from = host,
                  .to = to,
                  .gate = gate,
                  .sample = sample,
                  .keys = sqlite3_malloc64(n * sizeof(hp_numbers)),
                  .sets = sqlite3_malloc64(n * sizeof(hp_keyset))};
  int rc;

  *err = NULL;
  rc = e.keys && e.sets ? SQLITE_OK : SQLITE_NOMEM;
  if (rc == SQLITE_OK) {
    memset(e.keys, 0, n * sizeof(hp_numbers));
    memset(e.sets, 0, n * sizeof(hp_keyset));
    rc = copy_all(&e);
  }
  if (rc != SQLITE_OK && rc != SQLITE_NOMEM) {
    *err = sqlite3_mprintf("the database cannot be sampled: %s",
                           sqlite3_errmsg(e.failed));
  }
  for (int t = 0; e.keys && e.sets && t < sample->tables.n; t++) {
    hp_numbers_term(&e.keys[t]);
    hp_keyset_term(&e.sets[t]);
  }
  sqlite3_free(e.keys);
  sqlite3_free(e.sets);
  return rc;
}

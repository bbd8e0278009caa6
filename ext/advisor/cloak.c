/* SPDX-License-Identifier: MIT
**
** Tables of the temp database:
**   hp_index(id, name, tbl, root, sql, shown, is_there)  the indexes: which are
**                       to be shown, and which are in the schema
**   hp_stat1, hp_stat4  all statistics, of hidden ones too
*/
#include "advisor/cloak.h"

#include "base/statement.h"

int hp_cloak_init(hp_cloak *c, sqlite3 *db, char **err) {
  *c = (hp_cloak){.db = db};
  return hp_statement_run(db, err,
                          "CREATE TEMP TABLE hp_index(id INTEGER PRIMARY KEY,"
                          " name, tbl, root, sql, shown, is_there)");
}

int hp_cloak_list(hp_cloak *c, const char *name, const char *table,
                  const char *sql, int64_t root, char **err) {
  bool *grown = sqlite3_realloc64(c->shown, ((size_t)c->n + 1) * sizeof *grown);
  int rc;

  if (!grown) return SQLITE_NOMEM;
  c->shown = grown;
  rc = hp_statement_run(c->db, err,
                        "INSERT INTO temp.hp_index"
                        " VALUES(%d, %Q, %Q, %lld, %Q, 1, 1)",
                        c->n, name, table, root, sql);
  if (rc == SQLITE_OK) c->shown[c->n++] = true;
  return rc;
}

/* ---- statistics */

/* A table of which only indexes have statistics would have none while these are
** hidden. ANALYZE gives a row of its own to a table without an index of all
** rows, so there is one that tells how many they are. */
static int add_table_statistics(hp_cloak *c, char **err) {
  return hp_statement_run(
      c->db, err,
      "INSERT INTO main.sqlite_stat1 SELECT tbl, NULL,"
      " CAST(max(CAST(stat AS INTEGER)) AS TEXT) FROM main.sqlite_stat1"
      " GROUP BY tbl HAVING count(*) = count(idx)");
}

static bool has_table(const hp_cloak *c, const char *name) {
  return sqlite3_table_column_metadata(c->db, "main", name, NULL, NULL, NULL,
                                       NULL, NULL, NULL) == SQLITE_OK;
}

int hp_cloak_analyze(hp_cloak *c, char **err) {
  int rc = hp_statement_run(c->db, err, "ANALYZE main");

  if (rc == SQLITE_OK) rc = add_table_statistics(c, err);
  if (rc == SQLITE_OK) {
    rc = hp_statement_run(
        c->db, err,
        "CREATE TEMP TABLE hp_stat1 AS SELECT * FROM main.sqlite_stat1");
  }
  if (rc != SQLITE_OK) return rc;
  c->has_stat1 = true;
  c->has_stat4 = has_table(c, "sqlite_stat4");
  if (!c->has_stat4) return SQLITE_OK;
  return hp_statement_run(
      c->db, err,
      "CREATE TEMP TABLE hp_stat4 AS SELECT * FROM main.sqlite_stat4");
}

static int keep(hp_cloak *c, const char *stat, const char *name, char **err) {
  return hp_statement_run(c->db, err,
                          "INSERT INTO temp.hp_%s SELECT * FROM main.sqlite_%s"
                          " WHERE idx = %Q",
                          stat, stat, name);
}

int hp_cloak_analyze_one(hp_cloak *c, const char *name, char **err) {
  int rc;

  if (!c->has_stat1) return SQLITE_OK;
  rc = hp_statement_run(c->db, err, "ANALYZE main.\"%w\"", name);
  if (rc == SQLITE_OK) rc = keep(c, "stat1", name, err);
  if (rc == SQLITE_OK && c->has_stat4) rc = keep(c, "stat4", name, err);
  return rc;
}

/* ---- showing and hiding */

static const char going[] =
    "SELECT name FROM temp.hp_index WHERE is_there AND NOT shown";
static const char coming[] =
    "SELECT name FROM temp.hp_index WHERE shown AND NOT is_there";

static int change_statistics(hp_cloak *c, const char *stat, char **err) {
  int rc = hp_statement_run(
      c->db, err, "DELETE FROM main.sqlite_%s WHERE idx IN (%s)", stat, going);

  if (rc != SQLITE_OK) return rc;
  return hp_statement_run(c->db, err,
                          "INSERT INTO main.sqlite_%s SELECT * FROM temp.hp_%s"
                          " WHERE idx IN (%s)",
                          stat, stat, coming);
}

/* The rows of the schema stay in the order of the indexes, which decides
** between equal plans. */
static int change_schema(hp_cloak *c, char **err) {
  int rc = hp_statement_run(c->db, err,
                            "DELETE FROM main.sqlite_schema"
                            " WHERE type = 'index' AND name IN (%s)",
                            going);

  if (rc != SQLITE_OK) return rc;
  return hp_statement_run(c->db, err,
                          "INSERT INTO main.sqlite_schema"
                          "(rowid, type, name, tbl_name, rootpage, sql)"
                          " SELECT (1 << 40) + id, 'index', name, tbl, root,"
                          " sql FROM temp.hp_index WHERE name IN (%s)",
                          coming);
}

static int change(hp_cloak *c, char **err) {
  int rc = hp_statement_run(c->db, err, "BEGIN");

  if (rc == SQLITE_OK) rc = change_schema(c, err);
  if (rc == SQLITE_OK && c->has_stat1) rc = change_statistics(c, "stat1", err);
  if (rc == SQLITE_OK && c->has_stat4) rc = change_statistics(c, "stat4", err);
  if (rc == SQLITE_OK) {
    rc = hp_statement_run(c->db, err,
                          "UPDATE temp.hp_index SET is_there = shown"
                          " WHERE is_there <> shown");
  }
  if (rc == SQLITE_OK) rc = hp_statement_run(c->db, err, "COMMIT");
  if (!sqlite3_get_autocommit(c->db)) {
    sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
  }
  return rc;
}

/* The schema in memory is read again: from 3.37 on after RESET, before after
** rolling a change of the schema back. */
static int reload(hp_cloak *c, char **err) {
  int rc = hp_statement_run(c->db, err, "PRAGMA writable_schema = RESET");

  if (rc != SQLITE_OK || sqlite3_libversion_number() >= 3037000) return rc;
  rc = hp_statement_run(c->db, err, "BEGIN");
  if (rc == SQLITE_OK) {
    rc = hp_statement_run(c->db, err, "CREATE TABLE main.hp_reload(x)");
  }
  sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
  return rc;
}

/* The shown indexes in hp_index become the schema's. */
static int apply(hp_cloak *c, char **err) {
  int rc = hp_statement_run(c->db, err, "PRAGMA main.writable_schema = ON");

  if (rc == SQLITE_OK) rc = change(c, err);
  if (rc == SQLITE_OK) return reload(c, err);
  sqlite3_exec(c->db, "PRAGMA writable_schema = RESET", NULL, NULL, NULL);
  return rc;
}

static int tell_one(hp_cloak *c, int i, bool is_shown, char **err) {
  int rc;

  if (c->shown[i] == is_shown) return SQLITE_OK;
  rc = hp_statement_run(c->db, err,
                        "UPDATE temp.hp_index SET shown = %d WHERE id = %d",
                        is_shown, i);
  if (rc != SQLITE_OK) return rc;
  c->shown[i] = is_shown;
  c->is_pending = true;
  return SQLITE_OK;
}

int hp_cloak_show(hp_cloak *c, const bool *shown, char **err) {
  int rc = SQLITE_OK;

  for (int i = 0; rc == SQLITE_OK && i < c->n; i++) {
    rc = tell_one(c, i, shown && shown[i], err);
  }
  if (rc == SQLITE_OK && c->is_pending) rc = apply(c, err);
  if (rc == SQLITE_OK) c->is_pending = false;
  return rc;
}

void hp_cloak_term(hp_cloak *c) {
  sqlite3_free(c->shown);
  *c = (hp_cloak){0};
}

/* SPDX-License-Identifier: MIT */
#include "query/facts.h"

#include "base/hook.h"

#include <stdarg.h>
#include <string.h>

void hp_facts_open(hp_facts *f, hp_conn *c) {
  *f = (hp_facts){.conn = c};
  hp_hook_mute(c);
}

void hp_facts_close(hp_facts *f) {
  hp_hook_unmute(f->conn);
}

/* The first row, or NULL. Caller finalizes. */
static sqlite3_stmt *row_of(const hp_facts *f, const char *format,
                            va_list args) {
  char *sql = sqlite3_vmprintf(format, args);
  sqlite3_stmt *stmt = NULL;

  if (sql) sqlite3_prepare_v2(f->conn->db, sql, -1, &stmt, NULL);
  sqlite3_free(sql);
  if (stmt && sqlite3_step(stmt) == SQLITE_ROW) return stmt;
  sqlite3_finalize(stmt);
  return NULL;
}

int64_t hp_facts_int(const hp_facts *f, int64_t otherwise, const char *format,
                     ...) {
  va_list args;
  sqlite3_stmt *row;

  va_start(args, format);
  row = row_of(f, format, args);
  va_end(args);
  if (!row) return otherwise;
  if (sqlite3_column_type(row, 0) != SQLITE_NULL)
    otherwise = sqlite3_column_int64(row, 0);
  sqlite3_finalize(row);
  return otherwise;
}

static sqlite3_stmt *query(const hp_facts *f, const char *format, ...) {
  va_list args;
  sqlite3_stmt *row;

  va_start(args, format);
  row = row_of(f, format, args);
  va_end(args);
  return row;
}

static int64_t analyzed_rows(const hp_facts *f, const char *table) {
  return hp_facts_int(f, -1,
                      "SELECT max(CAST(stat AS INT)) FROM sqlite_stat1"
                      " WHERE tbl = %Q COLLATE NOCASE",
                      table);
}

/* Rows of the table, but no more than limit. */
static int64_t count_to(const hp_facts *f, const char *table, int64_t limit) {
  return hp_facts_int(f, -1,
                      "SELECT count(*) FROM (SELECT 1 FROM \"%w\" LIMIT %lld)",
                      table, (sqlite3_int64)limit);
}

/* The highest rowid tells nothing: many applications number rows by the
** clock. */
int64_t hp_facts_rows(hp_facts *f, const char *table) {
  hp_facts_count *c = &f->counts[f->n_counts % HP_FACTS_COUNTS];
  int64_t rows = analyzed_rows(f, table);

  if (rows >= 0) return rows;
  for (int i = 0; i < HP_FACTS_COUNTS; i++) {
    if (!sqlite3_stricmp(f->counts[i].table, table)) return f->counts[i].rows;
  }
  sqlite3_snprintf(sizeof c->table, c->table, "%s", table);
  c->rows = count_to(f, table, HP_FACTS_COUNT);
  f->n_counts++;
  return c->rows;
}

bool hp_facts_has_statistics(const hp_facts *f, const char *table) {
  return analyzed_rows(f, table) >= 0;
}

bool hp_facts_is_stale(const hp_facts *f, const char *table, int64_t *now) {
  int64_t then = analyzed_rows(f, table);

  if (then < 0) return false;
  if (then * 10 < HP_FACTS_COUNT) {
    *now = count_to(f, table, then * 10 + 1);
    if (*now > then * 10) return true;
  }
  if (then < 100 || then / 10 >= HP_FACTS_COUNT) return false;
  *now = count_to(f, table, then / 10 + 1);
  return *now >= 0 && *now <= then / 10;
}

int64_t hp_facts_rows_per_value(const hp_facts *f, const char *index) {
  return hp_facts_int(f, -1,
                      "SELECT CAST(substr(stat, instr(stat, ' ') + 1) AS INT)"
                      " FROM sqlite_stat1 WHERE idx = %Q COLLATE NOCASE",
                      index);
}

bool hp_facts_has_column(const hp_facts *f, const char *table,
                         const char *column) {
  return hp_facts_int(f, 0,
                      "SELECT count(*) FROM pragma_table_xinfo(%Q)"
                      " WHERE name = %Q COLLATE NOCASE",
                      table, column) > 0;
}

static void copy(char *to, const unsigned char *from) {
  sqlite3_snprintf(HP_FACTS_NAME, to, "%s", from ? (const char *)from : "");
}

bool hp_facts_leads(const hp_facts *f, const char *table, const char *column,
                    char *index, char *collation) {
  sqlite3_stmt *row =
      query(f,
            "SELECT l.name, x.coll FROM pragma_index_list(%Q) AS l,"
            " pragma_index_xinfo(l.name) AS x WHERE x.seqno = 0"
            " AND x.name = %Q COLLATE NOCASE ORDER BY l.partial LIMIT 1",
            table, column);

  if (!row) return false;
  copy(index, sqlite3_column_text(row, 0));
  copy(collation, sqlite3_column_text(row, 1));
  sqlite3_finalize(row);
  return true;
}

/* Section 3.1 of https://www.sqlite.org/datatype3.html. */
static char affinity_of(const char *type) {
  char upper[HP_FACTS_NAME];

  sqlite3_snprintf(sizeof upper, upper, "%s", type);
  for (char *z = upper; *z; z++) {
    if (*z >= 'a' && *z <= 'z') *z = (char)(*z - 'a' + 'A');
  }
  if (strstr(upper, "INT")) return 'n';
  if (strstr(upper, "CHAR") || strstr(upper, "CLOB") || strstr(upper, "TEXT"))
    return 't';
  return *upper && !strstr(upper, "BLOB") ? 'n' : 'b';
}

char hp_facts_affinity(const hp_facts *f, const char *table,
                       const char *column) {
  sqlite3_stmt *row = query(f,
                            "SELECT type FROM pragma_table_xinfo(%Q)"
                            " WHERE name = %Q COLLATE NOCASE",
                            table, column);
  const char *type = row ? (const char *)sqlite3_column_text(row, 0) : NULL;
  char affinity = type ? affinity_of(type) : 0;

  sqlite3_finalize(row);
  return affinity;
}

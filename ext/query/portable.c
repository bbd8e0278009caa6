/* SPDX-License-Identifier: MIT */
#include "query/portable.h"

#include "base/clock.h"
#include "base/hook.h"

#include <string.h>

/* The numbers of an entry, in the order in which they are written. */
typedef struct field {
  const char *name;
  size_t offset; /* in hp_tally, of an int64_t */
} field;

#define TALLY(member) offsetof(hp_tally, member)

static const field fields[] = {
    {"calls", TALLY(calls)},
    {"errors", TALLY(errors)},
    {"prepares", TALLY(prepares)},
    {"rows", TALLY(sum.rows)},
    {"changes", TALLY(sum.changes)},
    {"vm_steps", TALLY(sum.vm_steps)},
    {"fullscan_steps", TALLY(sum.fullscan_steps)},
    {"sorts", TALLY(sum.sorts)},
    {"autoindexes", TALLY(sum.autoindexes)},
    {"reprepares", TALLY(sum.reprepares)},
    {"pages_hit", TALLY(pages_hit)},
    {"pages_missed", TALLY(pages_missed)},
    {"total_ns", TALLY(total_ns)},
    {"min_ns", TALLY(min_ns)},
    {"max_ns", TALLY(max_ns)},
};

#define N_FIELDS ((int)(sizeof fields / sizeof *fields))

static int64_t *at(hp_tally *t, int i) {
  return (int64_t *)(void *)((char *)t + fields[i].offset);
}

hp_portable_now hp_portable_now_get(void) {
  return (hp_portable_now){.wall_ms = hp_clock_wall_ms(),
                           .fast_ns = hp_clock_fast_ns()};
}

static void put_string(sqlite3_str *out, const char *z) {
  sqlite3_str_appendchar(out, 1, '"');
  for (; *z; z++) {
    unsigned char byte = (unsigned char)*z;
    if (byte == '"' || byte == '\\')
      sqlite3_str_appendf(out, "\\%c", byte);
    else if (byte < 0x20)
      sqlite3_str_appendf(out, "\\u%04x", byte);
    else
      sqlite3_str_appendchar(out, 1, *z);
  }
  sqlite3_str_appendchar(out, 1, '"');
}

static void put_times(sqlite3_str *out, const hp_histogram *h) {
  const char *comma = "";

  sqlite3_str_appendall(out, ",\"times\":{");
  for (int i = 0; i < HP_HISTOGRAM_BUCKETS; i++) {
    if (!h->n[i]) continue;
    sqlite3_str_appendf(out, "%s\"%d\":%llu", comma, i,
                        (sqlite3_uint64)h->n[i]);
    comma = ",";
  }
  sqlite3_str_appendall(out, "}");
}

void hp_portable_put(sqlite3_str *out, const hp_stat *s, hp_portable_now now) {
  hp_tally t = s->tally;

  sqlite3_str_appendall(out, "{\"query\":");
  put_string(out, s->query);
  sqlite3_str_appendall(out, ",\"database\":");
  put_string(out, s->database);
  for (int i = 0; i < N_FIELDS; i++) {
    sqlite3_str_appendf(out, ",\"%s\":%lld", fields[i].name,
                        (sqlite3_int64)*at(&t, i));
  }
  sqlite3_str_appendf(
      out, ",\"squares\":%!.17g,\"first_ms\":%lld,\"last_ms\":%lld", t.squares,
      (sqlite3_int64)(now.wall_ms - (now.fast_ns - t.first_ns) / 1000000),
      (sqlite3_int64)(now.wall_ms - (now.fast_ns - t.last_ns) / 1000000));
  put_times(out, &s->times);
  sqlite3_str_appendall(out, "}");
}

/* The entries of the array ?1; a column per field, then the others. Caller
** frees with sqlite3_free(). */
static char *entries_sql(void) {
  sqlite3_str *s = sqlite3_str_new(NULL);

  sqlite3_str_appendall(s, "SELECT json_extract(value,'$.query'),"
                           " json_extract(value,'$.database')");
  for (int i = 0; i < N_FIELDS; i++) {
    sqlite3_str_appendf(s, ", json_extract(value,'$.%s')", fields[i].name);
  }
  sqlite3_str_appendall(s, ", json_extract(value,'$.squares'),"
                           " json_extract(value,'$.first_ms'),"
                           " json_extract(value,'$.last_ms'),"
                           " json_extract(value,'$.times') FROM json_each(?1)");
  return sqlite3_str_finish(s);
}

static int read_times(sqlite3_stmt *buckets, const char *json,
                      hp_histogram *out) {
  int rc = sqlite3_bind_text(buckets, 1, json, -1, SQLITE_STATIC);

  while (!rc && sqlite3_step(buckets) == SQLITE_ROW) {
    int bucket = sqlite3_column_int(buckets, 0);
    int64_t n = sqlite3_column_int64(buckets, 1);
    if (bucket >= 0 && bucket < HP_HISTOGRAM_BUCKETS && n > 0)
      out->n[bucket] += (uint64_t)n;
  }
  rc = sqlite3_reset(buckets);
  sqlite3_clear_bindings(buckets);
  return rc;
}

static int64_t fast_of(int64_t wall_ms, hp_portable_now now) {
  return now.fast_ns - (now.wall_ms - wall_ms) * 1000000;
}

/* One entry; SQLITE_MISMATCH if it is none. */
static int import_row(sqlite3_stmt *row, sqlite3_stmt *buckets,
                      hp_portable_now now) {
  const char *query = (const char *)sqlite3_column_text(row, 0);
  const char *database = (const char *)sqlite3_column_text(row, 1);
  const char *times = (const char *)sqlite3_column_text(row, N_FIELDS + 5);
  hp_histogram h = {{0}};
  hp_tally t = {0};
  int rc;

  if (!query || !database || !times) return SQLITE_MISMATCH;
  for (int i = 0; i < N_FIELDS; i++) {
    *at(&t, i) = sqlite3_column_int64(row, i + 2);
    if (*at(&t, i) < 0) return SQLITE_MISMATCH;
  }
  t.squares = sqlite3_column_double(row, N_FIELDS + 2);
  t.first_ns = fast_of(sqlite3_column_int64(row, N_FIELDS + 3), now);
  t.last_ns = fast_of(sqlite3_column_int64(row, N_FIELDS + 4), now);
  rc = read_times(buckets, times, &h);
  if (rc) return rc;
  if ((int64_t)hp_histogram_count(&h) != t.calls) return SQLITE_MISMATCH;
  return hp_stats_merge(query, database, &t, &h);
}

static int import_rows(sqlite3_stmt *rows, sqlite3_stmt *buckets, int64_t *n) {
  hp_portable_now now = hp_portable_now_get();
  int rc;

  while ((rc = sqlite3_step(rows)) == SQLITE_ROW) {
    rc = import_row(rows, buckets, now);
    if (rc) return rc;
    ++*n;
  }
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int import_all(sqlite3 *db, const char *json, int64_t *n) {
  char *sql = entries_sql();
  sqlite3_stmt *rows = NULL, *buckets = NULL;
  int rc = sql ? sqlite3_prepare_v2(db, sql, -1, &rows, NULL) : SQLITE_NOMEM;

  sqlite3_free(sql);
  if (!rc) {
    rc = sqlite3_prepare_v2(db,
                            "SELECT CAST(key AS INT), value FROM json_each(?1)",
                            -1, &buckets, NULL);
  }
  if (!rc) rc = sqlite3_bind_text(rows, 1, json, -1, SQLITE_STATIC);
  if (!rc) rc = import_rows(rows, buckets, n);
  sqlite3_finalize(rows);
  sqlite3_finalize(buckets);
  return rc;
}

int hp_portable_import(hp_conn *c, const char *json, int64_t *n, char **err) {
  int rc;

  *n = 0;
  *err = NULL;
  hp_hook_mute(c);
  rc = import_all(c->db, json, n);
  hp_hook_unmute(c);
  if (rc && rc != SQLITE_NOMEM) {
    *err = sqlite3_mprintf(
        "query_import() takes what query_export() gave; entry %lld is not: %s",
        (sqlite3_int64)*n + 1,
        rc == SQLITE_MISMATCH ? "a part is missing" : sqlite3_errmsg(c->db));
  }
  return rc;
}

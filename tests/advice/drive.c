/* SPDX-License-Identifier: MIT
**
** drive DB QUERIES SESSION CAP_S: runs each statement of QUERIES (each after a
** line `-- name:` and one `-- freq:`) on DB and prints, with tabs between:
** name, freq, VM steps, pages asked for, ms, hash of the rows in any order,
** 1 if it writes, "ok" or why it ended. Writes are rolled back; below half a
** second the best time of three counts. SESSION is run first if it exists.
*/
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double deadline;

static double now(void) {
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int is_late(void *arg) {
  (void)arg;
  return now() > deadline;
}

/* The file's text, "" if there is none; caller frees. */
static char *slurp(const char *path) {
  FILE *f = fopen(path, "rb");
  char *text = calloc(1, 1 << 20);

  if (f && fread(text, 1, (1 << 20) - 1, f) == 0) text[0] = '\0';
  if (f) fclose(f);
  return text;
}

static unsigned long long mix(unsigned long long h, const void *p, int n) {
  const unsigned char *c = p;

  while (n-- > 0) h = (h ^ *c++) * 1099511628211u;
  return h;
}

static unsigned long long hash_row(sqlite3_stmt *stmt) {
  unsigned long long h = 14695981039346656037u;

  for (int i = 0; i < sqlite3_column_count(stmt); i++) {
    int type = sqlite3_column_type(stmt, i);
    char real[40];

    h = mix(h, &type, sizeof type);
    if (type == SQLITE_FLOAT) {
      int n =
          snprintf(real, sizeof real, "%.6g", sqlite3_column_double(stmt, i));
      h = mix(h, real, n);
    } else if (type != SQLITE_NULL) {
      const void *bytes = sqlite3_column_blob(stmt, i);
      h = mix(h, bytes, sqlite3_column_bytes(stmt, i));
    }
  }
  return h;
}

static long pages(sqlite3 *db) {
  int hits, misses, high;

  sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_HIT, &hits, &high, 0);
  sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_MISS, &misses, &high, 0);
  return (long)hits + misses;
}

static void exec(sqlite3 *db, const char *sql) {
  char *err = NULL;

  if (sqlite3_exec(db, sql, NULL, NULL, &err) == SQLITE_OK) return;
  fprintf(stderr, "drive: %s\n", err);
  exit(1);
}

typedef struct result {
  long steps, pages;
  double s;
  unsigned long long rows;
  int rc;
} result;

static result run(sqlite3 *db, sqlite3_stmt *stmt, double cap_s) {
  long before = pages(db);
  double start = now();
  result r = {0};

  deadline = start + cap_s;
  sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 1);
  while ((r.rc = sqlite3_step(stmt)) == SQLITE_ROW) r.rows += hash_row(stmt);
  r.s = now() - start;
  r.steps = sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 0);
  r.pages = pages(db) - before;
  sqlite3_reset(stmt);
  return r;
}

static result best_of_three(sqlite3 *db, sqlite3_stmt *stmt, double cap_s) {
  int writes = !sqlite3_stmt_readonly(stmt);
  result best = {0};

  for (int i = 0; i < 3; i++) {
    result r;

    if (writes) exec(db, "BEGIN");
    r = run(db, stmt, cap_s);
    if (writes && !sqlite3_get_autocommit(db)) exec(db, "ROLLBACK");
    if (i > 0 && best.s < r.s) r.s = best.s;
    best = r;
    if (r.s > 0.5 || r.rc != SQLITE_DONE) break;
  }
  if (writes) best.rows = 0;
  return best;
}

static void drive(sqlite3 *db, const char *name, const char *freq,
                  const char *sql, double cap_s) {
  sqlite3_stmt *stmt;
  result r;

  if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK) {
    fprintf(stderr, "drive: %s: %s\n", name, sqlite3_errmsg(db));
    exit(1);
  }
  r = best_of_three(db, stmt, cap_s);
  printf("%s\t%s\t%ld\t%ld\t%.4f\t%016llx\t%d\t%s\n", name, freq, r.steps,
         r.pages, r.s * 1e3, r.rows, !sqlite3_stmt_readonly(stmt),
         r.rc == SQLITE_DONE ? "ok" : sqlite3_errstr(r.rc));
  sqlite3_finalize(stmt);
}

int main(int argc, char **argv) {
  char *queries, *session, name[128], freq[32];
  sqlite3 *db;

  if (argc != 5 || sqlite3_open(argv[1], &db) != SQLITE_OK) return 2;
  queries = slurp(argv[2]);
  session = slurp(argv[3]);
  exec(db, "PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY");
  exec(db, session);
  sqlite3_progress_handler(db, 10000, is_late, NULL);
  for (char *at = strstr(queries, "-- name:"); at;) {
    char *next = strstr(at + 1, "-- name:"), *body;

    if (next) next[-1] = '\0';
    body = strstr(at, "-- freq:");
    if (!body || sscanf(at, "-- name: %127s", name) != 1 ||
        sscanf(body, "-- freq: %31s", freq) != 1) {
      return 2;
    }
    drive(db, name, freq, strchr(body, '\n') + 1, atof(argv[4]));
    at = next;
  }
  free(queries);
  free(session);
  return sqlite3_close(db) == SQLITE_OK ? 0 : 1;
}

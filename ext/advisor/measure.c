/* SPDX-License-Identifier: MIT */
#include "advisor/measure.h"

#include "advisor/sorting.h"
#include "base/clock.h"
#include "base/hash.h"

#include <string.h>

enum { STEPS_PER_CALL = 250 }; /* of the progress handler */

static const double ns_per_step = 14.5, ns_per_page = 150, ns_per_compare = 15;

double hp_cost_model(const hp_cost *c) {
  return (double)c->steps * ns_per_step + (double)c->pages * ns_per_page +
         (double)c->compares * ns_per_compare;
}

static int exec(sqlite3 *db, const char *sql, char **err) {
  int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

  if (rc != SQLITE_OK && rc != SQLITE_NOMEM && !*err) {
    *err = sqlite3_mprintf("the private copy: %s", sqlite3_errmsg(db));
  }
  return rc;
}

typedef struct progress {
  int64_t steps, cap_steps; /* 0: no cap */
  hp_sorting sorting;
} progress;

static int on_progress(void *arg) {
  progress *p = arg;

  p->steps += STEPS_PER_CALL;
  hp_sorting_look(&p->sorting, p->steps);
  return p->cap_steps && p->steps > p->cap_steps;
}

static int64_t page_gets(sqlite3 *db) {
  int hits = 0, misses = 0, high;

  sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_HIT, &hits, &high, 0);
  sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_MISS, &misses, &high, 0);
  return (int64_t)hits + misses;
}

/* Reals are hashed as text of 9 digits: another order of summing is not
** another answer. */
static uint64_t hash_row(sqlite3_stmt *stmt) {
  uint64_t h = 0;

  for (int i = 0; i < sqlite3_column_count(stmt); i++) {
    int type = sqlite3_column_type(stmt, i);
    char real[40];
    const void *bytes;
    int n;

    if (type == SQLITE_FLOAT) {
      sqlite3_snprintf(sizeof real, real, "%.9g",
                       sqlite3_column_double(stmt, i));
      bytes = real;
      n = (int)strlen(real);
    } else {
      bytes = sqlite3_column_blob(stmt, i);
      n = sqlite3_column_bytes(stmt, i);
    }
    h = (h ^ (uint64_t)type) * 0x9E3779B97F4A7C15u;
    h ^= n > 0 && bytes ? hp_hash64(bytes, (size_t)n) : 0;
  }
  return h;
}

static int step_to_end(sqlite3 *db, sqlite3_stmt *stmt, hp_cost *out) {
  int64_t pages = page_gets(db), start = hp_clock_ns();
  int changes = sqlite3_total_changes(db);
  int before = sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 0);
  int rc;

  while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    out->n_rows++;
    out->rows += hash_row(stmt);
  }
  out->ns = hp_clock_ns() - start;
  out->pages = page_gets(db) - pages;
  out->n_changed = sqlite3_total_changes(db) - changes;
  out->steps = (int64_t)((unsigned)sqlite3_stmt_status(
                             stmt, SQLITE_STMTSTATUS_VM_STEP, 0) -
                         (unsigned)before);
  return rc;
}

int hp_measure_run(sqlite3 *db, sqlite3_stmt *stmt, int64_t cap_steps,
                   hp_cost *out, char **err) {
  bool writes = !sqlite3_stmt_readonly(stmt);
  progress p = {.cap_steps = cap_steps};
  int rc = SQLITE_OK, rc_sorting;

  *out = (hp_cost){0};
  *err = NULL;
  if (writes) rc = exec(db, "SAVEPOINT hp_run", err);
  if (rc != SQLITE_OK) return rc;
  hp_sorting_begin(&p.sorting, stmt);
  if (HP_HAS_API(progress_handler)) {
    sqlite3_progress_handler(db, STEPS_PER_CALL, on_progress, &p);
  }
  rc = step_to_end(db, stmt, out);
  if (HP_HAS_API(progress_handler)) {
    sqlite3_progress_handler(db, 0, NULL, NULL);
  }
  if (rc != SQLITE_DONE && rc != SQLITE_INTERRUPT && rc != SQLITE_NOMEM) {
    *err = sqlite3_mprintf("%s", sqlite3_errmsg(db));
  }
  out->is_capped = rc == SQLITE_INTERRUPT;
  if (writes) out->rows = 0;
  sqlite3_reset(stmt);
  rc_sorting = hp_sorting_end(&p.sorting, out->steps, &out->compares);
  if (rc_sorting != SQLITE_OK && rc_sorting != SQLITE_NOMEM && !*err) {
    *err = sqlite3_mprintf("%s", sqlite3_errmsg(db));
  }
  /* An interrupted write has rolled back everything, savepoint included. */
  if (writes && !sqlite3_get_autocommit(db)) {
    int undone = exec(db, "ROLLBACK TO hp_run; RELEASE hp_run", err);

    if (undone != SQLITE_OK) return undone;
  }
  return rc == SQLITE_DONE || rc == SQLITE_INTERRUPT ? rc_sorting : rc;
}

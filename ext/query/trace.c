/* SPDX-License-Identifier: MIT */
#include "query/trace.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/hook.h"
#include "query/detectors.h"
#include "query/persist.h"
#include "query/recorder.h"
#include "query/run.h"
#include "query/slow.h"

#include <stdatomic.h>
#include <string.h>

#define SAMPLE_EVERY 1024 /* calls between two measurements of ourselves */

typedef struct trace {
  hp_conn *conn;
  hp_recorder *recorder;
  hp_runs runs;
  hp_nplus1 *nplus1;
  uint64_t database;     /* hash of main's file; 0: it has none */
  hp_run *current;       /* whose row came last; NULL: look it up */
  sqlite3_stmt *aborted; /* ended at its start; repeated, or failed? */
  int64_t aborted_ns;    /* when */
  hp_run_marks aborted_marks;
  uint64_t owner; /* text that pages belong to; 0: nobody's */
  int pages_hit;  /* SQLite's counters when last read */
  int pages_missed;
  uint32_t n_calls;
  uint64_t random;   /* state of draw() */
  int to_next;       /* statements until the next of the sample */
  int drawn_for;     /* the sample to_next was drawn for */
  bool is_listening; /* added to the hook */
} trace;

static const char part_key;

static struct { _Atomic int64_t ns, n; } overhead;
static _Atomic int sample_every = 1;

void hp_trace_set_sample(int every) {
  atomic_store(&sample_every, every);
}

int hp_trace_sample(void) {
  return atomic_load_explicit(&sample_every, memory_order_relaxed);
}

/* 32 bits will do: of interest is what one statement adds. */
static int64_t total_changes(const trace *t) {
  return sqlite3_total_changes(t->conn->db);
}

static uint32_t vm_steps(sqlite3_stmt *stmt) {
  return (uint32_t)sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 0);
}

static void read_counters(sqlite3_stmt *stmt, hp_run_marks *m) {
  m->vm_steps = vm_steps(stmt);
  m->fullscan_steps =
      (uint32_t)sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_FULLSCAN_STEP, 0);
  m->sorts = (uint32_t)sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_SORT, 0);
  m->autoindexes =
      (uint32_t)sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_AUTOINDEX, 0);
  m->reprepares =
      (uint32_t)sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_REPREPARE, 0);
}

/* The counter falls when a database is detached, and wraps at 31 bits. */
static int64_t pages_since(int now, int *last) {
  int64_t d = (int64_t)now - *last;

  *last = now;
  if (d >= 0) return d;
  return d < -(INT64_C(1) << 30) ? d + (INT64_C(1) << 31) : 0;
}

static void read_pages(trace *t, int64_t *hit, int64_t *missed) {
  int now = 0, high;

  sqlite3_db_status(t->conn->db, SQLITE_DBSTATUS_CACHE_HIT, &now, &high, 0);
  *hit = pages_since(now, &t->pages_hit);
  now = 0;
  sqlite3_db_status(t->conn->db, SQLITE_DBSTATUS_CACHE_MISS, &now, &high, 0);
  *missed = pages_since(now, &t->pages_missed);
}

static void settle(trace *t) {
  int64_t hit, missed;

  read_pages(t, &hit, &missed);
  if (!t->owner || (hit == 0 && missed == 0)) return;
  hp_recorder_add_pages(t->recorder, hp_recorder_get(t->recorder, t->owner),
                        hit, missed);
}

/* The statement may be finalized by now; then the recorder knows its text. */
static hp_slot *find_slot(trace *t, hp_run *r) {
  r->slot = hp_recorder_get(t->recorder, r->text);
  if (!r->slot) {
    const char *sql = sqlite3_sql(r->stmt);

    r->slot = hp_recorder_put(t->recorder, r->text, sql, strlen(sql));
  }
  r->slots = t->recorder->version;
  return r->slot;
}

/* The slot of the run's statement; NULL when out of memory. */
static inline hp_slot *slot_of(trace *t, hp_run *r) {
  if (r->slot && r->slots == t->recorder->version) return r->slot;
  return find_slot(t, r);
}

/* The run of stmt, or NULL: most often the one that began last. */
static inline hp_run *run_of(const trace *t, const sqlite3_stmt *stmt) {
  hp_run *r = t->current;

  return r && r->stmt == stmt ? r : hp_runs_get(&t->runs, stmt);
}

/* The slot's entry changes only under the store's lock. */
static void log_slow(hp_run *r, const hp_slot *s, int64_t ns,
                     const hp_counters *c) {
  char *expanded = hp_slow_has_values() ? sqlite3_expanded_sql(r->stmt) : NULL;

  hp_stats_lock();
  if (s->stat)
    hp_slow_put(r->stmt, s->stat, expanded, hp_clock_wall_ms(), ns, c);
  hp_stats_unlock();
  sqlite3_free(expanded);
}

/* The values of a run, if the detector wants to know them. */
static uint64_t values_of(trace *t, const hp_run *r, const hp_slot *s) {
  char *expanded;
  uint64_t values;

  if (s->shape.values || !hp_nplus1_wants_values(t->nplus1, s->fingerprint))
    return s->shape.values;
  expanded = sqlite3_expanded_sql(r->stmt);
  if (!expanded) return 0;
  values = hp_shape_values(expanded, strlen(expanded));
  sqlite3_free(expanded);
  return values;
}

/* Tells the detector of N+1 patterns. */
static void watch(trace *t, const hp_run *r, const hp_slot *s, int64_t ns) {
  hp_nplus1_event e = {.fingerprint = s->fingerprint,
                       .database = t->database,
                       .start_ns = r->start_ns,
                       .duration_ns = ns,
                       .rows = r->rows,
                       .what = s->shape.what,
                       .is_single = s->shape.is_single,
                       .is_range = s->shape.is_range,
                       .in_txn = !sqlite3_get_autocommit(t->conn->db),
                       .is_prepared_anew = r->is_first};

  if (e.fingerprint == 0 || hp_trace_sample() != 1) return;
  e.values = values_of(t, r, s);
  hp_nplus1_record(t->nplus1, &e);
}

static void record(trace *t, hp_run *r, const hp_run_marks *end, int64_t end_ns,
                   bool is_error) {
  hp_slot *s = slot_of(t, r);
  int64_t ns = end_ns > r->start_ns ? end_ns - r->start_ns : 0;
  hp_counters c = {.rows = r->rows};

  hp_run_difference(&r->marks, end, &c);
  if (r->is_write)
    c.changes = (int32_t)((uint32_t)total_changes(t) - (uint32_t)r->changes);
  r->marks = *end;
  hp_recorder_record(t->recorder, s, ns, end_ns, &c, r->is_first, is_error);
  if (s) watch(t, r, s, ns);
  if (s && ns >= hp_slow_threshold_ns()) log_slow(r, s, ns, &c);
}

/* The aborted run was not repeated: it failed. */
static void record_aborted(trace *t) {
  hp_run *r = hp_runs_get(&t->runs, t->aborted);

  t->aborted = NULL;
  if (!r) return;
  r->is_write = false; /* later statements' changes are not its own */
  record(t, r, &t->aborted_marks, t->aborted_ns, true);
}

/* True if the aborted run r goes on, prepared again for the new schema. SQLite
** reports its beginning a second time (older ones) or goes straight on. */
static bool is_repeated(trace *t, hp_run *r) {
  int n;

  if (t->aborted != r->stmt) return false;
  n = sqlite3_stmt_status(r->stmt, SQLITE_STMTSTATUS_REPREPARE, 0);
  if ((uint32_t)n == t->aborted_marks.reprepares) return false;
  t->aborted = NULL;
  r->is_active = true;
  t->runs.n_active++;
  return true;
}

/* A statement's counters stand still until it leaves the virtual machine: an
** active write whose steps have not moved is at a foreign-key action. Otherwise
** the end of that run was never reported to us. */
static bool is_inside(trace *t, hp_run *r) {
  if (!r->is_active) return false;
  if (r->is_write && vm_steps(r->stmt) == r->marks.vm_steps) return true;
  r->is_active = false;
  t->runs.n_active--;
  return false;
}

/* The counters at a run's start are those at the end of the run before, if
** they are this statement's and nobody has touched them. Only prepares may
** have come in between, and they are this run's. */
static void set_marks(hp_run *r, uint32_t steps, uint64_t text) {
  r->is_first = steps == 0;
  if (r->text == text && r->marks.vm_steps == steps) return;
  r->text = text;
  r->slot = NULL;
  r->is_write = !sqlite3_stmt_readonly(r->stmt);
  if (r->is_first)
    r->marks = (hp_run_marks){0};
  else
    read_counters(r->stmt, &r->marks);
}

/* The hash of the text at sql, which the recorder knows from now on. A run that
** is not its statement's first, and finds the counters where the run before
** left them, has the text of that: a new statement's begin at zero, and without
** sampling no run is left out. */
static uint64_t text_of(trace *t, const hp_run *r, const char *sql,
                        uint32_t steps) {
  uint64_t text;
  size_t n;

  if (r->sql == sql && steps && steps == r->marks.vm_steps &&
      hp_trace_sample() == 1) {
    return r->text;
  }
  n = strlen(sql);
  text = hp_hash64(sql, n);
  if (text == 0) text = 1;
  if (!hp_recorder_get(t->recorder, text)) {
    hp_recorder_put(t->recorder, text, sql, n);
  }
  return text;
}

static void start(trace *t, hp_run *r, const char *sql, uint32_t steps) {
  uint64_t text = text_of(t, r, sql, steps);

  if (text != t->owner) {
    settle(t);
    t->owner = text;
  }
  set_marks(r, steps, text);
  r->sql = sql;
  r->rows = 0;
  r->is_active = true;
  t->runs.n_active++;
  t->current = r;
  if (r->is_write) r->changes = total_changes(t);
}

static void add_overhead(int64_t ns) {
  atomic_fetch_add_explicit(&overhead.ns, ns, memory_order_relaxed);
}

static bool is_sample(const trace *t) {
  return t->n_calls % SAMPLE_EVERY == SAMPLE_EVERY / 16;
}

/* How many statements on the next of the sample comes: evenly between 1 and
** twice `every` less one, as every n-th would fall in step with loops. By
** xorshift64 (G. Marsaglia, 2003). */
static void draw(trace *t, int every) {
  t->random ^= t->random << 13;
  t->random ^= t->random >> 7;
  t->random ^= t->random << 17;
  t->to_next = 1 + (int)(t->random % ((uint64_t)every * 2 - 1));
  t->drawn_for = every;
}

/* Pages of what is left out are nobody's. */
static bool is_taken(trace *t) {
  int every = hp_trace_sample();

  if (every == 1) return true;
  if (t->drawn_for != every) draw(t, every);
  if (--t->to_next == 0) {
    draw(t, every);
    return true;
  }
  if (t->owner) settle(t);
  t->owner = 0;
  return false;
}

static void on_stmt(void *arg, sqlite3_stmt *stmt, const char *sql) {
  trace *t = arg;
  int64_t began_ns = is_sample(t) ? hp_clock_fast_ns() : 0;
  hp_run *r = run_of(t, stmt);

  if (r && is_inside(t, r)) return;
  if (t->aborted) {
    if (r && is_repeated(t, r)) return;
    record_aborted(t);
  }
  if (!is_taken(t)) return;
  if (!r) {
    t->current = NULL; /* runs may move */
    r = hp_runs_put(&t->runs, stmt);
    if (!r) return;
  }
  start(t, r, sql, vm_steps(stmt));
  r->start_ns = hp_clock_fast_ns();
  if (began_ns) add_overhead(r->start_ns - began_ns);
}

static void on_row(void *arg, sqlite3_stmt *stmt) {
  trace *t = arg;
  hp_run *r = run_of(t, stmt);

  if (!r) return;
  t->current = r;
  if (t->aborted == stmt) is_repeated(t, r);
  r->rows++;
}

/* What a run that ended without a row says about itself: it cannot have begun
** if it is not through (BUSY), or after two steps (schema changed, refused). */
static bool is_busy(const hp_run *r) {
  return r->rows == 0 && sqlite3_stmt_busy(r->stmt);
}

static bool is_aborted(trace *t, hp_run *r, const hp_run_marks *end) {
  hp_slot *s;

  if (r->rows || end->vm_steps - r->marks.vm_steps > 2) return false;
  s = slot_of(t, r);
  return s && !s->is_short;
}

static void set_aborted(trace *t, const hp_run *r, const hp_run_marks *end,
                        int64_t end_ns) {
  t->aborted = r->stmt;
  t->aborted_ns = end_ns;
  t->aborted_marks = *end;
}

/* Other statements are open: from now on pages are theirs. */
static void pass_on_pages(trace *t) {
  const hp_run *r = hp_runs_latest(&t->runs);

  settle(t);
  t->owner = r ? r->text : 0;
}

/* CREATE, DROP, ALTER, ANALYZE, REINDEX …: rare enough to take a lock. */
static bool is_schema_change(trace *t, hp_run *r) {
  const hp_slot *s = r->is_write ? slot_of(t, r) : NULL;

  return s && s->shape.what == HP_SHAPE_OTHER;
}

static void finish(trace *t, hp_run *r, int64_t end_ns) {
  bool is_error = is_busy(r);
  hp_run_marks end;

  read_counters(r->stmt, &end);
  r->is_active = false;
  t->runs.n_active--;
  if (!is_error && is_aborted(t, r, &end))
    set_aborted(t, r, &end, end_ns);
  else
    record(t, r, &end, end_ns, is_error);
  if (is_schema_change(t, r)) hp_stats_schema_changed();
  if (t->runs.n_active) pass_on_pages(t);
}

static void on_profile(void *arg, sqlite3_stmt *stmt) {
  trace *t = arg;
  hp_run *r = run_of(t, stmt);
  int64_t now_ns;

  if (!r || (!r->is_active && !is_repeated(t, r))) return;
  now_ns = hp_clock_fast_ns();
  finish(t, r, now_ns);
  if (is_sample(t)) {
    add_overhead(hp_clock_fast_ns() - now_ns);
    atomic_fetch_add_explicit(&overhead.n, 1, memory_order_relaxed);
    hp_clock_tune();
  }
  t->n_calls++;
}

static void on_close(void *arg) {
  trace *t = arg;

  if (t->aborted) record_aborted(t);
  settle(t);
  hp_persist_flush();
}

static void free_trace(void *p) {
  trace *t = p;

  hp_detectors_give(t->database, t->nplus1);
  hp_recorder_free(t->recorder);
  hp_runs_term(&t->runs);
  sqlite3_free(t);
}

static const char *file_of(sqlite3 *db) {
  const char *name = sqlite3_db_filename(db, "main");

  return name ? name : "";
}

static int make(hp_conn *c, trace **out) {
  trace *t = sqlite3_malloc64(sizeof *t);
  const char *file = file_of(c->db);
  uint64_t database = *file ? hp_hash64(file, strlen(file)) : 0;
  int rc;

  if (!t) return SQLITE_NOMEM;
  *t = (trace){.conn = c,
               .recorder = hp_recorder_new(file),
               .database = database,
               .random = (uint64_t)(uintptr_t)t | 1,
               .nplus1 = hp_detectors_take(database)};
  if (!t->recorder || !t->nplus1 || hp_runs_init(&t->runs)) {
    free_trace(t);
    return SQLITE_NOMEM;
  }
  rc = hp_conn_set_part(c, &part_key, t, free_trace);
  if (!rc) *out = t;
  return rc;
}

int hp_trace_begin(hp_conn *c) {
  trace *t = hp_conn_part(c, &part_key);
  int rc = SQLITE_OK;

  if (!HP_HAS_API(trace_v2)) return SQLITE_NOTFOUND;
  if (!t && (rc = make(c, &t)) != SQLITE_OK) return rc;
  if (t->is_listening) return SQLITE_OK;
  hp_clock_tune();
  hp_trace_skip(c);
  rc = hp_hook_add(c, &(hp_listener){.on_stmt = on_stmt,
                                     .on_profile = on_profile,
                                     .on_row = on_row,
                                     .on_close = on_close,
                                     .arg = t});
  t->is_listening = rc == SQLITE_OK;
  return rc;
}

void hp_trace_skip(hp_conn *c) {
  trace *t = hp_conn_part(c, &part_key);
  int64_t hit, missed;

  if (!t) return;
  t->owner = 0;
  t->aborted = NULL;
  hp_runs_end(&t->runs);
  read_pages(t, &hit, &missed);
}

void hp_trace_settle(hp_conn *c) {
  trace *t = hp_conn_part(c, &part_key);

  if (!t) return;
  if (t->aborted) record_aborted(t);
  hp_nplus1_flush(t->nplus1);
  hp_detectors_flush();
  settle(t);
}

double hp_trace_overhead_ns(int64_t *n_samples) {
  int64_t n = atomic_load_explicit(&overhead.n, memory_order_relaxed);

  *n_samples = n;
  if (!n) return 0;
  return (double)atomic_load_explicit(&overhead.ns, memory_order_relaxed) /
         (double)n;
}

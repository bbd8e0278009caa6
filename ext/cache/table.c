/* SPDX-License-Identifier: MIT */
#include "cache/table.h"
#include "base/clock.h"
#include "base/hook.h"
#include "cache/deps.h"
#include "cache/runner.h"
#include "cache/tagging.h"
#include "schema/program.h"

#include <string.h>

struct hp_table {
  hp_conn *conn;
  hp_definition *d;
  hp_sheet *sheet;
  hp_l1 *l1;
  hp_runner runner;
  hp_tagging tagging;
  hp_deps deps;
  hp_key program;       /* hash of the SELECT's program and its surroundings */
  hp_key seed;          /* of keys: program and identities of the databases */
  bool has_moved;       /* SQLite prepared the SELECT again by itself */
  bool has_seed;        /* seed belongs to deps.id */
  bool is_reading;      /* the program, now */
  bool is_storable;     /* answers may be kept at all */
  bool is_private;      /* for this connection only */
  int64_t last_rows;    /* rows of the latest answer */
};

static _Atomic bool is_enabled = true;
static _Atomic uint64_t n_tables; /* numbers private tables apart */

void hp_table_enable(bool on) {
  atomic_store(&is_enabled, on);
}

bool hp_table_is_enabled(void) {
  return atomic_load_explicit(&is_enabled, memory_order_relaxed);
}

const hp_definition *hp_table_definition(const hp_table *t) {
  return t->d;
}

int64_t hp_table_expected_rows(const hp_table *t) {
  return t->last_rows > 1 ? t->last_rows : 1;
}

static int fail(char **err, int rc, char *sentence) {
  *err = sentence;
  return sentence ? rc : SQLITE_NOMEM;
}

/* Settings of the connection that change what a SELECT returns without
** changing its program. */
static unsigned settings_of(sqlite3 *db) {
  static const int ops[] = {SQLITE_DBCONFIG_DQS_DML, SQLITE_DBCONFIG_DQS_DDL,
                            SQLITE_DBCONFIG_ENABLE_VIEW,
                            SQLITE_DBCONFIG_TRUSTED_SCHEMA};
  unsigned bits = 0;

  for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
    int on = 0;
    sqlite3_db_config(db, ops[i], -1, &on);
    bits |= (unsigned)(on != 0) << i;
  }
  return bits;
}

/* Everything that two connections must have in common to share answers. */
static hp_key program_key(hp_table *t, const hp_program *p) {
  const hp_options *o = &t->d->options;
  struct {
    hp_hash128 program, sql, tags;
    uint64_t settings, owner, consistency;
    int64_t ttl_ms;
  } parts;

  memset(&parts, 0, sizeof parts);
  parts.program = p->hash;
  parts.sql = hp_hash128_of(t->d->sql, strlen(t->d->sql), hp_hash_secret());
  if (o->tags) {
    parts.tags = hp_hash128_of(o->tags, strlen(o->tags), hp_hash_secret());
  }
  parts.settings = settings_of(t->conn->db);
  parts.consistency = o->consistency;
  parts.ttl_ms = o->ttl_ms;
  if (t->is_private) parts.owner = atomic_fetch_add(&n_tables, 1) + 1;
  return hp_hash128_of(&parts, sizeof parts, hp_hash_secret());
}

/* What the program says about keeping answers. */
static int judge(hp_table *t, const hp_program *p, char **err) {
  int rc;

  if (p->doubt && t->d->options.ttl_ms == 0) {
    return fail(err, SQLITE_ERROR,
                sqlite3_mprintf("%s: %s; its answers can only be cached for a "
                                "time that you accept: add ttl=seconds",
                                t->d->name, p->doubt));
  }
  if (p->direct_why && t->d->is_stored) {
    return fail(err, SQLITE_ERROR,
                sqlite3_mprintf("%s: %s; create it in temp", t->d->name,
                                p->direct_why));
  }
  /* The databases behind a nested cached table are not visible here: it
  ** answers from its own entries, and this one computes from them. */
  t->is_storable = !p->uses_cached;
  t->is_private = p->private_why != NULL;
  rc = hp_deps_set(&t->deps, t->conn, p->read_mask);
  if (rc == SQLITE_RANGE) {
    t->is_storable = false;
    rc = SQLITE_OK;
  }
  t->has_seed = false;
  return rc;
}

/* Reads the program of the SELECT again. The statement is prepared first: if
** the host changes anything in between, SQLite prepares it again, which
** hp_runner_was_reprepared() tells before an answer is kept. */
static int read_program(hp_table *t, char **err) {
  hp_program p;
  int rc = hp_runner_prepare(&t->runner, true);

  if (rc) {
    return fail(err, rc, sqlite3_mprintf("%s: %s", t->d->name,
                                         sqlite3_errmsg(t->conn->db)));
  }
  rc = hp_definition_check(t->d, t->conn->db, t->runner.stmt, err);
  if (rc) return rc;
  rc = hp_program_read(t->conn->db, t->d->sql, &p, err);
  if (!rc) rc = judge(t, &p, err);
  if (!rc) t->program = program_key(t, &p);
  t->has_moved = rc != SQLITE_OK;
  hp_program_term(&p);
  return rc;
}

static int read_muted(hp_table *t, char **err) {
  int rc;

  if (t->runner.n_running) return SQLITE_OK;
  /* Preparing the SELECT plans the tables it reads: is this one among them? */
  if (t->is_reading) {
    return fail(err, SQLITE_ERROR,
                sqlite3_mprintf("its SELECT reads %s itself; a cached table "
                                "cannot be recursive",
                                t->d->name));
  }
  t->is_reading = true;
  hp_hook_mute(t->conn);
  rc = read_program(t, err);
  hp_hook_unmute(t->conn);
  t->is_reading = false;
  return rc;
}

int hp_table_plan(hp_table *t, char **err) {
  if (!t->has_moved && !hp_runner_is_expired(&t->runner)) return SQLITE_OK;
  return read_muted(t, err);
}

static int build(hp_table *t, char **err) {
  int rc;

  t->sheet = hp_sheet_new(t->d->name);
  t->l1 = hp_l1_shared();
  if (!t->sheet || !t->l1) return SQLITE_NOMEM;
  rc = hp_table_plan(t, err);
  if (rc) return rc;
  return hp_tagging_init(&t->tagging, t->conn->db, t->d->options.tags,
                         t->runner.stmt, err);
}

int hp_table_new(hp_conn *c, hp_definition *d, hp_table **out, char **err) {
  hp_table *t = sqlite3_malloc64(sizeof *t);
  int rc;

  *out = NULL;
  if (!t) {
    hp_definition_free(d);
    return SQLITE_NOMEM;
  }
  *t = (hp_table){.conn = c, .d = d, .runner = {.conn = c, .d = d}};
  rc = build(t, err);
  if (rc) {
    hp_table_free(t);
    return rc;
  }
  *out = t;
  return SQLITE_OK;
}

void hp_table_free(hp_table *t) {
  if (!t) return;
  hp_tagging_term(&t->tagging);
  hp_deps_term(&t->deps);
  hp_runner_term(&t->runner);
  hp_sheet_free(t->sheet);
  hp_definition_free(t->d);
  sqlite3_free(t);
}

/* One call on its way. Set field by field: clearing it costs too much. */
typedef struct call {
  sqlite3_value **argv;
  const hp_builder *args; /* the same, as one row */
  sqlite3_stmt *once; /* the running statement if it reads only once */
  hp_key key;
  hp_look look;
  bool may_keep;      /* its answer may be published */
  hp_source source;   /* of rows that are computed */
} call;

/* Reads the identities of the databases, opening what must be open to watch
** them. False if one cannot be watched. */
static bool make_seed(hp_table *t) {
  struct {
    hp_key program;
    uint64_t id[HP_MAX_DEPS];
  } parts;

  hp_deps_read_ids(&t->deps);
  memset(&parts, 0, sizeof parts);
  parts.program = t->program;
  memcpy(parts.id, t->deps.id, sizeof parts.id);
  t->seed = hp_hash128_of(&parts, sizeof parts, hp_hash_secret());
  t->has_seed = hp_deps_are_known(&t->deps);
  return t->has_seed;
}

/* What a try to serve came to. */
typedef enum trial {
  TRIAL_HIT,      /* served */
  TRIAL_MISS,     /* counted; compute */
  TRIAL_UNKNOWN,  /* the snapshot is not proved */
  TRIAL_PIN,      /* the transaction must be opened first */
  TRIAL_BYPASS,   /* the connection's own writes */
} trial;

/* Inside a section: which trial does the look allow? */
static trial judge_look(const hp_table *t, const call *k) {
  switch (k->look.state) {
  case HP_SNAPSHOT_HELD: return TRIAL_MISS;
  case HP_SNAPSHOT_WRITE: return TRIAL_BYPASS;
  case HP_SNAPSHOT_UNKNOWN:
    return t->d->options.consistency == HP_CONSISTENCY_TTL ? TRIAL_MISS
                                                            : TRIAL_UNKNOWN;
  default: break;
  }
  /* Where a second read of the same statement, or of the host's transaction,
  ** must see the same, the snapshot has to be held. */
  return k->once && sqlite3_get_autocommit(t->conn->db) ? TRIAL_MISS
                                                               : TRIAL_PIN;
}

static const hp_count count_of_verdict[] = {
    [HP_VERDICT_HIT] = HP_COUNT_hits_l1,
    [HP_VERDICT_EXPIRED] = HP_COUNT_miss_expired,
    [HP_VERDICT_STAMP] = HP_COUNT_miss_stamp,
    [HP_VERDICT_TAG] = HP_COUNT_miss_tag,
};

/* Inside a section: the entry that is right for the call, pinned, or NULL.
** *what is what to count. */
static hp_entry *find(hp_table *t, const call *k, hp_answer *a,
                      hp_count *what) {
  bool by_stamp = t->d->options.consistency == HP_CONSISTENCY_SNAPSHOT;
  hp_entry *e = (hp_entry *)hp_l1_get(t->l1, &k->key);
  int64_t now_ms = 0;
  hp_verdict v;

  *what = HP_COUNT_miss_cold;
  if (!e) return NULL;
  if (e->node.expires_ms != HP_NEVER_MS) now_ms = hp_clock_ms();
  v = hp_entry_check(e, by_stamp ? k->look.stamps : NULL, t->deps.n, now_ms);
  *what = count_of_verdict[v];
  if (v != HP_VERDICT_HIT) return NULL;
  hp_pin_set(&a->pin, e);
  return e;
}

static trial serve(hp_table *t, hp_answer *a, hp_entry *e, hp_count what) {
  hp_sheet_add(t->sheet, what, 1);
  if (!e) return TRIAL_MISS;
  hp_l1_hit(t->l1, &e->node);
  hp_sheet_add(t->sheet, HP_COUNT_saved_ns, e->node.cost_ns);
  hp_answer_set_entry(a, e, HP_SOURCE_L1);
  return TRIAL_HIT;
}

/* One look and, where it allows, one search, in one section. */
static trial look_and_find(hp_table *t, call *k, hp_answer *a) {
  hp_entry *e = NULL;
  hp_count what = HP_COUNT_miss_cold;
  trial r;

  hp_epoch_enter(t->conn->reader);
  hp_deps_look(&t->deps, k->once, &k->look);
  r = judge_look(t, k);
  if (r == TRIAL_MISS) e = find(t, k, a, &what);
  hp_epoch_exit(t->conn->reader);
  return r == TRIAL_MISS ? serve(t, a, e, what) : r;
}

/* Opens the transaction and searches at its snapshot. */
static int pin_and_find(hp_table *t, call *k, hp_answer *a, trial *out) {
  hp_count what;
  hp_entry *e;
  int rc = hp_deps_pin(&t->deps, &k->look);

  if (rc) return rc;
  *out = judge_look(t, k);
  if (*out != TRIAL_MISS) return SQLITE_OK;
  hp_epoch_enter(t->conn->reader);
  e = find(t, k, a, &what);
  hp_epoch_exit(t->conn->reader);
  *out = serve(t, a, e, what);
  return SQLITE_OK;
}

/* Tries to serve from L1. *out is HIT or how to go on. */
static int try_cache(hp_table *t, call *k, hp_answer *a, trial *out) {
  *out = TRIAL_UNKNOWN;
  if (t->has_seed || make_seed(t)) {
    k->key = hp_key_of_row(&t->seed, k->args);
    *out = look_and_find(t, k, a);
  }
  if (*out == TRIAL_UNKNOWN && make_seed(t)) {
    k->key = hp_key_of_row(&t->seed, k->args);
    *out = look_and_find(t, k, a);
  }
  return *out == TRIAL_PIN ? pin_and_find(t, k, a, out) : SQLITE_OK;
}

/* Counts why nothing was served, and decides whether the computed answer may
** be kept. */
static void settle(hp_table *t, call *k, trial r) {
  k->may_keep = r == TRIAL_MISS;
  k->source = r == TRIAL_BYPASS ? HP_SOURCE_BYPASS : HP_SOURCE_COMPUTED;
  if (r == TRIAL_BYPASS) hp_sheet_add(t->sheet, HP_COUNT_bypasses, 1);
  if (r == TRIAL_UNKNOWN || r == TRIAL_PIN) {
    hp_sheet_add(t->sheet, HP_COUNT_miss_snapshot, 1);
  }
}

/* The largest answer worth keeping: more is handed through as it comes. */
static hp_run_limits limits_of(hp_table *t, const call *k) {
  hp_run_limits limits = {.rows = t->d->options.max_rows,
                          .bytes = (uint64_t)t->d->options.max_bytes};
  hp_l1_stats stats;

  hp_l1_read_stats(t->l1, &stats);
  if (!limits.bytes || limits.bytes > stats.cap_bytes / 4) {
    limits.bytes = stats.cap_bytes / 4;
  }
  if (!k->may_keep) limits.rows = 0;
  return limits;
}

/* Makes an entry of the rows in a and publishes it; a then reads the entry. */
static int publish(hp_table *t, const call *k, hp_answer *a,
                   const hp_tag_seen *tags, int n_tags, uint64_t cost_ns,
                   int64_t begin_ms) {
  hp_entry_spec spec = {.key = k->key,
                        .score = t->sheet->score,
                        .stamps = k->look.stamps,
                        .n_deps = t->deps.n,
                        .tags = tags,
                        .n_tags = n_tags,
                        .cost_ns = cost_ns,
                        .now_ms = begin_ms, /* a ttl counts from the data */
                        .ttl_ms = t->d->options.ttl_ms};
  hp_entry *e;
  int rc = hp_entry_new(&spec, &a->rows, &e);

  if (rc) return rc;
  /* Pinned before L1 owns it: it may be evicted at once. */
  hp_pin_set(&a->pin, e);
  hp_answer_set_entry(a, e, k->source);
  rc = hp_l1_put(t->l1, &e->node, spec.now_ms);
  if (rc) hp_sheet_add(t->sheet, HP_COUNT_not_stored, 1);
  return SQLITE_OK;
}

/* Are the rows that were just computed those of look's stamps, by the program
** of the key, and still current? */
static bool is_worth_keeping(hp_table *t, const call *k) {
  if (!k->may_keep || t->has_moved) return false;
  if (t->d->options.consistency == HP_CONSISTENCY_TTL) return true;
  return hp_deps_are_current(&t->deps, &k->look);
}

/* Runs the SELECT and keeps the answer where that is right. */
static int compute(hp_table *t, call *k, hp_answer *a, char **err) {
  hp_tag_seen tags[HP_TAG_MAX_SEEN];
  int n_tags = 0, rc = SQLITE_OK;
  bool has_row, is_complete;
  hp_run_limits limits = limits_of(t, k);
  int64_t begin = hp_clock_ns(), begin_ms = hp_clock_ms(), cost;

  if (k->may_keep &&
      hp_tagging_see(&t->tagging, t->runner.stmt, k->argv, tags, &n_tags)) {
    k->may_keep = false;
  }
  rc = hp_runner_begin(&t->runner, k->argv, &has_row, err);
  if (rc) return rc;
  t->has_moved = hp_runner_was_reprepared(&t->runner);
  if (k->may_keep && t->d->options.consistency == HP_CONSISTENCY_SNAPSHOT) {
    k->may_keep = hp_deps_confirm(&t->deps, &k->look);
  }
  rc = hp_runner_collect(&t->runner, has_row, &limits, a, &is_complete, err);
  if (rc) return rc;
  cost = hp_clock_ns() - begin;
  hp_sheet_add(t->sheet, HP_COUNT_compute_ns, (uint64_t)cost);
  if (!is_complete) hp_sheet_add(t->sheet, HP_COUNT_not_stored, 1);
  hp_answer_set_rows(a, k->source);
  a->created_ms = hp_clock_ms();
  if (!is_complete || !is_worth_keeping(t, k)) return SQLITE_OK;
  return publish(t, k, a, tags, n_tags, (uint64_t)cost, begin_ms);
}

/* What the host changed since the outer statement was planned does not change
** that statement; only a program that has moved must be read again. */
static int keep_program(hp_table *t, char **err) {
  if (t->runner.stmt && !t->has_moved) return SQLITE_OK;
  return read_muted(t, err);
}

static int answer(hp_table *t, call *k, hp_answer *a, char **err) {
  trial r = TRIAL_BYPASS;
  int rc = keep_program(t, err);

  if (!rc && t->is_storable && hp_table_is_enabled()) {
    rc = try_cache(t, k, a, &r);
  }
  if (rc || r == TRIAL_HIT) return rc;
  settle(t, k, r);
  hp_sheet_add(t->sheet, HP_COUNT_computations, 1);
  return compute(t, k, a, err);
}

int hp_table_answer(hp_table *t, sqlite3_stmt *once, sqlite3_value **argv,
                    const hp_builder *args, hp_answer *a, char **err) {
  call k;
  int rc;

  k.argv = argv;
  k.args = args;
  k.once = once;
  rc = answer(t, &k, a, err);
  if (rc) {
    hp_sheet_add(t->sheet, HP_COUNT_errors, 1);
    hp_answer_clear(a);
  } else if (!a->live) {
    t->last_rows = a->n_rows;
  }
  return rc;
}

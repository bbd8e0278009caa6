/* SPDX-License-Identifier: MIT */
#include "cache/table.h"
#include "base/clock.h"
#include "cache/flight.h"
#include "cache/identity.h"
#include "cache/tagging.h"

#define MAX_WAITS 3 /* for computations of others that come to nothing */

struct hp_table {
  hp_conn *conn;
  hp_definition *d;
  hp_sheet *sheet;
  hp_l1 *l1;
  hp_identity id;
  hp_tagging tagging;
  bool is_refreshed;    /* somebody computes ahead for us */
  uint64_t random;      /* state of chance() */
  int64_t last_rows;    /* rows of the latest answer */
};

static _Atomic bool is_enabled = true;

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

int hp_table_plan(hp_table *t, char **err) {
  return hp_identity_plan(&t->id, err);
}

int hp_table_check(hp_table *t, char **err) {
  return hp_identity_read(&t->id, err);
}

/* Uniform in (0, 1]: xorshift64 (G. Marsaglia, 2003). */
static double chance(hp_table *t) {
  t->random ^= t->random << 13;
  t->random ^= t->random >> 7;
  t->random ^= t->random << 17;
  return (double)((t->random >> 11) + 1) / 9007199254740992.0;
}

static int build(hp_table *t, char **err) {
  int rc;

  sqlite3_randomness(sizeof t->random, &t->random);
  t->random |= 1;

  t->sheet = hp_sheet_new(t->d->name);
  t->l1 = hp_l1_shared();
  if (!t->sheet || !t->l1) return SQLITE_NOMEM;
  t->id.has_moved = true;
  rc = hp_table_plan(t, err);
  if (!rc) rc = hp_runner_prepare(&t->id.runner, true);
  if (rc) return rc;
  return hp_tagging_init(&t->tagging, t->conn->db, t->d->options.tags,
                         t->id.runner.stmt, err);
}

int hp_table_new(hp_conn *c, hp_definition *d, hp_table **out, char **err) {
  hp_table *t = sqlite3_malloc64(sizeof *t);
  int rc;

  *out = NULL;
  if (!t) {
    hp_definition_free(d);
    return SQLITE_NOMEM;
  }
  *t = (hp_table){.conn = c,
                  .d = d,
                  .id = {.conn = c, .d = d, .runner = {.conn = c, .d = d}}};
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
  hp_identity_term(&t->id);
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
  bool has_key;
  bool may_keep;      /* its answer may be published */
  bool is_outdated;   /* an entry was there, of another stamp */
  bool is_refresh;    /* asked by hp_table_refresh() */
  bool is_shared;     /* published: others who wait find it */
  hp_source source;   /* of rows that are computed */
} call;

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

/* May e be served although it is not right any more? What was invalidated by
** a tag never is, nor anything inside of a transaction. */
static bool may_be_stale(const hp_table *t, const hp_entry *e, hp_verdict v) {
  return t->is_refreshed && v != HP_VERDICT_TAG &&
         sqlite3_get_autocommit(t->conn->db) &&
         hp_tags_hold(hp_entry_tags(e), e->n_tags) &&
         hp_freshness_may_revalidate(&t->d->options.fresh, e->node.created_ms,
                                     hp_clock_ms());
}

/* Inside a section: the entry that can be served, pinned, or NULL. *what is
** what to count. */
static hp_entry *find(hp_table *t, call *k, hp_answer *a,
                      hp_count *what) {
  bool by_stamp = t->d->options.consistency == HP_CONSISTENCY_SNAPSHOT;
  hp_entry *e = (hp_entry *)hp_l1_get(t->l1, &k->key);
  int64_t now_ms = 0;
  hp_verdict v;

  *what = HP_COUNT_miss_cold;
  if (!e) return NULL;
  if (e->node.expires_ms != HP_NEVER_MS) now_ms = hp_clock_ms();
  v = by_stamp ? hp_deps_check(&t->id.deps, e, &k->look, now_ms)
               : hp_entry_check(e, NULL, 0, now_ms);
  k->is_outdated = v == HP_VERDICT_STAMP;
  *what = count_of_verdict[v];
  if (v != HP_VERDICT_HIT) {
    if (!may_be_stale(t, e, v)) return NULL;
    *what = HP_COUNT_hits_stale;
  }
  hp_pin_set(&a->pin, e);
  return e;
}

/* Asks for a refresh, once per entry. */
static void claim_refresh(hp_table *t, const call *k, hp_answer *a, hp_entry *e,
                          bool is_stale) {
  const hp_freshness *f = &t->d->options.fresh;

  if (!is_stale &&
      !hp_freshness_is_due(f, e->node.expires_ms, e->node.cost_ns,
                           hp_clock_ms(), chance(t))) {
    return;
  }
  if (atomic_exchange(&e->is_claimed, true)) return;
  a->wants_refresh = true;
  a->key = k->key;
}

static trial serve(hp_table *t, const call *k, hp_answer *a, hp_entry *e,
                   hp_count what) {
  bool is_stale = what == HP_COUNT_hits_stale;

  hp_sheet_add(t->sheet, what, 1);
  if (!e) return TRIAL_MISS;
  hp_l1_hit(t->l1, &e->node);
  hp_sheet_add(t->sheet, HP_COUNT_saved_ns, e->node.cost_ns);
  if (e->is_refresh) atomic_store(&e->is_served, true);
  hp_answer_set_entry(a, e, is_stale ? HP_SOURCE_STALE : HP_SOURCE_L1);
  if (t->is_refreshed) claim_refresh(t, k, a, e, is_stale);
  return TRIAL_HIT;
}

/* One look and, where it allows, one search, in one section. */
static trial look_and_find(hp_table *t, call *k, hp_answer *a) {
  hp_entry *e = NULL;
  hp_count what = HP_COUNT_miss_cold;
  trial r;

  hp_epoch_enter(t->conn->reader);
  hp_deps_look(&t->id.deps, k->once, &k->look);
  r = judge_look(t, k);
  if (r == TRIAL_MISS) e = find(t, k, a, &what);
  hp_epoch_exit(t->conn->reader);
  return r == TRIAL_MISS ? serve(t, k, a, e, what) : r;
}

/* Opens the transaction and searches at its snapshot. */
static int pin_and_find(hp_table *t, call *k, hp_answer *a, trial *out) {
  hp_count what;
  hp_entry *e;
  int rc = hp_deps_pin(&t->id.deps, &k->look);

  if (rc) return rc;
  *out = judge_look(t, k);
  if (*out != TRIAL_MISS) return SQLITE_OK;
  hp_epoch_enter(t->conn->reader);
  e = find(t, k, a, &what);
  hp_epoch_exit(t->conn->reader);
  *out = serve(t, k, a, e, what);
  return SQLITE_OK;
}

/* Tries to serve from L1. *out is HIT or how to go on. */
static int try_cache(hp_table *t, call *k, hp_answer *a, trial *out) {
  *out = TRIAL_UNKNOWN;
  if (t->id.has_seed || hp_identity_seed(&t->id)) {
    k->key = hp_key_of_row(&t->id.seed, k->args);
    k->has_key = true;
    *out = look_and_find(t, k, a);
  }
  if (*out == TRIAL_UNKNOWN && hp_identity_seed(&t->id)) {
    k->key = hp_key_of_row(&t->id.seed, k->args);
    k->has_key = true;
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
static int publish(hp_table *t, call *k, hp_answer *a,
                   const hp_tag_seen *tags, int n_tags, uint64_t cost_ns,
                   int64_t begin_ms) {
  hp_entry_spec spec = {.key = k->key,
                        .score = t->sheet->score,
                        .stamps = k->look.stamps,
                        .n_deps = t->id.deps.n,
                        .tags = tags,
                        .n_tags = n_tags,
                        .cost_ns = cost_ns,
                        .now_ms = begin_ms, /* a ttl counts from the data */
                        .ttl_ms = hp_freshness_lifetime_ms(
                            &t->d->options.fresh, chance(t)),
                        .is_refresh = k->is_refresh};
  hp_entry *e;
  int rc = hp_entry_new(&spec, &a->rows, &e);

  if (rc) return rc;
  /* Pinned before L1 owns it: it may be evicted at once. */
  hp_pin_set(&a->pin, e);
  hp_answer_set_entry(a, e, k->source);
  rc = hp_l1_put(t->l1, &e->node, spec.now_ms);
  k->is_shared = rc == SQLITE_OK;
  if (rc) hp_sheet_add(t->sheet, HP_COUNT_not_stored, 1);
  return SQLITE_OK;
}

/* Are the rows that were just computed those of look's stamps, by the program
** of the key, and still current? With a ttl alone the stamps do not matter, but
** the age does: a transaction may read what was right long ago. */
static bool is_worth_keeping(hp_table *t, const call *k) {
  if (!k->may_keep || t->id.has_moved) return false;
  if (t->d->options.consistency == HP_CONSISTENCY_TTL &&
      sqlite3_get_autocommit(t->conn->db)) {
    return true;
  }
  if (k->look.state == HP_SNAPSHOT_UNKNOWN) return false;
  return hp_deps_are_current(&t->id.deps, &k->look);
}

/* Runs the SELECT and keeps the answer where that is right. */
static int compute(hp_table *t, call *k, hp_answer *a, char **err) {
  hp_tag_seen tags[HP_TAG_MAX_SEEN];
  int n_tags = 0, rc = SQLITE_OK;
  bool has_row, is_complete;
  hp_run_limits limits = limits_of(t, k);
  int64_t begin = hp_clock_ns(), begin_ms = hp_clock_ms(), cost;

  if (k->may_keep &&
      hp_tagging_see(&t->tagging, t->id.runner.stmt, k->argv, tags, &n_tags)) {
    k->may_keep = false;
  }
  rc = hp_runner_begin(&t->id.runner, k->argv, &has_row, err);
  if (rc) return rc;
  hp_identity_note_run(&t->id);
  if (k->may_keep && t->d->options.consistency == HP_CONSISTENCY_SNAPSHOT) {
    k->may_keep = hp_deps_confirm(&t->id.deps, &k->look);
  }
  rc = hp_runner_collect(&t->id.runner, has_row, &limits, a, &is_complete, err);
  if (rc) return rc;
  cost = hp_clock_ns() - begin;
  hp_sheet_add(t->sheet, HP_COUNT_compute_ns, (uint64_t)cost);
  if (!is_complete) hp_sheet_add(t->sheet, HP_COUNT_not_stored, 1);
  hp_answer_set_rows(a, k->source);
  a->created_ms = hp_clock_ms();
  if (!is_complete || !is_worth_keeping(t, k)) return SQLITE_OK;
  return publish(t, k, a, tags, n_tags, (uint64_t)cost, begin_ms);
}

/* Failures of the moment, for which an older answer may stand in. */
static bool is_passing(int rc) {
  switch (rc & 0xff) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
  case SQLITE_NOMEM:
  case SQLITE_IOERR:
  case SQLITE_FULL:
  case SQLITE_CANTOPEN:
  case SQLITE_PROTOCOL: return true;
  default: return false;
  }
}

/* The computation failed with rc: serves an older answer if the options allow
** it; otherwise the failure stands. */
static int stand_in(hp_table *t, const call *k, hp_answer *a, int rc,
                    char **err) {
  const hp_freshness *f = &t->d->options.fresh;
  hp_entry *e;

  if (!k->has_key || !f->stale_if_error_ms || !is_passing(rc)) return rc;
  hp_answer_clear(a);
  hp_epoch_enter(t->conn->reader);
  e = (hp_entry *)hp_l1_get(t->l1, &k->key);
  if (e && (!hp_tags_hold(hp_entry_tags(e), e->n_tags) ||
            !hp_freshness_may_stand_in(f, e->node.created_ms, hp_clock_ms()))) {
    e = NULL;
  }
  if (e) hp_pin_set(&a->pin, e);
  hp_epoch_exit(t->conn->reader);
  if (!e) return rc;
  sqlite3_free(*err);
  *err = NULL;
  hp_sheet_add(t->sheet, HP_COUNT_errors, 1);
  hp_sheet_add(t->sheet, HP_COUNT_hits_stale, 1);
  hp_answer_set_entry(a, e, HP_SOURCE_STALE);
  return SQLITE_OK;
}

/* Who holds a write lock must not wait for somebody who may wait for it. */
static int64_t wait_ms(hp_table *t) {
  if (sqlite3_txn_state(t->conn->db, NULL) == SQLITE_TXN_WRITE) return 0;
  return hp_flight_wait_ms();
}

static int lead(hp_table *t, call *k, hp_answer *a, hp_flight *f, char **err) {
  int rc;

  hp_sheet_add(t->sheet, HP_COUNT_computations, 1);
  rc = compute(t, k, a, err);
  hp_flight_end(f, rc             ? HP_FLIGHT_FAILED
                   : k->is_shared ? HP_FLIGHT_PUBLISHED
                                  : HP_FLIGHT_PRIVATE);
  return rc;
}

/* Computes, or waits for the thread that computes the same and serves its
** answer if it is right for this call, too. */
static int compute_once(hp_table *t, call *k, hp_answer *a, char **err) {
  trial r = TRIAL_MISS;
  hp_flight *f;
  int rc;

  for (int i = 0; i < MAX_WAITS && k->may_keep; i++) {
    switch (hp_flight_begin(&k->key, wait_ms(t), NULL, NULL, &f)) {
    case HP_FLIGHT_LEAD: return lead(t, k, a, f, err);
    case HP_FLIGHT_AGAIN: break;
    default: k->may_keep = false; continue;
    }
    rc = try_cache(t, k, a, &r);
    if (rc) return rc;
    if (r == TRIAL_HIT) {
      hp_sheet_add(t->sheet, HP_COUNT_joins, 1);
      return SQLITE_OK;
    }
    settle(t, k, r);
  }
  hp_sheet_add(t->sheet, HP_COUNT_computations, 1);
  return compute(t, k, a, err);
}

static int answer(hp_table *t, call *k, hp_answer *a, char **err) {
  trial r = TRIAL_BYPASS;
  int rc = hp_identity_read(&t->id, err);

  if (!rc && t->id.is_storable && hp_table_is_enabled()) {
    rc = try_cache(t, k, a, &r);
  }
  if (k->is_outdated) hp_deps_study(&t->id.deps, t->d->sql);
  if (r == TRIAL_HIT) return rc;
  if (!rc) {
    settle(t, k, r);
    rc = compute_once(t, k, a, err);
  }
  return rc ? stand_in(t, k, a, rc, err) : SQLITE_OK;
}

static void init_call(call *k, sqlite3_stmt *once, sqlite3_value **argv,
                      const hp_builder *args) {
  k->argv = argv;
  k->args = args;
  k->once = once;
  k->has_key = k->is_refresh = k->is_shared = k->is_outdated = false;
}

int hp_table_answer(hp_table *t, sqlite3_stmt *once, sqlite3_value **argv,
                    const hp_builder *args, hp_answer *a, char **err) {
  call k;
  int rc;

  init_call(&k, once, argv, args);
  rc = answer(t, &k, a, err);
  if (rc) {
    hp_sheet_add(t->sheet, HP_COUNT_errors, 1);
    hp_answer_clear(a);
  } else if (!a->live) {
    t->last_rows = a->n_rows;
  }
  return rc;
}

void hp_table_set_refreshed(hp_table *t, bool on) {
  t->is_refreshed = on;
}

bool hp_table_is_portable(const hp_table *t) {
  return t->id.is_storable && !t->id.is_private && t->id.deps.n == 1 &&
         t->id.deps.is_main;
}

/* The state must be FREE: of a transaction of its own the refreshing
** connection has no use. */
static int recompute(hp_table *t, call *k, hp_answer *a, char **err) {
  hp_epoch_enter(t->conn->reader);
  hp_deps_look(&t->id.deps, NULL, &k->look);
  hp_epoch_exit(t->conn->reader);
  if (k->look.state != HP_SNAPSHOT_FREE) return SQLITE_OK;
  k->may_keep = true;
  k->source = HP_SOURCE_COMPUTED;
  hp_sheet_add(t->sheet, HP_COUNT_refreshes, 1);
  return compute(t, k, a, err);
}

int hp_table_refresh(hp_table *t, const hp_key *key, sqlite3_value **argv,
                     const hp_builder *args, char **err) {
  hp_answer a = {.at = 0};
  call k;
  int rc = hp_identity_read(&t->id, err);

  init_call(&k, NULL, argv, args);
  k.is_refresh = true;
  if (rc || !hp_identity_seed(&t->id)) return rc;
  k.key = hp_key_of_row(&t->id.seed, args);
  if (k.key.lo != key->lo || k.key.hi != key->hi) return SQLITE_MISMATCH;
  hp_pin_add(t->conn->reader, &a.pin);
  rc = recompute(t, &k, &a, err);
  if (rc) hp_sheet_add(t->sheet, HP_COUNT_errors, 1);
  hp_answer_clear(&a);
  hp_pin_remove(t->conn->reader, &a.pin);
  return rc;
}

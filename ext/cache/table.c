/* SPDX-License-Identifier: MIT */
#include "cache/table.h"
#include "base/clock.h"
#include "cache/flight.h"
#include "cache/lookup.h"

#define MAX_WAITS 3 /* for computations of others that come to nothing */

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

int hp_table_check(hp_table *t, bool is_new, char **err) {
  int rc = hp_identity_read(&t->id, err);
  char *why = NULL;

  if (rc || !is_new || t->d->options.consistency != HP_CONSISTENCY_TRACKED) {
    return rc;
  }
  rc = hp_generation_check(&t->generation, &why);
  if (why) {
    *err = sqlite3_mprintf("%s: consistency=tracked is not possible: %s",
                           t->d->name, why);
  }
  sqlite3_free(why);
  return rc;
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
                  .generation = {.conn = c, .sql = d->sql},
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
  hp_generation_term(&t->generation);
  hp_tagging_term(&t->tagging);
  hp_identity_term(&t->id);
  hp_sheet_free(t->sheet);
  hp_definition_free(t->d);
  sqlite3_free(t);
}

/* Counts why nothing was served, and decides whether the computed answer may
** be kept. */
static void settle(hp_table *t, hp_call *k, hp_trial r) {
  k->may_keep = r == HP_TRIAL_MISS;
  k->source = r == HP_TRIAL_BYPASS ? HP_SOURCE_BYPASS : HP_SOURCE_COMPUTED;
  if (r == HP_TRIAL_BYPASS) hp_sheet_add(t->sheet, HP_COUNT_bypasses, 1);
  if (r == HP_TRIAL_UNKNOWN || r == HP_TRIAL_PIN) {
    hp_sheet_add(t->sheet, HP_COUNT_miss_snapshot, 1);
  }
}

/* The largest answer worth keeping: more is handed through as it comes. */
static hp_run_limits limits_of(hp_table *t, const hp_call *k) {
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
static int publish(hp_table *t, hp_call *k, hp_answer *a,
                   const hp_tag_seen *tags, int n_tags, uint64_t cost_ns,
                   int64_t begin_ms) {
  hp_entry_spec spec = {.key = k->key,
                        .score = t->sheet->score,
                        .stamps = k->look.stamps,
                        .n_deps = t->id.deps.n,
                        .generation = k->has_generation ? &k->generation : NULL,
                        .tags = tags,
                        .n_tags = n_tags,
                        .cost_ns = cost_ns,
                        .now_ms = begin_ms, /* a ttl counts from the data */
                        .ttl_ms = hp_freshness_lifetime_ms(&t->d->options.fresh,
                                                           hp_table_chance(t)),
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
static bool is_worth_keeping(hp_table *t, const hp_call *k) {
  if (!k->may_keep || t->id.has_moved) return false;
  if (t->d->options.consistency == HP_CONSISTENCY_TTL &&
      sqlite3_get_autocommit(t->conn->db)) {
    return true;
  }
  if (k->look.state == HP_SNAPSHOT_UNKNOWN) return false;
  return hp_deps_are_current(&t->id.deps, &k->look);
}

/* The run has failed with rc: counts it if it was compute_timeout that did. */
static int give_up(hp_table *t, int rc) {
  if (t->id.runner.is_timed_out) {
    hp_sheet_add(t->sheet, HP_COUNT_timeouts, 1);
  }
  return rc;
}

/* Runs the SELECT and keeps the answer where that is right. */
static int compute(hp_table *t, hp_call *k, hp_answer *a, char **err) {
  hp_tag_seen tags[HP_TAG_MAX_SEEN];
  int n_tags = 0, rc = SQLITE_OK;
  bool has_row, is_complete;
  hp_run_limits limits = limits_of(t, k);
  int64_t begin = hp_clock_ns(), begin_ms = hp_clock_ms(), cost;

  if (k->may_keep &&
      hp_tagging_see(&t->tagging, t->id.runner.stmt, k->argv, tags, &n_tags)) {
    k->may_keep = false;
  }
  if (k->may_keep) rc = hp_lookup_generation(t, k);
  if (rc) return rc;
  rc = hp_runner_begin(&t->id.runner, k->argv, &has_row, err);
  if (rc) return give_up(t, rc);
  hp_identity_note_run(&t->id);
  if (k->may_keep && t->d->options.consistency != HP_CONSISTENCY_TTL) {
    k->may_keep = hp_deps_confirm(&t->id.deps, &k->look);
  }
  rc = hp_runner_collect(&t->id.runner, has_row, &limits, a, &is_complete, err);
  if (rc) return give_up(t, rc);
  cost = hp_clock_ns() - begin;
  hp_sheet_add(t->sheet, HP_COUNT_compute_ns, (uint64_t)cost);
  if (!is_complete) hp_sheet_add(t->sheet, HP_COUNT_not_stored, 1);
  hp_answer_set_rows(a, k->source);
  a->created_ms = hp_clock_ms();
  if (!is_complete || !is_worth_keeping(t, k)) return SQLITE_OK;
  return publish(t, k, a, tags, n_tags, (uint64_t)cost, begin_ms);
}

/* Who holds a write lock must not wait for somebody who may wait for it. */
static int64_t wait_ms(hp_table *t) {
  if (sqlite3_txn_state(t->conn->db, NULL) == SQLITE_TXN_WRITE) return 0;
  return hp_flight_wait_ms();
}

static int lead(hp_table *t, hp_call *k, hp_answer *a, hp_flight *f,
                char **err) {
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
static int compute_once(hp_table *t, hp_call *k, hp_answer *a, char **err) {
  hp_trial r = HP_TRIAL_MISS;
  hp_flight *f;
  int rc;

  for (int i = 0; i < MAX_WAITS && k->may_keep; i++) {
    switch (hp_flight_begin(&k->key, wait_ms(t), NULL, NULL, &f)) {
    case HP_FLIGHT_LEAD: return lead(t, k, a, f, err);
    case HP_FLIGHT_AGAIN: break;
    default: k->may_keep = false; continue;
    }
    rc = hp_lookup_try(t, k, a, &r);
    if (rc) return rc;
    if (r == HP_TRIAL_HIT) {
      hp_sheet_add(t->sheet, HP_COUNT_joins, 1);
      return SQLITE_OK;
    }
    settle(t, k, r);
  }
  hp_sheet_add(t->sheet, HP_COUNT_computations, 1);
  return compute(t, k, a, err);
}

static int answer(hp_table *t, hp_call *k, hp_answer *a, char **err) {
  hp_trial r = HP_TRIAL_BYPASS;
  int rc = hp_identity_read(&t->id, err);

  if (!rc && t->id.is_storable && hp_table_is_enabled()) {
    rc = hp_lookup_try(t, k, a, &r);
  }
  if (k->is_outdated) hp_deps_study(&t->id.deps, t->d->sql);
  if (r == HP_TRIAL_HIT) return rc;
  if (!rc) {
    settle(t, k, r);
    rc = compute_once(t, k, a, err);
  }
  return rc ? hp_lookup_stand_in(t, k, a, rc, err) : SQLITE_OK;
}

static void init_call(hp_call *k, sqlite3_stmt *once, sqlite3_value **argv,
                      const hp_builder *args) {
  k->argv = argv;
  k->args = args;
  k->once = once;
  k->has_key = k->is_refresh = k->is_shared = k->is_outdated = false;
  k->has_generation = k->should_ask = k->is_asked = false;
}

int hp_table_answer(hp_table *t, sqlite3_stmt *once, sqlite3_value **argv,
                    const hp_builder *args, hp_answer *a, char **err) {
  hp_call k;
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

/* Of a transaction of its own a connection that only refreshes has no use. */
static int recompute(hp_table *t, hp_call *k, hp_answer *a, char **err) {
  k->has_generation = false; /* what is known is that of an earlier look */
  hp_epoch_enter(t->conn->reader);
  hp_deps_look(&t->id.deps, NULL, &k->look);
  hp_epoch_exit(t->conn->reader);
  if (k->look.state != HP_SNAPSHOT_FREE && k->look.state != HP_SNAPSHOT_HELD) {
    return SQLITE_OK;
  }
  k->may_keep = true;
  k->source = HP_SOURCE_COMPUTED;
  return compute(t, k, a, err);
}

/* Computes and publishes; the answer itself is not wanted. */
static int renew(hp_table *t, hp_call *k, char **err) {
  hp_answer a = {.at = 0};
  int rc;

  hp_pin_add(t->conn->reader, &a.pin);
  rc = recompute(t, k, &a, err);
  if (rc) hp_sheet_add(t->sheet, HP_COUNT_errors, 1);
  hp_answer_clear(&a);
  hp_pin_remove(t->conn->reader, &a.pin);
  return rc;
}

int hp_table_refresh(hp_table *t, const hp_key *key, sqlite3_value **argv,
                     const hp_builder *args, char **err) {
  hp_call k;
  int rc = hp_identity_read(&t->id, err);

  init_call(&k, NULL, argv, args);
  k.is_refresh = true;
  if (rc || !hp_identity_seed(&t->id)) return rc;
  k.key = hp_key_of_row(&t->id.seed, args);
  if (!hp_hash128_equal(k.key, *key)) return SQLITE_MISMATCH;
  hp_sheet_add(t->sheet, HP_COUNT_refreshes, 1);
  return renew(t, &k, err);
}

int hp_table_renew(hp_table *t, sqlite3_value **argv, const hp_builder *args,
                   bool only_missing, bool *is_kept, char **err) {
  hp_call k;
  int rc = hp_identity_read(&t->id, err);

  *is_kept = false;
  init_call(&k, NULL, argv, args);
  if (rc || !t->id.is_storable || !hp_table_is_enabled()) return rc;
  if (!hp_identity_seed(&t->id)) return rc;
  k.key = hp_key_of_row(&t->id.seed, args);
  if (only_missing && hp_lookup_has(t, &k)) return SQLITE_OK;
  hp_sheet_add(t->sheet, HP_COUNT_computations, 1);
  rc = renew(t, &k, err);
  *is_kept = !rc && k.is_shared;
  return rc;
}

void hp_table_count_warmed(hp_table *t, int64_t wanted, int64_t done) {
  hp_sheet_add(t->sheet, HP_COUNT_warm_left, (uint64_t)(wanted - done));
  hp_sheet_add(t->sheet, HP_COUNT_warmed, (uint64_t)done);
}

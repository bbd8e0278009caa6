/* SPDX-License-Identifier: MIT */
#include "cache/lookup.h"
#include "base/clock.h"

/* Inside a section: which trial does the look allow? */
static hp_trial judge_look(const hp_table *t, const hp_call *k) {
  switch (k->look.state) {
  case HP_SNAPSHOT_HELD: return HP_TRIAL_MISS;
  case HP_SNAPSHOT_WRITE: return HP_TRIAL_BYPASS;
  case HP_SNAPSHOT_UNKNOWN:
    return t->d->options.consistency == HP_CONSISTENCY_TTL ? HP_TRIAL_MISS
                                                           : HP_TRIAL_UNKNOWN;
  default: break;
  }
  /* Where a second read of the same statement, or of the host's transaction,
  ** must see the same, the snapshot has to be held. */
  return k->once && sqlite3_get_autocommit(t->conn->db) ? HP_TRIAL_MISS
                                                        : HP_TRIAL_PIN;
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

static bool is_tracked(const hp_table *t) {
  return t->d->options.consistency == HP_CONSISTENCY_TRACKED;
}

/* Is e of the generation that the caller reads? */
static bool is_of_generation(const hp_table *t, hp_call *k, const hp_entry *e) {
  const hp_stamp *its = hp_entry_generation(e);

  if (!its || !is_tracked(t)) return false;
  if (!k->has_generation && k->look.state != HP_SNAPSHOT_UNKNOWN) {
    k->has_generation = hp_generation_recall(&t->generation, t->id.code,
                                             k->look.stamps[0], &k->generation);
  }
  return k->has_generation && hp_stamp_equal(*its, k->generation);
}

static hp_verdict check(hp_table *t, hp_call *k, const hp_entry *e,
                        int64_t now_ms) {
  hp_verdict v = HP_VERDICT_STAMP;

  if (t->d->options.consistency == HP_CONSISTENCY_TTL) {
    return hp_entry_check(e, NULL, 0, now_ms);
  }
  if (k->look.state != HP_SNAPSHOT_UNKNOWN) {
    v = hp_deps_check(&t->id.deps, e, &k->look, now_ms);
  }
  if (v != HP_VERDICT_STAMP || !is_of_generation(t, k, e)) return v;
  return hp_entry_check(e, NULL, 0, now_ms);
}

/* Is it worth asking for the generation before e is given up? */
static bool should_ask(const hp_table *t, const hp_call *k, const hp_entry *e) {
  return k->is_outdated && !k->is_asked && !k->has_generation &&
         is_tracked(t) && e->has_generation;
}

/* Inside a section: the entry that can be served, pinned, or NULL. *what is
** what to count. */
static hp_entry *find(hp_table *t, hp_call *k, hp_answer *a, hp_count *what) {
  hp_entry *e = (hp_entry *)hp_l1_get(t->l1, &k->key);
  int64_t now_ms = 0;
  hp_verdict v;

  *what = HP_COUNT_miss_cold;
  if (!e) return NULL;
  if (e->node.expires_ms != HP_NEVER_MS) now_ms = hp_clock_ms();
  v = check(t, k, e, now_ms);
  k->is_outdated = v == HP_VERDICT_STAMP;
  k->should_ask = should_ask(t, k, e);
  if (k->should_ask) return NULL;
  *what = count_of_verdict[v];
  if (v != HP_VERDICT_HIT) {
    if (!may_be_stale(t, e, v)) return NULL;
    *what = HP_COUNT_hits_stale;
  }
  hp_pin_set(&a->pin, e);
  return e;
}

/* Asks for a refresh, once per entry. */
static void claim_refresh(hp_table *t, const hp_call *k, hp_answer *a,
                          hp_entry *e, bool is_stale) {
  const hp_freshness *f = &t->d->options.fresh;

  if (!is_stale && !hp_freshness_is_due(f, e->node.expires_ms, e->node.cost_ns,
                                        hp_clock_ms(), hp_table_chance(t))) {
    return;
  }
  if (atomic_exchange(&e->is_claimed, true)) return;
  a->wants_refresh = true;
  a->key = k->key;
}

static hp_trial serve(hp_table *t, const hp_call *k, hp_answer *a, hp_entry *e,
                      hp_count what) {
  bool is_stale = what == HP_COUNT_hits_stale;

  hp_sheet_add(t->sheet, what, 1);
  if (!e) return HP_TRIAL_MISS;
  hp_l1_hit(t->l1, &e->node);
  hp_sheet_add(t->sheet, HP_COUNT_saved_ns, e->node.cost_ns);
  if (e->is_refresh) atomic_store(&e->is_served, true);
  hp_answer_set_entry(a, e, is_stale ? HP_SOURCE_STALE : HP_SOURCE_L1);
  if (t->is_refreshed) claim_refresh(t, k, a, e, is_stale);
  return HP_TRIAL_HIT;
}

/* One look and, where it allows, one search, in one section. */
static hp_trial look_and_find(hp_table *t, hp_call *k, hp_answer *a) {
  hp_entry *e = NULL;
  hp_count what = HP_COUNT_miss_cold;
  hp_trial r;

  hp_epoch_enter(t->conn->reader);
  hp_deps_look(&t->id.deps, k->once, &k->look);
  r = judge_look(t, k);
  if (r == HP_TRIAL_MISS) e = find(t, k, a, &what);
  hp_epoch_exit(t->conn->reader);
  if (r != HP_TRIAL_MISS) return r;
  return k->should_ask ? HP_TRIAL_ASK : serve(t, k, a, e, what);
}

/* Opens the transaction and searches at its snapshot. */
static int pin_and_find(hp_table *t, hp_call *k, hp_answer *a, hp_trial *out) {
  hp_count what;
  hp_entry *e;
  int rc = hp_deps_pin(&t->id.deps, &k->look);

  if (rc) return rc;
  *out = judge_look(t, k);
  if (*out != HP_TRIAL_MISS) return SQLITE_OK;
  hp_epoch_enter(t->conn->reader);
  e = find(t, k, a, &what);
  hp_epoch_exit(t->conn->reader);
  *out = k->should_ask ? HP_TRIAL_ASK : serve(t, k, a, e, what);
  return SQLITE_OK;
}

int hp_lookup_generation(hp_table *t, hp_call *k) {
  int rc = SQLITE_OK;

  if (!is_tracked(t) || k->has_generation) return SQLITE_OK;
  if (k->look.state == HP_SNAPSHOT_FREE) {
    rc = hp_deps_pin(&t->id.deps, &k->look);
  }
  if (rc) return rc;
  k->has_generation =
      hp_generation_read(&t->generation, t->id.code, &k->generation);
  if (k->has_generation && k->look.state == HP_SNAPSHOT_HELD) {
    hp_generation_note(&t->generation, k->look.stamps[0], k->generation);
  }
  return SQLITE_OK;
}

/* Searches again, knowing the generation, if there is one. In a transaction
** whose stamp is not proved it alone decides. */
static int ask_and_find(hp_table *t, hp_call *k, hp_answer *a, hp_trial *out) {
  hp_entry *e = NULL;
  hp_count what = HP_COUNT_miss_stamp;
  int rc = hp_lookup_generation(t, k);

  k->is_asked = true;
  if (rc) return rc;
  *out =
      k->look.state == HP_SNAPSHOT_UNKNOWN ? HP_TRIAL_UNKNOWN : HP_TRIAL_MISS;
  if (*out == HP_TRIAL_UNKNOWN && !k->has_generation) return SQLITE_OK;
  hp_epoch_enter(t->conn->reader);
  e = find(t, k, a, &what);
  hp_epoch_exit(t->conn->reader);
  if (e || *out == HP_TRIAL_MISS) *out = serve(t, k, a, e, what);
  return SQLITE_OK;
}

static bool could_ask(const hp_table *t, const hp_call *k, hp_trial r) {
  return r == HP_TRIAL_ASK ||
         (r == HP_TRIAL_UNKNOWN && is_tracked(t) && k->has_key);
}

/* Tries to serve from L1. *out is HIT or how to go on. */
int hp_lookup_try(hp_table *t, hp_call *k, hp_answer *a, hp_trial *out) {
  int rc = SQLITE_OK;

  k->is_asked = k->has_generation = k->should_ask = false;
  *out = HP_TRIAL_UNKNOWN;
  if (t->id.has_seed || hp_identity_seed(&t->id)) {
    k->key = hp_key_of_row(&t->id.seed, k->args);
    k->has_key = true;
    *out = look_and_find(t, k, a);
  }
  if (*out == HP_TRIAL_UNKNOWN && hp_identity_seed(&t->id)) {
    k->key = hp_key_of_row(&t->id.seed, k->args);
    k->has_key = true;
    *out = look_and_find(t, k, a);
  }
  if (*out == HP_TRIAL_PIN) rc = pin_and_find(t, k, a, out);
  return !rc && could_ask(t, k, *out) ? ask_and_find(t, k, a, out) : rc;
}

bool hp_lookup_has(hp_table *t, hp_call *k) {
  const hp_entry *e;
  bool is_right = false;

  hp_epoch_enter(t->conn->reader);
  hp_deps_look(&t->id.deps, NULL, &k->look);
  e = (const hp_entry *)hp_l1_get(t->l1, &k->key);
  if (e && (k->look.state == HP_SNAPSHOT_FREE ||
            k->look.state == HP_SNAPSHOT_HELD)) {
    is_right = check(t, k, e, hp_clock_ms()) == HP_VERDICT_HIT;
  }
  hp_epoch_exit(t->conn->reader);
  return is_right;
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
int hp_lookup_stand_in(hp_table *t, const hp_call *k, hp_answer *a, int rc,
                       char **err) {
  const hp_freshness *f = &t->d->options.fresh;
  hp_entry *e;

  if (!k->has_key || !f->stale_if_error_ms || !is_passing(rc)) return rc;
  if (k->look.state == HP_SNAPSHOT_WRITE) return rc;
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

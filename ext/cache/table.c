/* SPDX-License-Identifier: MIT */
#include "cache/table.h"
#include "base/clock.h"
#include "cache/identity.h"
#include "cache/tagging.h"

struct hp_table {
  hp_conn *conn;
  hp_definition *d;
  hp_sheet *sheet;
  hp_l1 *l1;
  hp_identity id;
  hp_tagging tagging;
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

static int build(hp_table *t, char **err) {
  int rc;

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
  bool may_keep;      /* its answer may be published */
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
  v = hp_entry_check(e, by_stamp ? k->look.stamps : NULL, t->id.deps.n, now_ms);
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
  hp_deps_look(&t->id.deps, k->once, &k->look);
  r = judge_look(t, k);
  if (r == TRIAL_MISS) e = find(t, k, a, &what);
  hp_epoch_exit(t->conn->reader);
  return r == TRIAL_MISS ? serve(t, a, e, what) : r;
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
  *out = serve(t, a, e, what);
  return SQLITE_OK;
}

/* Tries to serve from L1. *out is HIT or how to go on. */
static int try_cache(hp_table *t, call *k, hp_answer *a, trial *out) {
  *out = TRIAL_UNKNOWN;
  if (t->id.has_seed || hp_identity_seed(&t->id)) {
    k->key = hp_key_of_row(&t->id.seed, k->args);
    *out = look_and_find(t, k, a);
  }
  if (*out == TRIAL_UNKNOWN && hp_identity_seed(&t->id)) {
    k->key = hp_key_of_row(&t->id.seed, k->args);
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
                        .n_deps = t->id.deps.n,
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
  if (!k->may_keep || t->id.has_moved) return false;
  if (t->d->options.consistency == HP_CONSISTENCY_TTL) return true;
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

static int answer(hp_table *t, call *k, hp_answer *a, char **err) {
  trial r = TRIAL_BYPASS;
  int rc = hp_identity_read(&t->id, err);

  if (!rc && t->id.is_storable && hp_table_is_enabled()) {
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

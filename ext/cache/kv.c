/* SPDX-License-Identifier: MIT */
#include "cache/kv.h"
#include "cache/flight.h"

#include <string.h>

static const char part_key;

static void free_kv(void *part) {
  hp_kv *kv = part;

  if (!kv) return;
  hp_kv_let_go(kv);
  hp_pin_remove(kv->conn->reader, &kv->pin);
  hp_sheet_free(kv->sheet);
  sqlite3_free(kv->name);
  sqlite3_free(kv);
}

/* Keys differ from those of cached tables by what their seed is made of. */
static hp_key seed_of(const char *name) {
  return hp_hash128_of(name, strlen(name), ~hp_hash_secret());
}

static int set_name(hp_kv *kv, char *name) {
  hp_sheet *sheet = name ? hp_sheet_new(name) : NULL;

  if (!sheet) {
    sqlite3_free(name);
    return SQLITE_NOMEM;
  }
  hp_sheet_free(kv->sheet);
  sqlite3_free(kv->name);
  kv->sheet = sheet;
  kv->name = name;
  kv->seed = seed_of(name);
  return SQLITE_OK;
}

int hp_kv_set_namespace(hp_kv *kv, const char *name) {
  if (strlen(name) > HP_KV_MAX_NAMESPACE) return SQLITE_RANGE;
  return set_name(kv, sqlite3_mprintf("kv%s%s", *name ? ":" : "", name));
}

const char *hp_kv_namespace(const hp_kv *kv) {
  return kv->name[2] ? kv->name + 3 : "";
}

static int new_kv(hp_conn *c, hp_kv **out) {
  hp_kv *kv = sqlite3_malloc64(sizeof *kv);
  int rc;

  if (!kv) return SQLITE_NOMEM;
  memset(kv, 0, sizeof *kv);
  kv->conn = c;
  hp_pin_add(c->reader, &kv->pin);
  rc = hp_kv_set_namespace(kv, "");
  if (rc)
    free_kv(kv);
  else
    rc = hp_conn_set_part(c, &part_key, kv, free_kv);
  if (!rc) *out = kv;
  return rc;
}

int hp_kv_of(hp_conn *c, hp_kv **out) {
  *out = hp_conn_part(c, &part_key);
  return *out ? SQLITE_OK : new_kv(c, out);
}

int hp_kv_key(const hp_kv *kv, sqlite3_value *v, hp_key *out) {
  return hp_key_of(&kv->seed, 1, &v, out);
}

void hp_kv_let_go(hp_kv *kv) {
  hp_pin_set(&kv->pin, NULL);
}

/* What is in the cache, pinned; is_hit reports a hit if it is good. */
static const hp_entry *look(hp_kv *kv, const hp_key *key, int64_t now_ms,
                            bool is_hit, hp_verdict *verdict) {
  hp_l1 *l1 = hp_l1_shared();
  hp_l1_node *n;

  if (!l1) return NULL;
  hp_epoch_enter(kv->conn->reader);
  n = hp_l1_get(l1, key);
  hp_pin_set(&kv->pin, n);
  if (n) {
    *verdict = hp_entry_check(hp_entry_of(n), NULL, 0, now_ms);
    if (is_hit && *verdict == HP_VERDICT_HIT) hp_l1_hit(l1, n);
  }
  hp_epoch_exit(kv->conn->reader);
  return n ? hp_entry_of(n) : NULL;
}

const hp_entry *hp_kv_find(hp_kv *kv, const hp_key *key, int64_t now_ms,
                           const hp_entry **stale) {
  hp_verdict verdict = HP_VERDICT_HIT;
  const hp_entry *e = look(kv, key, now_ms, false, &verdict);

  if (stale) *stale = e;
  return e && verdict == HP_VERDICT_HIT ? e : NULL;
}

static void count_tags(const hp_entry *e) {
  for (int i = 0; i < e->n_tags; i++) {
    atomic_fetch_add_explicit(&hp_entry_tags(e)[i].tag->n_hits, 1,
                              memory_order_relaxed);
  }
}

static void count_hit(hp_kv *kv, const hp_entry *e) {
  hp_sheet_add(kv->sheet, HP_COUNT_hits_l1, 1);
  hp_sheet_add(kv->sheet, HP_COUNT_saved_ns, e->node.cost_ns);
  count_tags(e);
}

const hp_entry *hp_kv_get(hp_kv *kv, const hp_key *key, int64_t now_ms) {
  hp_verdict verdict = HP_VERDICT_HIT;
  const hp_entry *e = look(kv, key, now_ms, true, &verdict);

  if (!e) {
    hp_sheet_add(kv->sheet, HP_COUNT_miss_cold, 1);
  } else if (verdict == HP_VERDICT_HIT) {
    count_hit(kv, e);
    return e;
  } else {
    hp_sheet_add(kv->sheet,
                 verdict == HP_VERDICT_TAG ? HP_COUNT_miss_tag
                                           : HP_COUNT_miss_expired,
                 1);
  }
  return NULL;
}

static hp_entry_spec spec_of(const hp_kv *kv, const hp_key *key,
                             const hp_kv_life *life, int64_t now_ms) {
  return (hp_entry_spec){.key = *key,
                         .score = kv->sheet->score,
                         .tags = life->tags,
                         .n_tags = life->n_tags,
                         .now_ms = now_ms,
                         .ttl_ms = life->ttl_ms};
}

int hp_kv_set(hp_kv *kv, const hp_key *key, hp_builder *b,
              const hp_kv_life *life, int64_t now_ms) {
  hp_entry_spec spec = spec_of(kv, key, life, now_ms);
  hp_l1 *l1 = hp_l1_shared();
  hp_entry *e;
  int rc = l1 ? hp_entry_new(&spec, b, &e) : SQLITE_NOMEM;

  if (rc) return rc;
  hp_flight_doom(key);
  rc = hp_l1_put(l1, &e->node, now_ms);
  if (rc) {
    /* The old value must not outlive the new one. */
    hp_l1_del(l1, key, NULL);
    hp_sheet_add(kv->sheet, HP_COUNT_not_stored, 1);
  }
  return rc;
}

bool hp_kv_del(hp_kv *kv, const hp_key *key, int64_t now_ms) {
  bool is_good = hp_kv_find(kv, key, now_ms, NULL) != NULL;
  hp_l1 *l1 = hp_l1_shared();

  hp_flight_doom(key);
  if (l1 && !hp_l1_del(l1, key, NULL)) is_good = false;
  hp_kv_let_go(kv);
  return is_good;
}

/* What e has, for a copy of it: the rest of its life and its tags. */
static hp_kv_life life_of(const hp_entry *e, int64_t now_ms) {
  hp_kv_life life = {.n_tags = e->n_tags};

  if (e->node.expires_ms != HP_NEVER_MS) {
    life.ttl_ms = e->node.expires_ms - now_ms;
  }
  memcpy(life.tags, hp_entry_tags(e), (size_t)e->n_tags * sizeof *life.tags);
  return life;
}

/* Puts a copy of old with another life in its place. SQLITE_BUSY if old is no
** longer there. */
static int put_copy(hp_kv *kv, const hp_entry *old, const hp_kv_life *life,
                    int64_t now_ms) {
  hp_entry_spec spec = spec_of(kv, &old->node.key, life, now_ms);
  hp_entry *e;
  int rc;

  spec.cost_ns = old->node.cost_ns;
  rc = hp_entry_copy(&spec, hp_entry_rows(old), &e);
  if (rc) return rc;
  e->node.created_ms = old->node.created_ms;
  return hp_l1_swap(hp_l1_shared(), &e->node, &old->node, now_ms);
}

/* A change of life, tried again as long as others change the same key. */
static int relive(hp_kv *kv, const hp_key *key, int64_t now_ms, bool *is_there,
                  int (*change)(hp_kv_life *life, void *arg), void *arg) {
  int rc;

  do {
    const hp_entry *e = hp_kv_find(kv, key, now_ms, NULL);
    hp_kv_life life;

    *is_there = e != NULL;
    if (!e) return SQLITE_OK;
    life = life_of(e, now_ms);
    rc = change(&life, arg);
    if (!rc) rc = put_copy(kv, e, &life, now_ms);
    hp_kv_let_go(kv);
  } while (rc == SQLITE_BUSY);
  return rc;
}

static int set_ttl(hp_kv_life *life, void *arg) {
  life->ttl_ms = *(int64_t *)arg;
  return SQLITE_OK;
}

int hp_kv_touch(hp_kv *kv, const hp_key *key, int64_t ttl_ms, int64_t now_ms,
                bool *is_there) {
  return relive(kv, key, now_ms, is_there, set_ttl, &ttl_ms);
}

typedef struct tag_name {
  const char *z;
  int n;
} tag_name;

static int add_tag(hp_kv_life *life, void *arg) {
  const tag_name *t = arg;

  return hp_tags_see(t->z, t->n, life->tags, &life->n_tags);
}

int hp_kv_tag(hp_kv *kv, const hp_key *key, const char *tag, int n,
              int64_t now_ms, bool *is_there) {
  tag_name t = {.z = tag, .n = n};

  return relive(kv, key, now_ms, is_there, add_tag, &t);
}

static int put_int(hp_kv *kv, const hp_key *key, const hp_entry *over,
                   int64_t i, const hp_kv_life *life, int64_t now_ms) {
  hp_entry_spec spec = spec_of(kv, key, life, now_ms);
  hp_builder b;
  hp_entry *e;
  int rc;

  hp_builder_init(&b, 1);
  hp_builder_int(&b, i);
  rc = hp_entry_new(&spec, &b, &e);
  hp_builder_term(&b);
  if (rc) return rc;
  return hp_l1_swap(hp_l1_shared(), &e->node, over ? &over->node : NULL,
                    now_ms);
}

static int try_add(hp_kv *kv, const hp_key *key, int64_t by, int64_t now_ms,
                   int64_t *out) {
  const hp_entry *there, *e = hp_kv_find(kv, key, now_ms, &there);
  hp_kv_life life = {.ttl_ms = 0};
  int64_t was = 0;

  if (!hp_l1_shared()) return SQLITE_NOMEM;
  if (e) {
    if (hp_kv_cell(e)->type != SQLITE_INTEGER) return SQLITE_MISMATCH;
    was = hp_kv_cell(e)->as.i;
    life = life_of(e, now_ms);
  }
  if (by > 0 ? was > INT64_MAX - by : was < INT64_MIN - by) {
    return SQLITE_RANGE;
  }
  *out = was + by;
  return put_int(kv, key, there, *out, &life, now_ms);
}

int hp_kv_add(hp_kv *kv, const hp_key *key, int64_t by, int64_t now_ms,
              int64_t *out) {
  int rc;

  hp_flight_doom(key);
  do {
    rc = try_add(kv, key, by, now_ms, out);
    hp_kv_let_go(kv);
  } while (rc == SQLITE_BUSY);
  return rc;
}

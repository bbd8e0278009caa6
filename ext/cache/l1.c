/* SPDX-License-Identifier: MIT */
#include "cache/l1.h"
#include "cache/index.h"
#include "cache/policy.h"

#include <pthread.h>
#include <sched.h>

#define EXACT_HITS     64 /* beyond it n_hits is sampled, */
#define SAMPLE         32 /* one hit in so many */
#define MAX_FREQ       3
#define MAX_PENDING    15
#define DEFAULT_POLICY "hot"

/* Invariant: used counts the bytes of every node from the moment it is in the
** index until its free_fn is called, of every index table until it is freed,
** and of the policy's memory. Memory is counted before it is gained, under the
** mutex, and only if used then stays within cap_bytes. */
struct hp_l1 {
  hp_index index; /* read without the mutex */
  _Atomic(const hp_policy_methods *) methods;
  char pad1[64];
  _Atomic uint64_t tick; /* of hits, if the policy asks; lossy */
  char pad2[64];
  _Atomic uint64_t used;
  pthread_mutex_t mutex; /* guards all that follows, and changes of index */
  hp_policy *policy;     /* NULL until the first entry */
  uint64_t policy_bytes; /* as counted in used */
  uint64_t node_bytes;   /* of the nodes in the index */
  uint64_t cap_bytes;
  int64_t cap_entries;
  uint64_t evictions, rejected;
};

static const hp_policy_methods *methods_of(const hp_l1 *l1) {
  return atomic_load_explicit(&l1->methods, memory_order_relaxed);
}

static uint64_t used_of(const hp_l1 *l1) {
  return atomic_load_explicit(&l1->used, memory_order_acquire);
}

hp_l1 *hp_l1_new(uint64_t cap_bytes, const char *policy) {
  const hp_policy_methods *m = hp_policy_find(policy);
  hp_l1 *l1 = m ? sqlite3_malloc64(sizeof *l1) : NULL;

  if (!l1) return NULL;
  *l1 = (hp_l1){.cap_bytes = cap_bytes};
  atomic_init(&l1->methods, m);
  hp_index_init(&l1->index, &l1->used);
  pthread_mutex_init(&l1->mutex, NULL);
  return l1;
}

void hp_l1_free(hp_l1 *l1) {
  if (!l1) return;
  hp_l1_clear(l1, NULL, NULL);
  if (l1->policy) methods_of(l1)->free(l1->policy);
  hp_epoch_synchronize();
  hp_epoch_collect();
  hp_index_term(&l1->index);
  /* Another thread may be in the middle of freeing what it collected; if more
  ** is pinned after all, l1 must outlive it. */
  for (int i = 0; i < 100000 && used_of(l1) > l1->policy_bytes; i++) {
    sched_yield();
  }
  if (used_of(l1) > l1->policy_bytes) return;
  pthread_mutex_destroy(&l1->mutex);
  sqlite3_free(l1);
}

hp_l1 *hp_l1_shared(void) {
  static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;
  static _Atomic(hp_l1 *) shared;
  hp_l1 *l1 = atomic_load_explicit(&shared, memory_order_acquire);

  if (l1) return l1;
  pthread_mutex_lock(&making);
  l1 = atomic_load_explicit(&shared, memory_order_relaxed);
  if (!l1) l1 = hp_l1_new(HP_L1_CAP_BYTES, DEFAULT_POLICY);
  atomic_store_explicit(&shared, l1, memory_order_release);
  pthread_mutex_unlock(&making);
  return l1;
}

hp_l1_node *hp_l1_get(hp_l1 *l1, const hp_key *key) {
  return hp_index_get(&l1->index, key);
}

/* True one time in SAMPLE, by a counter that no other thread touches. */
static bool is_sampled(void) {
  static _Thread_local unsigned n;

  return ++n % SAMPLE == 0;
}

static void count_hit(hp_l1_node *n) {
  uint32_t hits = atomic_load_explicit(&n->n_hits, memory_order_relaxed);

  if (hits < EXACT_HITS) {
    atomic_store_explicit(&n->n_hits, hits + 1, memory_order_relaxed);
  } else if (is_sampled() && hits < UINT32_MAX - SAMPLE) {
    atomic_store_explicit(&n->n_hits, hits + SAMPLE, memory_order_relaxed);
  }
}

/* Adds one to a mark that has not reached its limit. Loads and stores, not a
** locked instruction: two threads at once may lose a hit. */
static void bump(_Atomic uint8_t *mark, uint8_t limit) {
  uint8_t now = atomic_load_explicit(mark, memory_order_relaxed);

  if (now < limit) {
    atomic_store_explicit(mark, (uint8_t)(now + 1), memory_order_relaxed);
  }
}

static uint64_t next_tick(hp_l1 *l1) {
  uint64_t tick = atomic_load_explicit(&l1->tick, memory_order_relaxed) + 1;

  atomic_store_explicit(&l1->tick, tick, memory_order_relaxed);
  return tick;
}

static void touch(hp_l1 *l1, hp_l1_node *n) {
  atomic_store_explicit(&n->tick, next_tick(l1), memory_order_relaxed);
}

void hp_l1_hit(hp_l1 *l1, hp_l1_node *n) {
  count_hit(n);
  bump(&n->freq, MAX_FREQ);
  bump(&n->pending, MAX_PENDING);
  if (methods_of(l1)->wants_ticks) touch(l1, n);
}

/* Called when no reader is left. */
static void free_node(void *node) {
  hp_l1_node *n = node;
  hp_l1 *l1 = n->owner;
  uint64_t bytes = n->bytes;

  n->free_fn(n);
  atomic_fetch_sub_explicit(&l1->used, bytes, memory_order_release);
}

/* n is out of the policy and of the index. */
static void retire(hp_l1 *l1, hp_l1_node *n) {
  l1->node_bytes -= n->bytes;
  n->owner = l1;
  hp_epoch_retire(n, free_node);
}

static void unlink_node(hp_l1 *l1, hp_l1_node *n) {
  methods_of(l1)->remove(l1->policy, n);
  hp_index_del(&l1->index, n);
  retire(l1, n);
}

static hp_room room_of(const hp_l1 *l1) {
  uint64_t others = used_of(l1) - l1->node_bytes;

  return (hp_room){.cap_bytes =
                       l1->cap_bytes > others ? l1->cap_bytes - others : 0,
                   .cap_entries = l1->cap_entries};
}

static bool evict(hp_l1 *l1, const hp_l1_node *incoming, int64_t now_ms) {
  hp_room room = room_of(l1);
  hp_l1_node *n;

  if (!l1->policy) return false;
  n = methods_of(l1)->evict(l1->policy, incoming, &room, now_ms);
  if (!n) return false;
  hp_index_del(&l1->index, n);
  retire(l1, n);
  l1->evictions++;
  return true;
}

/* True if only what waits for readers is in the way, and these have left. */
static bool is_worth_waiting(hp_l1 *l1, uint64_t limit) {
  uint64_t kept = l1->node_bytes + l1->policy_bytes;

  if (kept > limit) return false;
  hp_epoch_collect();
  if (used_of(l1) <= limit) return true;
  hp_epoch_synchronize();
  hp_epoch_collect();
  return used_of(l1) <= limit;
}

/* Evicts until n_more bytes can be gained within the cap. False if they cannot
** because the rest is pinned. */
static bool make_room(hp_l1 *l1, uint64_t n_more, const hp_l1_node *incoming,
                      int64_t now_ms) {
  if (n_more > l1->cap_bytes) return false;
  while (used_of(l1) > l1->cap_bytes - n_more) {
    if (is_worth_waiting(l1, l1->cap_bytes - n_more)) continue;
    if (!evict(l1, incoming, now_ms)) {
      return is_worth_waiting(l1, l1->cap_bytes - n_more);
    }
  }
  return true;
}

static void make_places(hp_l1 *l1, int n_more, const hp_l1_node *incoming,
                        int64_t now_ms) {
  if (l1->cap_entries <= 0) return;
  while (l1->index.n_nodes + n_more > l1->cap_entries) {
    if (!evict(l1, incoming, now_ms)) return;
  }
}

/* Counts what the policy's memory is now. */
static void count_policy(hp_l1 *l1) {
  uint64_t now = l1->policy ? methods_of(l1)->bytes(l1->policy) : 0;

  if (now >= l1->policy_bytes) {
    atomic_fetch_add(&l1->used, now - l1->policy_bytes);
  } else {
    atomic_fetch_sub(&l1->used, l1->policy_bytes - now);
  }
  l1->policy_bytes = now;
}

static uint64_t growth(const hp_l1 *l1) {
  return hp_index_growth(&l1->index) + methods_of(l1)->growth(l1->policy, 1);
}

/* Memory for one more entry beside its own bytes. */
static int reserve(hp_l1 *l1) {
  int rc = methods_of(l1)->reserve(l1->policy, 1);

  count_policy(l1);
  return rc ? rc : hp_index_reserve(&l1->index);
}

static bool is_too_large(const hp_l1 *l1, const hp_l1_node *n) {
  return n->bytes > l1->cap_bytes / HP_L1_PART;
}

static int open_policy(hp_l1 *l1) {
  if (!l1->policy) l1->policy = methods_of(l1)->new ();
  count_policy(l1);
  return l1->policy ? SQLITE_OK : SQLITE_NOMEM;
}

/* Gets everything that n needs; SQLITE_FULL if it cannot be had. */
static int admit(hp_l1 *l1, hp_l1_node *n, int64_t now_ms) {
  bool is_new = !hp_index_get(&l1->index, &n->key);
  int rc;

  if (is_too_large(l1, n)) return SQLITE_FULL;
  rc = open_policy(l1);
  if (rc) return rc;
  make_places(l1, is_new, n, now_ms);
  if (!make_room(l1, n->bytes + growth(l1), n, now_ms)) return SQLITE_FULL;
  return reserve(l1);
}

static void link_node(hp_l1 *l1, hp_l1_node *n) {
  const hp_policy_methods *m = methods_of(l1);
  hp_room room = room_of(l1);
  hp_l1_node *old = hp_index_get(&l1->index, &n->key);

  atomic_fetch_add(&l1->used, n->bytes);
  l1->node_bytes += n->bytes;
  touch(l1, n);
  if (old) {
    n->n_hits = atomic_load(&old->n_hits);
    m->replace(l1->policy, old, n);
  } else {
    m->add(l1->policy, n, &room);
  }
  hp_index_put(&l1->index, n);
  if (old) retire(l1, old);
}

static void free_refused(void *node) {
  hp_l1_node *n = node;

  n->free_fn(n);
}

static int put_locked(hp_l1 *l1, hp_l1_node *n, int64_t now_ms) {
  int rc = admit(l1, n, now_ms);

  if (!rc) link_node(l1, n);
  if (rc == SQLITE_FULL) l1->rejected++;
  return rc;
}

static void reset_marks(hp_l1_node *n) {
  atomic_store(&n->n_hits, 0);
  atomic_store(&n->freq, 0);
  atomic_store(&n->pending, 0);
}

/* Takes what put_locked() would not have. The caller may have pinned it, to go
** on reading. */
static int end_put(hp_l1_node *n, int rc) {
  if (rc) hp_epoch_retire(n, free_refused);
  return rc;
}

int hp_l1_put(hp_l1 *l1, hp_l1_node *n, int64_t now_ms) {
  int rc;

  reset_marks(n);
  pthread_mutex_lock(&l1->mutex);
  rc = put_locked(l1, n, now_ms);
  pthread_mutex_unlock(&l1->mutex);
  return end_put(n, rc);
}

int hp_l1_swap(hp_l1 *l1, hp_l1_node *n, const hp_l1_node *expected,
               int64_t now_ms) {
  int rc;

  reset_marks(n);
  pthread_mutex_lock(&l1->mutex);
  rc = hp_index_get(&l1->index, &n->key) == expected ? put_locked(l1, n, now_ms)
                                                     : SQLITE_BUSY;
  pthread_mutex_unlock(&l1->mutex);
  return end_put(n, rc);
}

bool hp_l1_del(hp_l1 *l1, const hp_key *key, const hp_l1_node *expected) {
  hp_l1_node *n;
  bool is_hit;

  pthread_mutex_lock(&l1->mutex);
  n = hp_index_get(&l1->index, key);
  is_hit = n && (!expected || n == expected);
  if (is_hit) unlink_node(l1, n);
  pthread_mutex_unlock(&l1->mutex);
  return is_hit;
}

typedef struct clearing {
  hp_l1 *l1;
  bool (*doomed)(const hp_l1_node *n, void *arg);
  void *arg;
  int64_t n_done;
} clearing;

static bool clear_one(hp_l1_node *n, void *arg) {
  clearing *c = arg;

  if (c->doomed && !c->doomed(n, c->arg)) return true;
  unlink_node(c->l1, n);
  c->n_done++;
  return true;
}

int64_t hp_l1_clear(hp_l1 *l1, bool (*doomed)(const hp_l1_node *n, void *arg),
                    void *arg) {
  clearing c = {.l1 = l1, .doomed = doomed, .arg = arg};

  pthread_mutex_lock(&l1->mutex);
  hp_index_each(&l1->index, clear_one, &c);
  pthread_mutex_unlock(&l1->mutex);
  /* Retiring alone may leave them for later, if others wait for readers. */
  hp_epoch_collect();
  return c.n_done;
}

typedef struct visiting {
  bool (*visit)(const hp_l1_node *n, void *arg);
  void *arg;
} visiting;

static bool visit_one(hp_l1_node *n, void *arg) {
  visiting *v = arg;

  return v->visit(n, v->arg);
}

void hp_l1_each(hp_l1 *l1, bool (*visit)(const hp_l1_node *n, void *arg),
                void *arg) {
  visiting v = {.visit = visit, .arg = arg};

  pthread_mutex_lock(&l1->mutex);
  hp_index_each(&l1->index, visit_one, &v);
  pthread_mutex_unlock(&l1->mutex);
}

static uint64_t index_bytes(const hp_l1 *l1) {
  return l1->policy_bytes + hp_index_bytes(&l1->index);
}

/* The index and the policy only ever grow. Where they would take more than a
** quarter of a lower cap the cache starts anew, empty. */
static void shrink(hp_l1 *l1) {
  if (index_bytes(l1) <= l1->cap_bytes / 4) return;
  while (evict(l1, NULL, 0)) {
  }
  if (l1->policy) methods_of(l1)->free(l1->policy);
  l1->policy = NULL;
  count_policy(l1);
  hp_index_drop(&l1->index);
}

void hp_l1_set_cap(hp_l1 *l1, uint64_t cap_bytes, int64_t cap_entries) {
  pthread_mutex_lock(&l1->mutex);
  l1->cap_bytes = cap_bytes;
  l1->cap_entries = cap_entries;
  shrink(l1);
  make_room(l1, 0, NULL, 0);
  make_places(l1, 0, NULL, 0);
  pthread_mutex_unlock(&l1->mutex);
}

typedef struct moving {
  const hp_policy_methods *methods;
  hp_policy *to;
  hp_room room;
} moving;

static bool move_one(hp_l1_node *n, void *arg) {
  moving *m = arg;

  m->methods->add(m->to, n, &m->room);
  return true;
}

/* A state of the new policy with memory for all entries, or NULL. */
static hp_policy *new_policy(hp_l1 *l1, const hp_policy_methods *methods) {
  hp_policy *p = methods->new ();
  int64_t n = l1->index.n_nodes;

  if (!p) return NULL;
  make_room(l1, methods->bytes(p) + methods->growth(p, n), NULL, 0);
  if (!methods->reserve(p, n)) return p;
  methods->free(p);
  return NULL;
}

/* Every entry comes to the new policy as if it came in now. */
static int switch_policy(hp_l1 *l1, const hp_policy_methods *methods) {
  moving m = {.methods = methods, .room = room_of(l1)};

  if (l1->policy) {
    m.to = new_policy(l1, methods);
    if (!m.to) return SQLITE_NOMEM;
    methods_of(l1)->free(l1->policy);
    l1->policy = m.to;
    hp_index_each(&l1->index, move_one, &m);
  }
  atomic_store(&l1->methods, methods);
  count_policy(l1);
  make_room(l1, 0, NULL, 0);
  return SQLITE_OK;
}

int hp_l1_set_policy(hp_l1 *l1, const char *policy) {
  const hp_policy_methods *m = hp_policy_find(policy);
  int rc;

  if (!m) return SQLITE_NOTFOUND;
  pthread_mutex_lock(&l1->mutex);
  rc = m == methods_of(l1) ? SQLITE_OK : switch_policy(l1, m);
  pthread_mutex_unlock(&l1->mutex);
  return rc;
}

const char *hp_l1_policy(hp_l1 *l1) {
  return methods_of(l1)->name;
}

void hp_l1_read_stats(hp_l1 *l1, hp_l1_stats *out) {
  pthread_mutex_lock(&l1->mutex);
  *out = (hp_l1_stats){.bytes = used_of(l1),
                       .index_bytes = index_bytes(l1),
                       .cap_bytes = l1->cap_bytes,
                       .cap_entries = l1->cap_entries,
                       .entries = l1->index.n_nodes,
                       .evictions = l1->evictions,
                       .rejected = l1->rejected};
  pthread_mutex_unlock(&l1->mutex);
}

/* The parent's objects that wait for readers are dropped by
** hp_epoch_after_fork(), so nothing will be taken off used later. */
void hp_l1_after_fork(hp_l1 *l1) {
  pthread_mutex_init(&l1->mutex, NULL);
  hp_index_init(&l1->index, &l1->used);
  atomic_store(&l1->used, 0);
  l1->policy = NULL;
  l1->policy_bytes = l1->node_bytes = 0;
}

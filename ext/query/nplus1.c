/* SPDX-License-Identifier: MIT */
#include "query/nplus1.h"
#include "base/sqlite_api.h"

#include <string.h>

enum {
  MAX_TRACKS = 16,     /* statements per stretch; more end it */
  FEW_CALLS = 3,       /* make a burst on good evidence */
  MANY_CALLS = 5,      /* make one without */
  WANTED_VALUES = 8,   /* calls per stretch whose values are asked for */
  CALLS_PER_WISH = 32, /* ... and all in all one of so many calls */
  MOST_WISHES = 64,    /* saved up */
  PAUSE_NS = 50 * 1000 * 1000
};

/* A read that may be what lookups follow. */
typedef struct source {
  uint64_t fingerprint; /* 0: there is none */
  int64_t rows;         /* -1: unknown */
  int track;            /* its place in this stretch, or -1 */
  bool is_inside;       /* it was still being read */
} source;

/* One statement's calls in this stretch. */
typedef struct track {
  uint64_t fingerprint, database;
  hp_shape_class what;
  source source;
  int64_t calls, cost_ns, rows;
  int64_t start_ns, end_ns; /* of the first call and the last */
  int64_t n_prepared, n_autocommit;
  int64_t n_known, n_repeats; /* values known; equal to the last known ones,
                                 with no write in between */
  uint64_t first_values, last_values;
  uint64_t values_seen;   /* one bit for each, by its hash */
  bool is_varying;        /* not all known values are equal */
  bool is_range;          /* a list that values narrow down */
  int64_t writes_at_last; /* the detector's counts at a call */
  int64_t inserts_at_first, inserts_at_last;
  int64_t n_moves; /* calls on another database than the last */
  int next;        /* track that followed the last time */
} track;

struct hp_nplus1 {
  hp_nplus1_on_burst *on_burst;
  void *arg;
  int n_tracks, last; /* last: the track of the last call */
  int64_t n_writes, n_inserts;
  int64_t end_ns;            /* of the last event; 0: none yet */
  int64_t mean_gap_ns;       /* between events, moving average */
  int64_t wishes;            /* calls, less CALLS_PER_WISH for each granted */
  source last_read;          /* the last read able to give several rows */
  uint64_t keys[MAX_TRACKS]; /* the tracks' fingerprints, close together */
  track tracks[MAX_TRACKS];
};

hp_nplus1 *hp_nplus1_new(hp_nplus1_on_burst *on_burst, void *arg) {
  hp_nplus1 *d = sqlite3_malloc64(sizeof *d);

  if (!d) return NULL;
  memset(d, 0, sizeof *d);
  d->on_burst = on_burst;
  d->arg = arg;
  d->last_read.track = -1;
  d->wishes = WANTED_VALUES * CALLS_PER_WISH;
  return d;
}

void hp_nplus1_free(hp_nplus1 *d) {
  sqlite3_free(d);
}

const char *hp_nplus1_kind_name(hp_nplus1_kind kind) {
  static const char *const names[HP_NPLUS1_KINDS] = {
      "n+1", "n+1 interleaved", "duplicate", "autocommit writes", "reprepared"};

  return names[kind];
}

/* The track of this statement, -1 if there is none: first the one that came
** after the last call when it was made before. */
static int find(const hp_nplus1 *d, uint64_t fingerprint) {
  int guess, i;

  if (d->n_tracks == 0) return -1;
  guess = d->tracks[d->last].next;
  if (guess < d->n_tracks && d->keys[guess] == fingerprint) return guess;
  for (i = 0; i < d->n_tracks; i++)
    if (d->keys[i] == fingerprint) return i;
  return -1;
}

bool hp_nplus1_wants_values(hp_nplus1 *d, uint64_t fingerprint) {
  int i;

  if (d->wishes < CALLS_PER_WISH) return false;
  i = find(d, fingerprint);
  if (i < 0 || d->tracks[i].n_known >= WANTED_VALUES) return false;
  d->wishes -= CALLS_PER_WISH;
  return true;
}

/* ---- What a stretch shows ---- */

/* How many different values were seen at least, by the bits they left. */
static int64_t distinct(const track *t) {
  return __builtin_popcountll(t->values_seen);
}

static bool is_read(hp_shape_class what) {
  return what == HP_SHAPE_LIST || what == HP_SHAPE_LOOKUP;
}

static bool is_write(hp_shape_class what) {
  return what == HP_SHAPE_INSERT || what == HP_SHAPE_CHANGE;
}

/* Each call on another database than the one before: a loop over tenants. */
static bool is_tenant_loop(const track *t) {
  return t->n_moves * 2 >= t->calls;
}

static bool has_same_values(const track *t) {
  if (t->n_known < FEW_CALLS) return false;
  if (!t->is_varying) return true;
  return distinct(t) < MANY_CALLS && distinct(t) * 5 < t->n_known;
}

static const source none = {0, -1, -1, false};

/* The source of a track: what was read before its first call. Not one that
** runs as often, for that is a sibling in the same loop; and if it runs in a
** loop itself, then that one must have a source too. Ends, because along the
** recursion the calls fall. */
static source source_of(const hp_nplus1 *d, const track *t) {
  source s = t->source;
  int hops;

  for (hops = 0; hops < MAX_TRACKS && s.track >= 0; hops++) {
    const track *parent = &d->tracks[s.track];

    if (parent == t) return none;
    if (parent->calls >= t->calls)
      s = parent->source;
    else if (parent->calls == 1 || parent->what == HP_SHAPE_LIST)
      return s;
    else
      return source_of(d, parent).fingerprint ? s : none;
  }
  return s.track < 0 ? s : none;
}

/* As many calls as the source gave rows, to a tenth? */
static bool matches_rows(const track *t, const source *s) {
  int64_t gap = t->calls - s->rows;

  return s->rows >= 2 && (gap < 0 ? -gap : gap) * 10 <= s->rows;
}

static bool is_import(const track *t) {
  return (t->inserts_at_last - t->inserts_at_first) * 2 >= t->calls;
}

static bool is_nplus1(const track *t, const source *s) {
  bool varies = t->n_known >= FEW_CALLS && t->is_varying;

  if (s->fingerprint == 0) return false;
  if (is_tenant_loop(t) || has_same_values(t)) return false;
  if (t->is_range) {
    return t->calls >= MANY_CALLS &&
           (s->rows < 0 ? varies : matches_rows(t, s));
  }
  if (t->what != HP_SHAPE_LOOKUP) return false;
  if (matches_rows(t, s)) return t->calls >= FEW_CALLS;
  if (is_import(t)) return false;
  return t->calls >= (varies ? FEW_CALLS : MANY_CALLS);
}

static bool is_duplicate(const track *t) {
  return is_read(t->what) && has_same_values(t) && !is_tenant_loop(t) &&
         t->calls >= MANY_CALLS && t->n_repeats >= MANY_CALLS - 1;
}

static bool overlaps(const track *a, const track *b) {
  return a->start_ns < b->end_ns && b->start_ns < a->end_ns;
}

static bool is_interleaved(const hp_nplus1 *d, const track *t) {
  int i;

  for (i = 0; i < d->n_tracks; i++) {
    const track *other = &d->tracks[i];
    source s;

    if (other == t || !overlaps(t, other)) continue;
    s = source_of(d, other);
    if (is_nplus1(other, &s)) return true;
  }
  return false;
}

static double confidence(const track *t, const source *s) {
  double c = 0.5;

  if (matches_rows(t, s))
    c += 0.3;
  else if (s->rows >= 0)
    c -= 0.1;
  if (s->is_inside) c += 0.2;
  c += t->n_known >= FEW_CALLS ? 0.2 : -0.1;
  if (t->calls >= 10) c += 0.1;
  return c > 0.99 ? 0.99 : c;
}

static void report(const hp_nplus1 *d, const track *t, hp_nplus1_kind kind,
                   const source *s, double sure) {
  hp_nplus1_burst burst = {.kind = kind,
                           .fingerprint = t->fingerprint,
                           .source = s->fingerprint,
                           .database = t->database,
                           .calls = t->calls,
                           .cost_ns = t->cost_ns,
                           .rows = t->rows,
                           .source_rows = s->rows,
                           .n_prepared = t->n_prepared,
                           .n_autocommit = t->n_autocommit,
                           .distinct = distinct(t),
                           .end_ns = t->end_ns,
                           .is_inside = s->is_inside,
                           .confidence = sure};

  d->on_burst(d->arg, &burst);
}

static void judge(const hp_nplus1 *d, const track *t) {
  source s;

  if (t->calls < FEW_CALLS) return;
  s = source_of(d, t);
  if (is_nplus1(t, &s))
    report(d, t,
           is_interleaved(d, t) ? HP_NPLUS1_INTERLEAVED : HP_NPLUS1_LOOKUPS, &s,
           confidence(t, &s));
  else if (is_duplicate(t))
    report(d, t, HP_NPLUS1_DUPLICATE, &s, t->is_varying ? 0.7 : 0.95);
  else if (is_write(t->what) && t->n_autocommit >= MANY_CALLS)
    report(d, t, HP_NPLUS1_AUTOCOMMIT, &none, 0.95);
  else if (t->calls >= MANY_CALLS && t->n_prepared * 5 >= t->calls * 4)
    report(d, t, HP_NPLUS1_REPREPARED, &none, 0.9);
}

/* Ends the stretch. The last read stays, as a possible source. */
static void end_stretch(hp_nplus1 *d) {
  int i;

  for (i = 0; i < d->n_tracks; i++) judge(d, &d->tracks[i]);
  d->n_tracks = d->last = 0;
  d->last_read.track = -1;
}

void hp_nplus1_flush(hp_nplus1 *d) {
  end_stretch(d);
  d->last_read.fingerprint = 0;
}

/* ---- Taking in events ---- */

static bool is_pause(hp_nplus1 *d, const hp_nplus1_event *e) {
  int64_t gap = e->start_ns - d->end_ns;
  bool is_first = d->end_ns == 0;
  int64_t limit = 20 * d->mean_gap_ns;

  if (gap < 0) gap = 0;
  if (!is_first && gap > PAUSE_NS && gap > limit) {
    d->mean_gap_ns = 0;
    return true;
  }
  if (!is_first) d->mean_gap_ns += (gap - d->mean_gap_ns) / 8;
  return false;
}

/* Does e only repeat the list that began this stretch? */
static bool repeats_list(const hp_nplus1 *d, const hp_nplus1_event *e) {
  return e->what == HP_SHAPE_LIST && d->n_tracks == 1 &&
         d->tracks[0].fingerprint == e->fingerprint;
}

/* Statements that end a stretch, or the memory of its source too. */
static void bound(hp_nplus1 *d, const hp_nplus1_event *e) {
  switch (e->what) {
  case HP_SHAPE_END:
  case HP_SHAPE_ATTACH: hp_nplus1_flush(d); break;
  case HP_SHAPE_BEGIN:
  case HP_SHAPE_SCHEMA:
  case HP_SHAPE_OTHER: end_stretch(d); break;
  case HP_SHAPE_LIST:
    if (!repeats_list(d, e)) end_stretch(d);
    break;
  default: break;
  }
}

/* e ended after calls that began later: they were made while it was read. */
static void adopt_inner(hp_nplus1 *d, const hp_nplus1_event *e) {
  int i;

  for (i = 0; i < d->n_tracks; i++) {
    track *t = &d->tracks[i];

    if (t->start_ns <= e->start_ns || t->fingerprint == e->fingerprint)
      continue;
    if (!t->source.is_inside)
      t->source = (source){e->fingerprint, e->rows, -1, true};
  }
}

/* Field by field: clearing the whole at once takes longer than all the rest of
** recording a call, for compilers make a string instruction of it. */
static void start_track(const hp_nplus1 *d, track *t,
                        const hp_nplus1_event *e) {
  t->fingerprint = e->fingerprint;
  t->database = e->database;
  t->what = e->what;
  t->is_range = e->is_range;
  t->source = d->last_read;
  t->calls = t->cost_ns = t->rows = 0;
  t->start_ns = t->end_ns = e->start_ns;
  t->n_prepared = t->n_autocommit = 0;
  t->n_known = t->n_repeats = 0;
  t->first_values = t->last_values = t->values_seen = 0;
  t->is_varying = false;
  t->writes_at_last = 0;
  t->inserts_at_first = t->inserts_at_last = d->n_inserts;
  t->n_moves = 0;
  t->next = 0;
}

static int add_track(hp_nplus1 *d, const hp_nplus1_event *e) {
  track *t;

  if (d->n_tracks == MAX_TRACKS) end_stretch(d);
  d->keys[d->n_tracks] = e->fingerprint;
  t = &d->tracks[d->n_tracks];
  start_track(d, t, e);
  return d->n_tracks++;
}

static void count_values(const hp_nplus1 *d, track *t, uint64_t values) {
  if (values == 0) return;
  if (t->n_known == 0) t->first_values = values;
  if (values != t->first_values) t->is_varying = true;
  if (t->n_known > 0 && values == t->last_values &&
      t->writes_at_last == d->n_writes)
    t->n_repeats++;
  t->n_known++;
  t->values_seen |= UINT64_C(1) << (values & 63);
  t->last_values = values;
}

static void count_call(hp_nplus1 *d, track *t, const hp_nplus1_event *e) {
  count_values(d, t, e->values);
  t->calls++;
  t->cost_ns += e->duration_ns;
  t->rows = e->rows < 0 || t->rows < 0 ? -1 : t->rows + e->rows;
  t->end_ns = e->start_ns + e->duration_ns;
  t->n_prepared += e->is_prepared_anew;
  t->n_autocommit += !e->in_txn;
  t->n_moves += e->database != t->database;
  t->database = e->database;
  t->writes_at_last = d->n_writes;
  t->inserts_at_last = d->n_inserts;
}

static bool can_be_source(const hp_nplus1_event *e) {
  return is_read(e->what) && !e->is_single && (e->rows < 0 || e->rows >= 2);
}

/* Track i has the call after the last one. */
static void follow(hp_nplus1 *d, int i) {
  if (d->last < d->n_tracks) d->tracks[d->last].next = i;
  d->last = i;
}

static void count(hp_nplus1 *d, const hp_nplus1_event *e) {
  int i = find(d, e->fingerprint);

  if (i < 0) i = add_track(d, e);
  follow(d, i);
  count_call(d, &d->tracks[i], e);
  if (can_be_source(e))
    d->last_read = (source){e->fingerprint, e->rows, i, false};
}

/* Is e one more run of the read that ran last, which neither ends the stretch
** nor may be a source? It says nothing about its surroundings that this did
** not. */
static bool is_next(const hp_nplus1 *d, const hp_nplus1_event *e) {
  return d->n_tracks > 0 && d->keys[d->last] == e->fingerprint &&
         (uint64_t)e->rows < 2 &&
         (e->what == HP_SHAPE_LOOKUP || repeats_list(d, e));
}

static void take_in(hp_nplus1 *d, const hp_nplus1_event *e) {
  bool is_outer = d->n_tracks > 0 && can_be_source(e) &&
                  e->start_ns < d->tracks[d->n_tracks - 1].start_ns;

  if (is_outer) adopt_inner(d, e);
  bound(d, e);
  if (is_write(e->what)) {
    d->n_writes++;
    d->n_inserts += e->what == HP_SHAPE_INSERT;
  }
  if (is_read(e->what) || is_write(e->what)) count(d, e);
}

void hp_nplus1_record(hp_nplus1 *d, const hp_nplus1_event *e) {
  if (d->wishes < MOST_WISHES * CALLS_PER_WISH) d->wishes++;
  if (is_pause(d, e)) hp_nplus1_flush(d);
  if (is_next(d, e)) {
    follow(d, d->last);
    count_call(d, &d->tracks[d->last], e);
  } else {
    take_in(d, e);
  }
  if (e->start_ns + e->duration_ns > d->end_ns)
    d->end_ns = e->start_ns + e->duration_ns;
}

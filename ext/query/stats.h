/* SPDX-License-Identifier: MIT
**
** The process-wide store of statement statistics: one entry per fingerprint
** and database, shared by all connections and threads.
**
** Connections do not write here at every statement: each has a recorder
** (recorder.h) that hands over its tallies now and then; whoever reads the
** store collects from all recorders first, so nothing is ever missing.
**
** Bounded: beyond the limit the entries with the least decayed time are
** folded into `other`, so that the sum over all entries and `other` is always
** the sum of all recorded calls. Texts longer than a limit are cut.
**
** Thread-safe; no function here runs SQL. Lock order: the store's lock, then
** a recorder's.
*/
#ifndef HP_QUERY_STATS_H
#define HP_QUERY_STATS_H

#include "base/sqlite_api.h"
#include "query/histogram.h"
#include "query/tally.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HP_STATS_MAX_ENTRIES 5000 /* default limit */
#define HP_STATS_LOWEST_MAX  16   /* of the limit */
#define HP_STATS_HIGHEST_MAX 1000000
#define HP_STATS_MAX_TEXT    (64 << 10) /* bytes kept of one text */

/* Whoever counts between two readings: a recorder begins with one. The methods
** are called under the store's lock. */
typedef struct hp_stats_source hp_stats_source;

typedef struct hp_stats_methods {
  void (*collect)(hp_stats_source *s);    /* hand over what is pending */
  void (*drop)(hp_stats_source *s);       /* forget it */
  void (*after_fork)(hp_stats_source *s); /* in the child: unlock */
} hp_stats_methods;

struct hp_stats_source {
  const hp_stats_methods *methods;
  hp_stats_source *next; /* the store's list */
};

/* Guarded by the store's lock; key and texts never change while it lives. */
typedef struct hp_stat {
  uint64_t fingerprint;
  const char *query;    /* normal form */
  const char *sample;   /* the first text seen, with its values, or the normal
                           form if that was too long to keep or never seen.
                           For planning, not for showing. */
  const char *database; /* file of `main`, "" for a database in memory */
  hp_tally tally;
  hp_histogram times;
  hp_effort at_change;  /* what it had come to when `era` began */
  uint32_t era;         /* of the schema; see hp_stats_schema_changed() */
  double cost;          /* time in ns, halved at each eviction round */
  int n_refs;           /* recorders' cells that feed it */
  bool is_evicted;      /* no longer in the store: freed with its last ref */
  struct hp_stat *next; /* in its hash chain */
  size_t n_bytes;
} hp_stat;

/*
** The entry of the statement sql (n bytes) on this database, made if there is
** none, with one more reference. Evicts when the store is full. SQLITE_OK or
** SQLITE_NOMEM (then *out is NULL).
*/
int hp_stats_acquire(const char *sql, size_t n, const char *database,
                     hp_stat **out);

/* Drops a reference. NULL is allowed. */
void hp_stats_release(hp_stat *s);

/* Adds pending calls to *s, or to `other` if *s is NULL; n of their durations
** are given as histogram buckets. If the entry was evicted meanwhile it comes
** back, and *s becomes its successor. Call it with the store locked. */
void hp_stats_add(hp_stat **s, const hp_tally *t, const uint8_t *buckets,
                  int n);

/* Some statement has changed a schema, its indexes or statistics: what is
** called from now on may have another plan. Collects from all sources. */
void hp_stats_schema_changed(void);

void hp_stats_lock(void);
void hp_stats_unlock(void);

/* Adds or takes off a source; taking it off collects from it. */
void hp_stats_attach(hp_stats_source *r);
void hp_stats_detach(hp_stats_source *r);

/* An entry as it was at one moment. */
typedef struct hp_stat_view {
  hp_stat *stat; /* with a reference: its key and texts may be read */
  hp_tally tally;
  hp_effort at_change; /* what it had come to when the schema last changed */
} hp_stat_view;

/* All entries that have calls, dearest first, to be worked on without the
** lock. SQLITE_OK or SQLITE_NOMEM (then *n is 0). Caller frees with
** hp_stats_view_free(). */
int hp_stats_view(hp_stat_view **out, int *n);
void hp_stats_view_free(hp_stat_view *views, int n);

typedef struct hp_stats_totals {
  int64_t n_entries, max_entries;
  int64_t n_bytes;   /* of entries, their texts and the index */
  int64_t n_evicted; /* entries folded into other */
  int64_t since_ns;  /* monotonic: start or last reset */
  hp_tally other;    /* calls of evicted statements */
  hp_histogram other_times;
} hp_stats_totals;

/* Collects from all recorders, then visits every entry that has calls, those
** that took most time in all first, with the store locked: the visitor must
** not come back here. A return other than 0 ends the visit and is returned;
** SQLITE_NOMEM if there is no memory to begin it. */
int hp_stats_each(int (*visit)(const hp_stat *s, void *arg), void *arg);

/* Collects, then fills in *out. */
void hp_stats_totals_get(hp_stats_totals *out);

/* Adds calls that another process recorded. query is a normal form.
** SQLITE_OK or SQLITE_NOMEM. */
int hp_stats_merge(const char *query, const char *database, const hp_tally *t,
                   const hp_histogram *times);

/* Forgets all calls. */
void hp_stats_reset(int64_t now_ns);

/* Sets the limit, within its bounds, and evicts down to it; returns the old
 * one. */
int64_t hp_stats_set_max(int64_t max_entries);

/* Around fork(): the store is locked before it and unlocked after it in both
** processes; in the child the recorders are unlocked too. */
void hp_stats_before_fork(void);
void hp_stats_after_fork(bool is_child);

#endif

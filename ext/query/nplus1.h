/* SPDX-License-Identifier: MIT
**
** Finds statements that an application runs once per row of another, and the
** like, in the order in which one connection runs statements:
**
**   n+1                lookups by varying values after, or inside, a query
**   n+1 interleaved    the same, several statements per row
**   duplicate          the same statement with the same values, nothing
**                      having been written in between
**   autocommit writes  writes in a row, each in a transaction of its own
**   reprepared         calls in a row, each prepared anew
**
** Feed it every top-level statement as its run ends:
**
**   hp_nplus1 *d = hp_nplus1_new(on_burst, arg);
**   hp_nplus1_record(d, &event);          in the trace hook
**   hp_nplus1_flush(d);                   before reading, and at the end
**   hp_nplus1_free(d);
**
** Rules. A stretch of statements ends where the connection pauses (50 ms), a
** transaction begins or ends, a database is attached, the schema is read or
** changed, or a list is read. In it the calls of each lookup are counted, with
** the read before its first call as its source, which must be able to give
** more than one row. Three calls make a burst if their values are known to
** differ or the source's rows match, otherwise five. A list that values narrow
** down (a range, LIKE) counts as a lookup if it is all that follows a source
** whose rows its five or more calls match, or if these are unknown and the
** values differ. A loop that inserts a row per lookup is an import unless the
** source's rows match; one that changes database with each call is a loop over
** tenants: neither is a finding.
**
** Recording is O(1), allocates nothing, takes no lock and reads no clock; the
** callback is called, at most a few times, when a stretch ends. A detector is
** used by one thread at a time.
**
** Source: the detectors of Sentry (source span, count, interleaved spans) and
** Prosopite (count per fingerprint), with values and prices added.
*/
#ifndef HP_QUERY_NPLUS1_H
#define HP_QUERY_NPLUS1_H

#include "query/shape.h"

typedef struct hp_nplus1 hp_nplus1;

typedef enum hp_nplus1_kind {
  HP_NPLUS1_LOOKUPS,
  HP_NPLUS1_INTERLEAVED,
  HP_NPLUS1_DUPLICATE,
  HP_NPLUS1_AUTOCOMMIT,
  HP_NPLUS1_REPREPARED,
  HP_NPLUS1_KINDS
} hp_nplus1_kind;

/* One run of a statement. */
typedef struct hp_nplus1_event {
  uint64_t fingerprint; /* of its text; never 0 */
  uint64_t values;      /* shape.values, or hp_shape_values() of the expanded
                           text where hp_nplus1_wants_values(); 0: unknown */
  uint64_t database;    /* tells databases apart, e.g. hash of the file */
  int64_t start_ns;     /* monotonic */
  int64_t duration_ns;
  int64_t rows;          /* returned; -1: unknown */
  hp_shape_class what;   /* shape.what */
  bool is_single;        /* shape.is_single */
  bool is_range;         /* shape.is_range */
  bool in_txn;           /* autocommit is off */
  bool is_prepared_anew; /* first run of this prepared statement */
} hp_nplus1_event;

/* What one stretch showed of one statement. */
typedef struct hp_nplus1_burst {
  hp_nplus1_kind kind;
  uint64_t fingerprint;
  uint64_t source; /* fingerprint of the source, 0 if there is none */
  uint64_t database;
  int64_t calls;
  int64_t cost_ns;      /* time of these calls */
  int64_t rows;         /* they returned, -1 if unknown */
  int64_t source_rows;  /* -1 if unknown */
  int64_t n_prepared;   /* calls that were a statement's first run */
  int64_t n_autocommit; /* calls outside of a transaction */
  int64_t distinct;     /* different values seen, at least; 0: unknown */
  int64_t end_ns;       /* monotonic: end of the last call */
  bool is_inside;       /* the source was still being read */
  double confidence;    /* 0 to 1 */
} hp_nplus1_burst;

typedef void hp_nplus1_on_burst(void *arg, const hp_nplus1_burst *burst);

/* New detector that reports to on_burst(arg, ...). NULL when out of memory.
** Free with hp_nplus1_free(). */
hp_nplus1 *hp_nplus1_new(hp_nplus1_on_burst *on_burst, void *arg);

/* Frees d without flushing; NULL is allowed. */
void hp_nplus1_free(hp_nplus1 *d);

/* Takes in the run of a statement. */
void hp_nplus1_record(hp_nplus1 *d, const hp_nplus1_event *e);

/* True if the values of the next call of this statement would tell something
** that is not yet known: in each stretch for a few calls of a statement that
** is being repeated, and for one of 32 calls in the long run. */
bool hp_nplus1_wants_values(hp_nplus1 *d, uint64_t fingerprint);

/* Ends the present stretch and reports what it shows. */
void hp_nplus1_flush(hp_nplus1 *d);

/* The name of a kind as shown: "n+1", "n+1 interleaved", "duplicate", ... */
const char *hp_nplus1_kind_name(hp_nplus1_kind kind);

#endif

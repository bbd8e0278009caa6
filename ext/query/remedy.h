/* SPDX-License-Identifier: MIT
**
** What a suspect would cost with each remedy, and which one to advise.
** Arithmetic over what was measured elsewhere; pure.
*/
#ifndef HP_QUERY_REMEDY_H
#define HP_QUERY_REMEDY_H

#include "query/price.h"
#include "query/suspects.h"

/* Simplest first: of remedies that save about the same, the first is advised.
 */
typedef enum hp_remedy {
  HP_REMEDY_TRANSACTION, /* one transaction around the calls */
  HP_REMEDY_REUSE,       /* prepare once, bind and step many times */
  HP_REMEDY_INDEX,       /* an index on the looked-up column */
  HP_REMEDY_BATCH,       /* one statement for all values */
  HP_REMEDY_JOIN,        /* the lookup joined with its source */
  HP_REMEDY_CACHE,       /* a cached table */
  HP_REMEDIES
} hp_remedy;

/* Measured on the reader's connection; what is unknown is 0. */
typedef struct hp_remedy_prices {
  hp_price lookup;   /* of a lookup; n_values is 0 if not measured */
  double join_ns;    /* of the lookups joined with their source */
  double prepare_ns; /* of preparing the statement */
  double hit_ns;     /* of a hit of a cached table */
  double write_ns;   /* of a write inside a transaction */
} hp_remedy_prices;

/* All in nanoseconds per burst, on average. */
typedef struct hp_remedy_plan {
  double now_ns;               /* as it is, preparing included */
  double with_ns[HP_REMEDIES]; /* with this remedy; negative: not applicable
                                  or not measured */
  hp_remedy best;              /* HP_REMEDIES: none */
  double saving_ns;            /* of the best; 0 without one */
} hp_remedy_plan;

/* The plan for suspect s. */
hp_remedy_plan hp_remedy_choose(const hp_suspect *s, const hp_remedy_prices *p);

/* The remedy as shown: "one transaction", "statement reuse", "index", ... */
const char *hp_remedy_name(hp_remedy remedy);

#endif

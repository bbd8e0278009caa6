/* SPDX-License-Identifier: MIT
**
** Hides indexes of a private database from the planner, and their statistics
** with them: the row of an index is taken out of the schema while its pages
** stay. What is written while an index is hidden must be rolled back.
**
** All return SQLITE_OK or a code; *err, which is NULL before, is then a
** sentence (caller frees with sqlite3_free) or, out of memory, still NULL.
*/
#ifndef HP_ADVISOR_CLOAK_H
#define HP_ADVISOR_CLOAK_H

#include "base/sqlite_api.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct hp_cloak {
  sqlite3 *db;
  bool *shown; /* of the n indexes listed */
  int n;
  bool is_pending; /* shown is not yet what the schema has */
  bool has_stat1, has_stat4;
} hp_cloak;

/* db is borrowed until hp_cloak_term(). */
HP_MUST_CHECK int hp_cloak_init(hp_cloak *c, sqlite3 *db, char **err);

/* Lists an index that is there, as the next; root is its page. */
HP_MUST_CHECK int hp_cloak_list(hp_cloak *c, const char *name,
                                const char *table, const char *sql,
                                int64_t root, char **err);

/* ANALYZEs the database as it is shown; to be called once. From then on what is
** shown has these statistics, or for indexes built later those of
** hp_cloak_analyze_one(). */
HP_MUST_CHECK int hp_cloak_analyze(hp_cloak *c, char **err);

/* ANALYZEs one index, if there are statistics. */
HP_MUST_CHECK int hp_cloak_analyze_one(hp_cloak *c, const char *name,
                                       char **err);

/* Shows the indexes i with shown[i] (NULL: none), hides the others. */
HP_MUST_CHECK int hp_cloak_show(hp_cloak *c, const bool *shown, char **err);

void hp_cloak_term(hp_cloak *c);

#endif

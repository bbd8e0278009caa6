/* SPDX-License-Identifier: MIT
**
** Tries an index on the shadow.
*/
#ifndef HP_QUERY_CANDIDATE_H
#define HP_QUERY_CANDIDATE_H

#include "schema/shadow.h"

#include <stdbool.h>

/* True if the plan of sql would search in the index that ddl (CREATE INDEX
 *"name"
 ** …) makes. The shadow is left as it was. False as well when it cannot be
 ** told: sql is NULL, a name is taken, out of memory. */
bool hp_candidate_is_used(hp_shadow *s, const char *ddl, const char *sql);

#endif

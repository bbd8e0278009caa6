/* SPDX-License-Identifier: MIT
**
** What a statement compiles to under the indexes that a lab shows.
*/
#ifndef HP_ADVISOR_OUTLINE_H
#define HP_ADVISOR_OUTLINE_H

#include "advisor/lab.h"

#include <stdint.h>

typedef enum hp_outline_depth {
  HP_OUTLINE_ALL, /* EXPLAIN: equal programs take equal steps */
  HP_OUTLINE_PLAN /* EXPLAIN QUERY PLAN */
} hp_outline_depth;

/* Sets *out to a hash of the program or plan of sql, and uses (hp_memo_words()
** words) to the indexes that it names: bit i is the lab's index i. SQLITE_OK,
** or a code with *err set to a sentence (caller frees with sqlite3_free; NULL:
** out of memory). */
HP_MUST_CHECK int hp_outline_read(hp_lab *lab, hp_outline_depth depth,
                                  const char *sql, uint64_t *out,
                                  uint64_t *uses, char **err);

#endif

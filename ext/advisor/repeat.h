/* SPDX-License-Identifier: MIT
**
** Does one index of the lab repeat another one? It does if it is a beginning of
** it: the same columns, in the same order, collation and direction. Both must
** be shown. An index of an expression repeats none.
*/
#ifndef HP_ADVISOR_REPEAT_H
#define HP_ADVISOR_REPEAT_H

#include "advisor/lab.h"

/* True if index wide begins with all columns of index narrow and leaves out no
** row. */
bool hp_repeat_covers(const hp_lab *lab, int wide, int narrow);

/* True if the index only repeats the beginning of its table's PRIMARY KEY or of
** a UNIQUE constraint. */
bool hp_repeat_of_key(const hp_lab *lab, int i);

#endif

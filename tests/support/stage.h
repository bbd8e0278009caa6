/* SPDX-License-Identifier: MIT
**
** A small database, statements on it and a shadow, for tests of how candidates
** are tried.
*/
#ifndef TESTS_SUPPORT_STAGE_H
#define TESTS_SUPPORT_STAGE_H

#include "advisor/lab.h"
#include "advisor/tryout.h"

/* The statements, each with a weight of 1. */
enum { SIMPLE, EITHER, ON_TINY, CHAIN, BESIDE, GROUPED, BROKEN, N_STAGED };

typedef struct test_stage {
  sqlite3 *host;
  hp_lab *lab;
  hp_tables tables;
  hp_candidates list;
  hp_tryout tryout; /* of list; before must be set for it */
  char *err;
} test_stage;

void test_stage_open(test_stage *s);
void test_stage_close(test_stage *s);

/* Adds a candidate for statement q. SQLITE_OK or SQLITE_NOMEM. */
int test_stage_offer(test_stage *s, const char *table, const char *body, int q);

/* The candidate of this body, or NULL. */
const hp_candidate *test_stage_find(const test_stage *s, const char *body);

#endif

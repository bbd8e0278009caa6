/* SPDX-License-Identifier: MIT
**
** A heap that fails when told to. tests/main.c puts it under SQLite before
** anything else, so that everything from sqlite3_malloc64(), SQLite's own
** allocations included, is counted and can be made to fail. Lookaside is
** switched off: no allocation is hidden from the count.
**
**   test_heap_fail_at(3);          the third allocation from now fails
**   rc = hp_thing_new(...);
**   test_heap_fail_never();
**
** or, for "every allocation fails once", with a function that sets up, works
** and cleans up:
**
**   static bool attempt(void *arg) {
**     hp_thing *t = hp_thing_new();   // whatever it returns, nothing leaks
**     bool ok = t != NULL;
**     hp_thing_free(t);
**     return ok;
**   }
**   ck_assert_int_gt(test_heap_each_failure(attempt, NULL), 0);
**
** Counters are process-wide and atomic: another thread's allocations count.
*/
#ifndef TESTS_SUPPORT_HEAP_H
#define TESTS_SUPPORT_HEAP_H

#include <stdbool.h>
#include <stdint.h>

/* Puts the heap under SQLite and initialises it; SQLITE_MISUSE if SQLite is
** initialised already. */
int test_heap_install(void);

/* The nth allocation or growth from now fails, once; 1 is the next one. */
void test_heap_fail_at(int nth);

/* The nth one from now and every one after it fail. */
void test_heap_fail_from(int nth);

/* No allocation fails any more; the answer of test_heap_failed() stays. */
void test_heap_fail_never(void);

/* Has an allocation been refused since the last fail_at or fail_from? */
bool test_heap_failed(void);

/* How many allocations are alive now. */
int64_t test_heap_outstanding(void);

/* Calls attempt(arg) with its 1st, then 2nd, ... allocation failing, once as
** a single failure and once with every later one failing too, until a call
** asks for fewer. Fails the running test if a call leaves allocations behind
** or if the last call, with memory enough, does not return true. Before the
** count starts one call runs undisturbed, for whatever is set up lazily.
** Returns about how many allocations there are. Beyond the 200th only every
** seventh fails together with all later ones and, under a sanitizer, at all;
** beyond the 4000th only a third of those. $HEAP_ALL set: each one. */
int test_heap_each_failure(bool (*attempt)(void *arg), void *arg);

/* The same for what works on a connection that stays open: SQLite may keep
** what it sets up there, now or after a failure. So each allocation fails in
** three runs, and a leak is what grows with every one of them. */
int test_heap_each_failure_steady(bool (*attempt)(void *arg), void *arg);

#endif

/* SPDX-License-Identifier: MIT */
#include "support/heap.h"

#include "support/db.h"

#include <check.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Up to these each allocation fails, then only some of them. */
enum { FEW = 200, MANY = 4000 };

static sqlite3_mem_methods system_heap;
static _Atomic int countdown;       /* 0: none is due to fail */
static _Atomic bool fails_on;       /* after the first failure, fail on */
static _Atomic bool refused;        /* see test_heap_failed() */
static _Atomic int64_t outstanding; /* allocations alive */

/* True if the allocation being asked for is the one to refuse. */
static bool is_refused(void) {
  int due = atomic_load(&countdown);

  while (due > 0) {
    int next = due == 1 && atomic_load(&fails_on) ? 1 : due - 1;

    if (atomic_compare_exchange_weak(&countdown, &due, next)) {
      if (due > 1) return false;
      atomic_store(&refused, true);
      return true;
    }
  }
  return false;
}

static void *heap_malloc(int n) {
  void *p = is_refused() ? NULL : system_heap.xMalloc(n);

  if (p != NULL) atomic_fetch_add(&outstanding, 1);
  return p;
}

static void heap_free(void *p) {
  if (p != NULL) atomic_fetch_sub(&outstanding, 1);
  system_heap.xFree(p);
}

static void *heap_realloc(void *p, int n) {
  return is_refused() ? NULL : system_heap.xRealloc(p, n);
}

int test_heap_install(void) {
  sqlite3_mem_methods mine;
  int rc = sqlite3_config(SQLITE_CONFIG_GETMALLOC, &system_heap);

  if (rc != SQLITE_OK) return rc;
  mine = system_heap;
  mine.xMalloc = heap_malloc;
  mine.xFree = heap_free;
  mine.xRealloc = heap_realloc;
  rc = sqlite3_config(SQLITE_CONFIG_MALLOC, &mine);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
  return rc == SQLITE_OK ? sqlite3_initialize() : rc;
}

static void arm(int nth, bool on) {
  atomic_store(&refused, false);
  atomic_store(&fails_on, on);
  atomic_store(&countdown, nth);
}

void test_heap_fail_at(int nth) {
  arm(nth, false);
}

void test_heap_fail_from(int nth) {
  arm(nth, true);
}

void test_heap_fail_never(void) {
  atomic_store(&countdown, 0);
}

bool test_heap_failed(void) {
  return atomic_load(&refused);
}

int64_t test_heap_outstanding(void) {
  return atomic_load(&outstanding);
}

/* One call with the nth allocation failing; true if it was reached. */
static bool attempt_with_failure(bool (*attempt)(void *), void *arg, int nth,
                                 bool on) {
  int64_t before = test_heap_outstanding();
  bool ok;

  arm(nth, on);
  ok = attempt(arg);
  test_heap_fail_never();
  ck_assert_msg(test_heap_outstanding() <= before,
                "allocation %d failed%s: %lld allocations leaked", nth,
                on ? " with all after it" : "",
                (long long)(test_heap_outstanding() - before));
  if (!test_heap_failed()) {
    ck_assert_msg(ok, "with memory enough the attempt returned false");
    return false;
  }
  return true;
}

/* The allocation to fail after this one: of very many not all can. */
static int after(int nth, bool all) {
  int step = all || nth <= FEW ? 1 : 7;

  if (getenv("HEAP_ALL")) return nth + 1;
  return nth + (nth <= MANY ? step : 3 * step);
}

int test_heap_each_failure(bool (*attempt)(void *arg), void *arg) {
  int nth = 1;

  ck_assert_msg(attempt(arg), "an undisturbed attempt returned false");
  while (attempt_with_failure(attempt, arg, nth, false)) {
    nth = after(nth, !TEST_TIMES_LIE);
  }
  for (int i = 1; i < nth; i = after(i, false)) {
    attempt_with_failure(attempt, arg, i, true);
  }
  return nth - 1;
}

/* Three runs with the nth allocation failing; how many of them left more
** allocations behind than there were before. */
static int count_growths(bool (*attempt)(void *), void *arg, int nth) {
  int n = 0;

  for (int i = 0; i < 3; i++) {
    int64_t before = test_heap_outstanding();

    arm(nth, false);
    attempt(arg);
    test_heap_fail_never();
    n += test_heap_outstanding() > before;
  }
  return n;
}

int test_heap_each_failure_steady(bool (*attempt)(void *arg), void *arg) {
  int nth = 0;

  ck_assert_msg(attempt(arg), "an undisturbed attempt returned false");
  do {
    nth++;
    ck_assert_msg(count_growths(attempt, arg, nth) < 3,
                  "allocation %d failed: something leaks each time", nth);
  } while (test_heap_failed());
  ck_assert_msg(attempt(arg), "the attempt fails after failures");
  return nth - 1;
}

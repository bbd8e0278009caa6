/* SPDX-License-Identifier: MIT */
#include "base/thread.h"

#include <check.h>
#include <pthread.h>
#include <signal.h>

Suite *base_thread_suite(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool has_run, takes_signals;
static pthread_t thread;

static void *note(void *unused) {
  sigset_t mask;

  pthread_sigmask(SIG_BLOCK, NULL, &mask);
  pthread_mutex_lock(&lock);
  takes_signals = !sigismember(&mask, SIGTERM) || !sigismember(&mask, SIGALRM);
  thread = pthread_self();
  has_run = true;
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&lock);
  return unused;
}

START_TEST(a_thread_of_ours_runs_beside_the_host_and_takes_no_signals) {
  pthread_mutex_lock(&lock);
  ck_assert(hp_thread_start(note));
  while (!has_run) pthread_cond_wait(&changed, &lock);
  ck_assert(!takes_signals);
  ck_assert(!pthread_equal(thread, pthread_self()));
  pthread_mutex_unlock(&lock);
}
END_TEST

START_TEST(the_hosts_own_thread_takes_signals_as_before) {
  sigset_t before, after;

  pthread_sigmask(SIG_BLOCK, NULL, &before);
  ck_assert(hp_thread_start(note));
  pthread_sigmask(SIG_BLOCK, NULL, &after);
  ck_assert_int_eq(sigismember(&before, SIGTERM), sigismember(&after, SIGTERM));
}
END_TEST

START_TEST(this_sqlite_allows_a_thread) {
  ck_assert(hp_thread_is_possible());
}
END_TEST

Suite *base_thread_suite(void) {
  Suite *s = suite_create("base_thread");
  TCase *c = tcase_create("thread");

  tcase_add_test(c, a_thread_of_ours_runs_beside_the_host_and_takes_no_signals);
  tcase_add_test(c, the_hosts_own_thread_takes_signals_as_before);
  tcase_add_test(c, this_sqlite_allows_a_thread);
  suite_add_tcase(s, c);
  return s;
}

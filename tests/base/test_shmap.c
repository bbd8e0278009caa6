/* SPDX-License-Identifier: MIT
**
** Each opening has a lock of its own, so that two in one process are to each
** other what two processes are.
*/
#include "base/shmap.h"

#include "support/heap.h"
#include "support/tmp.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

Suite *base_shmap_suite(void);

enum { BYTES = 10000 };

static char path[512], like[512];

static void set_up(void) {
  sqlite3_snprintf(sizeof path, path, "%s/x-hotpath", test_tmp_dir());
  sqlite3_snprintf(sizeof like, like, "%s/x", test_tmp_dir());
  fclose(fopen(like, "w"));
  chmod(like, 0640);
}

static hp_shmap open_map(void) {
  hp_shmap m;

  ck_assert_int_eq(hp_shmap_open(path, like, BYTES, &m), SQLITE_OK);
  return m;
}

static bool exists(void) {
  return access(path, F_OK) == 0;
}

static void write_file(const char *text) {
  FILE *f = fopen(path, "w");

  fputs(text, f);
  fclose(f);
}

START_TEST(it_begins_as_zeros_and_is_shared) {
  hp_shmap a = open_map(), b = open_map();
  const char *bytes = a.at;

  for (int i = 0; i < BYTES; i++) ck_assert_int_eq(bytes[i], 0);
  memcpy((char *)b.at + BYTES - 5, "hello", 5);
  ck_assert_mem_eq(bytes + BYTES - 5, "hello", 5);
  hp_shmap_close(&a);
  hp_shmap_close(&b);
}
END_TEST

START_TEST(the_last_deletes_it) {
  hp_shmap a = open_map(), b = open_map();

  hp_shmap_close(&a);
  ck_assert(exists());
  hp_shmap_close(&b);
  ck_assert(!exists());
  hp_shmap_close(&b);
}
END_TEST

START_TEST(who_abandons_it_leaves_the_file) {
  hp_shmap a = open_map(), b;

  b = a;
  hp_shmap_abandon(&b);
  ck_assert_ptr_null(b.at);
  ck_assert(exists());
  sqlite3_free(a.path);
}
END_TEST

static const char *const leftovers[] = {"", "short", "not zeros at all"};

START_TEST(what_a_crash_left_is_made_new) {
  hp_shmap m;

  write_file(leftovers[_i]);
  m = open_map();
  ck_assert_int_eq(*(const char *)m.at, 0);
  hp_shmap_close(&m);
}
END_TEST

START_TEST(another_size_in_use_is_refused_and_left_alone) {
  hp_shmap a = open_map(), b;

  memcpy(a.at, "mine", 4);
  ck_assert_int_eq(hp_shmap_open(path, like, BYTES * 2, &b), SQLITE_CANTOPEN);
  ck_assert_ptr_null(b.at);
  ck_assert_mem_eq(a.at, "mine", 4);
  hp_shmap_close(&a);
}
END_TEST

START_TEST(a_directory_that_is_not_there_or_a_link_is_refused) {
  hp_shmap m;

  ck_assert_int_eq(hp_shmap_open("/nowhere/at/all", like, BYTES, &m),
                   SQLITE_CANTOPEN);
  ck_assert_int_eq(symlink(like, path), 0);
  ck_assert_int_eq(hp_shmap_open(path, like, BYTES, &m), SQLITE_CANTOPEN);
  unlink(path);
}
END_TEST

START_TEST(it_has_the_permissions_of_the_database) {
  hp_shmap m = open_map();
  struct stat st;

  ck_assert_int_eq(stat(path, &st), 0);
  ck_assert_uint_eq(st.st_mode & 0777, 0640);
  hp_shmap_close(&m);
}
END_TEST

/* A process that fills the file, and is slow: says so through `told` once it
** has the lock. */
static void fill_slowly(int told) {
  const struct timespec a_while = {.tv_nsec = 3 * 1000 * 1000};
  int fd = open(path, O_RDWR | O_CREAT, 0600);

  if (fd < 0 || flock(fd, LOCK_EX) || write(told, "!", 1) != 1) _exit(1);
  nanosleep(&a_while, NULL);
  _exit(0);
}

START_TEST(who_comes_while_another_fills_it_waits) {
  int told[2], status;
  char c;
  hp_shmap m;
  pid_t child;

  ck_assert_int_eq(pipe(told), 0);
  child = fork();
  ck_assert_int_ge(child, 0);
  if (!child) fill_slowly(told[1]);
  ck_assert_int_eq(read(told[0], &c, 1), 1);
  m = open_map();
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_int_eq(status, 0);
  hp_shmap_close(&m);
  close(told[0]);
  close(told[1]);
}
END_TEST

static bool attempt(void *arg) {
  hp_shmap m;
  int rc = hp_shmap_open(path, like, BYTES, &m);

  (void)arg;
  ck_assert(rc == SQLITE_OK || rc == SQLITE_NOMEM);
  hp_shmap_close(&m);
  return rc == SQLITE_OK;
}

START_TEST(every_allocation_may_fail) {
  ck_assert_int_eq(test_heap_each_failure(attempt, NULL), 1);
}
END_TEST

Suite *base_shmap_suite(void) {
  Suite *s = suite_create("base_shmap");
  TCase *c = tcase_create("shmap");

  tcase_add_checked_fixture(c, set_up, NULL);
  tcase_add_test(c, it_begins_as_zeros_and_is_shared);
  tcase_add_test(c, the_last_deletes_it);
  tcase_add_test(c, who_abandons_it_leaves_the_file);
  tcase_add_loop_test(c, what_a_crash_left_is_made_new, 0, 3);
  tcase_add_test(c, another_size_in_use_is_refused_and_left_alone);
  tcase_add_test(c, a_directory_that_is_not_there_or_a_link_is_refused);
  tcase_add_test(c, it_has_the_permissions_of_the_database);
  tcase_add_test(c, who_comes_while_another_fills_it_waits);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}

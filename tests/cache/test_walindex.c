/* SPDX-License-Identifier: MIT */
#include "cache/walindex.h"

#include <check.h>
#include <string.h>

Suite *cache_walindex_suite(void);

/* 32-bit words of the WAL index: two copies of the header, the checkpoint
** information, then the page number of frame 1. */
typedef struct image {
  _Alignas(8) uint32_t w[64];
} image;

enum { FIRST_FRAME = 34 };

static void seal(image *m) {
  uint32_t s1 = 0, s2 = 0;

  for (int i = 0; i < 10; i += 2) {
    s1 += m->w[i] + s2;
    s2 += m->w[i + 1] + s1;
  }
  m->w[10] = s1;
  m->w[11] = s2;
  memcpy(m->w + 12, m->w, 48);
}

static image header(uint32_t change, uint32_t sum) {
  image m = {{3007000, 0, change, 0, 7, 9, sum, sum}};

  memset(&m.w[3], 1, 1);
  m.w[FIRST_FRAME] = 1;
  seal(&m);
  return m;
}

START_TEST(a_sound_header_is_read) {
  image m = header(5, 77);
  hp_walindex h;

  ck_assert(hp_walindex_read(&m, &h));
  ck_assert_uint_eq(h.change, 5);
  ck_assert_uint_eq(h.n_frames, 7);
  ck_assert_uint_eq(h.n_pages, 9);
  ck_assert_uint_eq(h.checksum, (uint64_t)77 << 32 | 77);
}
END_TEST

START_TEST(copies_that_differ_are_not_believed) {
  image m = header(5, 77);
  hp_walindex h;

  m.w[12 + 2] = 6;
  ck_assert(!hp_walindex_read(&m, &h));
}
END_TEST

START_TEST(a_wrong_checksum_is_not_believed) {
  image m = header(5, 77);
  hp_walindex h;

  m.w[2] = m.w[12 + 2] = 6;
  ck_assert(!hp_walindex_read(&m, &h));
}
END_TEST

START_TEST(another_version_is_not_believed) {
  image m = header(5, 77);
  hp_walindex h;

  m.w[0] = 3007001;
  seal(&m);
  ck_assert(!hp_walindex_read(&m, &h));
}
END_TEST

START_TEST(an_uninitialised_header_is_not_believed) {
  image m = {{0}};
  hp_walindex h;

  ck_assert(!hp_walindex_read(&m, &h));
}
END_TEST

START_TEST(no_frame_ever_is_a_state_of_its_own) {
  image m = header(0, 0);
  hp_walindex h;

  m.w[FIRST_FRAME] = 0;
  ck_assert(hp_walindex_read(&m, &h));
}
END_TEST

START_TEST(no_frame_since_a_rebuild_is_not_believed) {
  image m = header(0, 0);
  hp_walindex h;

  ck_assert(!hp_walindex_read(&m, &h));
}
END_TEST

START_TEST(the_short_way_knows_the_commit_and_nothing_else) {
  image m = header(5, 77);
  uint64_t sum = (uint64_t)77 << 32 | 77;

  ck_assert(hp_walindex_is_at(&m, 5, sum));
  ck_assert(!hp_walindex_is_at(&m, 6, sum));
  ck_assert(!hp_walindex_is_at(&m, 5, sum + 1));
  m = header(0, 0);
  ck_assert(!hp_walindex_is_at(&m, 0, 0));
}
END_TEST

Suite *cache_walindex_suite(void) {
  Suite *s = suite_create("cache_walindex");
  TCase *c = tcase_create("header");

  tcase_add_test(c, a_sound_header_is_read);
  tcase_add_test(c, copies_that_differ_are_not_believed);
  tcase_add_test(c, a_wrong_checksum_is_not_believed);
  tcase_add_test(c, another_version_is_not_believed);
  tcase_add_test(c, an_uninitialised_header_is_not_believed);
  tcase_add_test(c, no_frame_ever_is_a_state_of_its_own);
  tcase_add_test(c, no_frame_since_a_rebuild_is_not_believed);
  tcase_add_test(c, the_short_way_knows_the_commit_and_nothing_else);
  suite_add_tcase(s, c);
  return s;
}

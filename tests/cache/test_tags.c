/* SPDX-License-Identifier: MIT */
#include "cache/tags.h"

#include <check.h>
#include <string.h>

Suite *cache_tags_suite(void);

static int see(const char *name, hp_tag_seen *seen, int *n) {
  return hp_tags_see(name, (int)strlen(name), seen, n);
}

static int invalidate(const char *name) {
  return hp_tags_invalidate(name, (int)strlen(name));
}

/* Does an entry tagged `tag` outlive the invalidation of `name`? */
static bool survives(const char *tag, const char *name) {
  hp_tag_seen seen[HP_TAG_MAX_SEEN];
  int n = 0;

  ck_assert_int_eq(see(tag, seen, &n), SQLITE_OK);
  ck_assert(hp_tags_hold(seen, n));
  ck_assert_int_eq(invalidate(name), SQLITE_OK);
  return hp_tags_hold(seen, n);
}

START_TEST(invalidating_a_tag_hits_its_entries_only) {
  ck_assert(!survives("deck:1", "deck:1"));
  ck_assert(survives("deck:1", "deck:2"));
  ck_assert(survives("deck:1", "deck"));
  ck_assert(survives("deck:1", "deck:"));
  ck_assert(survives("deck:1", "deck:11"));
}
END_TEST

START_TEST(a_star_hits_every_tag_below) {
  ck_assert(!survives("a:b:c", "a:*"));
  ck_assert(!survives("a:b:c", "a:b:*"));
  ck_assert(!survives("a:b:c", "*"));
  ck_assert(!survives("plain", "*"));
  ck_assert(!survives("a:", "a:*"));
  ck_assert(survives("a:b:c", "a:b:c:*"));
  ck_assert(survives("a:b:c", "b:*"));
  ck_assert(survives("a", "a:*"));
}
END_TEST

START_TEST(what_was_seen_before_the_invalidation_is_stale_ever_after) {
  hp_tag_seen before[HP_TAG_MAX_SEEN], after[HP_TAG_MAX_SEEN];
  int n_before = 0, n_after = 0;

  see("t", before, &n_before);
  invalidate("t");
  see("t", after, &n_after);
  ck_assert(!hp_tags_hold(before, n_before));
  ck_assert(hp_tags_hold(after, n_after));
}
END_TEST

START_TEST(counters_shared_by_two_tags_are_seen_once) {
  hp_tag_seen seen[HP_TAG_MAX_SEEN];
  int n = 0;

  ck_assert_int_eq(see("deck:1", seen, &n), SQLITE_OK);
  ck_assert_int_eq(n, 3);
  ck_assert_int_eq(see("deck:2", seen, &n), SQLITE_OK);
  ck_assert_int_eq(n, 4);
}
END_TEST

START_TEST(names_that_cannot_be_are_refused) {
  hp_tag_seen seen[HP_TAG_MAX_SEEN];
  char longest[HP_TAG_MAX_NAME + 1];
  int n = 0;

  memset(longest, 'x', sizeof longest);
  ck_assert_int_eq(see("", seen, &n), SQLITE_RANGE);
  ck_assert_int_eq(see("a:*", seen, &n), SQLITE_RANGE);
  ck_assert_int_eq(hp_tags_see(longest, HP_TAG_MAX_NAME + 1, seen, &n),
                   SQLITE_RANGE);
  ck_assert_int_eq(n, 0);
  ck_assert_int_eq(hp_tags_see(longest, HP_TAG_MAX_NAME, seen, &n), SQLITE_OK);
  ck_assert_int_eq(invalidate(""), SQLITE_RANGE);
  ck_assert_int_eq(invalidate("ab*"), SQLITE_RANGE);
  ck_assert_int_eq(hp_tags_invalidate(longest, HP_TAG_MAX_NAME + 1),
                   SQLITE_RANGE);
}
END_TEST

START_TEST(more_counters_than_an_entry_holds_change_nothing) {
  hp_tag_seen seen[HP_TAG_MAX_SEEN];
  int n = 0;

  ck_assert_int_eq(see("a", seen, &n), SQLITE_OK);
  ck_assert_int_eq(see("1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16", seen, &n),
                   SQLITE_RANGE);
  ck_assert_int_eq(n, 2);
}
END_TEST

START_TEST(ten_thousand_tags_keep_their_counters) {
  hp_tag_seen seen[HP_TAG_MAX_SEEN], again[HP_TAG_MAX_SEEN];

  for (int i = 0; i < 20000; i++) {
    char name[32];
    int n = 0, n_again = 0;
    sqlite3_snprintf(sizeof name, name, "many:%d", i % 10000);
    ck_assert_int_eq(see(name, seen, &n), SQLITE_OK);
    ck_assert_int_eq(see(name, again, &n_again), SQLITE_OK);
    ck_assert_ptr_eq(seen[2].tag, again[2].tag);
    ck_assert_str_eq(seen[2].tag->name, name);
  }
}
END_TEST

static bool count_named(const hp_tag *tag, void *arg) {
  int *n = arg;

  if (strcmp(tag->name, "x:y") == 0 || strcmp(tag->name, "x:*") == 0) ++*n;
  return true;
}

START_TEST(each_visits_tags_and_prefixes) {
  hp_tag_seen seen[HP_TAG_MAX_SEEN];
  int n = 0, found = 0;

  see("x:y", seen, &n);
  hp_tags_each(count_named, &found);
  ck_assert_int_eq(found, 2);
}
END_TEST

Suite *cache_tags_suite(void) {
  Suite *s = suite_create("cache_tags");
  TCase *c = tcase_create("tags");

  tcase_add_test(c, invalidating_a_tag_hits_its_entries_only);
  tcase_add_test(c, a_star_hits_every_tag_below);
  tcase_add_test(c, what_was_seen_before_the_invalidation_is_stale_ever_after);
  tcase_add_test(c, counters_shared_by_two_tags_are_seen_once);
  tcase_add_test(c, names_that_cannot_be_are_refused);
  tcase_add_test(c, more_counters_than_an_entry_holds_change_nothing);
  tcase_add_test(c, ten_thousand_tags_keep_their_counters);
  tcase_add_test(c, each_visits_tags_and_prefixes);
  suite_add_tcase(s, c);
  return s;
}

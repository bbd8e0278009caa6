/* SPDX-License-Identifier: MIT */
#include "cache/entry.h"

#include "support/heap.h"

#include <check.h>
#include <string.h>

Suite *cache_entry_suite(void);

static const hp_stamp stamps[2] = {{1, 2}, {3, 4}};

/* An entry with the rows (7, 'text') and two databases, valid for ttl_ms from
** 1000 on. */
static hp_entry *make(const hp_tag_seen *tags, int n_tags, int64_t ttl_ms) {
  hp_entry_spec spec = {.key = {.lo = 8, .hi = 9},
                        .stamps = stamps,
                        .n_deps = 2,
                        .tags = tags,
                        .n_tags = n_tags,
                        .cost_ns = 5000,
                        .now_ms = 1000,
                        .ttl_ms = ttl_ms};
  hp_builder b;
  hp_entry *e;
  uint64_t expected;

  hp_builder_init(&b, 2);
  hp_builder_int(&b, 7);
  hp_builder_text(&b, "text", -1);
  expected = hp_entry_overhead(&spec) + hp_builder_bytes(&b);
  ck_assert_int_eq(hp_entry_new(&spec, &b, &e), SQLITE_OK);
  ck_assert_uint_ge(e->node.bytes, expected);
  hp_builder_term(&b);
  return e;
}

static void drop(hp_entry *e) {
  e->node.free_fn(&e->node);
}

START_TEST(an_entry_keeps_what_it_was_made_of) {
  hp_tag_seen tags[HP_TAG_MAX_SEEN];
  int n_tags = 0;
  hp_entry *e;
  const hp_block *k;

  ck_assert_int_eq(hp_tags_see("a:b", 3, tags, &n_tags), SQLITE_OK);
  e = make(tags, n_tags, 500);
  ck_assert_uint_eq(e->node.key.lo, 8);
  ck_assert_uint_eq(e->node.cost_ns, 5000);
  ck_assert_int_eq(e->node.created_ms, 1000);
  ck_assert_int_eq(e->node.expires_ms, 1500);
  ck_assert_uint_eq(e->node.bytes, sqlite3_msize(e));
  ck_assert_mem_eq(hp_entry_stamps(e), stamps, sizeof stamps);
  ck_assert_int_eq(e->n_tags, n_tags);
  ck_assert_mem_eq(hp_entry_tags(e), tags, sizeof *tags * (size_t)n_tags);
  k = hp_entry_rows(e);
  ck_assert_int_eq(k->n_rows, 1);
  ck_assert_int_eq(hp_block_cell(k, 0, 0)->as.i, 7);
  ck_assert_str_eq(hp_block_bytes_of(k, hp_block_cell(k, 0, 1)), "text");
  ck_assert_ptr_eq(hp_entry_of(&e->node), e);
  drop(e);
}
END_TEST

static void free_other(hp_l1_node *n) {
  (void)n;
}

START_TEST(a_node_of_another_kind_is_no_entry) {
  hp_l1_node other = {.free_fn = free_other};

  ck_assert_ptr_null(hp_entry_of(&other));
}
END_TEST

START_TEST(an_entry_is_right_at_its_own_stamps_only) {
  hp_stamp now[2] = {stamps[0], stamps[1]};
  hp_entry *e = make(NULL, 0, 0);

  ck_assert_int_eq(hp_entry_check(e, now, 2, 5), HP_VERDICT_HIT);
  ck_assert_int_eq(hp_entry_check(e, now, 1, 5), HP_VERDICT_STAMP);
  now[1].b++;
  ck_assert_int_eq(hp_entry_check(e, now, 2, 5), HP_VERDICT_STAMP);
  now[1] = stamps[1];
  now[0].a++;
  ck_assert_int_eq(hp_entry_check(e, now, 2, 5), HP_VERDICT_STAMP);
  ck_assert_int_eq(hp_entry_check(e, NULL, 2, 5), HP_VERDICT_HIT);
  drop(e);
}
END_TEST

START_TEST(an_entry_is_right_until_its_time_is_over) {
  hp_entry *e = make(NULL, 0, 500), *forever = make(NULL, 0, 0);

  ck_assert_int_eq(hp_entry_check(e, stamps, 2, 1000), HP_VERDICT_HIT);
  ck_assert_int_eq(hp_entry_check(e, stamps, 2, 1499), HP_VERDICT_HIT);
  ck_assert_int_eq(hp_entry_check(e, stamps, 2, 1500), HP_VERDICT_EXPIRED);
  ck_assert_int_eq(hp_entry_check(e, NULL, 0, 1500), HP_VERDICT_EXPIRED);
  ck_assert_int_eq(hp_entry_check(forever, stamps, 2, INT64_MAX),
                   HP_VERDICT_HIT);
  drop(e);
  drop(forever);
}
END_TEST

START_TEST(an_entry_is_right_until_one_of_its_tags_is_invalidated) {
  hp_tag_seen tags[HP_TAG_MAX_SEEN];
  int n_tags = 0;
  hp_entry *e;

  hp_tags_see("deck:1", 6, tags, &n_tags);
  hp_tags_see("user", 4, tags, &n_tags);
  e = make(tags, n_tags, 0);
  ck_assert_int_eq(hp_tags_invalidate("deck:2", 6), SQLITE_OK);
  ck_assert_int_eq(hp_entry_check(e, stamps, 2, 1), HP_VERDICT_HIT);
  ck_assert_int_eq(hp_tags_invalidate("deck:*", 6), SQLITE_OK);
  ck_assert_int_eq(hp_entry_check(e, stamps, 2, 1), HP_VERDICT_TAG);
  ck_assert_int_eq(hp_entry_check(e, NULL, 0, 1), HP_VERDICT_TAG);
  drop(e);
}
END_TEST

START_TEST(without_memory_there_is_no_entry_and_the_rows_are_still_freed) {
  hp_entry_spec spec = {.n_deps = 0};
  hp_entry *e = (hp_entry *)&spec;
  hp_builder b;

  hp_builder_init(&b, 1);
  hp_builder_int(&b, 7);
  test_heap_fail_at(1);
  ck_assert_int_eq(hp_entry_new(&spec, &b, &e), SQLITE_NOMEM);
  test_heap_fail_never();
  ck_assert_ptr_null(e);
  hp_builder_term(&b);
}
END_TEST

Suite *cache_entry_suite(void) {
  Suite *s = suite_create("cache_entry");
  TCase *c = tcase_create("entry");

  tcase_add_test(c, an_entry_keeps_what_it_was_made_of);
  tcase_add_test(c, a_node_of_another_kind_is_no_entry);
  tcase_add_test(c, an_entry_is_right_at_its_own_stamps_only);
  tcase_add_test(c, an_entry_is_right_until_its_time_is_over);
  tcase_add_test(c, an_entry_is_right_until_one_of_its_tags_is_invalidated);
  tcase_add_test(c,
                 without_memory_there_is_no_entry_and_the_rows_are_still_freed);
  suite_add_tcase(s, c);
  return s;
}

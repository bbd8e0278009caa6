/* SPDX-License-Identifier: MIT */
#include "cache/pragma.h"

#include <check.h>

Suite *cache_pragma_suite(void);

static const struct {
  const char *sql;
  hp_pragma what;
} cases[] = {
    {"PRAGMA journal_mode=DELETE", HP_PRAGMA_ALONE},
    {"pragma main.journal_mode = 'truncate'", HP_PRAGMA_ALONE},
    {" -- off\n/* x */ PRAGMA \"a\"\"b\" . [journal_mode] ( persist )",
     HP_PRAGMA_ALONE},
    {"PRAGMA locking_mode=EXCLUSIVE", HP_PRAGMA_ALONE},
    {"PRAGMA[main].locking_mode(exclusive)", HP_PRAGMA_ALONE},
    {"PRAGMA locking_mode=normal", HP_PRAGMA_OTHER},
    {"PRAGMA journal_mode", HP_PRAGMA_OTHER},
    {"PRAGMA journal_mode=WAL", HP_PRAGMA_OTHER},
    {"PRAGMA journal_mode=\"wal\";", HP_PRAGMA_OTHER},
    {"PRAGMA user_version=1", HP_PRAGMA_OTHER},
    {"PRAGMA temp_store=2", HP_PRAGMA_REBIND},
    {"ATTACH 'x' AS y", HP_PRAGMA_REBIND},
    {";detach y", HP_PRAGMA_REBIND},
    {"DELETE FROM t", HP_PRAGMA_OTHER},
    {"SELECT 'PRAGMA journal_mode=DELETE'", HP_PRAGMA_OTHER},
    {"ANALYZE", HP_PRAGMA_OTHER},
    {"PRAGMA", HP_PRAGMA_OTHER},
    {"PRAGMA \"unterminated", HP_PRAGMA_OTHER},
    {"/* unterminated", HP_PRAGMA_OTHER},
    {"--", HP_PRAGMA_OTHER},
    {"", HP_PRAGMA_OTHER},
};

START_TEST(statements_are_told_apart_by_their_text) {
  ck_assert_msg(hp_pragma_of(cases[_i].sql) == cases[_i].what, "%s: %d",
                cases[_i].sql, (int)hp_pragma_of(cases[_i].sql));
}
END_TEST

Suite *cache_pragma_suite(void) {
  Suite *s = suite_create("cache_pragma");
  TCase *c = tcase_create("text");

  tcase_add_loop_test(c, statements_are_told_apart_by_their_text, 0,
                      sizeof cases / sizeof *cases);
  suite_add_tcase(s, c);
  return s;
}

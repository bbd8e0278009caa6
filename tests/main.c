/* SPDX-License-Identifier: MIT
**
** Runs every suite; build/suites.h names them, one per test file.
** CK_RUN_SUITE=cache_l1 runs one of them.
*/
#include "support/heap.h"
#include "support/tmp.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define X(name) Suite *name##_suite(void);
#include "suites.h"
#undef X

int main(void) {
  SRunner *runner;
  int failed, run;

  if (test_heap_install() != 0) {
    fputs("unit: SQLite was initialised before the test heap\n", stderr);
    return EXIT_FAILURE;
  }
  test_tmp_begin();
  runner = srunner_create(NULL);
#define X(name) srunner_add_suite(runner, name##_suite());
#include "suites.h"
#undef X
  srunner_run_all(runner, CK_ENV);
  failed = srunner_ntests_failed(runner);
  run = srunner_ntests_run(runner);
  srunner_free(runner);
  test_tmp_end();
  printf("unit: %d passed, %d failed\n", run - failed, failed);
  return failed == 0 && run > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* SPDX-License-Identifier: MIT
**
** Runs every suite; build/suites.h names them, one per test file.
** CK_RUN_SUITE=cache_l1 runs one of them.
*/
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define X(name) Suite *name##_suite(void);
#include "suites.h"
#undef X

int main(void) {
  SRunner *runner = srunner_create(NULL);
  int failed, run;

#define X(name) srunner_add_suite(runner, name##_suite());
#include "suites.h"
#undef X
  srunner_run_all(runner, CK_ENV);
  failed = srunner_ntests_failed(runner);
  run = srunner_ntests_run(runner);
  srunner_free(runner);
  printf("unit: %d passed, %d failed\n", run - failed, failed);
  return failed == 0 && run > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

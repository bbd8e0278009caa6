/* SPDX-License-Identifier: MIT
**
** Temporary directories: one for the run, made and removed by tests/main.c,
** and in it one for each process (Check runs each test in its own), so that
** tests need not clean up and may choose plain file names.
*/
#ifndef TESTS_SUPPORT_TMP_H
#define TESTS_SUPPORT_TMP_H

/* Makes the run's directory under $TMPDIR or /tmp; exits on failure. */
void test_tmp_begin(void);

/* Removes it with everything below; called by the process that made it. */
void test_tmp_end(void);

/* This process's own directory; fresh at the first call. */
const char *test_tmp_dir(void);

/* From now on test_tmp_dir() is another, empty directory. */
void test_tmp_renew(void);

/* test_tmp_dir()/name; borrowed until the 16th next call. */
const char *test_tmp_path(const char *name);

#endif

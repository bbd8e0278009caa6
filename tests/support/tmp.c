/* SPDX-License-Identifier: MIT */
#include "support/tmp.h"

#include <ftw.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PATH_BYTES = 512, N_PATHS = 16 };

static char run_dir[PATH_BYTES / 2];
static char own_dir[PATH_BYTES / 2 + 32];
static pid_t own_pid; /* own_dir belongs to this process */

static void make_or_exit(char *dir) {
  if (mkdtemp(dir) == NULL) {
    perror(dir);
    exit(EXIT_FAILURE);
  }
}

void test_tmp_begin(void) {
  const char *base = getenv("TMPDIR");

  snprintf(run_dir, sizeof(run_dir), "%s/hotpath-test-XXXXXX",
           base != NULL ? base : "/tmp");
  make_or_exit(run_dir);
}

static int remove_one(const char *path, const struct stat *st, int flag,
                      struct FTW *ftw) {
  (void)st;
  (void)flag;
  (void)ftw;
  return remove(path);
}

void test_tmp_end(void) {
  if (nftw(run_dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0) {
    perror(run_dir);
  }
}

void test_tmp_renew(void) {
  snprintf(own_dir, sizeof(own_dir), "%s/XXXXXX", run_dir);
  make_or_exit(own_dir);
  own_pid = getpid();
}

const char *test_tmp_dir(void) {
  if (own_pid != getpid()) test_tmp_renew();
  return own_dir;
}

const char *test_tmp_path(const char *name) {
  static char paths[N_PATHS][PATH_BYTES];
  static _Atomic unsigned next;
  char *path = paths[atomic_fetch_add(&next, 1) % N_PATHS];

  snprintf(path, PATH_BYTES, "%s/%s", test_tmp_dir(), name);
  return path;
}

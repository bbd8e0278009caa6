/* SPDX-License-Identifier: MIT */
#include "demo/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "demo/hash.h"
#include "demo/say.h"

enum { PATH_BYTES = 1024 };

int demo_open(const char *path, int flags, sqlite3 **out) {
  sqlite3 *db = NULL;
  int rc;

  *out = NULL;
  if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK) {
    rc = demo_fail("cannot open %s: %s.", path,
                   db ? sqlite3_errmsg(db) : "out of memory");
    sqlite3_close(db);
    return rc;
  }
  *out = db;
  return 0;
}

int demo_load(sqlite3 *db, const char *so) {
  char *error = NULL;
  int rc;

  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, NULL);
  rc = sqlite3_load_extension(db, so, NULL, &error);
  if (rc != SQLITE_OK) {
    demo_fail("cannot load the extension %s: %s.", so,
              error ? error : sqlite3_errmsg(db));
  }
  sqlite3_free(error);
  return rc != SQLITE_OK;
}

int demo_exec(sqlite3 *db, const char *sql) {
  char *error = NULL;
  int rc = sqlite3_exec(db, sql, NULL, NULL, &error);

  if (rc != SQLITE_OK) {
    demo_fail("%s, in: %.200s", error ? error : sqlite3_errmsg(db), sql);
  }
  sqlite3_free(error);
  return rc != SQLITE_OK;
}

int demo_make_dir(const char *path) {
  char part[PATH_BYTES];
  size_t i, length = strlen(path);

  if (length >= sizeof(part)) return demo_fail("%s is too long a path.", path);
  for (i = 1; i <= length; i++) {
    if (path[i] != '/' && path[i] != '\0') continue;
    memcpy(part, path, i);
    part[i] = '\0';
    if (mkdir(part, 0777) != 0 && errno != EEXIST) {
      return demo_fail("cannot create the folder %s: %s.", part,
                       strerror(errno));
    }
  }
  return 0;
}

void demo_remove(const char *path) {
  static const char *const tails[] = {"", "-journal", "-wal", "-shm"};
  char name[PATH_BYTES];
  size_t i;

  for (i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
    snprintf(name, sizeof(name), "%s%s", path, tails[i]);
    unlink(name);
  }
}

/* Steps a backup to its end, with patience for a source that is being
** written: BUSY is retried for up to ten seconds. */
static int run_backup(sqlite3_backup *backup) {
  int rc, tries = 0;

  do {
    rc = sqlite3_backup_step(backup, 4096);
    if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED) {
      sqlite3_sleep(50);
      tries++;
    }
  } while (rc == SQLITE_OK ||
           ((rc == SQLITE_BUSY || rc == SQLITE_LOCKED) && tries < 200));
  return rc;
}

int demo_copy(const char *from, const char *to) {
  sqlite3 *source = NULL, *target = NULL;
  sqlite3_backup *backup;
  int rc = demo_open(from, SQLITE_OPEN_READONLY, &source);

  if (rc == 0) {
    demo_remove(to);
    rc = demo_open(to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &target);
  }
  if (rc == 0) {
    backup = sqlite3_backup_init(target, "main", source, "main");
    if (backup == NULL) {
      rc = demo_fail_sql(target, "cannot begin a copy");
    } else {
      int copied = run_backup(backup);
      sqlite3_backup_finish(backup);
      if (copied != SQLITE_DONE) {
        rc = demo_fail("cannot copy %s: %s.", from, sqlite3_errstr(copied));
      }
    }
  }
  sqlite3_close(target);
  sqlite3_close(source);
  if (rc != 0 && target != NULL) demo_remove(to);
  return rc;
}

int demo_read_file(const char *path, char **out) {
  FILE *file = fopen(path, "r");
  char *text = NULL;
  size_t cap = 0;
  ssize_t length;

  *out = NULL;
  if (file == NULL) {
    return demo_fail("cannot open %s: %s.", path, strerror(errno));
  }
  errno = 0;
  length = getdelim(&text, &cap, '\0', file);
  if (length < 0 && ferror(file)) {
    demo_fail("cannot read %s: %s.", path, strerror(errno));
    fclose(file);
    free(text);
    return 1;
  }
  fclose(file);
  if (length < 0) {
    free(text);
    text = calloc(1, 1);
    if (text == NULL) return demo_fail("out of memory reading %s.", path);
  }
  *out = text;
  return 0;
}

static int is_migration(const struct dirent *entry) {
  const char *name = entry->d_name;
  size_t length = strlen(name);

  return length > 8 && strspn(name, "0123456789") == 3 && name[3] == '_' &&
         strcmp(name + length - 4, ".sql") == 0;
}

static int run_migration(sqlite3 *db, const char *dir, const char *name,
                         uint64_t *digest) {
  char path[PATH_BYTES], *sql = NULL;
  int rc;

  snprintf(path, sizeof(path), "%s/%s", dir, name);
  rc = demo_read_file(path, &sql);
  if (rc == 0 && digest != NULL) {
    *digest = demo_hash(*digest, sql, strlen(sql));
  }
  if (rc == 0 && db != NULL && demo_exec(db, sql) != 0) {
    rc = demo_fail("the migration %s failed.", path);
  }
  free(sql);
  return rc;
}

int demo_migrate(sqlite3 *db, const char *dir, int first, int last,
                 uint64_t *digest) {
  struct dirent **names = NULL;
  int n = scandir(dir, &names, is_migration, alphasort), i, number, rc = 0;

  if (n < 0) return demo_fail("cannot read %s: %s.", dir, strerror(errno));
  if (n == 0) rc = demo_fail("%s holds no file NNN_name.sql.", dir);
  for (i = 0; i < n; i++) {
    number = (int)strtol(names[i]->d_name, NULL, 10);
    if (rc == 0 && number >= first && number <= last) {
      rc = run_migration(db, dir, names[i]->d_name, digest);
    }
    free(names[i]);
  }
  free(names);
  return rc;
}

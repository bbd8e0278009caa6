/* SPDX-License-Identifier: MIT
**
** "Did anybody commit?": the stamp of the WAL index against asking SQLite by
** PRAGMA data_version. Uses the extension's own objects, not the library.
*/
#include "bench/bench.h"
#include "cache/stamp.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct watch {
  hp_dbfile *file;
  hp_reader *reader;
} watch;

static void read_stamps(void *arg, int64_t n) {
  watch *w = arg;
  hp_stamp stamp;

  while (n-- > 0) {
    bool is_known;

    hp_epoch_enter(w->reader);
    is_known = hp_dbfile_stamp(w->file, &stamp);
    hp_epoch_exit(w->reader);
    bench_expect(NULL, is_known, true, "the stamp is not known");
  }
}

static void ask_data_version(void *arg, int64_t n) {
  while (n-- > 0) {
    bench_expect(sqlite3_db_handle(arg), sqlite3_step(arg), SQLITE_ROW,
                 "data_version");
    sqlite3_reset(arg);
  }
}

int main(void) {
  sqlite3 *db = bench_open("stamp.db", 0);
  sqlite3_stmt *pragma;
  watch w = {NULL, hp_reader_new()};

  bench_fill_cards(db, 1000);
  bench_expect(db, hp_dbfile_acquire(db, "main", &w.file), SQLITE_OK,
               "the sentinel");
  if (w.reader == NULL || w.file == NULL ||
      hp_dbfile_mode(w.file) != HP_STAMP_WAL) {
    fputs("bench: the database has no sentinel in WAL mode\n", stderr);
    return EXIT_FAILURE;
  }
  pragma = bench_prepare(db, "PRAGMA data_version");
  bench_head("stamp: has anybody committed?");
  bench_row("stamp check", (bench_side){"stamp", read_stamps, &w},
            (bench_side){"PRAGMA data_version", ask_data_version, pragma},
            BENCH_AT_LEAST, 50.0);
  sqlite3_finalize(pragma);
  hp_dbfile_release(w.file);
  hp_reader_free(w.reader);
  sqlite3_close(db);
  return bench_end();
}

/* SPDX-License-Identifier: MIT */
#include "demo/base.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "demo/files.h"
#include "demo/hash.h"
#include "demo/say.h"
#include "demo/words.h"

/* The first year of the application, in SQL over the words imported already.
** A prime step walks the vocabulary without repeating itself. */
static const char history_sql[] =
    "INSERT INTO tags (name) VALUES ('noun'), ('verb'), ('adjective'), "
    "('common'), ('rare'), ('food'), ('travel'), ('exam');"
    "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n "
    "WHERE i < 21) INSERT INTO decks (id, name, description, created_at) "
    "SELECT i, 'Deck ' || i, 'Words of lesson ' || i, "
    "'2025-01-01T08:00:00Z' FROM n;"
    "INSERT INTO import_batches (source, status, word_count, created_at) "
    "VALUES ('lessons of 2025', 'done', 5000, '2025-01-01T08:00:00Z');"
    "WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n "
    "WHERE i < 4999), w(i, v) AS (SELECT i, 1 + (i * 7919) % "
    "(SELECT count(*) FROM vocabulary) FROM n) "
    "INSERT INTO cards (deck_id, vocabulary_id, position, front, back, "
    "created_at) SELECT 1 + i / 250, v.id, 1 + i % 250, headword, "
    "replace(gloss, '/', '; '), '2025-02-01T08:00:00Z' "
    "FROM w JOIN vocabulary AS v ON v.id = w.v ORDER BY i;"
    "INSERT INTO card_tags SELECT id, 1 + id % 5 FROM cards "
    "UNION ALL SELECT id, 6 + id % 3 FROM cards;"
    "WITH k(j) AS (VALUES (0), (1), (2)) "
    "INSERT INTO reviews (card_id, rating, interval_days, reviewed_at, "
    "due_at) SELECT id, 1 + (id * 31 + j) % 4, 1 + j, "
    "strftime('%Y-%m-%dT%H:%M:%SZ', '2025-03-01', (id * 13 % 200) || "
    "' days', (id % 86400) || ' seconds'), date('2025-03-01', "
    "(id * 13 % 200 + j) || ' days') FROM k CROSS JOIN cards "
    "WHERE (id + j) % 5 < 4;"
    "INSERT INTO processing_queue (batch_id, vocabulary_id, status, priority, "
    "queued_at, started_at, completed_at) SELECT 2, vocabulary_id, "
    "CASE WHEN id % 500 = 0 THEN 'quarantined' ELSE 'completed' END, "
    "1 + id % 10, created_at, created_at, created_at FROM cards;"
    "INSERT INTO stage_results (stage, cache_key, vocabulary_id, response, "
    "tokens, created_at) SELECT s.column1, headword || '|' || reading, "
    "min(v.id), json_object('word', headword, 'reading', reading, "
    "'meanings', replace(gloss, '/', '; ')), "
    "length(gloss) / 3 + 40 * s.column1, '2025-02-01T08:00:00Z' "
    "FROM (VALUES (1), (2)) AS s CROSS JOIN cards AS c JOIN vocabulary AS v "
    "ON v.id = c.vocabulary_id GROUP BY 1, 2;"
    "INSERT INTO api_usage (request_id, model, stage, tokens, cost_microusd, "
    "created_at) SELECT 'old-' || id, 'model-' || stage, stage, tokens, "
    "3 * tokens, strftime('%Y-%m-%dT%H:%M:%SZ', '2025-02-01', "
    "(id % 340) || ' days') FROM stage_results;"
    "INSERT INTO api_quotas VALUES ('model-1', 1000000, 50000000), "
    "('model-2', 1000000, 50000000);";

typedef struct import {
  sqlite3 *db;
  sqlite3_stmt *insert;
  demo_progress progress;
} import;

static int insert_word(void *context, const demo_word *word) {
  import *in = context;

  sqlite3_bind_text(in->insert, 1, word->headword, -1, SQLITE_STATIC);
  sqlite3_bind_text(in->insert, 2, word->reading, -1, SQLITE_STATIC);
  sqlite3_bind_text(in->insert, 3, word->pos, -1, SQLITE_STATIC);
  sqlite3_bind_text(in->insert, 4, word->gloss, -1, SQLITE_STATIC);
  sqlite3_bind_int(in->insert, 5, word->is_common);
  if (sqlite3_step(in->insert) != SQLITE_DONE) {
    return demo_fail_sql(in->db, "cannot insert a word");
  }
  sqlite3_reset(in->insert);
  demo_progress_step(&in->progress);
  return 0;
}

static int import_words(sqlite3 *db, const char *edict) {
import in = {.db = db };
  char words[32], note[64];
  int rc;

  if (sqlite3_prepare_v2(db,
                         "INSERT INTO vocabulary (batch_id, headword, reading,"
                         " pos, gloss, is_common) VALUES (1, ?, ?, ?, ?, ?)",
                         -1, &in.insert, NULL) != SQLITE_OK) {
    return demo_fail_sql(db, "cannot insert words");
  }
  demo_progress_begin(&in.progress,
                      edict ? "importing EDICT" : "generating a vocabulary",
                      DEMO_GENERATED_WORDS);
  if (edict != NULL)
    rc = demo_words_each(edict, insert_word, &in);
  else
    rc = demo_words_generate(insert_word, &in);
  sqlite3_finalize(in.insert);
  snprintf(note, sizeof(note), "%s words",
           demo_thousands(in.progress.done, words));
  if (rc == 0) demo_progress_end(&in.progress, note);
  return rc;
}

/* The file is written beside its place and moved there when it is whole: an
** interrupted run leaves nothing half-made. Its journal mode stays SQLite's
** own, DELETE, which is also the faster one for a naive application: where
** each statement opens the file, WAL makes and removes its log each time. */
static int fill(sqlite3 *db, const char *migrations, const char *edict,
                int signature) {
  char *mark = sqlite3_mprintf("PRAGMA user_version = %d; COMMIT", signature);
  demo_progress history;
  int rc = mark == NULL ? demo_fail("out of memory.") : 0;

  if (rc == 0) rc = demo_exec(db, "PRAGMA synchronous = OFF; BEGIN");
  if (rc == 0) rc = demo_migrate(db, migrations, 1, 8, NULL);
  if (rc == 0) {
    rc = demo_exec(db, "INSERT INTO import_batches (source, status, "
                       "created_at) VALUES ('dictionary', 'done', "
                       "'2025-01-01T00:00:00Z')");
  }
  if (rc == 0) rc = import_words(db, edict);
  if (rc == 0) {
    demo_progress_begin(&history, "a year of decks, cards, reviews", 0);
    rc = demo_exec(db, history_sql);
  }
  if (rc == 0) rc = demo_exec(db, mark);
  if (rc == 0) demo_progress_end(&history, "");
  sqlite3_free(mark);
  return rc;
}

/* What the database is made of, in 31 bits: kept as its user_version. */
static int sign(const char *migrations, const char *edict, int *signature) {
  uint64_t hash = demo_hash(DEMO_HASH_START, history_sql, sizeof(history_sql));
  struct stat info;

  if (demo_migrate(NULL, migrations, 1, 8, &hash) != 0) return 1;
  if (edict != NULL && stat(edict, &info) == 0) {
    hash = demo_hash(hash, &info.st_size, sizeof(info.st_size));
  }
  *signature = (int)(hash & 0x7fffffff) | 1;
  return 0;
}

static bool is_current(const char *path, int signature) {
  sqlite3 *db = NULL;
  sqlite3_stmt *stmt = NULL;
  bool current = false;

  if (access(path, R_OK) != 0) return false;
  if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
      sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &stmt, NULL) ==
          SQLITE_OK &&
      sqlite3_step(stmt) == SQLITE_ROW) {
    current = sqlite3_column_int(stmt, 0) == signature;
  }
  sqlite3_finalize(stmt);
  sqlite3_close(db);
  return current;
}

int demo_base_build(const char *path, const char *migrations,
                    const char *edict) {
  char part[1024];
  sqlite3 *db = NULL;
  int signature = 0, rc;

  if (access(edict, R_OK) != 0) {
    printf("  There is no dictionary at %s (Debian: apt install edict);\n"
           "  a made-up vocabulary of the same size takes its place.\n",
           edict);
    edict = NULL;
  }
  rc = sign(migrations, edict, &signature);
  if (rc != 0) return rc;
  if (is_current(path, signature)) {
    printf("  %-34s %10s  %s\n", "the database of the last run", "", path);
    return 0;
  }
  snprintf(part, sizeof(part), "%s.part", path);
  demo_remove(part);
  rc = demo_open(part, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &db);
  if (rc == 0) rc = fill(db, migrations, edict, signature);
  sqlite3_close(db);
  if (rc == 0) {
    demo_remove(path);
    if (rename(part, path) != 0) {
      rc = demo_fail("cannot rename %s: %s.", part, strerror(errno));
    }
  }
  return rc;
}

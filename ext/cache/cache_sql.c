/* SPDX-License-Identifier: MIT */
#include "cache/cache_sql.h"
#include "base/clock.h"
#include "cache/entry.h"
#include "cache/flight.h"
#include "cache/kv.h"
#include "cache/table.h"
#include "cache/witness.h"

#include <string.h>

#define MAX_WAIT_MS 600000

/* Ends a function with a sentence; frees it. */
static void fail(sqlite3_context *ctx, char *sentence) {
  if (sentence)
    sqlite3_result_error(ctx, sentence, -1);
  else
    sqlite3_result_error_nomem(ctx);
  sqlite3_free(sentence);
}

static void refuse_tag(sqlite3_context *ctx, sqlite3_value *v) {
  fail(ctx, sqlite3_mprintf(
                "cache_invalidate: \"%.60s\" cannot be a tag: a tag is a text "
                "of 1 to %d bytes; `deck:*` stands for all that begin with "
                "`deck:`",
                sqlite3_value_text(v), HP_TAG_MAX_NAME));
}

static void invalidate(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  for (int i = 0; i < argc; i++) {
    /* In this order: asked for its text a blob becomes one. */
    bool is_text = sqlite3_value_type(argv[i]) == SQLITE_TEXT;
    const char *name = (const char *)sqlite3_value_text(argv[i]);
    int rc = is_text && name
                 ? hp_tags_invalidate(name, sqlite3_value_bytes(argv[i]))
                 : SQLITE_RANGE;
    if (rc == SQLITE_NOMEM) {
      sqlite3_result_error_nomem(ctx);
      return;
    }
    if (rc) {
      refuse_tag(ctx, argv[i]);
      return;
    }
  }
  sqlite3_result_int(ctx, argc);
}

static bool is_named(const hp_l1_node *n, void *name) {
  const hp_entry *e = hp_entry_of(n);

  return e && sqlite3_stricmp(hp_score_name(e->score), name) == 0;
}

/* cache_clear() takes out everything, cache_clear(name) one table's answers. */
static void clear(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  hp_l1 *l1 = hp_l1_shared();
  char *name = argc ? (char *)(uintptr_t)sqlite3_value_text(argv[0]) : NULL;

  if (!l1 || (argc && !name && sqlite3_value_type(argv[0]) != SQLITE_NULL)) {
    sqlite3_result_error_nomem(ctx);
    return;
  }
  hp_flight_doom(NULL);
  sqlite3_result_int64(ctx, hp_l1_clear(l1, name ? is_named : NULL, name));
}

/* A setting: reads it as the result; sets it, false if value is no good. */
typedef struct setting {
  const char *name;
  const char *allowed;
  void (*get)(hp_l1 *l1, sqlite3_context *ctx);
  bool (*set)(hp_l1 *l1, sqlite3_context *ctx, sqlite3_value *value);
} setting;

static void get_cap_bytes(hp_l1 *l1, sqlite3_context *ctx) {
  hp_l1_stats s;

  hp_l1_read_stats(l1, &s);
  sqlite3_result_int64(ctx, (int64_t)s.cap_bytes);
}

static bool set_cap_bytes(hp_l1 *l1, sqlite3_context *ctx,
                          sqlite3_value *value) {
  hp_l1_stats s;

  (void)ctx;
  if (sqlite3_value_type(value) != SQLITE_INTEGER) return false;
  if (sqlite3_value_int64(value) < 0) return false;
  hp_l1_read_stats(l1, &s);
  hp_l1_set_cap(l1, (uint64_t)sqlite3_value_int64(value), s.cap_entries);
  return true;
}

static void get_cap_entries(hp_l1 *l1, sqlite3_context *ctx) {
  hp_l1_stats s;

  hp_l1_read_stats(l1, &s);
  sqlite3_result_int64(ctx, s.cap_entries);
}

static bool set_cap_entries(hp_l1 *l1, sqlite3_context *ctx,
                            sqlite3_value *value) {
  hp_l1_stats s;

  (void)ctx;
  if (sqlite3_value_type(value) != SQLITE_INTEGER) return false;
  if (sqlite3_value_int64(value) < 0) return false;
  hp_l1_read_stats(l1, &s);
  hp_l1_set_cap(l1, s.cap_bytes, sqlite3_value_int64(value));
  return true;
}

static void get_policy(hp_l1 *l1, sqlite3_context *ctx) {
  sqlite3_result_text(ctx, hp_l1_policy(l1), -1, SQLITE_STATIC);
}

static bool set_policy(hp_l1 *l1, sqlite3_context *ctx, sqlite3_value *value) {
  const char *name = (const char *)sqlite3_value_text(value);

  (void)ctx;
  return name && hp_l1_set_policy(l1, name) == SQLITE_OK;
}

static void get_enabled(hp_l1 *l1, sqlite3_context *ctx) {
  (void)l1;
  sqlite3_result_text(ctx, hp_table_is_enabled() ? "on" : "off", -1,
                      SQLITE_STATIC);
}

static bool set_enabled(hp_l1 *l1, sqlite3_context *ctx, sqlite3_value *value) {
  const char *word = (const char *)sqlite3_value_text(value);

  (void)l1, (void)ctx;
  if (!word) return false;
  if (strcmp(word, "on") == 0 || strcmp(word, "1") == 0)
    hp_table_enable(true);
  else if (strcmp(word, "off") == 0 || strcmp(word, "0") == 0)
    hp_table_enable(false);
  else
    return false;
  return true;
}

static void get_precision(hp_l1 *l1, sqlite3_context *ctx) {
  (void)l1;
  sqlite3_result_text(ctx, hp_witness_is_precise() ? "table" : "database", -1,
                      SQLITE_STATIC);
}

static bool set_precision(hp_l1 *l1, sqlite3_context *ctx,
                          sqlite3_value *value) {
  const char *word = (const char *)sqlite3_value_text(value);

  (void)l1, (void)ctx;
  if (!word || (strcmp(word, "table") && strcmp(word, "database"))) {
    return false;
  }
  hp_witness_set_precise(strcmp(word, "table") == 0);
  return true;
}

/* The connection's key/value state; NULL when out of memory. */
static hp_kv *kv_of(sqlite3_context *ctx) {
  hp_conn *c = hp_conn_find(sqlite3_context_db_handle(ctx));
  hp_kv *kv = NULL;

  return c && hp_kv_of(c, &kv) == SQLITE_OK ? kv : NULL;
}

static void get_namespace(hp_l1 *l1, sqlite3_context *ctx) {
  const hp_kv *kv = kv_of(ctx);

  (void)l1;
  if (!kv)
    sqlite3_result_error_nomem(ctx);
  else
    sqlite3_result_text(ctx, hp_kv_namespace(kv), -1, SQLITE_TRANSIENT);
}

static bool set_namespace(hp_l1 *l1, sqlite3_context *ctx,
                          sqlite3_value *value) {
  const char *name = (const char *)sqlite3_value_text(value);
  hp_kv *kv = kv_of(ctx);
  int rc;

  (void)l1;
  if (!name) return false;
  rc = kv ? hp_kv_set_namespace(kv, name) : SQLITE_NOMEM;
  if (rc == SQLITE_NOMEM) sqlite3_result_error_nomem(ctx);
  return rc != SQLITE_RANGE;
}

static void get_wait_ms(hp_l1 *l1, sqlite3_context *ctx) {
  (void)l1;
  sqlite3_result_int64(ctx, hp_flight_wait_ms());
}

static bool set_wait_ms(hp_l1 *l1, sqlite3_context *ctx, sqlite3_value *value) {
  int64_t wait_ms = sqlite3_value_int64(value);

  (void)l1, (void)ctx;
  if (sqlite3_value_type(value) != SQLITE_INTEGER) return false;
  if (wait_ms < 0 || wait_ms > MAX_WAIT_MS) return false;
  hp_flight_set_wait_ms(wait_ms);
  return true;
}

static const setting settings[] = {
    {"cap_bytes", "a whole number of bytes from 0", get_cap_bytes,
     set_cap_bytes},
    {"cap_entries", "a whole number from 0 (0: no limit)", get_cap_entries,
     set_cap_entries},
    {"policy", "hot, s3fifo, wtinylfu, lru, lfu, fifo or ttl", get_policy,
     set_policy},
    {"enabled", "on or off", get_enabled, set_enabled},
    {"precision", "table or database", get_precision, set_precision},
    {"namespace", "a text of at most 64 bytes, for this connection",
     get_namespace, set_namespace},
    {"wait_ms", "a whole number of milliseconds from 0 to 600000", get_wait_ms,
     set_wait_ms},
};
enum { N_SETTINGS = sizeof settings / sizeof *settings };

static const setting *find_setting(const char *name) {
  for (int i = 0; name && i < N_SETTINGS; i++) {
    if (sqlite3_stricmp(settings[i].name, name) == 0) return &settings[i];
  }
  return NULL;
}

static void refuse_setting(sqlite3_context *ctx, const char *name) {
  sqlite3_str *s = sqlite3_str_new(NULL);

  sqlite3_str_appendf(s, "cache_config: unknown setting \"%.40s\"; known are",
                      name ? name : "NULL");
  for (int i = 0; i < N_SETTINGS; i++) {
    sqlite3_str_appendf(s, "%s %s", i ? "," : "", settings[i].name);
  }
  fail(ctx, sqlite3_str_finish(s));
}

/* cache_config(name) reads, cache_config(name, value) sets and answers the
** value from before. */
static void config(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  const char *name = (const char *)sqlite3_value_text(argv[0]);
  const setting *x = find_setting(name);
  hp_l1 *l1 = hp_l1_shared();

  if (!l1) {
    sqlite3_result_error_nomem(ctx);
  } else if (!x) {
    refuse_setting(ctx, name);
  } else {
    x->get(l1, ctx);
    if (argc == 1 || x->set(l1, ctx, argv[1])) return;
    fail(ctx,
         sqlite3_mprintf("cache_config: %s cannot be %.40Q; allowed: %s",
                         x->name, sqlite3_value_text(argv[1]), x->allowed));
  }
}

/* Lets go of the files of this connection, for a change of journal_mode or an
** exclusive lock by the application; the argument is how long, in seconds. */
static void quiesce(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  double seconds = argc ? sqlite3_value_double(argv[0]) : 5;

  if (!(seconds >= 0 && seconds <= 3600)) {
    fail(ctx, sqlite3_mprintf("cache_quiesce: the time is 0 to 3600 seconds"));
    return;
  }
  hp_dbfile_quiesce(sqlite3_context_db_handle(ctx), hp_clock_ms(),
                    (int64_t)(seconds * 1000));
  sqlite3_result_int(ctx, 1);
}

int hp_cache_sql_register(hp_conn *c) {
  static const struct {
    const char *name;
    int n_args;
    void (*call)(sqlite3_context *, int, sqlite3_value **);
  } functions[] = {
      {"cache_invalidate", -1, invalidate},
      {"cache_clear", 0, clear},
      {"cache_clear", 1, clear},
      {"cache_config", 1, config},
      {"cache_config", 2, config},
      {"cache_quiesce", 0, quiesce},
      {"cache_quiesce", 1, quiesce},
  };
  int rc = SQLITE_OK;

  for (size_t i = 0; i < sizeof functions / sizeof *functions && !rc; i++) {
    rc = sqlite3_create_function_v2(c->db, functions[i].name,
                                    functions[i].n_args,
                                    SQLITE_UTF8 | SQLITE_DIRECTONLY, NULL,
                                    functions[i].call, NULL, NULL, NULL);
  }
  return rc;
}

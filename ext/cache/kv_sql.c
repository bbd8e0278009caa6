/* SPDX-License-Identifier: MIT */
#include "cache/kv_sql.h"
#include "base/clock.h"
#include "cache/kv_fetch.h"

#define MAX_TTL_S 3e9 /* about a century */

/* Ends a function with a sentence; frees it. */
static void fail(sqlite3_context *ctx, char *sentence) {
  if (sentence)
    sqlite3_result_error(ctx, sentence, -1);
  else
    sqlite3_result_error_nomem(ctx);
  sqlite3_free(sentence);
}

static void fail_code(sqlite3_context *ctx, int rc) {
  if (rc == SQLITE_NOMEM)
    sqlite3_result_error_nomem(ctx);
  else
    sqlite3_result_error_code(ctx, rc);
}

/* What every function needs: the connection's hp_kv and the key of argv[0].
** False: the result is an error. */
static bool begin(sqlite3_context *ctx, sqlite3_value *v, hp_kv **kv,
                  hp_key *key) {
  int rc = hp_kv_of(sqlite3_user_data(ctx), kv);

  if (!rc && sqlite3_value_type(v) == SQLITE_NULL) {
    fail(ctx, sqlite3_mprintf("the key of a cached value cannot be NULL"));
    return false;
  }
  if (!rc) rc = hp_kv_key(*kv, v, key);
  if (rc) fail_code(ctx, rc);
  return !rc;
}

/* False: the result is an error. */
static bool read_ttl(sqlite3_context *ctx, sqlite3_value *v, int64_t *ttl_ms) {
  int type = sqlite3_value_type(v);
  double s = sqlite3_value_double(v);

  *ttl_ms = 0;
  if (type == SQLITE_NULL) return true;
  if ((type == SQLITE_INTEGER || type == SQLITE_FLOAT) && s > 0) {
    *ttl_ms = s < MAX_TTL_S ? (int64_t)(s * 1000 + 0.999) : 0;
    return true;
  }
  fail(ctx, sqlite3_mprintf("the ttl of a cached value is a number of seconds "
                            "above 0, or NULL; not %.40Q",
                            sqlite3_value_text(v)));
  return false;
}

static void refuse_tag(sqlite3_context *ctx, sqlite3_value *v) {
  fail(ctx, sqlite3_mprintf(
                "%.60Q cannot be a tag here: a tag is a text of 1 to %d bytes "
                "that does not end with `*`, and an entry has room for %d, "
                "prefixes included",
                sqlite3_value_text(v), HP_TAG_MAX_NAME, HP_TAG_MAX_SEEN));
}

/* A tag of an argument; NULL: the result is an error. */
static const char *read_tag(sqlite3_context *ctx, sqlite3_value *v, int *n) {
  const char *z = (const char *)sqlite3_value_text(v);

  *n = sqlite3_value_bytes(v);
  if (sqlite3_value_type(v) == SQLITE_TEXT && z) return z;
  refuse_tag(ctx, v);
  return NULL;
}

static bool read_tags(sqlite3_context *ctx, int n, sqlite3_value **v,
                      hp_kv_life *life) {
  for (int i = 0; i < n; i++) {
    int n_tag, rc;
    const char *tag = read_tag(ctx, v[i], &n_tag);

    if (!tag) return false;
    rc = hp_tags_see(tag, n_tag, life->tags, &life->n_tags);
    if (rc == SQLITE_RANGE)
      refuse_tag(ctx, v[i]);
    else if (rc)
      fail_code(ctx, rc);
    if (rc) return false;
  }
  return true;
}

static void cache_get(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  const hp_entry *e;
  hp_key key;
  hp_kv *kv;

  (void)argc;
  if (!begin(ctx, argv[0], &kv, &key)) return;
  e = hp_kv_get(kv, &key, hp_clock_ms());
  if (!e) return;
  hp_cell_result(hp_kv_cell(e),
                 hp_block_bytes_of(hp_entry_rows(e), hp_kv_cell(e)), ctx,
                 SQLITE_TRANSIENT);
  hp_kv_let_go(kv);
}

static void cache_set(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  hp_kv_life life = {.ttl_ms = 0};
  hp_builder b;
  hp_key key;
  hp_kv *kv;
  int rc;

  if (argc < 2) {
    fail(ctx, sqlite3_mprintf("cache_set(key, value[, ttl[, tag…]]) needs a "
                              "key and a value"));
    return;
  }
  if (!begin(ctx, argv[0], &kv, &key)) return;
  if (argc > 2 && !read_ttl(ctx, argv[2], &life.ttl_ms)) return;
  if (!read_tags(ctx, argc - 3, argv + 3, &life)) return;
  hp_builder_init(&b, 1);
  rc = hp_builder_value(&b, argv[1]);
  if (!rc) rc = hp_kv_set(kv, &key, &b, &life, hp_clock_ms());
  hp_builder_term(&b);
  if (rc && rc != SQLITE_FULL)
    fail_code(ctx, rc);
  else
    sqlite3_result_int(ctx, !rc);
}

static void cache_fetch(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  hp_fetch fetch = {.params = argv + 3, .n_params = argc - 3};
  hp_key key;
  hp_kv *kv;

  if (argc < 3) {
    fail(ctx, sqlite3_mprintf("cache_fetch(key, ttl, sql[, param…]) needs a "
                              "key, a ttl and a SELECT"));
    return;
  }
  if (!begin(ctx, argv[0], &kv, &key)) return;
  if (!read_ttl(ctx, argv[1], &fetch.ttl_ms)) return;
  fetch.sql = (const char *)sqlite3_value_text(argv[2]);
  fetch.n_sql = sqlite3_value_bytes(argv[2]);
  if (sqlite3_value_type(argv[2]) != SQLITE_TEXT) {
    fail(ctx, sqlite3_mprintf("cache_fetch: the third argument must be one "
                              "SELECT, as a text"));
  } else if (!fetch.sql) {
    sqlite3_result_error_nomem(ctx);
  } else {
    hp_kv_fetch(kv, &key, &fetch, ctx);
  }
}

static void cache_exists(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  hp_key key;
  hp_kv *kv;

  (void)argc;
  if (!begin(ctx, argv[0], &kv, &key)) return;
  sqlite3_result_int(ctx, hp_kv_find(kv, &key, hp_clock_ms(), NULL) != NULL);
  hp_kv_let_go(kv);
}

static void cache_ttl(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  int64_t now_ms = hp_clock_ms();
  const hp_entry *e;
  hp_key key;
  hp_kv *kv;

  (void)argc;
  if (!begin(ctx, argv[0], &kv, &key)) return;
  e = hp_kv_find(kv, &key, now_ms, NULL);
  if (e && e->node.expires_ms == HP_NEVER_MS)
    sqlite3_result_int(ctx, -1);
  else if (e) {
    sqlite3_result_double(ctx, (double)(e->node.expires_ms - now_ms) / 1000);
  }
  hp_kv_let_go(kv);
}

/* The end of functions that change an entry in place. */
static void answer_change(sqlite3_context *ctx, int rc, bool is_there) {
  if (rc)
    fail_code(ctx, rc);
  else
    sqlite3_result_int(ctx, is_there);
}

static void cache_touch(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  int64_t ttl_ms = 0;
  bool is_there = false;
  hp_key key;
  hp_kv *kv;
  int rc;

  if (!begin(ctx, argv[0], &kv, &key)) return;
  if (argc > 1 && !read_ttl(ctx, argv[1], &ttl_ms)) return;
  rc = hp_kv_touch(kv, &key, ttl_ms, hp_clock_ms(), &is_there);
  answer_change(ctx, rc, is_there);
}

static void cache_tag(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  bool is_there = true;
  hp_key key;
  hp_kv *kv;
  int rc = SQLITE_OK;

  if (argc < 2) {
    fail(ctx, sqlite3_mprintf("cache_tag(key, tag…) needs a key and a tag"));
    return;
  }
  if (!begin(ctx, argv[0], &kv, &key)) return;
  for (int i = 1; i < argc && is_there; i++) {
    int n;
    const char *tag = read_tag(ctx, argv[i], &n);

    if (!tag) return;
    rc = hp_kv_tag(kv, &key, tag, n, hp_clock_ms(), &is_there);
    if (rc == SQLITE_RANGE) refuse_tag(ctx, argv[i]);
    if (rc == SQLITE_RANGE) return;
    if (rc) break;
  }
  answer_change(ctx, rc, is_there);
}

static void refuse_sum(sqlite3_context *ctx, int rc) {
  if (rc == SQLITE_MISMATCH) {
    fail(ctx, sqlite3_mprintf("cache_incr: the value is not an integer"));
  } else {
    fail(ctx, sqlite3_mprintf("cache_incr: the sum is beyond 64 bits"));
  }
}

static void cache_incr(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  int64_t by = 1, sum;
  hp_key key;
  hp_kv *kv;
  int rc;

  if (!begin(ctx, argv[0], &kv, &key)) return;
  if (argc > 1) {
    if (sqlite3_value_type(argv[1]) != SQLITE_INTEGER) {
      fail(ctx, sqlite3_mprintf("cache_incr: what is added must be an "
                                "integer"));
      return;
    }
    by = sqlite3_value_int64(argv[1]);
  }
  rc = hp_kv_add(kv, &key, by, hp_clock_ms(), &sum);
  if (rc == SQLITE_MISMATCH || rc == SQLITE_RANGE)
    refuse_sum(ctx, rc);
  else if (rc)
    fail_code(ctx, rc);
  else
    sqlite3_result_int64(ctx, sum);
}

static void cache_delete(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  int n = 0;

  for (int i = 0; i < argc; i++) {
    hp_key key;
    hp_kv *kv;

    if (!begin(ctx, argv[i], &kv, &key)) return;
    n += hp_kv_del(kv, &key, hp_clock_ms());
  }
  sqlite3_result_int(ctx, n);
}

int hp_kv_sql_register(hp_conn *c) {
  static const struct {
    const char *name;
    int n_args;
    void (*call)(sqlite3_context *, int, sqlite3_value **);
  } functions[] = {
      {"cache_get", 1, cache_get},        {"cache_set", -1, cache_set},
      {"cache_fetch", -1, cache_fetch},   {"cache_exists", 1, cache_exists},
      {"cache_ttl", 1, cache_ttl},        {"cache_touch", 1, cache_touch},
      {"cache_touch", 2, cache_touch},    {"cache_tag", -1, cache_tag},
      {"cache_incr", 1, cache_incr},      {"cache_incr", 2, cache_incr},
      {"cache_delete", -1, cache_delete},
  };
  int rc = SQLITE_OK;

  for (size_t i = 0; i < sizeof functions / sizeof *functions && !rc; i++) {
    hp_conn *ref;

    rc = hp_conn_open(c->db, &ref);
    if (rc) return rc;
    rc = sqlite3_create_function_v2(
        c->db, functions[i].name, functions[i].n_args,
        SQLITE_UTF8 | SQLITE_DIRECTONLY | SQLITE_SUBTYPE |
            SQLITE_RESULT_SUBTYPE,
        ref, functions[i].call, NULL, NULL, hp_conn_close);
  }
  return rc;
}

/* SPDX-License-Identifier: MIT */
#include "query/config_sql.h"

#include "base/clock.h"
#include "base/hook.h"
#include "query/persist.h"
#include "query/plan_log.h"
#include "query/slow.h"
#include "query/stats.h"
#include "query/suspects.h"
#include "query/trace.h"

#include <stdlib.h>
#include <string.h>

/* A setting: get answers it; set answers nothing, but fails with a sentence if
** the value is not allowed. */
typedef struct setting {
  const char *name;
  const char *allowed; /* for the sentence */
  void (*get)(sqlite3_context *ctx, hp_conn *c);
  bool (*set)(hp_conn *c, sqlite3_value *value);
} setting;

static void answer_text(sqlite3_context *ctx, const char *text) {
  sqlite3_result_text(ctx, text, -1, SQLITE_STATIC);
}

/* 1 for on, 0 for off, -1 for anything else. */
static int switch_of(sqlite3_value *value) {
  const char *text = (const char *)sqlite3_value_text(value);

  if (!text) return -1;
  if (!sqlite3_stricmp(text, "on") || !sqlite3_stricmp(text, "1")) return 1;
  if (!sqlite3_stricmp(text, "off") || !sqlite3_stricmp(text, "0")) return 0;
  return -1;
}

static void get_hook(sqlite3_context *ctx, hp_conn *c) {
  answer_text(ctx, hp_hook_is_off(c)     ? "off"
                   : hp_hook_is_alive(c) ? "on"
                                         : "displaced");
}

static bool set_hook(hp_conn *c, sqlite3_value *value) {
  int on = switch_of(value);

  if (on < 0) return false;
  hp_trace_settle(c);
  if (!on) return hp_hook_remove(c) == SQLITE_OK;
  hp_trace_skip(c);
  return hp_trace_begin(c) == SQLITE_OK && hp_hook_install(c) == SQLITE_OK;
}

static void get_slow_ms(sqlite3_context *ctx, hp_conn *c) {
  (void)c;
  sqlite3_result_double(ctx, (double)hp_slow_threshold_ns() / 1e6);
}

static bool set_slow_ms(hp_conn *c, sqlite3_value *value) {
  double ms = sqlite3_value_double(value);

  (void)c;
  if (sqlite3_value_numeric_type(value) == SQLITE_TEXT) return false;
  if (!(ms >= 0 && ms <= 1e9)) return false;
  hp_slow_set_threshold((int64_t)(ms * 1e6));
  return true;
}

static void get_nplus1_ms(sqlite3_context *ctx, hp_conn *c) {
  (void)c;
  sqlite3_result_double(ctx, (double)hp_suspects_benign_ns() / 1e6);
}

static bool set_nplus1_ms(hp_conn *c, sqlite3_value *value) {
  double ms = sqlite3_value_double(value);

  (void)c;
  if (sqlite3_value_numeric_type(value) == SQLITE_TEXT) return false;
  if (!(ms >= 0 && ms <= 1e9)) return false;
  hp_suspects_set_benign((int64_t)(ms * 1e6));
  return true;
}

static void get_max(sqlite3_context *ctx, hp_conn *c) {
  hp_stats_totals totals;

  (void)c;
  hp_stats_totals_get(&totals);
  sqlite3_result_int64(ctx, totals.max_entries);
}

static bool set_max(hp_conn *c, sqlite3_value *value) {
  int64_t n = sqlite3_value_int64(value);

  (void)c;
  if (n < HP_STATS_LOWEST_MAX || n > HP_STATS_HIGHEST_MAX) return false;
  hp_stats_set_max(n);
  return true;
}

static void get_sample(sqlite3_context *ctx, hp_conn *c) {
  (void)c;
  sqlite3_result_int(ctx, hp_trace_sample());
}

static bool set_sample(hp_conn *c, sqlite3_value *value) {
  int64_t every = sqlite3_value_int64(value);

  if (sqlite3_value_numeric_type(value) != SQLITE_INTEGER) return false;
  if (every < 1 || every > HP_TRACE_MAX_SAMPLE) return false;
  hp_trace_settle(c);
  hp_trace_set_sample((int)every);
  return true;
}

static void get_values(sqlite3_context *ctx, hp_conn *c) {
  (void)c;
  answer_text(ctx, hp_slow_has_values() ? "on" : "off");
}

static bool set_values(hp_conn *c, sqlite3_value *value) {
  int on = switch_of(value);

  (void)c;
  if (on < 0) return false;
  hp_slow_set_values(on);
  return true;
}

static void get_persist(sqlite3_context *ctx, hp_conn *c) {
  char *path = hp_persist_path();

  (void)c;
  if (path)
    sqlite3_result_text(ctx, path, -1, sqlite3_free);
  else
    sqlite3_result_error_nomem(ctx);
}

/* The statistics' file must be another than the application's. */
static bool set_persist(hp_conn *c, sqlite3_value *value) {
  const char *path = (const char *)sqlite3_value_text(value);
  const char *main_file = sqlite3_db_filename(c->db, "main");
  char *full;
  bool is_set;

  if (!path) return false;
  full = realpath(path, NULL);
  is_set = !(full && main_file && !strcmp(full, main_file));
  free(full);
  hp_trace_settle(c);
  return is_set && hp_persist_set(path) == SQLITE_OK;
}

static const setting settings[] = {
    {"hook", "'on' or 'off'", get_hook, set_hook},
    {"slow_ms", "a number of milliseconds from 0 to 1e9", get_slow_ms,
     set_slow_ms},
    {"nplus1_ms", "a number of milliseconds from 0 to 1e9", get_nplus1_ms,
     set_nplus1_ms},
    {"max_fingerprints", "an integer from 16 to 1000000", get_max, set_max},
    {"values", "'on' or 'off'", get_values, set_values},
    {"sample", "an integer from 1 to 1000000: one statement of so many",
     get_sample, set_sample},
    {"persist", "'' or the path of a file of its own that SQLite can write",
     get_persist, set_persist},
};

#define N_SETTINGS (sizeof settings / sizeof *settings)

static void refuse(sqlite3_context *ctx, char *message) {
  if (message)
    sqlite3_result_error(ctx, message, -1);
  else
    sqlite3_result_error_nomem(ctx);
  sqlite3_free(message);
}

static void refuse_name(sqlite3_context *ctx, const char *name) {
  sqlite3_str *s = sqlite3_str_new(NULL);

  sqlite3_str_appendf(s, "query_config() has no setting '%q'; there are ",
                      name ? name : "");
  for (size_t i = 0; i < N_SETTINGS; i++) {
    sqlite3_str_appendf(s, "%s%s", i ? ", " : "", settings[i].name);
  }
  refuse(ctx, sqlite3_str_finish(s));
}

static const setting *find(const char *name) {
  for (size_t i = 0; name && i < N_SETTINGS; i++) {
    if (!sqlite3_stricmp(settings[i].name, name)) return &settings[i];
  }
  return NULL;
}

static void config(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  const char *name = (const char *)sqlite3_value_text(argv[0]);
  hp_conn *c = sqlite3_user_data(ctx);
  const setting *s = find(name);

  if (!s) {
    refuse_name(ctx, name);
    return;
  }
  s->get(ctx, c);
  if (argc == 2 && !s->set(c, argv[1])) {
    refuse(ctx, sqlite3_mprintf("query_config('%s', value) takes %s", s->name,
                                s->allowed));
  }
}

static int64_t n_entries(void) {
  hp_stats_totals totals;

  hp_stats_totals_get(&totals);
  return totals.n_entries;
}

static bool names(const char *what, const char *part) {
  return !sqlite3_stricmp(what, part) || !sqlite3_stricmp(what, "all");
}

static void reset(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  const char *what = argc ? (const char *)sqlite3_value_text(argv[0]) : "all";

  if (!what) what = "";
  if (!names(what, "stats") && !names(what, "slow") && !names(what, "nplus1")) {
    refuse(ctx, sqlite3_mprintf("query_reset() forgets 'stats', 'slow', "
                                "'nplus1' or 'all', not '%q'",
                                what));
    return;
  }
  sqlite3_result_int64(ctx, names(what, "stats") ? n_entries() : 0);
  if (names(what, "slow")) hp_slow_reset();
  if (names(what, "nplus1")) hp_suspects_reset();
  if (!names(what, "stats")) return;
  hp_plan_log_reset();
  hp_trace_settle(sqlite3_user_data(ctx));
  hp_stats_reset(hp_clock_fast_ns());
}

static int add(hp_conn *c, const char *name, int n_args,
               void (*fn)(sqlite3_context *, int, sqlite3_value **)) {
  hp_conn *ref;
  int rc = hp_conn_open(c->db, &ref);

  if (rc) return rc;
  return sqlite3_create_function_v2(c->db, name, n_args,
                                    SQLITE_UTF8 | SQLITE_DIRECTONLY, ref, fn,
                                    NULL, NULL, hp_conn_close);
}

int hp_config_register(hp_conn *c) {
  int rc = add(c, "query_config", 1, config);

  if (!rc) rc = add(c, "query_config", 2, config);
  if (!rc) rc = add(c, "query_reset", 0, reset);
  if (!rc) rc = add(c, "query_reset", 1, reset);
  return rc;
}

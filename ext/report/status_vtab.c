/* SPDX-License-Identifier: MIT */
#include "report/status_vtab.h"

#include "base/hook.h"
#include "base/rowtab.h"
#include "base/version.h"
#include "cache/stamp.h"
#include "query/persist.h"
#include "query/slow.h"
#include "query/stats.h"
#include "query/trace.h"

static void put_text(hp_builder *out, const char *name, const char *value,
                     const char *comment) {
  hp_builder_text(out, name, -1);
  hp_builder_text(out, value, -1);
  hp_builder_null(out);
  hp_builder_text(out, comment, -1);
}

static void put_int(hp_builder *out, const char *name, int64_t value,
                    const char *unit, const char *comment) {
  hp_builder_text(out, name, -1);
  hp_builder_int(out, value);
  hp_builder_text(out, unit, -1);
  hp_builder_text(out, comment, -1);
}

static void put_hook(hp_conn *c, hp_builder *out) {
  if (!HP_HAS_API(trace_v2)) {
    put_text(out, "hook", "unsupported",
             "this SQLite was built without tracing: no statistics");
  } else if (hp_hook_is_off(c)) {
    put_text(out, "hook", "off",
             "query_config('hook','on') counts this connection again");
  } else if (hp_hook_is_alive(c)) {
    put_text(out, "hook", "alive", "this connection's statements are counted");
  } else {
    put_text(out, "hook", "displaced",
             "the application traces this connection itself; "
             "query_config('hook','on') takes the place back");
  }
}

static void put_overhead(hp_builder *out) {
  int64_t n;
  double ns = hp_trace_overhead_ns(&n);

  hp_builder_text(out, "hook_overhead", -1);
  if (n)
    hp_builder_real(out, (double)(int64_t)(ns * 10 + 0.5) / 10);
  else
    hp_builder_null(out);
  hp_builder_text(out, "ns", -1);
  hp_builder_text(out, "measured mean cost of counting one statement", -1);
  put_int(out, "hook_overhead_samples", n, NULL,
          "statements it was measured on, one in 1024");
}

static void put_statistics(hp_builder *out) {
  hp_stats_totals totals;
  int64_t n_slow, n_lost;

  hp_stats_totals_get(&totals);
  hp_slow_count(&n_slow, &n_lost);
  put_int(out, "fingerprints", totals.n_entries, NULL,
          "kept, of all connections of the process");
  put_int(out, "sample", hp_trace_sample(), NULL,
          "one statement of so many is recorded");
  put_int(out, "max_fingerprints", totals.max_entries, NULL,
          "beyond it the cheapest are folded into `other`");
  put_int(out, "evicted", totals.n_evicted, NULL, "folded into `other`");
  put_int(out, "statistics_memory", totals.n_bytes, "bytes",
          "of the fingerprints");
  put_int(out, "slow_queries", n_slow, NULL, "since the start or reset");
  put_int(out, "slow_queries_lost", n_lost, NULL, "for want of memory");
}

static void put_persistence(hp_builder *out) {
  int64_t n_written, n_failed;
  char *path = hp_persist_path();
  int rc;

  if (path && *path) {
    hp_persist_count(&n_written, &n_failed, &rc);
    put_text(out, "persist", path, "where the statistics are copied to");
    put_int(out, "persist_written", n_written, NULL, "times");
    put_int(out, "persist_failed", n_failed, NULL,
            n_failed ? sqlite3_errstr(rc) : "times");
  }
  sqlite3_free(path);
}

static const char *mode_name(hp_stamp_mode mode) {
  switch (mode) {
  case HP_STAMP_WAL: return "wal";
  case HP_STAMP_ROLLBACK: return "rollback";
  case HP_STAMP_IMMUTABLE: return "immutable";
  case HP_STAMP_NONE: break;
  }
  return "none";
}

static void put_sentinel(const char *path, hp_stamp_mode mode, int n_refs,
                         void *arg) {
  (void)n_refs;
  put_text(arg, "sentinel", mode_name(mode), path);
}

static int fill(hp_conn *c, const hp_rowtab *table, sqlite3_value **args,
                hp_builder *out, char **err) {
  (void)table, (void)args, (void)err;
  put_text(out, "version", hp_version, "of hotpath");
  put_text(out, "sqlite", sqlite3_libversion(), "that runs this connection");
  put_hook(c, out);
  put_overhead(out);
  put_statistics(out);
  put_persistence(out);
  put_int(out, "sqlite_memory", sqlite3_memory_used(), "bytes",
          "of SQLite and hotpath; 0 if SQLite was told not to count");
  hp_dbfile_each(put_sentinel, out);
  return SQLITE_OK;
}

static const hp_rowtab status_table = {
    .name = "hotpath_status",
    .columns = "name TEXT, value, unit TEXT, comment TEXT",
    .fill = fill,
};

int hp_status_register(hp_conn *c) {
  return hp_rowtab_register(c, &status_table);
}

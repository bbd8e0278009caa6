/* SPDX-License-Identifier: MIT */
#include "demo/see.h"

#include <stdio.h>

#include "demo/table.h"

int demo_see_stats(sqlite3 *db) {
  printf("  Where the time went (query_stats):\n");
  return demo_table_print(
      stdout, db,
      "SELECT query, calls, total_ms AS \"total ms\", "
      "mean_ms AS mean, p95_ms AS p95, "
      "fullscan_steps / calls AS \"rows scanned\" FROM query_stats "
      "ORDER BY total_ms DESC LIMIT 8",
      2, "No statement was seen.");
}

int demo_see_slow(sqlite3 *db) {
  printf("  The slowest single executions (slow_queries):\n");
  return demo_table_print(stdout, db,
                          "SELECT ms, query, plan FROM slow_queries "
                          "ORDER BY ms DESC LIMIT 5",
                          4, "None took longer than slow_ms.");
}

int demo_see_cache(sqlite3 *db) {
  printf("  What was cached (cache_stats):\n");
  return demo_table_print(
      stdout, db,
      "SELECT name AS \"cached table\", hits_l1 AS hits, misses, "
      "bypasses AS \"in own transaction\", "
      "printf('%.1f %%', 100.0 * hits_l1 / max(1, hits_l1 + misses)) "
      "AS \"hit rate\", saved_ms AS \"saved ms\", bytes "
      "FROM cache_stats WHERE name <> 'kv' AND hits_l1 + misses + bypasses > 0",
      1, "Nothing was read from a cached table.");
}

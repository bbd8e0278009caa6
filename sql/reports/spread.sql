-- SPDX-License-Identifier: MIT
-- Statements that are sometimes much slower than usual: locks, cold pages, or
-- values for which the plan is the wrong one.
--
--     .read sql/reports/spread.sql
SELECT round(p99_ms / max(p50_ms, 0.001), 1) AS p99_over_p50,
       round(p50_ms, 3) AS p50_ms, round(p99_ms, 3) AS p99_ms,
       round(max_ms, 3) AS max_ms, calls, pages_missed, query
FROM query_stats
WHERE calls >= 20 AND p99_ms > 10 * max(p50_ms, 0.001)
ORDER BY p99_ms * calls DESC
LIMIT 20;

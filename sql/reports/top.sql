-- SPDX-License-Identifier: MIT
-- Where the time went: each statement's share of all that was measured.
--
--     .read sql/reports/top.sql
--
-- These reports are statements to .read, not views: the analysis tables show
-- query text, which no view or trigger of a database may reach.
SELECT printf('%4.1f %%', 100 * total_ms / sum(total_ms) OVER ()) AS share,
       calls, round(total_ms, 1) AS total_ms, round(mean_ms, 3) AS mean_ms,
       round(p95_ms, 3) AS p95_ms, query
FROM query_stats
ORDER BY total_ms DESC
LIMIT 20;

-- SPDX-License-Identifier: MIT
-- Statements that read far more rows than they give: look for an index.
--
--     .read sql/reports/scans.sql
SELECT fullscan_steps / max(1, calls) AS rows_scanned_per_call,
       rows_returned / max(1, calls) AS rows_given_per_call,
       calls, round(total_ms, 1) AS total_ms, query
FROM query_stats
WHERE fullscan_steps > 100 * max(1, rows_returned)
ORDER BY total_ms DESC
LIMIT 20;

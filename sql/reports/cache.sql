-- SPDX-License-Identifier: MIT
-- Cached tables: how often they answer, why they do not, what they save.
--
--     .read sql/reports/cache.sql
SELECT name,
       printf('%5.1f %%', 100.0 * hits_l1 / max(1, hits_l1 + misses))
         AS hit_rate,
       hits_l1, misses, miss_cold, miss_stamp, miss_expired, miss_tag,
       miss_evicted, miss_snapshot, bypasses,
       round(saved_ms, 1) AS saved_ms, bytes
FROM cache_stats
ORDER BY saved_ms DESC;

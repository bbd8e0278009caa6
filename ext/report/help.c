/* SPDX-License-Identifier: MIT */
#include "report/help.h"

#include <stddef.h>

const hp_help hp_help_table[] = {
    /* Statement analysis. */
    {"query_stats", "table", "",
     "fingerprint, query, database, calls, errors, rows_returned, "
     "rows_changed, total_ms, min_ms, max_ms, mean_ms, stddev_ms, p50_ms, "
     "p95_ms, p99_ms, vm_steps, fullscan_steps, sorts, autoindexes, pages_hit, "
     "pages_missed, prepares, reprepares, first_seen, last_seen",
     "What statements cost, by shape, over all connections of the process; "
     "dearest first. errors and prepares are lower bounds.",
     "SELECT query, calls, total_ms, p95_ms FROM query_stats LIMIT 10"},
    {"slow_queries", "table", "",
     "at, ms, query, plan, rows_returned, rows_changed, vm_steps, "
     "fullscan_steps, sorts, autoindexes, fingerprint, database",
     "The latest 256 runs that took longer than slow_ms, newest first, values "
     "redacted, each with the plan as it would be now.",
     "SELECT at, ms, query, plan FROM slow_queries"},
    {"query_findings", "table", "",
     "rank, kind, what, evidence, fix, saves_ms, basis, fingerprint",
     "Look here first: what could be better, what shows it, what to do, and "
     "the milliseconds of the time recorded that it would save (basis: "
     "measured or estimate).",
     "SELECT kind, what, evidence, fix, saves_ms, basis FROM query_findings"},
    {"query_plans", "table", "",
     "fingerprint, query, calls, line, detail, warning, rows, weight, fix",
     "The plan of each recorded statement of this database, with what is wrong "
     "with it, rows per call, rows times calls, and what would put it right.",
     "SELECT query, detail, warning, weight, fix FROM query_plans "
     "WHERE warning IS NOT NULL ORDER BY weight DESC"},
    {"query_plan_changes", "table", "",
     "at, fingerprint, query, database, plan_before, plan_after, calls_before, "
     "mean_ms_before, vm_steps_before, calls_after, mean_ms_after, "
     "vm_steps_after",
     "Where a statement's plan became another one (noticed when plans are "
     "read), and what one call took before and after.",
     "SELECT query, mean_ms_before, mean_ms_after, plan_after FROM "
     "query_plan_changes"},
    {"query_access", "table", "",
     "fingerprint, query, database, table, column, mode, through, note",
     "The tables and columns that each recorded statement of this database "
     "reads or writes, and the view or trigger through which.",
     "SELECT query, mode, \"column\" FROM query_access "
     "WHERE \"table\" = 'card'"},
    {"nplus1_suspects", "table", "",
     "kind, query, source_query, bursts, calls, calls_per_burst, cost_ms, "
     "saving_ms, remedy, rewrite, confidence, verdict, prices",
     "Statements run once per row of another, repeated with the same values, "
     "written one per transaction or prepared anew for each call; what that "
     "costs and which remedy, measured now, would save most; dearest first.",
     "SELECT kind, query, calls, cost_ms, saving_ms, remedy, verdict "
     "FROM nplus1_suspects"},
    {"index_suggestions", "table", "[workload, budget_bytes, copy_bytes]",
     "action, ddl, table, gain, before_ms, after_ms, size_bytes, build_ms, "
     "helped, harmed, evidence",
     "Indexes to create or drop for the recorded statements (or a JSON array "
     "of texts or {sql, calls}), found by running them on a private copy of "
     "the database; gain is the share of the workload's cost saved. Also "
     "statements that no index helps (rewrite) or that could not be run "
     "(skipped), with the reason. New indexes take at most budget_bytes in "
     "all; of a database of more than copy_bytes (32 MB) a sample of about "
     "that size is tried, and says so. Takes seconds.",
     "SELECT action, ddl, gain, size_bytes, evidence FROM index_suggestions"},
    {"suggest_indexes", "table function", "sql[, budget_bytes, copy_bytes]",
     "the columns of index_suggestions", "The same for one statement.",
     "CREATE TABLE plant(id INTEGER PRIMARY KEY, name TEXT); "
     "SELECT ddl, gain FROM "
     "suggest_indexes('SELECT id FROM plant WHERE name = 1')"},
    {"index_verify", "table function", "statement[, workload, copy_bytes]",
     "the columns of index_suggestions",
     "What a CREATE INDEX statement of your own would do, measured on a "
     "private copy.",
     "CREATE TABLE IF NOT EXISTS herb(name TEXT); SELECT gain, size_bytes FROM "
     "index_verify('CREATE INDEX herb_name ON herb(name)')"},
    {"index_usage", "table", "",
     "index, table, columns, uses, statements, last_used, size_bytes, "
     "redundant_with, note",
     "The indexes of this database: recorded calls of statements whose plan "
     "uses each (triggers and foreign keys are in no plan), when last, its "
     "bytes (of databases up to 256 MB), and which other one makes it "
     "superfluous.",
     "SELECT \"index\", uses, size_bytes, redundant_with FROM index_usage"},
    {"query_normalize", "function", "sql", "TEXT",
     "The statement's normal form: literals become ?, lists collapse, case and "
     "white space are folded.",
     "SELECT query_normalize('select * from T where id in (1, 2, 3)')"},
    {"query_fingerprint", "function", "sql", "TEXT: 16 hexadecimal digits",
     "The hash of the statement's normal form, as in query_stats.fingerprint.",
     "SELECT query_fingerprint('select 1')"},
    {"query_config", "function", "name[, value]", "the setting; the old one",
     "Reads or sets hook (on, off), slow_ms, max_fingerprints, values (on: "
     "keep the values of slow statements), sample (one statement of so many is "
     "recorded, chosen by chance; no N+1 is looked for then), nplus1_ms (a "
     "burst that could be "
     "this much cheaper is worth fixing), persist (path of a file that "
     "keeps a copy of the statistics; '' for none).",
     "SELECT query_config('slow_ms', 50)"},
    {"query_export", "function", "", "TEXT: a JSON array",
     "The statistics, values redacted, to be added up by query_import() in "
     "another process.",
     "SELECT query_export()"},
    {"query_import", "function", "json", "INT: entries added",
     "Adds what query_export() gave in another process, or the entries of a "
     "file kept by query_config('persist', path).",
     "SELECT query_import('[]')"},
    {"query_reset", "function", "[what]", "INT: statements forgotten",
     "Forgets 'stats', 'slow', 'nplus1' or 'all'.",
     "SELECT query_reset('slow')"},
    /* The cache. */
    {"cached", "module", "(SELECT ...), option=value, ...",
     "the SELECT's columns; hidden: one per parameter, _source, _age_ms",
     "A table whose rows are those of the SELECT, computed once per set of "
     "arguments and kept until the database changes.",
     "CREATE TABLE card(id INTEGER PRIMARY KEY, front); "
     "CREATE VIRTUAL TABLE temp.cached_card USING cached("
     "(SELECT id, front FROM card WHERE id = :id)); "
     "SELECT * FROM cached_card(42); "
     "DROP TABLE cached_card; DROP TABLE card"},
    {"cache_stats", "table", "",
     "name, hits_l1, hits_l2, hits_stale, misses, miss_cold, miss_evicted, "
     "miss_expired, miss_stamp, miss_tag, miss_snapshot, bypasses, hit_ratio, "
     "computations, joins, refreshes, wasted_refreshes, not_stored, errors, "
     "timeouts, warmed, warm_left, saved_ms, compute_ms, entries, bytes, "
     "cap_bytes, evictions",
     "One row per cached table, and one for all of them.",
     "SELECT name, hits_l1, misses, saved_ms FROM cache_stats"},
    {"cache_entries", "table", "",
     "name, key, rows, bytes, cost_ms, hits, age_ms, ttl_left_ms, tags",
     "What is in the cache now.",
     "SELECT name, key, hits FROM cache_entries ORDER BY hits DESC LIMIT 10"},
    {"cache_tags", "table", "", "tag, version, hits, invalidations",
     "The tags that entries carry.", "SELECT tag, hits FROM cache_tags"},
    {"hp_calm", "table", "", "unused",
     "Always empty: where cached tables do the work of CREATE, while SQLite "
     "keeps the schema.",
     "SELECT count(*) FROM hp_calm"},
    {"cache_invalidate", "function", "tag, ...", "INT: tags invalidated",
     "Makes every entry with one of these tags unusable; 'deck:*' stands for "
     "all tags that begin so.",
     "SELECT cache_invalidate('deck:7')"},
    {"cache_clear", "function", "[name]", "INT: entries removed",
     "Empties the cache, or what one cached table put there; 'kv' stands for "
     "the key/value entries, 'kv:x' for those of namespace x.",
     "SELECT cache_clear()"},
    {"cache_warm", "function", "table, sql", "INT: answers computed and kept",
     "Makes sure that a cached table has the answers to all arguments that the "
     "SELECT gives; cache_stats shows how far it is.",
     "CREATE TABLE shelf(id INTEGER PRIMARY KEY); "
     "CREATE VIRTUAL TABLE temp.on_shelf USING cached("
     "(SELECT count(*) FROM shelf WHERE id = :id)); "
     "SELECT cache_warm('on_shelf', 'SELECT id FROM shelf'); "
     "DROP TABLE on_shelf; DROP TABLE shelf"},
    {"cache_refresh", "function", "table[, param, ...]",
     "INT: 1, or 0 if the answer could not be kept",
     "Computes the answer of a cached table to these arguments now, and puts "
     "it in place of the one that is there.",
     "CREATE TABLE shelf(id INTEGER PRIMARY KEY); "
     "CREATE VIRTUAL TABLE temp.on_shelf USING cached("
     "(SELECT count(*) FROM shelf WHERE id = :id)); "
     "SELECT cache_refresh('on_shelf', 7); "
     "DROP TABLE on_shelf; DROP TABLE shelf"},
    {"cache_define", "function", "[name, sql[, options]]", "INT: tables made",
     "Makes a cached table in temp and keeps its definition in the database, "
     "in hotpath_definitions; without arguments makes all the tables that are "
     "defined there and that this connection does not have yet.",
     "CREATE TABLE shelf(id INTEGER PRIMARY KEY); "
     "SELECT cache_define('on_shelf', 'SELECT count(*) FROM shelf', 'ttl=60'); "
     "SELECT cache_define(); "
     "SELECT cache_undefine('on_shelf'); DROP TABLE shelf"},
    {"cache_undefine", "function", "name", "INT: definitions forgotten",
     "Drops the cached table of this name and its definition.",
     "SELECT cache_undefine('nothing')"},
    {"cache_track", "function", "table", "INT: 1, or 0 if it was tracked",
     "Makes triggers on a table of main that write, with each change of a row, "
     "a new number into hotpath_generations, which cached tables with "
     "consistency=tracked go by. Writing a row then costs one more.",
     "CREATE TABLE shelf(id INTEGER PRIMARY KEY); SELECT cache_track('shelf'); "
     "DROP TABLE shelf; DROP TABLE hotpath_generations"},
    {"cache_untrack", "function", "table", "INT: 1, or 0 if it was not",
     "Takes the triggers and the number away.",
     "CREATE TABLE shelf(id INTEGER PRIMARY KEY); SELECT cache_track('shelf'); "
     "SELECT cache_untrack('shelf'); DROP TABLE shelf"},
    {"cache_set", "function", "key, value[, ttl[, tag, ...]]",
     "INT: 1, or 0 if it is too large to be kept",
     "Keeps a value of any type under a key of any type, for ttl seconds "
     "(NULL: for good), for every connection of the process. It is not undone "
     "by ROLLBACK.",
     "SELECT cache_set('rate', 1.25, 60, 'rates')"},
    {"cache_get", "function", "key", "the value, or NULL",
     "The value kept under the key.", "SELECT cache_get('rate')"},
    {"cache_fetch", "function", "key, ttl, sql[, param, ...]", "the value",
     "The value kept under the key; if there is none, the first column of the "
     "SELECT's first row, computed by one thread at a time and kept for ttl "
     "seconds.",
     "SELECT cache_fetch('answer', 60, 'SELECT ? * 7', 6)"},
    {"cache_exists", "function", "key", "INT: 1 or 0",
     "Is there a value under the key?", "SELECT cache_exists('rate')"},
    {"cache_ttl", "function", "key",
     "REAL: seconds; -1: does not expire; NULL: no value",
     "How long the value has to live.", "SELECT cache_ttl('rate')"},
    {"cache_touch", "function", "key[, ttl]", "INT: 1, or 0 if no value",
     "Gives the value another time to live, from now on.",
     "SELECT cache_touch('rate', 60)"},
    {"cache_incr", "function", "key[, by]", "INT: the sum",
     "Adds to the integer kept under the key (0 if none) in one atomic step.",
     "SELECT cache_incr('visits')"},
    {"cache_tag", "function", "key, tag, ...", "INT: 1, or 0 if no value",
     "Adds tags to the value, for cache_invalidate().",
     "SELECT cache_tag('rate', 'rates')"},
    {"cache_delete", "function", "key, ...", "INT: values that were there",
     "Forgets the values; one that is being computed is not kept either.",
     "SELECT cache_delete('rate')"},
    {"cache_config", "function", "name[, value]", "the setting; the old one",
     "Reads or sets cap_bytes, cap_entries, policy, enabled, precision (of "
     "invalidation: table or database), wait_ms (for "
     "another thread that computes the same) and namespace (of the keys of "
     "cache_set and its kin, for this connection).",
     "SELECT cache_config('cap_bytes')"},
    {"cache_quiesce", "function", "[seconds]", "NULL",
     "Closes the sentinels for that time, so that the journal mode can be "
     "changed or the file be locked.",
     "SELECT cache_quiesce(1)"},
    /* The whole. */
    {"hotpath_status", "table", "", "name, value, unit, comment",
     "How hotpath is doing: its hook, memory and cost, its sentinels.",
     "SELECT name, value, unit FROM hotpath_status"},
    {"hotpath_help", "table", "",
     "name, kind, arguments, returns, purpose, example", "This table.",
     "SELECT name, purpose FROM hotpath_help"},
    {"hotpath_report", "function", "format", "TEXT",
     "'migration': the advice of index_suggestions as SQL to run, with "
     "comments "
     "that carry the figures and how to undo each step. Takes seconds.",
     "SELECT hotpath_report('migration')"},
    {"hotpath_version", "function", "", "TEXT", "The version of hotpath.",
     "SELECT hotpath_version()"},
    {"hotpath_debug", "function", "", "TEXT",
     "Versions and build, to put into a bug report.", "SELECT hotpath_debug()"},
    {.name = NULL},
};

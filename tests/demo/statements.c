/* SPDX-License-Identifier: MIT */
#include "demo/statements.h"

/* One answer per deck, kept until the database changes. */
#define DECK_STATS                                                             \
  "SELECT name, cards, reviews, lapses, average_rating, last_review "          \
  "FROM deck_statistics WHERE deck_id = "
#define DAILY_USAGE                                                            \
  "SELECT day, model, stage, requests, tokens, cost_microusd "                 \
  "FROM daily_usage WHERE day >= "
#define PROGRESS "SELECT status, words FROM batch_progress WHERE batch_id = "
#define CARD                                                                   \
  "SELECT c.id AS card, c.front, c.back, c.position, v.reading, v.pos "        \
  "FROM cards AS c JOIN vocabulary AS v ON v.id = c.vocabulary_id "            \
  "WHERE c.id = "
#define CARD_TAGS                                                              \
  "SELECT t.name FROM card_tags AS ct JOIN tags AS t ON t.id = ct.tag_id "     \
  "WHERE ct.card_id = "

static const demo_statement statements[DEMO_STATEMENTS] = {
    [DEMO_BATCH_OPEN] = {"INSERT INTO import_batches (source, created_at) "
                         "VALUES (?1, ?2)",
                         0},
    [DEMO_BATCH_LAST] = {"SELECT max(id) FROM import_batches", 0},
    [DEMO_WORD_FIND] = {"SELECT id FROM vocabulary "
                        "WHERE headword = ?1 AND reading = ?2 "
                        "ORDER BY id LIMIT 1",
                        0},
    [DEMO_WORD_ADD] = {"INSERT INTO vocabulary "
                       "(batch_id, headword, reading, gloss) "
                       "VALUES (?1, ?2, ?3, ?4)",
                       0},
    [DEMO_QUEUE_ADD] = {"INSERT INTO processing_queue "
                        "(batch_id, vocabulary_id, priority, queued_at) "
                        "VALUES (?1, ?2, ?3, ?4)",
                        0},
    [DEMO_BATCH_CLOSE] = {"UPDATE import_batches SET status = 'done', "
                          "completed_at = ?2, word_count = "
                          "(SELECT count(*) FROM processing_queue "
                          "WHERE batch_id = ?1) WHERE id = ?1",
                          0},
    [DEMO_QUEUE_NEXT] = {"SELECT id, vocabulary_id FROM processing_queue "
                         "WHERE batch_id = ?1 AND status = 'pending' "
                         "AND retry_count < max_retries "
                         "ORDER BY priority DESC, id LIMIT 1",
                         0},
    [DEMO_QUEUE_START] = {"UPDATE processing_queue SET "
                          "status = 'in_progress', started_at = ?2 "
                          "WHERE id = ?1",
                          0},
    [DEMO_WORD_GET] = {"SELECT headword || '|' || reading, gloss "
                       "FROM vocabulary WHERE id = ?1",
                       0},
    [DEMO_USAGE_DAY] = {"SELECT sum(tokens) FROM api_usage "
                        "WHERE created_at >= ?1",
                        0},
    [DEMO_USAGE_MONTH] = {"SELECT sum(cost_microusd) FROM api_usage "
                          "WHERE created_at >= ?1",
                          0},
    [DEMO_STAGE_FIND] = {"SELECT id, response, tokens FROM stage_results "
                         "WHERE stage = ?1 AND cache_key = ?2",
                         0},
    [DEMO_STAGE_TOUCH] = {"UPDATE stage_results SET use_count = use_count + 1, "
                          "last_used_at = ?2 WHERE id = ?1",
                          0},
    [DEMO_STAGE_ADD] = {"INSERT INTO stage_results (stage, cache_key, "
                        "vocabulary_id, response, tokens, created_at) "
                        "SELECT ?1, ?2, id, json_object('word', headword, "
                        "'reading', reading, 'meanings', "
                        "replace(gloss, '/', '; ')), "
                        "length(gloss) / 3 + 40 * ?1, ?4 "
                        "FROM vocabulary WHERE id = ?3",
                        0},
    [DEMO_USAGE_ADD] = {"INSERT INTO api_usage (request_id, model, stage, "
                        "tokens, cost_microusd, created_at) "
                        "SELECT ?1, 'model-' || ?2, ?2, tokens, 3 * tokens, ?4 "
                        "FROM stage_results WHERE stage = ?2 "
                        "AND cache_key = ?3",
                        0},
    [DEMO_CARD_ADD] = {"INSERT INTO cards (deck_id, vocabulary_id, position, "
                       "front, back, created_at) "
                       "SELECT ?1, id, ?3, headword, "
                       "replace(gloss, '/', '; '), ?4 "
                       "FROM vocabulary WHERE id = ?2",
                       0},
    [DEMO_CARD_LAST] = {"SELECT max(id) FROM cards", 0},
    [DEMO_CARD_TAG] = {"INSERT INTO card_tags (card_id, tag_id) "
                       "VALUES (?1, ?2)",
                       0},
    [DEMO_QUEUE_DONE] = {"UPDATE processing_queue SET status = 'completed', "
                         "completed_at = ?2 WHERE id = ?1",
                         0},
    [DEMO_PROGRESS] = {PROGRESS "?1 ORDER BY status",
                       "SELECT * FROM temp.cached_progress(?1)"},
    [DEMO_DECK_STATS] = {DECK_STATS "?1",
                         "SELECT * FROM temp.cached_deck_stats(?1)"},
    [DEMO_DAILY_USAGE] = {DAILY_USAGE "?1 ORDER BY day, model, stage",
                          "SELECT * FROM temp.cached_daily_usage(?1)"},
    [DEMO_SESSION_CARDS] = {"SELECT id FROM cards WHERE deck_id = ?1 "
                            "AND position > ?2 ORDER BY position LIMIT ?3",
                            0},
    [DEMO_CARD_GET] = {CARD "?1", "SELECT * FROM temp.cached_card(?1)"},
    [DEMO_CARD_TAGS] = {CARD_TAGS "?1 ORDER BY t.name",
                        "SELECT * FROM temp.cached_card_tags(?1)"},
    [DEMO_REVIEW_ADD] = {"INSERT INTO reviews (card_id, rating, "
                         "interval_days, reviewed_at, due_at) VALUES "
                         "(?1, ?2, ?2 * 2, ?3, date(?3, (?2 * 2) || ' days'))",
                         0},
};

const demo_statement *demo_statement_get(demo_statement_id id) {
  return &statements[id];
}

const char *demo_cached_tables_sql(void) {
  return "CREATE VIRTUAL TABLE temp.cached_deck_stats USING cached((" DECK_STATS
         ":deck));"
         "CREATE VIRTUAL TABLE temp.cached_progress USING cached((" PROGRESS
         ":batch ORDER BY status));"
         "CREATE VIRTUAL TABLE temp.cached_daily_usage USING "
         "cached((" DAILY_USAGE ":since ORDER BY day, model, stage));"
         "CREATE VIRTUAL TABLE temp.cached_card USING cached((" CARD
         ":card_id));"
         "CREATE VIRTUAL TABLE temp.cached_card_tags USING cached((" CARD_TAGS
         ":card_id ORDER BY t.name));";
}

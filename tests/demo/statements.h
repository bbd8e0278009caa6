/* SPDX-License-Identifier: MIT
**
** The statements of the flashcards application, named. Both ways of running
** the pipeline execute these, in the same order with the same parameters; a
** statement with a `cached` form may read a cached table instead, which has
** to give the same rows.
*/
#ifndef DEMO_STATEMENTS_H
#define DEMO_STATEMENTS_H

typedef enum demo_statement_id {
  DEMO_BATCH_OPEN,    /* ?1 source, ?2 now */
  DEMO_BATCH_LAST,    /* → id of the newest batch */
  DEMO_WORD_FIND,     /* ?1 headword, ?2 reading → id */
  DEMO_WORD_ADD,      /* ?1 batch, ?2 headword, ?3 reading, ?4 gloss */
  DEMO_QUEUE_ADD,     /* ?1 batch, ?2 vocabulary, ?3 priority, ?4 now */
  DEMO_BATCH_CLOSE,   /* ?1 batch, ?2 now */
  DEMO_QUEUE_NEXT,    /* ?1 batch → queue id, vocabulary id */
  DEMO_QUEUE_START,   /* ?1 queue id, ?2 now */
  DEMO_WORD_GET,      /* ?1 vocabulary → key, gloss */
  DEMO_USAGE_DAY,     /* ?1 start of the day → tokens */
  DEMO_USAGE_MONTH,   /* ?1 start of the month → millionths of a dollar */
  DEMO_STAGE_FIND,    /* ?1 stage, ?2 key → id */
  DEMO_STAGE_TOUCH,   /* ?1 result id, ?2 now */
  DEMO_STAGE_ADD,     /* ?1 stage, ?2 key, ?3 vocabulary, ?4 now */
  DEMO_USAGE_ADD,     /* ?1 request id, ?2 stage, ?3 key, ?4 now */
  DEMO_CARD_ADD,      /* ?1 deck, ?2 vocabulary, ?3 position, ?4 now */
  DEMO_CARD_LAST,     /* → id of the newest card */
  DEMO_CARD_TAG,      /* ?1 card, ?2 tag */
  DEMO_QUEUE_DONE,    /* ?1 queue id, ?2 now */
  DEMO_PROGRESS,      /* ?1 batch → words per status */
  DEMO_DECK_STATS,    /* ?1 deck → the dashboard's row */
  DEMO_DAILY_USAGE,   /* ?1 start of the month → rows of the month */
  DEMO_SESSION_CARDS, /* ?1 deck, ?2 last position, ?3 count → card ids */
  DEMO_CARD_GET,      /* ?1 card → the card, its word */
  DEMO_CARD_TAGS,     /* ?1 card → tag names */
  DEMO_REVIEW_ADD,    /* ?1 card, ?2 rating, ?3 now */
  DEMO_STATEMENTS     /* how many there are */
} demo_statement_id;

typedef struct demo_statement {
  const char *sql;    /* as the application writes it */
  const char *cached; /* reads a cached table; NULL: not worth caching */
} demo_statement;

/* The statement called id; lives as long as the program. */
const demo_statement *demo_statement_get(demo_statement_id id);

/* Creates the cached tables that the cached forms read, in temp. */
const char *demo_cached_tables_sql(void);

#endif

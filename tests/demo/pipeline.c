/* SPDX-License-Identifier: MIT */
#include "demo/pipeline.h"

#include <stdio.h>

#include "demo/base.h"
#include "demo/say.h"

enum {
  BLOCK = 50,      /* cards between two looks at the dashboards */
  SESSION = 20,    /* cards of a study session */
  SHOWN = 3,       /* times a session shows each card */
  MAX_TAG_KIND = 5 /* tags 1 … 5 name a kind, 6 … 8 a topic */
};

/* One run: where it stands. Time is a count of seconds of its own, so that
** two runs write the same rows. */
typedef struct work {
  demo_app *app;
  const demo_list *list;
  demo_run *run;
  demo_progress progress;
  sqlite3_int64 batch; /* id of the import */
  int tick;            /* seconds since the day began */
  char now[32];        /* ISO 8601 UTC */
  int viewer;          /* people who looked at a dashboard so far */
} work;

#define RUN(w, id, result, ...)                                                \
  demo_app_run((w)->app, id, (const demo_arg[]){__VA_ARGS__},                  \
               sizeof((const demo_arg[]){__VA_ARGS__}) / sizeof(demo_arg),     \
               result)

const char *demo_phase_name(demo_phase phase) {
  static const char *const names[DEMO_PHASES] = {"set up", "import", "process",
                                                 "dashboard", "study"};

  return names[phase];
}

double demo_run_total_s(const demo_run *run) {
  double total = 0;
  int i;

  for (i = 0; i < DEMO_PHASES; i++) total += run->seconds[i];
  return total;
}

static const char *tick(work *w) {
  int t = ++w->tick;

  snprintf(w->now, sizeof(w->now), DEMO_TODAY "T%02d:%02d:%02dZ", t / 3600 % 24,
           t / 60 % 60, t % 60);
  return w->now;
}

/* Adds the time and statements of a piece of work to its phase. */
static int timed(work *w, demo_phase phase, int (*step)(work *, int), int at) {
  double before_s = demo_now_s();
  int64_t before = demo_app_statements(w->app);
  int rc = step(w, at);

  w->run->seconds[phase] += demo_now_s() - before_s;
  w->run->statements[phase] += demo_app_statements(w->app) - before;
  return rc;
}

static int import_word(work *w, int i) {
  demo_arg word = DEMO_TEXT(w->list->headwords[i]);
  demo_arg reading = DEMO_TEXT(w->list->readings[i]);
  demo_arg batch = DEMO_INT(w->batch);
  demo_result found;
  int rc = RUN(w, DEMO_WORD_FIND, &found, word, reading);

  if (rc == 0 && found.rows == 0) {
    rc = RUN(w, DEMO_WORD_ADD, NULL, batch, word, reading,
             DEMO_TEXT("(n) a word of the lesson"));
    if (rc == 0) rc = RUN(w, DEMO_WORD_FIND, &found, word, reading);
  }
  if (rc != 0) return rc;
  return RUN(w, DEMO_QUEUE_ADD, NULL, batch, DEMO_INT(found.ids[0]),
             DEMO_INT(1 + i % 10), DEMO_TEXT(tick(w)));
}

static int import_list(work *w, int at) {
  demo_result batch;
  int rc = demo_app_begin(w->app), i;

  (void)at;
  if (rc == 0) {
    rc = RUN(w, DEMO_BATCH_OPEN, NULL, DEMO_TEXT("lesson"), DEMO_TEXT(tick(w)));
  }
  if (rc == 0) rc = demo_app_run(w->app, DEMO_BATCH_LAST, NULL, 0, &batch);
  if (rc == 0) w->batch = batch.ids[0];
  for (i = 0; rc == 0 && i < w->list->n; i++) {
    rc = import_word(w, i);
    demo_progress_step(&w->progress);
  }
  if (rc == 0) {
    rc = RUN(w, DEMO_BATCH_CLOSE, NULL, DEMO_INT(w->batch), DEMO_TEXT(tick(w)));
  }
  return rc == 0 ? demo_app_commit(w->app) : rc;
}

/* Asks the model about a word, unless the answer is known. */
static int ask_stage(work *w, int stage, const char *key,
                     sqlite3_int64 vocabulary) {
  char request[64];
  demo_result found;
  int rc = RUN(w, DEMO_USAGE_DAY, NULL, DEMO_TEXT(DEMO_TODAY));

  if (rc == 0) rc = RUN(w, DEMO_USAGE_MONTH, NULL, DEMO_TEXT(DEMO_MONTH));
  if (rc == 0) {
    rc = RUN(w, DEMO_STAGE_FIND, &found, DEMO_INT(stage), DEMO_TEXT(key));
  }
  if (rc != 0) return rc;
  if (found.rows > 0) {
    return RUN(w, DEMO_STAGE_TOUCH, NULL, DEMO_INT(found.ids[0]),
               DEMO_TEXT(tick(w)));
  }
  rc = RUN(w, DEMO_STAGE_ADD, NULL, DEMO_INT(stage), DEMO_TEXT(key),
           DEMO_INT(vocabulary), DEMO_TEXT(tick(w)));
  if (rc != 0) return rc;
  snprintf(request, sizeof(request), "request-%d", w->tick);
  return RUN(w, DEMO_USAGE_ADD, NULL, DEMO_TEXT(request), DEMO_INT(stage),
             DEMO_TEXT(key), DEMO_TEXT(w->now));
}

static int make_card(work *w, int position, sqlite3_int64 vocabulary) {
  demo_result card;
  int rc = RUN(w, DEMO_CARD_ADD, NULL, DEMO_INT(DEMO_NEW_DECK),
               DEMO_INT(vocabulary), DEMO_INT(position), DEMO_TEXT(tick(w)));

  if (rc == 0) rc = demo_app_run(w->app, DEMO_CARD_LAST, NULL, 0, &card);
  if (rc == 0) {
    rc = RUN(w, DEMO_CARD_TAG, NULL, DEMO_INT(card.ids[0]),
             DEMO_INT(1 + position % MAX_TAG_KIND));
  }
  if (rc == 0) {
    rc = RUN(w, DEMO_CARD_TAG, NULL, DEMO_INT(card.ids[0]),
             DEMO_INT(MAX_TAG_KIND + 1 + position % 3));
  }
  return rc;
}

static int process_word(work *w, int position) {
  demo_result next, word;
  int rc = RUN(w, DEMO_QUEUE_NEXT, &next, DEMO_INT(w->batch));

  if (rc != 0) return rc;
  if (next.rows != 1) return demo_fail("the queue is empty too soon.");
  rc =
      RUN(w, DEMO_QUEUE_START, NULL, DEMO_INT(next.ids[0]), DEMO_TEXT(tick(w)));
  if (rc == 0) rc = RUN(w, DEMO_WORD_GET, &word, DEMO_INT(next.ids[1]));
  if (rc == 0) rc = ask_stage(w, 1, word.text, next.ids[1]);
  if (rc == 0) rc = ask_stage(w, 2, word.text, next.ids[1]);
  if (rc == 0) rc = make_card(w, position, next.ids[1]);
  if (rc == 0) {
    rc = RUN(w, DEMO_QUEUE_DONE, NULL, DEMO_INT(next.ids[0]),
             DEMO_TEXT(tick(w)));
  }
  if (rc == 0) rc = RUN(w, DEMO_PROGRESS, NULL, DEMO_INT(w->batch));
  return rc;
}

static int process_block(work *w, int from) {
  int rc = demo_app_begin(w->app), i;

  for (i = from; rc == 0 && i < from + BLOCK && i < w->list->n; i++) {
    rc = process_word(w, i + 1);
    demo_progress_step(&w->progress);
  }
  return rc == 0 ? demo_app_commit(w->app) : rc;
}

/* Half of the people look at the new deck, the others at older ones, most at
** the first few: squares modulo 20 fall on six decks. */
static int look_at_dashboards(work *w, int from) {
  int rc = 0, i, v, deck;

  for (i = from; rc == 0 && i < from + BLOCK && i < w->list->n; i++) {
    v = w->viewer++;
    deck = v % 2 == 0 ? DEMO_NEW_DECK : 1 + v * v % DEMO_OLD_DECKS;
    rc = RUN(w, DEMO_PROGRESS, NULL, DEMO_INT(w->batch));
    if (rc == 0) rc = RUN(w, DEMO_DAILY_USAGE, NULL, DEMO_TEXT(DEMO_MONTH));
    if (rc == 0) rc = RUN(w, DEMO_DECK_STATS, NULL, DEMO_INT(deck));
  }
  return rc;
}

static int answer(work *w, const demo_result *cards) {
  int rc = demo_app_begin(w->app), i;

  for (i = 0; rc == 0 && i < cards->rows; i++) {
    rc = RUN(w, DEMO_REVIEW_ADD, NULL, DEMO_INT(cards->ids[i]),
             DEMO_INT(1 + cards->ids[i] % 4), DEMO_TEXT(tick(w)));
  }
  return rc == 0 ? demo_app_commit(w->app) : rc;
}

static int study_session(work *w, int from) {
  demo_result cards;
  int rc, round, i;

  rc = RUN(w, DEMO_SESSION_CARDS, &cards, DEMO_INT(DEMO_NEW_DECK),
           DEMO_INT(from), DEMO_INT(SESSION));
  for (round = 0; round < SHOWN; round++) {
    for (i = 0; rc == 0 && i < cards.rows; i++) {
      rc = RUN(w, DEMO_CARD_GET, NULL, DEMO_INT(cards.ids[i]));
      if (rc == 0) rc = RUN(w, DEMO_CARD_TAGS, NULL, DEMO_INT(cards.ids[i]));
    }
  }
  if (rc == 0) rc = answer(w, &cards);
  for (i = 0; rc == 0 && i < SESSION; i++) demo_progress_step(&w->progress);
  if (rc != 0) return rc;
  return RUN(w, DEMO_DECK_STATS, NULL, DEMO_INT(DEMO_NEW_DECK));
}

int demo_pipeline_run(demo_app *app, const demo_list *list, demo_run *run) {
  work w = {.app = app, .list = list, .run = run};
  int rc, at;

  demo_progress_begin(&w.progress, "cards imported, made, studied",
                      3 * (int64_t)list->n);
  rc = timed(&w, DEMO_IMPORT, import_list, 0);
  for (at = 0; rc == 0 && at < list->n; at += BLOCK) {
    rc = timed(&w, DEMO_PROCESS, process_block, at);
    if (rc == 0) rc = timed(&w, DEMO_DASHBOARD, look_at_dashboards, at);
  }
  for (at = 0; rc == 0 && at < list->n; at += SESSION) {
    rc = timed(&w, DEMO_STUDY, study_session, at);
  }
  run->answers = demo_app_answers(app);
  if (rc == 0) demo_progress_end(&w.progress, NULL);
  return rc;
}

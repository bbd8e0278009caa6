/* SPDX-License-Identifier: MIT
**
** The flashcards pipeline: a list of words becomes a deck, which is then
** studied. Four kinds of work, timed apart:
**
**   import     each word is looked up in the dictionary and queued
**   process    each queued word passes two stages of a language model (whose
**              answer is made from the dictionary, at once) and is a card;
**              what the day and the month have cost is asked before a request
**   dashboard  after every 50 cards, 50 people look at progress, usage, decks
**   study      20 cards a session, each shown three times, then the answers
*/
#ifndef DEMO_PIPELINE_H
#define DEMO_PIPELINE_H

#include <stdint.h>

#include "demo/app.h"

typedef enum demo_phase {
  DEMO_SETUP, /* connecting, and the indexes of migrations/009 */
  DEMO_IMPORT,
  DEMO_PROCESS,
  DEMO_DASHBOARD,
  DEMO_STUDY,
  DEMO_PHASES
} demo_phase;

/* The words to import; one in twenty is new to the dictionary. */
typedef struct demo_list {
  int n;
  char **headwords; /* owned, UTF-8 */
  char **readings;  /* owned, UTF-8 */
} demo_list;

/* What one run gave. */
typedef struct demo_run {
  double seconds[DEMO_PHASES];
  int64_t statements[DEMO_PHASES];
  uint64_t answers; /* hash of every row that was read, in order */
  uint64_t content; /* hash of the tables it left */
  int64_t rows;     /* rows in them */
  int tables;       /* how many there are */
} demo_run;

/* Chooses n words of the dictionary at path, the same ones every time.
** Returns 0, or 1 after a sentence on stderr; free in either case. */
int demo_list_init(demo_list *list, const char *path, int n);
void demo_list_term(demo_list *list);

/* Name of a phase; lives as long as the program. */
const char *demo_phase_name(demo_phase phase);

/* Seconds of all phases together. */
double demo_run_total_s(const demo_run *run);

/* Runs the whole pipeline for list through app. run->seconds[DEMO_SETUP] is
** the caller's. Returns 0, or 1 after a sentence on stderr. */
int demo_pipeline_run(demo_app *app, const demo_list *list, demo_run *run);

#endif

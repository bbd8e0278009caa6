/* SPDX-License-Identifier: MIT
**
** The database both ways of running the pipeline start from: the flashcards
** schema without its secondary indexes, the dictionary, and a year of use:
** decks, cards, reviews, finished queue items, answers, usage. It is the same
** every time, and is kept between runs as long as its ingredients are.
*/
#ifndef DEMO_BASE_H
#define DEMO_BASE_H

#include <stdbool.h>

/* Makes sure that path holds the database. edict is the dictionary's file; a
** missing one means a generated vocabulary, which is said. Returns 0, or 1
** after a sentence on stderr. */
int demo_base_build(const char *path, const char *migrations,
                    const char *edict);

/* The moment at which the pipeline's runs begin, as the database has it. */
#define DEMO_TODAY "2026-01-15"
#define DEMO_MONTH "2026-01-01"

enum {
  DEMO_OLD_DECKS = 20,   /* decks there are before the run, ids 1 … 20 */
  DEMO_DECK_CARDS = 250, /* cards in each of them */
  DEMO_TAGS = 8,         /* tags there are, ids 1 … 8 */
  DEMO_NEW_DECK = 21     /* the empty deck that the run fills */
};

#endif

/* SPDX-License-Identifier: MIT
**
** What the command line asked for.
*/
#ifndef DEMO_OPTIONS_H
#define DEMO_OPTIONS_H

#include <stdbool.h>

typedef struct demo_options {
  const char *so;         /* the extension */
  const char *dir;        /* where databases are made */
  const char *migrations; /* folder of NNN_name.sql */
  const char *edict;      /* the dictionary's file */
  const char *db;         /* the user's own database, NULL: the flashcards */
  const char *sql;        /* a file of statements for it, or NULL */
  bool on_disk;           /* run on the disk, not in memory */
  int cards;              /* words to import, 1 … 5000 */
  int bench;              /* runs of each way, 0: tell the whole story */
} demo_options;

/* Reads argv into *out; strings are borrowed from argv. Returns 0, or 1 after
** a sentence on stderr. */
int demo_options_parse(int argc, char **argv, demo_options *out);

#endif

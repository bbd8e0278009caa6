/* SPDX-License-Identifier: MIT
**
** Everything that hotpath adds to SQL, for people. A test runs every example
** as it stands, on a fresh database with nothing in it, and checks that every
** registered name has a row and every row a registered name; another compares
** docs/REFERENCE.md with it.
*/
#ifndef HP_REPORT_HELP_H
#define HP_REPORT_HELP_H

typedef struct hp_help {
  const char *name;
  const char *kind;      /* "function", "table", "table function" or "module" */
  const char *arguments; /* "name[, value]"; "" for none */
  const char *returns;   /* a function's result, a table's columns */
  const char *purpose;   /* one sentence or two */
  const char *example;   /* statements that run, separated by semicolons */
} hp_help;

/* Ends with a row whose name is NULL. */
extern const hp_help hp_help_table[];

#endif

/* SPDX-License-Identifier: MIT
**
** The definition of a cached table: what stands between the parentheses of
**
**     CREATE VIRTUAL TABLE x USING cached((SELECT …), option=value, …)
**
** parsed and checked. Every mistake is one sentence that names the thing and
** what is allowed. A definition is constant once made; it belongs to one
** connection and its thread.
*/
#ifndef HP_CACHE_DEFINITION_H
#define HP_CACHE_DEFINITION_H

#include "base/sqlite_api.h"
#include "cache/options.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct hp_definition {
  char *name; /* of the table, as created */
  char *sql;  /* the SELECT, without the outer parentheses */
  hp_options options;
  int n_cols;        /* result columns */
  int n_params;      /* bind parameters: the hidden columns after them */
  char *columns;     /* the result columns as declared: names, types, … */
  char *declaration; /* CREATE TABLE text for sqlite3_declare_vtab */
  bool is_stored;    /* in a schema that somebody else may have written: not
                     ** in temp */
  char *params;      /* `id, deck`: for messages; "" if there are none */
} hp_definition;

/* Hidden columns after the parameters. */
enum { HP_HIDDEN_SOURCE, HP_HIDDEN_AGE, HP_N_HIDDEN };

/*
** Makes the definition from the arguments of xCreate: argv[1] is the schema,
** argv[2] the name, argv[3] the SELECT in parentheses, the rest options.
** SQLITE_OK, SQLITE_NOMEM or another code with *err a sentence (caller frees
** with sqlite3_free). *out is set only on success; free it with
** hp_definition_free().
*/
int hp_definition_new(sqlite3 *db, int argc, const char *const *argv,
                      hp_definition **out, char **err);

/*
** Are the result columns of stmt, d's SELECT prepared again, still those that
** the table was declared with? `SELECT *` changes when a column is renamed,
** dropped or added, and a value must not appear under another's name.
** SQLITE_OK, SQLITE_NOMEM or SQLITE_ERROR with *err a sentence (caller frees).
*/
int hp_definition_check(const hp_definition *d, sqlite3 *db, sqlite3_stmt *stmt,
                        char **err);

/* NULL and half-made ones are allowed. */
void hp_definition_free(hp_definition *d);

#endif

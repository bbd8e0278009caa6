/* SPDX-License-Identifier: MIT
**
** Which virtual tables a program opens. EXPLAIN prints a virtual table as the
** address of its sqlite3_vtab; the name behind the address is found by asking
** for the program of `SELECT 1 FROM name` for each virtual table whose name
** the statement, or a view, mentions.
**
** Only these modules are known to compute from their arguments or from tables
** in their own database: fts3, fts4, fts5, rtree, rtree_i32, geopoly,
** json_each, json_tree, generate_series; and "cached", which is ours.
*/
#ifndef HP_SCHEMA_VTABS_H
#define HP_SCHEMA_VTABS_H

#include "base/sqlite_api.h"

#include <stdbool.h>

typedef struct hp_vtab {
  char *address;  /* as EXPLAIN prints it: "vtab:55A8…" */
  char *module;   /* NULL when it could not be told */
  char *database; /* schema name: "main"; NULL: eponymous or not told */
  char *table;    /* ditto */
  char *sql;      /* its CREATE statement, or NULL */
  bool derived;   /* its text names a view or another virtual table of the
                  ** same database: what it reads is not known */
} hp_vtab;

/* Zero-initialised. */
typedef struct hp_vtabs {
  hp_vtab *at; /* n of them */
  int n;
} hp_vtabs;

/* Adds address unless it is there already. SQLITE_OK or SQLITE_NOMEM. */
HP_MUST_CHECK int hp_vtabs_add(hp_vtabs *v, const char *address);

/* Finds module and names of each address in v; what cannot be told stays NULL.
** sql is the statement that opens them. Prepares statements on db, which may
** connect virtual tables that sql or a view mentions.
** SQLITE_OK, or a code that is passing (SQLITE_BUSY, SQLITE_NOMEM …): all
** other errors leave addresses unresolved. */
HP_MUST_CHECK int hp_vtabs_resolve(hp_vtabs *v, sqlite3 *db, const char *sql);

/* True if the table is of that module (ASCII case is ignored). */
bool hp_vtab_is(const hp_vtab *v, const char *module);

/* True if the table's answers depend on nothing but its arguments and its own
** database. */
bool hp_vtab_is_plain(const hp_vtab *v);

/* True for the full-text modules. */
bool hp_vtab_is_fts(const hp_vtab *v);

/* Frees what v owns; may be called again. */
void hp_vtabs_term(hp_vtabs *v);

#endif

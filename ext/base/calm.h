/* SPDX-License-Identifier: MIT
**
** Running SQL inside xCreate and xConnect without pulling the floor away.
** When another connection has changed the schema, a statement that is
** prepared or stepped there makes SQLite throw away the schema in memory, and
** with it the table whose constructor is running: a use after free in SQLite
** itself (seen with 3.40.1; newer versions hold on to the table). From 3.38 on
** SQLite keeps the schema while xBestIndex runs. So the work is done inside the
** xBestIndex of a table of our own, `hp_calm`, which has no other use; there a
** changed schema shows as SQLITE_SCHEMA, and a constructor that returns this is
** called again with the schema read anew. For older versions a read transaction
** on main keeps others from changing the schema during the work.
*/
#ifndef HP_BASE_CALM_H
#define HP_BASE_CALM_H

#include "base/conn.h"

/* Registers the table on c's connection. An SQLite code. */
int hp_calm_register(hp_conn *c);

/*
** Calls work(arg) once, with the schema held, and returns what it returns;
** SQLITE_SCHEMA, without the call, if another connection has changed the
** schema of main; or the code for which main or the table could not be read:
** then the constructor must touch nothing that SQLite lent it any more. May be
** nested.
*/
int hp_calm_run(hp_conn *c, int (*work)(void *arg), void *arg);

#endif

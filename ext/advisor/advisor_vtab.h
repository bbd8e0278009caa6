/* SPDX-License-Identifier: MIT
**
** Index advice in SQL. Every reading copies the database and runs statements
** on the copy: it takes seconds, and nothing in the database changes.
**
**   SELECT action, ddl, gain, size_bytes FROM index_suggestions;
**   SELECT ddl FROM suggest_indexes('SELECT * FROM card WHERE deck = 7');
**   SELECT gain, helped FROM index_verify('CREATE INDEX i ON card(deck)');
*/
#ifndef HP_ADVISOR_ADVISOR_VTAB_H
#define HP_ADVISOR_ADVISOR_VTAB_H

#include "base/conn.h"

/* Registers the tables on c's connection. An SQLite code. */
HP_MUST_CHECK int hp_advisor_register(hp_conn *c);

#endif

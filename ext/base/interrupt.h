/* SPDX-License-Identifier: MIT
**
** Has the host interrupted the statement that runs on a connection
** (sqlite3_interrupt)? For code that waits inside of an SQL function or a
** virtual table. sqlite3_is_interrupted() is younger than our headers, so the
** question is put as a statement: SQLite refuses to step it then.
*/
#ifndef HP_BASE_INTERRUPT_H
#define HP_BASE_INTERRUPT_H

#include "base/conn.h"

/* True if so. c is an hp_conn*; the type is that of the callbacks that ask.
** Call it on the connection's thread while a statement runs on it. */
bool hp_interrupt_is_set(void *c);

#endif

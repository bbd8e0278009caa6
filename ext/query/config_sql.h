/* SPDX-License-Identifier: MIT
**
** The functions that set the analysis up:
**
**     query_config(name)           the setting
**     query_config(name, value)    sets it and answers the old value
**     query_reset([what])          forgets 'stats', 'slow', 'nplus1' or 'all',
**                                  and answers how many statements were
**
** Settings are the process's, but for `hook`, which is the connection's.
*/
#ifndef HP_QUERY_CONFIG_SQL_H
#define HP_QUERY_CONFIG_SQL_H

#include "base/conn.h"

/* Registers the functions on c. Returns an SQLite result code. */
int hp_config_register(hp_conn *c);

#endif

/* SPDX-License-Identifier: MIT
**
** The module: what hotpath says about itself.
**
**     hotpath_version()   '0.1.0'
**     hotpath_debug()     version, compiler and SQLite, for bug reports
**     hotpath_status      how it is doing: hook, memory, cost, sentinels
**     hotpath_report()    'migration': the index advice as SQL to run
**     hotpath_help        every table and function, with an example that runs
*/
#ifndef HP_REPORT_REPORT_H
#define HP_REPORT_REPORT_H

#include "base/conn.h"

/* Registers all of it on c. Returns an SQLite result code. */
int hp_report_register(hp_conn *c);

#endif

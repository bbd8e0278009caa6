/* SPDX-License-Identifier: MIT
**
** Statements that make a database what the advice says.
*/
#ifndef HP_ADVISOR_DDL_H
#define HP_ADVISOR_DDL_H

#include "advisor/lab.h"
#include "advisor/report.h"

/* CREATE INDEX for index i of lab, with a name that neither the host's schema
** has nor an advice of the report. NULL when out of memory. Caller frees. */
char *hp_ddl_create(const hp_lab *lab, int i, const hp_report *report);

/* DROP INDEX for it. Ditto. */
char *hp_ddl_drop(const hp_lab *lab, int i);

#endif

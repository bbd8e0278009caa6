/* SPDX-License-Identifier: MIT
**
** One statement of a workload.
*/
#ifndef HP_ADVISOR_STATEMENT_H
#define HP_ADVISOR_STATEMENT_H

typedef struct hp_statement {
  const char *sql; /* borrowed */
  double calls;
} hp_statement;

#endif

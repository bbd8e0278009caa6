/* SPDX-License-Identifier: MIT
**
** hotpath on the user's own database: a look at a copy of it. The original is
** opened read-only, once, to make the copy.
*/
#ifndef DEMO_OWN_H
#define DEMO_OWN_H

#include "demo/options.h"

/* Copies options->db into options->dir, shows what is in it, runs the
** statements of options->sql (or reads made from the schema) with hotpath
** watching and prints what it saw. Returns 0, or 1 after a sentence on
** stderr. */
int demo_own(const demo_options *options);

#endif

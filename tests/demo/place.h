/* SPDX-License-Identifier: MIT
**
** Where the runs' databases are: in memory where there is room, so that
** neither way of running waits for the disk. That favours the naive
** application, which syncs far more often, and makes runs repeatable.
*/
#ifndef DEMO_PLACE_H
#define DEMO_PLACE_H

#include <stdbool.h>

typedef struct demo_place {
  char dir[256];  /* the folder */
  bool in_memory; /* a folder of our own there, removed by term */
} demo_place;

/* Chooses a folder for runs: a new one in /dev/shm, or disk_dir if there is
** less than 150 MB free or on_disk asks for it. Returns 0, or 1 after a
** sentence on stderr. */
int demo_place_init(demo_place *place, const char *disk_dir, bool on_disk);

/* Removes the runs' databases and a folder of our own. */
void demo_place_term(demo_place *place);

/* One sentence that says where, for the reader. */
const char *demo_place_sentence(const demo_place *place);

#endif

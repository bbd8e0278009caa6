/* SPDX-License-Identifier: MIT */
#include "demo/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "demo/files.h"
#include "demo/runs.h"
#include "demo/say.h"

#define MEMORY "/dev/shm"

enum { NEEDED_BYTES = 150 * 1000 * 1000 };

static bool has_room(void) {
  struct statvfs info;

  return access(MEMORY, W_OK) == 0 && statvfs(MEMORY, &info) == 0 &&
         info.f_bavail > NEEDED_BYTES / info.f_frsize;
}

int demo_place_init(demo_place *place, const char *disk_dir, bool on_disk) {
  *place = (demo_place){0};
  if (!on_disk && has_room()) {
    snprintf(place->dir, sizeof(place->dir), MEMORY "/hotpath-demo-XXXXXX");
    place->in_memory = mkdtemp(place->dir) != NULL;
    if (place->in_memory) return 0;
  }
  if (snprintf(place->dir, sizeof(place->dir), "%s", disk_dir) >=
      (int)sizeof(place->dir)) {
    return demo_fail("%s is too long a path.", disk_dir);
  }
  return 0;
}

void demo_place_term(demo_place *place) {
  const demo_plan *plan;
  char path[320];
  int i;

  for (i = 0; place->dir[0] != '\0' && (plan = demo_plan_any(i)) != NULL; i++) {
    snprintf(path, sizeof(path), "%s/run-%s.db", place->dir, plan->file);
    demo_remove(path);
  }
  if (place->in_memory) rmdir(place->dir);
  place->dir[0] = '\0';
}

const char *demo_place_sentence(const demo_place *place) {
  return place->in_memory
             ? "Both work in memory (" MEMORY "): neither waits for a disk, "
               "which would slow\n  the naive one most. DISK=1 uses the disk."
             : "Both work on the disk.";
}

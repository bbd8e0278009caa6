/* SPDX-License-Identifier: MIT
**
** A small file of our own, mapped by all processes that have it open, which
** disappears with the last of them.
**
** Who opens it alone (flock(2), which no other library of the process can
** drop) fills it with zeros, whatever it held; whoever comes later finds it as
** it is. All of its bytes are written before it is mapped, so that a full
** disk shows as an error and not as SIGBUS. Touching what somebody has cut off
** while it is mapped would be one: ask hp_shmap_is_whole() before.
**
** For one thread at a time, but for what says otherwise; what is in the memory
** is the users' business.
*/
#ifndef HP_BASE_SHMAP_H
#define HP_BASE_SHMAP_H

#include "base/sqlite_api.h"

#include <stdbool.h>
#include <sys/types.h>

typedef struct hp_shmap {
  void *at; /* n_bytes, page-aligned; NULL while closed */
  size_t n_bytes;
  int fd;
  char *path;
} hp_shmap;

/*
** Opens or makes the file `path` with the owner and permissions of the file
** `like`. SQLITE_OK; SQLITE_NOMEM; or SQLITE_CANTOPEN with *out closed:
** directory not writable, disk full, another size in use by others. Waits for
** another process that is filling it, at most 100 ms.
*/
HP_MUST_CHECK int hp_shmap_open(const char *path, const char *like,
                                size_t n_bytes, hp_shmap *out);

/* True if the file is as large as it was when it was mapped; one system call.
** Any thread. */
bool hp_shmap_is_whole(const hp_shmap *m);

/* Unmaps it, and deletes the file if no other process has it open. A closed
** one is allowed. */
void hp_shmap_close(hp_shmap *m);

/* In the child of a fork: unmaps it and leaves the file to the parent; frees
** nothing, since another thread may have been in the allocator. */
void hp_shmap_abandon(hp_shmap *m);

#endif

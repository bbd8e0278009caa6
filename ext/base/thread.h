/* SPDX-License-Identifier: MIT
**
** Threads of our own inside the host's process: detached, of a small stack,
** with all signals blocked (they are for the application).
*/
#ifndef HP_BASE_THREAD_H
#define HP_BASE_THREAD_H

#include <stdbool.h>

/* True if a thread of ours may call SQLite: the host's SQLite was neither
** built nor configured for a single thread. */
bool hp_thread_is_possible(void);

/* Starts run(NULL) on a new thread. False if none can be had. */
bool hp_thread_start(void *(*run)(void *unused));

#endif

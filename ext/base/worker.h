/* SPDX-License-Identifier: MIT
**
** One background thread for the whole process, started by the first job and
** gone again after a while without one. Jobs run one after the other.
** All functions are thread-safe; none may be called inside a section
** (base/epoch.h).
*/
#ifndef HP_BASE_WORKER_H
#define HP_BASE_WORKER_H

#include <stdbool.h>

#define HP_WORKER_QUEUE   256  /* jobs that wait at the most */
#define HP_WORKER_IDLE_MS 2000 /* the thread ends after so long without one */

/* Has run(arg) called on the thread. False if the queue is full, or no thread
** can be had: then it will not be called. */
bool hp_worker_submit(void (*run)(void *arg), void *arg);

/* Waits until every job submitted before has run. Not on the thread itself. */
void hp_worker_drain(void);

/* After fork(), in the child: the thread and its jobs are not here. */
void hp_worker_after_fork(void);

#endif

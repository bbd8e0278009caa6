/* SPDX-License-Identifier: MIT
**
** What the demo says while it works: errors as sentences on stderr, headings
** and progress on stdout. A long step draws one moving line on a terminal and
** prints one line when it is done anywhere else.
*/
#ifndef DEMO_SAY_H
#define DEMO_SAY_H

#include <sqlite3.h>
#include <stdint.h>

/* A long step; lives on the caller's stack. */
typedef struct demo_progress {
  const char *label; /* borrowed until demo_progress_end */
  int64_t total;     /* steps in all, 0 = not known */
  int64_t done;      /* steps taken */
  double started_s;  /* demo_now_s() at the beginning */
  double drawn_s;    /* demo_now_s() of the last drawing */
} demo_progress;

/* Seconds of the monotonic clock. */
double demo_now_s(void);

/* Prints "demo: <sentence>" on stderr. Returns 1, so that a function can
** `return demo_fail(…)`: in the demo 0 is success and 1 is failure. */
int demo_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, for a failed SQLite call on db: adds SQLite's own words. */
int demo_fail_sql(sqlite3 *db, const char *what);

/* Prints an empty line and a heading (bold on a terminal). */
void demo_heading(const char *text);

/* Begins a step of total units. */
void demo_progress_begin(demo_progress *p, const char *label, int64_t total);

/* Counts one more unit done. */
void demo_progress_step(demo_progress *p);

/* Ends the step: clears the moving line and prints label, what was done
** (note, may be NULL) and the seconds it took. */
void demo_progress_end(demo_progress *p, const char *note);

/* Writes n with a comma between thousands into out (at least 32 bytes) and
** returns out. */
const char *demo_thousands(int64_t n, char *out);

#endif

/* SPDX-License-Identifier: MIT */
#include "cache/once.h"
#include "base/hook.h"
#include "schema/flow.h"

/* A statement used once is not worth an EXPLAIN; one that could not be judged
** is tried a few more times. */
enum { FIRST_ATTEMPT = 2, LAST_ATTEMPT = 6 };

hp_plan_note *hp_plan_note_new(void) {
  hp_plan_note *note = sqlite3_malloc64(sizeof *note);

  if (note) *note = (hp_plan_note){.text = "cached"};
  return note;
}

/* The one statement that runs on the connection, or NULL if there are more:
** then it cannot be told which of them asks. */
static sqlite3_stmt *only_running(sqlite3 *db) {
  sqlite3_stmt *found = NULL;

  for (sqlite3_stmt *s = sqlite3_next_stmt(db, NULL); s;
       s = sqlite3_next_stmt(db, s)) {
    if (!sqlite3_stmt_busy(s)) continue;
    if (found) return NULL;
    found = s;
  }
  return found;
}

static void judge(hp_plan_note *note, hp_conn *c, const sqlite3_vtab *vtab) {
  sqlite3_stmt *running = only_running(c->db);
  const char *sql = running ? sqlite3_sql(running) : NULL;

  if (!sql) return;
  hp_hook_mute(c);
  note->once =
      hp_program_reads_once(c->db, sql, vtab) ? HP_ONCE_PROVED : HP_ONCE_NO;
  hp_hook_unmute(c);
  if (note->once == HP_ONCE_PROVED) note->stmt = running;
}

sqlite3_stmt *hp_once_stmt(hp_plan_note *note, hp_conn *c,
                           const sqlite3_vtab *vtab) {
  if (note->once != HP_ONCE_UNKNOWN) return note->stmt;
  note->n_runs++;
  if (note->n_runs < FIRST_ATTEMPT) return NULL;
  judge(note, c, vtab);
  if (note->once == HP_ONCE_UNKNOWN && note->n_runs >= LAST_ATTEMPT) {
    note->once = HP_ONCE_NO;
  }
  return note->stmt;
}

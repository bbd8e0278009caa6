/* SPDX-License-Identifier: MIT
**
** Tells from a statement's text whether it is one of the few that matter to
** whoever holds a sentinel on the database. Pure and thread-safe.
*/
#ifndef HP_CACHE_PRAGMA_H
#define HP_CACHE_PRAGMA_H

typedef enum hp_pragma {
  HP_PRAGMA_OTHER,
  /* Sets journal_mode to something else than WAL, or locking_mode to
  ** EXCLUSIVE: needs to be alone on a database in WAL mode. */
  HP_PRAGMA_ALONE,
  /* ATTACH, DETACH or a change of temp_store: a schema's name may stand for
  ** another database afterwards. */
  HP_PRAGMA_REBIND,
} hp_pragma;

/* sql may begin with white space and comments; only its first statement is
** looked at. A few nanoseconds unless it begins with P, A or D. */
hp_pragma hp_pragma_of(const char *sql);

/* What kind of statement begins with this word. */
typedef enum hp_verb {
  HP_VERB_OTHER,
  HP_VERB_BEGIN,
  HP_VERB_SAVEPOINT,
  HP_VERB_COMMIT, /* COMMIT, END, RELEASE: may end a transaction well */
  HP_VERB_ROLLBACK,
  HP_VERB_SELECT, /* SELECT, VALUES */
  HP_VERB_WRITE,  /* INSERT, REPLACE, UPDATE, DELETE */
  HP_VERB_WITH,   /* reads or writes */
} hp_verb;

hp_verb hp_verb_of(const char *sql);

#endif

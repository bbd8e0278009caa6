/* SPDX-License-Identifier: MIT
**
** The shadow: a private :memory: clone of the schemas that a host connection
** sees (main, temp and attached), with its statistics but without its rows.
** Statements are compiled there to learn what they touch and how they would
** be run; they are never run. The clone has the only authorizer of hotpath.
**
** A schema is text that somebody else may have written. Nothing of it is
** executed but single CREATE TABLE, INDEX, VIEW and TRIGGER statements, under
** an allow-list authorizer, with DEFENSIVE on and trusted_schema off. What
** the application registered on the host (functions, collations, modules) is
** represented by stand-ins (schema/stubs.h). Objects that cannot be cloned
** are left out and named by hp_shadow_missing(); statements on them then fail
** to compile.
**
** One shadow per host connection, used on its thread. SQL that it runs on the
** host is hidden from hotpath's hook.
*/
#ifndef HP_SCHEMA_SHADOW_H
#define HP_SCHEMA_SHADOW_H

#include "base/sqlite_api.h"

#include <stdbool.h>

typedef struct hp_shadow hp_shadow;

/* What the authorizer saw: an SQLITE_* action code (SQLITE_READ …) and its
** four texts (sqlite3_set_authorizer); texts may be NULL and are borrowed for
** the call. */
typedef void hp_shadow_saw(void *arg, int action, const char *a, const char *b,
                           const char *database, const char *through);

/* Clones what host sees now. Copying stops after budget_ms; what is then not
** cloned is missing. host is borrowed until hp_shadow_close().
** SQLITE_OK, or a code with *err set to a sentence (caller frees with
** sqlite3_free; NULL: out of memory) and *out NULL. */
HP_MUST_CHECK int hp_shadow_open(sqlite3 *host, int budget_ms, hp_shadow **out,
                                 char **err);

/* Clones again if the host's schema, statistics, functions or settings have
** changed since. Costs a few statements on the host when nothing has. What was
** compiled on the shadow must be finalized before. Errors as above; after an
** error the shadow is as before, or empty. */
HP_MUST_CHECK int hp_shadow_refresh(hp_shadow *s, char **err);

/* Closes s (NULL is allowed). */
void hp_shadow_close(hp_shadow *s);

/* Counts up with each cloning: what was worked out before is out of date. */
int hp_shadow_version(const hp_shadow *s);

/* Compiles the first statement of sql, without running it, reporting to saw
** (NULL: nobody). Only statements that read and write rows are allowed.
** SQLITE_OK, or a code with *err set as above and *out NULL: SQLITE_AUTH for a
** statement of another kind. Caller finalizes. */
HP_MUST_CHECK int hp_shadow_prepare(hp_shadow *s, const char *sql,
                                    hp_shadow_saw *saw, void *arg,
                                    sqlite3_stmt **out, char **err);

/* Runs SQL of hotpath's own on the shadow (hypothetical indexes, statistics),
** without the allow-list. Errors as above. */
HP_MUST_CHECK int hp_shadow_exec(hp_shadow *s, const char *sql, char **err);

/* True if name is a function that the application registered or overrode. */
bool hp_shadow_defines(const hp_shadow *s, const char *name);

typedef enum hp_object {
  HP_OBJECT_NONE, /* no such object in that database */
  HP_OBJECT_TABLE,
  HP_OBJECT_VIEW,
  HP_OBJECT_VIRTUAL,
  HP_OBJECT_UNKNOWN /* it cannot be told: out of memory */
} hp_object;

/* What database.table is on the clone. Table-valued functions without a
** CREATE are HP_OBJECT_NONE. */
hp_object hp_shadow_object(const hp_shadow *s, const char *database,
                           const char *table);

/* What could not be cloned and why, one line each; "" for nothing. Borrowed
** until the next refresh. */
const char *hp_shadow_missing(const hp_shadow *s);

/* The clone; borrowed. Compile on it through hp_shadow_prepare(). */
sqlite3 *hp_shadow_db(const hp_shadow *s);

#endif

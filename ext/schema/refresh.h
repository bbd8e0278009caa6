/* SPDX-License-Identifier: MIT
**
** A connection learns that another one has changed the schema of a database
** when it next runs a statement on it. This provokes that moment.
*/
#ifndef HP_SCHEMA_REFRESH_H
#define HP_SCHEMA_REFRESH_H

#include "base/sqlite_api.h"

#include <stdbool.h>

/*
** Has SQLite load the schemas again that other connections have changed;
** *was_stale is then set, otherwise left as it is. Where the host forbids to
** read a schema, or another connection locks it, nothing is done. Opens a read
** transaction on each database; while a statement that writes is running they
** last as long as that one. SQLITE_OK, or a code of hp_rc_rolls_back().
*/
HP_MUST_CHECK int hp_schemas_refresh(sqlite3 *db, bool *was_stale);

#endif

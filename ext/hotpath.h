/* SPDX-License-Identifier: MIT
**
** hotpath: cached tables and query analysis for SQLite, as one extension.
** This is the only public header. The SQL surface is listed by
**
**     SELECT * FROM hotpath_help;
**
** A C program that links hotpath statically (compiled with -DSQLITE_CORE)
** registers it for every new connection with
**
**     sqlite3_auto_extension((void (*)(void))sqlite3_hotpath_init);
*/
#ifndef HOTPATH_H
#define HOTPATH_H

#include <sqlite3.h>

#define HOTPATH_VERSION "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif

struct sqlite3_api_routines;

/*
** Entry point, called by SQLite's loader. Registers all functions and tables
** on db; may be called again on the same connection. Opens no file, no
** connection, no thread and takes no lock.
**
** Returns SQLITE_OK_LOAD_PERMANENTLY (the library must stay mapped), or an
** error code with *pz_err set to a sentence (caller frees with sqlite3_free).
*/
int sqlite3_hotpath_init(sqlite3 *db, char **pz_err,
                         const struct sqlite3_api_routines *api);

#ifdef __cplusplus
}
#endif
#endif

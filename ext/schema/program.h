/* SPDX-License-Identifier: MIT
**
** What the bytecode of one SELECT tells about its answer: which databases it
** reads, whether the same question always has the same answer, and whether
** another connection that asks it may be given the same answer. Taken by
** EXPLAIN on the host's own connection, so that no hook is touched and the
** host's authorizer has its say exactly as for the statement itself.
**
** Known limits, all of them redefinitions of SQLite's own names that SQLite
** does not report: another collation under the name BINARY, NOCASE or RTRIM,
** and another module under the name of one listed in schema/vtabs.h.
**
** Not thread-safe beyond what the connection is: call on its thread.
*/
#ifndef HP_SCHEMA_PROGRAM_H
#define HP_SCHEMA_PROGRAM_H

#include "base/hash.h"
#include "base/sqlite_api.h"
#include "schema/flow.h"
#include "schema/vtabs.h"

#include <stdbool.h>

#define HP_PROGRAM_ROOTS 24

/* Zero-initialised by hp_program_read(). */
typedef struct hp_program {
  hp_hash128 hash;     /* of opcodes, operands and result column names; memory
                       ** addresses are left out. Under hp_hash_secret(): it
                       ** means nothing to another process */
  hp_hash128 code;     /* the same without the names: hp_program_code() */
  unsigned read_mask;  /* bit i: database i is read (0 main, 1 temp, then
                       ** the attached ones in PRAGMA database_list's order) */
  unsigned write_mask; /* ditto, a write transaction is asked for */
  int n_roots;         /* -1: more than HP_PROGRAM_ROOTS */
  int roots[HP_PROGRAM_ROOTS]; /* root pages of the tables and indexes of main
                               ** that it opens, each once */
  bool uses_temp;              /* reads a temp table, view or virtual table */
  bool uses_vtab;              /* reads a virtual table of any kind */
  bool uses_cached;  /* reads a table of the module "cached": see vtabs */
  char *doubt;       /* NULL, or what makes the answer change by itself:
                     ** "random() is not deterministic" */
  char *private_why; /* NULL, or why the answer may only be used by this
                     ** connection: "uses the function f(), which the
                     ** application defined" */
  char *direct_why;  /* NULL, or why only top-level SQL may ask this, not
                     ** what a schema stores: "uses load_extension(), …" */
  hp_vtabs vtabs;    /* the virtual tables that the program opens */
} hp_program;

/* Reads the program of sql, one SELECT, VALUES or WITH … SELECT statement.
**
** Returns SQLITE_OK; or an error code with *err set to a sentence (caller
** frees with sqlite3_free; NULL if even that found no memory). SQLITE_MISUSE
** means that sql is not a single SELECT, any other code is the one of SQLite's
** failure (SQLITE_AUTH: the host's authorizer). On success and on failure
** free out with hp_program_term(). */
HP_MUST_CHECK int hp_program_read(sqlite3 *db, const char *sql, hp_program *out,
                                  char **err);

/* Just the hash `code` of that program, at a fraction of the cost: has it moved
** since it was read, and may this connection still run it? sql is one statement
** that hp_program_read() has accepted. Steps no statement that reads a
** database, so it can be called from xBestIndex. The codes and the sentence of
** hp_program_read(). */
HP_MUST_CHECK int hp_program_code(sqlite3 *db, const char *sql, hp_hash128 *out,
                                  char **err);

/* Frees what out owns; may be called again. */
void hp_program_term(hp_program *p);

#endif

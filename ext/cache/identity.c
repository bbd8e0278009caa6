/* SPDX-License-Identifier: MIT */
#include "cache/identity.h"
#include "base/hook.h"
#include "schema/program.h"

#include <string.h>

static _Atomic uint64_t n_private; /* numbers private identities apart */

static int fail(char **err, int rc, char *sentence) {
  *err = sentence;
  return sentence ? rc : SQLITE_NOMEM;
}

/* Everything that two connections must have in common to share answers. */
static hp_key program_key(hp_identity *id, const hp_program *p) {
  const hp_options *o = &id->d->options;
  struct {
    hp_hash128 program, sql, tags;
    uint64_t owner, consistency;
    int64_t ttl_ms;
  } parts;

  memset(&parts, 0, sizeof parts);
  parts.program = p->hash;
  parts.sql = hp_hash128_of(id->d->sql, strlen(id->d->sql), hp_hash_secret());
  if (o->tags) {
    parts.tags = hp_hash128_of(o->tags, strlen(o->tags), hp_hash_secret());
  }
  parts.consistency = o->consistency;
  parts.ttl_ms = o->fresh.ttl_ms;
  if (id->is_private) parts.owner = atomic_fetch_add(&n_private, 1) + 1;
  return hp_hash128_of(&parts, sizeof parts, hp_hash_secret());
}

/* What the program says about keeping answers. */
static int judge(hp_identity *id, const hp_program *p, char **err) {
  int rc;

  if (p->doubt && id->d->options.fresh.ttl_ms == 0) {
    return fail(err, SQLITE_ERROR,
                sqlite3_mprintf("%s: %s; its answers can only be cached for a "
                                "time that you accept: add ttl=seconds",
                                id->d->name, p->doubt));
  }
  if (p->direct_why && id->d->is_stored) {
    return fail(err, SQLITE_ERROR,
                sqlite3_mprintf("%s: %s; create it in temp", id->d->name,
                                p->direct_why));
  }
  /* The databases behind a nested cached table are not visible here: it
  ** answers from its own entries, and this one computes from them. */
  id->is_storable = !p->uses_cached;
  id->is_private = p->private_why != NULL;
  rc = hp_deps_set(&id->deps, id->conn, p->read_mask);
  if (rc == SQLITE_RANGE) {
    id->is_storable = false;
    rc = SQLITE_OK;
  }
  id->has_seed = false;
  return rc;
}

/* Reads the program of the SELECT again. The statement is prepared first: if
** the host changes anything in between, SQLite prepares it again, which
** hp_runner_was_reprepared() tells before an answer is kept. */
static int read_program(hp_identity *id, char **err) {
  hp_program p;
  int rc = hp_runner_prepare(&id->runner, true);

  if (rc) {
    return fail(
        err, rc,
        sqlite3_mprintf("%s: %s", id->d->name, sqlite3_errmsg(id->conn->db)));
  }
  rc = hp_definition_check(id->d, id->conn->db, id->runner.stmt, err);
  if (rc) return rc;
  rc = hp_program_read(id->conn->db, id->d->sql, &p, err);
  if (!rc) rc = judge(id, &p, err);
  if (!rc) id->program = program_key(id, &p);
  id->code = p.code;
  id->has_moved = rc != SQLITE_OK;
  hp_program_term(&p);
  return rc;
}

/* Runs step, which prepares the SELECT and so plans the tables it reads: this
** one must not be among them. */
static int run_once(hp_identity *id, char **err,
                    int (*step)(hp_identity *id, char **err)) {
  int rc;

  if (id->runner.n_running) return SQLITE_OK;
  if (id->is_reading) {
    return fail(err, SQLITE_ERROR,
                sqlite3_mprintf("its SELECT reads %s itself; a cached table "
                                "cannot be recursive",
                                id->d->name));
  }
  id->is_reading = true;
  hp_hook_mute(id->conn);
  rc = step(id, err);
  hp_hook_unmute(id->conn);
  id->is_reading = false;
  return rc;
}

/* Compares the program with the one that was read. */
static int compare_code(hp_identity *id, char **err) {
  hp_hash128 code = {0};
  char *why = NULL;
  int rc = hp_program_code(id->conn->db, id->d->sql, &code, &why);

  if (rc) {
    id->has_moved = true;
    rc = fail(
        err, rc,
        sqlite3_mprintf("%s: %s", id->d->name, why ? why : sqlite3_errstr(rc)));
  } else if (!hp_hash128_equal(code, id->code) ||
             hp_runner_is_expired(&id->runner)) {
    id->has_moved = true;
  }
  sqlite3_free(why);
  return rc;
}

int hp_identity_plan(hp_identity *id, char **err) {
  return run_once(id, err, compare_code);
}

int hp_identity_read(hp_identity *id, char **err) {
  /* What the host changes while an outer statement runs does not change that
  ** statement; when one is planned it counts. */
  if (id->runner.stmt && !id->has_moved) return SQLITE_OK;
  return run_once(id, err, read_program);
}

/* Reads the identities of the databases, opening what must be open to watch
** them. False if one cannot be watched. */
bool hp_identity_seed(hp_identity *id) {
  struct {
    hp_key program;
    uint64_t id[HP_MAX_DEPS];
  } parts;

  hp_deps_read_ids(&id->deps);
  memset(&parts, 0, sizeof parts);
  parts.program = id->program;
  memcpy(parts.id, id->deps.id, sizeof parts.id);
  id->seed = hp_hash128_of(&parts, sizeof parts, hp_hash_secret());
  id->has_seed = hp_deps_are_known(&id->deps);
  return id->has_seed;
}

void hp_identity_note_run(hp_identity *id) {
  id->has_moved = hp_runner_was_reprepared(&id->runner);
}

void hp_identity_term(hp_identity *id) {
  hp_deps_term(&id->deps);
  hp_runner_term(&id->runner);
}

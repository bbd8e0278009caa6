/* SPDX-License-Identifier: MIT */
#include "cache/deps.h"
#include "base/hook.h"

/* Name of database i, as in PRAGMA database_list; sqlite3_db_name() is
** younger than the oldest supported host. The caller frees. */
static int schema_name(sqlite3 *db, int i, char **out) {
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2(
      db, "SELECT name FROM pragma_database_list WHERE seq = ?1", -1, &stmt,
      NULL);

  *out = NULL;
  if (!rc) {
    sqlite3_bind_int(stmt, 1, i);
    rc = sqlite3_step(stmt);
  }
  if (rc == SQLITE_ROW) {
    *out = sqlite3_mprintf("%s", sqlite3_column_text(stmt, 0));
    rc = *out ? SQLITE_OK : SQLITE_NOMEM;
  } else if (rc == SQLITE_DONE) {
    rc = SQLITE_NOTFOUND;
  }
  sqlite3_finalize(stmt);
  return rc;
}

static int add(hp_deps *d, hp_conn *c, int i) {
  char *name = NULL;
  int rc;

  if (d->n == HP_MAX_DEPS) return SQLITE_RANGE;
  if (i < 2) {
    rc = hp_snapshot_open(c, i ? "temp" : "main", &d->snapshot[d->n]);
    if (!rc && !i && hp_witness_open(c, &d->witness) == SQLITE_NOMEM) {
      rc = SQLITE_NOMEM;
    }
  } else {
    rc = schema_name(c->db, i, &name);
    if (!rc) rc = hp_snapshot_open(c, name, &d->snapshot[d->n]);
    sqlite3_free(name);
  }
  if (!rc) d->n++;
  return rc;
}

int hp_deps_set(hp_deps *d, hp_conn *c, unsigned mask) {
  int rc = SQLITE_OK;

  hp_deps_term(d);
  d->is_main = mask == 1;
  hp_hook_mute(c);
  for (int i = 0; i < 32 && !rc; i++) {
    if (mask >> i & 1) rc = add(d, c, i);
  }
  hp_hook_unmute(c);
  return rc;
}

void hp_deps_term(hp_deps *d) {
  for (int i = 0; i < HP_MAX_DEPS; i++) sqlite3_finalize(d->pin[i]);
  *d = (hp_deps){.n = 0};
}

void hp_deps_read_ids(hp_deps *d) {
  for (int i = 0; i < d->n; i++) d->id[i] = hp_snapshot_id(d->snapshot[i]);
}

bool hp_deps_are_known(const hp_deps *d) {
  for (int i = 0; i < d->n; i++) {
    if (!d->id[i]) return false;
  }
  return true;
}

/* Worst first: a write transaction rules out more than an unproved read. */
static hp_snapshot_state worse(hp_snapshot_state a, hp_snapshot_state b) {
  static const int rank[] = {
      [HP_SNAPSHOT_WRITE] = 3,
      [HP_SNAPSHOT_UNKNOWN] = 2,
      [HP_SNAPSHOT_FREE] = 1,
      [HP_SNAPSHOT_HELD] = 0,
  };

  return rank[a] > rank[b] ? a : b;
}

void hp_deps_look(hp_deps *d, sqlite3_stmt *run, hp_look *out) {
  out->state = HP_SNAPSHOT_HELD;
  for (int i = 0; i < d->n; i++) {
    out->each[i] = hp_snapshot_look_run(d->snapshot[i], run, &out->stamps[i]);
    out->state = worse(out->state, out->each[i]);
  }
  if (run && d->n) hp_snapshot_end_run(d->snapshot[0]);
}

/* The ledger is about main, which is the first where it is there at all. */
static bool covers(hp_deps *d, const hp_stamp *then, const hp_stamp *now) {
  for (int i = 0; i < d->n; i++) {
    if (hp_stamp_equal(then[i], now[i])) continue;
    if (i || !d->witness ||
        !hp_witness_covers(d->witness, &d->reading, then[i], now[i])) {
      return false;
    }
  }
  return true;
}

hp_verdict hp_deps_check(hp_deps *d, const hp_entry *e, const hp_look *look,
                         int64_t now_ms) {
  hp_verdict v = hp_entry_check(e, look->stamps, d->n, now_ms);

  if (v != HP_VERDICT_STAMP || e->n_deps != d->n ||
      !covers(d, hp_entry_stamps(e), look->stamps)) {
    return v;
  }
  return hp_entry_check(e, NULL, 0, now_ms);
}

void hp_deps_study(hp_deps *d, const char *sql) {
  if (d->witness) hp_witness_work(d->witness, sql, &d->reading);
}

int hp_deps_pin(hp_deps *d, hp_look *look) {
  int rc = SQLITE_OK;

  look->state = HP_SNAPSHOT_HELD;
  for (int i = 0; i < d->n && !rc; i++) {
    if (look->each[i] == HP_SNAPSHOT_FREE) {
      rc = hp_snapshot_pin(d->snapshot[i], &d->pin[i], &look->each[i],
                           &look->stamps[i]);
    }
    look->state = worse(look->state, look->each[i]);
  }
  return rc;
}

bool hp_deps_confirm(hp_deps *d, const hp_look *look) {
  bool all = true;

  for (int i = 0; i < d->n; i++) {
    if (look->each[i] == HP_SNAPSHOT_FREE) {
      all = hp_snapshot_confirm(d->snapshot[i], look->stamps[i]) && all;
    } else if (look->each[i] != HP_SNAPSHOT_HELD) {
      all = false;
    }
  }
  return all;
}

bool hp_deps_are_current(hp_deps *d, const hp_look *look) {
  for (int i = 0; i < d->n; i++) {
    if (!hp_snapshot_is_current(d->snapshot[i], look->stamps[i])) return false;
  }
  return true;
}

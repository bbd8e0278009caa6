/* SPDX-License-Identifier: MIT */
#include "cache/reach.h"

#include "base/hash.h"
#include "base/hook.h"
#include "cache/pager.h"
#include "schema/footprint.h"

#include <string.h>

enum {
  N_KNOWN = 256, /* places for texts; a power of two */
  N_SEEN = 64,   /* places for texts seen once; a power of two, */
  N_WAYS = 4,    /* in groups: of so many texts none displaces another */
  N_WANTED = 8,  /* texts waiting to be looked up */
  N_TRIES = 2,   /* at a schema that comes out in part: time may have been
                 ** short because the machine was busy */
};

typedef struct known {
  hp_hash128 text; /* zero: a free place */
  hp_tables writes;
} known;

struct hp_reach {
  hp_conn *c;
  int budget_ms;
  int n_partial;     /* clonings in a row that left something out */
  hp_shadow *shadow; /* or NULL */
  int version;       /* of the shadow, when the texts were looked up */
  int n_renewed;     /* see hp_reach_version() */
  bool is_placed;    /* the shadow pictures the schema at commit `at` */
  bool is_wished;    /* somebody asked for it in vain */
  bool is_doubtful;  /* the cookie of main does not tell everything */
  hp_commit at;
  int64_t cookie;         /* of main, when the shadow was made */
  int64_t partial_cookie; /* when it last could not be made */
  uint32_t temp;          /* data version of temp, when it was placed */
  int n_known;
  known known[N_KNOWN];
  uint64_t seen[N_SEEN];
  int n_wanted;
  char *wanted[N_WANTED];
};

hp_reach *hp_reach_new(hp_conn *c, int budget_ms) {
  hp_reach *r = sqlite3_malloc64(sizeof *r);

  if (!r) return NULL;
  memset(r, 0, sizeof *r);
  r->c = c;
  r->budget_ms = budget_ms;
  r->version = -1;
  r->is_doubtful = true;
  return r;
}

static void drop_wanted(hp_reach *r) {
  for (int i = 0; i < r->n_wanted; i++) sqlite3_free(r->wanted[i]);
  r->n_wanted = 0;
}

void hp_reach_free(hp_reach *r) {
  if (!r) return;
  drop_wanted(r);
  hp_shadow_close(r->shadow);
  sqlite3_free(r);
}

/* ---- texts ---- */

static bool is_margin(char c) {
  return c == ' ' || c == ';' || (c >= '\t' && c <= '\r');
}

/* What stands between statements does not count. */
static hp_hash128 hash_of(const char *sql) {
  size_t n;

  while (*sql && is_margin(*sql)) sql++;
  n = strlen(sql);
  while (n && is_margin(sql[n - 1])) n--;
  return hp_hash128_of(sql, n, hp_hash_secret());
}

/* The place of a text, or the free one where it belongs. */
static known *place_of(hp_reach *r, hp_hash128 text) {
  static const hp_hash128 none;
  size_t i = text.lo % N_KNOWN;

  while (!hp_hash128_equal(r->known[i].text, none) &&
         !hp_hash128_equal(r->known[i].text, text)) {
    i = (i + 1) % N_KNOWN;
  }
  return &r->known[i];
}

static void forget_texts(hp_reach *r) {
  memset(r->known, 0, sizeof r->known);
  r->n_known = 0;
}

static void remember(hp_reach *r, const char *sql, const hp_tables *writes) {
  hp_hash128 text = hash_of(sql);
  known *k;

  if (r->n_known >= N_KNOWN * 3 / 4) forget_texts(r);
  k = place_of(r, text);
  r->n_known += !hp_hash128_equal(k->text, text);
  *k = (known){text, *writes};
}

/* Was the text seen before? From now on it was. The group keeps its youngest,
** in the order in which they came. */
static bool was_seen(hp_reach *r, hp_hash128 text) {
  uint64_t *group = &r->seen[text.lo % N_SEEN / N_WAYS * N_WAYS];

  for (int i = 0; i < N_WAYS; i++) {
    if (group[i] == text.hi) return true;
  }
  memmove(group + 1, group, (N_WAYS - 1) * sizeof *group);
  group[0] = text.hi;
  return false;
}

/* A text that never comes again is not worth a look. */
static void want(hp_reach *r, const char *sql, hp_hash128 text) {
  if (!was_seen(r, text)) return;
  if (r->n_wanted == N_WANTED) return;
  r->wanted[r->n_wanted] = sqlite3_mprintf("%s", sql);
  if (r->wanted[r->n_wanted]) r->n_wanted++;
}

const hp_tables *hp_reach_writes(hp_reach *r, const char *sql) {
  hp_hash128 text = hash_of(sql);
  known *k = place_of(r, text);

  if (!hp_hash128_equal(k->text, text)) {
    want(r, sql, text);
    return NULL;
  }
  return k->writes.n < 0 ? NULL : &k->writes;
}

/* ---- footprints ---- */

static void add(hp_tables *out, const char *table) {
  uint32_t number = hp_ledger_table(table);

  if (out->n < 0) return;
  /* sqlite_sequence and the statistics are written unseen. */
  if (!sqlite3_strnicmp(table, "sqlite_", 7)) {
    out->n = -1;
    return;
  }
  for (int i = 0; i < out->n; i++) {
    if (out->at[i] == number) return;
  }
  if (out->n == HP_REACH_TABLES) {
    out->n = -1;
  } else {
    out->at[out->n++] = number;
  }
}

static void take_writes(const hp_footprint *f, hp_tables *out) {
  *out = (hp_tables){.n = f->unknown ? -1 : 0};
  for (int i = 0; i < f->n; i++) {
    if (f->at[i].mode == HP_ACCESS_READ) continue;
    if (strcmp(f->at[i].database, "main")) out->n = -1;
    add(out, f->at[i].table);
  }
}

static void take_reads(const hp_footprint *f, hp_tables *out) {
  *out = (hp_tables){.n = f->unknown || f->writes ? -1 : 0};
  for (int i = 0; i < f->n; i++) {
    if (!strcmp(f->at[i].database, "main")) add(out, f->at[i].table);
    if (!strcmp(f->at[i].database, "temp")) out->n = -1;
  }
}

static int look_up(hp_reach *r, const char *sql,
                   void (*take)(const hp_footprint *, hp_tables *),
                   hp_tables *out) {
  hp_footprint f;
  int rc = hp_footprint_read(r->shadow, sql, &f);

  *out = (hp_tables){.n = -1};
  if (!rc) take(&f, out);
  hp_footprint_term(&f);
  return rc;
}

int hp_reach_reads(hp_reach *r, const char *sql, hp_tables *out) {
  *out = (hp_tables){.n = -1};
  if (!r->is_placed) return SQLITE_NOTFOUND;
  return look_up(r, sql, take_reads, out);
}

/* ---- the shadow ---- */

void hp_reach_doubt(hp_reach *r) {
  r->is_placed = false;
  r->is_doubtful = true;
}

/* The data version of temp, 0 while there is none; false in the midst of a
** change of it, which the version does not show yet. */
static bool read_temp(const hp_reach *r, uint32_t *out) {
  if (!hp_pager_data_version(r->c->db, "temp", out)) *out = 0;
  return sqlite3_txn_state(r->c->db, "temp") != SQLITE_TXN_WRITE;
}

static bool is_temp_as_placed(const hp_reach *r) {
  uint32_t now;

  return read_temp(r, &now) && now == r->temp;
}

/* What a name in main means may depend on temp, of whose changes nothing tells
** when the hook is away. */
bool hp_reach_may_read(hp_reach *r) {
  if (r->is_placed && is_temp_as_placed(r)) return true;
  hp_reach_doubt(r);
  r->is_wished = true;
  return false;
}

bool hp_reach_is_at(hp_reach *r, hp_dbfile *f, hp_commit at) {
  if (r->is_placed && hp_dbfile_covers(f, r->at, at, NULL, 0)) return true;
  r->is_wished = true;
  return false;
}

void hp_reach_follow(hp_reach *r, hp_commit at) {
  r->at = at;
}

int hp_reach_version(const hp_reach *r) {
  return r->n_renewed;
}

static bool read_cookie(hp_reach *r, int64_t *out) {
  sqlite3_stmt *stmt = NULL;
  bool ok = !sqlite3_prepare_v2(r->c->db, "PRAGMA main.schema_version", -1,
                                &stmt, NULL) &&
            sqlite3_step(stmt) == SQLITE_ROW;

  if (ok) *out = sqlite3_column_int64(stmt, 0);
  sqlite3_finalize(stmt);
  return ok;
}

/* Whatever the host has switched off may be switched on again. */
static bool switch_on(hp_reach *r) {
  sqlite3 *db = hp_shadow_db(r->shadow);
  char *err = NULL;
  int rc;

  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, NULL);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 1, NULL);
  rc = hp_shadow_exec(
      r->shadow, "PRAGMA foreign_keys=1; PRAGMA recursive_triggers=1", &err);
  sqlite3_free(err);
  return rc == SQLITE_OK;
}

/* A clone from which nothing was left out. */
static bool is_whole(hp_reach *r) {
  if (!*hp_shadow_missing(r->shadow)) {
    r->n_partial = 0;
    return true;
  }
  r->n_partial++;
  hp_shadow_close(r->shadow);
  r->shadow = NULL;
  return false;
}

static bool clone(hp_reach *r) {
  char *err = NULL;
  int rc = r->shadow ? hp_shadow_refresh(r->shadow, &err)
                     : hp_shadow_open(r->c->db, r->budget_ms, &r->shadow, &err);

  sqlite3_free(err);
  return rc == SQLITE_OK && is_whole(r) && switch_on(r);
}

static bool renew(hp_reach *r) {
  /* Another shadow counts its versions from the start. */
  bool is_new = !r->shadow;

  if (!clone(r)) return false;
  if (!is_new && r->version == hp_shadow_version(r->shadow)) return true;
  r->version = hp_shadow_version(r->shadow);
  r->n_renewed++;
  forget_texts(r);
  return true;
}

static bool picture(hp_reach *r) {
  int64_t cookie;

  if (!read_cookie(r, &cookie)) return false;
  if (r->shadow && !r->is_doubtful && cookie == r->cookie) return true;
  if (cookie != r->partial_cookie) r->n_partial = 0;
  if (r->n_partial >= N_TRIES) return false;
  if (!renew(r)) {
    r->partial_cookie = cookie;
    r->is_doubtful = true;
    return false;
  }
  r->cookie = cookie;
  r->is_doubtful = false;
  return true;
}

/* A change counter names a commit under a lock only. */
static bool stamp_of(hp_reach *r, hp_snapshot *s, hp_stamp *out) {
  hp_snapshot_state state;

  hp_epoch_enter(r->c->reader);
  state = hp_snapshot_look(s, out);
  hp_epoch_exit(r->c->reader);
  switch (hp_snapshot_mode(s)) {
  case HP_STAMP_WAL:
    return state == HP_SNAPSHOT_FREE || state == HP_SNAPSHOT_HELD;
  case HP_STAMP_ROLLBACK: return state == HP_SNAPSHOT_HELD;
  default: return false;
  }
}

/* Takes the read lock until it is finalized. Where that fails, the state of the
** snapshot is not HELD. */
static sqlite3_stmt *hold(hp_reach *r) {
  sqlite3_stmt *stmt = NULL;

  hp_hook_mute(r->c);
  if (!sqlite3_prepare_v2(r->c->db, "SELECT 1 FROM main.sqlite_schema", -1,
                          &stmt, NULL)) {
    sqlite3_step(stmt);
  }
  hp_hook_unmute(r->c);
  return stmt;
}

static void let_go(hp_reach *r, sqlite3_stmt *stmt) {
  hp_hook_mute(r->c);
  sqlite3_finalize(stmt);
  hp_hook_unmute(r->c);
}

/* What is read between two equal stamps is read at that commit. */
static void place_held(hp_reach *r, hp_snapshot *s) {
  hp_stamp before, after;

  r->is_placed = read_temp(r, &r->temp) && stamp_of(r, s, &before) &&
                 picture(r) && stamp_of(r, s, &after) &&
                 hp_stamp_equal(before, after) && is_temp_as_placed(r);
  if (r->is_placed) r->at = hp_stamp_commit(before);
}

static void place(hp_reach *r, hp_snapshot *s) {
  bool is_rollback = hp_snapshot_mode(s) == HP_STAMP_ROLLBACK;
  sqlite3_stmt *held = is_rollback ? hold(r) : NULL;

  r->is_wished = false;
  place_held(r, s);
  let_go(r, held);
}

void hp_reach_work(hp_reach *r, hp_snapshot *s) {
  hp_tables writes;

  if (!r->is_wished && !r->n_wanted) return;
  place(r, s);
  if (!r->is_placed) return;
  for (int i = 0; i < r->n_wanted; i++) {
    if (!look_up(r, r->wanted[i], take_writes, &writes)) {
      remember(r, r->wanted[i], &writes);
    }
  }
  drop_wanted(r);
}

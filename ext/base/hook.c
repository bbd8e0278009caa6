/* SPDX-License-Identifier: MIT */
#include "base/hook.h"

typedef struct on_stmt {
  void (*call)(void *arg, sqlite3_stmt *stmt, const char *sql);
  void *arg;
} on_stmt;

typedef struct on_event {
  void (*call)(void *arg, sqlite3_stmt *stmt);
  void *arg;
} on_event;

/* Every run of a statement raises three events or more: each goes to those
** alone that want it. A list ends with the first that has no call. */
typedef struct hook {
  on_stmt on_stmt[HP_HOOK_LISTENERS + 1];
  on_event on_row[HP_HOOK_LISTENERS + 1];
  on_event on_profile[HP_HOOK_LISTENERS + 1];
  const hp_conn *conn;
  uint64_t n_events; /* all STMT events, muted or not: proves we are called */
  uint64_t n_hidden; /* ends of writing statements while muted */
  hp_listener listeners[HP_HOOK_LISTENERS];
  int n_listeners;
  bool is_off; /* removed by wish */
} hook;

static const char part_key;

static void tell(const on_event *to, sqlite3_stmt *stmt) {
  for (; to->call; to++) to->call(to->arg, stmt);
}

static void tell_close(hook *h) {
  for (int i = 0; i < h->n_listeners; i++) {
    const hp_listener *l = &h->listeners[i];
    if (l->on_close) l->on_close(l->arg);
  }
}

/* Trigger programs and statements run inside of others come with a comment as
** text, not with the statement's own; with NULL if there is no memory for it.
*/
static bool is_own_text(sqlite3_stmt *stmt, const char *sql) {
  return sql && (sql[0] != '-' || sql == sqlite3_sql(stmt));
}

static void tell_stmt(hook *h, sqlite3_stmt *stmt, const char *sql) {
  h->n_events++;
  if (h->conn->n_muted || !is_own_text(stmt, sql)) return;
  for (const on_stmt *to = h->on_stmt; to->call; to++)
    to->call(to->arg, stmt, sql);
}

static int on_trace(unsigned event, void *arg, void *p, void *x) {
  hook *h = arg;

  if (event == SQLITE_TRACE_STMT)
    tell_stmt(h, p, x);
  else if (event == SQLITE_TRACE_CLOSE)
    tell_close(h);
  else if (h->conn->n_muted)
    h->n_hidden += event == SQLITE_TRACE_PROFILE && !sqlite3_stmt_readonly(p);
  else
    tell(event == SQLITE_TRACE_ROW ? h->on_row : h->on_profile, p);
  return 0;
}

static hook *get(hp_conn *c) {
  return hp_conn_part(c, &part_key);
}

static int make(hp_conn *c, hook **out) {
  hook *h = sqlite3_malloc64(sizeof *h);
  int rc;

  *out = NULL;
  if (!h) return SQLITE_NOMEM;
  *h = (hook){.conn = c};
  rc = hp_conn_set_part(c, &part_key, h, sqlite3_free);
  if (!rc) *out = h;
  return rc;
}

int hp_hook_install(hp_conn *c) {
  hook *h = get(c);

  if (!HP_HAS_API(trace_v2)) return SQLITE_NOTFOUND;
  if (!h) return SQLITE_MISUSE;
  h->is_off = false;
  for (int i = 0; i < h->n_listeners; i++) {
    const hp_listener *l = &h->listeners[i];
    if (l->on_install) l->on_install(l->arg);
  }
  return sqlite3_trace_v2(c->db,
                          SQLITE_TRACE_STMT | SQLITE_TRACE_PROFILE |
                              SQLITE_TRACE_ROW | SQLITE_TRACE_CLOSE,
                          on_trace, h);
}

int hp_hook_remove(hp_conn *c) {
  hook *h = get(c);

  if (!HP_HAS_API(trace_v2)) return SQLITE_NOTFOUND;
  if (!h) return SQLITE_MISUSE;
  /* Only our own callback may be taken out of the slot. */
  if (hp_hook_is_alive(c)) sqlite3_trace_v2(c->db, 0, NULL, NULL);
  h->is_off = true;
  return SQLITE_OK;
}

static void append(on_event *list, on_event e) {
  if (!e.call) return;
  while (list->call) list++;
  *list = e;
}

static void enlist(hook *h, const hp_listener *l) {
  on_stmt *list = h->on_stmt;

  h->listeners[h->n_listeners++] = *l;
  append(h->on_row, (on_event){l->on_row, l->arg});
  append(h->on_profile, (on_event){l->on_profile, l->arg});
  while (list->call) list++;
  *list = (on_stmt){l->on_stmt, l->arg};
}

int hp_hook_add(hp_conn *c, const hp_listener *listener) {
  hook *h = get(c);
  int rc = h ? SQLITE_OK : make(c, &h);

  if (rc) return rc;
  if (h->n_listeners == HP_HOOK_LISTENERS) return SQLITE_FULL;
  enlist(h, listener);
  return h->n_listeners == 1 ? hp_hook_install(c) : SQLITE_OK;
}

uint64_t hp_hook_n_hidden(hp_conn *c) {
  hook *h = get(c);

  return h ? h->n_hidden : 0;
}

bool hp_hook_is_off(hp_conn *c) {
  hook *h = get(c);

  return h && h->is_off;
}

bool hp_hook_is_alive(hp_conn *c) {
  hook *h = get(c);
  sqlite3_stmt *stmt = NULL;
  uint64_t before;

  if (!h || h->is_off) return false;
  before = h->n_events;
  hp_hook_mute(c);
  if (!sqlite3_prepare_v2(c->db, "SELECT 1", -1, &stmt, NULL)) {
    sqlite3_step(stmt);
  }
  sqlite3_finalize(stmt);
  hp_hook_unmute(c);
  return h->n_events != before;
}

void hp_hook_mute(hp_conn *c) {
  c->n_muted++;
}

void hp_hook_unmute(hp_conn *c) {
  c->n_muted--;
}

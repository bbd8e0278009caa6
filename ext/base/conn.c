/* SPDX-License-Identifier: MIT */
#include "base/conn.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static hp_conn *conns; /* guarded by lock */

static hp_conn *find(sqlite3 *db) {
  hp_conn *c = conns;

  while (c && c->db != db) c = c->next;
  return c;
}

static hp_conn *new_conn(sqlite3 *db) {
  hp_conn *c = sqlite3_malloc64(sizeof *c);

  if (!c) return NULL;
  *c = (hp_conn){.db = db, .reader = hp_reader_new()};
  if (c->reader) return c;
  sqlite3_free(c);
  return NULL;
}

int hp_conn_open(sqlite3 *db, hp_conn **out) {
  hp_conn *c;

  pthread_mutex_lock(&lock);
  c = find(db);
  if (!c && (c = new_conn(db)) != NULL) {
    c->next = conns;
    conns = c;
  }
  if (c) c->n_refs++;
  pthread_mutex_unlock(&lock);
  *out = c;
  return c ? SQLITE_OK : SQLITE_NOMEM;
}

/* Takes c off the registry if this was the last reference. */
static bool is_last_ref(hp_conn *c) {
  hp_conn **at = &conns;
  bool is_last;

  pthread_mutex_lock(&lock);
  is_last = --c->n_refs == 0;
  if (is_last) {
    while (*at != c) at = &(*at)->next;
    *at = c->next;
  }
  pthread_mutex_unlock(&lock);
  return is_last;
}

void hp_conn_close(void *conn) {
  hp_conn *c = conn;

  if (!c || !is_last_ref(c)) return;
  for (int i = HP_CONN_PARTS - 1; i >= 0; i--) {
    if (c->parts[i].part) c->parts[i].free_fn(c->parts[i].part);
  }
  hp_reader_free(c->reader);
  sqlite3_free(c);
}

hp_conn *hp_conn_find(sqlite3 *db) {
  hp_conn *c;

  pthread_mutex_lock(&lock);
  c = find(db);
  pthread_mutex_unlock(&lock);
  return c;
}

void *hp_conn_part(const hp_conn *c, const void *key) {
  for (int i = 0; i < HP_CONN_PARTS; i++) {
    if (c->parts[i].key == key) return c->parts[i].part;
  }
  return NULL;
}

int hp_conn_set_part(hp_conn *c, const void *key, void *part,
                     void (*free_fn)(void *part)) {
  for (int i = 0; i < HP_CONN_PARTS; i++) {
    if (c->parts[i].key) continue;
    c->parts[i].key = key;
    c->parts[i].part = part;
    c->parts[i].free_fn = free_fn;
    return SQLITE_OK;
  }
  free_fn(part);
  return SQLITE_FULL;
}

void hp_conn_after_fork(void) {
  pthread_mutex_init(&lock, NULL);
}

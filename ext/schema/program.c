/* SPDX-License-Identifier: MIT */
#include "schema/program.h"

#include "base/hook.h"
#include "schema/functions.h"
#include "schema/text.h"

#include <stdarg.h>
#include <string.h>

enum { COL_ADDR, COL_OPCODE, COL_P1, COL_P2, COL_P3, COL_P4, COL_P5 };
enum { MAX_DATABASES = 32 }; /* bits of read_mask */

/* A program being read. */
typedef struct reading {
  sqlite3 *db;
  const char *sql;
  hp_program *out;   /* NULL: only the text is wanted */
  sqlite3_str *text; /* what is hashed */
  hp_functions functions;
  char *error; /* a sentence, when rc is not SQLITE_OK */
  int rc;      /* the first failure */
} reading;

/* The first failure wins. */
static void fail(reading *r, int rc, const char *fmt, ...) HP_PRINTF(3, 4);

static void fail(reading *r, int rc, const char *fmt, ...) {
  va_list args;

  if (r->rc != SQLITE_OK) return;
  r->rc = rc;
  va_start(args, fmt);
  r->error = sqlite3_vmprintf(fmt, args);
  va_end(args);
}

static void fail_sqlite(reading *r, int rc) {
  fail(r, rc, "%s", sqlite3_errmsg(r->db));
}

static void check(reading *r, int rc) {
  if (rc != SQLITE_OK) fail(r, rc, "%s", sqlite3_errstr(rc));
}

/* Sets *text, unless it is set already. */
static void set_text(reading *r, char **text, const char *fmt, ...)
    HP_PRINTF(3, 4);

static void set_text(reading *r, char **text, const char *fmt, ...) {
  va_list args;

  if (*text) return;
  va_start(args, fmt);
  *text = sqlite3_vmprintf(fmt, args);
  va_end(args);
  if (!*text) check(r, SQLITE_NOMEM);
}

static bool is_select(const char *sql) {
  return hp_text_begins(sql, "SELECT") || hp_text_begins(sql, "WITH") ||
         hp_text_begins(sql, "VALUES");
}

static void note_columns(reading *r, sqlite3_stmt *stmt) {
  int n = sqlite3_column_count(stmt);

  for (int i = 0; i < n; i++) {
    const char *name = sqlite3_column_name(stmt, i);

    if (!name)
      check(r, SQLITE_NOMEM);
    else
      sqlite3_str_appendf(r->text, "%s%c", name, '\n');
  }
}

/* Refuses what is not one SELECT statement; notes its result columns. *n_bytes
** is the length of the statement without what follows it. */
static void read_statement(reading *r, int *n_bytes) {
  sqlite3_stmt *stmt = NULL, *second = NULL;
  const char *tail = NULL;
  int rc;

  if (!is_select(r->sql)) {
    fail(r, SQLITE_MISUSE, "only a SELECT statement can be used here, not: %s",
         r->sql);
    return;
  }
  rc = sqlite3_prepare_v2(r->db, r->sql, -1, &stmt, &tail);
  if (rc != SQLITE_OK) {
    fail_sqlite(r, rc);
    return;
  }
  *n_bytes = (int)(tail - r->sql);
  if (!sqlite3_stmt_readonly(stmt) || sqlite3_column_count(stmt) == 0) {
    fail(r, SQLITE_MISUSE, "the statement writes; only a SELECT can be used");
  }
  note_columns(r, stmt);
  sqlite3_finalize(stmt);
  rc = sqlite3_prepare_v2(r->db, tail, -1, &second, NULL);
  if (rc == SQLITE_NOMEM) {
    check(r, rc);
  } else if (rc != SQLITE_OK || second) {
    fail(r, SQLITE_MISUSE,
         "only one statement can be used, but after the"
         " first there is: %s",
         hp_text_skip(tail));
  }
  sqlite3_finalize(second);
}

static bool is_builtin_collation(const char *name, int n) {
  static const char *const known[] = {"", "B", "BINARY", "NOCASE", "RTRIM"};

  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if ((int)strlen(known[i]) == n &&
        sqlite3_strnicmp(known[i], name, n) == 0) {
      return true;
    }
  }
  return false;
}

static void note_collation(reading *r, const char *name, int n) {
  if (is_builtin_collation(name, n)) return;
  set_text(r, &r->out->private_why,
           "uses the collation %.*s, which the application defined", n, name);
}

/* p4 is the collations of a key, "k(2,NOCASE,-B)": '-' marks descending
** order, "N." the NULLs at the end. */
static void note_key(reading *r, const char *p4) {
  const char *s = strchr(p4, ',');

  while (s) {
    const char *name = s + 1;
    int n;

    if (*name == '-') name++;
    if (strncmp(name, "N.", 2) == 0) name += 2;
    n = (int)strcspn(name, ",)");
    note_collation(r, name, n);
    s = name[n] == ',' ? name + n : NULL;
  }
}

/* p4 is one collation: "NOCASE-8" with the encoding, in older SQLite
** "(NOCASE)". */
static void note_comparison(reading *r, const char *p4) {
  const char *dash = strrchr(p4, '-');
  size_t n = dash ? (size_t)(dash - p4) : strlen(p4);

  if (!dash && *p4 == '(') p4++, n = strcspn(p4, ")");
  note_collation(r, p4, (int)n);
}

static bool is_among(const char *opcode, const char *const *list) {
  for (; *list; list++) {
    if (strcmp(opcode, *list) == 0) return true;
  }
  return false;
}

static const char *const comparisons[] = {"CollSeq", "Eq", "Ne", "Lt",
                                          "Le",      "Gt", "Ge", NULL};
static const char *const calls[] = {
    "Function", "PureFunc", "Function0",  "PureFunc0", "AggStep", "AggStep0",
    "AggStep1", "AggValue", "AggInverse", "AggFinal",  NULL};

static void note_p4(reading *r, const char *opcode, const char *p4) {
  if (is_among(opcode, calls)) {
    check(r, hp_functions_add(&r->functions, p4));
  } else if (strncmp(p4, "k(", 2) == 0) {
    note_key(r, p4);
  } else if (is_among(opcode, comparisons)) {
    note_comparison(r, p4);
  } else if (strcmp(opcode, "VOpen") == 0) {
    check(r, hp_vtabs_add(&r->out->vtabs, p4));
  }
}

static void note_database(reading *r, int i, unsigned *mask) {
  if (i < 0 || i >= MAX_DATABASES) {
    fail(r, SQLITE_RANGE,
         "the statement uses attached database number %d; only the first %d"
         " databases of a connection can be told apart",
         i, MAX_DATABASES);
    return;
  }
  *mask |= 1u << i;
}

static void note_root(hp_program *out, int root) {
  for (int i = 0; i < out->n_roots; i++) {
    if (out->roots[i] == root) return;
  }
  if (out->n_roots == HP_PROGRAM_ROOTS)
    out->n_roots = -1;
  else if (out->n_roots >= 0)
    out->roots[out->n_roots++] = root;
}

static const char *const openings[] = {"OpenRead", "OpenWrite", "ReopenIdx",
                                       NULL};

static void note_op(reading *r, const char *opcode, sqlite3_stmt *row) {
  int p1 = sqlite3_column_int(row, COL_P1);
  int p3 = sqlite3_column_int(row, COL_P3);

  if (strcmp(opcode, "Transaction") == 0) {
    note_database(r, p1, &r->out->read_mask);
    if (sqlite3_column_int(row, COL_P2) != 0) {
      note_database(r, p1, &r->out->write_mask);
    }
  } else if (is_among(opcode, openings)) {
    note_database(r, p3, &r->out->read_mask);
    if (p3 == 0) note_root(r->out, sqlite3_column_int(row, COL_P2));
  } else if (strcmp(opcode, "Offset") == 0) {
    set_text(r, &r->out->doubt, "sqlite_offset() is not deterministic");
  }
}

/* Adds a row to what is hashed. The address of a virtual table is left out,
** and of Transaction the connection's count of schema loads (p4). Numbers are
** taken as they are: this runs whenever an outer statement is planned. */
static void add_text(reading *r, const char *opcode, const char *p4,
                     sqlite3_stmt *row) {
  bool has_p4 =
      p4 && strncmp(p4, "vtab:", 5) != 0 && strcmp(opcode, "Transaction") != 0;
  int numbers[] = {
      sqlite3_column_int(row, COL_P1),
      sqlite3_column_int(row, COL_P2),
      sqlite3_column_int(row, COL_P3),
      sqlite3_column_int(row, COL_P5),
      has_p4 ? sqlite3_column_bytes(row, COL_P4) : 0,
  };

  sqlite3_str_appendall(r->text, opcode);
  sqlite3_str_append(r->text, (const char *)numbers, sizeof numbers);
  if (has_p4) sqlite3_str_append(r->text, p4, numbers[4]);
}

static void note_row(reading *r, sqlite3_stmt *row) {
  const char *opcode = (const char *)sqlite3_column_text(row, COL_OPCODE);
  const char *p4 = (const char *)sqlite3_column_text(row, COL_P4);

  if (!opcode) {
    check(r, SQLITE_NOMEM);
    return;
  }
  add_text(r, opcode, p4, row);
  if (!r->out) return; /* only the code is asked for */
  note_op(r, opcode, row);
  if (p4 && *p4) note_p4(r, opcode, p4);
}

static void read_program(reading *r, int n_bytes) {
  char *sql = sqlite3_mprintf("EXPLAIN %.*s", n_bytes, r->sql);
  sqlite3_stmt *program = NULL;
  int rc = SQLITE_NOMEM;

  if (sql) rc = sqlite3_prepare_v2(r->db, sql, -1, &program, NULL);
  sqlite3_free(sql);
  while (rc == SQLITE_OK && (rc = sqlite3_step(program)) == SQLITE_ROW) {
    note_row(r, program);
    rc = r->rc;
  }
  if (rc != SQLITE_DONE && r->rc == SQLITE_OK) fail_sqlite(r, rc);
  sqlite3_finalize(program);
}

static bool has_fts(const hp_vtabs *v) {
  for (int i = 0; i < v->n; i++) {
    if (hp_vtab_is_fts(&v->at[i])) return true;
  }
  return false;
}

static void judge_function(reading *r, const hp_function *f, bool fts) {
  const char *doubt = hp_function_doubt(f);

  if (fts && hp_function_is_fts(f)) {
    set_text(r, &r->out->private_why,
             "uses the full-text function %s(), which an application can"
             " redefine",
             f->name);
    return;
  }
  if (f->known && !f->builtin) {
    set_text(r, &r->out->private_why,
             "uses the function %s(), which the application defined", f->name);
  }
  if (doubt && !r->out->doubt) {
    char *text = sqlite3_mprintf(doubt, f->name);

    if (text)
      r->out->doubt = text;
    else
      check(r, SQLITE_NOMEM);
  }
}

/* What a schema stores may not do all that an application may: the schema can
** come from somebody else. The rules are SQLite's own for views and triggers
** (https://www.sqlite.org/security.html). */
static void judge_trust(reading *r, const hp_function *f) {
  int trusted = 1;

  sqlite3_db_config(r->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, -1, &trusted);
  if (!f->known || f->direct_only || (!trusted && !f->innocuous)) {
    set_text(r, &r->out->direct_why,
             "uses %s(), which may not be used by what a schema stores",
             f->name);
  }
}

static void judge_vtab(reading *r, const hp_vtab *v) {
  const char *name = v->table ? v->table : v->module ? v->module : NULL;

  if (hp_vtab_is(v, "cached")) {
    r->out->uses_cached = true;
    return;
  }
  if (!hp_vtab_is_plain(v)) {
    const char *shown = name ? name : "of a module that is not known";

    set_text(r, &r->out->doubt,
             "the virtual table %s can change without a write", shown);
    set_text(r, &r->out->private_why, "reads the virtual table %s", shown);
    set_text(r, &r->out->direct_why,
             "reads the virtual table %s, which is not known to be harmless",
             shown);
  } else if (hp_vtab_is_fts(v) && hp_text_mentions(v->sql, "tokenize")) {
    set_text(r, &r->out->private_why,
             "reads the full-text table %s, whose tokenizer an application"
             " can redefine",
             name);
  }
}

static void judge(reading *r) {
  hp_program *out = r->out;

  if (r->rc == SQLITE_OK)
    check(r, hp_vtabs_resolve(&out->vtabs, r->db, r->sql));
  if (r->rc == SQLITE_OK) check(r, hp_functions_look_up(&r->functions, r->db));
  if (r->rc != SQLITE_OK) return;
  out->uses_vtab = out->vtabs.n > 0;
  out->uses_temp = (out->read_mask & 2u) != 0;
  for (int i = 0; i < r->functions.n; i++) {
    judge_function(r, &r->functions.at[i], has_fts(&out->vtabs));
    judge_trust(r, &r->functions.at[i]);
  }
  for (int i = 0; i < out->vtabs.n; i++) judge_vtab(r, &out->vtabs.at[i]);
  if (out->uses_temp) {
    set_text(r, &out->private_why,
             "reads the temp database, which is this connection's alone");
  }
}

/* Hash of what was read, from byte n on. */
static hp_hash128 hash_from(const reading *r, int n) {
  return hp_hash128_of(sqlite3_str_value(r->text) + n,
                       (size_t)(sqlite3_str_length(r->text) - n),
                       hp_hash_secret());
}

int hp_program_code(sqlite3 *db, const char *sql, hp_hash128 *out, char **err) {
  reading r = {.db = db, .sql = sql};
  hp_conn *host = hp_conn_find(db);

  if (host) hp_hook_mute(host);
  r.text = sqlite3_str_new(db);
  read_program(&r, (int)strlen(sql));
  check(&r, sqlite3_str_errcode(r.text));
  if (r.rc == SQLITE_OK) *out = hash_from(&r, 0);
  sqlite3_free(sqlite3_str_finish(r.text));
  if (host) hp_hook_unmute(host);
  *err = r.error;
  return r.rc;
}

static int read_all(sqlite3 *db, const char *sql, hp_program *out, char **err) {
  reading r = {.db = db, .sql = sql, .out = out};
  hp_conn *host = hp_conn_find(db);
  int n_bytes = 0, n_names;

  *out = (hp_program){0};
  *err = NULL;
  if (host) hp_hook_mute(host);
  r.text = sqlite3_str_new(db);
  read_statement(&r, &n_bytes);
  n_names = sqlite3_str_length(r.text);
  if (r.rc == SQLITE_OK) read_program(&r, n_bytes);
  check(&r, sqlite3_str_errcode(r.text));
  judge(&r);
  if (r.rc == SQLITE_OK) {
    out->hash = hash_from(&r, 0);
    out->code = hash_from(&r, n_names);
  }
  sqlite3_free(sqlite3_str_finish(r.text));
  hp_functions_term(&r.functions);
  if (host) hp_hook_unmute(host);
  *err = r.error;
  return r.rc;
}

static bool has_unknown_vtab(const hp_program *p) {
  for (int i = 0; i < p->vtabs.n; i++) {
    if (!p->vtabs.at[i].module) return true;
  }
  return false;
}

int hp_program_read(sqlite3 *db, const char *sql, hp_program *out, char **err) {
  int rc = read_all(db, sql, out, err);

  /* To name the virtual tables the schema is read, and only then SQLite may
  ** find it changed and load it again: they have other addresses now. */
  if (rc == SQLITE_OK && has_unknown_vtab(out)) {
    hp_program_term(out);
    rc = read_all(db, sql, out, err);
  }
  return rc;
}

void hp_program_term(hp_program *p) {
  sqlite3_free(p->doubt);
  sqlite3_free(p->private_why);
  sqlite3_free(p->direct_why);
  hp_vtabs_term(&p->vtabs);
  *p = (hp_program){0};
}

/* SPDX-License-Identifier: MIT */
#include "advisor/effect.h"

#include "advisor/hint.h"
#include "query/normal.h"

#include <math.h>
#include <string.h>

/* A change of less than this share of a statement's cost is not worth a
** word. */
static const double notable = 0.02;

/* So much dearer a statement is worth a remedy. */
static const double dear = 1.2;

/* s as a JSON string. */
static void append_json(sqlite3_str *out, const char *s) {
  sqlite3_str_appendall(out, "\"");
  for (; *s; s++) {
    if (*s == '"' || *s == '\\')
      sqlite3_str_appendf(out, "\\%c", *s);
    else if ((unsigned char)*s < ' ')
      sqlite3_str_appendall(out, " ");
    else
      sqlite3_str_appendchar(out, 1, *s);
  }
  sqlite3_str_appendall(out, "\"");
}

char *hp_statement_shown(const char *sql) {
  size_t n = strlen(sql);
  char *text = sqlite3_malloc64(HP_NORMAL_CAP(n) + 1);

  if (text) text[hp_normal_write(sql, n, text)] = '\0';
  return text;
}

/* A use of the table with NOT INDEXED, if statement s is nearly as fast with it
** as it was before, and gives the same rows; else, or if that could not be
** tried, NULL. Caller frees. */
static char *remedy_of(const hp_comparison *c, int s, const char *table,
                       const hp_cost *before, const hp_cost *after) {
  char *sql, *what, *err = NULL;
  hp_cost cost;
  bool is_cure = false;

  if (hp_cost_model(after) < hp_cost_model(before) * dear) return NULL;
  if (hp_hint_write(c->statements[s].sql, table, &sql, &what)) return NULL;
  if (sql && hp_lab_show(c->lab, c->set, &err) == SQLITE_OK) {
    is_cure = hp_trial_reworded(c->trial, s, sql, after, &cost) &&
              hp_cost_model(&cost) < hp_cost_model(before) * dear;
  }
  sqlite3_free(err);
  sqlite3_free(sql);
  if (is_cure) return what;
  sqlite3_free(what);
  return NULL;
}

/* remedy may be NULL; freed. */
static void append_effect(const hp_comparison *c, sqlite3_str *list, int s,
                          const hp_cost *before, const hp_cost *after,
                          char *remedy) {
  const hp_statement *st = &c->statements[s];
  char *shown = hp_statement_shown(st->sql);

  sqlite3_str_appendf(list, "%s{\"sql\":", sqlite3_str_length(list) ? "," : "");
  append_json(list, shown ? shown : "");
  sqlite3_free(shown);
  sqlite3_str_appendf(list,
                      ",\"calls\":%.0f,\"before_ms\":%.4f,"
                      "\"after_ms\":%.4f,\"before_steps\":%lld,"
                      "\"after_steps\":%lld,\"before_pages\":%lld,"
                      "\"after_pages\":%lld%s",
                      st->calls, (double)before->ns / 1e6,
                      (double)after->ns / 1e6, before->steps, after->steps,
                      before->pages, after->pages,
                      before->is_capped ? ",\"at_least\":true" : "");
  if (remedy) {
    sqlite3_str_appendall(list, ",\"remedy\":");
    append_json(list, remedy);
    sqlite3_free(remedy);
  }
  sqlite3_str_appendall(list, "}");
}

void hp_effects_compare(const hp_comparison *c, const hp_cost *before,
                        const hp_cost *after, const char *table,
                        hp_effects *e) {
  for (int s = 0; s < c->n; s++) {
    double b = hp_cost_model(&before[s]), a = hp_cost_model(&after[s]);
    double calls = c->statements[s].calls;

    if (fabs(a - b) <= b * notable) continue;
    if (a < b) {
      append_effect(c, e->helped, s, &before[s], &after[s], NULL);
      e->n_helped++;
    } else {
      char *remedy =
          table ? remedy_of(c, s, table, &before[s], &after[s]) : NULL;

      append_effect(c, e->harmed, s, &before[s], &after[s], remedy);
      e->n_harmed++;
    }
    e->before_ns += calls * (double)before[s].ns;
    e->after_ns += calls * (double)after[s].ns;
    e->before_model += calls * b;
    e->after_model += calls * a;
  }
}

/* Caller frees. */
static char *list_of(sqlite3_str *items) {
  char *inner = sqlite3_str_finish(items);
  char *text = sqlite3_mprintf("[%s]", inner ? inner : "");

  sqlite3_free(inner);
  return text;
}

void hp_effects_begin(hp_effects *e) {
  *e = (hp_effects){.helped = sqlite3_str_new(NULL),
                    .harmed = sqlite3_str_new(NULL)};
}

void hp_effects_finish(hp_effects *e, char **helped, char **harmed) {
  *helped = list_of(e->helped);
  *harmed = list_of(e->harmed);
  e->helped = e->harmed = NULL;
}

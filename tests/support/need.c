/* SPDX-License-Identifier: MIT */
#include "support/need.h"

#include "support/db.h"

#include <check.h>
#include <string.h>

static void append_terms(sqlite3_str *s, const hp_table *t, const char *what,
                         const hp_term *terms, int n) {
  for (int i = 0; i < n; i++) {
    const char *expression = terms[i].expression;

    sqlite3_str_appendf(s, " %s:%s", what,
                        expression ? expression
                                   : t->columns[terms[i].column].name);
    if (terms[i].literal) sqlite3_str_appendf(s, "=%s", terms[i].literal);
    if (terms[i].collation) sqlite3_str_appendf(s, "~%s", terms[i].collation);
    if (terms[i].is_desc) sqlite3_str_appendall(s, "-");
  }
}

static char *line_of(const hp_tables *tables, const hp_need *n) {
  const hp_table *t = &tables->at[n->table];
  sqlite3_str *s = sqlite3_str_new(NULL);

  sqlite3_str_appendall(s, t->name);
  if (n->by_rowid) sqlite3_str_appendall(s, " rowid");
  append_terms(s, t, "eq", n->eq, n->n_eq);
  append_terms(s, t, "range", n->range, n->n_range);
  append_terms(s, t, "order", n->order, n->n_order);
  append_terms(s, t, "present", n->present, n->n_present);
  return sqlite3_str_finish(s);
}

/* Before 3.38 SQLite does not tell of values: the line without them. */
static char *known_part(const char *line) {
  sqlite3_str *s = sqlite3_str_new(NULL);

  for (size_t n; *line; line += n) {
    n = strcspn(line, "=");
    sqlite3_str_append(s, line, (int)n);
    if (line[n] == '=') n += strcspn(line + n, " ");
  }
  return sqlite3_str_finish(s);
}

void test_need_check(const hp_tables *tables, const hp_needs *needs,
                     const char *sql, const char *line) {
  sqlite3_str *all = sqlite3_str_new(NULL);
  char *wanted =
      test_db_since(3038000) ? sqlite3_mprintf("%s", line) : known_part(line);
  bool found = false;
  char *text;

  for (int i = 0; i < needs->n; i++) {
    char *one = line_of(tables, &needs->at[i]);

    sqlite3_str_appendf(all, "%s\n", one);
    if (strcmp(one, wanted) == 0) found = true;
    sqlite3_free(one);
  }
  text = sqlite3_str_finish(all);
  ck_assert_msg(found, "%s lacks '%s':\n%s", sql, line, text);
  sqlite3_free(text);
  sqlite3_free(wanted);
}

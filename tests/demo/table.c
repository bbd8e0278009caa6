/* SPDX-License-Identifier: MIT */
#include "demo/table.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "demo/say.h"
#include "demo/text.h"

enum { MAX_COLUMNS = 32, MIN_WIDTH = 6, MAX_ROWS = 200 };

static const char nothing[] = "–"; /* shown for NULL */

typedef struct cell {
  int type;         /* SQLITE_INTEGER, …_FLOAT, …_TEXT or …_NULL */
  double real;      /* of a float */
  char *text;       /* what is shown, owned; NULL until a float is formatted */
  const char *rest; /* what is not printed yet, borrowed from text */
} cell;

typedef struct column {
  char *name;     /* owned */
  bool is_number; /* no text in it: goes to the right */
  double largest; /* magnitude of its largest float */
  int width;      /* cells */
} column;

/* Cells are row-major: cell (r, c) is cells[r * n_columns + c]. */
typedef struct table {
  int n_columns, n_rows;
  column columns[MAX_COLUMNS];
  cell *cells; /* owned */
} table;

static void table_term(table *t) {
  int i;

  for (i = 0; i < t->n_rows * t->n_columns; i++) {
    sqlite3_free(t->cells[i].text);
  }
  for (i = 0; i < t->n_columns; i++) sqlite3_free(t->columns[i].name);
  sqlite3_free(t->cells);
}

static bool read_cell(sqlite3_stmt *stmt, int i, column *col, cell *out) {
  char number[32];
  const char *text;
  double size;

  out->type = sqlite3_column_type(stmt, i);
  switch (out->type) {
  case SQLITE_FLOAT:
    out->real = sqlite3_column_double(stmt, i);
    size = out->real < 0 ? -out->real : out->real;
    if (size > col->largest) col->largest = size;
    return true;
  case SQLITE_INTEGER:
    demo_thousands(sqlite3_column_int64(stmt, i), number);
    out->text = sqlite3_mprintf("%s", number);
    return out->text != NULL;
  case SQLITE_NULL:
    out->text = sqlite3_mprintf("%s", nothing);
    return out->text != NULL;
  default:
    col->is_number = false;
    text = (const char *)sqlite3_column_text(stmt, i);
    out->text = text ? demo_text_flatten(text) : NULL;
    return out->text != NULL;
  }
}

/* Appends the current row of stmt. */
static bool read_row(sqlite3_stmt *stmt, table *t) {
  int n = t->n_columns, i;
  cell *cells = sqlite3_realloc64(
      t->cells, (sqlite3_uint64)((t->n_rows + 1) * n) * sizeof(cell));

  if (cells == NULL) return false;
  t->cells = cells;
  cells += t->n_rows * n;
  memset(cells, 0, (size_t)n * sizeof(cell));
  t->n_rows++;
  for (i = 0; i < n; i++) {
    if (!read_cell(stmt, i, &t->columns[i], &cells[i])) return false;
  }
  return true;
}

static bool read_header(sqlite3_stmt *stmt, table *t) {
  int n = sqlite3_column_count(stmt), i;

  if (n > MAX_COLUMNS) n = MAX_COLUMNS;
  for (i = 0; i < n; i++) {
    t->columns[i].is_number = true;
    t->columns[i].name = sqlite3_mprintf("%s", sqlite3_column_name(stmt, i));
    t->n_columns++;
    if (t->columns[i].name == NULL) return false;
  }
  return true;
}

/* One column has one number of decimals: about three figures of its largest
** number, so that the column reads down. */
static char *format_real(double real, double largest) {
  int decimals = largest >= 1000  ? 0
                 : largest >= 100 ? 1
                 : largest >= 10  ? 2
                                  : 3;
  char whole[32];

  if (decimals > 0) return sqlite3_mprintf("%.*f", decimals, real);
  if (largest > 9e18) return sqlite3_mprintf("%g", real);
  real += real < 0 ? -0.5 : 0.5;
  return sqlite3_mprintf("%s", demo_thousands((int64_t)real, whole));
}

static bool format_reals(table *t) {
  int i;

  for (i = 0; i < t->n_rows * t->n_columns; i++) {
    cell *c = &t->cells[i];

    if (c->type == SQLITE_FLOAT) {
      c->text = format_real(c->real, t->columns[i % t->n_columns].largest);
      if (c->text == NULL) return false;
    }
  }
  return true;
}

/* Natural widths first; then the widest text column gives way, cell by cell,
** until the table fits. */
static void lay_out(table *t) {
  int total = 1, i, w, widest;

  for (i = 0; i < t->n_columns; i++) {
    t->columns[i].width = demo_text_width(t->columns[i].name);
  }
  for (i = 0; i < t->n_rows * t->n_columns; i++) {
    column *col = &t->columns[i % t->n_columns];

    w = demo_text_width(t->cells[i].text);
    if (w > col->width) col->width = w;
  }
  for (i = 0; i < t->n_columns; i++) total += t->columns[i].width + 3;
  while (total > DEMO_TABLE_WIDTH) {
    for (i = 0, widest = 0; i < t->n_columns; i++) {
      if (t->columns[i].width > t->columns[widest].width) widest = i;
    }
    if (t->columns[widest].width <= MIN_WIDTH) break;
    t->columns[widest].width--;
    total--;
  }
}

static void print_rule(FILE *out, const table *t, const char *left,
                       const char *middle, const char *right) {
  int i, w;

  fputs("  ", out);
  for (i = 0; i < t->n_columns; i++) {
    fputs(i == 0 ? left : middle, out);
    for (w = 0; w < t->columns[i].width + 2; w++) fputs("─", out);
  }
  fprintf(out, "%s\n", right);
}

/* Prints what fits of *rest into a column and moves *rest on. The last line
** allowed shows "…" where text is left over. */
static void print_cell(FILE *out, const column *col, const char **rest,
                       bool last_line) {
  int cells = 0, pad;
  size_t n = demo_text_line(*rest, col->width, &cells);
  bool cut = last_line && (*rest)[n] != '\0';

  if (cut) n = demo_text_fit(*rest, col->width - 1, &cells);
  pad = col->width - cells - (cut ? 1 : 0);
  fputs("│ ", out);
  if (col->is_number) fprintf(out, "%*s", pad, "");
  fprintf(out, "%.*s%s", (int)n, *rest, cut ? "…" : "");
  if (!col->is_number) fprintf(out, "%*s", pad, "");
  fputc(' ', out);
  *rest = cut ? "" : *rest + n + strspn(*rest + n, " ");
}

static void print_row(FILE *out, const table *t, cell *row, int max_lines) {
  int line, i;
  bool more = true;

  for (i = 0; i < t->n_columns; i++) row[i].rest = row[i].text;
  for (line = 1; more; line++) {
    more = false;
    fputs("  ", out);
    for (i = 0; i < t->n_columns; i++) {
      print_cell(out, &t->columns[i], &row[i].rest, line >= max_lines);
      if (row[i].rest[0] != '\0') more = true;
    }
    fputs("│\n", out);
  }
}

static void print_table(FILE *out, table *t, int max_lines) {
  cell header[MAX_COLUMNS];
  int i;

  print_rule(out, t, "┌", "┬", "┐");
  for (i = 0; i < t->n_columns; i++) {
    header[i] = (cell){.text = t->columns[i].name};
  }
  print_row(out, t, header, 2);
  print_rule(out, t, "├", "┼", "┤");
  for (i = 0; i < t->n_rows; i++) {
    print_row(out, t, t->cells + i * t->n_columns, max_lines);
  }
  print_rule(out, t, "└", "┴", "┘");
  fflush(out);
}

int demo_table_print(FILE *out, sqlite3 *db, const char *sql, int max_lines,
                     const char *empty) {
  sqlite3_stmt *stmt = NULL;
  table t = {0};
  int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

  if (rc == SQLITE_OK && !read_header(stmt, &t)) rc = SQLITE_NOMEM;
  while (rc == SQLITE_OK && t.n_rows < MAX_ROWS &&
         (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    rc = read_row(stmt, &t) ? SQLITE_OK : SQLITE_NOMEM;
  }
  if (rc == SQLITE_DONE || rc == SQLITE_OK) {
    rc = format_reals(&t) ? SQLITE_OK : SQLITE_NOMEM;
  }
  if (rc == SQLITE_NOMEM) {
    rc = demo_fail("out of memory printing a table.");
  } else if (rc != SQLITE_OK) {
    demo_fail("%s, in: %s", sqlite3_errmsg(db), sql);
    rc = 1;
  } else if (t.n_rows == 0) {
    fprintf(out, "  %s\n", empty);
  } else {
    lay_out(&t);
    print_table(out, &t, max_lines);
  }
  sqlite3_finalize(stmt);
  table_term(&t);
  return rc;
}

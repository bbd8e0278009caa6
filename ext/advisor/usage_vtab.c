/* SPDX-License-Identifier: MIT */
#include "advisor/usage_vtab.h"

#include "advisor/usage.h"
#include "base/clock.h"
#include "base/iso.h"
#include "base/rowtab.h"

#include <string.h>

static void put_last(hp_builder *out, int64_t last_ns) {
  int64_t ago_ms = (hp_clock_fast_ns() - last_ns) / 1000000;
  char iso[HP_ISO_SIZE];

  if (!last_ns) {
    hp_builder_null(out);
    return;
  }
  hp_iso_format(hp_clock_wall_ms() - ago_ms, iso);
  hp_builder_text(out, iso, -1);
}

static const char *note_of(const hp_index_use *x) {
  if (strcmp(x->origin, "pk") == 0) return "is the primary key";
  if (strcmp(x->origin, "u") == 0) return "is a UNIQUE constraint";
  if (x->redundant_with) return "another one does the same";
  return x->supports_fk ? "supports a foreign key" : NULL;
}

static void put(hp_builder *out, const hp_index_use *x) {
  hp_builder_text(out, x->name, -1);
  hp_builder_text(out, x->table, -1);
  hp_builder_text(out, x->columns, -1);
  hp_builder_int(out, x->calls);
  hp_builder_int(out, x->n_statements);
  put_last(out, x->last_ns);
  if (x->n_bytes < 0)
    hp_builder_null(out);
  else
    hp_builder_int(out, x->n_bytes);
  hp_builder_text(out, x->redundant_with, -1);
  hp_builder_text(out, note_of(x), -1);
}

static int fill(hp_conn *c, const hp_rowtab *table, sqlite3_value **args,
                hp_builder *out, char **err) {
  hp_usage u;
  int rc = hp_usage_read(c, &u, err);

  (void)table, (void)args;
  for (int i = 0; !rc && i < u.n; i++) put(out, &u.at[i]);
  hp_usage_term(&u);
  return rc ? rc : out->rc;
}

static const hp_rowtab usage_table = {
    .name = "index_usage",
    .columns = "\"index\" TEXT, \"table\" TEXT, columns TEXT, uses INT,"
               " statements INT, last_used TEXT, size_bytes INT,"
               " redundant_with TEXT, note TEXT",
    .fill = fill,
};

int hp_usage_register(hp_conn *c) {
  return hp_rowtab_register(c, &usage_table);
}

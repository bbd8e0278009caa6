/* SPDX-License-Identifier: MIT */
#include "report/help_vtab.h"

#include "base/rowtab.h"
#include "report/help.h"

static int fill(hp_conn *c, const hp_rowtab *table, sqlite3_value **args,
                hp_builder *out, char **err) {
  (void)c, (void)table, (void)args, (void)err;
  for (const hp_help *h = hp_help_table; h->name; h++) {
    hp_builder_text(out, h->name, -1);
    hp_builder_text(out, h->kind, -1);
    hp_builder_text(out, h->arguments, -1);
    hp_builder_text(out, h->returns, -1);
    hp_builder_text(out, h->purpose, -1);
    hp_builder_text(out, h->example, -1);
  }
  return SQLITE_OK;
}

static const hp_rowtab help_table = {
    .name = "hotpath_help",
    .columns = "name TEXT, kind TEXT, arguments TEXT, returns TEXT,"
               " purpose TEXT, example TEXT",
    .fill = fill,
    .is_innocuous = true,
};

int hp_help_register(hp_conn *c) {
  return hp_rowtab_register(c, &help_table);
}

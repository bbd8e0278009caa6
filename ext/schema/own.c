/* SPDX-License-Identifier: MIT */
#include "schema/own.h"

#include "base/rowtab.h"
#include "schema/text.h"

static bool calls_own(const char *sql) {
  static const char *const functions[] = {"*query_*(*", "*cache_*(*",
                                          "*hotpath_*(*"};

  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    if (sqlite3_strglob(functions[i], sql) == 0) return true;
  }
  return false;
}

bool hp_own_is_asked(const char *sql) {
  const hp_rowtab *table;

  for (int i = 0; (table = hp_rowtab_at(i)); i++) {
    if (hp_text_mentions(sql, table->name)) return true;
  }
  if (sqlite3_strglob("*FROM pragma_*", sql) == 0) return true;
  return !hp_text_mentions(sql, "from") && calls_own(sql);
}

bool hp_own_has_rows(const char *sql) {
  static const char *const writes[] = {"INSERT", "REPLACE", "UPDATE", "DELETE"};

  for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
    if (hp_text_begins(sql, writes[i])) return true;
  }
  if (hp_text_begins(sql, "WITH")) return true;
  return hp_text_begins(sql, "SELECT") && hp_text_mentions(sql, "from");
}

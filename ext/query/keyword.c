/* SPDX-License-Identifier: MIT */
#include "query/keyword.h"
#include "base/sqlite_api.h"

static const char *const names[] = {
#define X(name) #name,
    HP_KEYWORDS(X)
#undef X
};

/* Like strcmp() of a bounded word against a whole name, caseless. */
static int compare(const char *word, size_t n, const char *name) {
  int diff = sqlite3_strnicmp(word, name, (int)n);

  return diff != 0 || name[n] == 0 ? diff : -1;
}

hp_keyword hp_keyword_of(const char *word, size_t n) {
  size_t low = 0, high = sizeof names / sizeof names[0];

  if (n > sizeof "TRANSACTION") return HP_KW_NONE;
  while (low < high) {
    size_t mid = (low + high) / 2;
    int diff = compare(word, n, names[mid]);

    if (diff == 0) return (hp_keyword)(mid + 1);
    if (diff < 0)
      high = mid;
    else
      low = mid + 1;
  }
  return HP_KW_NONE;
}

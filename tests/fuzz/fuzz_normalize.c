/* SPDX-License-Identifier: MIT
**
** Fuzzes what reads statements as text. Tokens tile it; the normal form fits
** the room promised, is its own normal form and has the text's fingerprint;
** the shape and the rewrite of lookups take any bytes.
*/
#include "base/sqlite_api.h"
#include "query/batch.h"
#include "query/fingerprint.h"
#include "query/normal.h"
#include "query/shape.h"
#include "query/tokenizer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool ok) {
  if (!ok) abort();
}

static void tokens_tile(const char *sql, size_t n) {
  hp_tokenizer t;
  hp_token tok;
  const char *at = sql;

  hp_tokenizer_init(&t, sql, n);
  while (hp_tokenizer_next(&t, &tok)) {
    require(tok.start == at && tok.n > 0);
    at += tok.n;
  }
  require(at == sql + n);
}

static void normal_form_is_stable(const char *sql, size_t n) {
  char *once = hp_fingerprint_normalize(sql, n), *twice;

  require(once != NULL && strlen(once) <= HP_NORMAL_CAP(n));
  twice = hp_fingerprint_normalize(once, strlen(once));
  require(twice != NULL && strcmp(once, twice) == 0);
  require(hp_fingerprint(sql, n) == hp_fingerprint_of_normal(once));
  sqlite3_free(once);
  sqlite3_free(twice);
}

static void a_rewrite_is_whole(const char *sql, size_t n) {
  hp_batch b;
  int rc = hp_batch_init(&b, sql, n);

  require(rc == SQLITE_OK || rc == SQLITE_NOTFOUND);
  require(rc != SQLITE_OK || (b.one && b.values && b.column));
  hp_batch_term(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  char *sql = malloc(n ? n : 1); /* exact, so that reading past it is seen */

  require(sql != NULL);
  memcpy(sql, data, n);
  tokens_tile(sql, n);
  normal_form_is_stable(sql, n);
  a_rewrite_is_whole(sql, n);
  hp_shape_of(sql, n);
  require(hp_shape_values(sql, n) != 0);
  free(sql);
  return 0;
}

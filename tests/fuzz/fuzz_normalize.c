/* SPDX-License-Identifier: MIT
**
** Fuzzes the tokenizer, the normal form and the shape of statements: tokens
** tile the text, the normal form fits the room promised, holds its length
** under a second pass and has the text's fingerprint; the shape takes any
** bytes.
**
**     build/fuzz/tests/fuzz/fuzz_normalize tests/fuzz/normalize
*/
#include "base/sqlite_api.h"
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  char *sql = malloc(n ? n : 1); /* exact, so that reading past it is seen */

  require(sql != NULL);
  memcpy(sql, data, n);
  tokens_tile(sql, n);
  normal_form_is_stable(sql, n);
  hp_shape_of(sql, n);
  require(hp_shape_values(sql, n) != 0);
  free(sql);
  return 0;
}

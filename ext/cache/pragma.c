/* SPDX-License-Identifier: MIT */
#include "cache/pragma.h"

#include <string.h>
#include <strings.h>

static const char *skip_comment(const char *z) {
  const char *end;

  if (z[0] == '-' && z[1] == '-') {
    end = strchr(z, '\n');
    return end ? end + 1 : z + strlen(z);
  }
  end = strstr(z + 2, "*/");
  return end ? end + 2 : z + strlen(z);
}

/* To the next token; a lone semicolon is an empty statement. */
static const char *skip_space(const char *z) {
  for (;;) {
    if (*z == ' ' || (*z >= '\t' && *z <= '\r') || *z == ';') {
      z++;
    } else if ((z[0] == '-' && z[1] == '-') || (z[0] == '/' && z[1] == '*')) {
      z = skip_comment(z);
    } else {
      return z;
    }
  }
}

static int is_word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
}

static size_t word_length(const char *z) {
  size_t n = 0;

  while (is_word_char(z[n])) n++;
  return n;
}

static int is_word(const char *z, const char *word) {
  size_t n = word_length(z);

  return n == strlen(word) && !strncasecmp(z, word, n);
}

/* Behind a name, quoted or not. */
static const char *skip_name(const char *z) {
  char quote = *z == '[' ? ']' : *z;

  if (quote != '"' && quote != '\'' && quote != '`' && quote != ']') {
    return z + word_length(z);
  }
  for (z++; *z; z++) {
    if (*z != quote) continue;
    if (z[1] != quote || quote == ']') return z + 1;
    z++;
  }
  return z;
}

/* The name of a pragma, behind `schema.` if that is given. */
static const char *pragma_name(const char *z) {
  const char *behind;

  z = skip_space(z);
  behind = skip_space(skip_name(z));
  return *behind == '.' ? skip_space(behind + 1) : z;
}

/* What the pragma is set to, or NULL if it is only asked for. */
static const char *pragma_value(const char *name) {
  const char *z = skip_space(skip_name(name));

  if (*z != '=' && *z != '(') return NULL;
  z = skip_space(z + 1);
  return z + (*z == '\'' || *z == '"' || *z == '[' || *z == '`');
}

static int is_name(const char *z, const char *name) {
  return is_word(z + (*z == '"' || *z == '[' || *z == '`' || *z == '\''), name);
}

static hp_pragma pragma(const char *z) {
  const char *name = pragma_name(z), *value = pragma_value(name);

  if (!value) return HP_PRAGMA_OTHER;
  if (is_name(name, "journal_mode")) {
    return is_word(value, "wal") ? HP_PRAGMA_OTHER : HP_PRAGMA_ALONE;
  }
  if (is_name(name, "locking_mode")) {
    return is_word(value, "normal") ? HP_PRAGMA_OTHER : HP_PRAGMA_ALONE;
  }
  if (is_name(name, "temp_store") || is_name(name, "temp_store_directory")) {
    return HP_PRAGMA_REBIND;
  }
  return HP_PRAGMA_OTHER;
}

hp_pragma hp_pragma_of(const char *sql) {
  const char *z = skip_space(sql);

  switch (*z | 0x20) {
  case 'p': return is_word(z, "pragma") ? pragma(z + 6) : HP_PRAGMA_OTHER;
  case 'a': return is_word(z, "attach") ? HP_PRAGMA_REBIND : HP_PRAGMA_OTHER;
  case 'd': return is_word(z, "detach") ? HP_PRAGMA_REBIND : HP_PRAGMA_OTHER;
  default: return HP_PRAGMA_OTHER;
  }
}

hp_verb hp_verb_of(const char *sql) {
  static const struct {
    const char *word;
    hp_verb verb;
  } verbs[] = {
      {"insert", HP_VERB_WRITE},        {"update", HP_VERB_WRITE},
      {"delete", HP_VERB_WRITE},        {"replace", HP_VERB_WRITE},
      {"select", HP_VERB_SELECT},       {"values", HP_VERB_SELECT},
      {"with", HP_VERB_WITH},           {"begin", HP_VERB_BEGIN},
      {"commit", HP_VERB_COMMIT},       {"end", HP_VERB_COMMIT},
      {"release", HP_VERB_COMMIT},      {"rollback", HP_VERB_ROLLBACK},
      {"savepoint", HP_VERB_SAVEPOINT},
  };
  const char *z = skip_space(sql);

  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
    if ((*z | 0x20) != *verbs[i].word) continue;
    if (is_word(z, verbs[i].word)) return verbs[i].verb;
  }
  return HP_VERB_OTHER;
}

/* SPDX-License-Identifier: MIT */
#include "schema/text.h"

#include <string.h>

static const char *skip_comment(const char *s) {
  const char *end;

  if (s[0] == '-' && s[1] == '-') {
    end = strchr(s, '\n');
    return end ? end + 1 : s + strlen(s);
  }
  if (s[0] == '/' && s[1] == '*') {
    end = strstr(s + 2, "*/");
    return end ? end + 2 : s + strlen(s);
  }
  return s;
}

const char *hp_text_skip(const char *sql) {
  for (;;) {
    const char *s = sql + strspn(sql, " \t\n\f\r");

    /* SQLite takes a byte order mark for white space. */
    if (strncmp(s, "\xEF\xBB\xBF", 3) == 0) s += 3;
    s = skip_comment(s);
    if (s == sql) return s;
    sql = s;
  }
}

static bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_' || c == '$' || (c & 0x80);
}

/* Length of the quoted text at s, its doubled quotes included. */
static size_t quoted(const char *s) {
  char close = *s == '[' ? ']' : *s;
  size_t n = 1;

  for (; s[n]; n++) {
    if (s[n] != close) continue;
    if (close != ']' && s[n + 1] == close)
      n++;
    else
      return n + 1;
  }
  return n;
}

size_t hp_text_token(const char *s) {
  size_t n = 0;

  if (!*s) return 0;
  if (strchr("'\"`[", *s)) return quoted(s);
  while (is_word(s[n])) n++;
  return n ? n : 1;
}

bool hp_text_begins(const char *sql, const char *keyword) {
  const char *s = hp_text_skip(sql);
  size_t n = strlen(keyword);

  return hp_text_token(s) == n && sqlite3_strnicmp(s, keyword, (int)n) == 0;
}

/* Takes the quotes off the text of n bytes at s, in place. */
static void unquote(char *s, size_t n) {
  char close;
  size_t to = 0;

  if (n < 2 || !strchr("'\"`[", *s)) return;
  close = *s == '[' ? ']' : *s;
  for (size_t from = 1; from < n && s[from]; from++) {
    if (s[from] == close) {
      if (close == ']' || s[from + 1] != close) break;
      from++;
    }
    s[to++] = s[from];
  }
  s[to] = '\0';
}

char *hp_text_word(const char *sql, int i) {
  const char *s = hp_text_skip(sql);
  char *word;
  size_t n;

  for (; i > 0 && *s; i--) s = hp_text_skip(s + hp_text_token(s));
  n = hp_text_token(s);
  word = sqlite3_mprintf("%.*s", (int)n, s);
  if (word) unquote(word, n);
  return word;
}

/* True if the token of n bytes at s is name, quoted or not. */
static bool token_is(const char *s, size_t n, const char *name) {
  char close = '\0';
  size_t i = 0, len = strlen(name);

  if (!strchr("'\"`[", *s)) {
    return n == len && sqlite3_strnicmp(s, name, (int)n) == 0;
  }
  close = *s == '[' ? ']' : *s;
  for (i = 1; i < n; i++, name++) {
    if (s[i] == close && (close == ']' || s[i + 1] != close)) break;
    if (s[i] == close) i++;
    if (!*name || sqlite3_strnicmp(s + i, name, 1) != 0) return false;
  }
  return *name == '\0';
}

bool hp_text_mentions(const char *text, const char *name) {
  const char *s = hp_text_skip(text);

  while (*s) {
    size_t n = hp_text_token(s);

    if (token_is(s, n, name)) return true;
    s = hp_text_skip(s + n);
  }
  return false;
}

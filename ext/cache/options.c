/* SPDX-License-Identifier: MIT */
#include "cache/options.h"

#include <stdlib.h>
#include <string.h>

typedef struct option {
  const char *name;
  const char *allowed; /* for messages */
  int (*read)(hp_options *o, const char *value, int n);
} option;

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* Cuts white space off both ends. */
static void trim(const char **z, int *n) {
  while (*n > 0 && is_space(**z)) ++*z, --*n;
  while (*n > 0 && is_space((*z)[*n - 1])) --*n;
}

/* A whole number of digits, or SQLITE_ERROR. */
static int read_count(const char *value, int n, int64_t *out) {
  char *end;
  char digits[24];

  if (n < 1 || n >= (int)sizeof digits) return SQLITE_ERROR;
  memcpy(digits, value, (size_t)n);
  digits[n] = 0;
  if (strspn(digits, "0123456789") != (size_t)n) return SQLITE_ERROR;
  *out = strtoll(digits, &end, 10);
  return *out > 0 && *out < INT64_MAX ? SQLITE_OK : SQLITE_ERROR;
}

/* Decimal seconds in milliseconds. By hand: strtod() obeys the locale. */
static int read_seconds(const char *value, int n, int64_t *out_ms) {
  double s = 0, unit = 1;
  bool after_point = false;
  int digits = 0;

  for (int i = 0; i < n; i++) {
    if (value[i] == '.' && !after_point) {
      after_point = true;
    } else if (value[i] >= '0' && value[i] <= '9') {
      s = s * 10 + (value[i] - '0');
      if (after_point) unit *= 10;
      digits++;
    } else {
      return SQLITE_ERROR;
    }
  }
  s /= unit;
  /* So written that it is also true for "not a number", of endless digits. */
  if (!digits || !(s >= 0.001 && s <= 3.2e9)) return SQLITE_ERROR;
  *out_ms = (int64_t)(s * 1000 + 0.5);
  return SQLITE_OK;
}

static bool is_word(const char *value, int n, const char *word) {
  return (int)strlen(word) == n && sqlite3_strnicmp(value, word, n) == 0;
}

/* 'word' -> word */
static void unquote(const char **value, int *n) {
  if (*n >= 2 && (**value == '\'' || **value == '"') &&
      (*value)[*n - 1] == **value) {
    ++*value;
    *n -= 2;
  }
}

static int read_ttl(hp_options *o, const char *value, int n) {
  return read_seconds(value, n, &o->fresh.ttl_ms);
}

/* A share, `0.1` or `0.25`: decimal, from 0.001 to 1. */
static int read_jitter(hp_options *o, const char *value, int n) {
  int64_t thousandths;
  int rc = read_seconds(value, n, &thousandths);

  if (rc || thousandths > 1000) return SQLITE_ERROR;
  o->fresh.jitter = (double)thousandths / 1000;
  return SQLITE_OK;
}

static int read_refresh_ahead(hp_options *o, const char *value, int n) {
  unquote(&value, &n);
  o->fresh.is_xfetch = is_word(value, n, "xfetch");
  if (o->fresh.is_xfetch) return SQLITE_OK;
  return read_seconds(value, n, &o->fresh.refresh_ahead_ms);
}

static int read_revalidate(hp_options *o, const char *value, int n) {
  return read_seconds(value, n, &o->fresh.stale_while_revalidate_ms);
}

static int read_if_error(hp_options *o, const char *value, int n) {
  return read_seconds(value, n, &o->fresh.stale_if_error_ms);
}

static int read_compute_timeout(hp_options *o, const char *value, int n) {
  return read_seconds(value, n, &o->compute_timeout_ms);
}

static int read_consistency(hp_options *o, const char *value, int n) {
  unquote(&value, &n);
  if (is_word(value, n, "snapshot")) {
    o->consistency = HP_CONSISTENCY_SNAPSHOT;
  } else if (is_word(value, n, "tracked")) {
    o->consistency = HP_CONSISTENCY_TRACKED;
  } else if (is_word(value, n, "ttl")) {
    o->consistency = HP_CONSISTENCY_TTL;
  } else {
    return SQLITE_ERROR;
  }
  return SQLITE_OK;
}

static int read_tags(hp_options *o, const char *value, int n) {
  if (n == 0) return SQLITE_ERROR;
  sqlite3_free(o->tags);
  o->tags = sqlite3_mprintf("%.*s", n, value);
  return o->tags ? SQLITE_OK : SQLITE_NOMEM;
}

static int read_max_rows(hp_options *o, const char *value, int n) {
  return read_count(value, n, &o->max_rows);
}

static int read_max_bytes(hp_options *o, const char *value, int n) {
  return read_count(value, n, &o->max_bytes);
}

static const option options[] = {
    {"ttl", "seconds, at least 0.001", read_ttl},
    {"tags", "text, or an expression over the parameters: 'deck:' || :deck",
     read_tags},
    {"consistency", "snapshot, tracked or ttl", read_consistency},
    {"jitter", "a share of the ttl, from 0.001 to 1", read_jitter},
    {"refresh_ahead", "seconds before the end of the ttl, or xfetch",
     read_refresh_ahead},
    {"stale_while_revalidate", "seconds, at least 0.001", read_revalidate},
    {"stale_if_error", "seconds, at least 0.001", read_if_error},
    {"compute_timeout", "seconds, at least 0.001", read_compute_timeout},
    {"max_rows", "a whole number from 1", read_max_rows},
    {"max_bytes", "a whole number from 1", read_max_bytes},
};
enum { N_OPTIONS = sizeof options / sizeof *options };

static int refuse_unknown(const char *name, int n, char **err) {
  sqlite3_str *s = sqlite3_str_new(NULL);

  sqlite3_str_appendf(s, "cached: unknown option \"%.*s\"; allowed are", n,
                      name);
  for (int i = 0; i < N_OPTIONS; i++) {
    sqlite3_str_appendf(s, "%s %s", i ? "," : "", options[i].name);
  }
  *err = sqlite3_str_finish(s);
  return *err ? SQLITE_ERROR : SQLITE_NOMEM;
}

static int refuse_value(const option *o, const char *value, int n, char **err) {
  *err = sqlite3_mprintf("cached: %s=%.*s is not possible; allowed: %s",
                         o->name, n, value, o->allowed);
  return *err ? SQLITE_ERROR : SQLITE_NOMEM;
}

int hp_options_read(hp_options *o, const char *text, char **err) {
  const char *eq = strchr(text, '='), *name = text, *value;
  int n_name, n_value, rc;

  n_name = eq ? (int)(eq - text) : (int)strlen(text);
  trim(&name, &n_name);
  if (!eq) {
    *err = sqlite3_mprintf("cached: \"%.*s\" is not an option; options are "
                           "written name=value, after the SELECT",
                           n_name, name);
    return *err ? SQLITE_ERROR : SQLITE_NOMEM;
  }
  value = eq + 1;
  n_value = (int)strlen(value);
  trim(&value, &n_value);
  for (int i = 0; i < N_OPTIONS; i++) {
    if (!is_word(name, n_name, options[i].name)) continue;
    rc = options[i].read(o, value, n_value);
    if (rc != SQLITE_ERROR) return rc;
    return refuse_value(&options[i], value, n_value, err);
  }
  return refuse_unknown(name, n_name, err);
}

/* The option that means nothing without a ttl, or NULL. */
static const char *needs_ttl(const hp_options *o) {
  if (o->consistency == HP_CONSISTENCY_TTL) return "consistency=ttl";
  if (o->fresh.jitter > 0) return "jitter";
  if (o->fresh.is_xfetch || o->fresh.refresh_ahead_ms) return "refresh_ahead";
  return NULL;
}

int hp_options_check(const hp_options *o, char **err) {
  const char *what = o->fresh.ttl_ms ? NULL : needs_ttl(o);

  if (what) {
    *err = sqlite3_mprintf("cached: %s needs ttl=seconds: how old may an "
                           "answer be?",
                           what);
  } else if (o->fresh.refresh_ahead_ms >= o->fresh.ttl_ms &&
             o->fresh.refresh_ahead_ms) {
    *err = sqlite3_mprintf("cached: refresh_ahead must be shorter than ttl");
  } else {
    return SQLITE_OK;
  }
  return *err ? SQLITE_ERROR : SQLITE_NOMEM;
}

void hp_options_term(hp_options *o) {
  sqlite3_free(o->tags);
  o->tags = NULL;
}

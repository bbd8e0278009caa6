/* SPDX-License-Identifier: MIT
**
** Replays reference strings against the real L1 and prints the hit ratio of
** every policy.
**
**   replay keys[.gz] entries…     one key a line, against caches of so many
**                                 entries of equal size
**   replay -t dir                 every trace of dir/hit_ratios.tsv at its
**                                 sizes, beside the published figures
**   replay -s seed                synthetic strings
**
** Exit code 1 if `hot` is more than 5 points below the best policy (the
** published ones included), or more than 1 point below lru, somewhere.
*/
#include "cache/l1.h"
#include "cache/policy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_POLICIES  16
#define MAX_PUBLISHED 16
#define ENTRY_BYTES   128

typedef struct trace {
  char name[64];
  uint64_t *keys;
  size_t n, cap;
} trace;

static void die(const char *what, const char *name) {
  fprintf(stderr, "replay: %s: %s\n", name, what);
  exit(2);
}

static void add_key(trace *t, uint64_t key) {
  if (t->n == t->cap) {
    t->cap = t->cap ? t->cap * 2 : 4096;
    t->keys = realloc(t->keys, t->cap * sizeof *t->keys);
    if (!t->keys) die("out of memory", t->name);
  }
  t->keys[t->n++] = key;
}

static trace read_trace(const char *path) {
  trace t = {.n = 0};
  char command[600], line[64];
  FILE *f;

  snprintf(t.name, sizeof t.name, "%.63s", path);
  snprintf(command, sizeof command, "gzip -dcf '%.500s'", path);
  f = popen(command, "r");
  if (!f) die("gzip does not start", path);
  while (fgets(line, sizeof line, f)) add_key(&t, strtoull(line, NULL, 10));
  if (pclose(f) || !t.n) die("cannot be read", path);
  return t;
}

static void free_entry(hp_l1_node *n) {
  sqlite3_free(n);
}

static hp_l1_node *make_entry(const hp_key *key, int64_t now_ms) {
  hp_l1_node *n = sqlite3_malloc64(sizeof *n);

  if (!n) die("out of memory", "entry");
  *n = (hp_l1_node){.key = *key,
                    .bytes = ENTRY_BYTES,
                    .cost_ns = 1000,
                    .created_ms = now_ms,
                    .expires_ms = now_ms + 1000000000,
                    .free_fn = free_entry};
  return n;
}

/* Hits per access. One thread and no other reader: no section is needed. */
static double replay(const trace *t, int64_t entries, const char *policy) {
  hp_l1 *l1 = hp_l1_new(1ull << 40, policy);
  size_t hits = 0;

  if (!l1) die("no cache", policy);
  hp_l1_set_cap(l1, 1ull << 40, entries);
  for (size_t i = 0; i < t->n; i++) {
    hp_key key = hp_hash128_of(&t->keys[i], sizeof t->keys[i], 1);
    hp_l1_node *n = hp_l1_get(l1, &key);

    if (n) {
      hits++;
      hp_l1_hit(l1, n);
    } else if (hp_l1_put(l1, make_entry(&key, (int64_t)i), (int64_t)i)) {
      die("an entry was not stored", policy);
    }
  }
  hp_l1_free(l1);
  return (double)hits / (double)t->n;
}

typedef struct verdict {
  int n_bad;
  double worst_gap, worst_lru; /* points */
  double sum_hot;
  int n;
} verdict;

/* Replays t with all policies; published is the best of others, or 0. */
static void show(const trace *t, int64_t entries, double published, double opt,
                 verdict *v) {
  const hp_policy_methods *m;
  double best = published, hot = 0, lru = 0, gap, below;

  printf("%-16.16s %7lld", t->name, (long long)entries);
  for (int i = 0; (m = hp_policy_at(i)) != NULL; i++) {
    double r = replay(t, entries, m->name);
    printf(" %8.2f", 100 * r);
    if (r > best) best = r;
    if (!strcmp(m->name, "hot")) hot = r;
    if (!strcmp(m->name, "lru")) lru = r;
  }
  gap = 100 * (best - hot), below = 100 * (lru - hot);
  printf(" %9.2f %7.2f %6.2f%s\n", 100 * published, 100 * opt, gap,
         gap > 5 || below > 1 ? " !" : "");
  fflush(stdout);
  v->n_bad += gap > 5 || below > 1;
  if (gap > v->worst_gap) v->worst_gap = gap;
  if (below > v->worst_lru) v->worst_lru = below;
  v->sum_hot += 100 * hot;
  v->n++;
}

static void show_head(void) {
  const hp_policy_methods *m;

  printf("%-16s %7s", "trace", "entries");
  for (int i = 0; (m = hp_policy_at(i)) != NULL; i++) printf(" %8s", m->name);
  printf(" %9s %7s %6s\n", "published", "optimum", "gap");
}

static int show_verdict(const verdict *v) {
  printf("hot: mean %.2f, at most %.2f points below the best and %.2f below "
         "lru; %d of %d rows outside of 5 and 1\n",
         v->sum_hot / v->n, v->worst_gap, v->worst_lru, v->n_bad, v->n);
  return v->n_bad != 0;
}

/* One line of hit_ratios.tsv: trace, requests, distinct, capacity, ratios of
** policies, and last the optimum. */
static void replay_line(const char *dir, char *line, verdict *v) {
  char path[600], *field[MAX_PUBLISHED];
  double best = 0;
  int n = 0;
  trace t;

  for (char *s = strtok(line, "\t\n"); s && n < MAX_PUBLISHED;
       s = strtok(NULL, "\t\n")) {
    field[n++] = s;
  }
  if (n < 6) die("too few columns", "hit_ratios.tsv");
  snprintf(path, sizeof path, "%.400s/%.100s.keys.gz", dir, field[0]);
  t = read_trace(path);
  snprintf(t.name, sizeof t.name, "%.63s", field[0]);
  for (int i = 4; i < n - 1; i++) best = fmax(best, atof(field[i]));
  show(&t, atoll(field[3]), best, atof(field[n - 1]), v);
  free(t.keys);
}

static int replay_dir(const char *dir) {
  verdict v = {.n = 0};
  char path[600], line[600];
  FILE *f;

  snprintf(path, sizeof path, "%.500s/hit_ratios.tsv", dir);
  f = fopen(path, "r");
  if (!f) {
    printf("replay: skipped, there is no %s\n", path);
    return 0;
  }
  show_head();
  if (!fgets(line, sizeof line, f)) die("is empty", path);
  while (fgets(line, sizeof line, f)) replay_line(dir, line, &v);
  fclose(f);
  return show_verdict(&v);
}

/* ---- synthetic strings ---- */

static uint64_t state;

/* SplitMix64 (S. Vigna). */
static uint64_t next_random(void) {
  uint64_t z = state += 0x9e3779b97f4a7c15;

  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

static double next_unit(void) {
  return (double)(next_random() >> 11) / 9007199254740992.0;
}

/* The constants of `hot` were chosen with seed 0. */
#define UNIVERSE 20000
static double cumulated[UNIVERSE];

static void make_zipf(double skew) {
  double sum = 0;

  for (int i = 0; i < UNIVERSE; i++) cumulated[i] = sum += pow(i + 1, -skew);
  for (int i = 0; i < UNIVERSE; i++) cumulated[i] /= sum;
}

static uint64_t next_zipf(void) {
  double u = next_unit();
  int low = 0, high = UNIVERSE - 1;

  while (low < high) {
    int mid = (low + high) / 2;
    if (cumulated[mid] < u)
      low = mid + 1;
    else
      high = mid;
  }
  return (uint64_t)low;
}

enum { PLAIN, SHIFTING, SCANS, LOOPS, PHASES, RECENT, N_KINDS };
static const char *const kinds[N_KINDS] = {"zipf",  "shifting", "scans",
                                           "loops", "phases",   "recent"};

/* The i-th key of a string of this kind. */
static uint64_t make_key(int kind, uint64_t i, const trace *t) {
  switch (kind) {
  case SHIFTING: return next_zipf() + i / 40000 * 700;
  case SCANS: return i % 10000 < 3000 ? 1000000 + i : next_zipf();
  case LOOPS: return next_random() % 3 ? next_zipf() : 2000000 + i / 3 % 1500;
  case PHASES: return i / 60000 % 2 ? 3000000 + i % 1200 : next_zipf();
  case RECENT:
    /* Again what was asked for within the last few hundred, or new. */
    if (i > 10 && next_random() % 10 < 6) {
      uint64_t back = 1 + (uint64_t)(-log(1 - next_unit()) * 300);
      return t->keys[back > i ? 0 : i - back];
    }
    return 4000000 + i;
  default: return next_zipf();
  }
}

static int replay_synthetic(uint64_t seed) {
  static const double skews[] = {0.7, 1.0, 1.2};
  static const int64_t sizes[] = {100, 500, 2000};
  verdict v = {.n = 0};

  show_head();
  for (int kind = 0; kind < N_KINDS; kind++) {
    for (int s = 0; s < 3; s++) {
      trace t = {.n = 0};
      state = seed * 1000 + (uint64_t)(kind * 10 + s + 1);
      make_zipf(skews[s]);
      snprintf(t.name, sizeof t.name, "%s%.1f", kinds[kind], skews[s]);
      for (uint64_t i = 0; i < 300000; i++) add_key(&t, make_key(kind, i, &t));
      for (int z = 0; z < 3; z++) show(&t, sizes[z], 0, 0, &v);
      free(t.keys);
    }
  }
  return show_verdict(&v);
}

int main(int argc, char **argv) {
  verdict v = {.n = 0};
  trace t;

  if (argc == 3 && !strcmp(argv[1], "-t")) return replay_dir(argv[2]);
  if (argc == 3 && !strcmp(argv[1], "-s")) {
    return replay_synthetic(strtoull(argv[2], NULL, 10));
  }
  if (argc < 3)
    die("usage: replay keys[.gz] entries… | -t dir | -s seed", argv[0]);
  t = read_trace(argv[1]);
  show_head();
  for (int i = 2; i < argc; i++) show(&t, atoll(argv[i]), 0, 0, &v);
  free(t.keys);
  return show_verdict(&v);
}

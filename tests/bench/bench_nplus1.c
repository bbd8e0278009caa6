/* SPDX-License-Identifier: MIT
**
** Precision and recall of the N+1 detector on our own labelled traces and those
** of the shared workloads, beside the plain rule "five same statements in a
** second", and the cost of recording a call. Skips with a line when the traces
** are not there. Traces carry no times: statements are set 0.1 ms apart, and a
** read's rows are unknown.
*/
#include "base/clock.h"
#include "base/sqlite_api.h"
#include "query/fingerprint.h"
#include "query/nplus1.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GAP_NS = 100 * 1000, RUN_NS = 50 * 1000, PLAIN_CALLS = 5 };

/* What was said about one trace. */
typedef struct verdict {
  bool nplus1, duplicate;
} verdict;

typedef struct score {
  int true_positive, false_positive, false_negative;
} score;

static void on_burst(void *arg, const hp_nplus1_burst *burst) {
  verdict *v = arg;

  if (burst->kind == HP_NPLUS1_LOOKUPS || burst->kind == HP_NPLUS1_INTERLEAVED)
    v->nplus1 = true;
  if (burst->kind == HP_NPLUS1_DUPLICATE) v->duplicate = true;
}

/* The plain rule: counts of the fingerprints of one trace. */
typedef struct plain {
  uint64_t fingerprint[256];
  int calls[256], n;
  bool alarm;
} plain;

static void plain_record(plain *p, uint64_t fingerprint) {
  int i;

  for (i = 0; i < p->n && p->fingerprint[i] != fingerprint; i++) continue;
  if (i == 256) return;
  if (i == p->n) {
    p->fingerprint[p->n++] = fingerprint;
    p->calls[i] = 0;
  }
  if (++p->calls[i] >= PLAIN_CALLS) p->alarm = true;
}

static void replay_line(hp_nplus1 *d, plain *p, const char *sql, int64_t at) {
  size_t n = strlen(sql);
  hp_shape shape = hp_shape_of(sql, n);
  hp_nplus1_event e = {.fingerprint = hp_fingerprint(sql, n),
                       .values = shape.values,
                       .start_ns = at,
                       .duration_ns = RUN_NS,
                       .rows = -1,
                       .what = shape.what,
                       .is_single = shape.is_single,
                       .is_range = shape.is_range};

  hp_nplus1_record(d, &e);
  plain_record(p, e.fingerprint);
}

/* Replays one file; false if it cannot be read. */
static bool replay(const char *path, verdict *v, bool *plain_alarm) {
  static char line[1 << 16];
  FILE *f = fopen(path, "r");
  hp_nplus1 *d = hp_nplus1_new(on_burst, v);
  plain p = {.n = 0};
  int64_t at = 1;

  if (!f || !d) return false;
  while (fgets(line, sizeof line, f)) {
    if (strncmp(line, "--", 2) == 0 || line[0] == '\n') continue;
    replay_line(d, &p, line, at);
    at += GAP_NS;
  }
  hp_nplus1_flush(d);
  hp_nplus1_free(d);
  fclose(f);
  *plain_alarm = p.alarm;
  return true;
}

static void tally(score *s, bool expected, bool said) {
  s->true_positive += expected && said;
  s->false_positive += !expected && said;
  s->false_negative += expected && !said;
}

static void print_score(const char *name, const score *s) {
  int said = s->true_positive + s->false_positive;
  int real = s->true_positive + s->false_negative;

  printf("%-28s precision %.3f (%d of %d)  recall %.3f (%d of %d)\n", name,
         said ? (double)s->true_positive / said : 1.0, s->true_positive, said,
         real ? (double)s->true_positive / real : 1.0, s->true_positive, real);
}

static void judge_traces(DIR *dir, const char *path) {
  score ours = {0, 0, 0}, plain_rule = {0, 0, 0}, same = {0, 0, 0};
  struct dirent *entry;
  int n = 0;

  while ((entry = readdir(dir)) != NULL) {
    verdict v = {false, false};
    bool plain_alarm = false;
    bool positive = strstr(entry->d_name, ".positive.sql") != NULL;
    bool redundant = strstr(entry->d_name, ".redundant.sql") != NULL;
    char *file;

    if (!positive && !redundant && !strstr(entry->d_name, ".negative.sql"))
      continue;
    file = sqlite3_mprintf("%s/%s", path, entry->d_name);
    if (!file || !replay(file, &v, &plain_alarm)) {
      fprintf(stderr, "cannot replay %s\n", file ? file : entry->d_name);
      exit(EXIT_FAILURE);
    }
    tally(&ours, positive, v.nplus1);
    tally(&same, redundant, v.duplicate);
    tally(&plain_rule, positive, plain_alarm);
    if (v.nplus1 != positive || v.duplicate != redundant)
      printf("  wrong: %s\n", entry->d_name);
    sqlite3_free(file);
    n++;
  }
  printf("N+1 on %d labelled traces\n", n);
  print_score("  hotpath, n+1", &ours);
  print_score("  hotpath, duplicate", &same);
  print_score("  5 same in a second, n+1", &plain_rule);
}

static void ignore_burst(void *arg, const hp_nplus1_burst *burst) {
  (void)arg;
  (void)burst;
}

/* ns per recorded call of a cycle of n statements. */
static double cost_of_cycle(int n, hp_shape_class what) {
  enum { CALLS = 2000000 };
  hp_nplus1 *d = hp_nplus1_new(ignore_burst, NULL);
  hp_nplus1_event e = {.rows = 1, .what = what, .duration_ns = 1000};
  int64_t start = hp_clock_ns();
  double ns;
  int i;

  if (!d) exit(EXIT_FAILURE);
  for (i = 0; i < CALLS; i++) {
    e.fingerprint = 1 + (uint64_t)(i % n);
    e.values = 1 + (uint64_t)i;
    e.start_ns = 1 + 2000 * (int64_t)i;
    hp_nplus1_record(d, &e);
  }
  ns = (double)(hp_clock_ns() - start) / CALLS;
  hp_nplus1_free(d);
  return ns;
}

/* The traces of one directory, or a line that says that it is not there. */
static void judge_directory(const char *path) {
  DIR *dir = opendir(path);

  if (!dir) {
    printf("N+1 traces: skipped, there is no %s\n", path);
    return;
  }
  printf("%s: ", path);
  judge_traces(dir, path);
  closedir(dir);
}

int main(void) {
  const char *shared = getenv("HOTPATH_SHARED");
  char *path =
      sqlite3_mprintf("%s/workloads/nplusone", shared ? shared : "../shared");

  if (!path) return EXIT_FAILURE;
  judge_directory("tests/bench/nplus1");
  judge_directory(path);
  sqlite3_free(path);
  printf("N+1 recording: %.1f ns (1 statement), %.1f ns (3 in turn), %.1f ns "
         "(100 in turn), %.1f ns (lists)\n",
         cost_of_cycle(1, HP_SHAPE_LOOKUP), cost_of_cycle(3, HP_SHAPE_LOOKUP),
         cost_of_cycle(100, HP_SHAPE_LOOKUP), cost_of_cycle(2, HP_SHAPE_LIST));
  return EXIT_SUCCESS;
}

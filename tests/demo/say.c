/* SPDX-License-Identifier: MIT */
#include "demo/say.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BAR_CELLS = 30 };

double demo_now_s(void) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int demo_fail(const char *format, ...) {
  va_list args;

  fflush(stdout);
  fputs("demo: ", stderr);
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fputc('\n', stderr);
  return 1;
}

int demo_fail_sql(sqlite3 *db, const char *what) {
  return demo_fail("%s: %s", what, db ? sqlite3_errmsg(db) : "out of memory");
}

static bool on_terminal(void) {
  return isatty(STDOUT_FILENO) == 1;
}

void demo_heading(const char *text) {
  if (on_terminal())
    printf("\n\033[1m%s\033[0m\n", text);
  else
    printf("\n%s\n", text);
  fflush(stdout);
}

static void draw(const demo_progress *p) {
  char done[32], total[32];
  int cells = BAR_CELLS, i;

  if (p->total > 0 && p->done < p->total) {
    cells = (int)(p->done * BAR_CELLS / p->total);
  }
  printf("\r  %-34s ", p->label);
  for (i = 0; i < BAR_CELLS; i++) fputs(i < cells ? "█" : "░", stdout);
  printf(" %s/%s ", demo_thousands(p->done, done),
         demo_thousands(p->total, total));
  fflush(stdout);
}

void demo_progress_begin(demo_progress *p, const char *label, int64_t total) {
  *p = (demo_progress){
      .label = label, .total = total, .started_s = demo_now_s()};
  if (on_terminal()) draw(p);
}

void demo_progress_step(demo_progress *p) {
  double now_s;

  p->done++;
  if (!on_terminal()) return;
  if (p->total > 100000 && p->done % 1000 != 0) return;
  now_s = demo_now_s();
  if (now_s - p->drawn_s < 0.1) return;
  p->drawn_s = now_s;
  draw(p);
}

void demo_progress_end(demo_progress *p, const char *note) {
  double took_s = demo_now_s() - p->started_s;

  if (on_terminal()) fputs("\r\033[K", stdout);
  printf("  %-34s %8.2f s  %s\n", p->label, took_s, note ? note : "");
  fflush(stdout);
}

const char *demo_thousands(int64_t n, char *out) {
  char digits[24];
  int length, i, o = 0;

  length = snprintf(digits, sizeof(digits), "%lld", (long long)n);
  for (i = 0; i < length; i++) {
    out[o++] = digits[i];
    if (digits[i] == '-') continue;
    if ((length - i - 1) % 3 == 0 && i != length - 1) out[o++] = ',';
  }
  out[o] = '\0';
  return out;
}

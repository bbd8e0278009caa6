/* SPDX-License-Identifier: MIT */
#include "cache/freshness.h"

bool hp_freshness_uses_refresh(const hp_freshness *f) {
  return f->refresh_ahead_ms || f->is_xfetch || f->stale_while_revalidate_ms;
}

int64_t hp_freshness_lifetime_ms(const hp_freshness *f, double chance) {
  int64_t less = (int64_t)((double)f->ttl_ms * f->jitter * chance);

  if (!f->ttl_ms) return 0;
  return f->ttl_ms - less > 1 ? f->ttl_ms - less : 1;
}

/* -ln(x) for x in (0, 1], without libm: x = m * 2^-k with m in (0.5, 1], and
** the series of the logarithm for m, whose argument is at most a third. */
static double minus_ln(double x) {
  const double ln2 = 0.6931471805599453;
  double k = 0, z, z2, term, sum = 0;

  while (x <= 0.5 && k < 64) x *= 2, k++;
  z = (1 - x) / (1 + x);
  z2 = z * z;
  term = z;
  for (int n = 1; n < 40; n += 2, term *= z2) sum += term / n;
  return k * ln2 + 2 * sum;
}

bool hp_freshness_is_due(const hp_freshness *f, int64_t expires_ms,
                         uint64_t cost_ns, int64_t now_ms, double chance) {
  double ahead_ms;

  if (f->refresh_ahead_ms) return now_ms >= expires_ms - f->refresh_ahead_ms;
  if (!f->is_xfetch) return false;
  ahead_ms = (double)cost_ns / 1e6 * minus_ln(chance);
  return (double)now_ms + ahead_ms >= (double)expires_ms;
}

static bool is_within(const hp_freshness *f, int64_t window_ms,
                      int64_t created_ms, int64_t now_ms) {
  return window_ms && now_ms - created_ms <= f->ttl_ms + window_ms;
}

bool hp_freshness_may_revalidate(const hp_freshness *f, int64_t created_ms,
                                 int64_t now_ms) {
  return is_within(f, f->stale_while_revalidate_ms, created_ms, now_ms);
}

bool hp_freshness_may_stand_in(const hp_freshness *f, int64_t created_ms,
                               int64_t now_ms) {
  return is_within(f, f->stale_if_error_ms, created_ms, now_ms);
}

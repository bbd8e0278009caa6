/* SPDX-License-Identifier: MIT */
#include "query/remedy.h"

/* A simpler remedy is advised if it saves this share of the best saving. */
static const double ENOUGH = 0.8;

const char *hp_remedy_name(hp_remedy remedy) {
  static const char *const names[HP_REMEDIES] = {
      "one transaction", "statement reuse", "index", "batch", "join",
      "cached table"};

  return names[remedy];
}

/* One burst on average. */
typedef struct burst {
  double calls;
  double run_ns;     /* all calls, preparing excluded */
  double prepare_ns; /* all their preparing */
  bool is_autocommit;
} burst;

static burst average(const hp_suspect *s, const hp_remedy_prices *p) {
  double n = (double)s->bursts;

  return (burst){.calls = (double)s->sum.calls / n,
                 .run_ns = (double)s->sum.cost_ns / n,
                 .prepare_ns = (double)s->sum.n_prepared / n * p->prepare_ns,
                 .is_autocommit = s->sum.n_autocommit * 2 > s->sum.calls};
}

static bool is_lookup(hp_nplus1_kind kind) {
  return kind == HP_NPLUS1_LOOKUPS || kind == HP_NPLUS1_INTERLEAVED;
}

/* Calls at a measured price; the price now counts if it is lower, for a
** measurement may have met a colder cache than the application did. */
static double at_price(const burst *b, double each_ns) {
  double ns = b->calls * each_ns;

  return ns < b->run_ns ? ns : b->run_ns;
}

static void price_lookups(const burst *b, const hp_remedy_prices *prices,
                          hp_remedy_plan *out) {
  const hp_price *p = &prices->lookup;

  if (prices->join_ns > 0) out->with_ns[HP_REMEDY_JOIN] = prices->join_ns;
  if (p->n_values == 0) return;
  if (b->is_autocommit)
    out->with_ns[HP_REMEDY_TRANSACTION] =
        at_price(b, p->lookup_ns) + b->prepare_ns;
  if (p->indexed_ns > 0)
    out->with_ns[HP_REMEDY_INDEX] = at_price(b, p->indexed_ns) + b->prepare_ns;
  if (p->batch_ns > 0)
    out->with_ns[HP_REMEDY_BATCH] =
        p->batch_ns * b->calls / (double)p->n_values;
}

/* The first call of a burst still computes. */
static void price_duplicate(const burst *b, double hit_ns,
                            hp_remedy_plan *out) {
  double each_ns = b->run_ns / b->calls;

  if (hit_ns <= 0 || hit_ns > each_ns) return;
  out->with_ns[HP_REMEDY_CACHE] = each_ns + (b->calls - 1) * hit_ns;
}

static hp_remedy best_of(const hp_remedy_plan *plan) {
  double most = 0;
  int i;

  for (i = 0; i < HP_REMEDIES; i++)
    if (plan->with_ns[i] >= 0 && plan->now_ns - plan->with_ns[i] > most)
      most = plan->now_ns - plan->with_ns[i];
  for (i = 0; i < HP_REMEDIES && most > 0; i++)
    if (plan->with_ns[i] >= 0 &&
        plan->now_ns - plan->with_ns[i] >= ENOUGH * most)
      return (hp_remedy)i;
  return HP_REMEDIES;
}

hp_remedy_plan hp_remedy_choose(const hp_suspect *s,
                                const hp_remedy_prices *p) {
  burst b = average(s, p);
  hp_remedy_plan plan = {.now_ns = b.run_ns + b.prepare_ns};
  int i;

  for (i = 0; i < HP_REMEDIES; i++) plan.with_ns[i] = -1;
  if (b.prepare_ns > 0 && s->sum.n_prepared > s->bursts)
    plan.with_ns[HP_REMEDY_REUSE] = b.run_ns + p->prepare_ns;
  if (is_lookup(s->sum.kind)) price_lookups(&b, p, &plan);
  if (s->sum.kind == HP_NPLUS1_DUPLICATE) price_duplicate(&b, p->hit_ns, &plan);
  if (s->sum.kind == HP_NPLUS1_AUTOCOMMIT && p->write_ns > 0)
    plan.with_ns[HP_REMEDY_TRANSACTION] =
        at_price(&b, p->write_ns) + b.prepare_ns;
  plan.best = best_of(&plan);
  if (plan.best != HP_REMEDIES)
    plan.saving_ns = plan.now_ns - plan.with_ns[plan.best];
  return plan;
}

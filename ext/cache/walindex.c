/* SPDX-License-Identifier: MIT */
#include "cache/walindex.h"

#include <stdatomic.h>
#include <string.h>

#define VERSION     3007000
#define N_WORDS     6  /* of 8 bytes: one copy of the header */
#define FIRST_FRAME 34 /* 32-bit word that holds the page of frame 1 */

/* 32-bit words of a copy. */
enum {
  I_VERSION,
  I_UNUSED,
  I_CHANGE,
  I_FLAGS,
  I_FRAMES,
  I_PAGES,
  I_FRAME_SUM,
  I_SALT = 8,
  I_SUM = 10,
  N_SUMMED = 10
};

/* The other side of these reads is SQLite, with plain writes, often in another
** process: nothing that a thread sanitizer could know the order of. */
#define UNSANITIZED __attribute__((no_sanitize("thread")))

UNSANITIZED static void copy_words(const void *p, int first,
                                   uint64_t out[N_WORDS]) {
  const _Atomic uint64_t *w = p;

  for (int i = 0; i < N_WORDS; i++) {
    out[i] = atomic_load_explicit(&w[first + i], memory_order_relaxed);
  }
}

/* The first copy is written last: so it is read first. */
static bool copy_header(const void *p, uint32_t out[2 * N_WORDS]) {
  uint64_t a[N_WORDS], b[N_WORDS];

  copy_words(p, 0, a);
  atomic_thread_fence(memory_order_acquire);
  copy_words(p, N_WORDS, b);
  memcpy(out, a, sizeof a);
  return memcmp(a, b, sizeof a) == 0;
}

static bool is_sum_right(const uint32_t w[2 * N_WORDS]) {
  uint32_t s1 = 0, s2 = 0;

  for (int i = 0; i < N_SUMMED; i += 2) {
    s1 += w[i] + s2;
    s2 += w[i + 1] + s1;
  }
  return s1 == w[I_SUM] && s2 == w[I_SUM + 1];
}

static bool is_initialised(const uint32_t w[2 * N_WORDS]) {
  uint8_t flags[4];

  memcpy(flags, &w[I_FLAGS], sizeof flags);
  return w[I_VERSION] == VERSION && flags[0] != 0;
}

/*
** A checksum of zero says that no frame was seen since the index was built.
** The slot of the first frame is written with the first frame and never
** cleared again while anyone has the index mapped: if it is zero too, there
** has been no frame at all.
*/
UNSANITIZED static bool is_unwritten(const void *p) {
  const _Atomic uint32_t *w = p;

  atomic_thread_fence(memory_order_acquire);
  return atomic_load_explicit(&w[FIRST_FRAME], memory_order_relaxed) == 0;
}

bool hp_walindex_read(const void *p, hp_walindex *out) {
  uint32_t w[2 * N_WORDS];

  if (!copy_header(p, w) || !is_initialised(w) || !is_sum_right(w)) {
    return false;
  }
  out->change = w[I_CHANGE];
  out->n_frames = w[I_FRAMES];
  out->n_pages = w[I_PAGES];
  memcpy(&out->checksum, &w[I_FRAME_SUM], sizeof out->checksum);
  memcpy(&out->salt, &w[I_SALT], sizeof out->salt);
  return out->checksum != 0 || is_unwritten(p);
}

/* The first copy of the header is the last to be written, and a pair that was
** sound once never comes back for another commit: so a word that still has its
** old value was read before the next commit was complete. */
UNSANITIZED bool hp_walindex_is_at(const void *p, uint32_t change,
                                   uint64_t checksum) {
  const _Atomic uint64_t *sums = p;
  const _Atomic uint32_t *w = p;

  return checksum != 0 &&
         atomic_load_explicit(&w[I_CHANGE], memory_order_relaxed) == change &&
         atomic_load_explicit(&sums[I_FRAME_SUM / 2], memory_order_acquire) ==
             checksum;
}

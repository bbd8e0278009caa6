/* SPDX-License-Identifier: MIT
**
** The flashcards story: the naive application, what hotpath sees in it, the
** same work with hotpath, the proof that both did the same.
*/
#ifndef DEMO_STORY_H
#define DEMO_STORY_H

#include "demo/options.h"

/* Returns 0, or 1 after a sentence on stderr. */
int demo_story(const demo_options *options);

#endif

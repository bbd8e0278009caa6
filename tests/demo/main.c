/* SPDX-License-Identifier: MIT
**
** The demo: `make demo` tells the flashcards story, `make demo DB=path` looks
** at a copy of the user's own database, --bench N prints medians of N runs.
*/
#include <stdio.h>
#include <stdlib.h>

#include "demo/bench.h"
#include "demo/options.h"
#include "demo/own.h"
#include "demo/story.h"

int main(int argc, char **argv) {
  demo_options options;
  int rc = demo_options_parse(argc, argv, &options);

  if (rc == 0) {
    rc = options.db != NULL  ? demo_own(&options)
         : options.bench > 0 ? demo_bench(&options)
                             : demo_story(&options);
  }
  return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

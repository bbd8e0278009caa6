/* SPDX-License-Identifier: MIT */
#include "demo/options.h"

#include <getopt.h>
#include <stdlib.h>

#include "demo/say.h"
#include "demo/words.h"

static const struct option known[] = {
    {"so", required_argument, NULL, 's'},
    {"dir", required_argument, NULL, 'd'},
    {"migrations", required_argument, NULL, 'm'},
    {"edict", required_argument, NULL, 'e'},
    {"db", required_argument, NULL, 'D'},
    {"sql", required_argument, NULL, 'S'},
    {"disk", no_argument, NULL, 'k'},
    {"cards", required_argument, NULL, 'c'},
    {"bench", required_argument, NULL, 'b'},
    {NULL, 0, NULL, 0},
};

static int read_number(const char *name, const char *text, int low, int high,
                       int *out) {
  char *end = NULL;
  long n = strtol(text, &end, 10);

  if (end == text || *end != '\0' || n < low || n > high) {
    return demo_fail("--%s takes a number from %d to %d, not '%s'.", name, low,
                     high, text);
  }
  *out = (int)n;
  return 0;
}

static int take(int option, char *value, demo_options *out) {
  switch (option) {
  case 's': out->so = value; return 0;
  case 'd': out->dir = value; return 0;
  case 'm': out->migrations = value; return 0;
  case 'e': out->edict = value; return 0;
  case 'D': out->db = value; return 0;
  case 'S': out->sql = value; return 0;
  case 'c': return read_number("cards", value, 1, 5000, &out->cards);
  case 'b': return read_number("bench", value, 1, 99, &out->bench);
  default: return 1; /* getopt has said what is wrong */
  }
}

int demo_options_parse(int argc, char **argv, demo_options *out) {
  int option, rc = 0;

  *out = (demo_options){.so = "build/hotpath.so",
                        .dir = "build/demo",
                        .migrations = "migrations",
                        .edict = DEMO_EDICT_PATH,
                        .cards = 1000};
  while (rc == 0 && (option = getopt_long(argc, argv, "", known, NULL)) != -1) {
    rc = take(option, optarg, out);
  }
  if (rc == 0 && optind < argc) {
    rc = demo_fail("'%s' is no option; there are --so, --dir, --migrations, "
                   "--edict, --db, --sql, --disk, --cards and --bench.",
                   argv[optind]);
  }
  if (rc == 0 && out->sql != NULL && out->db == NULL) {
    rc = demo_fail("a file of statements (SQL=) needs a database (DB=).");
  }
  return rc;
}

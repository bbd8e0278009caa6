/* SPDX-License-Identifier: MIT */
#include "demo/text.h"

#include <sqlite3.h>
#include <string.h>

typedef struct range {
  unsigned first, last;
} range;

/* The scripts that terminals draw two cells wide, in order. */
static const range wide[] = {
    {0x1100, 0x115f},   {0x2e80, 0x303e},  {0x3041, 0x33ff}, {0x3400, 0x4dbf},
    {0x4e00, 0x9fff},   {0xa000, 0xa4cf},  {0xac00, 0xd7a3}, {0xf900, 0xfaff},
    {0xfe30, 0xfe6f},   {0xff00, 0xff60},  {0xffe0, 0xffe6}, {0x1f300, 0x1f64f},
    {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};

static int char_width(unsigned c) {
  size_t i;

  if (c >= 0x300 && c <= 0x36f) return 0;
  for (i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
    if (c >= wide[i].first && c <= wide[i].last) return 2;
  }
  return 1;
}

/* Bytes of the character at text; *c takes its number. */
static size_t next_char(const char *text, unsigned *c) {
  unsigned char first = (unsigned char)text[0];
  size_t n = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  size_t i;

  *c = n == 1 ? first : first & (0x7fu >> n);
  for (i = 1; i < n; i++) {
    unsigned char byte = (unsigned char)text[i];

    if ((byte & 0xc0) != 0x80) {
      *c = first;
      return 1;
    }
    *c = *c << 6 | (byte & 0x3f);
  }
  return n;
}

int demo_text_width(const char *text) {
  int cells = 0;
  unsigned c;

  while (*text != '\0') {
    text += next_char(text, &c);
    cells += char_width(c);
  }
  return cells;
}

size_t demo_text_fit(const char *text, int width, int *cells) {
  size_t at = 0, n;
  unsigned c;
  int used = 0, w;

  while (text[at] != '\0') {
    n = next_char(text + at, &c);
    w = char_width(c);
    if (used + w > width && at > 0) break;
    used += w;
    at += n;
  }
  *cells = used;
  return at;
}

size_t demo_text_line(const char *text, int width, int *cells) {
  size_t fits = demo_text_fit(text, width, cells), at;

  if (text[fits] == '\0' || text[fits] == ' ') return fits;
  for (at = fits; at > fits / 2; at--) {
    if (text[at - 1] != ' ' && text[at - 1] != ',') continue;
    *cells += demo_text_width(text + fits) - demo_text_width(text + at);
    return at;
  }
  return fits;
}

char *demo_text_flatten(const char *text) {
  char *flat = sqlite3_malloc64(strlen(text) + 1), *out = flat;

  if (flat == NULL) return NULL;
  for (; *text != '\0'; text++) {
    if ((unsigned char)*text > ' ' && *text != 0x7f)
      *out++ = *text;
    else if (out > flat && out[-1] != ' ')
      *out++ = ' ';
  }
  while (out > flat && out[-1] == ' ') out--;
  *out = '\0';
  return flat;
}

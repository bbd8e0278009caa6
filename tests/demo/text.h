/* SPDX-License-Identifier: MIT
**
** Text in terminal cells: a Japanese character takes two, a combining mark
** none. Input is UTF-8; a byte that is not counts as one cell.
*/
#ifndef DEMO_TEXT_H
#define DEMO_TEXT_H

#include <stddef.h>

/* Cells that text takes. */
int demo_text_width(const char *text);

/* How many bytes of text fit into width cells, at least one character.
** *cells takes the cells they need. */
size_t demo_text_fit(const char *text, int width, int *cells);

/* The same, but ends at the last space or comma that fits if there is one in
** the line's second half, so that words stay whole. */
size_t demo_text_line(const char *text, int width, int *cells);

/* A copy with each run of white space and control characters made one space,
** so that a statement is one line. Returns NULL when out of memory; caller
** frees with sqlite3_free. */
char *demo_text_flatten(const char *text);

#endif

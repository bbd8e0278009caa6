/* SPDX-License-Identifier: MIT
**
** Times for people: ISO 8601, UTC, milliseconds. Pure and thread-safe.
*/
#ifndef HP_BASE_ISO_H
#define HP_BASE_ISO_H

#include <stdint.h>

#define HP_ISO_SIZE 25 /* bytes of `2026-11-23T20:15:30.123Z` with its zero */

/* Writes the time wall_ms, milliseconds since 1970 UTC, to out. Years outside
** of 0 to 9999 are clamped. */
void hp_iso_format(int64_t wall_ms, char out[HP_ISO_SIZE]);

#endif

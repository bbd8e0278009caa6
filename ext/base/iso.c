/* SPDX-License-Identifier: MIT */
#include "base/iso.h"

#define DAY_MS   INT64_C(86400000)
#define FIRST_MS (INT64_C(-62167219200) * 1000)     /* year 0 */
#define LAST_MS  (INT64_C(253402300800) * 1000 - 1) /* year 9999 */

static char *digits(char *at, int64_t value, int n) {
  for (int i = n - 1; i >= 0; i--) {
    at[i] = (char)('0' + value % 10);
    value /= 10;
  }
  return at + n;
}

/* Days since 1970 to a date; years begin in March, so that the day that comes
** and goes is the last. Source: H. Hinnant, "chrono-compatible low-level date
** algorithms" (civil_from_days). */
static char *date(char *at, int64_t days) {
  int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
  int64_t doe = z - era * 146097;
  int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  int64_t mp = (5 * doy + 2) / 153, month = mp < 10 ? mp + 3 : mp - 9;

  at = digits(at, yoe + era * 400 + (month <= 2), 4);
  *at++ = '-';
  at = digits(at, month, 2);
  *at++ = '-';
  return digits(at, doy - (153 * mp + 2) / 5 + 1, 2);
}

void hp_iso_format(int64_t wall_ms, char out[HP_ISO_SIZE]) {
  int64_t ms, days;
  char *at;

  if (wall_ms < FIRST_MS) wall_ms = FIRST_MS;
  if (wall_ms > LAST_MS) wall_ms = LAST_MS;
  days = (wall_ms - FIRST_MS) / DAY_MS + FIRST_MS / DAY_MS;
  ms = wall_ms - days * DAY_MS;
  at = date(out, days);
  *at++ = 'T';
  at = digits(at, ms / 3600000, 2);
  *at++ = ':';
  at = digits(at, ms / 60000 % 60, 2);
  *at++ = ':';
  at = digits(at, ms / 1000 % 60, 2);
  *at++ = '.';
  at = digits(at, ms % 1000, 3);
  *at++ = 'Z';
  *at = 0;
}

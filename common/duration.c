/* SPDX-License-Identifier: Apache-2.0 */
#include "common/duration.h"

#include <string.h>

static const struct {
	const char *unit;
	int64_t milliseconds;
} units[] = {
	{"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 3600 * 1000}, {"d", 24 * 3600 * 1000},
};

/* Ten years: what is longer was not meant, and sums of durations and times stay far from overflow.
 */
static const int64_t duration_max = (int64_t)3650 * 24 * 3600 * 1000;

static int unit_milliseconds(const char *unit, int64_t *milliseconds)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(units[i].unit, unit) == 0) {
			*milliseconds = units[i].milliseconds;
			return 0;
		}
	}
	return -1;
}

int duration_parse(const char *text, int64_t *milliseconds, struct error *err)
{
	const char *c = text;
	int64_t number = 0, unit;

	for (; *c >= '0' && *c <= '9'; c++)
		if (number <= duration_max)
			number = number * 10 + (*c - '0');
	if (c == text)
		return error_set(err,
				 "'%s' is no duration: write a number and its unit, as in 500ms, "
				 "10s, 5m, 3h or 2d",
				 text);
	if (*c == '\0' && number == 0) {
		*milliseconds = 0;
		return 0;
	}
	if (*c == '\0')
		return error_set(err, "'%s' has no unit: write %sms, %ss, %sm, %sh or %sd", text,
				 text, text, text, text, text);
	if (unit_milliseconds(c, &unit) < 0)
		return error_set(
			err, "'%s' has an unknown unit '%s': use ms, s, m, h or d, without a space",
			text, c);
	if (number > duration_max / unit)
		return error_set(err, "'%s' is too long: ten years (3650d) is the most", text);
	*milliseconds = number * unit;
	return 0;
}

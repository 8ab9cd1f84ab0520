/* SPDX-License-Identifier: Apache-2.0 */
/*
 * duration: "500ms", "10s", "5m", "3h", "2d" and plain "0"; any other number needs its unit.
 */
#ifndef CAPWATCH_DURATION_H
#define CAPWATCH_DURATION_H

#include <stdint.h>
#include "common/error.h"

/* Sets *milliseconds; returns 0, or -1 with err saying what is wrong ("'10' has no unit: write 10s,
 * 10m, ..."), without a place: the caller puts that in front. */
int duration_parse(const char *text, int64_t *milliseconds, struct error *err);

#endif

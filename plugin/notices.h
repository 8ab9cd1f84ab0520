/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notices: what the supervisor has to tell a sensor, each to become a coverage-loss alert.
 * Owns: the queue, which outlives any one sensor, and its bound. Must not own: when there is a
 * sensor.
 */
#ifndef CAPWATCH_NOTICES_H
#define CAPWATCH_NOTICES_H

#include <stddef.h>
#include "common/error.h"

enum { NOTICES_MAX = 16, NOTICE_TEXT_MAX = ERROR_TEXT_MAX + 128 };

struct notices {
	char text[NOTICES_MAX][NOTICE_TEXT_MAX];
	size_t count, left_out;
};

/* One line. Beyond NOTICES_MAX they are only counted, and the count is a notice of its own. */
void notices_add(struct notices *notices, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Sends what the sensor's control socket takes. */
void notices_send(struct notices *notices, int control);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink_report: how a sink is, as JSON: in each heartbeat, and with more detail in what `capwatch
 * status` shows. Owns: the keys. Must not own: the counts (sink, spool).
 */
#ifndef CAPWATCH_SINK_REPORT_H
#define CAPWATCH_SINK_REPORT_H

#include <jansson.h>
#include "alerters/sink.h"

struct sink_list {
	struct sink *const *items;
	size_t count;
};

/* name, type, healthy, waiting, oldest_seconds, unsafe, and counts since the courier's start:
 * delivered, retried, given_up, dropped. now is ms since the epoch. NULL when memory is out. */
json_t *sink_report(const struct sink *sink, int64_t now);

/* The same, and held_back, last_error, last_error_time, next_try_seconds. */
json_t *sink_report_whole(const struct sink *sink, int64_t now);

/* An array of either. */
json_t *sink_report_all(const struct sink_list *sinks,
			json_t *(*report)(const struct sink *, int64_t), int64_t now);

#endif

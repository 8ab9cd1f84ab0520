/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow: a judge fed with made-up events, measured. For pids.c and nodes.c.
 * Owns: the records' text (fields and order as in tests/replay/streams), the clocks, the run in a
 * process of its own, so that memory is that of one run alone. Must not own: which processes act.
 */
#ifndef CAPWATCH_BENCH_FLOW_H
#define CAPWATCH_BENCH_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct flow_options {
	const char *baseline; /* folder */
	bool live;	      /* with /proc and the wall clock, as the sensor */
	uint64_t events;
	uint64_t starts_every; /* of so many events one is an exec; 0: none */
	/* Who does the event of this index (from 0): node "" for none. */
	void (*choose)(void *ctx, uint64_t index, char node[64], int64_t *pid);
	void *ctx;
};

struct flow_result {
	double ns_per_event; /* CPU, user and system */
	uint64_t judged, alerts, kept;
	long rss_kib, peak_kib; /* at the end, the judge still there */
};

/* Runs each of them in a child, in turn and again, since others use the machine too: of each the
 * quickest run is the result. False, having said why, when one failed. */
bool flow_measure(const struct flow_options *options, struct flow_result *results, size_t count);

void flow_print(const char *what, const struct flow_result *result);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pids: what an event costs when it comes from one of a thousand processes, and of a million.
 *
 *   pids [live] [EVENTS [BASELINE]]     default 300000, and the baseline of the source tree
 *
 * Each process in turn makes a capset that changes nothing; all have one parent (this program) and
 * have gone when they are judged. Prints CPU time an event, the ratio, and memory at the end. The
 * text is made outside of what is measured. With "live" the judge has /proc and the wall clock,
 * without it is a replay's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/flow.h"

enum {
	FEW = 1000,
	MANY = 1000000,
	FIRST_PID = 5000000, /* beyond any that the kernel gives */
	EVENTS_DEFAULT = 300000,
};

static void choose(void *ctx, uint64_t index, char node[64], int64_t *pid)
{
	const uint64_t *processes = ctx;

	node[0] = '\0';
	*pid = FIRST_PID + (int64_t)(index % *processes);
}

int main(int argc, char **argv)
{
	bool live = argc > 1 && strcmp(argv[1], "live") == 0;
	char **rest = argv + 1 + live;
	static uint64_t few = FEW, many = MANY;
	struct flow_options options[2];
	struct flow_result results[2];

	options[0] = (struct flow_options){
		.baseline = rest[0] && rest[1] ? rest[1] : BENCH_BASELINE,
		.live = live,
		.events = rest[0] ? strtoull(rest[0], NULL, 10) : EVENTS_DEFAULT,
		.choose = choose,
		.ctx = &few};
	options[1] = options[0];
	options[1].ctx = &many;
	printf("%llu events, %s\n", (unsigned long long)options[0].events,
	       live ? "with /proc" : "replayed");
	if (!flow_measure(options, results, 2))
		return 1;
	flow_print("of 1,000 processes", &results[0]);
	flow_print("of 1,000,000 processes", &results[1]);
	printf("  ratio %.3f\n", results[1].ns_per_event / results[0].ns_per_event);
	return 0;
}

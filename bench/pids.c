/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pids: what an event costs when it comes from one of a thousand processes, and of a million.
 *
 *   pids [live] [EVENTS [BASELINE]]     default 1000000, and the baseline of the source tree
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
	EVENTS_DEFAULT = 1000000,
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
	uint64_t few = FEW, many = MANY;
	struct flow_options options = {.baseline = BENCH_BASELINE,
				       .live = live,
				       .events = EVENTS_DEFAULT,
				       .choose = choose,
				       .ctx = &few};
	struct flow_result of_few, of_many;

	if (rest[0])
		options.events = strtoull(rest[0], NULL, 10);
	if (rest[0] && rest[1])
		options.baseline = rest[1];
	printf("%llu events, %s\n", (unsigned long long)options.events,
	       live ? "with /proc" : "replayed");
	if (!flow_measure(&options, &of_few))
		return 1;
	flow_print("of 1,000 processes", &of_few);
	options.ctx = &many;
	if (!flow_measure(&options, &of_many))
		return 1;
	flow_print("of 1,000,000 processes", &of_many);
	printf("  ratio %.3f\n", of_many.ns_per_event / of_few.ns_per_event);
	return 0;
}

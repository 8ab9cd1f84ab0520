/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nodes: what an event costs a collector when it comes from one host, from ten, and from a hundred.
 *
 *   nodes [EVENTS [BASELINE]]     default 300000, and the baseline of the source tree
 *
 * The same events in all: of each node 200 processes with the same pids, in turn; one of sixteen is
 * an exec, the others are capsets that change nothing. The judge has /proc, as a collector's, which
 * shows none of them. Prints CPU time an event, the ratios, and memory at the end. The text is made
 * outside of what is measured.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/flow.h"

enum { COUNTS = 3, PROCESSES = 200, FIRST_PID = 300, STARTS_EVERY = 16, EVENTS_DEFAULT = 300000 };

static void choose(void *ctx, uint64_t index, char node[64], int64_t *pid)
{
	const unsigned *nodes = ctx;

	snprintf(node, 64, "n%02u.fleet.example", (unsigned)(index % *nodes));
	*pid = FIRST_PID + (int64_t)(index / *nodes % PROCESSES);
}

int main(int argc, char **argv)
{
	static unsigned counts[COUNTS] = {1, 10, 100};
	struct flow_options options[COUNTS];
	struct flow_result results[COUNTS];
	char what[32];

	for (size_t i = 0; i < COUNTS; i++)
		options[i] = (struct flow_options){.baseline = argc > 2 ? argv[2] : BENCH_BASELINE,
						   .live = true,
						   .events = argc > 1 ? strtoull(argv[1], NULL, 10)
								      : EVENTS_DEFAULT,
						   .starts_every = STARTS_EVERY,
						   .choose = choose,
						   .ctx = &counts[i]};
	printf("%llu events, of each node %d processes\n", (unsigned long long)options[0].events,
	       PROCESSES);
	if (!flow_measure(options, results, COUNTS))
		return 1;
	for (size_t i = 0; i < COUNTS; i++) {
		snprintf(what, sizeof(what), "of %u node%s", counts[i], counts[i] > 1 ? "s" : "");
		flow_print(what, &results[i]);
	}
	printf("  ratio of 100 to 1: %.3f, of 10 to 1: %.3f\n",
	       results[2].ns_per_event / results[0].ns_per_event,
	       results[1].ns_per_event / results[0].ns_per_event);
	return 0;
}

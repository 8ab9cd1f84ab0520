/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpu: the CPU time that this process has taken, in all its threads.
 */
#ifndef CAPWATCH_BENCH_CPU_H
#define CAPWATCH_BENCH_CPU_H

#include <time.h>

static inline double cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

#endif

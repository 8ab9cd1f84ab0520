/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entry: a harness as libFuzzer calls it, with the limit on one input's CPU time. libFuzzer's own
 * -timeout is of the wall's clock, which on a busy machine says more about the others.
 */
#include <time.h>
#include "tests/fuzz/fuzz.h"

enum { INPUT_CPU_MS = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static int64_t cpu_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static void *ctx; /* libFuzzer passes none */
	int64_t started;

	if (!ctx)
		ctx = fuzz_begin();
	started = cpu_ms();
	fuzz_run(ctx, bytes, length);
	FUZZ_CHECK(cpu_ms() - started < INPUT_CPU_MS);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gain: a process that gains a capability again and again, and says when.
 *
 *   gain COUNT INTERVAL_MS
 *
 * Gives up cap_net_raw in its effective set; then, each INTERVAL_MS, prints the wall clock in ns
 * and takes it back: that is the gain. The next one is given up right behind it, so that each
 * capset of the pair has its own moment. Begins on a line at stdin, once it has printed READY.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { GAINED = CAP_NET_RAW };

struct sets {
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[2];
};

static int set_effective(struct sets *sets, int held)
{
	sets->data[0].effective &= ~(1U << GAINED);
	if (held)
		sets->data[0].effective |= 1U << GAINED;
	return (int)syscall(SYS_capset, &sets->header, sets->data);
}

static int64_t wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int gain_once(struct sets *sets)
{
	int64_t when = wall_ns();

	if (set_effective(sets, 1) != 0)
		return -1;
	printf("%" PRId64 "\n", when);
	return set_effective(sets, 0);
}

int main(int argc, char **argv)
{
	struct sets sets = {.header.version = _LINUX_CAPABILITY_VERSION_3};
	long count = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
	long interval_ms = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
	const struct timespec interval = {.tv_sec = interval_ms / 1000,
					  .tv_nsec = interval_ms % 1000 * 1000000};

	if (count < 1 || interval_ms < 1) {
		fprintf(stderr, "usage: gain COUNT INTERVAL_MS\n");
		return 2;
	}
	if (syscall(SYS_capget, &sets.header, sets.data) != 0 || set_effective(&sets, 0) != 0) {
		perror("gain");
		return 1;
	}
	puts("READY");
	fflush(stdout);
	getchar();
	while (count-- > 0) {
		nanosleep(&interval, NULL);
		if (gain_once(&sets) != 0) {
			perror("gain");
			return 1;
		}
	}
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flooder: gains and gives up one capability as fast as the kernel allows, until its stdin ends.
 *
 *   flooder PROCESSES
 *
 * Each process toggles cap_net_raw in its effective set. Says READY, begins on a line at stdin, and
 * at the end DONE with the number of gains of all, which is what capwatch must have counted. Owns:
 * the flood. Must not own: what is to come of it (flood_test.py).
 */
#define _GNU_SOURCE
#include "tests/live/act.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

enum { PROCESSES_MAX = 64, TOGGLED = 13 };

struct shared {
	volatile int stop;
	uint64_t gains[PROCESSES_MAX]; /* each child's own */
};

static int toggle(struct shared *shared, int number)
{
	struct act_sets sets;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (act_capget(&sets) < 0)
		return 1;
	while (!shared->stop) {
		sets.effective ^= UINT64_C(1) << TOGGLED;
		if (act_capset(ABI_64, &sets) < 0)
			return 1;
		shared->gains[number] += sets.effective >> TOGGLED & 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int count = argc == 2 ? atoi(argv[1]) : 0, status, failed = 0;
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t gains = 0;
	char c;

	if (count < 1 || count > PROCESSES_MAX || shared == MAP_FAILED)
		return 2;
	act_say("READY", 0);
	if (read(STDIN_FILENO, &c, 1) != 1)
		return 1;
	for (int i = 0; i < count; i++)
		if (fork() == 0)
			_exit(toggle(shared, i));
	while (read(STDIN_FILENO, &c, 1) == 1 && c != '\n')
		;
	shared->stop = 1;
	while (wait(&status) > 0)
		failed |= status;
	for (int i = 0; i < count; i++)
		gains += shared->gains[i];
	act_say(failed ? "FAILED" : "DONE", (long)gains);
	return 0;
}

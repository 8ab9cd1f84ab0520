/* SPDX-License-Identifier: Apache-2.0 */
/*
 * preload: an actor inside somebody else's program, by LD_PRELOAD, for the live tests.
 * CAPWATCH_ACT: "raise" (capset into effective) or "ambient" (inheritable, then ambient).
 * CAPWATCH_FORK: "orphan" forks twice first, so that ppid is 1 (or the reaper's), "child" once.
 * CAPWATCH_CGROUP: --cgroup FILE, as the actor has it. CAPWATCH_COMM: the name it takes. Says
 * READY, ACT and DONE as the actor does, waits for a line between, and never lets the program run.
 */
#define _GNU_SOURCE
#include "tests/live/act.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RAISED = 21 }; /* cap_sys_admin: no entry shipped lets these programs raise it */

static void wait_for(char end)
{
	char c;

	while (read(STDIN_FILENO, &c, 1) == 1 && c != end)
		;
}

static void become_child(void)
{
	pid_t child = fork();

	if (child > 0) {
		waitpid(child, NULL, 0);
		_exit(0);
	}
}

static void become_orphan(void)
{
	pid_t child;

	become_child();
	child = getpid();
	if (fork() > 0)
		_exit(0);
	while (getppid() == child)
		usleep(1000);
}

static void enter_cgroups(char *words)
{
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
		int fd = *word == '/' ? open(word, O_WRONLY) : -1;

		if (fd >= 0 && write(fd, "0", 1) != 1)
			_exit(4);
		close(fd);
	}
}

static long raise_sets(const char *act, struct act_sets *sets)
{
	long result;

	if (strcmp(act, "ambient") != 0) {
		sets->effective |= 1ull << RAISED;
		return act_capset(ABI_64, sets);
	}
	sets->inheritable |= 1ull << RAISED;
	result = act_capset(ABI_64, sets);
	return result < 0 ? result : prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, RAISED, 0, 0);
}

static __attribute__((constructor)) void act_on_load(void)
{
	const char *act = getenv("CAPWATCH_ACT"), *comm = getenv("CAPWATCH_COMM");
	const char *forks = getenv("CAPWATCH_FORK");
	char *cgroups = getenv("CAPWATCH_CGROUP");
	struct act_sets sets;

	if (!act)
		return;
	if (forks && strcmp(forks, "child") == 0)
		become_child();
	else if (forks)
		become_orphan();
	if (cgroups)
		enter_cgroups(cgroups);
	if (comm)
		prctl(PR_SET_NAME, comm, 0, 0, 0);
	act_capget(&sets);
	sets.effective &= ~(1ull << RAISED);
	act_say("READY", act_capset(ABI_64, &sets));
	wait_for('\n');
	act_say("ACT", getppid());
	act_say("DONE", raise_sets(act, &sets));
	wait_for('\0');
	_exit(0);
}

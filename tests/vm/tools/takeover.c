/* SPDX-License-Identifier: Apache-2.0 */
/*
 * takeover: an intruder's code inside a packaged daemon, by LD_PRELOAD, for the loud scenario.
 * The daemon works on as ever. Whenever it comes back from waiting (epoll_wait, sigsuspend), its
 * very own task reads /run/takeover/PID, and does once what is written there:
 *   raise      drops cap_sys_ptrace from effective, and raises it again
 *   refused    raises what it does not hold
 *   userns     enters a user namespace, in a child
 *   TEXT       anything else is a shell's command, run by a child that executes /bin/sh
 * The result goes to /run/takeover/PID.done.
 *
 * Owns: the way in. Must not own: what capwatch should make of it (scenarios/loud.py).
 */
#define _GNU_SOURCE
#include "tests/live/act.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOLDER "/run/takeover"

enum { COMMAND_MAX = 1024 };

static bool read_order(char order[COMMAND_MAX])
{
	char path[64];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), FOLDER "/%ld", (long)getpid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	length = read(fd, order, COMMAND_MAX - 1);
	close(fd);
	unlink(path);
	order[length > 0 ? length : 0] = '\0';
	order[strcspn(order, "\n")] = '\0';
	return length > 0;
}

static long raise_again(uint64_t dropped)
{
	struct act_sets sets;
	long result = act_capget(&sets);

	sets.effective &= ~dropped;
	if (result >= 0 && dropped)
		result = act_capset(ABI_64, &sets);
	sets.effective |= 1ull << CAP_SYS_PTRACE;
	return result < 0 ? result : act_capset(ABI_64, &sets);
}

static long in_child(const char *order)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		unsetenv("LD_PRELOAD");
		if (strcmp(order, "userns") == 0)
			_exit(unshare(CLONE_NEWUSER) ? errno : 0);
		execl("/bin/sh", "sh", "-c", order, (char *)NULL);
		_exit(ENOENT);
	}
	if (child < 0)
		return -errno;
	/* the daemon may have reaped it already */
	return waitpid(child, &status, 0) == child ? -WEXITSTATUS(status) : 0;
}

static void say_done(long result)
{
	char path[64], line[32];
	int fd, length = snprintf(line, sizeof(line), "DONE %ld\n", result);

	snprintf(path, sizeof(path), FOLDER "/%ld.done", (long)getpid());
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd >= 0 && write(fd, line, (size_t)length) == length)
		close(fd);
}

static void obey(void)
{
	int saved = errno;
	char order[COMMAND_MAX];

	if (read_order(order)) {
		if (strcmp(order, "raise") == 0)
			say_done(raise_again(1ull << CAP_SYS_PTRACE));
		else if (strcmp(order, "refused") == 0)
			say_done(raise_again(0));
		else
			say_done(in_child(order));
	}
	errno = saved;
}

int epoll_wait(int epfd, struct epoll_event *events, int maxevents, int timeout)
{
	int (*next)(int, struct epoll_event *, int, int) = NULL;
	int result;

	*(void **)&next = dlsym(RTLD_NEXT, "epoll_wait");
	result = next(epfd, events, maxevents, timeout);
	obey();
	return result;
}

int sigsuspend(const sigset_t *mask)
{
	int (*next)(const sigset_t *) = NULL;
	int result;

	*(void **)&next = dlsym(RTLD_NEXT, "sigsuspend");
	result = next(mask);
	obey();
	return result;
}

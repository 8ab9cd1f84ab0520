/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "plugin/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/wire.h"
#include "plugin/startup.h"

enum { KEPT_FDS_MAX = 4, FIRST_FREE_FD = CHILD_LINK_FD + KEPT_FDS_MAX };

int child_socketpair(int ends[2], struct error *err)
{
	const int room = 2 * WIRE_BODY_MAX;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return error_set(err, "socketpair: %s", strerror(errno));
	/* the default has room for one message of the largest size; where it can't be more, it
	 * stays */
	for (int i = 0; i < 2; i++)
		setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	return 0;
}

int child_keep_descriptors(const int *keep, size_t count, struct error *err)
{
	int moved[KEPT_FDS_MAX];

	/* out of the way first: one may have the number that another is to get */
	for (size_t i = 0; i < count; i++) {
		moved[i] = keep[i] < 0 ? -1 : fcntl(keep[i], F_DUPFD, FIRST_FREE_FD);
		if (keep[i] >= 0 && moved[i] < 0)
			return error_set(err, "descriptor %d: %s", keep[i], strerror(errno));
	}
	for (size_t i = 0; i < count; i++) {
		close(CHILD_LINK_FD + (int)i);
		if (moved[i] >= 0 && dup2(moved[i], CHILD_LINK_FD + (int)i) < 0)
			return error_set(err, "descriptor %d: %s", moved[i], strerror(errno));
	}
	startup_close_from(CHILD_LINK_FD + (int)count);
	return 0;
}

int child_exec_courier(const struct courier_start *start, struct error *err)
{
	const char *argv[8] = {start->path, "--config", start->config_file};
	const int keep[] = {start->link, start->control};
	char *no_environment[] = {NULL};
	size_t argc = 3;

	if (start->drain_seconds) {
		argv[argc++] = "--foreground";
		argv[argc++] = "--drain";
		argv[argc++] = start->drain_seconds;
	}
	if (start->account && privileges_become_courier(start->account, start->parent, err) < 0)
		return -1;
	if (child_keep_descriptors(keep, 2, err) < 0)
		return -1;
	startup_reset_signals();
	execve(start->path, (char **)argv, start->account ? no_environment : environ);
	return error_set(err, "%s: %s", start->path, strerror(errno));
}

char *child_describe_end(const struct child *child, int status, char buf[CHILD_END_MAX])
{
	const char *why = child->killed_for;
	int number = WTERMSIG(status);

	if (number == SIGSYS)
		why = "it made a system call that only an intruder in it would make";
	if (WIFSIGNALED(status))
		snprintf(buf, CHILD_END_MAX, "signal %d (%s)%s%s", number, strsignal(number),
			 why ? ": " : "", why ? why : "");
	else
		snprintf(buf, CHILD_END_MAX, "status %d", WEXITSTATUS(status));
	return buf;
}

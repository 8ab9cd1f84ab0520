/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "plugin/startup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FDS_WITHOUT_CLOSE_RANGE = 65536 };

static void default_dispositions(void)
{
	struct sigaction action = {.sa_handler = SIG_DFL};

	sigemptyset(&action.sa_mask);
	/* SIGKILL, SIGSTOP and the C library's own two can't be set: nothing to do about those */
	for (int number = 1; number < NSIG; number++)
		sigaction(number, &action, NULL);
}

void startup_reset_signals(void)
{
	sigset_t none;

	default_dispositions();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void startup_close_from(int first)
{
#ifdef SYS_close_range
	if (syscall(SYS_close_range, (unsigned)first, ~0U, 0U) == 0)
		return;
#endif
	for (int fd = first; fd < FDS_WITHOUT_CLOSE_RANGE; fd++)
		close(fd);
}

/* Where 1 or 2 are closed, the next socket would get that number, and a library's complaint on
 * stderr would go to the sensor. */
static int open_output(int fd, struct error *err)
{
	int null;

	if (fcntl(fd, F_GETFD) >= 0)
		return 0;
	null = open("/dev/null", O_RDWR);
	if (null == fd)
		return 0; /* cppcheck-suppress resourceLeak ; it stays open: it is fd */
	if (null < 0)
		return error_set(err, "/dev/null: %s", strerror(errno));
	if (dup2(null, fd) < 0)
		return error_set(err, "descriptor %d: %s", fd, strerror(errno));
	close(null);
	return 0;
}

void startup_handled_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGCHLD);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
}

int startup_prepare(struct error *err)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t handled;

	/* blocked first: what arrives meanwhile waits instead of killing us */
	startup_handled_signals(&handled);
	sigprocmask(SIG_SETMASK, &handled, NULL);
	default_dispositions();
	sigemptyset(&ignore.sa_mask);
	sigaction(SIGPIPE, &ignore, NULL);

	if (fcntl(STDIN_FILENO, F_GETFD) < 0)
		return error_set(err,
				 "standard input is not open: auditd starts this program, with "
				 "the audit stream there");
	if (open_output(STDOUT_FILENO, err) < 0 || open_output(STDERR_FILENO, err) < 0)
		return -1;
	startup_close_from(STDERR_FILENO + 1);
	umask(077);
	if (chdir("/") < 0)
		return error_set(err, "/: %s", strerror(errno));
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/sanitized.h"
#include "common/syscall_groups.h"

enum {
	FD_SEARCH_MAX = 65536,
	FDS_MAX =
		1024, /* a socket or file for each sink and each transfer; select() takes no more */
};

static const struct syscall_rule own_calls[] = {
	{"signalfd4", "signals, one by one", 0, 0, 0},
	{"dup", "libraries that keep a second descriptor", 0, 0, 0},
	{0},
};

static const struct syscall_tables courier_tables = {
	.allowed =
		{
			own_calls,
			syscall_group_life,
			syscall_group_map_exec,
			syscall_group_descriptors,
			syscall_group_look,
			syscall_group_write_files,
			syscall_group_threads,
			syscall_group_network,
			SANITIZED ? syscall_group_sanitizer : NULL,
		},
	.fatal =
		{
			syscall_group_intruder,
			syscall_group_other_program,
		},
};

static void close_from(int first)
{
#ifdef SYS_close_range
	if (syscall(SYS_close_range, (unsigned)first, ~0u, 0u) == 0)
		return;
#endif
	for (int fd = first; fd < FD_SEARCH_MAX; fd++)
		close(fd);
}

static int settle_descriptors(int last_fd, bool foreground, struct error *err)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0)
		return error_set(err, "/dev/null: %s", strerror(errno));
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		bool keep = foreground && fd != STDIN_FILENO && fcntl(fd, F_GETFD) >= 0;

		if (!keep && fd != null && dup2(null, fd) < 0)
			return error_set(err, "/dev/null: %s", strerror(errno));
	}
	if (null > STDERR_FILENO)
		close(null);
	close_from(last_fd + 1);
	return 0;
}

/* SIGXFSZ and SIGPIPE become errors of the write that met them. */
static void settle_signals(void)
{
	sigset_t none;

	for (int signal_number = 1; signal_number < NSIG; signal_number++)
		signal(signal_number, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int drop_capabilities(struct error *err)
{
	cap_t none = cap_init();
	int rc = none ? cap_set_proc(none) : -1;

	cap_free(none);
	if (rc < 0)
		return error_set(err, "cannot drop capabilities: %s", strerror(errno));
	/* fails only on a kernel that has no ambient set */
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return 0;
}

int confine_process(int last_fd, bool foreground, struct error *err)
{
	const struct rlimit no_core = {0, 0}, fds = {FDS_MAX, FDS_MAX};

	umask(027);
	settle_signals();
	if (settle_descriptors(last_fd, foreground, err) < 0)
		return -1;
	if (drop_capabilities(err) < 0)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || setrlimit(RLIMIT_CORE, &no_core) < 0 ||
	    (setrlimit(RLIMIT_NOFILE, &fds) < 0 && errno != EPERM))
		return error_set(err, "cannot give up privileges: %s", strerror(errno));
	if (!foreground && !SANITIZED && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_set(err, "cannot become untraceable: %s", strerror(errno));
	/* if the parent is gone already, the end of file on its socket says so */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) < 0)
		return error_set(err, "cannot follow the supervisor: %s", strerror(errno));
	return 0;
}

int confine_calls(struct error *err)
{
	return syscall_filter_install(&courier_tables, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "plugin/confine_supervisor.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "common/sanitized.h"
#include "common/syscall_groups.h"

static const struct syscall_rule own_calls[] = {
	{"signalfd4", "signals, one by one", 0, 0, 0},
	{"kill", "ends a child that hangs", 0, 0, 0},
	{"clone", "a child, and libcurl's threads in the courier", 0, 0, 0},
	{"fork", "the same, in other libraries", 0, 0, 0},
	{"vfork", "the same", 0, 0, 0},
	{"wait4", "how a child ended", 0, 0, 0},
	{"waitid", "the same", 0, 0, 0},
	{"accept4", "root's connections at the control socket", 0, 0, 0},
	{0},
};

/* Made by a child on its way to being sensor or courier, who then give them up. */
static const struct syscall_rule child_calls[] = {
	{"dup", "the child's descriptors get their numbers", 0, 0, 0},
	{"dup2", "the same", 0, 0, 0},
	{"dup3", "the same", 0, 0, 0},
	{"close_range", "and all others are closed", 0, 0, 0},
	{"setgroups", "its user", 0, 0, 0},
	{"setresgid", "the same", 0, 0, 0},
	{"setresuid", "the same", 0, 0, 0},
	{"capget", "its capabilities", 0, 0, 0},
	{"capset", "the same", 0, 0, 0},
	{"prctl", "bounding set, securebits, PDEATHSIG, dumpable", 0, 0, 0},
	{"prlimit64", "its limits", 0, SYSCALL_INT_MASK, 0},
	{"setrlimit", "the same, in older libraries", 0, 0, 0},
	{"seccomp", "its own filter", 0, 0, 0},
	{"landlock_create_ruleset", "its own rules of what files it reaches", 0, 0, 0},
	{"landlock_add_rule", "the same", 0, 0, 0},
	{"landlock_restrict_self", "the same", 0, 0, 0},
	{"execve", "becomes the courier, under no_new_privs", 0, 0, 0},
	{"arch_prctl", "that program's start", 0, 0, 0},
	{"set_tid_address", "the same", 0, 0, 0},
	{"chdir", "the working folder", 0, 0, 0},
	{0},
};

/* A filter is inherited and can only be narrowed: this one has to let through what any of the three
 * needs. What the supervisor itself has of files written, threads and network it has for the
 * courier's sake; its own use of the latter is the kernel's audit netlink, syslog and the look-up
 * of users. */
static const struct syscall_tables supervisor_tables = {
	.allowed =
		{
			own_calls,
			child_calls,
			syscall_group_life,
			syscall_group_map_exec,
			syscall_group_descriptors,
			syscall_group_look,
			syscall_group_write_files,
			syscall_group_threads,
			syscall_group_network,
			SANITIZED ? syscall_group_sanitizer : NULL,
		},
	.fatal = {syscall_group_intruder},
};

int confine_supervisor(struct error *err)
{
	const struct rlimit no_core = {0, 0};

	if (setrlimit(RLIMIT_CORE, &no_core) < 0)
		return error_set(err, "limiting core files: %s", strerror(errno));
	/* in a build for tests the leak checker traces its own process at the end */
	if (!SANITIZED && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_set(err, "PR_SET_DUMPABLE: %s", strerror(errno));
	return syscall_filter_install(&supervisor_tables, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/made_up_proc.h"

#include <stdio.h>
#include <string.h>

enum { PIDS = 64, TICK_MS = 10, WORDS = 8, DEVICE = 1 };

#define CONTAINER_ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char *const exes[WORDS] = {
	"/usr/lib/systemd/systemd", "/usr/sbin/chronyd", "/usr/bin/sudo", "/usr/sbin/sshd",
	"/usr/sbin/runc",	    "/usr/bin/ping",	 "/tmp/x",	  "/usr/sbin/nginx"};
static const char *const cgroups[WORDS] = {
	"0::/init.scope\n",
	"0::/system.slice/chrony.service\n",
	"0::/user.slice/user-1000.slice/session-3.scope\n",
	"0::/system.slice/ssh.service\n",
	("0::/system.slice/docker-" CONTAINER_ID ".scope\n"),
	"12:pids:/\n1:name=systemd:/system.slice/cron.service\n0::/\n",
	"",
	"0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-ab.scope\n"};

/* Which of the ways to be, of so many, this process is in one respect. */
static uint64_t choose(const void *ctx, int64_t pid, uint64_t respect)
{
	const struct made_up_proc *proc = ctx;
	uint64_t mixed = ((uint64_t)pid * 0x9e3779b97f4a7c15u) ^ (proc->salt + respect);

	mixed ^= mixed >> 29;
	mixed *= 0xbf58476d1ce4e5b9u;
	return mixed ^ mixed >> 32;
}

static bool exists(const void *ctx, pid_t pid)
{
	return pid == 1 || (pid > 0 && choose(ctx, pid, 1) % 4 != 0);
}

static capmask choose_mask(const void *ctx, pid_t pid, uint64_t respect)
{
	uint64_t chosen = choose(ctx, pid, respect);

	if (chosen % 3 == 0)
		return 0;
	return chosen % 3 == 1 ? capmask_known() : chosen & capmask_known();
}

static bool threads(void *ctx, pid_t pid, struct proc_status *status)
{
	if (!exists(ctx, pid))
		return false;
	status->task_permitted = status->permitted & choose_mask(ctx, pid, 2);
	status->task_effective = status->effective & status->task_permitted;
	status->task_inheritable = status->inheritable;
	status->task_ambient = status->ambient;
	return true;
}

static bool status(void *ctx, pid_t pid, struct proc_status *status)
{
	const struct made_up_proc *proc = ctx;

	if (!exists(ctx, pid))
		return false;
	memset(status, 0, sizeof(*status));
	status->start_ticks = choose(ctx, pid, 3) % 1000;
	status->start_time = proc->boot + (int64_t)status->start_ticks * TICK_MS;
	status->ppid = (pid_t)(choose(ctx, pid, 4) % (uint64_t)pid);
	status->threads = (uint32_t)choose(ctx, pid, 5) % 3 + 1;
	status->euid = (uint32_t)choose(ctx, pid, 6) % 2 * 1000;
	status->uid = status->suid = status->fsuid = status->euid;
	status->permitted = choose_mask(ctx, pid, 7);
	status->effective = status->permitted & choose_mask(ctx, pid, 8);
	status->bounding = capmask_known();
	status->auid = status->session = choose(ctx, pid, 9) % 2 ? 1000 : -1;
	status->image = choose(ctx, pid, 10);
	status->kernel_thread = choose(ctx, pid, 11) % 16 == 0;
	status->ended = choose(ctx, pid, 12) % 16 == 0;
	status->forked = choose(ctx, pid, 13) % 2;
	status->heap = choose(ctx, pid, 14);
	snprintf(status->comm, sizeof(status->comm), "p%d", (int)pid % 1000);
	return threads(ctx, pid, status);
}

static bool cgroup(void *ctx, pid_t pid, char *buf, size_t size)
{
	snprintf(buf, size, "%s", cgroups[choose(ctx, pid, 15) % WORDS]);
	return exists(ctx, pid);
}

static bool exe(void *ctx, pid_t pid, char *path, size_t size, struct proc_file *file,
		bool *deleted)
{
	uint64_t which = choose(ctx, pid, 16) % WORDS;

	snprintf(path, size, "%s", exes[which]);
	*file = (struct proc_file){DEVICE, which + choose(ctx, pid, 17) % 2};
	*deleted = choose(ctx, pid, 18) % 8 == 0;
	return exists(ctx, pid);
}

static bool host_file(void *ctx, const char *path, struct proc_file *file)
{
	(void)ctx;
	for (unsigned i = 0; i < WORDS; i++) {
		*file = (struct proc_file){DEVICE, i};
		if (strcmp(path, exes[i]) == 0)
			return true;
	}
	return false;
}

static bool in_host_userns(void *ctx, pid_t pid, bool *host)
{
	*host = choose(ctx, pid, 19) % 4 != 0;
	return exists(ctx, pid);
}

static bool sees_host_files(void *ctx, pid_t pid)
{
	return choose(ctx, pid, 20) % 4 != 0;
}

static bool foreign_code(void *ctx, pid_t pid, bool *foreign)
{
	*foreign = choose(ctx, pid, 21) % 4 == 0;
	return exists(ctx, pid);
}

static bool file_caps(void *ctx, pid_t pid, const char *path, struct proc_file_caps *caps)
{
	*caps = (struct proc_file_caps){.present = strlen(path) % 2,
					.permitted = choose_mask(ctx, pid, 22),
					.inode = strlen(path),
					.changed = 1};
	return exists(ctx, pid);
}

static void each_process(void *ctx, void (*visit)(void *visit_ctx, pid_t pid), void *visit_ctx)
{
	for (pid_t pid = 1; pid < PIDS; pid++)
		if (exists(ctx, pid))
			visit(visit_ctx, pid);
}

static bool list(void *ctx, int64_t *place, pid_t *pids, size_t *count)
{
	size_t room = *count;

	*count = 0;
	for (; *place < PIDS && *count < room; (*place)++)
		if (exists(ctx, (pid_t)*place))
			pids[(*count)++] = (pid_t)*place;
	return *place < PIDS;
}

struct proc_reader made_up_proc_reader(struct made_up_proc *proc)
{
	return (struct proc_reader){.ctx = proc,
				    .status = status,
				    .threads = threads,
				    .cgroup = cgroup,
				    .exe = exe,
				    .host_file = host_file,
				    .in_host_userns = in_host_userns,
				    .sees_host_files = sees_host_files,
				    .foreign_code = foreign_code,
				    .file_caps = file_caps,
				    .each_process = each_process,
				    .list = list};
}

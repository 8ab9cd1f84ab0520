/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_reader: what the judge may ask of the running system. An interface: the plugin answers from
 * /proc (plugin/proc_live), a replay answers nothing (NULL reader), a test answers from a table.
 * The judge opens no file by itself.
 */
#ifndef CAPWATCH_PROC_READER_H
#define CAPWATCH_PROC_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "common/capmask.h"

enum { PROC_PATH_MAX = 1024, PROC_CGROUP_MAX = 2048, PROC_COMM_MAX = 16 };

struct proc_status {
	uint64_t start_ticks; /* field 22 of /proc/PID/stat, clock ticks since boot: with pid it
				 names a process */
	int64_t start_time;   /* the same in ms since the epoch */
	pid_t ppid;
	uint32_t threads;
	uint32_t uid, euid, suid, fsuid;
	capmask permitted, effective, inheritable, bounding,
		ambient; /* of the thread group leader; see task_* */
	capmask task_permitted, task_effective, task_inheritable,
		task_ambient;  /* the leader's until threads() has been asked */
	int64_t auid, session; /* -1: unset, or login() has not been asked */
	uint64_t image; /* where its stack began: another after every exec (ASLR), the same after
			   fork; 0: not known */
	bool kernel_thread;
	bool ended; /* a zombie: nothing of it runs any more */
	char comm[PROC_COMM_MAX + 1];
	bool forked;   /* it has executed nothing since its fork */
	uint64_t heap; /* where its heap begins, as image; 0: not known */
};

struct proc_file {
	uint64_t device, inode; /* st_dev, st_ino */
};

struct proc_file_caps {
	bool present;
	capmask permitted, inheritable;
	uint64_t inode;	 /* of the file that the path leads to now */
	int64_t changed; /* its ctime, ms since the epoch */
	/* no attribute of it that may be seen has this many bytes: one that was set is gone */
	bool lacks_20, lacks_24;
};

struct proc_reader {
	void *ctx;
	/* Each returns true when the fact could be had. All are bounded in time and memory. */
	bool (*status)(void *ctx, pid_t pid, struct proc_status *status);
	/* auid and session of a status just had. A call of its own because it costs two files, and
	 * an event's records say them. NULL: status() had them. */
	void (*login)(void *ctx, pid_t pid, struct proc_status *status);
	/* start_ticks alone, at less than half the cost. NULL: status() tells it. */
	bool (*start)(void *ctx, pid_t pid, uint64_t *start_ticks);
	/* task_* of a status just had: the intersection over all threads. A call of its own because
	 * it costs a file a thread. */
	bool (*threads)(void *ctx, pid_t pid, struct proc_status *status);
	/* /proc/PID/cgroup, whole (lines "ID:controllers:path"), terminated. */
	bool (*cgroup)(void *ctx, pid_t pid, char *buf, size_t size);
	/* The link text of /proc/PID/exe (without " (deleted)", which sets *deleted) and the file
	 * behind it. */
	bool (*exe)(void *ctx, pid_t pid, char *path, size_t size, struct proc_file *file,
		    bool *deleted);
	/* The host's file of this path, following symbolic links. */
	bool (*host_file)(void *ctx, const char *path, struct proc_file *file);
	/* True in *host when the process is in the same user namespace as init's. */
	bool (*in_host_userns)(void *ctx, pid_t pid, bool *host);
	/* True when the process is in init's mount namespace and root folder: its paths are the
	 * host's. */
	bool (*sees_host_files)(void *ctx, pid_t pid);
	/* True in *foreign when code is in the process's memory that comes from a file outside the
	 * system's folders, its own program apart. */
	bool (*foreign_code)(void *ctx, pid_t pid, bool *foreign);
	/* security.capability of a file as process pid sees the path, or "fd/N": of its open
	 * descriptor N; present false: it has none. */
	bool (*file_caps)(void *ctx, pid_t pid, const char *path, struct proc_file_caps *caps);
	/* The calls above for every process there is, for seeding: calls visit with each pid. */
	void (*each_process)(void *ctx, void (*visit)(void *visit_ctx, pid_t pid), void *visit_ctx);
	/* Some of them at a time: up to *count pids, and how many that were. place: 0 for the
	 * first, then as it was left. False: these were the last. NULL: each_process alone. */
	bool (*list)(void *ctx, int64_t *place, pid_t *pids, size_t *count);
};

static inline void proc_reader_login(const struct proc_reader *proc, pid_t pid,
				     struct proc_status *status)
{
	if (proc->login)
		proc->login(proc->ctx, pid, status);
}

/* status() and login(). */
static inline bool proc_reader_status(const struct proc_reader *proc, pid_t pid,
				      struct proc_status *status)
{
	if (!proc->status(proc->ctx, pid, status))
		return false;
	proc_reader_login(proc, pid, status);
	return true;
}

/* Is the process that began then still there, if only as a zombie? Its pid may be a later one's. */
static inline bool proc_reader_is_there(const struct proc_reader *proc, pid_t pid,
					uint64_t start_ticks)
{
	struct proc_status status;
	uint64_t start = 0;

	if (proc->start)
		return proc->start(proc->ctx, pid, &start) && start == start_ticks;
	return proc->status(proc->ctx, pid, &status) && status.start_ticks == start_ticks;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_live: struct proc_reader (judge/proc_reader.h) answered from the running system's /proc.
 * Owns: reading and parsing, with sizes bounded. Must not own: what a fact means (judge), or any
 * memory of what it read: each call reads anew.
 *
 * Works as uid capwatch with CAP_SYS_PTRACE (links of other users' processes, hidepid) and
 * CAP_DAC_READ_SEARCH (closed folders), in no Landlock domain: any ruleset makes exe and ns/user of
 * other processes unreadable. Time: /proc itself does not block. A file's path can, on a network or
 * FUSE filesystem whose server is gone; attributes are taken as cached (AT_STATX_DONT_SYNC) and
 * files opened with O_PATH alone, which reaches a server only where a path has not been walked
 * before. What remains is bounded from outside: the supervisor ends a sensor that stops reading.
 */
#ifndef CAPWATCH_PROC_LIVE_H
#define CAPWATCH_PROC_LIVE_H

#include <stdbool.h>
#include "judge/proc_reader.h"

enum { PROC_LIVE_THREADS_MAX = 256 }; /* of one process that are asked for their sets */

struct proc_live {
	struct proc_reader reader; /* for judge_options.proc; valid as long as this struct */
	long ticks_per_second;
	bool knows_host_userns, knows_host_mounts;
	struct proc_file host_userns, host_mntns, host_root; /* of init, else our own */
};

void proc_live_init(struct proc_live *live);

/* security.capability's value, struct vfs_cap_data of any version, as the kernel would apply it to
 * a process of the host. False when it is none, or given to a user namespace's root alone. */
bool proc_live_parse_file_caps(const void *value, size_t size, capmask *permitted,
			       capmask *inheritable);

/* The fields of /proc/PID/stat that are used here; comm may hold spaces, ')' and newlines. */
bool proc_live_parse_stat(const char *text, size_t length, struct proc_status *status);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "judge/transition.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <string.h>

#include "judge/match.h"

#define LAST_CAP_PATH "/proc/sys/kernel/cap_last_cap"

/* sizes of struct vfs_cap_data, revisions 2 and 3 (<linux/capability.h>): what setxattr(2) of
 * security.capability passes; the attribute's name is not in the record */
enum { FILE_CAPS_SIZE_V2 = 20, FILE_CAPS_SIZE_V3 = 24 };

/* audit stamps its events by the coarse clock, files by theirs */
enum { CLOCK_GRAIN_MS = 20 };

/* no two places on one thread's stack are farther apart (RLIMIT_STACK is 8 MiB by default) */
#define STACK_SPAN (16u << 20)

enum { SECUREBITS_RESTRAINING = 0xef }; /* all but keep-caps, which is the other way about */

/* ---- helpers --------------------------------------------------------------------------------- */

uint8_t transition_loosened(uint8_t before, uint8_t after)
{
	return (uint8_t)((before & ~after & SECUREBITS_RESTRAINING) |
			 (after & ~before & SECBIT_KEEP_CAPS));
}

/* Where everything is gained, only what this library knows a name for is told: how many more bits
 * the kernel has is not in any record. */
static capmask added(capmask before, capmask after)
{
	return after & ~before & (after == LEDGER_ALL_CAPS ? capmask_known() : LEDGER_ALL_CAPS);
}

static void compare_sets(struct transition *t)
{
	t->has_sets = true;
	t->gained.permitted = added(t->before.permitted, t->after.permitted);
	t->gained.effective = added(t->before.effective, t->after.effective);
	t->gained.inheritable = added(t->before.inheritable, t->after.inheritable);
	t->gained.ambient = added(t->before.ambient, t->after.ambient);
}

static bool gains_any(const struct transition *t)
{
	return (t->gained.permitted | t->gained.effective | t->gained.inheritable |
		t->gained.ambient) != 0;
}

static bool has_threads(const struct observation *seen)
{
	return seen->other_thread || (seen->live && seen->status.threads > 1);
}

/* A replay can't count threads, but each has a stack of its own: a capset(2) whose header lies far
 * from the last one's is taken for another thread's. */
static bool is_far(const struct process *process, const struct event *event)
{
	uint64_t a = process->capset_header, b = event_argument(event, 0);

	return a && (a > b ? a - b : b - a) > STACK_SPAN;
}

/* Known means: this very process (its start confirmed), one thread. A replay has no way to confirm
 * and takes the records' chain for it. */
static enum previous provenance_after(const struct world *world, const struct observation *seen)
{
	if (world_is_replay(world, seen->process->node))
		return PREVIOUS_KNOWN;
	return seen->live && !has_threads(seen) ? PREVIOUS_KNOWN : PREVIOUS_INFERRED;
}

/* The least that every thread holds, as /proc shows it now; the leader's, where it can't be had. */
static struct event_sets all_threads(const struct world *world, const struct observation *seen)
{
	struct proc_status status = seen->status;

	if (world_is_replay(world, seen->process->node))
		return seen->process->sets;
	(void)world->proc->threads(world->proc->ctx, (pid_t)seen->process->pid, &status);
	return (struct event_sets){
		.permitted = status.task_permitted,
		.effective = status.task_effective,
		.inheritable = status.task_inheritable,
		.ambient = status.task_ambient,
	};
}

/* Is the one at most the other, in every set? */
static bool within(const struct event_sets *sets, const struct event_sets *bounds)
{
	return !((sets->permitted & ~bounds->permitted) | (sets->effective & ~bounds->effective) |
		 (sets->inheritable & ~bounds->inheritable) | (sets->ambient & ~bounds->ambient));
}

/* Nothing is known of before: root is taken to have held what it was permitted, another nothing in
 * effective. */
static void assume_before(struct transition *t, const struct event *event)
{
	t->previous = PREVIOUS_UNKNOWN;
	t->before = t->after;
	t->before.inheritable = 0;
	t->before.effective = event->ids.euid == 0 ? t->after.permitted : 0;
}

static void take_before(const struct world *world, const struct event *event,
			const struct observation *seen, struct transition *t)
{
	const struct process *process = seen->process;

	if (!process->has_sets && !has_threads(seen)) {
		assume_before(t, event);
		return;
	}
	/* the records' chain holds the least of all threads, see set_state(); /proc shows a later
	 * moment and serves only where there is no chain yet */
	t->before = process->has_sets ? process->sets : all_threads(world, seen);
	t->previous = process->has_sets && !has_threads(seen) ? process->provenance
							      : PREVIOUS_INFERRED;
}

/* Which of several threads acted is not in the record: what is kept is the least that any of them
 * may hold, and what all of them hold by now. */
static void set_state(const struct world *world, const struct observation *seen,
		      const struct event_sets *sets)
{
	struct process *process = seen->process;
	struct event_sets all;

	process->provenance = provenance_after(world, seen);
	if (has_threads(seen) && process->has_sets) {
		/* asking every thread costs: only a gain makes it worth it */
		if (within(sets, &process->sets)) {
			process->sets = *sets;
			return;
		}
		all = all_threads(world, seen);
		process->sets.permitted = sets->permitted &
					  (process->sets.permitted | all.permitted);
		process->sets.effective = sets->effective &
					  (process->sets.effective | all.effective);
		process->sets.inheritable = sets->inheritable &
					    (process->sets.inheritable | all.inheritable);
		process->sets.ambient = sets->ambient & (process->sets.ambient | all.ambient);
		return;
	}
	process->has_sets = true;
	process->sets = *sets;
}

static bool in_child_userns(const struct process *process)
{
	return process->userns == USERNS_CHILD;
}

/* What is gained inside another user namespace is no host's gain. As long as the process may have
 * been outside when it gained it, it is kept. */
static bool is_hosts_gain(struct process *process, const struct transition *t)
{
	if (!in_child_userns(process))
		return true;
	/* what can't be kept is told at once */
	return process->userns_doubted && !process_withhold(process, &t->gained, t->mechanism);
}

static bool execs_are_recorded(const struct process *process, const struct event *event)
{
	return process->execs_recorded && event->ids.auid < 0;
}

/* ---- one function a mechanism ---------------------------------------------------------------- */

static bool derive_denied(struct transition *t, const struct observation *seen, capmask denied)
{
	const struct process *process = seen->process;

	t->outcome = OUTCOME_DENIED;
	t->denied = denied;
	t->previous = process->has_sets ? process->provenance : PREVIOUS_UNKNOWN;
	return !in_child_userns(process) && !process->userns_doubted;
}

static bool derive_capset(struct world *world, const struct event *event, struct observation *seen,
			  struct transition *t)
{
	struct process *process = seen->process;

	t->mechanism = MECHANISM_CAPSET;
	seen->other_thread = world_is_replay(world, process->node) && is_far(process, event);
	process->capset_header = event_argument(event, 0);
	if (!event->success)
		return event->exit == -EPERM && derive_denied(t, seen, 0);
	if (!(event->parts & EVENT_CAPSET))
		return false; /* its CAPSET record was lost: nothing is known of the new sets */
	t->after = event->capset;
	take_before(world, event, seen, t);
	/* capset(2) cannot add to permitted: where it seems to, and threads don't explain it, what
	 * was inferred was too little (keep-caps set unrecorded) */
	if (t->previous == PREVIOUS_INFERRED && !has_threads(seen) && !process->userns_doubted)
		t->before.permitted |= t->after.permitted;
	compare_sets(t);
	/* more than the host's side could have had: it was inside already */
	if (process->userns_doubted && t->gained.permitted) {
		process->userns = USERNS_CHILD;
		process->userns_doubted = false;
		process->userns_born = true;
	}
	t->impossible = t->previous == PREVIOUS_KNOWN && t->gained.permitted &&
			process->userns != USERNS_CHILD && execs_are_recorded(process, event);
	set_state(world, seen, &event->capset);
	return gains_any(t) && is_hosts_gain(process, t);
}

static bool derive_ambient(const struct event *event, struct observation *seen,
			   struct transition *t)
{
	struct process *process = seen->process;
	uint32_t bit = (uint32_t)event_argument(event, 2);

	t->mechanism = MECHANISM_AMBIENT;
	if (bit >= CAPMASK_BITS)
		return false;
	if (!event->success)
		return event->exit == -EPERM && derive_denied(t, seen, CAPMASK_BIT(bit));
	if (process->has_sets) {
		t->previous = process->provenance;
		t->before = process->sets;
		process->sets.ambient |= CAPMASK_BIT(bit);
		t->after = process->sets;
	} else {
		t->previous = PREVIOUS_UNKNOWN;
		t->after.ambient = CAPMASK_BIT(bit);
	}
	compare_sets(t);
	return gains_any(t) && is_hosts_gain(process, t);
}

static bool derive_securebits(const struct event *event, struct observation *seen,
			      struct transition *t)
{
	struct process *process = seen->process;
	uint8_t wanted = (uint8_t)event_argument(event, 1);

	if ((uint32_t)event_argument(event, 0) == PRCTL_SET_KEEPCAPS)
		wanted = (uint8_t)((process->securebits & ~SECBIT_KEEP_CAPS) |
				   ((uint32_t)event_argument(event, 1) ? SECBIT_KEEP_CAPS : 0));
	t->mechanism = MECHANISM_SECUREBITS;
	t->has_securebits = true;
	t->securebits_before = process->securebits;
	t->securebits_after = wanted;
	t->loosened = transition_loosened(process->securebits, wanted);
	/* no record and no file of /proc tells what a process started with: the default is assumed
	 */
	t->previous = process->seen_event ? PREVIOUS_KNOWN : PREVIOUS_INFERRED;
	if (!event->success)
		return event->exit == -EPERM && t->loosened && derive_denied(t, seen, 0);
	process->securebits = wanted;
	return t->loosened && !in_child_userns(process);
}

/* The kernel's own account of the exec: BPRM_FCAPS. It is missing where nothing was gained by it,
 * and where root gained all that there is (security/commoncap.c, nonroot_raised_pE()). */
static bool derive_exec_sets(const struct event *event, struct observation *seen,
			     struct transition *t)
{
	struct process *process = seen->process;

	if (event->parts & EVENT_BPRM) {
		t->impossible = process->has_sets && process->provenance == PREVIOUS_KNOWN &&
				process->userns == USERNS_HOST &&
				execs_are_recorded(process, event) && !has_threads(seen) &&
				(event->bprm.old.permitted & ~process->sets.permitted);
		t->before = t->impossible ? process->sets : event->bprm.old;
		t->after = t->impossible ? event->bprm.old : event->bprm.new;
		t->previous = PREVIOUS_KNOWN;
		return true;
	}
	t->previous = process->has_sets ? PREVIOUS_INFERRED : PREVIOUS_UNKNOWN;
	t->before = process->sets;
	/* its BPRM_FCAPS may still be on its way, or lost */
	if (!event->complete) {
		t->previous = PREVIOUS_UNKNOWN;
		t->after = t->before;
		return false;
	}
	if (event->ids.euid == 0 && !(process->securebits & SECBIT_NOROOT)) {
		t->after.permitted = t->after.effective = LEDGER_ALL_CAPS;
		t->after.inheritable = process->sets.inheritable;
		/* root's own keeps it, see process_apply_exec() */
		if (event->ids.uid == event->ids.euid)
			t->after.ambient = process->sets.ambient;
		if (!process->has_sets && event->ids.uid == 0)
			t->before = t->after;
		return true;
	}
	t->after = (struct event_sets){process->sets.ambient, process->sets.ambient,
				       process->sets.inheritable, process->sets.ambient};
	return false;
}

/* The real uid survives an exec: a change of it is a set*uid that no record told of. */
static void catch_up_real_uid(const struct event *event, struct process *process)
{
	struct event before;

	if (!process->has_ids || process->uid == event->ids.uid)
		return;
	before = (struct event){.ids = {.uid = event->ids.uid,
					.euid = event->ids.uid,
					.suid = event->ids.uid,
					.fsuid = event->ids.uid}};
	process_apply_uids(process, &before, false);
}

static bool derive_exec(struct world *world, const struct event *event, struct observation *seen,
			struct transition *t)
{
	struct process *process = seen->process;
	bool gained;

	t->mechanism = MECHANISM_EXEC;
	t->entry_before = match_entry(world, process, seen->parent);
	t->by_launcher = process->launching;
	t->launching_to = process->launching_to;
	catch_up_real_uid(event, process);
	gained = derive_exec_sets(event, seen, t);
	compare_sets(t);
	process->capset_header = 0;
	process->securebits &= (uint8_t)~SECBIT_KEEP_CAPS;
	/* an exec leaves one thread; what is only inferred does not become known by it */
	process->has_sets = event->complete || (event->parts & EVENT_BPRM);
	process->sets = t->impossible ? event->bprm.new : t->after;
	process->provenance = event->parts & EVENT_BPRM ? provenance_after(world, seen)
							: PREVIOUS_INFERRED;
	process_set_ids(process, event);
	observe_exec(world, event, seen);
	if (seen->launcher) {
		t->by_launcher = true;
		t->launching_to = seen->launcher->starts;
	}
	if (!gained || !gains_any(t) || !is_hosts_gain(process, t))
		return false;
	t->has_file = event->exe.data != NULL;
	t->file_path = event->exe;
	return true;
}

static bool derive_setuid(const struct event *event, struct observation *seen, struct transition *t)
{
	struct process *process = seen->process;
	bool was_other = process->has_ids && process->euid != 0;

	t->mechanism = MECHANISM_SETUID;
	t->previous = process->has_sets ? process->provenance : PREVIOUS_UNKNOWN;
	t->before = process->sets;
	if (!process->has_sets && was_other && event->ids.euid == 0 && seen->live) {
		/* another held nothing in effective; what is permitted has not changed since */
		t->before.permitted = seen->status.permitted;
		process->sets.permitted = process->sets.effective = seen->status.permitted;
		process->has_sets = true;
		process->provenance = PREVIOUS_INFERRED;
		process->has_ids = false;
	}
	process_apply_uids(process, event, true);
	/* this change of ids is on record: what was known stays known */
	if (t->previous == PREVIOUS_KNOWN && !has_threads(seen))
		process->provenance = PREVIOUS_KNOWN;
	t->after = process->sets;
	compare_sets(t);
	return process->has_sets && t->gained.effective && is_hosts_gain(process, t);
}

static void mark_userns_child(struct world *world, const struct event *event,
			      const struct observation *seen)
{
	struct proc_status status;
	struct process *child;

	if (event->exit <= 0)
		return;
	/* the child's pid in the caller's pid namespace: ours only when its parent says so */
	if (world_has_proc(world, event->node_number) &&
	    (!world->proc->status(world->proc->ctx, (pid_t)event->exit, &status) ||
	     status.ppid != event->pid))
		return;
	child = ledger_find(world->ledger, event->node_number, event->exit);
	if (!child) {
		child = ledger_add(world->ledger, event->node_number, event->exit);
		if (!child)
			return;
		process_inherit(child, seen->process);
		child->ppid = event->pid;
	}
	child->userns = USERNS_CHILD;
	child->userns_born = true;
	child->userns_doubted = child->userns_due = false;
}

/* It was in the host's until this call: what was kept was gained there. */
static bool release_gains(struct process *process, struct transition *t)
{
	static const struct process_withheld nothing;
	const struct process_withheld *withheld = process->withheld ? process->withheld : &nothing;

	process->userns_doubted = process->userns_due = false;
	t->mechanism = withheld->by;
	t->previous = PREVIOUS_INFERRED;
	t->before = t->after = process->sets;
	t->before.permitted &= ~withheld->sets.permitted;
	t->before.effective &= ~withheld->sets.effective;
	t->before.inheritable &= ~withheld->sets.inheritable;
	t->before.ambient &= ~withheld->sets.ambient;
	process_take_most(&t->after, &withheld->sets);
	compare_sets(t);
	if (gains_any(t))
		return true;
	t->mechanism = MECHANISM_USERNS;
	t->has_sets = false;
	return !process->userns_told;
}

static bool tell_birth(struct process *process, struct transition *t)
{
	*t = (struct transition){.mechanism = MECHANISM_USERNS,
				 .previous = t->previous,
				 .service = t->service,
				 .entry_before = t->entry_before,
				 .by_launcher = t->by_launcher,
				 .launcher = t->launcher,
				 .launching_to = t->launching_to};
	process->userns_due = false;
	process->userns_told = true;
	return true;
}

static bool derive_userns(struct world *world, const struct event *event, struct observation *seen,
			  struct transition *t)
{
	struct process *process = seen->process;
	bool was_child = in_child_userns(process), host = true;
	bool live = world_has_proc(world, process->node) && seen->live &&
		    world->proc->in_host_userns(world->proc->ctx, (pid_t)event->pid, &host);

	t->mechanism = MECHANISM_USERNS;
	t->previous = process->has_sets ? process->provenance : PREVIOUS_UNKNOWN;
	if (event->call == CALL_CLONE) {
		mark_userns_child(world, event, seen);
		process->userns_cloned = true;
		return !was_child;
	}
	/* setns(2) names its kind of namespace only if its caller likes to */
	if (event->call == CALL_SETNS &&
	    !((uint32_t)event_argument(event, 1) & CLONE_NEWUSER_FLAG) &&
	    (live ? host : !process->userns_doubted))
		return false;
	process->userns = USERNS_CHILD;
	/* nobody comes back to the host's (user_namespaces(7)): /proc shows a later process of its
	 * pid */
	if (live && host)
		process->other_ticks = seen->status.start_ticks;
	return process->userns_doubted ? release_gains(process, t) : !was_child;
}

static struct bytes last_path(const struct event *event)
{
	const struct event_details *details = event_details(event);
	struct bytes name = {NULL, 0};

	for (size_t i = 0; i < details->path_count; i++)
		if (details->paths[i].name.data)
			name = details->paths[i].name;
	return name;
}

/* A name without "/" at its beginning is below the working directory. */
static void join_path(char *path, size_t size, const struct event *event, struct bytes name)
{
	struct bytes cwd = event_details(event)->cwd;

	snprintf(path, size, "%.*s/%.*s", (int)cwd.length, cwd.data ? cwd.data : "",
		 (int)name.length, name.data);
}

static bool file_caps_now(const struct world *world, const struct event *event,
			  struct proc_file_caps *caps)
{
	const char *call = syscalls_name((uint32_t)event->arch, (unsigned)event->syscall);
	char path[PROC_PATH_MAX];
	struct bytes name = last_path(event);

	if (!world_has_proc(world, event->node_number) ||
	    (!name.data && strcmp(call, "fsetxattr") != 0))
		return false;
	if (!name.data)
		snprintf(path, sizeof(path), "fd/%u", (unsigned)event_argument(event, 0));
	else if (name.data[0] == '/')
		snprintf(path, sizeof(path), "%.*s", (int)name.length, name.data);
	else
		join_path(path, sizeof(path), event, name);
	return world->proc->file_caps(world->proc->ctx, (pid_t)event->pid, path, caps);
}

/* That the file has no capabilities now counts only of the very file, unchanged since the call,
 * that has another attribute of this size: else another file may lie there, or the attribute have
 * been taken off again. */
static bool had_none(const struct event *event, const struct proc_file_caps *caps)
{
	const struct event_details *details = event_details(event);
	bool gone = (uint32_t)event_argument(event, 3) == FILE_CAPS_SIZE_V2 ? caps->lacks_20
									    : caps->lacks_24;

	return !caps->present && !gone && details->path_count > 0 &&
	       details->paths[details->path_count - 1].inode == caps->inode &&
	       caps->changed <= event->time + CLOCK_GRAIN_MS;
}

static void take_set_file(const struct event *event, const struct proc_file_caps *caps, bool read,
			  struct transition *t)
{
	const struct event_details *details = event_details(event);

	t->has_file = true;
	t->file_path = last_path(event);
	if (!t->file_path.data)
		t->file_path = (struct bytes){"(by descriptor)", 15};
	if (read && caps->present) {
		t->has_file_caps = true;
		t->file_permitted = caps->permitted;
		t->file_inheritable = caps->inheritable;
	}
	if (details->path_count)
		t->file_mode = details->paths[details->path_count - 1].mode;
}

static bool derive_file_caps(struct world *world, const struct event *event,
			     struct observation *seen, struct transition *t)
{
	const char *call = syscalls_name((uint32_t)event->arch, (unsigned)event->syscall);
	/* setxattrat(2) has its size in memory */
	bool by_size = strcmp(call, "setxattrat") != 0;
	uint32_t size = (uint32_t)event_argument(event, 3);
	struct proc_file_caps caps;
	bool read;

	t->mechanism = MECHANISM_FILE_CAPS;
	t->previous = PREVIOUS_UNKNOWN;
	if (by_size && size != FILE_CAPS_SIZE_V2 && size != FILE_CAPS_SIZE_V3)
		return false;
	read = file_caps_now(world, event, &caps);
	if (by_size ? read && had_none(event, &caps) : !read || !caps.present)
		return false;
	take_set_file(event, &caps, read, t);
	return !in_child_userns(seen->process);
}

/* ---- the sysctl ------------------------------------------------------------------------------ */

static bool opens_for_writing(const struct event *event)
{
	const char *name = syscalls_name((uint32_t)event->arch, (unsigned)event->syscall);
	uint64_t flags;

	if (strcmp(name, "open") == 0)
		flags = event_argument(event, 1);
	else if (strcmp(name, "openat") == 0)
		flags = event_argument(event, 2);
	else if (strcmp(name, "openat2") == 0)
		/* its flags are in memory; a read of the 0444 file is never refused */
		return !event->success ||
		       (event->key.data &&
			memmem(event->key.data, event->key.length, "capwatch_lastcap", 16));
	else
		return true;
	return (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);
}

static bool names_last_cap(const struct event *event, const struct event_path *path)
{
	static const char base[] = "cap_last_cap";
	size_t length = sizeof(base) - 1;
	const char *name = path->name.data;
	char whole[PROC_PATH_MAX];

	if (!name)
		return false;
	if (name[0] != '/') {
		join_path(whole, sizeof(whole), event, path->name);
		if (strcmp(whole, LAST_CAP_PATH) == 0)
			return true;
	} else if (path->name.length == strlen(LAST_CAP_PATH) &&
		   memcmp(name, LAST_CAP_PATH, path->name.length) == 0) {
		return true;
	}
	/* by another way (a descriptor, "..", a second procfs): a file of that name on a file
	 * system without a device of its own */
	return path->name.length >= length &&
	       memcmp(name + path->name.length - length, base, length) == 0 && path->device.data &&
	       path->device.length > 3 && memcmp(path->device.data, "00:", 3) == 0;
}

static bool is_last_cap_inode(const struct world *world, const struct event *event,
			      const struct event_path *path)
{
	struct proc_file file;

	return world_has_proc(world, event->node_number) && path->inode != 0 && path->device.data &&
	       memcmp(path->device.data, "00:", 3) == 0 &&
	       world->proc->host_file(world->proc->ctx, LAST_CAP_PATH, &file) &&
	       file.inode == path->inode;
}

static bool derive_last_cap(struct world *world, const struct event *event, struct transition *t)
{
	const struct event_details *details;

	t->mechanism = MECHANISM_CAP_LAST_CAP;
	t->outcome = event->success ? OUTCOME_SUCCESS : OUTCOME_DENIED;
	t->previous = PREVIOUS_UNKNOWN;
	if (!opens_for_writing(event))
		return false;
	details = event_details(event);
	for (size_t i = 0; i < details->path_count; i++) {
		const struct event_path *path = &details->paths[i];
		bool parent = path->nametype.length == 6 &&
			      memcmp(path->nametype.data, "PARENT", 6) == 0;
		if (parent ||
		    (!names_last_cap(event, path) && !is_last_cap_inode(world, event, path)))
			continue;
		t->has_file = true;
		t->file_path = (struct bytes){LAST_CAP_PATH, sizeof(LAST_CAP_PATH) - 1};
		t->file_mode = path->mode;
		return true;
	}
	return false;
}

/* ---- all of them ----------------------------------------------------------------------------- */

/* Its children forked before now have what it had until now. */
static void remember_change(struct process *process, const struct process_past *before,
			    int64_t time)
{
	struct process_past after;

	process_state(process, &after);
	/* process_state() sets the padding, too */
	/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c) */
	if (memcmp(before, &after, sizeof(after)) != 0)
		process_remember(process, before, time);
}

static bool derive(struct world *world, const struct event *event, struct observation *seen,
		   struct transition *t)
{
	switch (event->call) {
	case CALL_CAPSET:
		return derive_capset(world, event, seen, t);
	case CALL_PRCTL:
		if ((uint32_t)event_argument(event, 0) == PRCTL_CAP_AMBIENT)
			return derive_ambient(event, seen, t);
		return derive_securebits(event, seen, t);
	case CALL_EXEC:
		return event->success && derive_exec(world, event, seen, t);
	case CALL_SETUID:
	case CALL_SETREUID:
	case CALL_SETRESUID:
	case CALL_SETFSUID:
		return event->success && derive_setuid(event, seen, t);
	case CALL_UNSHARE:
	case CALL_CLONE:
	case CALL_SETNS:
		return event->success && derive_userns(world, event, seen, t);
	case CALL_SETXATTR:
		return event->success && derive_file_caps(world, event, seen, t);
	case CALL_FILE:
		return derive_last_cap(world, event, t);
	case CALL_NONE:
		break;
	}
	return false;
}

/* Calls whose gain is the difference to what was held before; the others say what they raise. */
static bool is_measured(enum call call)
{
	return call == CALL_CAPSET || call == CALL_EXEC || call == CALL_SETUID ||
	       call == CALL_SETREUID || call == CALL_SETRESUID || call == CALL_SETFSUID;
}

/* /proc shows later than the event what is shown there; securebits are not. */
static void restore(struct process *process, const struct process_past *read)
{
	uint8_t securebits = process->securebits;

	process_take_state(process, read);
	process->securebits = securebits;
}

bool transition_derive(struct world *world, const struct event *event, struct observation *seen,
		       struct transition *t)
{
	struct process_past before;
	bool judged, measured = is_measured(event->call);

	memset(t, 0, sizeof(*t));
	process_state(seen->process, &before);
	t->service = seen->process->service;
	t->by_launcher = seen->launcher != NULL;
	t->launcher = seen->launcher;
	t->launching_to = seen->process->launching_to;
	service_hold(t->service);
	if (seen->stale)
		process_forget_sets(seen->process);
	judged = derive(world, event, seen, t);
	if (!judged && seen->process->userns_due)
		judged = tell_birth(seen->process, t);
	if (seen->stale && world->late && seen->process->has_sets)
		seen->process->read_at = 0; /* this record has told what it holds from here on */
	else if (seen->stale)
		restore(seen->process, &before);
	if (measured && !world->late &&
	    (seen->stale || event->time < seen->process->unmeasured_until))
		judged = false;
	seen->process->seen_event = true;
	process_note_call(seen->process, event);
	if (!t->service && event->call == CALL_EXEC) {
		t->service = seen->process->service;
		service_hold(t->service);
	}
	remember_change(seen->process, &before, event->time);
	return judged;
}

void transition_release(struct transition *t)
{
	service_release(t->service);
	t->service = NULL;
}

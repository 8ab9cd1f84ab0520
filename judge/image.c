/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "judge/image.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "judge/match.h"

static bool is_deleted(struct bytes path)
{
	static const char deleted[] = " (deleted)";
	size_t suffix = sizeof(deleted) - 1;

	return path.data && path.length > suffix &&
	       memcmp(path.data + path.length - suffix, deleted, suffix) == 0;
}

bool image_same_path(const char *path, struct bytes other)
{
	size_t length = other.length - (is_deleted(other) ? strlen(" (deleted)") : 0);

	if (length > LEDGER_EXE_MAX)
		length = LEDGER_EXE_MAX; /* as process_set_exe() cuts it */
	return path && other.data && strlen(path) == length &&
	       memcmp(path, other.data, length) == 0;
}

/* "fe:00" of a PATH record is MAJOR(s_dev):MINOR(s_dev) in hex; st_dev of the same file system is
 * the same number for all but btrfs and overlayfs, where the comparison fails and /proc decides. */
static bool record_file(const struct event *event, struct proc_file *file)
{
	const struct bytes *device = &event->paths[0].device;
	unsigned major_number, minor_number;
	char text[16];

	if (event->path_count == 0 || !device->data || device->length >= sizeof(text))
		return false;
	memcpy(text, device->data, device->length);
	text[device->length] = '\0';
	if (sscanf(text, "%x:%x", &major_number, &minor_number) != 2)
		return false;
	file->device = makedev(major_number, minor_number);
	file->inode = event->paths[0].inode;
	return true;
}

static bool same_file(const struct proc_file *one, const struct proc_file *other)
{
	return one->inode == other->inode && one->device == other->device;
}

static bool is_host_file(const struct world *world, const char *path, const struct proc_file *file)
{
	struct proc_file host;

	return world->proc->host_file(world->proc->ctx, path, &host) && same_file(&host, file);
}

/* /proc/PID/exe as it stands now. */
struct exe_link {
	char path[PROC_PATH_MAX];
	struct proc_file file;
	bool deleted;
};

static bool read_link(const struct world *world, const struct process *process,
		      struct exe_link *link)
{
	return world_has_proc(world, process->node) &&
	       world->proc->exe(world->proc->ctx, (pid_t)process->pid, link->path,
				sizeof(link->path), &link->file, &link->deleted);
}

static void set_image(struct process *process, enum exe_identity identity, enum exe_state state,
		      const struct proc_file *file)
{
	process->exe_identity = identity;
	process->exe_state = state;
	process->exe_file = *file;
}

/* A file that is gone can't be compared. One replaced before our time is believed, for nothing
 * speaks against the process that was there first; later only where the path is the host's. */
static enum exe_identity compare_link(const struct world *world, const struct process *process,
				      const struct exe_link *link)
{
	if (is_host_file(world, process->exe, &link->file))
		return EXE_ID_HOST;
	if (!link->deleted)
		return EXE_ID_OTHER;
	if (world->seeding || world->proc->sees_host_files(world->proc->ctx, (pid_t)process->pid))
		return EXE_ID_HOST;
	return EXE_ID_UNKNOWN;
}

static void take_link(const struct world *world, struct process *process,
		      const struct exe_link *link)
{
	set_image(process, compare_link(world, process, link),
		  link->deleted ? EXE_DELETED : EXE_CURRENT, &link->file);
}

static void identify_by_link(const struct world *world, const struct event *event,
			     struct process *process)
{
	const struct proc_reader *proc = world->proc;
	struct exe_link link;
	struct proc_file file;

	if (!read_link(world, process, &link))
		return;
	if (strcmp(link.path, process->exe) == 0) {
		take_link(world, process, &link);
		return;
	}
	/* the next image has come already. Where execs are recorded (no login) that record would
	 * have told; else the path stands for the host's file if the process's paths are the host's
	 */
	if (event->call != CALL_EXEC && event->auid >= 0 &&
	    proc->host_file(proc->ctx, process->exe, &file) &&
	    proc->sees_host_files(proc->ctx, (pid_t)process->pid))
		set_image(process, EXE_ID_HOST, EXE_UNKNOWN, &file);
}

static bool is_of_interest(const struct baseline *baseline, const char *path)
{
	for (size_t i = 0; i < baseline->entry_count; i++)
		if (match_any(&baseline->entries[i].match.exe, path))
			return true;
	return false;
}

struct kin {
	const struct process *process;
	bool any_host, any_other;
};

static void look_at_kin(void *ctx, struct process *process)
{
	struct kin *kin = ctx;

	if (process == kin->process || process->node != 0 || !process->exe ||
	    strcmp(process->exe, kin->process->exe) != 0)
		return;
	if (process->exe_identity == EXE_ID_HOST)
		kin->any_host = true;
	else
		kin->any_other = true;
}

/* Where execs are recorded, a process that runs this path without an exec of its own was forked by
 * one that has it, and all that do are on record: they all run the host's file. */
static bool is_fork_of_host_file(const struct world *world, const struct process *process)
{
	struct kin kin = {.process = process};

	if (!world->execs_seen[0])
		return false;
	ledger_each(world->ledger, look_at_kin, &kin);
	return kin.any_host && !kin.any_other;
}

/* The process has ended before it could be looked at. In a login session, where root's execs are on
 * no record and need none to regain everything, its parent's view of the files is taken for its. */
static void identify_by_family(const struct world *world, const struct event *event,
			       struct process *process)
{
	const struct proc_reader *proc = world->proc;
	struct proc_file file;
	bool host;

	if (!is_of_interest(world->baseline, process->exe) ||
	    !proc->host_file(proc->ctx, process->exe, &file))
		return;
	host = event->auid >= 0 ? proc->sees_host_files(proc->ctx, (pid_t)event->ppid)
				: is_fork_of_host_file(world, process);
	if (host)
		set_image(process, EXE_ID_HOST, EXE_UNKNOWN, &file);
}

void image_identify(const struct world *world, const struct event *event, struct process *process,
		    bool live)
{
	struct proc_file file = {0, 0};

	set_image(process, EXE_ID_UNKNOWN, EXE_UNKNOWN, &file);
	if (!world_has_proc(world, process->node) || !process->exe)
		return;
	if (event->call == CALL_EXEC && record_file(event, &file) &&
	    is_host_file(world, process->exe, &file))
		set_image(process, EXE_ID_HOST, EXE_CURRENT, &file);
	else if (live)
		identify_by_link(world, event, process);
	else if (event->call != CALL_EXEC)
		identify_by_family(world, event, process);
}

void image_adopt(const struct world *world, struct process *process)
{
	struct exe_link link;

	if (read_link(world, process, &link) &&
	    process_set_exe(process, link.path, strlen(link.path)))
		take_link(world, process, &link);
}

void image_catch_up(const struct world *world, struct process *process)
{
	struct exe_link link;

	if (!process->exe || !read_link(world, process, &link) ||
	    (strcmp(link.path, process->exe) == 0 && same_file(&link.file, &process->exe_file)))
		return;
	process_apply_exec(process);
	if (process_set_exe(process, link.path, strlen(link.path)))
		take_link(world, process, &link);
}

bool image_is_renamed(const struct world *world, const struct process *process)
{
	struct exe_link link;

	return process->exe_file.inode != 0 && read_link(world, process, &link) &&
	       same_file(&link.file, &process->exe_file);
}

bool image_has_changed(const struct world *world, const struct process *process)
{
	struct exe_link link;

	return process->exe && process->exe_file.inode != 0 && read_link(world, process, &link) &&
	       strcmp(link.path, process->exe) == 0 && !same_file(&link.file, &process->exe_file);
}

void image_refresh_state(const struct world *world, const struct event *event,
			 struct process *process)
{
	struct proc_file host;

	if (is_deleted(event->exe))
		process->exe_state = EXE_DELETED;
	if (process->exe_state == EXE_DELETED && world_has_proc(world, process->node) &&
	    world->proc->host_file(world->proc->ctx, process->exe, &host))
		process->exe_state = EXE_REPLACED;
}

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

bool image_is_called(const struct process *process, const char *path)
{
	return process->exe && (strcmp(path, process->exe) == 0 ||
				(process->exe_alias && strcmp(path, process->exe_alias) == 0));
}

void image_take_from_fork(struct process *parent, const struct process *child,
			  const struct proc_status *status)
{
	if (!parent->exe && status->forked && status->image && status->image == parent->image)
		process_copy_exe(parent, child);
}

/* "fe:00" of a PATH record is MAJOR(s_dev):MINOR(s_dev) in hex; st_dev of the same file system is
 * the same number for all but btrfs and overlayfs, where the comparison fails and /proc decides. */
static bool record_file(const struct event *event, struct proc_file *file)
{
	const struct event_details *details = event_details(event);
	const struct bytes *device = &details->paths[0].device;
	unsigned major_number, minor_number;
	char text[16];

	if (details->path_count == 0 || !device->data || device->length >= sizeof(text))
		return false;
	memcpy(text, device->data, device->length);
	text[device->length] = '\0';
	if (sscanf(text, "%x:%x", &major_number, &minor_number) != 2)
		return false;
	file->device = makedev(major_number, minor_number);
	file->inode = details->paths[0].inode;
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

static const char *find_literal(const struct world *world, const struct string_list *globs,
				const struct proc_file *file)
{
	for (size_t i = 0; i < globs->count; i++)
		if (globs->items[i][0] == '/' && !strpbrk(globs->items[i], "*?[") &&
		    is_host_file(world, globs->items[i], file))
			return globs->items[i];
	return NULL;
}

static const char *find_in_baseline(const struct world *world, const struct proc_file *file)
{
	const struct baseline *baseline = world->baseline;
	const char *path = NULL;

	for (size_t i = 0; !path && i < baseline->launcher_count; i++)
		path = find_literal(world, &baseline->launchers[i].match.exe, file);
	for (size_t i = 0; !path && i < baseline->entry_count; i++)
		path = find_literal(world, &baseline->entries[i].match.exe, file);
	return path;
}

/* Container runtimes guard their file by running from a mount of it that hangs nowhere (runc 1.1,
 * crun: open_tree(2), or a mount that is undone at once). Its path is "/" then; whose file it is,
 * its inode says. */
static bool take_detached(const struct world *world, struct process *process,
			  const struct exe_link *link)
{
	const char *path;

	if (strcmp(link->path, "/") != 0)
		return false;
	path = find_in_baseline(world, &link->file);
	if (!path || !process_set_exe(process, path, strlen(path)) ||
	    !process_set_alias(process, "/", 1))
		return false;
	set_image(process, EXE_ID_HOST, EXE_CURRENT, &link->file);
	return true;
}

static void set_link(const struct world *world, struct process *process,
		     const struct exe_link *link)
{
	if (!take_detached(world, process, link) &&
	    process_set_exe(process, link->path, strlen(link->path)))
		take_link(world, process, link);
}

static bool is_namesake(const struct process *other, const struct process *process)
{
	return other->node == 0 && other->exe_alias && other->session == process->session &&
	       strcmp(other->exe_alias, process->exe) == 0;
}

/* Detached, and ended or gone on to another image before its inode could be read: what the same
 * login session ran so before. */
static bool take_namesake(const struct world *world, const struct event *event,
			  struct process *process)
{
	const struct process *known = NULL, *other;

	if (event->ids.auid < 0 || strcmp(process->exe, "/") != 0)
		return false;
	process->session = event->ids.session;
	for (other = ledger_oldest(world->ledger, 0); other; other = other->newer)
		if (is_namesake(other, process))
			known = other;
	if (!known)
		return false;
	process_copy_exe(process, known);
	process->exe_state = EXE_UNKNOWN;
	return true;
}

bool image_is_of_namesake(const struct process *process)
{
	return process->exe_state == EXE_UNKNOWN && process->exe_alias &&
	       strcmp(process->exe_alias, "/") == 0;
}

/* Where execs are recorded, a process that runs this path without an exec of its own was forked by
 * one that has it, and all that do are on record: they all run the host's file. What was started
 * while auditd was is taken for what always ran by this path. */
static bool is_fork_of_host_file(const struct world *world, const struct event *event,
				 const struct process *process)
{
	bool any = world_may_predate_rules(world, event->ppid, event->time);

	if (!any && !world->execs_seen[0] &&
	    !world_may_predate_auditd(world, event->node_number, event->time))
		return false;
	for (struct process *kin = ledger_oldest(world->ledger, 0); kin; kin = kin->newer) {
		if (kin == process || kin->node != 0 || !kin->exe ||
		    strcmp(kin->exe, process->exe) != 0)
			continue;
		if (kin->exe_identity != EXE_ID_HOST)
			return false;
		any = true;
	}
	return any;
}

/* What has ended but for its parent's notice (a zombie) has neither file nor root any more. */
static bool can_be_looked_at(const struct world *world, int64_t pid)
{
	char path[PROC_PATH_MAX];
	struct proc_file file;
	bool deleted;

	return world->proc->exe(world->proc->ctx, (pid_t)pid, path, sizeof(path), &file, &deleted);
}

/* Its parent's view of the files; where that has gone, too, another's of the session. */
static bool session_sees_host_files(const struct world *world, const struct event *event)
{
	const struct proc_reader *proc = world->proc;

	if (can_be_looked_at(world, event->ppid))
		return proc->sees_host_files(proc->ctx, (pid_t)event->ppid);
	for (struct process *member = ledger_oldest(world->ledger, 0); member;
	     member = member->newer)
		if (member->session == event->ids.session && world_is_alive(world, member) &&
		    can_be_looked_at(world, member->pid))
			return proc->sees_host_files(proc->ctx, (pid_t)member->pid);
	return false;
}

/* The process has ended before it could be looked at, or is a zombie. In a login session, where
 * root's execs are on no record and need none to regain everything, the session's view of the files
 * is taken for its.
 */
static void identify_by_family(const struct world *world, const struct event *event,
			       struct process *process)
{
	const struct proc_reader *proc = world->proc;
	struct proc_file file;
	bool host;

	if (event->call == CALL_EXEC || take_namesake(world, event, process) ||
	    !match_names_exe(world->baseline, process->exe) ||
	    !proc->host_file(proc->ctx, process->exe, &file))
		return;
	host = event->ids.auid >= 0 ? session_sees_host_files(world, event)
				    : is_fork_of_host_file(world, event, process);
	if (host)
		set_image(process, EXE_ID_HOST, EXE_UNKNOWN, &file);
}

static void identify_by_link(const struct world *world, const struct event *event,
			     struct process *process)
{
	const struct proc_reader *proc = world->proc;
	struct exe_link link;
	struct proc_file file;

	if (!read_link(world, process, &link)) {
		identify_by_family(world, event, process);
		return;
	}
	if (strcmp(link.path, process->exe) == 0) {
		set_link(world, process, &link);
		return;
	}
	if (take_namesake(world, event, process))
		return;
	/* the next image has come already. Where execs are recorded (no login) that record would
	 * have told; else the path stands for the host's file if the process's paths are the host's
	 */
	if (event->call != CALL_EXEC && event->ids.auid >= 0 &&
	    proc->host_file(proc->ctx, process->exe, &file) &&
	    proc->sees_host_files(proc->ctx, (pid_t)process->pid))
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
	else
		identify_by_family(world, event, process);
}

void image_adopt(const struct world *world, struct process *process)
{
	struct exe_link link;

	if (read_link(world, process, &link))
		set_link(world, process, &link);
}

void image_catch_up(const struct world *world, struct process *process)
{
	struct exe_link link;

	if (!process->exe || !read_link(world, process, &link) ||
	    (image_is_called(process, link.path) && same_file(&link.file, &process->exe_file)))
		return;
	process_apply_exec(process);
	set_link(world, process, &link);
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
	       image_is_called(process, link.path) && !same_file(&link.file, &process->exe_file);
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

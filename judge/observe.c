/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "judge/observe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/image.h"
#include "judge/match.h"
#include "judge/membership.h"
#include "judge/origin.h"
#include "judge/userns.h"

enum {
	ADOPT_DEPTH = 6,
	ANCESTORS_MAX = 32,
	/* An event that is judged so much later than it happened was overtaken by what /proc shows.
	 */
	STALE_MS = 500,
};

static void take_status(struct process *process, const struct proc_status *status)
{
	process->start_ticks = status->start_ticks;
	process->start_time = status->start_time;
	process->threads = status->threads;
	process->image = status->image;
	process->has_bounding = true;
	process->bounding = status->bounding;
}

/* Sets as /proc shows them: exact for the moment of reading, but that is not the moment of any
 * event. */
static void adopt_sets(struct process *process, const struct proc_status *status)
{
	process->has_sets = true;
	process->provenance = status->threads == 1 ? PREVIOUS_KNOWN : PREVIOUS_INFERRED;
	process->sets.permitted = status->task_permitted;
	process->sets.effective = status->task_effective;
	process->sets.inheritable = status->task_inheritable;
	process->sets.ambient = status->task_ambient;
	process->most = process->sets;
	process->has_ids = true;
	process->uid = status->uid;
	process->euid = status->euid;
	process->suid = status->suid;
	process->fsuid = status->fsuid;
	memcpy(process->comm, status->comm, sizeof(process->comm));
}

/* No event says them yet. */
static void adopt_login(const struct world *world, struct process *process,
			struct proc_status *status)
{
	proc_reader_login(world->proc, (pid_t)process->pid, status);
	process->auid = status->auid;
	process->session = status->session;
}

struct process *observe_adopt(struct world *world, int64_t pid, int depth)
{
	struct process *process = ledger_find(world->ledger, 0, pid), *parent;
	struct proc_status status;

	if (!world->proc || pid <= 0 || !world->proc->status(world->proc->ctx, (pid_t)pid, &status))
		return process;
	if (process && process->start_ticks == status.start_ticks) {
		/* met in records of before our time, which did not tell what it holds */
		if (world->seeding && !process->has_sets) {
			adopt_sets(process, &status);
			adopt_login(world, process, &status);
			process->read_at = world->now;
		}
		return process;
	}
	if (depth > 0 && status.ppid > 0)
		(void)observe_adopt(world, status.ppid, depth - 1);
	process = ledger_add(world->ledger, 0, pid);
	if (!process)
		return NULL;
	process->ppid = status.ppid;
	process->origin = origin_of_adopted(world, &status);
	take_status(process, &status);
	if (status.threads > 1)
		(void)world->proc->threads(world->proc->ctx, (pid_t)pid, &status);
	adopt_sets(process, &status);
	adopt_login(world, process, &status);
	process->read_at = world->now;
	image_adopt(world, process);
	parent = ledger_find(world->ledger, 0, status.ppid);
	userns_adopt(world, process, parent);
	membership_adopt(world, process, parent);
	return process;
}

/* Of a process that was never looked at its last event tells when it lived. */
static bool is_of_later_process(const struct process *process, const struct proc_status *status)
{
	if (process->other_ticks)
		return process->other_ticks == status->start_ticks;
	if (process->start_ticks)
		return process->start_ticks != status->start_ticks;
	return process->acted_at && status->start_time > process->acted_at + CLOCK_SLACK_MS;
}

/* Of two that had one pid the latter is taken to act once it was there: of the former nothing is
 * known that could make the acts of the latter its own. */
static void forget_predecessor(struct world *world, const struct event *event,
			       struct observation *seen)
{
	if (!seen->process || !seen->process->other_ticks || event->serial == seen->process->moved)
		return;
	ledger_remove(world->ledger, seen->process);
	seen->process = NULL;
}

/* Confirms by start time that /proc shows the process of the event and not a later one of its pid.
 */
static bool confirm_live(struct world *world, const struct event *event, struct observation *seen)
{
	struct proc_status *status = &seen->status;

	if (!world_has_proc(world, event->node_number))
		return false;
	if (!readings_status(&world->readings, world->proc, (pid_t)event->pid, status) ||
	    status->start_time > event->time + CLOCK_SLACK_MS) {
		forget_predecessor(world, event, seen);
		return false;
	}
	if (seen->process && is_of_later_process(seen->process, status)) {
		ledger_remove(world->ledger, seen->process);
		seen->process = NULL;
	}
	return true;
}

/* Only an ancestor adopts a process whose parent has ended (init, or a reaper), and only what is
 * older can be one. Where the chain of them is broken, its age decides alone. */
static bool can_adopt(const struct world *world, const struct process *adopter,
		      const struct process *process)
{
	const struct process *ancestor = process;

	if (adopter->start_time && process->start_time &&
	    adopter->start_time > process->start_time + CLOCK_SLACK_MS)
		return false;
	for (int i = 0; i < ANCESTORS_MAX && ancestor; i++) {
		if (ancestor->ppid == adopter->pid)
			return true;
		if (ancestor->ppid <= 1)
			return false;
		ancestor = ledger_find(world->ledger, process->node, ancestor->ppid);
	}
	return true;
}

/* The process of the event has gone, so that /proc can't tell it from an earlier one of its pid. It
 * is another when its parent is nobody who could have taken over the earlier one. */
static void drop_reused(struct world *world, const struct event *event, struct observation *seen)
{
	const struct process *process = seen->process, *parent = seen->parent;

	if (seen->live || !process || !world_has_proc(world, process->node) ||
	    event->ppid == process->ppid || event->ppid == 1 || !parent ||
	    can_adopt(world, parent, process))
		return;
	ledger_remove(world->ledger, seen->process);
	seen->process = NULL;
}

/* Taking in the parent's own parents may give the event's pid to another process than was known by
 * it: so this comes before the process itself is looked up. Nobody is his own parent, whatever a
 * damaged record says. */
static struct process *find_parent(struct world *world, const struct event *event)
{
	struct process *parent;

	if (event->ppid == event->pid)
		return NULL;
	parent = ledger_find(world->ledger, event->node_number, event->ppid);
	if (!parent && world_has_proc(world, event->node_number))
		parent = observe_adopt(world, event->ppid, ADOPT_DEPTH);
	if (!parent)
		return NULL;
	ledger_touch(parent);
	/* a shell's child that was met before it executed runc is runc by now */
	if (event->ids.auid >= 0 && !parent->execs_recorded && world_is_alive(world, parent))
		image_catch_up(world, parent);
	return parent;
}

static void take_ids(struct process *process, const struct process *from)
{
	process->has_ids = true;
	process->uid = from->uid;
	process->euid = from->euid;
	process->suid = from->suid;
	process->fsuid = from->fsuid;
}

static bool is_seeded(const struct world *world, const struct process *process)
{
	return process->read_at && process->read_at == world->seeded_at;
}

/* The latest that /proc can have been read for it: on a starved host seeding takes seconds. */
static int64_t read_by(const struct world *world, const struct process *process)
{
	return is_seeded(world, process) ? world->seeded_until : process->read_at;
}

/* What /proc showed of the process is later than the event: it tells nothing of what was before. */
static bool is_stale(const struct world *world, const struct event *event,
		     const struct process *process)
{
	return read_by(world, process) > event->time + (world->late ? 0 : STALE_MS);
}

static bool runs_same_image(const struct process *process, struct bytes exe)
{
	return image_same_path(process->exe, exe) ||
	       (process->exe_alias && image_same_path(process->exe_alias, exe));
}

/* It is not what acted then: it has executed something between the event and the reading. What was
 * there before capwatch was read at once; else a short time tells nothing. */
static bool is_another_image(const struct world *world, const struct event *event,
			     const struct process *process)
{
	bool first = is_seeded(world, process) && read_by(world, process) > event->time;

	/* of what had ended already /proc shows no file: it says nothing */
	return process->exe && (first || is_stale(world, event, process)) &&
	       !runs_same_image(process, event->exe);
}

/* Where execs are recorded, none can have happened to this process unannounced. */
static bool execs_watched(const struct world *world, const struct event *event)
{
	return event->ids.auid < 0 && world->execs_seen[event->node_number];
}

struct guess {
	const struct world *world;
	struct process *process;
	const struct event *event;
	struct service *service; /* of those that were looked at; NULL: of several */
	bool any;
};

static void take_least_of(struct guess *guess, const struct process *member)
{
	struct process *process = guess->process;

	if (member == process || member->node != process->node || !member->has_sets ||
	    !member->exe || member->userns == USERNS_CHILD ||
	    strcmp(member->exe, process->exe) != 0 || is_stale(guess->world, guess->event, member))
		return;
	guess->service = guess->any && guess->service != member->service ? NULL : member->service;
	guess->any = true;
	if (!process->has_ids && member->has_ids)
		take_ids(process, member);
	if (process->has_sets) {
		process_take_least(&process->sets, &member->sets);
		return;
	}
	process->has_sets = true;
	process->provenance = PREVIOUS_INFERRED;
	process->sets = member->sets;
}

/* A child whose parent is gone (reparented) or not the one on record: the least that any process of
 * its service holds that runs the same file. Only of a service whose start was seen: without that
 * it may as well be another instance. Who made a service of his own, to be alone in it, is compared
 * with all that run the file; and so is an orphan that ended before its cgroup could be read, for
 * where execs are on record, one of them forked it, and it belongs where all of them do. */
static void guess_sets(struct world *world, const struct event *event, struct process *process)
{
	const struct service *service = process->service;
	struct guess guess = {.world = world, .process = process, .event = event};
	bool lost = world_has_proc(world, process->node) && membership_is_program(process) &&
		    event->ppid == 1 && execs_watched(world, event);

	if (process->has_sets || !process->exe || (!lost && (!service || !service->first_event)))
		return;
	/* what somebody started while nobody watched is no child of those that were there before;
	 * nor need an orphan be, whose exec nobody was there to record */
	if (world->late &&
	    (event->ppid != 1 || world_may_predate_auditd(world, event->node_number, event->time)))
		return;
	for (struct process *member = service ? service->members : NULL; member;
	     member = member->member_next)
		take_least_of(&guess, member);
	if (!process->has_sets && (lost || service->unbegun))
		for (struct process *other = ledger_oldest(world->ledger, process->node); other;
		     other = other->newer)
			take_least_of(&guess, other);
	if (lost && guess.service)
		process_set_service(process, guess.service);
}

static void take_record_ids(struct process *process, const struct event *event)
{
	size_t length = event->comm.length < PROC_COMM_MAX ? event->comm.length : PROC_COMM_MAX;

	if (event->comm.data) {
		memcpy(process->comm, event->comm.data, length);
		process->comm[length] = '\0';
	}
	process->ppid = event->ppid;
	process->auid = event->ids.auid;
	process->session = event->ids.session;
}

static void set_image(const struct world *world, const struct event *event, struct process *process,
		      bool live)
{
	(void)process_set_exe(process, event->exe.data ? event->exe.data : "?",
			      event->exe.data ? event->exe.length : 1);
	image_identify(world, event, process, live);
}

/* What a process did before the rules were loaded is on no record: it is taken as /proc shows it,
 * like one that was there before us. */
static bool is_before_rules(const struct world *world, const struct event *event,
			    const struct process *process)
{
	return is_seeded(world, process) && event->time < world_rules_loaded(world);
}

/* An image that no exec record announced. */
static void take_unrecorded_exec(struct world *world, const struct event *event,
				 struct observation *seen)
{
	struct process *process = seen->process;
	struct event_sets before = process->sets;

	if (seen->live && !process->seen_event && is_before_rules(world, event, process))
		adopt_sets(process, &seen->status);
	else
		process_apply_exec(process);
	/* whoever hides his execs gains nothing by that: what they gave him shows as a gain */
	if (process->login_forged)
		process_take_least(&process->sets, &before);
	process->execs_recorded = false;
	if (!process->launching)
		process->origin = ORIGIN_UNKNOWN;
	set_image(world, event, process, seen->live);
	membership_change_program(world, event, process);
}

/* Is the parent on record the one that forked it? Of what init or another reaper adopted, and of a
 * child made with CLONE_PARENT, it is not; a fork runs its parent's file, unless an exec can have
 * gone unrecorded in between. init itself forks only what runs its own file (systemd's child
 * stage). */
static bool forked_by(const struct world *world, const struct process *parent,
		      const struct event *event)
{
	if (!parent)
		return false;
	if (parent->pid == 1)
		return image_same_path(parent->exe, event->exe);
	return event->call == CALL_EXEC || !execs_watched(world, event) ||
	       runs_same_image(parent, event->exe);
}

/* What is known of the parent is later than the child's birth. */
static void forget_birth(const struct world *world, struct process *process)
{
	process_forget_sets(process);
	process->unmeasured_until = world->now;
}

static struct process *add_process(struct world *world, const struct event *event,
				   struct observation *seen)
{
	struct process *process = ledger_add(world->ledger, event->node_number, event->pid);

	if (!process)
		return NULL;
	if (forked_by(world, seen->parent, event)) {
		process_inherit(process, seen->parent);
		/* while nobody watched: what the parent holds now it held then, or more, unless a
		 * record of its own says otherwise; that alerts by itself */
		if (world->late)
			process->read_at = 0;
		else if (is_stale(world, event, seen->parent))
			forget_birth(world, process);
		if (seen->parent->pid == 1)
			process_set_service(process, NULL);
		if (seen->live)
			process_inherit_past(process, seen->parent, seen->status.start_time, event);
	}
	if (seen->live)
		take_status(process, &seen->status);
	if (seen->live && (process->unmeasured_until || (world->late && !process->has_sets))) {
		adopt_sets(process, &seen->status);
		process->read_at = world->now;
	}
	userns_find(world, event, seen, process);
	return process;
}

/* Another path than before: a new image, or the same file under another name (renamed, below
 * another root): that gives a process nothing, and is none of its doing. */
static void take_new_name(struct world *world, const struct event *event, struct observation *seen)
{
	struct process *process = seen->process;

	if ((seen->live && image_is_renamed(world, process)) ||
	    (process->seen_event && !process->launching && execs_watched(world, event))) {
		(void)process_set_alias(process, event->exe.data ? event->exe.data : "",
					event->exe.length);
		return;
	}
	take_unrecorded_exec(world, event, seen);
}

/* What has changed since the process was last seen, before this event. An exec event describes its
 * own change of image, and a set*uid event its own change of ids. */
static void catch_up(struct world *world, const struct event *event, struct observation *seen)
{
	struct process *process = seen->process;

	take_record_ids(process, event);
	if (event->call == CALL_EXEC)
		return;
	if (!process->exe)
		set_image(world, event, process, seen->live);
	else if (!runs_same_image(process, event->exe))
		take_new_name(world, event, seen);
	else if (seen->live && !process->seen_event && image_has_changed(world, process))
		take_unrecorded_exec(world, event, seen);
}

/* The process on record may have ended, and this be another child of its parent with its pid. Such
 * a one holds no more than the parent, and is where the parent is: of what runs the parent's file
 * and can't be looked at any more, the least of both is believed. What has executed something since
 * its fork, as a short-lived program has, is none. */
static void bound_by_parent(const struct world *world, const struct event *event,
			    const struct observation *seen)
{
	struct process *process = seen->process;
	const struct process *parent = seen->parent;

	if (seen->live || !world_has_proc(world, process->node) || !process->seen_event ||
	    process->executed || process->launching || event->call == CALL_EXEC || !parent ||
	    parent->pid == 1 || !parent->has_sets || parent->userns != USERNS_HOST ||
	    is_stale(world, event, parent) || !runs_same_image(parent, event->exe))
		return;
	if (process->has_sets) {
		process_take_least(&process->sets, &parent->sets);
		process->provenance = PREVIOUS_INFERRED;
	}
	if (process->userns == USERNS_CHILD && !process->userns_born && !process->userns_doubted) {
		process->userns = USERNS_HOST;
		process->userns_doubted = true;
	}
}

/* The record of this capset was still on its way when /proc was read, and that shows just what came
 * of it: nothing of before. It is a child that runs its parent's file, so it held no more than the
 * parent does. */
static void doubt_seeding(const struct world *world, const struct event *event,
			  const struct observation *seen)
{
	struct process *process = seen->process;
	const struct process *parent = seen->parent;

	if (!(event->parts & EVENT_CAPSET) || process->seen_event || !is_seeded(world, process) ||
	    read_by(world, process) <= event->time ||
	    memcmp(&process->sets, &event->capset, sizeof(process->sets)) != 0 || !parent ||
	    parent->pid == 1 || !parent->has_sets || parent->userns != USERNS_HOST ||
	    !runs_same_image(parent, event->exe))
		return;
	process_take_least(&process->sets, &parent->sets);
	process->most = process->sets;
	process->provenance = PREVIOUS_INFERRED;
}

static bool sets_uids(const struct event *event)
{
	return event->call == CALL_SETUID || event->call == CALL_SETREUID ||
	       event->call == CALL_SETRESUID || event->call == CALL_SETFSUID;
}

static void find_service(struct world *world, const struct event *event, struct process *process)
{
	if (!process->service && !process->launching && process->exe && event->call != CALL_EXEC)
		membership_by_itself(world, process, event->time);
	membership_of_session(world, process, event->time);
}

/* The work of init's own child, and not of somebody who runs init's program. */
static bool is_of_init(const struct observation *seen)
{
	const struct process *process = seen->process;
	bool forks = seen->parent && seen->parent->exe && process->exe &&
		     strcmp(process->exe, seen->parent->exe) == 0;

	return process->origin == ORIGIN_UNKNOWN ||
	       process->origin == (forks ? ORIGIN_FORK : ORIGIN_EXEC);
}

/* Another's code (LD_PRELOAD) is in the program. Asked of what still runs it alone. */
static bool is_injected(const struct world *world, const struct process *process)
{
	const struct proc_reader *proc = world->proc;
	char path[PROC_PATH_MAX];
	struct proc_file file;
	bool deleted, foreign;

	return process && process->exe && world_is_alive(world, process) &&
	       proc->foreign_code(proc->ctx, (pid_t)process->pid, &foreign) && foreign &&
	       proc->exe(proc->ctx, (pid_t)process->pid, path, sizeof(path), &file, &deleted) &&
	       image_is_called(process, path);
}

static bool is_genuine(const struct world *world, const struct launcher_entry *launcher,
		       const struct observation *seen)
{
	if (launcher->match.has_parent_pid && launcher->match.parent_pid == 1)
		return is_of_init(seen);
	return launcher->starts != SERVICE_CONTAINER ||
	       (!is_injected(world, seen->process) && !is_injected(world, seen->parent));
}

static void find_launcher(struct world *world, const struct event *event, struct observation *seen)
{
	struct process *process = seen->process;

	seen->launcher = match_launcher(world, process, seen->parent);
	if (!seen->launcher)
		return;
	/* sshd and its like work in a service of their own until the login: observe_login() */
	if (seen->launcher->starts == SERVICE_SESSION) {
		seen->opens_sessions = true;
		seen->launcher = NULL;
		return;
	}
	/* whoever starts units has no login: a root shell that runs systemd's file is no launcher
	 */
	if (seen->launcher->starts == SERVICE_UNIT && event->ids.auid >= 0 && !process->launching) {
		seen->launcher = NULL;
		return;
	}
	if (!is_genuine(world, seen->launcher, seen)) {
		membership_disown_launch(process);
		seen->launcher = NULL;
		return;
	}
	if ((!process->launching || !process->service) &&
	    !membership_of_target(world, event, process, seen->launcher)) {
		seen->launcher = NULL;
		return;
	}
	process->launching = true;
	process->launching_to = seen->launcher->starts;
}

/* While nobody watched it executed something after this event: what /proc showed of it is of
 * another image, and the record stands alone. */
static bool begin_anew(struct world *world, const struct event *event, struct observation *seen)
{
	ledger_remove(world->ledger, seen->process);
	seen->process = add_process(world, event, seen);
	return seen->process != NULL;
}

/* Whoever was met when /proc did not show it (a child whose clone is on record, a record of long
 * ago) is asked where it belongs as soon as /proc does. */
static void take_look(struct world *world, const struct event *event, struct observation *seen)
{
	struct process *process = seen->process;
	bool first = process->start_ticks == 0;

	take_status(process, &seen->status);
	if (!first)
		return;
	membership_confirm(world, process, event->time);
	if (process->exe_state == EXE_UNKNOWN && event->call != CALL_EXEC &&
	    runs_same_image(process, event->exe))
		image_identify(world, event, process, true);
}

bool observe_event(struct world *world, const struct event *event, struct observation *seen)
{
	memset(seen, 0, sizeof(*seen));
	seen->parent = find_parent(world, event);
	seen->process = ledger_find(world->ledger, event->node_number, event->pid);
	seen->live = confirm_live(world, event, seen);
	if (seen->process)
		ledger_touch(seen->process);
	drop_reused(world, event, seen);
	if (seen->process)
		userns_settle(seen->process, event);
	if (seen->parent)
		userns_settle(seen->parent, event);
	if (!seen->process)
		seen->process = add_process(world, event, seen);
	else if (seen->live)
		take_look(world, event, seen);
	if (!seen->process)
		return false;
	if (is_another_image(world, event, seen->process)) {
		if (!world->late || !begin_anew(world, event, seen))
			return false;
	}
	seen->stale = is_stale(world, event, seen->process);
	catch_up(world, event, seen);
	if (seen->parent && seen->live)
		image_take_from_fork(seen->parent, seen->process, &seen->status);
	if (event->call != CALL_EXEC) {
		seen->process->origin = origin_of_actor(world, event, seen);
		find_launcher(world, event, seen);
	}
	find_service(world, event, seen->process);
	bound_by_parent(world, event, seen);
	doubt_seeding(world, event, seen);
	guess_sets(world, event, seen->process);
	if (event->call != CALL_EXEC && !sets_uids(event) && !seen->stale)
		process_apply_uids(seen->process, event, false);
	if (event->call != CALL_EXEC)
		image_refresh_state(world, event, seen->process);
	return true;
}

/* From now on not all that run init's file and have executed nothing are init's own children. */
static void note_mimic(struct world *world, const struct event *event,
		       const struct process *process)
{
	const struct process *init = ledger_find(world->ledger, 0, 1);

	if (world_has_proc(world, process->node) && event->ids.auid < 0 && init &&
	    process != init && process->origin != ORIGIN_INIT && process->origin != ORIGIN_EXEC &&
	    image_same_path(init->exe, event->exe))
		world->init_mimicked = true;
}

void observe_exec(struct world *world, const struct event *event, struct observation *seen)
{
	struct process *process = seen->process;
	bool same = image_same_path(process->exe, event->exe);

	process->origin = origin_after_exec(world, event, process);
	note_mimic(world, event, process);
	set_image(world, event, process, seen->live);
	process->execs_recorded = event->ids.auid < 0;
	/* a set-user-ID exec may be on record by a rule of its own */
	if (event->ids.auid < 0 && event->ids.uid == event->ids.euid) {
		if (!world->execs_seen[process->node] && process->node == 0)
			world->execs_since = event->time;
		world->execs_seen[process->node] = true;
	}
	if (!same)
		membership_change_program(world, event, process);
	find_launcher(world, event, seen);
	if (!same)
		membership_note_given(process);
	if (!process->service && !process->launching && process->exe) {
		membership_by_itself(world, process, event->time);
		if (process->service && process->service->first_event == 0)
			process->service->first_event = event->time;
	}
}

void observe_login(struct world *world, const struct event *event)
{
	struct observation seen;

	if (!(event->parts & EVENT_SYSCALL) || event->login.result != 1 ||
	    !observe_event(world, event, &seen))
		return;
	/* of a unit only a launcher of sessions (sshd, login, cron) opens one */
	if (!membership_is_program(seen.process) && !seen.opens_sessions) {
		if (!seen.process->launching)
			seen.process->login_forged = true;
		return;
	}
	seen.process->auid = event->login.auid;
	seen.process->session = event->login.session;
	if (event->login.auid >= 0 && event->login.session >= 0)
		membership_open_session(world, event, seen.process);
}

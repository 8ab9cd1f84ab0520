/* SPDX-License-Identifier: Apache-2.0 */
#include "judge/explain.h"

#include <string.h>

#include "judge/identity.h"

enum { INIT_PID = 1 };

static capmask beyond(capmask sets, capmask bound)
{
	return sets & ~bound;
}

struct event_sets explain_sets(const struct proc_status *status)
{
	return (struct event_sets){
		.permitted = status->task_permitted,
		.effective = status->task_effective,
		.inheritable = status->task_inheritable,
		.ambient = status->task_ambient,
	};
}

static bool is_within(struct explanation *explanation, const struct proc_status *status)
{
	struct event_sets holds = explain_sets(status);
	const struct event_sets *bound = &explanation->bound;

	explanation->gained = (struct event_sets){
		.permitted = beyond(holds.permitted, bound->permitted),
		.effective = beyond(holds.effective, bound->effective),
		.inheritable = beyond(holds.inheritable, bound->inheritable),
		.ambient = beyond(holds.ambient, bound->ambient),
	};
	return !(explanation->gained.permitted | explanation->gained.effective |
		 explanation->gained.inheritable | explanation->gained.ambient);
}

static bool has_root(uint32_t uid, uint32_t euid, uint32_t suid)
{
	return uid == 0 || euid == 0 || suid == 0;
}

static bool is_first(const struct explain_subject *subject)
{
	return subject->before->time == 0;
}

/* ---- records and earlier readings ------------------------------------------------------------ */

static uint64_t moved_of(const struct process *process, const struct explain_reading *before)
{
	/* forgotten for want of room: what its records said is not known any more */
	return process ? process->moved : before->moved;
}

/* Of several threads the ledger keeps the least that any may hold; some hold more. */
static bool has_threads(const struct explain_subject *subject)
{
	return subject->before->threaded || subject->status->threads > 1 ||
	       (subject->process && subject->process->threads > 1);
}

/* Records since the last reading: an exec starts anew, a capset of one thread says all; else both
 * count. */
static void bound_by_records(const struct explain_subject *subject, struct explanation *to)
{
	const struct process *process = subject->process;
	const struct explain_reading *before = subject->before;
	bool threaded = has_threads(subject);

	to->previous = process->provenance;
	to->bound = threaded ? process->most : process->sets;
	if (process->executed <= before->time &&
	    (threaded || process->provenance != PREVIOUS_KNOWN ||
	     process->moved_at <= before->time))
		process_take_most(&to->bound, &before->sets);
	to->bound.effective |= to->bound.permitted;
}

static bool is_never_recorded(const struct explain_subject *subject)
{
	return subject->older && (!subject->process || !subject->process->seen_event);
}

static void bound_by_reading(const struct explain_subject *subject, struct explanation *to)
{
	const struct explain_reading *before = subject->before;

	to->previous = before->threaded ? PREVIOUS_INFERRED : PREVIOUS_KNOWN;
	to->bound = before->sets;
	if ((!subject->process && before->moved) || is_never_recorded(subject))
		to->bound.effective |= to->bound.permitted;
}

/* Known by its records and not yet read. */
static void bound_by_ledger(const struct explain_subject *subject, struct explanation *to)
{
	const struct process *process = subject->process;
	bool exact = !has_threads(subject) &&
		     (process->executed || process->provenance == PREVIOUS_KNOWN);

	to->previous = process->provenance;
	to->bound = exact ? process->sets : process->most;
	to->bound.effective |= to->bound.permitted;
}

/* What the parent held when it forked: its readings, where they were the same before the child was
 * born and nothing can have moved its sets since. */
static bool parent_at_fork(const struct explain_subject *subject)
{
	const struct explain_reading *parent = subject->parent_before;

	return parent && parent->time && !parent->threaded &&
	       parent->steady + CLOCK_SLACK_MS <= subject->status->start_time &&
	       parent->image == subject->parent_image &&
	       moved_of(subject->parent, parent) == parent->moved;
}

static void bound_by_parent(const struct explain_subject *subject, struct explanation *to)
{
	const struct explain_reading *parent = subject->parent_before;
	bool read = parent && parent->time;
	bool forked = subject->status->image && subject->status->image == subject->parent_image;

	if ((!read && !subject->parent) || (subject->status->ppid == INIT_PID && !forked))
		return;
	to->previous = PREVIOUS_INFERRED;
	if (read)
		process_take_most(&to->bound, &parent->sets);
	if (subject->parent && !parent_at_fork(subject))
		process_take_most(&to->bound, &subject->parent->most);
	to->bound.effective |= to->bound.permitted;
}

static void bound_cheaply(const struct explain_subject *subject, struct explanation *to)
{
	const struct process *process = subject->process;

	if (!is_first(subject)) {
		if (moved_of(process, subject->before) != subject->before->moved)
			bound_by_records(subject, to);
		else
			bound_by_reading(subject, to);
		return;
	}
	if (process && process->has_sets)
		bound_by_ledger(subject, to);
	if (!process || (!process->executed && to->previous != PREVIOUS_KNOWN))
		bound_by_parent(subject, to);
}

/* ---- execs and changes of uid that no rule records ------------------------------------------- */

/* In a session that someone else opened: who gives itself a login id hides its execs, and gains
 * nothing by it. */
static bool execs_are_unrecorded(const struct explain_subject *subject)
{
	const struct process *known = subject->process ? subject->process : subject->parent;
	bool in_session = subject->status->auid >= 0 && !(known && known->login_forged);

	return in_session || !subject->exec_profile;
}

/* Another image than at the last reading, or than its parent's: it has executed something. */
static bool may_have_executed(const struct explain_subject *subject)
{
	uint64_t image = subject->status->image;
	uint64_t other = is_first(subject) ? subject->parent_image : subject->before->image;

	return image == 0 || other == 0 || image != other;
}

/* Was it root that executed? With the exec profile, set-user-ID files are on record everywhere. */
static bool was_root(const struct explain_subject *subject)
{
	const struct explain_reading *reading = is_first(subject) ? subject->parent_before
								  : subject->before;
	const struct process *process = is_first(subject) && !subject->process ? subject->parent
									       : subject->process;

	return !subject->exec_profile ||
	       (reading && reading->time && has_root(reading->uid, reading->euid, reading->suid)) ||
	       (process && process->has_ids &&
		has_root(process->uid, process->euid, process->suid));
}

static void add_roots_exec(const struct explain_subject *subject, struct explanation *to)
{
	const struct proc_status *status = subject->status;

	if (!has_root(status->uid, status->euid, status->suid) || !was_root(subject))
		return;
	to->bound.permitted |= status->bounding;
	to->bound.effective |= status->bounding;
}

static void add_file_caps(const struct world *world, const struct explain_subject *subject,
			  struct explanation *to)
{
	const struct proc_reader *proc = world->proc;
	char path[PROC_PATH_MAX];
	struct proc_file file;
	struct proc_file_caps caps;
	capmask given;
	bool deleted;

	if (!proc->exe(proc->ctx, subject->pid, path, sizeof(path), &file, &deleted) || deleted ||
	    !proc->file_caps(proc->ctx, subject->pid, path, &caps) || !caps.present)
		return;
	given = caps.permitted | (caps.inheritable & subject->status->inheritable);
	to->bound.permitted |= given;
	to->bound.effective |= given;
}

/* Back to uid 0: what is permitted becomes effective. The exec profile records every such call. */
static void add_unrecorded_uids(const struct explain_subject *subject, struct explanation *to)
{
	const struct proc_status *status = subject->status;
	const struct explain_reading *before = subject->before;

	if (!subject->exec_profile && !is_first(subject) &&
	    ((before->euid != 0 && status->euid == 0) ||
	     (before->fsuid != 0 && status->fsuid == 0)))
		to->bound.effective |= to->bound.permitted;
}

/* Its last exec is on record, but without the rest of the event, and so without what it gave. */
static bool exec_is_untold(const struct explain_subject *subject)
{
	const struct process *process = subject->process;

	return process && process->executed && !process->has_sets;
}

static void add_unrecorded(const struct world *world, const struct explain_subject *subject,
			   struct explanation *to)
{
	add_unrecorded_uids(subject, to);
	if (!exec_is_untold(subject) &&
	    !(execs_are_unrecorded(subject) && may_have_executed(subject)))
		return;
	add_roots_exec(subject, to);
	add_file_caps(world, subject, to);
}

/* ---- orphans --------------------------------------------------------------------------------- */

static bool same_cgroup(const struct identity *identity, const struct service *service)
{
	if (identity->kind == SERVICE_UNKNOWN)
		return true;
	return service && service->kind == identity->kind &&
	       strcmp(service->name, identity->name) == 0;
}

/* identity: of the subject's cgroup; UNKNOWN: that says nothing. */
static bool is_kin(const struct process *other, const struct explain_subject *subject,
		   const char *exe, const struct identity *identity)
{
	int64_t session = subject->status->session;

	if (other->node != 0 || other == subject->process || other->userns == USERNS_CHILD ||
	    other->pid == INIT_PID)
		return false;
	if (session >= 0 && other->session == session)
		return true;
	return other->exe && strcmp(other->exe, exe) == 0 && same_cgroup(identity, other->service);
}

/* Its parent is not who forked it: it runs another image. */
static bool is_orphan(const struct explain_subject *subject)
{
	return subject->status->image == 0 || subject->status->image != subject->parent_image;
}

/* Whoever forked it has gone, but is still on record: it ran the same file in the same cgroup, for
 * an exec of the child's own would be on record; or it belonged to the same login session. */
static void add_all_kin(const struct world *world, const struct explain_subject *subject,
			struct explanation *to)
{
	const struct proc_reader *proc = world->proc;
	struct identity identity = {.kind = SERVICE_UNKNOWN};
	char exe[PROC_PATH_MAX], cgroup[PROC_CGROUP_MAX];
	struct process *other;
	struct proc_file file;
	bool deleted;

	if (!proc->exe(proc->ctx, subject->pid, exe, sizeof(exe), &file, &deleted))
		return;
	if (proc->cgroup(proc->ctx, subject->pid, cgroup, sizeof(cgroup)))
		identity_from_cgroup(cgroup, &identity);
	for (other = ledger_oldest(world->ledger, 0); other; other = other->newer) {
		if (!is_kin(other, subject, exe, &identity))
			continue;
		to->previous = PREVIOUS_INFERRED;
		process_take_most(&to->bound, &other->most);
		to->bound.effective |= to->bound.permitted;
	}
}

/* ---- all of them ----------------------------------------------------------------------------- */

bool explain_holding(const struct world *world, const struct explain_subject *subject,
		     struct explanation *explanation)
{
	const struct process *process = subject->process;

	memset(explanation, 0, sizeof(*explanation));
	explanation->previous = PREVIOUS_UNKNOWN;
	bound_cheaply(subject, explanation);
	if (is_within(explanation, subject->status))
		return true;
	if (is_first(subject) && (subject->born_blind || subject->from_kernel))
		return true;
	add_unrecorded(world, subject, explanation);
	if (is_within(explanation, subject->status))
		return true;
	if (!is_first(subject) || !is_orphan(subject) ||
	    (process && (process->executed || process->provenance == PREVIOUS_KNOWN)))
		return false;
	add_all_kin(world, subject, explanation);
	return is_within(explanation, subject->status);
}

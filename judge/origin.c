/* SPDX-License-Identifier: Apache-2.0 */
#include "judge/origin.h"

#include <string.h>

#include "judge/syscalls.h"

/* How far from its first byte a heap may reach, and a stack from its last: more than init's do, and
 * little beside the terabyte and the 16 gigabytes in which the kernel places them. */
#define HEAP_SPAN (512ull << 20)
#define STACK_SPAN (8ull << 20)

static bool read_init(const struct world *world, unsigned node, struct proc_status *init)
{
	return world_has_proc(world, node) && world->proc->status(world->proc->ctx, 1, init) &&
	       init->heap && init->image;
}

static bool is_inits(const struct proc_status *init, uint64_t address)
{
	return (address >= init->heap && address - init->heap < HEAP_SPAN) ||
	       (address <= init->image && init->image - address < STACK_SPAN);
}

/* Its argv, the second argument, of execveat(2) the third, is init's own. */
static enum origin of_exec(const struct world *world, const struct event *event)
{
	const char *call = syscalls_name((uint32_t)event->arch, (unsigned)event->syscall);
	struct proc_status init;

	if (event->ppid != 1)
		return ORIGIN_OTHER;
	if (!read_init(world, event->node_number, &init))
		return ORIGIN_UNKNOWN;
	return is_inits(&init, event_argument(event, strcmp(call, "execveat") == 0 ? 2 : 1))
		       ? ORIGIN_EXEC
		       : ORIGIN_OTHER;
}

enum origin origin_after_exec(const struct world *world, const struct event *event,
			      const struct process *process)
{
	switch (process->origin) {
	case ORIGIN_FORK:
	case ORIGIN_EXEC:
	case ORIGIN_INIT:
		return ORIGIN_INIT;
	case ORIGIN_OTHER:
		return ORIGIN_OTHER;
	case ORIGIN_UNKNOWN:
		break;
	}
	/* a launcher's target has its arguments of the launcher */
	return process->launching ? ORIGIN_UNKNOWN : of_exec(world, event);
}

/* Who has a login can't have forked one that has none. */
static bool may_have_forked(const struct process *other, const struct process *process)
{
	return other != process && other->node == 0 && other->pid != 1 && other->auid < 0 &&
	       other->origin != ORIGIN_FORK && other->exe && strcmp(other->exe, process->exe) == 0;
}

/* It has gone, or executes something later; until then it had executed nothing, or that would be on
 * record, and so would whoever else runs init's file: only init can have forked it. */
static bool is_fork_of_init_alone(const struct world *world, const struct event *event,
				  const struct observation *seen)
{
	if ((seen->live && seen->status.forked) || world->init_mimicked || event->ids.auid >= 0 ||
	    !world->execs_seen[event->node_number] ||
	    event->time <= world->execs_since + CLOCK_SLACK_MS)
		return false;
	for (struct process *other = ledger_oldest(world->ledger, 0); other; other = other->newer)
		if (may_have_forked(other, seen->process))
			return false;
	return true;
}

static bool is_fork_of(const struct proc_status *init, const struct proc_status *child)
{
	return child->forked && child->heap == init->heap && child->image == init->image;
}

/* A child of init runs init's file. */
static enum origin of_fork(const struct world *world, const struct event *event,
			   const struct observation *seen)
{
	struct proc_status init;

	if (!read_init(world, event->node_number, &init))
		return ORIGIN_UNKNOWN;
	if (seen->live && seen->status.forked && seen->status.heap)
		return is_fork_of(&init, &seen->status) ? ORIGIN_FORK : ORIGIN_OTHER;
	/* it has executed something by now: its target, or this very program */
	if (event->call == CALL_CAPSET)
		return is_inits(&init, event_argument(event, 1)) ? ORIGIN_FORK : ORIGIN_OTHER;
	return is_fork_of_init_alone(world, event, seen) ? ORIGIN_FORK : ORIGIN_UNKNOWN;
}

enum origin origin_of_adopted(const struct world *world, const struct proc_status *status)
{
	struct proc_status init;

	return status->ppid == 1 && status->forked && read_init(world, 0, &init) &&
			       is_fork_of(&init, status)
		       ? ORIGIN_FORK
		       : ORIGIN_UNKNOWN;
}

/* Each of its execs, and of those that it was forked from under our eyes, would be on record. */
static bool is_watched(const struct world *world, const struct event *event,
		       const struct process *process)
{
	return world_has_proc(world, event->node_number) && event->ids.auid < 0 &&
	       world->execs_seen[event->node_number] && process->start_time &&
	       process->start_time > world->execs_since + CLOCK_SLACK_MS;
}

/* Whoever forked it is on record with the exec of this file, and had gone before it was looked at:
 * a daemon's first process, on a host that starves. */
static bool has_lost_forker(const struct world *world, const struct event *event,
			    const struct process *process)
{
	if (event->ppid != 1 || !process->exe)
		return false;
	for (struct process *other = ledger_oldest(world->ledger, 0); other; other = other->newer)
		if (may_have_forked(other, process) && other->ppid == 1 && other->execs_recorded &&
		    !other->start_ticks && other->origin != ORIGIN_OTHER)
			return true;
	return false;
}

enum origin origin_of_actor(const struct world *world, const struct event *event,
			    const struct observation *seen)
{
	const struct process *process = seen->process;
	bool inits_file = event->ppid == 1 && seen->parent && seen->parent->exe && process->exe &&
			  strcmp(process->exe, seen->parent->exe) == 0;

	if (process->origin != ORIGIN_UNKNOWN)
		return process->origin;
	if (inits_file)
		return of_fork(world, event, seen);
	/* what init begins executes something before it acts, and that would be known */
	if (!process->launching && !process->execs_recorded && is_watched(world, event, process) &&
	    !has_lost_forker(world, event, process))
		return ORIGIN_OTHER;
	return ORIGIN_UNKNOWN;
}

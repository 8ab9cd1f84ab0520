/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "judge/userns.h"

#include <string.h>

/* /proc shows the process, whose parent is in the host's user namespace, in another. What it does
 * there is no host's gain; but it may only have gone there after what is judged now. */
static void doubt_userns(const struct world *world, struct process *process)
{
	process->userns = USERNS_CHILD;
	process->userns_doubted = true;
	process->userns_read_at = world->now;
}

void userns_settle(struct process *process, const struct event *event)
{
	if (!process->userns_doubted || process->userns != USERNS_CHILD ||
	    event->time <= process->userns_read_at + CLOCK_SLACK_MS)
		return;
	process->userns_doubted = false;
	process->userns_born = true;
}

void userns_adopt(const struct world *world, struct process *process, const struct process *parent)
{
	bool host;

	if (process->userns != USERNS_UNKNOWN || !world_has_proc(world, process->node) ||
	    !world->proc->in_host_userns(world->proc->ctx, (pid_t)process->pid, &host))
		return;
	process->userns = host ? USERNS_HOST : USERNS_CHILD;
	if (!host && !world->seeding && parent && parent->userns == USERNS_HOST)
		doubt_userns(world, process);
}

/* Did the parent on record make it, and not adopt it? What has executed nothing since its fork lies
 * in memory where its maker does; else whoever runs init's file (a user's manager) adopts. */
static bool is_made_by(const struct world *world, const struct observation *seen)
{
	const struct process *init = ledger_find(world->ledger, 0, 1);
	struct proc_status maker;

	if (seen->status.forked && seen->status.image)
		return !world->proc->status(world->proc->ctx, (pid_t)seen->parent->pid, &maker) ||
		       maker.image == seen->status.image;
	return !init || !init->exe || !seen->parent->exe ||
	       strcmp(init->exe, seen->parent->exe) != 0;
}

/* Born into another user namespace by a call that no rule can see (clone3 has its flags in memory),
 * for what it calls itself is recorded; and if that should come yet, it is doubted until then. */
static void find_birth(const struct world *world, const struct event *event,
		       const struct observation *seen, struct process *process)
{
	if (event->call == CALL_UNSHARE || event->call == CALL_SETNS)
		return;
	doubt_userns(world, process);
	process->userns_due = seen->parent->userns == USERNS_HOST && !seen->parent->userns_cloned &&
			      is_made_by(world, seen);
}

void userns_find(const struct world *world, const struct event *event,
		 const struct observation *seen, struct process *process)
{
	bool host;

	if (!seen->live ||
	    !world->proc->in_host_userns(world->proc->ctx, (pid_t)event->pid, &host)) {
		/* the parent may have gone there since */
		if (world_has_proc(world, process->node) && process->userns == USERNS_CHILD &&
		    !process->userns_born)
			process->userns = USERNS_UNKNOWN;
		return;
	}
	if (!host && process->userns == USERNS_HOST) {
		find_birth(world, event, seen, process);
		return;
	}
	process->userns = host ? USERNS_HOST : USERNS_CHILD;
	process->userns_born = !host;
}

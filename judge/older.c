/* SPDX-License-Identifier: Apache-2.0 */
#include "judge/older.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	NAMES_MAX = 24, /* programs that are named; more are counted */
	TEXT_MAX = 1000,
};

struct found {
	const struct process *programs[NAMES_MAX]; /* the first process of each */
	size_t named, processes, programs_more;
};

void older_take_snapshot(struct older *older, const struct blind_snapshot *snapshot, int64_t now)
{
	bool on = snapshot->may_be_older;

	for (uint32_t i = 0; on && i < snapshot->count; i++)
		on = snapshot->faults[i].kind != BLIND_OFF &&
		     snapshot->faults[i].kind != BLIND_UNREADABLE;
	if (!on)
		return;
	older->due = true;
	snprintf(older->boot_id, sizeof(older->boot_id), "%s", snapshot->boot_id);
	if (older->on_at == 0)
		older->on_at = now;
}

/* Who was forked later has a context, whatever else is true. */
static int64_t surely_on_at(const struct older *older, const struct world *world)
{
	int64_t time = older->on_at;

	for (const struct process *process = ledger_oldest(world->ledger, 0); process;
	     process = process->newer)
		if (process->node == 0 && process->seen_event && process->start_time > 0 &&
		    process->start_time < time)
			time = process->start_time;
	return time;
}

/* Threads of the kernel have no file. */
static bool may_be_older(const struct world *world, const struct process *process, int64_t time)
{
	return process->node == 0 && !process->seen_event && process->exe &&
	       process->start_time > 0 && process->start_time < time - CLOCK_SLACK_MS &&
	       world_is_alive(world, process);
}

static void add(struct found *found, const struct process *process)
{
	found->processes++;
	for (size_t i = 0; i < found->named; i++)
		if (strcmp(found->programs[i]->exe, process->exe) == 0)
			return;
	if (found->named < NAMES_MAX)
		found->programs[found->named++] = process;
	else
		found->programs_more++;
}

static void say(const struct found *found, char *text, size_t size)
{
	size_t used = (size_t)snprintf(text, size, ": %zu process%s may be: ", found->processes,
				       found->processes == 1 ? "" : "es");

	for (size_t i = 0; i < found->named && used < size; i++) {
		const char *slash = strrchr(found->programs[i]->exe, '/');

		used += (size_t)snprintf(text + used, size - used, "%s%s (pid %" PRId64 ")",
					 i ? ", " : "", slash ? slash + 1 : found->programs[i]->exe,
					 found->programs[i]->pid);
	}
	if (used < size && found->programs_more)
		snprintf(text + used, size - used, " and others");
}

void older_run(struct older *older, const struct world *world, coverage_fn report, void *ctx)
{
	char more[TEXT_MAX];
	struct coverage_finding finding = {
		.severity = SEVERITY_LOW,
		.state = COVERAGE_PENDING_REBOOT,
		.lost = "what is older than auditing is never recorded, and audit=1 is not on the "
			"kernel's command line",
		.since = world->now,
		.by_pid = -1,
		.by_auid = -1,
		.events = -1,
		.boot_id = older->boot_id,
		.record = "",
		.more = more,
	};
	struct found found = {.named = 0};
	int64_t time;

	if (!older->due || older->told || !world->seeded_until ||
	    world->now < world_rules_loaded(world))
		return;
	older->told = true;
	time = surely_on_at(older, world);
	for (const struct process *process = ledger_oldest(world->ledger, 0); process;
	     process = process->newer)
		if (may_be_older(world, process, time))
			add(&found, process);
	if (found.processes == 0)
		return;
	say(&found, more, sizeof(more));
	report(ctx, &finding);
}

/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "judge/sweep.h"

#include <stdlib.h>
#include <string.h>

#include "judge/explain.h"
#include "judge/image.h"
#include "judge/observe.h"

enum {
	BUCKETS = 4096,
	FIRST_MS = 2000,   /* after the start: what came with it has been read by then */
	PARENTS_DEPTH = 6, /* parents are read before their children, so far up */
	CONFIRM_SLICE = 4, /* findings judged again in one go */
	CONFIRM_EVERY_MS = 1000,
	/* an event this much younger than a moment was written after all records of that moment */
	PASSED_MS = 1000,
	QUIET_MS = 2000, /* without input: nothing was on its way */
	BLIND_MS = 2000, /* about a change of rules: what is born then may not be recorded yet */
	BLIND_MAX = 8,
	DOUBT_MS = 60 * 1000, /* rules were removed: so long they may be loaded again */
	PIDS_STEP = 1024,     /* listed in one go: what one system call gives */
	ADOPT_COST = 2,	      /* in readings, beside the first */
};

/* What is kept in mind of a process. */
struct seen {
	pid_t pid;
	uint64_t start_ticks, image;
	unsigned round; /* that read it last */
	struct explain_reading reading;
	int64_t since; /* ms: its first reading */
	bool foreign;  /* in a user namespace of its own: for good */
	bool kernel;   /* a kernel thread */
	bool queued;   /* among the suspects */
	/* a finding that is to be confirmed; 0: none */
	int64_t gained_since, above_since; /* ms */
	struct event_sets gained;
	uint64_t gained_moved, gained_image; /* as they were then */
	struct seen *next;
};

struct suspect {
	pid_t pid;
	uint64_t start_ticks;
};

struct blind_time {
	int64_t from, to;
};

struct sweep {
	struct world *world;
	sweep_report_fn report;
	void *ctx;
	int64_t interval;
	int64_t now;
	int64_t began; /* 0: not yet */
	int64_t due;   /* of the next round */
	int64_t next_slice, next_confirm;

	bool in_round, listing;
	int64_t place; /* of the listing */
	unsigned round;
	pid_t *pids; /* of this round */
	size_t pid_count, pid_capacity, at;
	unsigned budget;

	struct seen *buckets[BUCKETS];
	size_t seen_count;
	struct suspect suspects[SWEEP_SUSPECTS_MAX];
	size_t suspect_count;

	int64_t latest_event, latest_input;
	bool exec_profile; /* an exec was on record since its rules may have gone */
	int64_t doubted;   /* ms: rules were removed; 0: not since */
	struct blind_time blind[BLIND_MAX];
	size_t blind_next;
	int64_t loaded; /* ms: the rules of our start were loaded by then; readings until then say
			   nothing of what came after */
};

struct sweep *sweep_new(struct world *world, sweep_report_fn report, void *ctx)
{
	struct sweep *sweep = calloc(1, sizeof(*sweep));

	if (!sweep)
		return NULL;
	sweep->world = world;
	sweep->report = report;
	sweep->ctx = ctx;
	return sweep;
}

void sweep_free(struct sweep *sweep)
{
	if (!sweep)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (sweep->buckets[i]) {
			struct seen *seen = sweep->buckets[i];
			sweep->buckets[i] = seen->next;
			free(seen);
		}
	}
	free(sweep->pids);
	free(sweep);
}

void sweep_set_interval(struct sweep *sweep, int64_t milliseconds)
{
	sweep->interval = milliseconds;
}

/* ---- what the stream tells ------------------------------------------------------------------- */

/* Changes that follow each other are one time. */
static void add_blind_time(struct sweep *sweep, int64_t from, int64_t to)
{
	struct blind_time *last = &sweep->blind[(sweep->blind_next + BLIND_MAX - 1) % BLIND_MAX];

	if (last->to >= from && last->from <= to) {
		last->from = from < last->from ? from : last->from;
		last->to = to > last->to ? to : last->to;
		return;
	}
	sweep->blind[sweep->blind_next] = (struct blind_time){from, to};
	sweep->blind_next = (sweep->blind_next + 1) % BLIND_MAX;
}

static bool born_blind(const struct sweep *sweep, int64_t start_time)
{
	for (size_t i = 0; i < BLIND_MAX; i++)
		if (start_time >= sweep->blind[i].from && start_time <= sweep->blind[i].to)
			return true;
	return false;
}

/* A rule with a key, as all of the exec profile have one. The event's other records have keys, too.
 */
static bool changes_keyed_rule(const struct event *event, const char *operation)
{
	for (size_t i = 0; i < event->record_count; i++)
		if (event_record_has(event, i, operation) &&
		    !event_record_has(event, i, "key=(null)"))
			return true;
	return false;
}

static void take_exec_profile(struct sweep *sweep, const struct event *event)
{
	if (sweep->world->execs_seen[0]) {
		sweep->exec_profile = true;
		sweep->doubted = 0;
	}
	if (sweep->exec_profile && (event->parts & EVENT_CONFIG_CHANGE) &&
	    changes_keyed_rule(event, "op=remove_rule"))
		sweep->doubted = event->time;
}

static bool is_doubtful(const struct sweep *sweep)
{
	return sweep->doubted && sweep->now < sweep->doubted + DOUBT_MS;
}

/* Before the rules of our start, too, nothing was recorded. */
static bool loads_first_rules(const struct sweep *sweep, const struct event *event)
{
	const struct world *world = sweep->world;

	return world->seeded_until && event->time < world_rules_loaded(world) &&
	       changes_keyed_rule(event, "op=add_rule");
}

static void take_rules(struct sweep *sweep, const struct event *event)
{
	bool first = loads_first_rules(sweep, event);

	if (first)
		sweep->loaded = event->time + BLIND_MS;
	add_blind_time(sweep, first ? INT64_MIN : event->time - BLIND_MS, event->time + BLIND_MS);
}

void sweep_take_event(struct sweep *sweep, const struct event *event)
{
	if (event->node_number != 0)
		return;
	if (event->time > sweep->latest_event)
		sweep->latest_event = event->time;
	take_exec_profile(sweep, event);
	if (event->parts & EVENT_CONFIG_CHANGE)
		take_rules(sweep, event);
}

void sweep_take_input(struct sweep *sweep, int64_t now)
{
	sweep->latest_input = now;
}

/* All that was recorded up to this time has been judged by now. */
static bool stream_has_passed(const struct sweep *sweep, int64_t time)
{
	return sweep->latest_event > time + PASSED_MS ||
	       sweep->now - sweep->latest_input >= QUIET_MS;
}

/* ---- what was seen --------------------------------------------------------------------------- */

static struct seen **bucket_of(struct sweep *sweep, pid_t pid)
{
	return &sweep->buckets[(unsigned)pid % BUCKETS];
}

static struct seen *find_seen(struct sweep *sweep, pid_t pid)
{
	struct seen *seen = *bucket_of(sweep, pid);

	while (seen && seen->pid != pid)
		seen = seen->next;
	return seen;
}

static struct seen *add_seen(struct sweep *sweep, pid_t pid)
{
	struct seen **bucket = bucket_of(sweep, pid);
	struct seen *seen;

	if (sweep->seen_count >= SWEEP_PROCESSES_MAX)
		return NULL;
	seen = calloc(1, sizeof(*seen));
	if (!seen)
		return NULL;
	seen->pid = pid;
	seen->next = *bucket;
	*bucket = seen;
	sweep->seen_count++;
	return seen;
}

/* Forgets the processes that this round has not met. */
static void forget_gone(struct sweep *sweep)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		struct seen **at = &sweep->buckets[i];
		while (*at) {
			struct seen *seen = *at;
			if (seen->round == sweep->round) {
				at = &seen->next;
				continue;
			}
			*at = seen->next;
			free(seen);
			sweep->seen_count--;
		}
	}
}

static bool is_steady(const struct explain_reading *last, const struct proc_status *status,
		      uint64_t moved)
{
	struct event_sets sets = explain_sets(status);

	return last->time && last->moved == moved && last->image == status->image &&
	       memcmp(&last->sets, &sets, sizeof(sets)) == 0;
}

static void accept(struct sweep *sweep, struct seen *seen, const struct proc_status *status,
		   const struct process *process)
{
	bool threaded = seen->reading.threaded || status->threads > 1;
	uint64_t moved = process ? process->moved : 0;
	bool steady = is_steady(&seen->reading, status, moved);

	seen->reading = (struct explain_reading){
		.time = sweep->now,
		.steady = steady ? seen->reading.steady : sweep->now,
		.sets = explain_sets(status),
		.uid = status->uid,
		.euid = status->euid,
		.suid = status->suid,
		.fsuid = status->fsuid,
		.image = status->image,
		.moved = moved,
		.threaded = threaded,
	};
	seen->gained_since = 0;
	if (!seen->since)
		seen->since = sweep->now;
}

static void queue(struct sweep *sweep, struct seen *seen)
{
	if (seen->queued || sweep->suspect_count == SWEEP_SUSPECTS_MAX)
		return;
	seen->queued = true;
	sweep->suspects[sweep->suspect_count++] = (struct suspect){seen->pid, seen->start_ticks};
	if (sweep->suspect_count == 1)
		sweep->next_confirm = sweep->now + SWEEP_SETTLE_MS;
}

/* ---- one process ----------------------------------------------------------------------------- */

/* A process while it is looked at. */
struct look {
	struct seen *seen;
	struct proc_status status;
	struct process *process, *parent; /* of the ledger, or NULL */
	struct explanation explanation;
};

static struct process *find_process(struct sweep *sweep, pid_t pid, uint64_t start_ticks)
{
	struct process *process = ledger_find(sweep->world->ledger, 0, pid);

	return process && process->start_ticks == start_ticks ? process : NULL;
}

static bool read_process(struct sweep *sweep, pid_t pid, struct proc_status *status)
{
	const struct proc_reader *proc = sweep->world->proc;

	return proc_reader_status(proc, pid, status) && !status->ended;
}

static bool explain(struct sweep *sweep, struct look *look)
{
	static const struct explain_reading none;
	struct seen *parent = find_seen(sweep, look->status.ppid);
	const struct explain_reading *before = &look->seen->reading;
	struct explain_subject subject = {
		.pid = look->seen->pid,
		.status = &look->status,
		.process = look->process,
		.before = before->time > sweep->loaded ? before : &none,
		.parent = parent && parent->foreign ? NULL : look->parent,
		.parent_before = parent && !parent->foreign ? &parent->reading : NULL,
		.parent_image = parent ? parent->image : 0,
		.exec_profile = sweep->exec_profile && (!sweep->doubted || is_doubtful(sweep)),
		.older = look->status.start_time < sweep->began,
		.born_blind = born_blind(sweep, look->status.start_time),
		.from_kernel = parent && parent->kernel,
	};

	return explain_holding(sweep->world, &subject, &look->explanation);
}

/* The leader's sets first; every thread's only where those are not explained, for that costs a file
 * a thread. */
static bool is_explained(struct sweep *sweep, struct look *look)
{
	const struct proc_reader *proc = sweep->world->proc;

	if (explain(sweep, look))
		return true;
	return look->status.threads > 1 &&
	       proc->threads(proc->ctx, look->seen->pid, &look->status) && explain(sweep, look);
}

/* In another user namespace, or nobody can tell. */
static bool is_foreign(struct sweep *sweep, struct seen *seen)
{
	const struct proc_reader *proc = sweep->world->proc;
	bool host;

	if (!proc->in_host_userns(proc->ctx, seen->pid, &host))
		return true;
	seen->foreign = !host;
	return !host;
}

static bool holds_nothing(const struct proc_status *status)
{
	return !(status->permitted | status->effective | status->inheritable | status->ambient);
}

static void suspect_gain(struct sweep *sweep, struct look *look)
{
	struct seen *seen = look->seen;

	seen->gained_since = sweep->now;
	seen->gained = look->explanation.gained;
	seen->gained_moved = look->process ? look->process->moved : 0;
	seen->gained_image = look->status.image;
	queue(sweep, seen);
}

/* Into the ledger, as it was last read: a record of what it did since is still to be compared with
 * that. A child belongs to its parent's service, whatever cgroup it moved itself to. */
static struct process *adopt(struct sweep *sweep, struct look *look)
{
	struct process *process = observe_adopt(sweep->world, look->seen->pid, 0);

	sweep->budget += ADOPT_COST;
	if (!process)
		return NULL;
	process->sets = process->most = look->seen->reading.sets;
	process->provenance = PREVIOUS_INFERRED;
	look->parent = ledger_find(sweep->world->ledger, 0, look->status.ppid);
	if (look->parent && look->parent->pid != 1 && look->parent->service &&
	    !look->parent->launching)
		process_set_service(process, look->parent->service);
	look->process = process;
	return process;
}

static void judge_ceiling(struct sweep *sweep, struct look *look, struct verdict *verdict)
{
	struct ceiling_question question = {.process = look->process,
					    .parent = look->parent,
					    .permitted = look->status.task_permitted,
					    .now = sweep->now};

	verdict->alert = false;
	if (look->process && look->status.permitted)
		verdict_judge_ceiling(sweep->world, &question, verdict);
}

static void suspect_ceiling(struct sweep *sweep, struct look *look)
{
	struct seen *seen = look->seen;
	struct verdict verdict;
	int64_t since = seen->above_since;

	/* privileged, here for longer than a record takes, and no record has told of it */
	if (!look->process && look->status.permitted && seen->since &&
	    seen->since + SWEEP_SETTLE_MS <= sweep->now &&
	    stream_has_passed(sweep, seen->reading.time))
		adopt(sweep, look);
	judge_ceiling(sweep, look, &verdict);
	seen->above_since = 0;
	if (!verdict.alert || is_foreign(sweep, seen))
		return;
	seen->above_since = since ? since : sweep->now;
	queue(sweep, seen);
}

static void begin_look(struct sweep *sweep, struct seen *seen, struct look *look)
{
	look->seen = seen;
	look->process = find_process(sweep, seen->pid, seen->start_ticks);
	look->parent = ledger_find(sweep->world->ledger, 0, look->status.ppid);
	if (look->process)
		ledger_touch(look->process);
}

static void examine(struct sweep *sweep, struct look *look)
{
	struct seen *seen = look->seen;

	if (seen->foreign || seen->kernel)
		return;
	if (!holds_nothing(&look->status) && !is_explained(sweep, look)) {
		if (!is_foreign(sweep, seen) && !seen->gained_since)
			suspect_gain(sweep, look);
		return;
	}
	suspect_ceiling(sweep, look);
	accept(sweep, seen, &look->status, look->process);
}

/* Parents before children: what they hold explains those. */
static void visit(struct sweep *sweep, pid_t pid, int depth)
{
	struct seen *seen = find_seen(sweep, pid), *parent;
	struct look look;

	if (pid <= 0 || (seen && seen->round == sweep->round))
		return;
	sweep->budget++;
	if (!read_process(sweep, pid, &look.status))
		return;
	if (!seen)
		seen = add_seen(sweep, pid);
	if (!seen)
		return;
	if (seen->start_ticks != look.status.start_ticks)
		*seen = (struct seen){
			.pid = pid, .start_ticks = look.status.start_ticks, .next = seen->next};
	seen->round = sweep->round;
	seen->image = look.status.image;
	seen->kernel = look.status.kernel_thread;
	parent = find_seen(sweep, look.status.ppid);
	if (depth < PARENTS_DEPTH && !(parent && parent->round == sweep->round))
		visit(sweep, look.status.ppid, depth + 1);
	begin_look(sweep, seen, &look);
	examine(sweep, &look);
}

/* ---- findings -------------------------------------------------------------------------------- */

/* The sets as far as they are told: of the bound, what it held and still might. */
static void fill_transition(const struct look *look, struct transition *t)
{
	const struct event_sets *bound = &look->explanation.bound;
	struct event_sets held = look->seen->reading.sets;

	memset(t, 0, sizeof(*t));
	t->mechanism = MECHANISM_SWEEP;
	t->previous = look->explanation.previous;
	t->has_sets = true;
	t->after = explain_sets(&look->status);
	t->gained = look->explanation.gained;
	process_take_most(&held, &t->after);
	t->before = *bound;
	process_take_least(&t->before, &held);
	t->service = look->process->service;
}

/* Told once: from here on the process holds that by the ledger, too. */
static void take_over(struct sweep *sweep, struct look *look)
{
	struct process *process = look->process;

	process->has_sets = true;
	process->sets = explain_sets(&look->status);
	process->provenance = look->status.threads > 1 ? PREVIOUS_INFERRED : PREVIOUS_KNOWN;
	process->has_ids = true;
	process->uid = look->status.uid;
	process->euid = look->status.euid;
	process->suid = look->status.suid;
	process->fsuid = look->status.fsuid;
	process_take_most(&process->most, &process->sets);
	accept(sweep, look->seen, &look->status, process);
}

/* It has executed something meanwhile, and no record said so: what it runs now is told. */
static void take_image(struct sweep *sweep, struct look *look)
{
	image_adopt(sweep->world, look->process);
	memcpy(look->process->comm, look->status.comm, sizeof(look->process->comm));
}

static void report_gain(struct sweep *sweep, struct look *look)
{
	struct transition transition;
	struct verdict verdict;
	struct sweep_finding finding = {
		.verdict = &verdict, .transition = &transition, .time = look->seen->gained_since};
	struct sweep_question question = {.transition = &transition, .now = sweep->now};

	if (!look->process && !adopt(sweep, look))
		return;
	if (look->status.image != look->seen->reading.image)
		take_image(sweep, look);
	fill_transition(look, &transition);
	question.process = finding.process = look->process;
	question.parent = look->parent;
	take_over(sweep, look);
	verdict_judge_sweep(sweep->world, &question, &verdict);
	if (verdict.alert)
		sweep->report(sweep->ctx, &finding);
}

/* A second look, when the records had their time. */
static void confirm_gain(struct sweep *sweep, struct look *look)
{
	struct seen *seen = look->seen;
	const struct event_sets *gained = &look->explanation.gained;
	uint64_t moved = look->process ? look->process->moved : 0;

	if (holds_nothing(&look->status) || is_explained(sweep, look)) {
		accept(sweep, seen, &look->status, look->process);
		return;
	}
	if (moved != seen->gained_moved || look->status.image != seen->gained_image ||
	    !((gained->permitted & seen->gained.permitted) |
	      (gained->effective & seen->gained.effective) |
	      (gained->inheritable & seen->gained.inheritable) |
	      (gained->ambient & seen->gained.ambient))) {
		suspect_gain(sweep, look);
		return;
	}
	report_gain(sweep, look);
}

static void confirm_ceiling(struct sweep *sweep, struct look *look)
{
	const struct proc_reader *proc = sweep->world->proc;
	struct verdict verdict;
	struct sweep_finding finding = {
		.process = look->process, .verdict = &verdict, .time = look->seen->above_since};

	if (look->status.threads > 1)
		(void)proc->threads(proc->ctx, look->seen->pid, &look->status);
	judge_ceiling(sweep, look, &verdict);
	look->seen->above_since = 0;
	finding.permitted = look->status.task_permitted;
	if (verdict.alert)
		sweep->report(sweep->ctx, &finding);
}

static bool is_due(const struct sweep *sweep, int64_t since)
{
	return since && sweep->now >= since + SWEEP_SETTLE_MS && stream_has_passed(sweep, since) &&
	       !is_doubtful(sweep);
}

static void confirm(struct sweep *sweep, const struct suspect *suspect)
{
	struct seen *seen = find_seen(sweep, suspect->pid);
	struct look look;

	if (!seen || seen->start_ticks != suspect->start_ticks)
		return;
	seen->queued = false;
	if (!read_process(sweep, suspect->pid, &look.status) ||
	    look.status.start_ticks != seen->start_ticks)
		return;
	seen->image = look.status.image;
	begin_look(sweep, seen, &look);
	if (is_due(sweep, seen->gained_since))
		confirm_gain(sweep, &look);
	if (is_due(sweep, seen->above_since))
		confirm_ceiling(sweep, &look);
	if (seen->gained_since || seen->above_since)
		queue(sweep, seen);
}

/* A few from the front; those that must wait go to the end. */
static void confirm_some(struct sweep *sweep)
{
	size_t count = sweep->suspect_count < CONFIRM_SLICE ? sweep->suspect_count : CONFIRM_SLICE;
	struct suspect chosen[CONFIRM_SLICE];

	memcpy(chosen, sweep->suspects, count * sizeof(chosen[0]));
	sweep->suspect_count -= count;
	memmove(sweep->suspects, sweep->suspects + count, sweep->suspect_count * sizeof(chosen[0]));
	for (size_t i = 0; i < count; i++)
		confirm(sweep, &chosen[i]);
	sweep->next_confirm = sweep->now + (sweep->suspect_count > CONFIRM_SLICE
						    ? SWEEP_PAUSE_MS
						    : CONFIRM_EVERY_MS);
}

/* ---- rounds ---------------------------------------------------------------------------------- */

static bool make_room(struct sweep *sweep)
{
	pid_t *grown;

	if (sweep->pid_count + PIDS_STEP <= sweep->pid_capacity)
		return true;
	if (sweep->pid_capacity >= SWEEP_PROCESSES_MAX)
		return false;
	grown = realloc(sweep->pids, (sweep->pid_capacity + PIDS_STEP) * sizeof(*grown));
	if (!grown)
		return false;
	sweep->pids = grown;
	sweep->pid_capacity += PIDS_STEP;
	return true;
}

static void list_pid(void *ctx, pid_t pid)
{
	struct sweep *sweep = ctx;

	if (sweep->pid_count < sweep->pid_capacity || make_room(sweep))
		sweep->pids[sweep->pid_count++] = pid;
}

static void list_some(struct sweep *sweep)
{
	const struct proc_reader *proc = sweep->world->proc;
	size_t count = PIDS_STEP;

	if (!proc->list) {
		proc->each_process(proc->ctx, list_pid, sweep);
		sweep->listing = false;
		return;
	}
	sweep->listing = false;
	if (!make_room(sweep))
		return;
	sweep->listing = proc->list(proc->ctx, &sweep->place, sweep->pids + sweep->pid_count,
				    &count);
	sweep->pid_count += count;
}

static void begin_round(struct sweep *sweep)
{
	sweep->in_round = sweep->listing = true;
	sweep->round++;
	sweep->pid_count = sweep->at = 0;
	sweep->place = 0;
	sweep->due = sweep->now + sweep->interval;
}

static void end_round(struct sweep *sweep)
{
	sweep->in_round = false;
	forget_gone(sweep);
}

static void run_slice(struct sweep *sweep)
{
	if (sweep->listing) {
		list_some(sweep);
		return;
	}
	sweep->budget = 0;
	while (sweep->at < sweep->pid_count && sweep->budget < SWEEP_SLICE)
		visit(sweep, sweep->pids[sweep->at++], 0);
	if (sweep->at == sweep->pid_count)
		end_round(sweep);
}

static void begin(struct sweep *sweep)
{
	sweep->began = sweep->now;
	sweep->due = sweep->now + FIRST_MS;
	sweep->latest_input = sweep->now;
	/* nothing is known of what was recorded before us */
	add_blind_time(sweep, INT64_MIN, sweep->now + BLIND_MS);
}

/* The wall clock was set back: do not wait for it to come round again. */
static void heed_clock(struct sweep *sweep)
{
	if (sweep->due > sweep->now + sweep->interval + FIRST_MS)
		sweep->due = sweep->now + sweep->interval;
	if (sweep->next_slice > sweep->now + SWEEP_PAUSE_MS)
		sweep->next_slice = sweep->now;
	if (sweep->next_confirm > sweep->now + SWEEP_SETTLE_MS)
		sweep->next_confirm = sweep->now;
	if (sweep->latest_input > sweep->now)
		sweep->latest_input = sweep->now;
}

void sweep_run(struct sweep *sweep, int64_t now)
{
	if (!sweep->world->proc || sweep->interval <= 0)
		return;
	sweep->now = now;
	if (sweep->began == 0)
		begin(sweep);
	heed_clock(sweep);
	if (sweep->suspect_count > 0 && now >= sweep->next_confirm) {
		confirm_some(sweep);
		return;
	}
	if (now < (sweep->in_round ? sweep->next_slice : sweep->due))
		return;
	if (!sweep->in_round)
		begin_round(sweep);
	run_slice(sweep);
	sweep->next_slice = now + SWEEP_PAUSE_MS;
}

int64_t sweep_deadline(const struct sweep *sweep)
{
	int64_t deadline;

	if (!sweep->world->proc || sweep->interval <= 0)
		return -1;
	deadline = sweep->in_round ? sweep->next_slice : sweep->due;
	if (sweep->suspect_count > 0 && sweep->next_confirm < deadline)
		deadline = sweep->next_confirm;
	return deadline;
}

/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "judge/blind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXE_MAX = 256, ACT_MAX = 160, LOOK_AGAIN_MS = 250 };

enum told { TOLD_NOTHING, TOLD_LOW, TOLD_HIGH };

/* A change of the audit configuration, and who made it. */
struct change {
	int64_t time; /* of its record; 0: a free place */
	int64_t seen; /* when that came */
	uint64_t serial;
	int64_t pid, auid; /* -1: not known */
	uint64_t start_ticks;
	int64_t ended_at; /* when the process was first found gone; 0: it lives */
	bool removes, adds;
	int64_t enabled; /* set to; -1: not set */
	bool sets_rate, sets_backlog;
	char exe[EXE_MAX], act[ACT_MAX], record[COVERAGE_RECORD_MAX];
};

/* Faults of one kind that came together. */
struct loss {
	bool open;
	enum blind_kind kind;
	enum told told;
	bool pending_reboot;
	uint64_t ids[BLIND_FAULTS_MAX];
	size_t count;
	int64_t since, found_at;
	bool has_maker;
	struct change maker;
	char key[BLIND_KEY_MAX], text[BLIND_TEXT_MAX];
};

/* Records that are gone for good. */
struct dropping {
	bool open;
	uint64_t kernel, gaps; /* records, and events */
	int64_t since, told_at;
	uint64_t told;
};

struct blind {
	const struct proc_reader *proc;
	coverage_fn report;
	void *ctx;
	int64_t grace;
	bool sighted, settled, wants_look;
	uint32_t lost_counter;
	int64_t look_at;		    /* when one is wanted; 0: none */
	int64_t last_change;		    /* of anybody's, as it came */
	int64_t rules_since, told_of_rules; /* the losses of rules that were told of */
	char boot_id[BLIND_BOOT_MAX];
	uint64_t accepted[BLIND_FAULTS_MAX]; /* a site's own, there from the beginning */
	size_t accepted_count;
	struct dropping dropping;
	struct change changes[BLIND_CHANGES_MAX];
	size_t next_change;
	struct loss losses[BLIND_LOSSES_MAX];
	size_t open_count;
};

struct blind *blind_new(const struct proc_reader *proc, coverage_fn report, void *ctx)
{
	struct blind *blind = calloc(1, sizeof(*blind));

	if (!blind)
		return NULL;
	blind->proc = proc;
	blind->report = report;
	blind->ctx = ctx;
	return blind;
}

void blind_free(struct blind *blind)
{
	free(blind);
}

void blind_set_grace(struct blind *blind, int64_t milliseconds)
{
	blind->grace = milliseconds;
}

bool blind_is_sighted(const struct blind *blind)
{
	return blind->sighted;
}

bool blind_has_told_of_rules(const struct blind *blind, int64_t time)
{
	return blind->rules_since > 0 && time <= blind->told_of_rules &&
	       time >= blind->rules_since - COVERAGE_PAUSE_MS;
}

size_t blind_open_losses(const struct blind *blind)
{
	return blind->open_count + blind->dropping.open;
}

bool blind_wants_look(struct blind *blind)
{
	bool wants = blind->wants_look;

	blind->wants_look = false;
	return wants;
}

static void look_at(struct blind *blind, int64_t time)
{
	if (blind->look_at == 0 || time < blind->look_at)
		blind->look_at = time;
}

/* ---- who made a change ----------------------------------------------------------------------- */

static void copy_text(char *to, size_t size, struct bytes from)
{
	snprintf(to, size, "%.*s", (int)from.length, from.data ? from.data : "");
}

static bool is_alive(const struct blind *blind, const struct change *change)
{
	struct proc_status status;

	return change->start_ticks && blind->proc &&
	       blind->proc->status(blind->proc->ctx, (pid_t)change->pid, &status) &&
	       !status.ended && status.start_ticks == change->start_ticks;
}

/* The process may be gone by now, or its pid be a later one's. */
static void note_maker(struct blind *blind, struct change *change, int64_t now)
{
	struct proc_status status;

	if (change->pid >= 0 && blind->proc &&
	    blind->proc->status(blind->proc->ctx, (pid_t)change->pid, &status) && !status.ended &&
	    status.start_time <= change->time + 1000)
		change->start_ticks = status.start_ticks;
	else
		change->ended_at = now;
}

/* The process that made a loss goes on: a reload first deletes rules and then adds them. */
static void go_on(struct blind *blind, const struct change *change)
{
	for (size_t i = 0; i < BLIND_LOSSES_MAX; i++) {
		struct loss *loss = &blind->losses[i];

		if (loss->open && loss->has_maker && loss->maker.pid == change->pid &&
		    loss->maker.start_ticks == change->start_ticks)
			loss->maker.seen = change->seen;
	}
}

static bool is_same_work(const struct change *one, const struct change *other)
{
	return one->pid >= 0 && one->pid == other->pid && one->start_ticks == other->start_ticks &&
	       one->removes == other->removes && one->adds == other->adds &&
	       one->enabled == other->enabled && one->sets_rate == other->sets_rate &&
	       one->sets_backlog == other->sets_backlog;
}

/* One reload makes hundreds: they must not push out what came before them. */
static void keep_change(struct blind *blind, const struct change *change)
{
	for (size_t i = 0; i < BLIND_CHANGES_MAX; i++)
		if (blind->changes[i].time > 0 && is_same_work(&blind->changes[i], change)) {
			blind->changes[i] = *change;
			return;
		}
	blind->changes[blind->next_change] = *change;
	blind->next_change = (blind->next_change + 1) % BLIND_CHANGES_MAX;
}

void blind_take_change(struct blind *blind, const struct event *event, int64_t now)
{
	bool known = event->parts & EVENT_SYSCALL;
	struct change change = {
		.time = event->time,
		.seen = now,
		.serial = event->serial,
		.pid = known ? event->pid : -1,
		.auid = known ? event->ids.auid : -1,
		.removes = event_record_has(event, 0, "op=remove_rule"),
		.adds = event_record_has(event, 0, "op=add_rule"),
		.enabled = event->config.audit_enabled,
		.sets_rate = event_record_has(event, 0, "audit_rate_limit="),
		.sets_backlog = event_record_has(event, 0, "audit_backlog_limit="),
	};

	blind->last_change = now;
	look_at(blind, now);
	if (!(event->parts & EVENT_CONFIG_CHANGE) || event->config.result == 0)
		return;
	copy_text(change.exe, sizeof(change.exe), event->exe);
	copy_text(change.act, sizeof(change.act), event_details(event)->proctitle);
	if (event->record_count)
		copy_text(change.record, sizeof(change.record), event->records[0].text);
	note_maker(blind, &change, now);
	keep_change(blind, &change);
	if (change.start_ticks)
		go_on(blind, &change);
}

static bool may_cause(const struct change *change, enum blind_kind kind)
{
	switch (kind) {
	case BLIND_OFF:
		return change->enabled == 0;
	case BLIND_MISSING:
		return change->removes;
	case BLIND_HIDDEN:
	case BLIND_NARROWED:
		return change->adds;
	case BLIND_RATE_LIMIT:
		return change->sets_rate;
	case BLIND_BACKLOG_LIMIT:
	case BLIND_BACKLOG_FULL:
		return change->sets_backlog;
	default:
		return false;
	}
}

/* The latest that can have made it. What was told of already has its maker. */
static void find_maker(struct blind *blind, struct loss *loss)
{
	const struct change *found = NULL;

	for (size_t i = 0; i < BLIND_CHANGES_MAX; i++) {
		const struct change *change = &blind->changes[i];

		if (change->time > 0 && may_cause(change, loss->kind) &&
		    change->seen + COVERAGE_PAUSE_MS >= loss->found_at &&
		    (!found || change->seen >= found->seen))
			found = change;
	}
	if (!found || (loss->has_maker && loss->maker.serial == found->serial))
		return;
	loss->has_maker = true;
	loss->maker = *found;
	if (found->time < loss->since)
		loss->since = found->time;
}

static bool is_auditctl(const struct change *change)
{
	static const char name[] = "/auditctl";
	size_t length = strlen(change->exe);

	return length >= strlen(name) && strcmp(change->exe + length - strlen(name), name) == 0;
}

/* When a reading that still finds the loss makes it certain. */
static int64_t certain_at(struct blind *blind, struct loss *loss, int64_t now)
{
	struct change *maker = &loss->maker;
	int64_t pause = is_auditctl(maker) ? COVERAGE_PAUSE_MS : BLIND_PAUSE_MS;
	int64_t at_last = loss->since + blind->grace;

	if (!loss->has_maker)
		return loss->found_at + BLIND_RECORD_MS;
	if (maker->pid < 0)
		return maker->seen + BLIND_RECORD_MS;
	if (maker->ended_at == 0 && !is_alive(blind, maker))
		maker->ended_at = now;
	if (maker->ended_at)
		return maker->ended_at + BLIND_SETTLE_MS;
	return maker->seen + pause < at_last ? maker->seen + pause : at_last;
}

/* ---- telling --------------------------------------------------------------------------------- */

static void describe(const struct loss *loss, char *text, size_t size)
{
	if (loss->kind == BLIND_MISSING && loss->count > 1)
		snprintf(text, size, "%zu of capwatch's audit rules are not loaded, among them %s",
			 loss->count, loss->text);
	else
		snprintf(text, size, "%s", loss->text);
}

/* The ordinal keeps the ids of one event's alerts apart. */
static void report(struct blind *blind, const struct loss *loss, enum coverage_state state,
		   enum severity severity)
{
	char text[BLIND_TEXT_MAX + 100], more[128] = "";
	struct coverage_finding finding = {
		.severity = severity,
		.state = state,
		.lost = text,
		.rule = loss->key[0] ? loss->key : NULL,
		.since = loss->since,
		.by_pid = loss->has_maker ? loss->maker.pid : -1,
		.by_auid = loss->has_maker ? loss->maker.auid : -1,
		.by_exe = loss->has_maker && loss->maker.exe[0] ? loss->maker.exe : NULL,
		.act = loss->has_maker && loss->maker.act[0] ? loss->maker.act : NULL,
		.events = -1,
		.serial = loss->has_maker ? loss->maker.serial : 0,
		.record = loss->has_maker ? loss->maker.record : "",
		.more = more,
		.ordinal = ((unsigned)loss->kind + 1) * 4 + (unsigned)state * 2 +
			   (severity == SEVERITY_HIGH),
	};

	describe(loss, text, sizeof(text));
	if (state == COVERAGE_LOST && severity == SEVERITY_LOW)
		snprintf(more, sizeof(more),
			 "; a high alert follows if it is not put back within %lld s",
			 (long long)((blind->grace + 999) / 1000));
	if (state == COVERAGE_PENDING_REBOOT) {
		finding.boot_id = blind->boot_id;
		snprintf(more, sizeof(more),
			 "; the audit configuration is immutable until the next boot, which will "
			 "load them");
	}
	blind->report(blind->ctx, &finding);
}

/* The time that losses of rules which were told of span. */
static void note_rules_told(struct blind *blind, const struct loss *loss, int64_t now)
{
	bool goes_on = false;

	for (size_t i = 0; i < BLIND_LOSSES_MAX; i++)
		goes_on |= blind->losses[i].open && blind->losses[i].kind == BLIND_MISSING &&
			   blind->losses[i].told != TOLD_NOTHING;
	if (!goes_on || loss->since < blind->rules_since)
		blind->rules_since = loss->since;
	blind->told_of_rules = now;
}

static void tell(struct blind *blind, struct loss *loss, int64_t now)
{
	if (loss->kind == BLIND_MISSING)
		note_rules_told(blind, loss, now);
	if (loss->pending_reboot) {
		loss->told = TOLD_LOW;
		report(blind, loss, COVERAGE_PENDING_REBOOT, SEVERITY_LOW);
		return;
	}
	loss->told = now - loss->since >= blind->grace ? TOLD_HIGH : TOLD_LOW;
	report(blind, loss, COVERAGE_LOST, loss->told == TOLD_HIGH ? SEVERITY_HIGH : SEVERITY_LOW);
}

/* ---- losses ---------------------------------------------------------------------------------- */

static struct loss *free_loss(struct blind *blind, int64_t now)
{
	struct loss *oldest = &blind->losses[0];

	for (size_t i = 0; i < BLIND_LOSSES_MAX; i++) {
		if (!blind->losses[i].open)
			return &blind->losses[i];
		if (blind->losses[i].since < oldest->since)
			oldest = &blind->losses[i];
	}
	if (oldest->told == TOLD_NOTHING)
		tell(blind, oldest, now);
	blind->open_count--;
	return oldest;
}

static bool has_fault(const struct loss *loss, uint64_t id)
{
	for (size_t i = 0; i < loss->count; i++)
		if (loss->ids[i] == id)
			return true;
	return false;
}

static bool is_known(const struct blind *blind, uint64_t id)
{
	for (size_t i = 0; i < blind->accepted_count; i++)
		if (blind->accepted[i] == id)
			return true;
	for (size_t i = 0; i < BLIND_LOSSES_MAX; i++)
		if (blind->losses[i].open && has_fault(&blind->losses[i], id))
			return true;
	return false;
}

static struct loss *loss_for(struct blind *blind, const struct blind_fault *fault, int64_t now)
{
	struct loss *loss;

	for (size_t i = 0; i < BLIND_LOSSES_MAX; i++) {
		loss = &blind->losses[i];
		/* what hides is named one by one, what is missing is counted */
		if (loss->open && loss->told == TOLD_NOTHING && loss->kind == BLIND_MISSING &&
		    fault->kind == BLIND_MISSING && loss->count < BLIND_FAULTS_MAX)
			return loss;
	}
	loss = free_loss(blind, now);
	memset(loss, 0, sizeof(*loss));
	loss->open = true;
	loss->kind = fault->kind;
	loss->since = loss->found_at = now;
	snprintf(loss->key, sizeof(loss->key), "%s", fault->key);
	snprintf(loss->text, sizeof(loss->text), "%s", fault->text);
	blind->open_count++;
	return loss;
}

/* What narrows our rules from the beginning is the site's own will: doctor names it. */
static void take_fault(struct blind *blind, const struct blind_fault *fault, int64_t now)
{
	struct loss *loss;

	if (is_known(blind, fault->id))
		return;
	if (!blind->settled && fault->kind == BLIND_NARROWED) {
		if (blind->accepted_count < BLIND_FAULTS_MAX)
			blind->accepted[blind->accepted_count++] = fault->id;
		return;
	}
	loss = loss_for(blind, fault, now);
	loss->ids[loss->count++] = fault->id;
}

static void heal(struct blind *blind, struct loss *loss, int64_t now)
{
	if (loss->kind == BLIND_MISSING && loss->told != TOLD_NOTHING)
		blind->told_of_rules = now;
	loss->open = false;
	blind->open_count--;
	/* rules that were put back before anybody was sure: the records tell whether by a reload */
	if (loss->told == TOLD_HIGH ||
	    (loss->told == TOLD_NOTHING && loss->has_maker && loss->kind != BLIND_MISSING))
		report(blind, loss, COVERAGE_RESTORED, SEVERITY_LOW);
}

static bool is_in(const struct loss *loss, const struct blind_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->count; i++)
		if (has_fault(loss, snapshot->faults[i].id))
			return true;
	return false;
}

static void judge_loss(struct blind *blind, struct loss *loss, int64_t now)
{
	int64_t at;

	if (loss->told != TOLD_NOTHING)
		return;
	find_maker(blind, loss);
	at = certain_at(blind, loss, now);
	if (now >= at)
		tell(blind, loss, now);
	else
		look_at(blind, now + LOOK_AGAIN_MS < at ? now + LOOK_AGAIN_MS : at);
}

static void count_lost(struct blind *blind, uint32_t counter, int64_t now)
{
	uint32_t before = blind->lost_counter;

	blind->lost_counter = counter;
	/* "auditctl --reset-lost" sets it back */
	if (!blind->sighted || counter <= before)
		return;
	if (!blind->dropping.open)
		blind->dropping = (struct dropping){.open = true, .since = now};
	blind->dropping.kernel += counter - before;
}

/* Does it say whether such a fault is there? */
static bool says(const struct blind_snapshot *snapshot, enum blind_kind kind)
{
	bool readable = !(snapshot->count > 0 && snapshot->faults[0].kind == BLIND_UNREADABLE);

	return kind == BLIND_UNREADABLE || (readable && snapshot->left_out == 0) ||
	       (readable && kind != BLIND_MISSING);
}

void blind_take_snapshot(struct blind *blind, const struct blind_snapshot *snapshot, int64_t now)
{
	snprintf(blind->boot_id, sizeof(blind->boot_id), "%s", snapshot->boot_id);
	count_lost(blind, snapshot->lost, now);
	blind->sighted = true;
	for (size_t i = 0; i < BLIND_LOSSES_MAX; i++)
		if (blind->losses[i].open && says(snapshot, blind->losses[i].kind) &&
		    !is_in(&blind->losses[i], snapshot))
			heal(blind, &blind->losses[i], now);
	for (size_t i = 0; snapshot->settled && i < snapshot->count; i++)
		take_fault(blind, &snapshot->faults[i], now);
	blind->settled |= snapshot->settled;
	for (size_t i = 0; i < BLIND_LOSSES_MAX; i++) {
		struct loss *loss = &blind->losses[i];

		if (!loss->open)
			continue;
		loss->pending_reboot = snapshot->immutable && loss->kind == BLIND_MISSING;
		judge_loss(blind, loss, now);
	}
	blind_expire(blind, now);
}

/* ---- records that are gone ------------------------------------------------------------------- */

void blind_count_gaps(struct blind *blind, uint64_t events, int64_t now)
{
	if (events == 0)
		return;
	if (!blind->dropping.open)
		blind->dropping = (struct dropping){.open = true, .since = now};
	blind->dropping.gaps += events;
}

static void report_dropping(struct blind *blind, enum coverage_state state)
{
	const struct dropping *dropping = &blind->dropping;
	char more[200];
	struct coverage_finding finding = {
		.severity = state == COVERAGE_LOST ? SEVERITY_HIGH : SEVERITY_LOW,
		.state = state,
		.lost = "audit records were lost",
		.since = dropping->since,
		.by_pid = -1,
		.by_auid = -1,
		.events = (int64_t)(dropping->kernel > dropping->gaps ? dropping->kernel
								      : dropping->gaps),
		.record = "",
		.more = more,
	};

	snprintf(more, sizeof(more),
		 ": the kernel dropped %llu (its counter of lost records), and the serials of %llu "
		 "events did not come",
		 (unsigned long long)dropping->kernel, (unsigned long long)dropping->gaps);
	blind->report(blind->ctx, &finding);
}

/* At once, again each grace as long as it goes on, and when none was lost in one. */
static void judge_dropping(struct blind *blind, int64_t now)
{
	struct dropping *dropping = &blind->dropping;
	uint64_t all = dropping->kernel + dropping->gaps;

	if (!dropping->open)
		return;
	if (dropping->told > 0 && now - dropping->told_at < blind->grace)
		return;
	if (all == dropping->told) {
		dropping->open = false;
		report_dropping(blind, COVERAGE_RESTORED);
		return;
	}
	dropping->told = all;
	dropping->told_at = now;
	report_dropping(blind, COVERAGE_LOST);
}

/* ---- time ------------------------------------------------------------------------------------ */

void blind_expire(struct blind *blind, int64_t now)
{
	for (size_t i = 0; blind->open_count > 0 && i < BLIND_LOSSES_MAX; i++) {
		struct loss *loss = &blind->losses[i];

		if (loss->open && loss->told == TOLD_LOW && !loss->pending_reboot &&
		    now - loss->since >= blind->grace)
			tell(blind, loss, now);
	}
	judge_dropping(blind, now);
	if (blind->look_at && now >= blind->look_at) {
		blind->look_at = 0;
		blind->wants_look = true;
	}
}

static void earlier(int64_t *deadline, int64_t time)
{
	if (*deadline < 0 || time < *deadline)
		*deadline = time;
}

int64_t blind_deadline(const struct blind *blind)
{
	const struct dropping *dropping = &blind->dropping;
	int64_t deadline = -1;

	for (size_t i = 0; blind->open_count > 0 && i < BLIND_LOSSES_MAX; i++) {
		const struct loss *loss = &blind->losses[i];

		if (loss->open && loss->told == TOLD_LOW && !loss->pending_reboot)
			earlier(&deadline, loss->since + blind->grace);
	}
	if (dropping->open)
		earlier(&deadline,
			dropping->told > 0 ? dropping->told_at + blind->grace : dropping->since);
	if (blind->look_at)
		earlier(&deadline, blind->look_at);
	return deadline;
}

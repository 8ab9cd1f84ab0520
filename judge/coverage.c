/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "judge/coverage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_MAX = 64, EXE_MAX = 256 };

static const char auditing_key[] = ""; /* the loss of auditing as a whole */

struct loss {
	bool open, reported;
	unsigned node;
	char key[KEY_MAX];
	unsigned missing; /* rules of this key: its twins are removed and added one by one */
	int64_t since;
	uint64_t serial;
	int64_t by_pid, by_auid;
	int64_t changed_at; /* by the same: its latest change of any rule */
	bool paused;	    /* it did something else in between */
	char by_exe[EXE_MAX];
	char record[COVERAGE_RECORD_MAX];
};

struct coverage {
	coverage_fn report;
	void *ctx;
	const struct nodes *nodes; /* NULL: one clock for all */
	int64_t grace;
	int64_t start;
	bool sighted; /* this host's (node 0) are told by judge/blind */
	int64_t daemon_start[NODES_MAX];
	struct loss losses[COVERAGE_LOSSES_MAX];
	size_t open_count;
};

struct coverage *coverage_new(coverage_fn report, void *ctx, const struct nodes *nodes)
{
	struct coverage *coverage = calloc(1, sizeof(*coverage));

	if (!coverage)
		return NULL;
	coverage->report = report;
	coverage->ctx = ctx;
	coverage->nodes = nodes;
	return coverage;
}

void coverage_free(struct coverage *coverage)
{
	free(coverage);
}

void coverage_set_grace(struct coverage *coverage, int64_t milliseconds)
{
	coverage->grace = milliseconds;
}

void coverage_set_start(struct coverage *coverage, int64_t time)
{
	coverage->start = time;
}

void coverage_set_sighted(struct coverage *coverage, bool sighted)
{
	coverage->sighted = sighted;
}

/* What the node's clock says when the judge's says now. */
static int64_t time_there(const struct coverage *coverage, unsigned node, int64_t now)
{
	return coverage->nodes ? nodes_time(coverage->nodes, node, now) : now;
}

/* And the way back. */
static int64_t time_here(const struct coverage *coverage, unsigned node, int64_t time)
{
	return time - time_there(coverage, node, 0);
}

size_t coverage_open_losses(const struct coverage *coverage)
{
	size_t count = 0;

	for (size_t i = 0; coverage->open_count > 0 && i < COVERAGE_LOSSES_MAX; i++)
		count += coverage->losses[i].open &&
			 !(coverage->sighted && coverage->losses[i].node == 0);
	return count;
}

static void describe(const struct loss *loss, char *text, size_t size)
{
	if (strcmp(loss->key, auditing_key) == 0)
		snprintf(text, size,
			 "auditing was switched off (audit_enabled=0): no event of any kind");
	else
		snprintf(text, size,
			 "the audit rules with key %s were removed: what they record goes unseen",
			 loss->key);
}

static void report_loss(struct coverage *coverage, const struct loss *loss,
			enum coverage_state state, enum severity severity)
{
	char text[256];
	struct coverage_finding finding = {
		.node = loss->node,
		.severity = severity,
		.state = state,
		.lost = text,
		.rule = loss->key[0] ? loss->key : NULL,
		.since = loss->since,
		.by_pid = loss->by_pid,
		.by_auid = loss->by_auid,
		.by_exe = loss->by_exe[0] ? loss->by_exe : NULL,
		.events = -1,
		.ordinal = state == COVERAGE_RESTORED,
		.serial = loss->serial,
		.record = loss->record,
	};

	describe(loss, text, sizeof(text));
	coverage->report(coverage->ctx, &finding);
}

static void report_lost(struct coverage *coverage, struct loss *loss)
{
	loss->reported = true;
	if (!(coverage->sighted && loss->node == 0))
		report_loss(coverage, loss, COVERAGE_LOST, SEVERITY_HIGH);
}

static struct loss *find_loss(struct coverage *coverage, unsigned node, const char *key)
{
	for (size_t i = 0; coverage->open_count > 0 && i < COVERAGE_LOSSES_MAX; i++) {
		struct loss *loss = &coverage->losses[i];
		if (loss->open && loss->node == node && strcmp(loss->key, key) == 0)
			return loss;
	}
	return NULL;
}

static struct loss *free_loss(struct coverage *coverage)
{
	struct loss *oldest = &coverage->losses[0];

	for (size_t i = 0; i < COVERAGE_LOSSES_MAX; i++) {
		if (!coverage->losses[i].open)
			return &coverage->losses[i];
		if (coverage->losses[i].since < oldest->since)
			oldest = &coverage->losses[i];
	}
	if (!oldest->reported)
		report_lost(coverage, oldest);
	coverage->open_count--;
	return oldest;
}

static void copy_text(char *to, size_t size, struct bytes from)
{
	snprintf(to, size, "%.*s", (int)from.length, from.data ? from.data : "");
}

static void open_loss(struct coverage *coverage, const struct event *event, const char *key)
{
	struct loss *loss = find_loss(coverage, event->node_number, key);

	if (loss) {
		loss->missing++;
		return;
	}
	loss = free_loss(coverage);
	memset(loss, 0, sizeof(*loss));
	loss->open = true;
	loss->node = event->node_number;
	snprintf(loss->key, sizeof(loss->key), "%s", key);
	loss->missing = 1;
	loss->since = loss->changed_at = event->time;
	loss->serial = event->serial;
	loss->by_pid = event->parts & EVENT_SYSCALL ? event->pid : -1;
	loss->by_auid = event->parts & EVENT_SYSCALL ? event->ids.auid : -1;
	copy_text(loss->by_exe, sizeof(loss->by_exe), event->exe);
	if (event->record_count)
		copy_text(loss->record, sizeof(loss->record), event->records[0].text);
	coverage->open_count++;
}

/* augenrules' auditctl removes all rules and loads them again, one after the other: hundreds of
 * them take a slow host long. What another call puts back, or the same after a pause, was out on
 * purpose.
 */
static bool is_reload(const struct loss *loss, const struct event *event)
{
	return strcmp(loss->key, auditing_key) != 0 && event->parts & EVENT_SYSCALL &&
	       loss->by_pid == event->pid && !loss->paused;
}

static void note_change(struct coverage *coverage, const struct event *event)
{
	for (size_t i = 0; coverage->open_count > 0 && i < COVERAGE_LOSSES_MAX; i++) {
		struct loss *loss = &coverage->losses[i];

		if (!loss->open || loss->node != event->node_number || loss->by_pid != event->pid)
			continue;
		loss->paused |= event->time - loss->changed_at > COVERAGE_PAUSE_MS;
		loss->changed_at = event->time;
	}
}

static void heal_loss(struct coverage *coverage, struct loss *loss, const struct event *event)
{
	if (loss->missing > 1) {
		loss->missing--;
		return;
	}
	/* its time was up before anybody looked at the clock */
	if (!loss->reported && event->time - loss->since >= coverage->grace)
		report_lost(coverage, loss);
	loss->open = false;
	coverage->open_count--;
	if (coverage->sighted && loss->node == 0 && loss->reported)
		return;
	if (loss->reported || !is_reload(loss, event))
		report_loss(coverage, loss, COVERAGE_RESTORED, SEVERITY_LOW);
}

/* A watch of the sysctl, as earlier versions had it, is dropped by the kernel with the inode
 * (Debian 12: whenever auditd is restarted). What it recorded, the rules by the refusal record too.
 */
static bool is_our_rule(const struct event *event, char key[KEY_MAX])
{
	static const char prefix[] = "capwatch";

	copy_text(key, KEY_MAX, event->config.key);
	return strncmp(key, prefix, sizeof(prefix) - 1) == 0 &&
	       !(event->config.path.data && strcmp(key, "capwatch_lastcap") == 0);
}

static void take_rule_change(struct coverage *coverage, const struct event *event)
{
	char key[KEY_MAX];
	struct loss *loss;
	bool removed = event_record_has(event, 0, "op=remove_rule"),
	     added = event_record_has(event, 0, "op=add_rule");

	if ((!removed && !added) || event->config.result != 1)
		return;
	if (event->parts & EVENT_SYSCALL)
		note_change(coverage, event);
	if (!is_our_rule(event, key))
		return;
	loss = find_loss(coverage, event->node_number, key);
	if (removed)
		open_loss(coverage, event, key);
	else if (loss)
		heal_loss(coverage, loss, event);
}

static void take_config_change(struct coverage *coverage, const struct event *event)
{
	int64_t began = coverage->daemon_start[event->node_number];
	int64_t start = time_there(coverage, event->node_number, coverage->start);

	if (event->config.audit_enabled == 0 && event->config.result == 1 &&
	    event->config.old != 0) {
		/* before auditd ran nothing was ours to see (journald does this at boot) */
		if (event->time >= began && event->time >= start &&
		    !(coverage->sighted && event->node_number == 0))
			open_loss(coverage, event, auditing_key);
		return;
	}
	take_rule_change(coverage, event);
}

void coverage_take(struct coverage *coverage, const struct event *event)
{
	struct loss *loss;

	if (event->parts & EVENT_DAEMON && event->daemon_start)
		coverage->daemon_start[event->node_number] = event->time;
	loss = find_loss(coverage, event->node_number, auditing_key);
	if (loss && event->parts & EVENT_SYSCALL && event->time > loss->since)
		heal_loss(coverage, loss, event);
	if (event->parts & EVENT_CONFIG_CHANGE)
		take_config_change(coverage, event);
}

void coverage_expire(struct coverage *coverage, int64_t now)
{
	for (size_t i = 0; coverage->open_count > 0 && i < COVERAGE_LOSSES_MAX; i++) {
		struct loss *loss = &coverage->losses[i];
		if (!loss->open || loss->reported ||
		    time_there(coverage, loss->node, now) - loss->since < coverage->grace)
			continue;
		report_lost(coverage, loss);
	}
}

int64_t coverage_deadline(const struct coverage *coverage)
{
	int64_t deadline = -1;

	for (size_t i = 0; coverage->open_count > 0 && i < COVERAGE_LOSSES_MAX; i++) {
		const struct loss *loss = &coverage->losses[i];
		int64_t at = time_here(coverage, loss->node, loss->since + coverage->grace);

		if (loss->open && !loss->reported && (deadline < 0 || at < deadline))
			deadline = at;
	}
	return deadline;
}

void coverage_finish(struct coverage *coverage, int64_t now)
{
	for (size_t i = 0; coverage->open_count > 0 && i < COVERAGE_LOSSES_MAX; i++) {
		struct loss *loss = &coverage->losses[i];
		if (!loss->open || loss->reported ||
		    time_there(coverage, loss->node, now) - loss->since < COVERAGE_SETTLE_MS)
			continue;
		report_lost(coverage, loss);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "judge/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "judge/blind.h"
#include "judge/coverage.h"
#include "judge/event.h"
#include "judge/intake.h"
#include "judge/membership.h"
#include "judge/observe.h"
#include "judge/older.h"
#include "judge/repeats.h"
#include "judge/report.h"
#include "judge/serials.h"
#include "judge/sweep.h"
#include "judge/transition.h"
#include "judge/verdict.h"
#include "judge/world.h"

enum {
	/* how often services at the end of their start are looked for, and when none is starting */
	CEILING_INTERVAL_MS = 1000,
	CEILING_IDLE_MS = 15000,
	/* so long a process that lived is taken to live still, by a ledger that wants room */
	ALIVE_S = 5,
	/* a sweep waits for the stream to be empty, but not forever */
	SWEEP_LATE_MS = 1000,
};

struct judge {
	struct world world;
	struct report_host host;
	judge_alert_fn deliver;
	void *deliver_ctx;
	bool silent; /* what events alert is neither given nor counted */
	judge_event_fn event_fn;
	void *event_ctx;
	struct intake *intake;
	struct event_reader *reader;
	struct repeats *repeats;
	struct coverage *coverage;
	struct blind *blind;
	struct older older;
	struct serials serials;
	struct sweep *sweep;
	struct learner *learner; /* NULL: nothing can be learnt */
	struct learning_position learnt;
	int64_t learning_since; /* ms: since when starts count as learnt; 0: not yet */
	struct event event;	/* the one being judged */
	struct report_buffers buffers;
	int64_t next_ceilings; /* when the ends of starts are looked at again */
	bool live;
	uint64_t ahead;	     /* bytes that wait behind those that are fed next */
	unsigned reported;   /* alerts of this event: their ordinal */
	uint64_t own_serial; /* numbers alerts that no event stands behind */
	struct judge_stats stats;
};

/* ---- alerts ---------------------------------------------------------------------------------- */

static void deliver(void *ctx, const struct alert *alert)
{
	struct judge *judge = ctx;

	judge->stats.alerts++;
	judge->deliver(judge->deliver_ctx, alert);
}

/* A loss of sight may last still, and what has no event is of now. */
static bool is_told_already(const struct judge *judge, const struct alert *alert)
{
	return judge->silent && alert->audit.has_event && alert->reason != REASON_COVERAGE_LOSS;
}

/* event: that it is about; NULL for none. */
static void send_alert(struct judge *judge, struct alert *alert, const struct event *event)
{
	alert->observed_time = judge->world.now;
	alert->ordinal = judge->reported++;
	if (is_told_already(judge, alert) ||
	    repeats_count(judge->repeats, alert, judge->world.now)) {
		judge->stats.folded++;
		return;
	}
	if (event)
		report_event(alert, event);
	report_suggestion(alert, &judge->buffers);
	repeats_deliver(judge->repeats, alert, judge->world.now);
}

/* An alert of capwatch's own, without process or event. */
static void send_own(struct judge *judge, struct alert *alert)
{
	alert->time = judge->world.now;
	alert->phase = PHASE_UNKNOWN;
	alert->previous = PREVIOUS_UNKNOWN;
	judge->reported = (unsigned)(judge->own_serial++);
	send_alert(judge, alert, NULL);
}

static struct process *parent_of(struct judge *judge, const struct process *process)
{
	return ledger_find(judge->world.ledger, process->node, process->ppid);
}

/* Of what no event shows, the host is the one of the process or the rule. */
static void report_node(const struct judge *judge, struct alert *alert, unsigned node)
{
	const char *name;

	if (node == 0)
		return;
	name = nodes_name(judge->world.nodes, node);
	alert->host = (struct bytes){name, strlen(name)};
	alert->host_id = (struct bytes){NULL, 0};
}

/* event: what showed it; NULL where /proc did. */
static void alert_ceiling(struct judge *judge, const struct ceiling_question *question,
			  const struct event *event, const struct verdict *verdict)
{
	struct process *process = question->process;
	struct alert alert;

	report_begin(&alert, &judge->world, &judge->host, event);
	if (!event)
		report_node(judge, &alert, process->node);
	alert.time = question->now;
	alert.mechanism = event ? MECHANISM_CAPSET : MECHANISM_SWEEP;
	if (event && event->call == CALL_EXEC)
		alert.mechanism = MECHANISM_EXEC;
	alert.previous = process->provenance;
	report_process(&alert, process, parent_of(judge, process), event);
	report_service(&alert, process->service, alert.time);
	alert.has_capabilities = true;
	alert.sets[ALERT_PERMITTED].present = true;
	alert.sets[ALERT_PERMITTED].has_before = true;
	alert.sets[ALERT_PERMITTED].before = question->permitted & capmask_known();
	alert.sets[ALERT_PERMITTED].after = alert.sets[ALERT_PERMITTED].before;
	report_verdict(&alert, verdict);
	process->ceiling_reported = true;
	send_alert(judge, &alert, event);
}

static bool learns(const struct judge *judge, const struct service *service)
{
	return judge->learner && !judge->silent && learning_covers(&judge->world, service);
}

static bool was_learnt(const struct judge *judge, const struct event *event)
{
	const struct learning_position *learnt = &judge->learnt;

	return event->time < learnt->time ||
	       (event->time == learnt->time && event->serial <= learnt->serial);
}

/* 0 until systemd reports it as started: so long it is starting, however long that takes. */
static int64_t after_start(const struct service *service, int64_t now)
{
	if (service && service->started)
		return now > service->started ? now - service->started : 0;
	return service && service->awaits_start ? 0 : service_age(service, now);
}

static void learn_gain(struct judge *judge, const struct event *event,
		       const struct service *service, const struct learner_gain *gain)
{
	struct learner_gain timed = *gain;

	if (judge->world.late && was_learnt(judge, event))
		return;
	timed.after_start = after_start(service, event->time);
	learner_take_gain(judge->learner, &timed);
	judge->learnt = (struct learning_position){event->time, event->serial};
}

/* What is learnt is learnt whether the baseline allows it or not. */
static void report_gain(struct judge *judge, const struct event *event,
			const struct observation *seen, const struct transition *transition,
			const struct verdict *verdict)
{
	bool learnt = learns(judge, transition->service) && !transition->impossible &&
		      transition->mechanism != MECHANISM_CAP_LAST_CAP;
	struct alert alert;

	if (!verdict->alert && !learnt)
		return;
	report_begin(&alert, &judge->world, &judge->host, event);
	report_process(&alert, seen->process, seen->parent, event);
	report_service(&alert, transition->service, event->time);
	report_transition(&alert, transition);
	report_verdict(&alert, verdict);
	if (learnt)
		learn_gain(judge, event, transition->service,
			   &(struct learner_gain){&alert, verdict->by_launcher, -1});
	if (verdict->alert)
		send_alert(judge, &alert, event);
}

static void send_coverage(struct judge *judge, const struct coverage_finding *finding)
{
	struct alert alert;
	char detail[REPORT_DETAIL_MAX];

	report_begin(&alert, &judge->world, &judge->host, NULL);
	report_coverage(&alert, finding, detail);
	report_node(judge, &alert, finding->node);
	if (finding->node != 0 && alert.audit.has_event)
		alert.audit.node = alert.host;
	judge->reported = finding->ordinal;
	send_alert(judge, &alert, NULL);
}

static void on_blind(void *ctx, const struct coverage_finding *finding)
{
	send_coverage(ctx, finding);
}

/* What was told of already, as lost, is told once. */
static void on_coverage(void *ctx, const struct coverage_finding *finding)
{
	struct judge *judge = ctx;

	if (finding->node == 0 && blind_has_told_of_rules(judge->blind, finding->since))
		return;
	send_coverage(judge, finding);
}

/* ---- one event ------------------------------------------------------------------------------- */

/* Numbers the event's node; false when there is no memory for a new one's name: another host's
 * records must not be looked up in this host's /proc. */
static bool number_node(struct judge *judge, struct event *event)
{
	event->node_number = 0;
	if (event->node.length == 0 || (judge->live && bytes_are(event->node, judge->host.name)))
		return true;
	event->node_number = nodes_number(judge->world.nodes, event->node);
	return event->node_number != 0;
}

/* The state as the event left it; sets that were only inferred are no ground for an accusation. */
static void judge_event_ceiling(struct judge *judge, const struct event *event,
				const struct observation *seen)
{
	struct verdict verdict;
	bool exact = (event->parts & (EVENT_CAPSET | EVENT_BPRM)) && event->success;
	struct ceiling_question question = {.process = seen->process,
					    .parent = seen->parent,
					    .permitted = seen->process->sets.permitted,
					    .now = event->time};

	if (!exact || !seen->process->has_sets)
		return;
	verdict_judge_ceiling(&judge->world, &question, &verdict);
	if (verdict.alert)
		alert_ceiling(judge, &question, event, &verdict);
}

/* Every capset that succeeds has a CAPSET record (kernel/auditsc.c, __audit_log_capset): where a
 * whole event lacks it, those records are lost (auditd's queue is full) or kept from us (an exclude
 * rule). */
static bool lacks_capset(const struct event *event)
{
	return event->call == CALL_CAPSET && event->success && event->complete &&
	       !(event->parts & EVENT_CAPSET);
}

static void report_blind_capset(struct judge *judge, const struct event *event,
				const struct observation *seen)
{
	static const char lost[] = "a capset succeeded and its CAPSET record did not come: records "
				   "are being lost, or an "
				   "exclude rule hides them (auditctl -s, auditctl -l)";
	struct alert alert;

	report_begin(&alert, &judge->world, &judge->host, event);
	report_process(&alert, seen->process, seen->parent, event);
	report_service(&alert, seen->process->service, event->time);
	alert.reason = REASON_COVERAGE_LOSS;
	alert.mechanism = MECHANISM_AUDIT;
	alert.severity = SEVERITY_HIGH;
	alert.coverage.present = true;
	alert.coverage.lost = (struct bytes){lost, sizeof(lost) - 1};
	alert.coverage.state = COVERAGE_LOST;
	alert.coverage.since = event->time;
	alert.detail = alert.coverage.lost;
	send_alert(judge, &alert, event);
}

static void judge_syscall(struct judge *judge, const struct event *event)
{
	struct observation seen;
	struct transition transition;
	struct verdict verdict = {.alert = false};

	if (event->call == CALL_NONE || !observe_event(&judge->world, event, &seen))
		return;
	judge->stats.transitions++;
	if (lacks_capset(event))
		report_blind_capset(judge, event, &seen);
	if (transition_derive(&judge->world, event, &seen, &transition)) {
		judge->stats.gains++;
		verdict_judge(&judge->world, event, &seen, &transition, &verdict);
		report_gain(judge, event, &seen, &transition, &verdict);
	}
	if (!verdict.alert)
		judge_event_ceiling(judge, event, &seen);
	transition_release(&transition);
}

static void expire_blind(struct judge *judge)
{
	blind_count_gaps(judge->blind, serials_gone(&judge->serials, judge->world.now),
			 judge->world.now);
	blind_expire(judge->blind, judge->world.now);
}

static void end_learning(struct judge *judge)
{
	static const struct learning off = {.on = false};
	const struct learning *learning = &judge->world.learning;

	if (learning->on && learning->until && judge->world.now >= learning->until)
		judge_switch_learning(judge, &off, "its own end: the time it was to last is over",
				      judge->world.now);
}

static void advance(struct judge *judge, int64_t time)
{
	if (time > judge->world.now)
		judge->world.now = time;
	end_learning(judge);
	coverage_expire(judge->coverage, judge->world.now);
	if (judge->live)
		expire_blind(judge);
	repeats_expire(judge->repeats, judge->world.now);
}

/* This host's clock is the judge's own, live. */
static void note_time(struct judge *judge, const struct event *event)
{
	if (!judge->live || event->node_number != 0)
		nodes_take_time(judge->world.nodes, event->node_number, event->time,
				judge->world.now);
}

static void judge_event(struct judge *judge, const struct intake_event *raw)
{
	struct event *event = &judge->event;

	if (!event_read(judge->reader, raw, event) || !number_node(judge, event)) {
		judge->stats.unparsable_events++;
		return;
	}
	ledger_expect(judge->world.ledger, event->node_number, event->pid);
	ledger_expect(judge->world.ledger, event->node_number, event->ppid);
	if (!judge->live)
		advance(judge, event->time);
	note_time(judge, event);
	judge->reported = 0;
	judge->stats.events_judged++;
	coverage_take(judge->coverage, event);
	if (judge->live && event->node_number == 0 &&
	    (event->parts & EVENT_CONFIG_CHANGE || event->daemon_config))
		blind_take_change(judge->blind, event, judge->world.now);
	if (event->parts & EVENT_CONFIG_CHANGE)
		judge->world.execs_seen[event->node_number] = false; /* to be shown anew */
	if (event->daemon_start && event->node_number == 0)
		judge->world.auditd_began = event->time;
	if (event->parts & EVENT_SERVICE)
		membership_note_unit(&judge->world, event);
	else if (event->parts & EVENT_LOGIN)
		observe_login(&judge->world, event);
	else if (event->parts & EVENT_SYSCALL)
		judge_syscall(judge, event);
	sweep_take_event(judge->sweep, event);
}

static void take_event(void *ctx, const struct intake_event *raw)
{
	struct judge *judge = ctx;

	if (judge->event_fn && !judge->event_fn(judge->event_ctx, raw->time, raw->serial))
		return;
	judge_event(judge, raw);
	if (judge->event_fn)
		judge->event_fn(judge->event_ctx, 0, 0);
}

/* ---- ends of starts -------------------------------------------------------------------------- */

struct ceiling_round {
	struct judge *judge;
	bool waiting;	     /* a service is still to come */
	struct service *due; /* those that are judged now */
};

static bool is_restartable(const struct service *service)
{
	size_t length = strlen(service->unit), suffix = strlen(".service");

	return service->kind == SERVICE_UNIT && service->node == 0 && length > suffix &&
	       strcmp(service->unit + length - suffix, ".service") == 0;
}

/* Only what systemd reported as started, since learning began, was seen from its beginning. */
static void learn_start(struct judge *judge, const struct service *service)
{
	if (learns(judge, service) && is_restartable(service) && service->started &&
	    service->first_event >= judge->learning_since)
		learner_take_service(judge->learner, service, true, judge->world.now);
}

static void learn_presence(void *ctx, struct service *service)
{
	struct judge *judge = ctx;

	if (learns(judge, service) && is_restartable(service) && service->processes > 0)
		learner_take_service(judge->learner, service, false, judge->world.now);
}

/* What is there when learning begins has to be started anew to be learnt whole. */
static void begin_learning(struct judge *judge)
{
	if (!learning_is_on(&judge->world)) {
		judge->learning_since = 0;
		return;
	}
	if (judge->learning_since || !judge->learner)
		return;
	judge->learning_since = judge->world.learning.on ? judge->world.learning.since
							 : judge->world.now;
	service_each(judge->world.services, learn_presence, judge);
}

static void learn_held(struct judge *judge, const struct process *process, capmask permitted)
{
	if (learns(judge, process->service) && is_restartable(process->service) && process->exe &&
	    process->exe_identity == EXE_ID_HOST && process->userns == USERNS_HOST)
		learner_take_held(judge->learner, process, permitted, judge->world.now);
}

static void take_due(void *ctx, struct service *service)
{
	struct ceiling_round *round = ctx;
	int64_t from = service_running_from(service, &round->judge->world.clock);

	if (service->ceiling_judged || from == 0)
		return;
	if (from > world_time(&round->judge->world, service->node)) {
		round->waiting = true;
		return;
	}
	service->ceiling_judged = true;
	service->due_next = round->due;
	round->due = service;
	learn_start(round->judge, service);
}

/* Live the process itself is asked; a replay goes by exact records alone. The id is of process and
 * time: how many others' starts ended then does not count here. */
static void judge_start_end(struct judge *judge, struct process *process)
{
	struct world *world = &judge->world;
	struct proc_status status;
	struct verdict verdict;
	struct ceiling_question question = {.process = process,
					    .permitted = process->sets.permitted,
					    .now = world_time(world, process->node)};

	question.parent = parent_of(judge, process);
	if (world_has_proc(world, process->node)) {
		/* /proc is read only where there is a ceiling at all, or one to be learnt */
		question.permitted = LEDGER_ALL_CAPS;
		verdict_judge_ceiling(world, &question, &verdict);
		if (!verdict.alert && !learns(judge, process->service))
			return;
		if (!world->proc->status(world->proc->ctx, (pid_t)process->pid, &status) ||
		    status.start_ticks != process->start_ticks)
			return;
		question.permitted = status.permitted;
		learn_held(judge, process, status.permitted);
	} else if (!process->has_sets || process->provenance != PREVIOUS_KNOWN) {
		return;
	}
	verdict_judge_ceiling(world, &question, &verdict);
	judge->reported = 0;
	if (verdict.alert)
		alert_ceiling(judge, &question, NULL, &verdict);
}

/* Who joined first comes first. */
static void judge_members(struct judge *judge, const struct service *service)
{
	struct process *process = service->members;

	while (process && process->member_next)
		process = process->member_next;
	for (; process; process = process->member_previous)
		judge_start_end(judge, process);
}

static void judge_ends_of_starts(struct judge *judge)
{
	struct ceiling_round round = {.judge = judge};

	begin_learning(judge);
	if (judge->world.now < judge->next_ceilings)
		return;
	service_each(judge->world.services, take_due, &round);
	for (; round.due; round.due = round.due->due_next)
		judge_members(judge, round.due);
	judge->next_ceilings = judge->world.now +
			       (round.waiting ? CEILING_INTERVAL_MS : CEILING_IDLE_MS);
}

/* ---- the sweep ------------------------------------------------------------------------------- */

/* An id of process and time: the ordinal of an event does not count here. */
static void report_finding(void *ctx, const struct sweep_finding *finding)
{
	struct judge *judge = ctx;
	struct process *process = finding->process;
	struct ceiling_question above = {
		.process = process, .permitted = finding->permitted, .now = finding->time};
	struct alert alert;

	judge->reported = 0;
	if (!finding->transition) {
		alert_ceiling(judge, &above, NULL, finding->verdict);
		return;
	}
	judge->stats.gains++;
	report_begin(&alert, &judge->world, &judge->host, NULL);
	alert.time = finding->time;
	report_process(&alert, process, parent_of(judge, process), NULL);
	report_service(&alert, process->service, alert.time);
	report_transition(&alert, finding->transition);
	report_verdict(&alert, finding->verdict);
	send_alert(judge, &alert, NULL);
}

/* ---- the face -------------------------------------------------------------------------------- */

static void take_settings(struct judge *judge, const struct settings *settings,
			  const struct baseline *baseline)
{
	judge->world.settings = settings;
	judge->world.baseline = baseline;
	judge->world.clock.start_window_ms = settings->start_window_ms;
	judge->world.clock.start_timeout_ms = settings->start_timeout_ms;
	repeats_set_window(judge->repeats, settings->repeat_window_ms);
	coverage_set_grace(judge->coverage, settings->coverage_grace_ms);
	blind_set_grace(judge->blind, settings->coverage_grace_ms);
	sweep_set_interval(judge->sweep, settings->sweep_ms);
}

/* In a flood each of those that live comes up many times a second, and a look at /proc costs more
 * than an event. */
static bool is_alive(void *ctx, struct process *process)
{
	const struct world *world = ctx;
	uint32_t now = (uint32_t)(world->now / 1000);

	/* not for longer where the clock was set back */
	if (process->alive_until > now && process->alive_until <= now + ALIVE_S)
		return true;
	if (!world_is_alive(world, process))
		return false;
	process->alive_until = now + ALIVE_S;
	return true;
}

struct judge *judge_new(const struct judge_options *options, struct error *err)
{
	struct judge *judge = calloc(1, sizeof(*judge));

	if (!judge) {
		error_set(err, "out of memory");
		return NULL;
	}
	judge->deliver = options->alert;
	judge->deliver_ctx = options->alert_ctx;
	judge->event_fn = options->event;
	judge->event_ctx = options->event_ctx;
	judge->learner = options->learner;
	judge->host.name = options->host ? options->host : "unknown";
	judge->host.id = options->host_id;
	judge->live = options->proc != NULL;
	judge->world.proc = options->proc;
	judge->world.nodes = nodes_new();
	judge->world.ledger = ledger_new();
	judge->world.services = service_table_new();
	judge->intake = intake_new(take_event, judge);
	judge->repeats = repeats_new(deliver, judge);
	judge->coverage = coverage_new(on_coverage, judge, judge->world.nodes);
	judge->blind = blind_new(options->proc, on_blind, judge);
	judge->sweep = sweep_new(&judge->world, report_finding, judge);
	judge->reader = event_reader_new(err);
	if (!judge->reader || !judge->world.nodes || !judge->world.ledger ||
	    !judge->world.services || !judge->intake || !judge->repeats || !judge->coverage ||
	    !judge->blind || !judge->sweep) {
		if (judge->reader)
			error_set(err, "out of memory");
		judge_free(judge);
		return NULL;
	}
	if (judge->live && options->whole)
		intake_count_serials(judge->intake, &judge->serials, judge->host.name);
	if (judge->live)
		ledger_set_alive(judge->world.ledger, is_alive, &judge->world);
	take_settings(judge, options->settings, options->baseline);
	return judge;
}

void judge_free(struct judge *judge)
{
	if (!judge)
		return;
	intake_free(judge->intake);
	event_reader_free(judge->reader);
	repeats_free(judge->repeats);
	coverage_free(judge->coverage);
	blind_free(judge->blind);
	sweep_free(judge->sweep);
	ledger_free(judge->world.ledger);
	service_table_free(judge->world.services);
	nodes_free(judge->world.nodes);
	free(judge);
}

static void seed_one(void *ctx, pid_t pid)
{
	struct judge *judge = ctx;

	(void)observe_adopt(&judge->world, pid, 0);
}

/* What was lost before the first time that the judge is told is none of its losses. */
static void set_clock(struct judge *judge, int64_t now)
{
	if (judge->world.now == 0)
		coverage_set_start(judge->coverage, now);
	else if (judge->world.seeded_at && !judge->world.seeded_until)
		judge->world.seeded_until = now > judge->world.seeded_at ? now
									 : judge->world.seeded_at;
	judge->world.now = now;
}

void judge_seed(struct judge *judge, int64_t now)
{
	const struct proc_reader *proc = judge->world.proc;

	set_clock(judge, now);
	judge->world.seeding = true;
	judge->world.seeded_at = judge->world.now;
	judge->world.seeded_until = 0;
	if (proc)
		proc->each_process(proc->ctx, seed_one, judge);
	judge->world.seeding = false;
}

void judge_note_ahead(struct judge *judge, uint64_t bytes)
{
	judge->ahead = bytes;
}

void judge_feed(struct judge *judge, const char *bytes, size_t length, int64_t now)
{
	int64_t deadline;

	readings_begin_piece(&judge->world.readings, length, judge->ahead);
	judge->ahead = 0;
	if (judge->live)
		set_clock(judge, now);
	intake_feed(judge->intake, bytes, length, judge->live ? now : 0);
	if (!judge->live)
		return;
	judge->reported = 0;
	advance(judge, now);
	if (judge->world.late)
		return; /* what compares /proc with the ledger waits until that is up to date */
	judge_ends_of_starts(judge);
	sweep_take_input(judge->sweep, now);
	deadline = sweep_deadline(judge->sweep);
	if (deadline >= 0 && now > deadline + SWEEP_LATE_MS)
		sweep_run(judge->sweep, now);
}

void judge_tick(struct judge *judge, int64_t now)
{
	set_clock(judge, now);
	judge->reported = 0;
	intake_expire(judge->intake, now);
	advance(judge, now);
	if (judge->world.late)
		return;
	judge_ends_of_starts(judge);
	sweep_run(judge->sweep, now);
}

void judge_begin_late(struct judge *judge, int64_t since)
{
	judge->world.now = since;
	judge->world.late = true;
	coverage_set_start(judge->coverage, since);
}

void judge_end_late(struct judge *judge)
{
	judge->world.late = false;
}

void judge_set_silent(struct judge *judge, bool silent)
{
	judge->silent = silent;
}

void judge_forget_gaps(struct judge *judge)
{
	serials_forget(&judge->serials);
}

bool judge_get_position(const struct judge *judge, struct checkpoint *position)
{
	struct intake_position at;

	if (!intake_get_position(judge->intake, &at))
		return false;
	*position = (struct checkpoint){at.time, at.serial, at.line, false};
	return true;
}

static int64_t learning_deadline(const struct judge *judge)
{
	const struct learning *learning = &judge->world.learning;

	return learning->on && learning->until ? learning->until : -1;
}

static int64_t earlier(int64_t a, int64_t b)
{
	if (a < 0)
		return b;
	return b < 0 || a < b ? a : b;
}

int64_t judge_next_deadline(const struct judge *judge)
{
	int64_t deadline = intake_deadline(judge->intake);

	deadline = earlier(deadline, coverage_deadline(judge->coverage));
	deadline = earlier(deadline, blind_deadline(judge->blind));
	deadline = earlier(deadline, serials_deadline(&judge->serials));
	deadline = earlier(deadline, repeats_deadline(judge->repeats));
	deadline = earlier(deadline, learning_deadline(judge));
	if (judge->world.late)
		return deadline;
	deadline = earlier(deadline, sweep_deadline(judge->sweep));
	return earlier(deadline, judge->next_ceilings);
}

void judge_finish(struct judge *judge, int64_t now)
{
	if (judge->live && now > judge->world.now)
		judge->world.now = now;
	intake_finish(judge->intake);
	judge->reported = 0;
	if (!judge->live) {
		judge_ends_of_starts(judge);
		coverage_finish(judge->coverage, judge->world.now);
	}
	repeats_flush(judge->repeats);
}

void judge_reconfigure(struct judge *judge, const struct settings *settings,
		       const struct baseline *baseline, const char *by, int64_t now)
{
	char detail[512];
	bool changed = strcmp(judge->world.settings->digest, settings->digest) != 0 ||
		       strcmp(judge->world.baseline->digest, baseline->digest) != 0;

	snprintf(detail, sizeof(detail),
		 "by %s: configuration %.12s -> %.12s, baseline %.12s -> %.12s", by,
		 judge->world.settings->digest, settings->digest, judge->world.baseline->digest,
		 baseline->digest);
	judge->world.now = now > judge->world.now ? now : judge->world.now;
	take_settings(judge, settings, baseline);
	for (unsigned node = 0; node < nodes_count(judge->world.nodes); node++)
		for (struct process *process = ledger_oldest(judge->world.ledger, node); process;
		     process = process->newer)
			process->launching = false;
	if (changed)
		judge_report_change(judge, detail, now);
}

void judge_report_change(struct judge *judge, const char *what, int64_t now)
{
	struct alert alert;

	judge->world.now = now > judge->world.now ? now : judge->world.now;
	report_begin(&alert, &judge->world, &judge->host, NULL);
	alert.reason = REASON_CONFIG_CHANGE;
	alert.mechanism = MECHANISM_CONFIG;
	alert.severity = SEVERITY_MEDIUM;
	alert.detail = (struct bytes){what, strlen(what)};
	send_own(judge, &alert);
}

/* ---- learning -------------------------------------------------------------------------------- */

/* A change of its own end or unit while it is on is told like a switch. */
void judge_switch_learning(struct judge *judge, const struct learning *learning, const char *by,
			   int64_t now)
{
	char what[1024], until[32];
	const char *unit = learning->unit;

	if (!learning->on && !judge->world.learning.on)
		return;
	if (!learning->on)
		snprintf(what, sizeof(what), "learning was switched off by %s", by);
	else
		snprintf(what, sizeof(what),
			 "learning was switched on by %s, for %s until %s: what %s gains meanwhile "
			 "is learnt, not alerted",
			 by, unit[0] ? unit : "all services",
			 learning->until ? text_time(learning->until, until, sizeof(until))
					 : "it is switched off",
			 unit[0] ? "it" : "any of them");
	judge->world.learning = *learning;
	judge->learning_since = 0;
	judge_report_change(judge, what, now);
}

void judge_resume_learning(struct judge *judge, const struct learning *learning,
			   const struct learning_position *position)
{
	judge->world.learning = *learning;
	judge->learnt = *position;
}

const struct learning_position *judge_learnt_position(const struct judge *judge)
{
	return &judge->learnt;
}

const struct learning *judge_learning(const struct judge *judge)
{
	return &judge->world.learning;
}

void judge_report_loss(struct judge *judge, const char *what, enum severity severity, int64_t now)
{
	struct alert alert;

	judge->world.now = now > judge->world.now ? now : judge->world.now;
	report_begin(&alert, &judge->world, &judge->host, NULL);
	alert.reason = REASON_COVERAGE_LOSS;
	alert.mechanism = MECHANISM_AUDIT;
	alert.severity = severity;
	alert.coverage.present = true;
	alert.coverage.lost = (struct bytes){what, strlen(what)};
	alert.coverage.state = COVERAGE_LOST;
	alert.coverage.since = judge->world.now;
	alert.detail = alert.coverage.lost;
	send_own(judge, &alert);
}

void judge_take_snapshot(struct judge *judge, const struct blind_snapshot *snapshot, int64_t now)
{
	judge->world.now = now > judge->world.now ? now : judge->world.now;
	coverage_set_sighted(judge->coverage, true);
	blind_take_snapshot(judge->blind, snapshot, judge->world.now);
	older_take_snapshot(&judge->older, snapshot, judge->world.now);
	if (!judge->world.late)
		older_run(&judge->older, &judge->world, on_blind, judge);
}

bool judge_wants_look(struct judge *judge)
{
	return blind_wants_look(judge->blind);
}

uint64_t judge_records(const struct judge *judge)
{
	return intake_records(judge->intake);
}

void judge_get_stats(const struct judge *judge, struct judge_stats *stats)
{
	struct intake_stats intake;

	intake_get_stats(judge->intake, &intake);
	*stats = judge->stats;
	stats->bytes = intake.bytes;
	stats->records = intake.records;
	stats->candidate_events = intake.events;
	stats->malformed_records = intake.malformed;
	stats->oversized_records = intake.oversized;
	stats->incomplete_events = intake.incomplete;
	stats->last_serial = intake.last_serial;
	stats->last_time = intake.last_time;
	stats->coverage_losses = coverage_open_losses(judge->coverage) +
				 blind_open_losses(judge->blind);
	stats->ledger_processes = ledger_count(judge->world.ledger);
	stats->ledger_evicted = ledger_evicted(judge->world.ledger);
}

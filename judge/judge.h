/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge: the heart as one piece. Bytes, a clock and a /proc reader in; alerts out.
 *   bytes -> intake (records, whole events) -> event (fields) -> transition (by the ledger)
 *         -> verdict (identity, baseline) -> repeats -> the sink given here.
 * Pure: no process, socket or file of its own; plugin, command line, tests and fuzzers run this.
 */
#ifndef CAPWATCH_JUDGE_H
#define CAPWATCH_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "common/alert.h"
#include "common/checkpoint.h"
#include "common/error.h"
#include "conf/baseline.h"
#include "conf/settings.h"
#include "judge/blind.h"
#include "judge/learner.h"
#include "judge/learning.h"
#include "judge/proc_reader.h"

struct judge;

/* Called for each alert; the alert and all it points to are valid only during the call. */
typedef void (*judge_alert_fn)(void *ctx, const struct alert *alert);

/* Before each event that is judged, and after it (then with serial 0), so that the caller knows at
 * which one a crash happened. False: this one is not to be judged. */
typedef bool (*judge_event_fn)(void *ctx, int64_t time, uint64_t serial);

struct judge_options {
	const struct settings *settings; /* borrowed; must outlive the judge or its replacement */
	const struct baseline *baseline; /* borrowed, likewise */
	const struct proc_reader *proc;	 /* NULL: a replay, which knows only the records */
	const char *host;    /* this host's name for alerts without node=; NULL: "unknown" */
	const char *host_id; /* /etc/machine-id or NULL */
	bool whole; /* live: the stream is all of this host's, so that a serial not in it is a loss
		     */
	judge_alert_fn alert;
	void *alert_ctx;
	judge_event_fn event; /* NULL: nobody asks */
	void *event_ctx;
	struct learner *learner; /* takes what is learnt; borrowed; NULL: nothing can be */
};

struct judge_stats {
	uint64_t bytes, records, candidate_events, events_judged, transitions, gains, alerts,
		folded;
	uint64_t malformed_records, oversized_records, incomplete_events, unparsable_events;
	uint64_t ledger_processes, ledger_evicted;
	uint64_t
		last_serial; /* of the last event that was judged, and its time (ms); 0: none yet */
	int64_t last_time;
	size_t coverage_losses; /* that last now */
};

/* NULL with err when memory or libauparse fail. */
struct judge *judge_new(const struct judge_options *options, struct error *err);
void judge_free(struct judge *judge);

/* Live only: fills the ledger from /proc, as it is now (ms). Call once, before the first byte, or
 * after judge_end_late(): what records have told of a process by then stays. */
void judge_seed(struct judge *judge, int64_t now);

/* Live only, before judge_seed(): what is fed until judge_end_late() happened since that time (ms)
 * while nobody watched, and /proc shows what came of it. So before an event /proc tells nothing of
 * what a process held; what the records do not tell either is unknown, and judged as such. */
void judge_begin_late(struct judge *judge, int64_t since);
void judge_end_late(struct judge *judge);

/* Serials that did not come until now are not reported: another has done that. */
void judge_forget_gaps(struct judge *judge);

/* While true, what events alert, losses of sight aside, is neither given nor counted as a repeat:
 * another has told it already. */
void judge_set_silent(struct judge *judge, bool silent);

/* How far the stream has been judged: the last record that no open event is part of. False before
 * there is one. Never clean (common/checkpoint.h). */
bool judge_get_position(const struct judge *judge, struct checkpoint *position);

/* Bytes of a stream, cut anywhere. now is wall-clock milliseconds since the epoch live; in a replay
 * 0: the clock then comes from the events. */
void judge_feed(struct judge *judge, const char *bytes, size_t length, int64_t now);

/* Live: so many bytes behind those that are fed next have been taken from auditd already: what
 * /proc says now is not older than their events either. Holds for one call of judge_feed(). */
void judge_note_ahead(struct judge *judge, uint64_t bytes);

/* Time has passed (live; call when the poll timeout of judge_next_deadline is over, and only when
 * no input waits: it gives up on events that are still incomplete). */
void judge_tick(struct judge *judge, int64_t now);

/* Milliseconds since the epoch at which judge_tick() next has work, or -1 for none. */
int64_t judge_next_deadline(const struct judge *judge);

/* The stream has ended: judges what is pending, emits summaries of repeats. */
void judge_finish(struct judge *judge, int64_t now);

/* New configuration and baseline (borrowed, as in judge_options); the ledger stays. Alerts
 * config-change when a digest differs; by names who asked ("SIGHUP to the plugin"). */
void judge_reconfigure(struct judge *judge, const struct settings *settings,
		       const struct baseline *baseline, const char *by, int64_t now);

/* Another configuration than the last sensor's was found at the start, in words: alerts
 * config-change. */
void judge_report_change(struct judge *judge, const char *what, int64_t now);

/* Live: switches learning on (learning->on, over what was on before) or off; by names who. Alerts
 * config-change. */
void judge_switch_learning(struct judge *judge, const struct learning *learning, const char *by,
			   int64_t now);

/* Live: learning goes on as it was before a restart, of which nobody need be told. */
void judge_resume_learning(struct judge *judge, const struct learning *learning,
			   const struct learning_position *position);

/* How far it has come. */
const struct learning_position *judge_learnt_position(const struct judge *judge);

/* What was switched on, as it stands: it ends by itself, with an alert, when its time is over. */
const struct learning *judge_learning(const struct judge *judge);

/* capwatch itself lost something (a process of ours crashed, the socket failed): a coverage-loss
 * alert. */
void judge_report_loss(struct judge *judge, const char *what, enum severity severity, int64_t now);

/* Live: what the kernel just said of its audit system (plugin/snapshot). */
void judge_take_snapshot(struct judge *judge, const struct blind_snapshot *snapshot, int64_t now);

/* Live: should it be asked again now? Asking forgets it. */
bool judge_wants_look(struct judge *judge);

/* Records read by now: of judge_get_stats(), what is asked for after every read. */
uint64_t judge_records(const struct judge *judge);

void judge_get_stats(const struct judge *judge, struct judge_stats *stats);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report: a verdict, a transition and a process become an alert.
 * Owns: which fact goes into which field, the suggestion of a baseline entry. Must not own: any
 * judgement, nor the alert's form (common/alert).
 */
#ifndef CAPWATCH_REPORT_H
#define CAPWATCH_REPORT_H

#include "judge/coverage.h"
#include "judge/observe.h"
#include "judge/transition.h"
#include "judge/verdict.h"

enum { REPORT_SUGGESTION_MAX = 2048, REPORT_DETAIL_MAX = 1400 };

/* Strings that an alert borrows and that live nowhere else; the caller's, for one alert. */
struct report_buffers {
	char suggestion[REPORT_SUGGESTION_MAX];
};

struct report_host {
	const char *name, *id; /* id may be NULL */
};

/* Fields that every alert has: host, time, event. */
void report_begin(struct alert *alert, const struct world *world, const struct report_host *host,
		  const struct event *event);

void report_process(struct alert *alert, const struct process *process,
		    const struct process *parent, const struct event *event);

void report_service(struct alert *alert, const struct service *service, int64_t now);

void report_transition(struct alert *alert, const struct transition *transition);

void report_verdict(struct alert *alert, const struct verdict *verdict);

/* The two that follow come last, and only for an alert that goes out, since most of a flood are
 * counted. */

/* What the event says beyond what was judged: command line, terminal, the names that auditd has
 * looked up, the file that was executed. */
void report_event(struct alert *alert, const struct event *event);

/* The baseline entry that would allow it, where one could. */
void report_suggestion(struct alert *alert, struct report_buffers *buffers);

/* detail: REPORT_DETAIL_MAX bytes, the caller's, which the alert borrows as all of the finding. */
void report_coverage(struct alert *alert, const struct coverage_finding *finding, char *detail);

#endif

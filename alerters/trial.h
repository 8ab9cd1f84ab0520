/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trial: one synthetic alert through sinks of the configuration, once, and what happened on the
 * way: the very sinks and formats of the courier, without its spool. Owns: the alert, the loop, the
 * time limit of each sink. Must not own: what is printed, or as which user it runs.
 */
#ifndef CAPWATCH_TRIAL_H
#define CAPWATCH_TRIAL_H

#include "alerters/transfer.h"
#include "common/error.h"
#include "conf/settings.h"

struct trial {
	const struct settings *settings;
	const char *sink_name; /* NULL: all, whatever each chooses */
	enum severity severity;
};

struct trial_result {
	const struct sink_settings *sink;
	bool delivered;
	const char *why; /* one line; NULL when it was delivered */
	int64_t took_ms;
	const struct transfer *transfer; /* its ended is false where nothing went over libcurl */
};

typedef void (*trial_report_fn)(void *ctx, const struct trial_result *result);

/* Reports each sink when it is done. Returns how many did not deliver, or -1 with err when there is
 * no such sink or memory is out. The alert has an id that begins with "cw-test-", says in its
 * message that it is a test, and has "test": true. */
int trial_run(const struct trial *trial, trial_report_fn report, void *ctx, struct error *err);

#endif

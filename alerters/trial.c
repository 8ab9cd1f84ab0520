/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/trial.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "alerters/own_alert.h"
#include "alerters/sink.h"
#include "alerters/sink_webhook.h"

enum {
	MESSAGE_SIZE = 512,
	ID_SIZE = 64,
	TURN_MS = 10,
	LOCAL_LIMIT_MS = 5 * 1000,
	BEYOND_MS = 1000,	      /* so that libcurl's own limits speak first */
	INDEXER_LIMIT_MS = 60 * 1000, /* Splunk says so seconds after it took an alert */
};

/* One sink's try. */
struct attempt {
	struct sink *sink; /* NULL: it could not be made, or it is over */
	int64_t since;
};

struct run {
	const struct trial *trial;
	struct sink_tools tools;
	struct parcel *parcel;
	struct attempt *attempts; /* as many as the settings have sinks */
	trial_report_fn report;
	void *ctx;
	unsigned begun, failed;
};

static int64_t clock_ms(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* ---- the alert ---- */

static struct parcel *make_parcel(enum severity severity)
{
	int64_t now = clock_ms(CLOCK_REALTIME);
	char message[MESSAGE_SIZE], id[ID_SIZE];
	struct own_alert own;
	json_t *object;

	own_alert_begin(&own, severity, now);
	own.alert.reason = REASON_CONFIG_CHANGE;
	own.alert.mechanism = MECHANISM_CONFIG;
	object = own_alert_json(&own);
	snprintf(message, sizeof(message),
		 "TEST: sent by hand on %s with capwatch test-alert; nothing happened", own.host);
	snprintf(id, sizeof(id), "cw-test-%" PRId64 "-%d", now, (int)getpid());
	json_object_set_new(object, "id", json_string(id));
	json_object_set_new(object, "message", json_string(message));
	json_object_set_new(object, "test", json_true());
	json_object_set_new(object, "attack", json_array());
	return own_alert_parcel(&own, object);
}

/* ---- one sink ---- */

static int64_t limit_of(const struct sink_settings *settings)
{
	if (settings->type == SINK_WEBHOOK)
		return settings->timeout_ms + BEYOND_MS +
		       (settings->indexer_ack ? INDEXER_LIMIT_MS : 0);
	return (settings->server ? settings->connect_timeout_ms : 0) + LOCAL_LIMIT_MS;
}

static void report(struct run *run, const struct sink_settings *settings,
		   const struct attempt *attempt, const char *why)
{
	static const struct transfer none;
	const struct sink *sink = attempt->sink;
	const struct trial_result result = {
		.sink = settings,
		.delivered = why == NULL,
		.why = why,
		.took_ms = sink ? clock_ms(CLOCK_MONOTONIC) - attempt->since : 0,
		.transfer = sink ? &sink->transfer : &none,
	};

	run->failed += why != NULL;
	run->report(run->ctx, &result);
}

static void begin(struct run *run, size_t i)
{
	const struct sink_settings *settings = &run->trial->settings->sinks[i];
	struct attempt *attempt = &run->attempts[i];
	struct error err;

	if (run->trial->sink_name && strcmp(settings->name, run->trial->sink_name) != 0)
		return;
	run->begun++;
	attempt->since = clock_ms(CLOCK_MONOTONIC);
	attempt->sink = sink_new(settings, &run->tools, &err);
	if (attempt->sink)
		sink_push(attempt->sink, run->parcel, attempt->since);
	else
		report(run, settings, attempt, err.text);
}

static void end(struct run *run, struct attempt *attempt, const char *why)
{
	report(run, attempt->sink->settings, attempt, why);
	sink_free(attempt->sink);
	attempt->sink = NULL;
}

/* The first failure counts: an operator waits for the answer. */
static void look_at(struct run *run, struct attempt *attempt, int64_t now)
{
	struct sink *sink = attempt->sink;
	char why[128];

	if (sink->past.failing || sink->past.given_up > 0) {
		end(run, attempt, sink->past.last_error);
	} else if (spool_count(sink->spool) == 0) {
		end(run, attempt, NULL);
	} else if (now - attempt->since > limit_of(sink->settings)) {
		snprintf(why, sizeof(why), "not done within %" PRId64 " s",
			 limit_of(sink->settings) / 1000);
		end(run, attempt, why);
	}
}

/* ---- all of them ---- */

static bool turn(struct run *run)
{
	int64_t now = clock_ms(CLOCK_MONOTONIC);
	size_t count = run->trial->settings->sink_count;
	bool any = false;
	int running;

	run->tools.wall_offset = clock_ms(CLOCK_REALTIME) - now;
	for (size_t i = 0; i < count; i++)
		if (run->attempts[i].sink)
			sink_run(run->attempts[i].sink, now);
	curl_multi_perform(run->tools.multi, &running);
	sink_webhook_finish(run->tools.multi, now);
	for (size_t i = 0; i < count; i++) {
		if (run->attempts[i].sink)
			look_at(run, &run->attempts[i], now);
		any |= run->attempts[i].sink != NULL;
	}
	if (any)
		curl_multi_poll(run->tools.multi, NULL, 0, TURN_MS, NULL);
	return any;
}

static int run_all(struct run *run, struct error *err)
{
	size_t count = run->trial->settings->sink_count;

	run->attempts = calloc(count + 1, sizeof(*run->attempts));
	run->parcel = make_parcel(run->trial->severity);
	run->tools.multi = curl_multi_init();
	if (!run->attempts || !run->parcel || !run->tools.multi)
		return error_set(err, "out of memory");
	for (size_t i = 0; i < count; i++)
		begin(run, i);
	while (turn(run))
		;
	if (run->begun > 0)
		return (int)run->failed;
	return run->trial->sink_name
		       ? error_set(err, "no sink is named '%s'", run->trial->sink_name)
		       : error_set(err, "the configuration has no sinks");
}

int trial_run(const struct trial *trial, trial_report_fn report_fn, void *ctx, struct error *err)
{
	struct run run = {.trial = trial, .report = report_fn, .ctx = ctx};
	int result;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return error_set(err, "libcurl cannot begin");
	result = run_all(&run, err);
	parcel_unref(run.parcel);
	free(run.attempts);
	curl_multi_cleanup(run.tools.multi);
	curl_global_cleanup();
	return result;
}

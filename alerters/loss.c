/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/loss.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "alerters/crc32c.h"
#include "common/alert.h"

enum { HOST_NAME_SIZE = 256, LOST_TEXT_MAX = 512 };

static struct bytes bytes_of(const char *text)
{
	return (struct bytes){text, strlen(text)};
}

static struct parcel *to_parcel(const struct alert *alert)
{
	json_t *object = alert_to_json(alert);
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	struct parcel *parcel = NULL;

	if (text)
		parcel = parcel_new(alert->severity, alert->disposition, text, strlen(text));
	free(text);
	json_decref(object);
	return parcel;
}

/* The name is part of the alert's identity: two sinks may lose something in the same millisecond.
 */
static unsigned ordinal_of(const char *lost)
{
	return crc32c(0, lost, strlen(lost));
}

struct loss {
	const char *text;
	enum severity severity;
	int64_t count; /* of alerts; -1: none is lost yet */
	enum coverage_state state;
};

static struct parcel *report(const struct loss *loss, int64_t now)
{
	char host[HOST_NAME_SIZE] = "unknown";
	struct alert alert;

	if (gethostname(host, sizeof(host) - 1) == 0)
		host[sizeof(host) - 1] = '\0';
	memset(&alert, 0, sizeof(alert));
	alert.time = alert.observed_time = alert.first_time = alert.last_time = now;
	alert.host = bytes_of(host);
	alert.severity = loss->severity;
	alert.reason = REASON_COVERAGE_LOSS;
	alert.mechanism = MECHANISM_AUDIT;
	alert.outcome = OUTCOME_SUCCESS;
	alert.disposition = DISPOSITION_ALERT;
	alert.phase = PHASE_UNKNOWN;
	alert.previous = PREVIOUS_UNKNOWN;
	alert.coverage.present = true;
	alert.coverage.lost = bytes_of(loss->text);
	alert.coverage.events = loss->count;
	alert.coverage.by_pid = -1;
	alert.coverage.state = loss->state;
	alert.count = 1;
	alert.ordinal = ordinal_of(loss->text);
	alert_make_id(&alert);
	alert_make_fingerprint(&alert);
	return to_parcel(&alert);
}

struct parcel *loss_report(const char *sink_name, uint64_t count, int64_t now)
{
	char text[LOST_TEXT_MAX];
	const struct loss loss = {text, SEVERITY_HIGH, (int64_t)count, COVERAGE_LOST};

	snprintf(text, sizeof(text),
		 "%" PRIu64 " alerts for the sink %s were dropped: its queue was full", count,
		 sink_name);
	return report(&loss, now);
}

struct parcel *loss_report_so_far(const char *sink_name, uint64_t count, int64_t now)
{
	char text[LOST_TEXT_MAX];
	const struct loss loss = {text, SEVERITY_HIGH, (int64_t)count, COVERAGE_LOST};

	snprintf(text, sizeof(text),
		 "%" PRIu64 " alerts for the sink %s were dropped so far: its queue is full", count,
		 sink_name);
	return report(&loss, now);
}

struct parcel *loss_report_storm(const char *sink_name, uint64_t count, int64_t now)
{
	char text[LOST_TEXT_MAX];
	const struct loss loss = {text, SEVERITY_MEDIUM, (int64_t)count, COVERAGE_LOST};

	snprintf(text, sizeof(text),
		 "%" PRIu64
		 " alerts of severity low and medium were held back from the sink %s by its "
		 "max_alerts; sinks without that limit have them",
		 count, sink_name);
	return report(&loss, now);
}

struct parcel *loss_report_spool(const char *sink_name, const char *why, int64_t now)
{
	char text[LOST_TEXT_MAX];
	const struct loss loss = {text, SEVERITY_HIGH, -1, COVERAGE_LOST};

	snprintf(text, sizeof(text),
		 "the spool of the sink %s cannot be used: %s; until it can, alerts that are not "
		 "delivered are in memory alone",
		 sink_name, why);
	return report(&loss, now);
}

struct parcel *loss_report_spool_again(int64_t now)
{
	const struct loss loss = {"every sink's spool can be used again", SEVERITY_LOW, -1,
				  COVERAGE_RESTORED};

	return report(&loss, now);
}

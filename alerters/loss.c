/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/loss.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "alerters/crc32c.h"
#include "alerters/own_alert.h"

enum { LOST_TEXT_MAX = 512 };

struct loss {
	enum severity severity;
	int64_t count; /* of alerts; -1: none is lost yet */
	enum coverage_state state;
};

/* The text is part of the alert's identity: two sinks may lose something in the same millisecond.
 */
static struct parcel *report(const struct loss *loss, int64_t now, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static struct parcel *report(const struct loss *loss, int64_t now, const char *format, ...)
{
	struct own_alert own;
	char text[LOST_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	own_alert_begin(&own, loss->severity, now);
	own.alert.reason = REASON_COVERAGE_LOSS;
	own.alert.mechanism = MECHANISM_AUDIT;
	own.alert.coverage.present = true;
	own.alert.coverage.lost = (struct bytes){text, strlen(text)};
	own.alert.coverage.events = loss->count;
	own.alert.coverage.by_pid = own.alert.coverage.by_auid = -1;
	own.alert.coverage.state = loss->state;
	own.alert.ordinal = crc32c(0, text, strlen(text));
	return own_alert_parcel(&own, own_alert_json(&own));
}

struct parcel *loss_report(const char *sink_name, uint64_t count, int64_t now)
{
	const struct loss loss = {SEVERITY_HIGH, (int64_t)count, COVERAGE_LOST};

	return report(&loss, now,
		      "%" PRIu64 " alerts for the sink %s were dropped: its queue was full", count,
		      sink_name);
}

struct parcel *loss_report_so_far(const char *sink_name, uint64_t count, int64_t now)
{
	const struct loss loss = {SEVERITY_HIGH, (int64_t)count, COVERAGE_LOST};

	return report(&loss, now,
		      "%" PRIu64 " alerts for the sink %s were dropped so far: its queue is full",
		      count, sink_name);
}

struct parcel *loss_report_storm(const char *sink_name, uint64_t count, int64_t now)
{
	const struct loss loss = {SEVERITY_MEDIUM, (int64_t)count, COVERAGE_LOST};

	return report(&loss, now,
		      "%" PRIu64
		      " alerts of severity low and medium were held back from the sink %s by its "
		      "max_alerts; sinks without that limit have them",
		      count, sink_name);
}

struct parcel *loss_report_spool(const char *sink_name, const char *why, int64_t now)
{
	const struct loss loss = {SEVERITY_HIGH, -1, COVERAGE_LOST};

	return report(&loss, now,
		      "the spool of the sink %s cannot be used: %s; until it can, alerts that are "
		      "not delivered are in memory alone",
		      sink_name, why);
}

struct parcel *loss_report_spool_again(int64_t now)
{
	const struct loss loss = {SEVERITY_LOW, -1, COVERAGE_RESTORED};

	return report(&loss, now, "every sink's spool can be used again");
}

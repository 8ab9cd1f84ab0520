/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/heartbeat.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "alerters/crc32c.h"
#include "common/text.h"

enum { HOST_NAME_SIZE = 256, MESSAGE_SIZE = 512, TIME_SIZE = 32 };

static const char *const counters[] = {"bytes",	 "records", "events",	 "transitions", "gains",
				       "alerts", "folded",  "malformed", "processes"};

void heartbeat_read_boot_id(char boot_id[HEARTBEAT_BOOT_ID_SIZE])
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	boot_id[0] = '\0';
	if (!file)
		return;
	if (fgets(boot_id, HEARTBEAT_BOOT_ID_SIZE, file))
		boot_id[strcspn(boot_id, "\n")] = '\0';
	fclose(file);
}

static json_t *text_or_null(const char *text)
{
	return text && *text ? json_string(text) : json_null();
}

static json_t *digest_of(const json_t *state, const char *key)
{
	const json_t *digest = json_object_get(state, key);

	return json_string_length(digest) == 64 ? json_string(json_string_value(digest))
						: json_null();
}

static json_t *number_of(const struct heartbeat_facts *facts, const char *key)
{
	const json_t *number = json_object_get(facts->sensor, key);

	return json_is_integer(number) ? json_integer(json_integer_value(number)) : json_null();
}

static json_t *make_counters(const struct heartbeat_facts *facts)
{
	json_t *object = json_object();

	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		json_object_set_new(object, counters[i], number_of(facts, counters[i]));
	return object;
}

static json_t *make_last_event(const struct heartbeat_facts *facts)
{
	const json_t *time = json_object_get(facts->sensor, "time");
	char text[TIME_SIZE];

	if (json_integer_value(time) <= 0)
		return json_null();
	return json_pack("{s:o, s:s}", "serial", number_of(facts, "serial"), "time",
			 text_time(json_integer_value(time), text, sizeof(text)));
}

static unsigned count_failing(const struct heartbeat_facts *facts)
{
	unsigned count = 0;

	for (size_t i = 0; i < facts->sinks.count; i++)
		count += facts->sinks.items[i]->past.failing;
	return count;
}

static const char *make_message(const struct heartbeat_facts *facts, const char *host,
				char message[MESSAGE_SIZE])
{
	char line[HOST_NAME_SIZE];

	snprintf(message, MESSAGE_SIZE,
		 "capwatch %s works on %s: %" PRId64 " alerts so far, %" PRId64
		 " losses of coverage now, %u of %zu sinks failing%s",
		 CAPWATCH_VERSION, text_to_line(host, strlen(host), line, sizeof(line)),
		 (int64_t)json_integer_value(json_object_get(facts->sensor, "alerts")),
		 (int64_t)json_integer_value(json_object_get(facts->sensor, "losses")),
		 count_failing(facts), facts->sinks.count,
		 facts->sensor ? "" : "; the sensor has not reported yet");
	return message;
}

static json_t *make_object(const struct heartbeat_facts *facts)
{
	char host[HOST_NAME_SIZE] = "unknown", time[TIME_SIZE], id[64];
	char message[MESSAGE_SIZE];

	if (gethostname(host, sizeof(host) - 1) == 0)
		host[sizeof(host) - 1] = '\0';
	snprintf(id, sizeof(id), "hb-%" PRId64 "-%08x", facts->now,
		 (unsigned)crc32c(0, host, strlen(host)));
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:I, s:{s:s, s:o, s:o}, s:{s:o}, "
		"s:o, s:o, s:{s:o}, s:o}",
		"schema", "capwatch.heartbeat/1", "id", id, "time",
		text_time(facts->now, time, sizeof(time)), "host", host, "boot_id",
		text_or_null(facts->boot_id), "version", CAPWATCH_VERSION, "mode",
		vocab_word(&vocab_mode, facts->settings->mode), "severity",
		vocab_word(&vocab_severity, SEVERITY_LOW), "message",
		make_message(facts, host, message), "interval_seconds",
		(json_int_t)(facts->settings->heartbeat_ms / 1000), "digests", "configuration",
		facts->settings->digest, "baseline", digest_of(facts->sensor, "baseline"), "rules",
		digest_of(facts->rules, "rules"), "coverage", "losses", number_of(facts, "losses"),
		"last_event", make_last_event(facts), "counters", make_counters(facts), "sensor",
		"age_seconds",
		facts->sensor ? json_integer(facts->sensor_age_ms / 1000) : json_null(), "sinks",
		sink_report_all(&facts->sinks, sink_report, facts->now));
}

struct parcel *heartbeat_make(const struct heartbeat_facts *facts)
{
	json_t *object = make_object(facts);
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	struct parcel *parcel = NULL;

	if (text)
		parcel = parcel_new(SEVERITY_LOW, DISPOSITION_ALERT, text, strlen(text));
	if (parcel)
		parcel->kind = PARCEL_HEARTBEAT;
	free(text);
	json_decref(object);
	return parcel;
}

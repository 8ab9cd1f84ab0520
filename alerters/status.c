/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/status.h"

#include <unistd.h>
#include "alerters/status_file.h"
#include "common/text.h"

enum { TIME_SIZE = 32 };

static json_t *number_of(const struct status_facts *facts, const char *key)
{
	const json_t *number = json_object_get(facts->sensor, key);

	return json_is_integer(number) ? json_integer(json_integer_value(number)) : json_null();
}

static json_t *make_sensor(const struct status_facts *facts)
{
	return json_pack("{s:b, s:o, s:o, s:o, s:o}", "connected", facts->sensor_connected,
			 "age_seconds",
			 facts->sensor ? json_integer(facts->sensor_age_ms / 1000) : json_null(),
			 "alerts", number_of(facts, "alerts"), "events", number_of(facts, "events"),
			 "losses", number_of(facts, "losses"));
}

static json_t *make_object(const struct status_facts *facts)
{
	char time[TIME_SIZE];

	return json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:I, s:o, s:o}", "schema", STATUS_SCHEMA,
			 "time", text_time(facts->now, time, sizeof(time)), "pid",
			 (json_int_t)getpid(), "version", CAPWATCH_VERSION, "mode",
			 vocab_word(&vocab_mode, facts->settings->mode), "configuration",
			 facts->settings->digest, "unacknowledged",
			 (json_int_t)facts->unacknowledged, "sensor", make_sensor(facts), "sinks",
			 sink_report_all(&facts->sinks, sink_report_whole, facts->now));
}

void status_write(const char *spool_folder, const struct status_facts *facts)
{
	json_t *object = make_object(facts);

	status_file_write(spool_folder, object);
	json_decref(object);
}

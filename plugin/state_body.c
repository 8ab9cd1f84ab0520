/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/state_body.h"

#include <jansson.h>

char *state_body_make(const struct judge *judge, const struct configuration *configuration)
{
	struct judge_stats stats;
	uint64_t malformed;
	json_t *object;
	char *text = NULL;

	judge_get_stats(judge, &stats);
	malformed = stats.malformed_records + stats.oversized_records + stats.incomplete_events +
		    stats.unparsable_events;
	object = json_pack(
		"{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
		"configuration", configuration->settings->digest, "baseline",
		configuration->baseline->digest, "serial", (json_int_t)stats.last_serial, "time",
		(json_int_t)stats.last_time, "losses", (json_int_t)stats.coverage_losses, "bytes",
		(json_int_t)stats.bytes, "records", (json_int_t)stats.records, "events",
		(json_int_t)stats.events_judged, "transitions", (json_int_t)stats.transitions,
		"gains", (json_int_t)stats.gains, "alerts", (json_int_t)stats.alerts, "folded",
		(json_int_t)stats.folded, "malformed", (json_int_t)malformed, "processes",
		(json_int_t)stats.ledger_processes);
	if (object)
		text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	return text;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/sink_report.h"

#include <string.h>
#include "common/text.h"

enum { TIME_SIZE = 32 };

static int64_t oldest_seconds(const struct sink *sink, int64_t now)
{
	int64_t oldest = spool_oldest(sink->spool);

	return oldest > 0 && oldest < now ? (now - oldest) / 1000 : 0;
}

json_t *sink_report(const struct sink *sink, int64_t now)
{
	return json_pack(
		"{s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "name", sink->settings->name,
		"type", vocab_word(&vocab_sink_type, sink->settings->type), "healthy",
		!sink->past.failing, "waiting", (json_int_t)spool_count(sink->spool),
		"oldest_seconds", (json_int_t)oldest_seconds(sink, now), "unsafe",
		(json_int_t)spool_unsafe_count(sink->spool), "delivered",
		(json_int_t)spool_delivered(sink->spool), "retried", (json_int_t)sink->past.retried,
		"given_up", (json_int_t)sink->past.given_up, "dropped",
		(json_int_t)sink_dropped(sink));
}

static json_t *next_try(const struct sink *sink, int64_t now)
{
	int64_t at = sink_wall_time(sink, sink->retry.at);

	if (sink->retry.at == 0 || spool_count(sink->spool) == 0)
		return json_null();
	return json_integer(at > now ? (at - now) / 1000 : 0);
}

json_t *sink_report_whole(const struct sink *sink, int64_t now)
{
	json_t *object = sink_report(sink, now);
	const char *error = sink->past.last_error;
	char time[TIME_SIZE];

	json_object_set_new(object, "held_back",
			    json_integer((json_int_t)spool_tally(sink->spool, SPOOL_HELD_BACK)));
	json_object_set_new(object, "last_error",
			    *error ? text_to_json(error, strlen(error)) : json_null());
	json_object_set_new(
		object, "last_error_time",
		*error ? json_string(text_time(sink->past.last_error_at, time, sizeof(time)))
		       : json_null());
	json_object_set_new(object, "next_try_seconds", next_try(sink, now));
	return object;
}

json_t *sink_report_all(const struct sink_list *sinks,
			json_t *(*report)(const struct sink *, int64_t), int64_t now)
{
	json_t *list = json_array();

	for (size_t i = 0; i < sinks->count; i++)
		json_array_append_new(list, report(sinks->items[i], now));
	return list;
}

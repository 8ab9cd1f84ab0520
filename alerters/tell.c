/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/tell.h"

#include <inttypes.h>
#include <syslog.h>
#include "alerters/loss.h"

enum { DROPS_AGAIN_MS = 60 * 60 * 1000 };

static void offer(const struct sink_list *sinks, struct parcel *parcel, const struct sink *but,
		  int64_t now)
{
	for (size_t i = 0; i < sinks->count; i++)
		if (sinks->items[i] != but)
			sink_offer(sinks->items[i], parcel, now);
}

/* ---- drops ---- */

/* Once the sink works again, so that the count is complete and the report is not the next to be
 * dropped. */
static bool is_over(const struct sink *sink)
{
	return !sink->past.failing &&
	       spool_count(sink->spool) < (size_t)sink->settings->spool.max_count / 2;
}

static void tell_drops_so_far(const struct sink_list *sinks, struct sink *sink, int64_t now)
{
	uint64_t count = spool_tally(sink->spool, SPOOL_DROPPED);
	struct parcel *report;

	if (now < sink->past.drops_tell_at)
		return;
	sink->past.drops_tell_at = now + DROPS_AGAIN_MS;
	if (count == sink->past.drops_told)
		return;
	report = loss_report_so_far(sink->settings->name, count, sink_wall_time(sink, now));
	if (!report)
		return;
	sink->past.drops_told = count;
	offer(sinks, report, sink, now);
	parcel_unref(report);
}

static uint64_t tell_drops_in_all(const struct sink_list *sinks, struct sink *sink, int64_t now)
{
	uint64_t count = spool_tally(sink->spool, SPOOL_DROPPED);
	struct parcel *report = loss_report(sink->settings->name, count, sink_wall_time(sink, now));

	if (!report)
		return 0;
	sink_forget_drops(sink);
	log_line(sink->tools->log, LOG_ERR,
		 "sink %s: %" PRIu64 " alerts were dropped while its queue was full",
		 sink->settings->name, count);
	offer(sinks, report, NULL, now);
	parcel_unref(report);
	return count;
}

uint64_t tell_drops(const struct sink_list *sinks, int64_t now)
{
	uint64_t told = 0;

	for (size_t i = 0; i < sinks->count; i++) {
		struct sink *sink = sinks->items[i];

		if (spool_tally(sink->spool, SPOOL_DROPPED) == 0)
			continue;
		if (is_over(sink))
			told += tell_drops_in_all(sinks, sink, now);
		else
			tell_drops_so_far(sinks, sink, now);
	}
	return told;
}

/* ---- storms ---- */

/* Said to this sink alone: the others had what it lacks. */
void tell_held_back(const struct sink_list *sinks, int64_t now, bool ending)
{
	for (size_t i = 0; i < sinks->count; i++) {
		struct sink *sink = sinks->items[i];
		uint64_t count = sink_held_back(sink, ending ? SINK_NEVER : now);
		struct parcel *report;

		if (count == 0)
			continue;
		report = loss_report_storm(sink->settings->name, count, sink_wall_time(sink, now));
		if (!report)
			continue;
		sink_forget_held_back(sink);
		sink_push(sink, report, now);
		parcel_unref(report);
	}
}

/* ---- spools ---- */

static const struct sink *first_unsafe(const struct sink_list *sinks)
{
	for (size_t i = 0; i < sinks->count; i++)
		if (sinks->items[i]->past.unsafe_said)
			return sinks->items[i];
	return NULL;
}

/* They mostly share a disk, and what one of them met the others meet: the log has each. */
void tell_faults(const struct sink_list *sinks, int64_t now, bool *told)
{
	const struct sink *sink = first_unsafe(sinks);
	struct parcel *report;
	int64_t wall;

	if (*told == (sink != NULL) || sinks->count == 0)
		return;
	wall = sink_wall_time(sinks->items[0], now);
	report = sink ? loss_report_spool(sink->settings->name, sink->past.unsafe_why.text, wall)
		      : loss_report_spool_again(wall);
	if (!report)
		return;
	*told = !*told;
	offer(sinks, report, NULL, now);
	parcel_unref(report);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status: how the courier is, as the file .status.json in the spool's folder, for `capwatch
 * status`. Owns: its keys, its place, that a reader never sees half of it. Must not own: when it is
 * written. A sink's name has no dot in front, so that no sink's folder is in the file's way.
 */
#ifndef CAPWATCH_STATUS_H
#define CAPWATCH_STATUS_H

#include <jansson.h>
#include <stdint.h>
#include "alerters/sink_report.h"
#include "common/error.h"
#include "conf/settings.h"

enum {
	STATUS_EVERY_MS = 10 * 1000, /* and a second after a sink's health has changed */
	STATUS_CHANGE_MS = 1000,
	STATUS_STALE_MS = 3 * STATUS_EVERY_MS, /* older: the courier does not run, or hangs */
};

#define STATUS_SCHEMA "capwatch.status/1"

struct status_facts {
	const struct settings *settings;
	const json_t *sensor;  /* the body of its last WIRE_STATE; NULL: none came yet */
	int64_t sensor_age_ms; /* of that */
	bool sensor_connected;
	size_t unacknowledged; /* alerts that the sensor keeps until they are safe here */
	struct sink_list sinks;
	int64_t now; /* ms since the epoch */
};

/* Losing it harms no alert, and its age shows it: so no error is given. */
void status_write(const char *spool_folder, const struct status_facts *facts);

/* What was written last; NULL with err when there is none, or it is none of ours. It comes from a
 * folder of the courier's: a courier taken over may have written anything. */
json_t *status_read(const char *spool_folder, struct error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status: how the courier is, for `capwatch status`. Owns: its keys. Must not own: where it is
 * written (status_file), and when.
 */
#ifndef CAPWATCH_STATUS_H
#define CAPWATCH_STATUS_H

#include <jansson.h>
#include <stdint.h>
#include "alerters/sink_report.h"
#include "conf/settings.h"

struct status_facts {
	const struct settings *settings;
	const json_t *sensor;  /* the body of its last WIRE_STATE; NULL: none came yet */
	int64_t sensor_age_ms; /* of that */
	bool sensor_connected;
	size_t unacknowledged; /* alerts that the sensor keeps until they are safe here */
	struct sink_list sinks;
	int64_t now; /* ms since the epoch */
};

/* To the file in the spool's folder (status_file_write()). */
void status_write(const char *spool_folder, const struct status_facts *facts);

#endif

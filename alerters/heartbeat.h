/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heartbeat: the message that says that capwatch works on this host, and how
 * (docs/heartbeat.schema.json), so that a SIEM can tell a quiet host from a silenced one.
 * Owns: its form. Must not own: when it is sent, or to whom.
 */
#ifndef CAPWATCH_HEARTBEAT_H
#define CAPWATCH_HEARTBEAT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include "alerters/parcel.h"
#include "alerters/sink_report.h"
#include "conf/settings.h"

enum {
	HEARTBEAT_FIRST_MS = 3000, /* after the start: by then the sensor has told of itself */
	HEARTBEAT_BOOT_ID_SIZE = 64,
};

struct heartbeat_facts {
	const struct settings *settings;
	const json_t *sensor;  /* the body of its last WIRE_STATE; NULL: none came yet */
	int64_t sensor_age_ms; /* of that */
	const json_t *rules;   /* the body of the supervisor's last WIRE_STATE, or NULL */
	const char *boot_id;   /* "" where there is none */
	struct sink_list sinks;
	int64_t now; /* ms since the epoch */
};

/* Once, while /proc can still be read. "" where there is none. */
void heartbeat_read_boot_id(char boot_id[HEARTBEAT_BOOT_ID_SIZE]);

/* A parcel of kind PARCEL_HEARTBEAT, its reference the caller's; NULL when memory is out. What the
 * sensor sent is taken by its known names and types alone. */
struct parcel *heartbeat_make(const struct heartbeat_facts *facts);

#endif

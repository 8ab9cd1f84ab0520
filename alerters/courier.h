/* SPDX-License-Identifier: Apache-2.0 */
/*
 * courier: the process that delivers. Its user has no capabilities; it has the network, and it
 * alone of capwatch's processes writes files. Owns: the loop, the sinks of the configuration, and
 * the promise that an acknowledged alert is safe: every sink that wants it has delivered it, or has
 * it on disk in its spool. One sink's trouble, or its spool's, does not hold up the rest. Must not
 * own: what is worth an alert. It parses alerts as JSON and believes nothing else in them.
 */
#ifndef CAPWATCH_COURIER_H
#define CAPWATCH_COURIER_H

#include <stdbool.h>
#include <stdint.h>
#include "common/error.h"
#include "common/log.h"

/* The descriptors that the supervisor leaves it; plugin/supervisor.h says what end of file on each
 * means. */
enum { COURIER_SENSOR_FD = 3, COURIER_SUPERVISOR_FD = 4 };

struct courier_options {
	const char *config_file;
	int sensor_fd;
	int supervisor_fd; /* -1: none */
	bool foreground;   /* logs to stderr; stays traceable */
	bool narrow;	   /* holds itself to the files and system calls that it needs */
	int64_t drain_ms;  /* 0 or more: end when the sensor's socket does, after waiting this long
			    * for the  sinks (a replay). -1: wait for a new sensor */
};

/* The whole life of the courier's process: confines it, logs, runs. Returns its exit status: 0, 1
 * when it drained and something was not delivered, 2 when it could not begin, WIRE_EXIT_ANEW when a
 * new configuration needs files that this process has shut itself out from. */
int courier_main(const struct courier_options *options);

/* The loop alone, in the process as it is unless it is to narrow it. Takes the two descriptors.
 * Returns 0 when it ended with all delivered, 1 when something was not, WIRE_EXIT_ANEW, -1 with err
 * when it could not begin. */
int courier_run(const struct courier_options *options, const struct logger *log, struct error *err);

#endif

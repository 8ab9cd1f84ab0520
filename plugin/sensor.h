/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor: the process that reads the audit stream and judges it. Uid capwatch, two capabilities.
 * Owns: the one loop over stream, link and control socket, and the clock given to the judge.
 * Must not own: judgement (judge), queueing (outbox), network, or any file. It never blocks, and
 * makes no call on its way from record to alert that the shipped rules record: auditd's dispatcher
 * blocks when a plugin does, and then every audited process on the host.
 *
 * The supervisor stops it by end of file on the control socket (supervisor.h), which is also how it
 * learns of the supervisor's death.
 */
#ifndef CAPWATCH_SENSOR_H
#define CAPWATCH_SENSOR_H

#include <sys/types.h>
#include "common/error.h"
#include "plugin/configuration.h"
#include "plugin/pulse.h"
#include "plugin/stumbles.h"

struct sensor_options {
	const char *config_file;
	struct configuration configuration; /* good; the sensor takes it over */
	int stream, control;
	pid_t supervisor;
	struct pulse *pulse;
	pid_t auditd;			 /* who started the supervisor */
	uint64_t discarded;		 /* bytes of the stream that no sensor got */
	const struct stumbles *stumbles; /* events to leave out */
};

enum {
	SENSOR_DRAIN_MS = 1000,	 /* when told to stop: to read what already waits in the stream */
	SENSOR_FINISH_MS = 5000, /* then, and at the stream's end: to have alerts acknowledged */
};

/* What it ended with: the process's exit status. */
enum sensor_end {
	SENSOR_DONE = 0,   /* stream at its end, or told to stop; every alert is with the courier */
	SENSOR_FAILED = 1, /* err says why */
	SENSOR_UNDELIVERED = 3, /* as done, but the courier did not take every alert in time */
};

/* Runs until then. Called with privileges reduced already. */
enum sensor_end sensor_run(const struct sensor_options *options, struct error *err);

#endif

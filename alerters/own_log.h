/* SPDX-License-Identifier: Apache-2.0 */
/*
 * own_log: the courier's logger to syslog. syslog(3) waits when the receiver does not read, and all
 * sinks would wait with it; this one leaves the line out instead.
 * Must not own: alerts (sink_syslog delivers those, and loses none).
 */
#ifndef CAPWATCH_OWN_LOG_H
#define CAPWATCH_OWN_LOG_H

#include "common/log.h"

struct own_log {
	const char *ident;
	const char *path;
	int socket; /* -1: not connected */
};

/* Fills in both; own, ident and path must outlive the logger. */
void own_log_open(struct own_log *own, const char *ident, const char *path, struct logger *log);
void own_log_close(struct own_log *own);

#endif

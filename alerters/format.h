/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format: an alert's JSON as a receiver wants it. Escaping happens here and nowhere else in the
 * courier. Owns: the forms. Must not own: sockets, queues, what is delivered.
 */
#ifndef CAPWATCH_FORMAT_H
#define CAPWATCH_FORMAT_H

#include <stddef.h>
#include <sys/types.h>
#include "common/error.h"

/* One alert from the sensor as one line of JSON, checked to be one object (what the sensor sends is
 * not taken on trust: it parses what attackers write). Returns a new string, its length in *length,
 * which the caller frees; NULL with err. */
char *format_native(const char *json, size_t size, size_t *length, struct error *err);

/* Not more than any local receiver takes in one datagram. */
enum { SYSLOG_FRAME_MAX = 8192 };

struct syslog_origin {
	int facility; /* LOG_AUTHPRIV and so on */
	pid_t pid;    /* the courier's */
};

/*
 * The RFC 5424 frame of an alert (format_native()'s line), without a terminator of the transport:
 *   <PRI>1 TIME HOST capwatch PID REASON [capwatch@32473 id="..." severity="..." ...] MESSAGE
 * Severities: critical LOG_CRIT, high LOG_ERR, medium LOG_WARNING, low LOG_NOTICE.
 * A value too long is cut and ends in "..."; the frame never is. Returns its length; 0 when json is
 * no alert.
 */
size_t format_syslog(const struct syslog_origin *origin, const char *json, size_t size,
		     char frame[SYSLOG_FRAME_MAX]);

#endif

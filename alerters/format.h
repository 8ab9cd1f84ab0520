/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format: an alert's JSON as a receiver wants it. Escaping happens here and nowhere else in the
 * courier. Owns: the table of formats; each has a file of its own, format_NAME.c. Must not own:
 * sockets, queues, what is delivered, which format fits which type of sink (conf/settings).
 */
#ifndef CAPWATCH_FORMAT_H
#define CAPWATCH_FORMAT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <jansson.h>
#include "common/error.h"
#include "common/vocab.h"

/* An alert's JSON, checked to be one object without a key twice (what the sensor sends is not taken
 * on trust: it parses what attackers write). A new reference; NULL with err. */
json_t *format_parse(const char *json, size_t size, struct error *err);

/* What a parsed alert is kept and queued as: one line of JSON. Returns a new string, its length in
 * *length, which the caller frees; NULL with err. */
char *format_native(const json_t *alert, size_t *length, struct error *err);

/* Not more than any local receiver takes in one datagram. */
enum { SYSLOG_FRAME_MAX = 8192 };

/* What a format needs beside the alert. */
struct format_context {
	enum sink_format format;
	int facility;	 /* of a syslog frame: LOG_AUTHPRIV and so on */
	pid_t pid;	 /* of a syslog frame: the courier's; 0: left out */
	int64_t ends_at; /* alertmanager: when the alert counts as resolved, ms since the epoch */
};

/* The alert in the context's format, without a line's or a transport's terminator. Returns a new
 * string, its length in *length, which the caller frees; NULL with err. It holds no newline and,
 * but for what JSON escapes, no control character. */
char *format_alert(const struct format_context *context, const json_t *alert, size_t *length,
		   struct error *err);

/* The same of format_native()'s line. */
char *format_line(const struct format_context *context, const char *json, size_t *length,
		  struct error *err);

/* "application/json", or what the format demands instead. */
const char *format_content_type(enum sink_format format);

/*
 * The syslog frame (RFC 5424) of an alert, format_native()'s line, for a sink of type syslog:
 *   rfc5424  <PRI>1 TIME HOST capwatch PID REASON [capwatch@32473 id="..." ...] MESSAGE
 *   cef      <PRI>1 TIME HOST capwatch PID REASON - CEF:0|capwatch|...
 * Severities: critical LOG_CRIT, high LOG_ERR, medium LOG_WARNING, low LOG_NOTICE.
 * A value too long is cut and ends in "..."; the frame never is. Returns its length; 0 when json is
 * no alert.
 */
struct syslog_origin {
	int facility;
	pid_t pid;
	enum sink_format format; /* FORMAT_RFC5424 or FORMAT_CEF */
};
size_t format_syslog(const struct syslog_origin *origin, const char *json, size_t size,
		     char frame[SYSLOG_FRAME_MAX]);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syslog_link: the way to one syslog receiver: a local socket, UDP, TCP or TLS. Owns: connecting
 * and sending without ever waiting, and how a frame is marked off on each way: a datagram as it
 * is, a local stream by a NUL, TCP and TLS by its length before it (RFC 6587, RFC 5425).
 * Must not own: what is in a frame, when to try again.
 */
#ifndef CAPWATCH_SYSLOG_LINK_H
#define CAPWATCH_SYSLOG_LINK_H

#include <curl/curl.h>
#include <stdbool.h>
#include "alerters/format.h"
#include "common/error.h"
#include "conf/settings.h"

enum { SYSLOG_LINK_PREFIX_MAX = 16 };

enum link_result { LINK_DONE, LINK_BLOCKED, LINK_CONNECTING, LINK_FAILED };

struct syslog_link {
	const struct sink_settings *settings; /* borrowed */
	CURLM *multi;			      /* borrowed; for TCP and TLS */
	int socket;			      /* -1: not connected */
	bool local_stream;
	CURL *easy; /* of TCP or TLS: owns the socket */
	bool connecting;
	size_t start, end, sent; /* of the frame in buffer; start == end: none is under way */
	char error[CURL_ERROR_SIZE];
	char buffer[SYSLOG_LINK_PREFIX_MAX + SYSLOG_FRAME_MAX + 1];
};

/* 0, or -1 with err when the settings can never work. owner is what CURLINFO_PRIVATE says. */
int syslog_link_open(struct syslog_link *link, const struct sink_settings *settings, CURLM *multi,
		     struct error *err);
void syslog_link_close(struct syslog_link *link);

/* Where a frame is put, SYSLOG_FRAME_MAX bytes; then syslog_link_take() says how long it is. */
char *syslog_link_room(struct syslog_link *link);
void syslog_link_take(struct syslog_link *link, size_t length);
bool syslog_link_has_frame(const struct syslog_link *link);
void syslog_link_forget(struct syslog_link *link);

/* Connects if it must, and sends what is left of the frame. owner: see above. CONNECTING: the multi
 * will say when that has ended, syslog_link_connected() is to be called then. */
enum link_result syslog_link_send(struct syslog_link *link, void *owner, struct error *err);

/* 0, or -1 with err and disconnected. */
int syslog_link_connected(struct syslog_link *link, CURLcode code, struct error *err);

/* A frame cut off is sent whole again on the next connection. */
void syslog_link_disconnect(struct syslog_link *link);

/* "/dev/log" or "tls://host:6514", for messages; a pointer into buf or the settings. */
const char *syslog_link_name(const struct syslog_link *link, char *buf, size_t size);

#endif

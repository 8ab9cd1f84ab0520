/* SPDX-License-Identifier: Apache-2.0 */
/*
 * splunk_ack: Splunk's indexer acknowledgement. A 200 of the HTTP Event Collector says that an
 * event arrived, not that it was indexed: on a channel of the sender's, it gives an ackId, and
 * tells later whether that is indexed. Owns: the channel, what is asked and what a reply says. Must
 * not own: the requests, or what to do with an event that is not indexed.
 */
#ifndef CAPWATCH_SPLUNK_ACK_H
#define CAPWATCH_SPLUNK_ACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "common/error.h"

enum {
	SPLUNK_ACK_POLL_MS = 1000,	     /* between two questions */
	SPLUNK_ACK_PATIENCE_MS = 300 * 1000, /* then the event is sent again */
	SPLUNK_CHANNEL_SIZE = 37,
};

/* A new channel: a random UUID. 0, or -1 with err. */
int splunk_channel_make(char channel[SPLUNK_CHANNEL_SIZE], struct error *err);

/* The address to ask: of "https://h:8088/services/collector/event",
 * "https://h:8088/services/collector/ack?channel=CHANNEL". To be freed; NULL when the address has
 * no /services/collector or memory is out. */
char *splunk_ack_url(const char *url, const char *channel);

/* The ackId of a reply to an event; -1 when it has none: the token is without acknowledgement. */
int64_t splunk_ack_id(const char *reply, size_t length);

/* The question's body; to be freed. */
char *splunk_ack_question(int64_t ack_id);

/* Whether the reply says that it is indexed. */
bool splunk_ack_is_indexed(const char *reply, size_t length, int64_t ack_id);

#endif

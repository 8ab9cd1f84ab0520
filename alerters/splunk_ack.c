/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/splunk_ack.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { QUESTION_SIZE = 48, KEY_SIZE = 24 };

static const char collector[] = "/services/collector";

int splunk_channel_make(char channel[SPLUNK_CHANNEL_SIZE], struct error *err)
{
	unsigned char b[16];

	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		return error_set(err, "no random number for a channel: %s", strerror(errno));
	/* version 4, variant 1 */
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	snprintf(channel, SPLUNK_CHANNEL_SIZE,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		 b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
		 b[15]);
	return 0;
}

char *splunk_ack_url(const char *url, const char *channel)
{
	const char *found = strstr(url, collector);
	size_t size = strlen(url) + sizeof(collector) + strlen(channel) + sizeof("/ack?channel=");
	char *ack = found ? malloc(size) : NULL;

	if (ack)
		snprintf(ack, size, "%.*s%s/ack?channel=%s", (int)(found - url), url, collector,
			 channel);
	return ack;
}

int64_t splunk_ack_id(const char *reply, size_t length)
{
	json_t *root = json_loadb(reply, length, 0, NULL);
	const json_t *id = json_object_get(root, "ackId");
	int64_t value = json_is_integer(id) && json_integer_value(id) >= 0 ? json_integer_value(id)
									   : -1;

	json_decref(root);
	return value;
}

char *splunk_ack_question(int64_t ack_id)
{
	char *body = malloc(QUESTION_SIZE);

	if (body)
		snprintf(body, QUESTION_SIZE, "{\"acks\":[%" PRId64 "]}", ack_id);
	return body;
}

bool splunk_ack_is_indexed(const char *reply, size_t length, int64_t ack_id)
{
	json_t *root = json_loadb(reply, length, 0, NULL);
	char key[KEY_SIZE];
	bool indexed;

	snprintf(key, sizeof(key), "%" PRId64, ack_id);
	indexed = json_is_true(json_object_get(json_object_get(root, "acks"), key));
	json_decref(root);
	return indexed;
}

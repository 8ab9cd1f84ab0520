/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_reply: what a webhook's receiver answers, an attacker's or a broken one's. The input is the
 * status, a line; the value of Retry-After, a line; then the reply's body. Owns: that no answer
 * makes the wait negative, that Splunk's ackId is none or a number that it is asked for again, that
 * what goes into a log is one line without our secrets.
 */
#define _GNU_SOURCE
#include <curl/curl.h>
#include <inttypes.h>
#include <string.h>

#include "alerters/active.h"
#include "alerters/http_headers.h"
#include "alerters/http_reply.h"
#include "alerters/splunk_ack.h"
#include "common/text.h"
#include "tests/fuzz/fuzz.h"

enum { LINE_MAX_SIZE = 200 };

static const int64_t now = INT64_C(1795315000000);
static const char secret[] = "hunter2-hunter2";

struct context {
	struct curl_slist *headers;
};

void *fuzz_begin(void)
{
	struct context *context = calloc(1, sizeof(*context));

	if (!context)
		exit(1);
	context->headers = curl_slist_append(NULL, "Authorization: Bearer hunter2-hunter2");
	return context;
}

static void wait_as_told(const char *value)
{
	int64_t wait = http_reply_wait(value, now);

	FUZZ_CHECK(wait == HTTP_NO_WAIT || wait >= 0);
}

static void read_ack(const char *body, size_t length)
{
	int64_t id = splunk_ack_id(body, length);
	char *question = splunk_ack_question(id);

	FUZZ_CHECK(id >= -1);
	FUZZ_CHECK(question);
	splunk_ack_is_indexed(body, length, id);
	splunk_ack_is_indexed(body, length, 0);
	free(question);
}

/* The start of the body, as it stands in a log. */
static void log_reply(const struct context *context, char *body, size_t length)
{
	char line[LINE_MAX_SIZE];

	http_headers_hide(context->headers, body, length);
	FUZZ_CHECK(!memmem(body, length, secret, sizeof(secret) - 1));
	text_to_line(body, length, line, sizeof(line));
	FUZZ_CHECK(strlen(line) < sizeof(line) && !strpbrk(line, "\r\n\x1b\x7f"));
}

/* The body that an Alertmanager was sent is our own, but made of what attackers write. */
static void tell_again(const char *body)
{
	const struct active_times times = {.now = now, .wall_now = now};
	struct active *active = active_new();

	if (!active)
		return;
	active_note(active, body, &times);
	free(active_body(active, &times));
	active_free(active);
}

void fuzz_run(void *ctx, const uint8_t *bytes, size_t length)
{
	struct fuzz_bytes input = {bytes, length};
	struct fuzz_bytes status_line = fuzz_take_until(&input, '\n');
	struct fuzz_bytes wait_line = fuzz_take_until(&input, '\n');
	char *status = fuzz_text(&status_line), *wait = fuzz_text(&wait_line);
	char *body = fuzz_text(&input);
	enum http_meaning meaning = http_reply_meaning(strtol(status, NULL, 10));

	FUZZ_CHECK(meaning <= HTTP_CLOSED);
	wait_as_told(wait);
	read_ack(body, input.left);
	tell_again(body);
	log_reply(ctx, body, input.left);
	free(status);
	free(wait);
	free(body);
}

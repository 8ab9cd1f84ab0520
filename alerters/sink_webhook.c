/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/sink_webhook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>
#include "alerters/http_headers.h"
#include "alerters/http_reply.h"
#include "alerters/tls_options.h"
#include "common/text.h"

enum {
	REPLY_KEPT_MAX = 4096,	    /* of a reply's body; the rest is read and thrown away */
	REPLY_LINE_MAX = 200,	    /* of its first line, in the log */
	REFUSALS_SAID_MS = 60000,   /* one line in so long, with their number */
	CLOSED_MS = 60 * 60 * 1000, /* a receiver that is gone for good is asked again then */
	WAIT_VALUE_MAX = 64,	    /* of Retry-After */
};

struct webhook_state {
	CURL *easy;
	struct curl_slist *headers;
	bool added;	      /* to the multi: a request is under way */
	bool has_credentials; /* the headers are complete */
	bool closed_said;
	unsigned refusals;	  /* not yet said */
	int64_t refusals_said_at; /* 0: never */
	size_t reply_length;
	char reply[REPLY_KEPT_MAX];
	char wait[WAIT_VALUE_MAX]; /* Retry-After's value; "" for none */
	char error[CURL_ERROR_SIZE];
};

static const struct webhook_format {
	const char *content_type;
} formats[] = {
	[FORMAT_NATIVE] = {"Content-Type: application/json"},
};

static size_t keep_reply(char *data, size_t size, size_t count, void *ctx)
{
	struct webhook_state *state = ctx;
	size_t length = size * count;
	size_t room = sizeof(state->reply) - state->reply_length;

	memcpy(state->reply + state->reply_length, data, length < room ? length : room);
	state->reply_length += length < room ? length : room;
	return length;
}

/* The last of each name counts; a reply 100 before the real one has none. */
static size_t keep_header(char *data, size_t size, size_t count, void *ctx)
{
	static const char name[] = "retry-after:";
	struct webhook_state *state = ctx;
	size_t length = size * count, start = sizeof(name) - 1;

	if (length <= start || strncasecmp(data, name, start) != 0)
		return length;
	while (start < length && (data[start] == ' ' || data[start] == '\t'))
		start++;
	snprintf(state->wait, sizeof(state->wait), "%.*s", (int)(length - start), data + start);
	state->wait[strcspn(state->wait, "\r\n")] = '\0';
	return length;
}

static CURLcode set_request(struct sink *sink, struct webhook_state *state)
{
	const struct sink_settings *settings = sink->settings;
	int64_t connect_ms = settings->connect_timeout_ms < settings->timeout_ms
				     ? settings->connect_timeout_ms
				     : settings->timeout_ms;
	CURL *easy = state->easy;
	CURLcode code = CURLE_OK;

	SET_OPTION(code, easy, CURLOPT_URL, settings->url);
	SET_OPTION(code, easy, CURLOPT_POST, 1L);
	SET_OPTION(code, easy, CURLOPT_HTTPHEADER, state->headers);
	SET_OPTION(code, easy, CURLOPT_USERAGENT, "capwatch/" CAPWATCH_VERSION);
	SET_OPTION(code, easy, CURLOPT_NOSIGNAL, 1L);
	SET_OPTION(code, easy, CURLOPT_TIMEOUT_MS, (long)settings->timeout_ms);
	SET_OPTION(code, easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
	SET_OPTION(code, easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	SET_OPTION(code, easy, CURLOPT_TCP_KEEPALIVE, 1L);
	SET_OPTION(code, easy, CURLOPT_HEADERFUNCTION, keep_header);
	SET_OPTION(code, easy, CURLOPT_HEADERDATA, state);
	SET_OPTION(code, easy, CURLOPT_WRITEFUNCTION, keep_reply);
	SET_OPTION(code, easy, CURLOPT_WRITEDATA, state);
	SET_OPTION(code, easy, CURLOPT_ERRORBUFFER, state->error);
	SET_OPTION(code, easy, CURLOPT_PRIVATE, sink);
	return code;
}

static struct curl_slist *make_headers(const struct sink_settings *settings)
{
	struct curl_slist *headers = curl_slist_append(NULL,
						       formats[settings->format].content_type);
	/* no Expect: a body this small is not worth asking first */
	struct curl_slist *longer = headers ? curl_slist_append(headers, "Expect:") : NULL;

	if (!longer)
		curl_slist_free_all(headers);
	return longer;
}

static void webhook_close(struct sink *sink)
{
	struct webhook_state *state = sink->state;

	if (!state)
		return;
	if (state->added)
		curl_multi_remove_handle(sink->tools->multi, state->easy);
	curl_easy_cleanup(state->easy);
	http_headers_free(state->headers);
	free(state);
	sink->state = NULL;
	sink->busy = false;
}

static int webhook_open(struct sink *sink, struct error *err)
{
	struct webhook_state *state = calloc(1, sizeof(*state));
	CURLcode code = CURLE_OUT_OF_MEMORY;

	if (!state)
		return error_set(err, "out of memory");
	sink->state = state;
	state->easy = curl_easy_init();
	state->headers = make_headers(sink->settings);
	if (state->easy && state->headers)
		code = tls_options_set(state->easy, sink->settings);
	if (code == CURLE_OK)
		code = set_request(sink, state);
	if (code == CURLE_OK)
		return 0;
	webhook_close(sink);
	return error_set(err, "libcurl: %s", curl_easy_strerror(code));
}

static void start_request(struct sink *sink, const struct parcel *parcel, int64_t now)
{
	struct webhook_state *state = sink->state;
	const char *body = parcel->text;
	CURLcode code = CURLE_OK;

	state->reply_length = 0;
	state->wait[0] = '\0';
	state->error[0] = '\0';
	/* not copied: the spool holds the parcel until this request has ended */
	SET_OPTION(code, state->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)parcel->length);
	SET_OPTION(code, state->easy, CURLOPT_POSTFIELDS, body);
	if (code == CURLE_OK &&
	    curl_multi_add_handle(sink->tools->multi, state->easy) == CURLM_OK) {
		state->added = true;
		sink->busy = true;
		return;
	}
	spool_release(sink->spool);
	retry_after_failure(&sink->retry, now, RETRY_LONGEST_MS);
	sink_fails(sink, now, "libcurl cannot start a request");
}

/* Secrets are read when the first request is made: a file that is not there yet is waited for, and
 * a reload, which makes the sink anew, reads them again. */
static int ensure_credentials(struct sink *sink, struct error *err)
{
	struct webhook_state *state = sink->state;
	struct curl_slist *headers;

	if (state->has_credentials)
		return 0;
	headers = make_headers(sink->settings);
	if (!headers)
		return error_set(err, "out of memory");
	if (http_headers_append(&headers, sink->settings, err) < 0) {
		http_headers_free(headers);
		return -1;
	}
	http_headers_free(state->headers);
	state->headers = headers;
	state->has_credentials = true;
	curl_easy_setopt(state->easy, CURLOPT_HTTPHEADER, headers);
	return 0;
}

static void webhook_run(struct sink *sink, int64_t now)
{
	struct error err;
	const struct parcel *parcel = spool_first(sink->spool, &err);

	if (ensure_credentials(sink, &err) == 0) {
		start_request(sink, parcel, now);
		return;
	}
	spool_release(sink->spool);
	retry_after_failure(&sink->retry, now, RETRY_LONGEST_MS);
	sink_fails(sink, now, "%s", err.text);
	sink_wait(sink, now);
}

static const char *first_line(const struct webhook_state *state, char *buf, size_t size)
{
	const char *end = memchr(state->reply, '\n', state->reply_length);
	size_t length = end ? (size_t)(end - state->reply) : state->reply_length;

	if (length > 0 && state->reply[length - 1] == '\r')
		length--;
	return text_to_line(state->reply, length, buf, size);
}

static void say_failure(struct sink *sink, int64_t now, long status, CURLcode code)
{
	struct webhook_state *state = sink->state;
	char line[REPLY_LINE_MAX];

	if (status >= 300 && status < 400)
		sink_fails(sink, now,
			   "HTTP status %ld: redirects are not followed, give the final address as "
			   "url",
			   status);
	else if (status > 0)
		sink_fails(sink, now, "HTTP status %ld: %s", status,
			   first_line(state, line, sizeof(line)));
	else
		sink_fails(sink, now, "%s",
			   state->error[0] ? state->error : curl_easy_strerror(code));
}

static void try_later(struct sink *sink, int64_t now, CURLcode code, long status)
{
	struct webhook_state *state = sink->state;
	int64_t wait = status > 0 ? http_reply_wait(state->wait, now + sink->tools->wall_offset)
				  : HTTP_NO_WAIT;

	spool_release(sink->spool);
	if (wait > 0)
		retry_after_hint(&sink->retry, now, wait);
	else
		retry_after_failure(&sink->retry, now, RETRY_LONGEST_MS);
	say_failure(sink, now, status, code);
	sink_wait(sink, now);
}

/* The receiver says that there is nothing at its address any more, and not to come again. */
static void pause_sink(struct sink *sink, int64_t now, long status)
{
	struct webhook_state *state = sink->state;

	spool_release(sink->spool);
	retry_after_hint(&sink->retry, now, CLOSED_MS);
	sink_fails(sink, now, "HTTP status %ld", status);
	if (!state->closed_said)
		log_line(sink->tools->log, LOG_ERR,
			 "sink %s: HTTP status %ld, gone for good: paused; it is asked again in an "
			 "hour, and on SIGHUP",
			 sink->settings->name, status);
	state->closed_said = true;
	sink_wait(sink, now);
}

static void say_refusal(struct sink *sink, int64_t now, long status)
{
	struct webhook_state *state = sink->state;
	char line[REPLY_LINE_MAX];

	state->refusals++;
	if (state->refusals_said_at != 0 && now - state->refusals_said_at < REFUSALS_SAID_MS)
		return;
	log_line(sink->tools->log, LOG_ERR,
		 "sink %s: refused for good, alerts: %u, HTTP status %ld: %s", sink->settings->name,
		 state->refusals, status, first_line(state, line, sizeof(line)));
	state->refusals = 0;
	state->refusals_said_at = now;
}

static void give_up(struct sink *sink, int64_t now, long status)
{
	char line[REPLY_LINE_MAX], why[REPLY_LINE_MAX + 64];

	say_refusal(sink, now, status);
	snprintf(why, sizeof(why), "HTTP status %ld: %s", status,
		 first_line(sink->state, line, sizeof(line)));
	sink_give_up(sink, why);
	retry_reset(&sink->retry);
}

static void request_ended(struct sink *sink, CURLcode code, int64_t now)
{
	struct webhook_state *state = sink->state;
	long status = 0;

	/* Before the handle leaves the multi. A status decides even if the reply's body then broke
	 * off: the receiver has said what it makes of the alert. */
	curl_easy_getinfo(state->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_multi_remove_handle(sink->tools->multi, state->easy);
	state->added = false;
	sink->busy = false;
	switch (http_reply_meaning(status)) {
	case HTTP_TAKEN:
		state->closed_said = false;
		spool_done(sink->spool);
		sink_works(sink);
		break;
	case HTTP_AGAIN:
		try_later(sink, now, code, status);
		break;
	case HTTP_REFUSED:
		give_up(sink, now, status);
		break;
	case HTTP_CLOSED:
		pause_sink(sink, now, status);
		break;
	}
}

void sink_webhook_finish(CURLM *multi, int64_t now)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(multi, &left))) {
		CURLcode code = message->data.result;
		char *sink = NULL;
		struct sink *ended;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &sink);
		ended = (struct sink *)(void *)sink;
		ended->ops->ended(ended, code, now);
	}
}

const struct sink_ops sink_webhook_ops = {
	.open = webhook_open,
	.close = webhook_close,
	.run = webhook_run,
	.ended = request_ended,
};

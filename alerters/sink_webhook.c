/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/sink_webhook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>
#include <time.h>
#include "alerters/active.h"
#include "alerters/format.h"
#include "alerters/http_headers.h"
#include "alerters/http_reply.h"
#include "alerters/splunk_ack.h"
#include "alerters/tls_options.h"
#include "alerters/webhook_request.h"
#include "common/text.h"

enum {
	REPLY_KEPT_MAX = 4096, /* of a reply's body; the rest is read and thrown away */
	REPLY_LINE_MAX = 200,  /* of its first line, in the log */
	HEADER_MAX = 128,
	REFUSALS_SAID_MS = 60000,   /* one line in so long, with their number */
	CLOSED_MS = 60 * 60 * 1000, /* a receiver that is gone for good is asked again then */
	WAIT_VALUE_MAX = 64,	    /* of Retry-After */
};

enum request_kind {
	REQUEST_ALERT,	/* what the spool holds first */
	REQUEST_ACK,	/* asks Splunk whether that is indexed */
	REQUEST_RESEND, /* tells Alertmanager again what is active */
};

struct webhook_state {
	CURL *easy;
	struct curl_slist *headers;	/* of every request */
	const struct curl_slist *given; /* of those, what the settings ask for */
	struct webhook_request request;
	enum request_kind kind;
	char channel[SPLUNK_CHANNEL_SIZE]; /* indexer_ack */
	char *ack_url;			   /* indexer_ack; NULL: it is not asked for */
	int64_t ack_id;			   /* what the first of the spool waits for; -1: nothing */
	int64_t ack_until;
	bool no_ack_said;
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

	SET_OPTION(code, easy, CURLOPT_POST, 1L);
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

static struct curl_slist *make_headers(const struct sink_settings *settings, const char *channel)
{
	char type[HEADER_MAX], splunk[HEADER_MAX];
	/* no Expect: a body this small is not worth asking first */
	const char *const lines[] = {type, "Expect:", splunk};
	struct curl_slist *headers = NULL;

	snprintf(type, sizeof(type), "Content-Type: %s", format_content_type(settings->format));
	snprintf(splunk, sizeof(splunk), "X-Splunk-Request-Channel: %s", channel);
	for (size_t i = 0; i < (settings->indexer_ack ? 3 : 2); i++) {
		struct curl_slist *longer = curl_slist_append(headers, lines[i]);

		if (!longer) {
			curl_slist_free_all(headers);
			return NULL;
		}
		headers = longer;
	}
	return headers;
}

static void webhook_close(struct sink *sink)
{
	struct webhook_state *state = sink->state;

	if (!state)
		return;
	if (state->added)
		curl_multi_remove_handle(sink->tools->multi, state->easy);
	curl_easy_cleanup(state->easy);
	webhook_request_free(&state->request);
	http_headers_free(state->headers);
	free(state->ack_url);
	free(state);
	sink->state = NULL;
	sink->busy = false;
}

/* What a format needs beside its body. */
static int prepare_format(struct sink *sink, struct webhook_state *state, struct error *err)
{
	const struct sink_settings *settings = sink->settings;

	state->ack_id = -1;
	if (settings->format == FORMAT_ALERTMANAGER && !sink->active) {
		sink->active = active_new();
		if (!sink->active)
			return error_set(err, "out of memory");
	}
	if (!settings->indexer_ack)
		return 0;
	if (splunk_channel_make(state->channel, err) < 0)
		return -1;
	state->ack_url = splunk_ack_url(settings->url, state->channel);
	if (!state->ack_url)
		return error_set(err,
				 "indexer_ack: the url has no /services/collector, below which "
				 "Splunk is asked for acknowledgements");
	return 0;
}

static int webhook_open(struct sink *sink, struct error *err)
{
	struct webhook_state *state = calloc(1, sizeof(*state));
	CURLcode code = CURLE_OUT_OF_MEMORY;

	if (!state)
		return error_set(err, "out of memory");
	sink->state = state;
	if (prepare_format(sink, state, err) < 0) {
		webhook_close(sink);
		return -1;
	}
	state->easy = curl_easy_init();
	state->headers = make_headers(sink->settings, state->channel);
	state->request.settings = sink->settings;
	state->request.fixed = state->headers;
	if (state->easy && state->headers)
		code = tls_options_set(state->easy, sink->settings);
	if (code == CURLE_OK)
		code = set_request(sink, state);
	if (code == CURLE_OK)
		return 0;
	webhook_close(sink);
	return error_set(err, "libcurl: %s", curl_easy_strerror(code));
}

static void cannot_start(struct sink *sink, int64_t now, const char *why)
{
	struct webhook_state *state = sink->state;

	if (state->kind == REQUEST_RESEND)
		return;
	state->ack_id = -1;
	spool_release(sink->spool);
	retry_after_failure(&sink->retry, now, RETRY_LONGEST_MS);
	sink_fails(sink, now, "%s", why);
	sink_wait(sink, now);
}

/* The request is not copied: it stays as it is until the transfer has ended. */
static void start_request(struct sink *sink, const char *url, int64_t now)
{
	struct webhook_state *state = sink->state;
	const struct webhook_request *request = &state->request;
	CURLcode code = CURLE_OK;

	state->reply_length = 0;
	state->wait[0] = '\0';
	state->error[0] = '\0';
	SET_OPTION(code, state->easy, CURLOPT_URL, url);
	SET_OPTION(code, state->easy, CURLOPT_HTTPHEADER, request->headers);
	SET_OPTION(code, state->easy, CURLOPT_POSTFIELDSIZE_LARGE,
		   (curl_off_t)(request->packed ? request->packed_length : request->length));
	SET_OPTION(code, state->easy, CURLOPT_POSTFIELDS,
		   request->packed ? request->packed : request->body);
	if (code == CURLE_OK &&
	    curl_multi_add_handle(sink->tools->multi, state->easy) == CURLM_OK) {
		state->added = true;
		sink->busy = true;
		return;
	}
	cannot_start(sink, now, "libcurl cannot start a request");
}

static struct active_times times_at(int64_t now)
{
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	return (struct active_times){now, (int64_t)wall.tv_sec * 1000 + wall.tv_nsec / 1000000};
}

static void start_ack(struct sink *sink, int64_t now)
{
	struct webhook_state *state = sink->state;
	struct error err;

	state->kind = REQUEST_ACK;
	if (webhook_request_raw(&state->request, "ack", splunk_ack_question(state->ack_id), &err) <
	    0)
		cannot_start(sink, now, err.text);
	else
		start_request(sink, state->ack_url, now);
}

/* Secrets are read when the first request is made: a file that is not there yet is waited for, and
 * a reload, which makes the sink anew, reads them again. */
static int ensure_credentials(struct sink *sink, struct error *err)
{
	struct webhook_state *state = sink->state;
	struct curl_slist *headers, *last;

	if (state->has_credentials)
		return 0;
	headers = make_headers(sink->settings, state->channel);
	if (!headers)
		return error_set(err, "out of memory");
	for (last = headers; last->next; last = last->next)
		;
	if (http_headers_append(&headers, sink->settings, err) < 0) {
		http_headers_free(headers);
		return -1;
	}
	http_headers_free(state->headers);
	state->headers = headers;
	state->given = last->next;
	state->request.fixed = headers;
	state->has_credentials = true;
	return 0;
}

static int make_request(struct sink *sink, int64_t now, struct error *err)
{
	struct webhook_state *state = sink->state;
	const struct parcel *parcel = spool_first(sink->spool, err);
	int64_t ends_at = times_at(now).wall_now + sink->settings->resolve_after_ms;

	if (ensure_credentials(sink, err) < 0)
		return -1;
	return webhook_request_make(&state->request, parcel->text, ends_at, err);
}

static void webhook_run(struct sink *sink, int64_t now)
{
	struct webhook_state *state = sink->state;
	struct error err;

	if (state->ack_id >= 0) {
		start_ack(sink, now);
		return;
	}
	state->kind = REQUEST_ALERT;
	if (make_request(sink, now, &err) < 0)
		cannot_start(sink, now, err.text);
	else
		start_request(sink, sink->settings->url, now);
}

static void webhook_resend(struct sink *sink, int64_t now)
{
	struct webhook_state *state = sink->state;
	struct active_times times = times_at(now);
	char *body = active_body(sink->active, &times);
	struct error err;

	if (!body)
		return;
	state->kind = REQUEST_RESEND;
	/* the sink may be new, from a reload, and not have sent anything yet */
	if (ensure_credentials(sink, &err) < 0) {
		free(body);
		return;
	}
	if (webhook_request_raw(&state->request, "resend", body, &err) == 0)
		start_request(sink, sink->settings->url, now);
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
	sink_give_up(sink, now, why);
	retry_reset(&sink->retry);
}

static void alert_delivered(struct sink *sink)
{
	struct webhook_state *state = sink->state;

	state->closed_said = false;
	spool_done(sink->spool);
	sink_works(sink);
}

/* A 2xx: with indexer_ack Splunk has the alert, and has not indexed it. */
static void alert_taken(struct sink *sink, int64_t now)
{
	struct webhook_state *state = sink->state;
	struct active_times times = times_at(now);
	struct error err;

	if (sink->active && spool_first(sink->spool, &err)->kind == PARCEL_ALERT)
		active_note(sink->active, state->request.body, &times);
	if (state->ack_url)
		state->ack_id = splunk_ack_id(state->reply, state->reply_length);
	if (state->ack_id >= 0) {
		state->ack_until = now + SPLUNK_ACK_PATIENCE_MS;
		sink->retry.at = now + SPLUNK_ACK_POLL_MS;
		return;
	}
	if (state->ack_url && !state->no_ack_said) {
		state->no_ack_said = true;
		log_line(sink->tools->log, LOG_WARNING,
			 "sink %s: indexer_ack: the replies have no ackId; enable acknowledgement "
			 "for the token",
			 sink->settings->name);
	}
	alert_delivered(sink);
}

static void ack_ended(struct sink *sink, CURLcode code, long status, int64_t now)
{
	struct webhook_state *state = sink->state;
	int64_t ack_id = state->ack_id;

	if (http_reply_meaning(status) == HTTP_TAKEN &&
	    splunk_ack_is_indexed(state->reply, state->reply_length, ack_id)) {
		state->ack_id = -1;
		alert_delivered(sink);
	} else if (now >= state->ack_until || http_reply_meaning(status) == HTTP_REFUSED) {
		state->ack_id = -1;
		spool_release(sink->spool);
		retry_after_failure(&sink->retry, now, RETRY_LONGEST_MS);
		sink_fails(sink, now,
			   "Splunk does not acknowledge, status %ld: the alert is sent again",
			   status);
		sink_wait(sink, now);
	} else {
		sink->retry.at = now + SPLUNK_ACK_POLL_MS;
		if (http_reply_meaning(status) != HTTP_TAKEN)
			say_failure(sink, now, status, code);
	}
}

static void alert_ended(struct sink *sink, CURLcode code, long status, int64_t now)
{
	switch (http_reply_meaning(status)) {
	case HTTP_TAKEN:
		alert_taken(sink, now);
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

static void request_ended(struct sink *sink, CURLcode code, int64_t now)
{
	struct webhook_state *state = sink->state;
	long status;

	/* Before the handle leaves the multi. A status decides even if the reply's body then broke
	 * off: the receiver has said what it makes of the alert. */
	transfer_read(state->easy, &sink->transfer);
	status = sink->transfer.status;
	curl_multi_remove_handle(sink->tools->multi, state->easy);
	http_headers_hide(state->given, state->reply, state->reply_length);
	state->added = false;
	sink->busy = false;
	switch (state->kind) {
	case REQUEST_ALERT:
		alert_ended(sink, code, status, now);
		break;
	case REQUEST_ACK:
		ack_ended(sink, code, status, now);
		break;
	case REQUEST_RESEND: /* the next comes in a minute, whatever became of this one */
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
	.resend = webhook_resend,
	.ended = request_ended,
};

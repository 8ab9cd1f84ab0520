/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_stream: the bytes of a stream, from intake to alert. Each input is judged three times: whole
 * and in odd pieces as a replay does, which must give the same alerts; and in odd pieces as the
 * plugin does, with a made-up /proc, a clock, ticks and a reload. Owns: that the courier can read
 * and format what the judge says, however hostile the records were.
 */
#include <string.h>
#include <syslog.h>

#include "alerters/format.h"
#include "alerters/redact.h"
#include "judge/judge.h"
#include "plugin/alert_body.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/made_up_proc.h"

enum {
	PIECE_MAX = 97,
	DELIVERED_MAX =
		4, /* alerts of an input that go on to the courier's side: formats are slow */
	STEP_MS = 40,
	LOSS_EVERY = 4, /* lengths */
};

static const int64_t start = INT64_C(1795315000000); /* of the seeds' records */

struct context {
	struct settings *settings;
	struct baseline *baseline;
};

/* What one judgement gave. */
struct judged {
	const struct context *context;
	uint64_t alerts, digest; /* of their JSON, in order */
	unsigned to_deliver;
};

void *fuzz_begin(void)
{
	static char folder[] = FUZZ_BASELINES;
	char *paths[] = {folder, NULL};
	struct context *context = calloc(1, sizeof(*context));
	struct error err = {""};

	if (!context)
		exit(1);
	context->settings = settings_defaults();
	context->baseline = baseline_load(paths, false, &err);
	if (!context->settings || !context->baseline) {
		fprintf(stderr, "the harness cannot begin: %s\n", err.text);
		exit(1);
	}
	return context;
}

/* ---- what comes out ---- */

static void add_to_digest(struct judged *judged, const char *text)
{
	for (; *text; text++)
		judged->digest = (judged->digest ^ (unsigned char)*text) * 0x100000001b3u;
}

static void format_all(const char *line)
{
	for (unsigned i = 0; i < vocab_sink_format.count; i++) {
		const struct format_context as = {
			.format = (enum sink_format)i, .facility = LOG_AUTHPRIV, .ends_at = start};
		struct error err = {""};
		size_t length;
		char *text = format_line(&as, line, &length, &err);

		FUZZ_CHECK(text);
		fuzz_check_line(text, length);
		free(text);
	}
}

/* As the courier takes it from the wire. */
static void deliver(const struct context *context, const struct alert *alert)
{
	struct outbox_alert message;
	struct error err = {""};
	json_t *parsed;
	size_t length;
	char *line;

	FUZZ_CHECK(alert_body_make(alert, &message));
	parsed = format_parse(message.body, message.length, &err);
	FUZZ_CHECK(parsed);
	redact_alert(context->settings, parsed);
	line = format_native(parsed, &length, &err);
	FUZZ_CHECK(line);
	format_all(line);
	free(line);
	json_decref(parsed);
	free(message.body);
}

static void take_alert(void *ctx, const struct alert *alert)
{
	struct judged *judged = ctx;
	json_t *object = alert_to_json(alert);
	char *text = json_dumps(object, JSON_COMPACT);

	FUZZ_CHECK(text);
	add_to_digest(judged, text);
	if (judged->alerts++ < judged->to_deliver)
		deliver(judged->context, alert);
	free(text);
	json_decref(object);
}

/* ---- judging ---- */

static struct judge *begin(struct judged *judged, const struct proc_reader *proc)
{
	const struct judge_options options = {.settings = judged->context->settings,
					      .baseline = judged->context->baseline,
					      .proc = proc,
					      .alert = take_alert,
					      .alert_ctx = judged};
	struct error err = {""};
	struct judge *judge = judge_new(&options, &err);

	FUZZ_CHECK(judge);
	return judge;
}

/* A length from 1 to PIECE_MAX, or a few times as much as auditd writes at once. */
static size_t next_piece(uint64_t *state, size_t left)
{
	size_t length;

	*state = *state * 6364136223846793005u + 1442695040888963407u;
	length = (size_t)(*state >> 33) % PIECE_MAX + 1;
	if (*state >> 60 == 0)
		length *= PIECE_MAX;
	return length < left ? length : left;
}

/* Bytes of their own, so that a sanitizer sees what reads beyond the piece. */
static void feed_copy(struct judge *judge, const uint8_t *bytes, size_t length, int64_t now)
{
	char *copy = malloc(length);

	if (!copy)
		exit(1);
	memcpy(copy, bytes, length);
	judge_feed(judge, copy, length, now);
	free(copy);
}

static struct judge_stats replay_whole(struct judged *judged, const uint8_t *bytes, size_t length)
{
	struct judge *judge = begin(judged, NULL);
	struct judge_stats stats;

	if (length > 0)
		feed_copy(judge, bytes, length, 0);
	judge_finish(judge, 0);
	judge_get_stats(judge, &stats);
	judge_free(judge);
	return stats;
}

static struct judge_stats replay_in_pieces(struct judged *judged, const uint8_t *bytes,
					   size_t length)
{
	struct judge *judge = begin(judged, NULL);
	struct judge_stats stats;
	uint64_t state = length;

	for (size_t at = 0, piece; at < length; at += piece) {
		piece = next_piece(&state, length - at);
		feed_copy(judge, bytes + at, piece, 0);
	}
	judge_finish(judge, 0);
	judge_get_stats(judge, &stats);
	judge_free(judge);
	return stats;
}

static void run_live(struct judged *judged, const uint8_t *bytes, size_t length)
{
	struct made_up_proc proc = {.salt = length, .boot = start - 5000};
	struct proc_reader reader = made_up_proc_reader(&proc);
	struct judge *judge = begin(judged, &reader);
	uint64_t state = ~(uint64_t)length;
	int64_t now = start;

	judge_seed(judge, now);
	for (size_t at = 0, piece; at < length; at += piece) {
		int64_t deadline = judge_next_deadline(judge);

		piece = next_piece(&state, length - at);
		feed_copy(judge, bytes + at, piece, now);
		now += STEP_MS;
		if (deadline >= 0 && now >= deadline)
			judge_tick(judge, now);
	}
	judge_reconfigure(judge, judged->context->settings, judged->context->baseline, "a harness",
			  now);
	if (length % LOSS_EVERY == 0)
		judge_report_loss(judge, "a harness says so", SEVERITY_HIGH, now);
	judge_tick(judge, now + 60 * 60 * 1000);
	judge_finish(judge, now + 60 * 60 * 1000);
	judge_free(judge);
}

void fuzz_run(void *ctx, const uint8_t *bytes, size_t length)
{
	struct judged whole = {.context = ctx, .to_deliver = DELIVERED_MAX};
	struct judged pieces = {.context = ctx}, live = whole;
	struct judge_stats one = replay_whole(&whole, bytes, length);
	struct judge_stats other = replay_in_pieces(&pieces, bytes, length);

	FUZZ_CHECK(one.bytes == length && other.bytes == length);
	FUZZ_CHECK(one.records == other.records && one.events_judged == other.events_judged);
	FUZZ_CHECK(whole.alerts == pieces.alerts && whole.digest == pieces.digest);
	run_live(&live, bytes, length);
}

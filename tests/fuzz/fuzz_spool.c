/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_spool: what lies in the spool's folder when the courier starts, or when `capwatch spool` and
 * `capwatch status` look: after a crash, a bad disk, or a courier that was taken over. The input is
 * a row of files: a byte for the kind, the length in two bytes, the bytes. Owns: that what is no
 * whole alert is moved aside, that a whole one is given out once, oldest first, and that nothing
 * is left behind in the queue.
 */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "alerters/format.h"
#include "alerters/spool.h"
#include "cli/verbs.h"
#include "tests/fuzz/fuzz.h"

enum { FILES_MAX = 16, MAX_COUNT = 8, MAX_BYTES = 64 * 1024, NAME_SIZE = 64 };

static const char sink[] = "siem";

enum kind {
	KIND_ALERT,	  /* an alert's file, byte by byte */
	KIND_WHOLE_ALERT, /* its facts and text, whose checksums are right */
	KIND_DEAD_ALERT,
	KIND_WHOLE_DEAD_ALERT,
	KIND_CORRUPT_ALERT,
	KIND_WHY,
	KIND_DROPPED,
	KIND_HELD_BACK,
	KIND_STATUS,
	KINDS,
};

/* Where a kind lies: a format for the file's number. */
static const char *const names[KINDS] = {
	[KIND_ALERT] = "%016x.alert",
	[KIND_DEAD_ALERT] = "dead/%016x.alert",
	[KIND_CORRUPT_ALERT] = "corrupt/%016x.alert",
	[KIND_WHY] = "dead/%016x.why",
	[KIND_DROPPED] = "dropped",
	[KIND_HELD_BACK] = "held-back",
	[KIND_STATUS] = "../.status.json",
};

struct context {
	char folder[PATH_MAX], spool[PATH_MAX], sink[PATH_MAX], config[PATH_MAX];
};

static void make_path(char path[PATH_MAX], const char *folder, const char *name)
{
	if (snprintf(path, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX)
		exit(1);
}

void *fuzz_begin(void)
{
	struct context *context = calloc(1, sizeof(*context));
	struct fuzz_bytes text;
	char yaml[PATH_MAX + 64];

	if (!context)
		exit(1);
	snprintf(context->folder, PATH_MAX, "%s", fuzz_folder());
	make_path(context->spool, context->folder, "spool");
	make_path(context->sink, context->spool, sink);
	make_path(context->config, context->folder, "capwatch.yaml");
	snprintf(yaml, sizeof(yaml), "spool: {dir: %s}\nsinks: []\n", context->spool);
	text = (struct fuzz_bytes){(const uint8_t *)yaml, strlen(yaml)};
	fuzz_write(context->folder, "capwatch.yaml", &text);
	fuzz_silence_stdout();
	return context;
}

/* ---- what lies there ---- */

static void store_whole(int folder, unsigned number, struct fuzz_bytes *bytes)
{
	struct spool_file file = {.sequence = number};
	struct fuzz_bytes id;
	struct error err;
	char *text;

	file.severity = fuzz_take_byte(bytes);
	file.disposition = fuzz_take_byte(bytes);
	file.attempts = fuzz_take_short(bytes);
	file.due = (int64_t)((uint64_t)fuzz_take_short(bytes) << 48);
	file.created = (int64_t)((uint64_t)fuzz_take_short(bytes) << 48);
	id = fuzz_take(bytes, sizeof(file.id) - 1);
	if (id.left)
		memcpy(file.id, id.at, id.left);
	text = fuzz_text(bytes);
	file.length = bytes->left;
	FUZZ_CHECK(spool_file_store(folder, &file, text, &err) == 0);
	free(text);
}

static void put_file(const struct context *context, int folder, unsigned number,
		     struct fuzz_bytes *bytes, enum kind kind)
{
	char name[NAME_SIZE];
	struct error err;
	int dead;

	if (kind == KIND_WHOLE_ALERT) {
		store_whole(folder, number, bytes);
	} else if (kind == KIND_WHOLE_DEAD_ALERT) {
		dead = spool_grave_open(folder, SPOOL_DEAD, &err);
		store_whole(dead, number, bytes);
		close(dead);
	} else {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(name, sizeof(name), names[kind], number);
#pragma GCC diagnostic pop
		fuzz_write(context->sink, name, bytes);
	}
}

static void fill_spool(const struct context *context, struct fuzz_bytes *input)
{
	struct error err;
	int folder = spool_folder_open(context->spool, sink, &err);

	FUZZ_CHECK(folder >= 0);
	for (unsigned i = 0; i < FILES_MAX && input->left > 0; i++) {
		enum kind kind = fuzz_take_byte(input) % KINDS;
		struct fuzz_bytes part = fuzz_take(input, fuzz_take_short(input));

		put_file(context, folder, i + 1, &part, kind);
	}
	close(folder);
}

/* ---- who reads it ---- */

/* A verb with up to four words; its status. */
static int run_verb(const struct context *context, int (*verb)(int, char **),
		    const char *const words[4])
{
	static char name[] = "capwatch",
		    option[] = "--config"; /* getopt may move, not change them */
	char *argv[8] = {name, option};
	int argc = 2;

	argv[argc++] = (char *)(uintptr_t)context->config;
	for (int i = 0; i < 4 && words[i]; i++)
		argv[argc++] = (char *)(uintptr_t)words[i];
	return verb(argc, argv);
}

/* Verbs that only look: the others would have a courier of this host told. */
static void look(const struct context *context)
{
	static const char *const list[4] = {"list"}, *const show[4] = {"show", "1", "2", "3"};
	static const char *const text[4] = {NULL}, *const json[4] = {"--json"};
	static const char *const metrics[4] = {"--prometheus"};

	FUZZ_CHECK(run_verb(context, cli_spool, list) == 0);
	FUZZ_CHECK(run_verb(context, cli_spool, show) <= 1);
	FUZZ_CHECK(run_verb(context, cli_status, text) <= 1);
	FUZZ_CHECK(run_verb(context, cli_status, json) <= 1);
	FUZZ_CHECK(run_verb(context, cli_status, metrics) <= 1);
}

/* As a sink does: what can't be formatted is given up, and every second try fails. */
static void deliver(struct spool *spool)
{
	const struct format_context as = {.format = FORMAT_ECS};
	const struct parcel *parcel;
	struct error err = {""};
	bool again = true;

	while ((parcel = spool_first(spool, &err))) {
		struct spool_tries tries = spool_tries(spool);
		size_t length;
		char *text = format_line(&as, parcel->text, &length, &err);

		if (text && again) {
			tries.attempts++;
			spool_note_tries(spool, &tries);
			spool_release(spool);
		} else if (text) {
			spool_done(spool);
		} else {
			spool_bury(spool, err.text);
		}
		free(text);
		again = !again;
	}
	FUZZ_CHECK(spool_count(spool) == 0);
}

static void start_courier(const struct context *context)
{
	const struct spool_limits limits = {MAX_COUNT, MAX_BYTES};
	struct spool *spool = spool_new(context->spool, sink, NULL);
	struct error err = {""};

	FUZZ_CHECK(spool);
	spool_set_limits(spool, &limits);
	FUZZ_CHECK(spool_open(spool, &err) == 0);
	spool_rescan(spool);
	deliver(spool);
	FUZZ_CHECK(spool_persist(spool, &err) == 0);
	FUZZ_CHECK(spool_unsafe_count(spool) == 0);
	spool_free(spool);
}

void fuzz_run(void *ctx, const uint8_t *bytes, size_t length)
{
	const struct context *context = ctx;
	struct fuzz_bytes input = {bytes, length};

	fill_spool(context, &input);
	look(context);
	start_courier(context);
	look(context);
	fuzz_empty(context->spool);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grow: a recorded stream, made as long as wanted, to stdout.
 *
 *   grow [--events N] [--bytes N] [--shift-every N] [--nodes N] [--now] STREAM
 *
 *   --events N       whole passes over the stream, until there are so many events (default 1 pass)
 *   --bytes N        likewise, until there are so many bytes
 *   --shift-every N  new pids after so many passes (default 8; 0: never)
 *   --nodes N        each pass for so many hosts, event by event, with node= before each record
 *   --now            each pass begins at the time that it is written; else they follow each other
 *
 * Serials and times go on from pass to pass. pids above 1 move by the width of their range. All
 * else, also what stands behind a record's own header, stays as it is. Prints name=value lines to
 * stderr: passes, events, records, bytes.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER_SIZE = 1 << 20, PIECES_STEP = 4096, PAUSE_MS = 1000 };

/* What follows a piece's text. */
enum number { NUMBER_NONE, NUMBER_STAMP, NUMBER_PID };

/* Text to copy, and the number behind it that changes. */
struct piece {
	const char *text;
	size_t length;
	enum number number;
	bool line_begins, event_ends;
	uint64_t serial;
	int64_t time_ms;
	long pid;
};

struct range {
	int64_t first, last;
};

struct options {
	uint64_t events, bytes;
	unsigned long shift_every, nodes;
	bool now;
	const char *path;
};

struct grown {
	struct piece *pieces;
	size_t count, room;
	struct range serials, times, pids;
	uint64_t records;
	uint64_t events; /* of one pass for one host */
};

/* What is added to the numbers of one pass of one host. */
struct shift {
	uint64_t serial;
	int64_t time_ms;
	long pid;
	long node; /* -1: none */
};

struct output {
	char buffer[BUFFER_SIZE];
	size_t used;
	uint64_t bytes;
	bool failed;
};

/* ---- reading --------------------------------------------------------------------------------- */

static char *read_whole(const char *path, size_t *length)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	long size = -1;

	if (file && fseek(file, 0, SEEK_END) == 0)
		size = ftell(file);
	if (size >= 0)
		text = malloc((size_t)size + 1);
	if (text) {
		rewind(file);
		*length = fread(text, 1, (size_t)size, file);
		text[*length] = '\0';
	}
	if (file)
		fclose(file);
	return text;
}

static void widen(struct range *range, int64_t value)
{
	if (range->last < range->first)
		*range = (struct range){value, value};
	if (value < range->first)
		range->first = value;
	if (value > range->last)
		range->last = value;
}

static int64_t width(const struct range *range)
{
	return range->last < range->first ? 0 : range->last - range->first + 1;
}

static struct piece *add_piece(struct grown *grown, const char *text, const char *end)
{
	if (grown->count == grown->room) {
		grown->room += PIECES_STEP + grown->room / 2;
		grown->pieces = realloc(grown->pieces, grown->room * sizeof(*grown->pieces));
		if (!grown->pieces) {
			perror("grow");
			exit(1);
		}
	}
	grown->pieces[grown->count] = (struct piece){.text = text, .length = (size_t)(end - text)};
	return &grown->pieces[grown->count++];
}

/* SECONDS.MILLISECONDS:SERIAL; where it ends, or NULL. (Not by sscanf(), which asks for the length
 * of all that follows.) */
static const char *read_stamp(const char *stamp, struct piece *piece)
{
	char *at;

	piece->time_ms = strtoll(stamp, &at, 10) * 1000;
	if (*at != '.')
		return NULL;
	piece->time_ms += strtol(at + 1, &at, 10);
	if (*at != ':')
		return NULL;
	piece->serial = strtoull(at + 1, &at, 10);
	return *at == ')' ? at : NULL;
}

/* The record's own header, which is the line's first; what a sender wrote stands behind it. */
static const char *take_stamp(struct grown *grown, const char *line, const char *end)
{
	const char *stamp = memmem(line, (size_t)(end - line), "msg=audit(", 10), *behind;
	struct piece *piece;

	if (!stamp)
		return NULL;
	stamp += 10;
	piece = add_piece(grown, line, stamp);
	behind = read_stamp(stamp, piece);
	if (!behind)
		return NULL;
	piece->number = NUMBER_STAMP;
	piece->line_begins = true;
	widen(&grown->serials, (int64_t)piece->serial);
	widen(&grown->times, piece->time_ms);
	return behind;
}

static const char *find_pid(const char *text, const char *end)
{
	while ((text = memmem(text, (size_t)(end - text), "pid=", 4))) {
		const char *word = text[-1] == 'p' || text[-1] == 'o' ? text - 1 : text;
		text += 4;
		if (word[-1] == ' ' && isdigit((unsigned char)*text))
			return text;
	}
	return NULL;
}

static bool take_line(struct grown *grown, const char *line, const char *end)
{
	const char *at = take_stamp(grown, line, end), *pid;
	struct piece *piece;

	if (!at)
		return false;
	while ((pid = find_pid(at, end))) {
		char *behind;
		piece = add_piece(grown, at, pid);
		piece->number = NUMBER_PID;
		piece->pid = strtol(pid, &behind, 10);
		if (piece->pid > 1)
			widen(&grown->pids, piece->pid);
		at = behind;
	}
	piece = add_piece(grown, at, end);
	piece->event_ends = memmem(line, (size_t)(end - line), "type=EOE ", 9) == line;
	grown->records++;
	return true;
}

/* Records of several events may interleave: their serials tell how many there are. */
static bool count_events(struct grown *grown)
{
	bool *seen = calloc((size_t)width(&grown->serials), sizeof(*seen));

	if (!seen)
		return false;
	for (size_t i = 0; i < grown->count; i++) {
		const struct piece *piece = &grown->pieces[i];
		if (piece->number != NUMBER_STAMP)
			continue;
		grown->events += !seen[piece->serial - (uint64_t)grown->serials.first];
		seen[piece->serial - (uint64_t)grown->serials.first] = true;
	}
	free(seen);
	return true;
}

static bool take_stream(struct grown *grown, const char *text, size_t length)
{
	const char *end = text + length, *line = text;

	while (line < end) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		if (!newline || !take_line(grown, line, newline + 1)) {
			fprintf(stderr, "grow: no audit record, or half of one: %.*s\n", 60, line);
			return false;
		}
		line = newline + 1;
	}
	return grown->records > 0 && count_events(grown);
}

/* ---- writing --------------------------------------------------------------------------------- */

static void flush(struct output *output)
{
	size_t done = 0;

	while (done < output->used && !output->failed) {
		ssize_t wrote = write(STDOUT_FILENO, output->buffer + done, output->used - done);
		if (wrote < 0 && errno != EINTR)
			output->failed = true;
		done += wrote > 0 ? (size_t)wrote : 0;
	}
	output->bytes += done;
	output->used = 0;
}

static void put(struct output *output, const char *text, size_t length)
{
	while (length > 0) {
		size_t part = BUFFER_SIZE - output->used;
		part = part < length ? part : length;
		memcpy(output->buffer + output->used, text, part);
		output->used += part;
		text += part;
		length -= part;
		if (output->used == BUFFER_SIZE)
			flush(output);
	}
}

static void put_number(struct output *output, uint64_t number, unsigned digits)
{
	char text[24], *at = text + sizeof(text);

	do {
		*--at = (char)('0' + number % 10);
		number /= 10;
		digits -= digits > 0;
	} while (number > 0 || digits > 0);
	put(output, at, (size_t)(text + sizeof(text) - at));
}

static void put_stamp(struct output *output, uint64_t time_ms, uint64_t serial)
{
	put_number(output, time_ms / 1000, 1);
	put(output, ".", 1);
	put_number(output, time_ms % 1000, 3);
	put(output, ":", 1);
	put_number(output, serial, 1);
}

static void put_piece(struct output *output, const struct piece *piece, const struct shift *shift)
{
	if (piece->line_begins && shift->node >= 0) {
		put(output, "node=host", 9);
		put_number(output, (uint64_t)shift->node, 1);
		put(output, " ", 1);
	}
	put(output, piece->text, piece->length);
	if (piece->number == NUMBER_STAMP)
		put_stamp(output, (uint64_t)(piece->time_ms + shift->time_ms),
			  piece->serial + shift->serial);
	else if (piece->number == NUMBER_PID)
		put_number(output,
			   (uint64_t)(piece->pid > 1 ? piece->pid + shift->pid : piece->pid), 1);
}

static int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct shift shift_of(const struct grown *grown, const struct options *options,
			     uint64_t pass)
{
	struct shift shift = {.serial = pass * (uint64_t)width(&grown->serials), .node = -1};

	shift.time_ms = (int64_t)pass * (width(&grown->times) + PAUSE_MS);
	if (options->now)
		shift.time_ms = clock_ms() - grown->times.first;
	if (options->shift_every > 0)
		shift.pid = (long)(pass / options->shift_every) * (long)width(&grown->pids);
	return shift;
}

/* Each event once for each host, before the next one. */
static void write_pass(const struct grown *grown, const struct options *options, uint64_t pass,
		       struct output *output)
{
	struct shift shift = shift_of(grown, options, pass);
	size_t begin = 0;

	while (begin < grown->count) {
		size_t end = begin;
		while (end < grown->count && !grown->pieces[end].event_ends)
			end++;
		end += end < grown->count;
		for (unsigned long node = 0; node < options->nodes || node == 0; node++) {
			shift.node = options->nodes ? (long)node : -1;
			for (size_t i = begin; i < end; i++)
				put_piece(output, &grown->pieces[i], &shift);
		}
		begin = end;
	}
}

static int write_stream(const struct grown *grown, const struct options *options)
{
	static struct output output;
	uint64_t hosts = options->nodes ? options->nodes : 1, pass = 0;

	do
		write_pass(grown, options, pass++, &output);
	while (!output.failed && (pass * hosts * grown->events < options->events ||
				  output.bytes + output.used < options->bytes));
	flush(&output);
	if (output.failed) {
		perror("grow");
		return 1;
	}
	fprintf(stderr,
		"passes=%" PRIu64 "\nevents=%" PRIu64 "\nrecords=%" PRIu64 "\nbytes=%" PRIu64 "\n",
		pass, pass * hosts * grown->events, pass * hosts * grown->records, output.bytes);
	return 0;
}

/* ---- the program ----------------------------------------------------------------------------- */

static bool take_option(struct options *options, int argc, char **argv, int *at)
{
	const char *name = argv[*at];

	if (strcmp(name, "--now") == 0) {
		options->now = true;
		return true;
	}
	if (++*at >= argc)
		return false;
	if (strcmp(name, "--events") == 0)
		options->events = strtoull(argv[*at], NULL, 10);
	else if (strcmp(name, "--bytes") == 0)
		options->bytes = strtoull(argv[*at], NULL, 10);
	else if (strcmp(name, "--shift-every") == 0)
		options->shift_every = strtoul(argv[*at], NULL, 10);
	else if (strcmp(name, "--nodes") == 0)
		options->nodes = strtoul(argv[*at], NULL, 10);
	else
		return false;
	return true;
}

static bool take_arguments(struct options *options, int argc, char **argv)
{
	int at = 1;

	for (; at < argc && argv[at][0] == '-'; at++)
		if (!take_option(options, argc, argv, &at))
			return false;
	options->path = at < argc ? argv[at] : NULL;
	return at + 1 == argc;
}

int main(int argc, char **argv)
{
	struct options options = {.shift_every = 8};
	struct grown grown = {.serials = {0, -1}, .times = {0, -1}, .pids = {0, -1}};
	size_t length = 0;
	char *text;
	int status;

	if (!take_arguments(&options, argc, argv)) {
		fprintf(stderr, "usage: grow [--events N] [--bytes N] [--shift-every N] [--nodes "
				"N] [--now] "
				"STREAM\n");
		return 2;
	}
	text = read_whole(options.path, &length);
	if (!text) {
		perror(options.path);
		return 1;
	}
	status = take_stream(&grown, text, length) ? write_stream(&grown, &options) : 1;
	free(grown.pieces);
	free(text);
	return status;
}

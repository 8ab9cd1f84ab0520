/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "plugin/catchup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/text.h"
#include "judge/record.h"

enum {
	LINE_MAX_BYTES = 16 * 1024, /* auditd's longest is 8,970 */
	BUFFER_SIZE = CATCHUP_PIECE_MAX + LINE_MAX_BYTES,
	ROTATED_MAX = 999, /* num_logs: auditd.conf(5) */
	CLOCK_SETBACK_MS =
		10000,	 /* further back than this before the checkpoint it is not looked for */
	SEAM_TRIES = 16, /* of the stream's first lines: the very first may be part of one */
	WARM_LEAST = 64 * 1024,
	NEIGHBOUR_TRIES = 3, /* more rotations than that in a row are none of auditd's */
	HEADER_MAX = 512,
};

enum part { PART_LOCATE, PART_READ, PART_SEAM, PART_OVER };

/* A record's place in time. */
struct spot {
	int64_t time;
	uint64_t serial;
};

struct catchup {
	enum part part;
	struct checkpoint from;
	int64_t boot;
	char path[PATH_MAX];

	/* the log: */
	int fd;		 /* the file that is searched, then read; -1 */
	int next_fd;	 /* the file of the checkpoint while an older one is read for its end; -1 */
	off_t search_at; /* before this nothing was searched yet */
	off_t warm_end;	 /* in the checkpoint's file: where warm ends */
	off_t line_at;	 /* of the first byte in buffer */
	bool by_order;	 /* the checkpoint's own line is not there: what is later ends warm */
	bool warm, before_boot, skip_line, turned_away;
	char buffer[BUFFER_SIZE];
	size_t start, end; /* what is in it */
	uint64_t lines[CATCHUP_LINES_MAX];
	uint64_t line_count; /* of all; the last CATCHUP_LINES_MAX are there */
	struct spot last;    /* read from the log */

	/* the stream: */
	char *stream;
	size_t stream_length;
	bool joined; /* the seam is found; lines up to this number are behind it: */
	uint64_t joined_at;
	int64_t waits_since; /* steady ms; 0: not */
	struct error gap;
	bool has_gap;
};

struct catchup *catchup_new(const char *path, const struct checkpoint *from, int64_t boot)
{
	struct catchup *catchup = calloc(1, sizeof(*catchup));

	if (!catchup)
		return NULL;
	catchup->stream = malloc(CATCHUP_STREAM_MAX);
	if (!catchup->stream) {
		free(catchup);
		return NULL;
	}
	catchup->from = *from;
	catchup->boot = boot;
	catchup->fd = catchup->next_fd = -1;
	catchup->before_boot = true; /* what is read first may lie long before the checkpoint */
	snprintf(catchup->path, sizeof(catchup->path), "%s", path);
	return catchup;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void catchup_free(struct catchup *catchup)
{
	if (!catchup)
		return;
	close_fd(&catchup->fd);
	close_fd(&catchup->next_fd);
	free(catchup->stream);
	free(catchup);
}

static void set_gap(struct catchup *catchup, const char *what, const struct spot *from,
		    const struct spot *to)
{
	char since[32], until[32];

	error_set(&catchup->gap,
		  "%s: records between %s (serial %" PRIu64 ") and %s (serial %" PRIu64
		  ") are not judged",
		  what, text_time(from->time, since, sizeof(since)), from->serial,
		  text_time(to->time, until, sizeof(until)), to->serial);
	catchup->has_gap = true;
}

const char *catchup_gap(struct catchup *catchup)
{
	bool has = catchup->has_gap;

	catchup->has_gap = false;
	return has ? catchup->gap.text : NULL;
}

/* --- lines --- */

static bool parse(const char *line, size_t length, struct record *record)
{
	struct stamp none = {.length = 0};

	return record_parse(&none, (struct bytes){line, length}, record);
}

/* False, and nothing stored, when the line is no record. */
static bool read_spot(const char *line, size_t length, struct spot *spot)
{
	struct record record;

	if (!parse(line, length, &record))
		return false;
	*spot = (struct spot){record.time, record.serial};
	return true;
}

static bool is_after(const struct spot *spot, const struct checkpoint *from)
{
	return spot->time > from->time || (spot->time == from->time && spot->serial > from->serial);
}

static bool is_end_of_event(const char *line, size_t length)
{
	struct record record;

	return parse(line, length, &record) && record.line.type == RECORD_EOE;
}

static void note_line(struct catchup *catchup, const char *line, size_t length)
{
	catchup->lines[catchup->line_count++ % CATCHUP_LINES_MAX] = checkpoint_line_key(line,
											length);
}

/* The number of the line of this key, at least from; line_count when there is none. */
static uint64_t find_line(const struct catchup *catchup, uint64_t key, uint64_t from)
{
	uint64_t count = catchup->line_count;

	if (count > CATCHUP_LINES_MAX && from < count - CATCHUP_LINES_MAX)
		from = count - CATCHUP_LINES_MAX;
	while (from < count && catchup->lines[from % CATCHUP_LINES_MAX] != key)
		from++;
	return from;
}

/* --- files --- */

/* Opened exactly as the shipped rules leave out. -1 with errno. */
static int open_log(const struct catchup *catchup, unsigned index, struct stat *status)
{
	char path[PATH_MAX + 16];
	int fd;

	if (index == 0)
		snprintf(path, sizeof(path), "%s", catchup->path);
	else
		snprintf(path, sizeof(path), "%s.%u", catchup->path, index);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, status) == 0 && S_ISREG(status->st_mode))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

/* Of auditd's names for its logs the one that this file has by now; ROTATED_MAX + 1: none. */
static unsigned find_index(const struct catchup *catchup, const struct stat *file)
{
	struct stat status;
	unsigned index;
	int fd;

	for (index = 0; index <= ROTATED_MAX; index++) {
		fd = open_log(catchup, index, &status);
		if (fd < 0 && index > 0)
			return ROTATED_MAX + 1;
		if (fd < 0)
			continue; /* between auditd's rename and its next file */
		close(fd);
		if (status.st_dev == file->st_dev && status.st_ino == file->st_ino)
			return index;
	}
	return index;
}

/* The file that auditd made just before (1) or after (-1) the one that is open, by the names that
 * they have by now: a rotation between look and opening would give another. -1: there is none. */
static int open_neighbour(const struct catchup *catchup, int step, struct stat *status)
{
	struct stat ours;
	unsigned index;
	int fd;

	if (fstat(catchup->fd, &ours) < 0)
		return -1;
	for (int i = 0; i < NEIGHBOUR_TRIES; i++) {
		index = find_index(catchup, &ours);
		if (index > ROTATED_MAX || (index == 0 && step < 0))
			return -1;
		fd = open_log(catchup, index + (unsigned)step, status);
		if (fd < 0 || find_index(catchup, &ours) == index)
			return fd;
		close(fd);
	}
	return -1;
}

static ssize_t read_at(int fd, off_t at, char *buffer, size_t size)
{
	size_t length = 0;
	ssize_t got = 0;

	if (lseek(fd, at, SEEK_SET) < 0)
		return -1;
	while (length < size && (got = read(fd, buffer + length, size - length)) > 0)
		length += (size_t)got;
	return got < 0 ? -1 : (ssize_t)length;
}

/* --- to find the checkpoint: backwards, a block at a time --- */

static enum catchup_state begin_reading(struct catchup *catchup, off_t from)
{
	catchup->part = PART_READ;
	catchup->line_at = from;
	catchup->start = catchup->end = 0;
	catchup->skip_line = from > 0;
	lseek(catchup->fd, from, SEEK_SET);
	return CATCHUP_MORE;
}

/* Where warm ends is known: in the file that is open. Warm begins before, in an older file where
 * this one has too little. */
static enum catchup_state begin_warm(struct catchup *catchup, off_t warm_end)
{
	off_t from = warm_end > CATCHUP_WARM_BYTES ? warm_end - CATCHUP_WARM_BYTES : 0;
	struct stat status;
	int older;

	catchup->warm = true;
	catchup->warm_end = warm_end;
	if (warm_end >= WARM_LEAST)
		return begin_reading(catchup, from);
	older = open_neighbour(catchup, 1, &status);
	if (older < 0)
		return begin_reading(catchup, from);
	catchup->next_fd = catchup->fd;
	catchup->fd = older;
	from = status.st_size > CATCHUP_WARM_BYTES ? status.st_size - CATCHUP_WARM_BYTES : 0;
	return begin_reading(catchup, from);
}

/* Its line is in none of the files. What is later by its time is taken for unjudged. */
static enum catchup_state begin_by_order(struct catchup *catchup, off_t from)
{
	catchup->warm = catchup->by_order = true;
	catchup->warm_end = 0;
	return begin_reading(catchup, from);
}

/* The end of the checkpoint's line in the block, or NULL. Part of a line at the block's beginning
 * is in the block before, too. */
static const char *find_in_block(const struct catchup *catchup, const char *block, size_t length)
{
	const char *end = block + length, *found = block, *line, *newline;
	char id[96];
	int id_length = snprintf(id, sizeof(id), "msg=audit(%" PRId64 ".%03d:%" PRIu64 "):",
				 catchup->from.time / 1000, (int)(catchup->from.time % 1000),
				 catchup->from.serial);

	while ((found = memmem(found, (size_t)(end - found), id, (size_t)id_length)) != NULL) {
		line = memrchr(block, '\n', (size_t)(found - block));
		line = line ? line + 1 : block;
		newline = memchr(found, '\n', (size_t)(end - found));
		if (newline &&
		    checkpoint_line_key(line, (size_t)(newline - line)) == catchup->from.line)
			return newline + 1;
		found += id_length;
	}
	return NULL;
}

/* The block begins so long before the checkpoint that its line can't be farther back. Both by time
 * and by serial: a clock that was set back gives new records old times. A record with node= tells
 * nothing: another host's may have been long on its way, and its serials are its own. */
static bool is_far_back(const struct catchup *catchup, const char *block, size_t length)
{
	const char *newline = memchr(block, '\n', length);
	struct record record;

	return newline && parse(newline + 1, length - (size_t)(newline + 1 - block), &record) &&
	       record.node.length == 0 && record.time < catchup->from.time - CLOCK_SETBACK_MS &&
	       record.serial < catchup->from.serial;
}

static enum catchup_state no_log(struct catchup *catchup)
{
	char since[32];

	error_set(&catchup->gap,
		  "auditd's log %s cannot be read (%s): records since %s (serial %" PRIu64
		  ") may be missed",
		  catchup->path, strerror(errno),
		  text_time(catchup->from.time, since, sizeof(since)), catchup->from.serial);
	catchup->has_gap = true;
	catchup->part = PART_OVER;
	return CATCHUP_BROKEN;
}

/* All files are searched, the oldest is open. */
static enum catchup_state not_found(struct catchup *catchup)
{
	const struct spot from = {catchup->from.time, catchup->from.serial};
	ssize_t got = read_at(catchup->fd, 0, catchup->buffer, HEADER_MAX);
	struct spot first;

	if (got > 0 && read_spot(catchup->buffer, (size_t)got, &first) &&
	    is_after(&first, &catchup->from)) {
		set_gap(catchup,
			"auditd's log was rotated away (max_log_file, num_logs) before it was read",
			&from, &first);
		return begin_reading(catchup, 0);
	}
	return begin_by_order(catchup, 0);
}

static enum catchup_state search_older(struct catchup *catchup)
{
	struct stat status;
	int older = open_neighbour(catchup, 1, &status);

	if (older < 0)
		return not_found(catchup);
	close_fd(&catchup->fd);
	catchup->fd = older;
	catchup->search_at = status.st_size;
	return CATCHUP_MORE;
}

static enum catchup_state locate(struct catchup *catchup)
{
	struct stat status;
	const char *found;
	ssize_t got;
	off_t at;

	if (catchup->fd < 0) {
		catchup->fd = open_log(catchup, 0, &status);
		if (catchup->fd < 0)
			return no_log(catchup);
		catchup->search_at = status.st_size;
	}
	if (catchup->search_at == 0)
		return search_older(catchup);
	at = catchup->search_at > CATCHUP_PIECE_MAX ? catchup->search_at - CATCHUP_PIECE_MAX : 0;
	got = read_at(catchup->fd, at, catchup->buffer,
		      (size_t)(catchup->search_at - at) + LINE_MAX_BYTES);
	if (got < 0)
		return no_log(catchup);
	found = find_in_block(catchup, catchup->buffer, (size_t)got);
	if (found)
		return begin_warm(catchup, at + (found - catchup->buffer));
	if (is_far_back(catchup, catchup->buffer, (size_t)got))
		return begin_by_order(catchup, at);
	catchup->search_at = at;
	return CATCHUP_MORE;
}

/* --- to read on from there --- */

/* The first line of the buffer begins what comes after the checkpoint, or after the boot. */
static bool begins_other(struct catchup *catchup, const char *line, size_t length, bool *warm,
			 bool *before_boot)
{
	struct spot spot;

	*warm = catchup->warm;
	*before_boot = catchup->before_boot;
	if (!*before_boot && !(*warm && catchup->by_order))
		return false;
	if (!read_spot(line, length, &spot))
		return false;
	if (*before_boot && spot.time >= catchup->boot)
		*before_boot = false;
	if (*warm && catchup->by_order && is_after(&spot, &catchup->from))
		*warm = false;
	return *warm != catchup->warm || *before_boot != catchup->before_boot;
}

/* How much of the buffer is of one kind, in whole lines; 0: it is of another kind from here on. */
static size_t measure(struct catchup *catchup, size_t whole)
{
	const char *first = catchup->buffer + catchup->start, *end = first + whole, *line = first,
		   *last = first;
	bool warm, before_boot;

	if (catchup->warm && !catchup->by_order && catchup->next_fd < 0) {
		off_t left = catchup->warm_end - catchup->line_at;

		if (left <= 0)
			catchup->warm = false;
		else if ((off_t)whole > left)
			end = first + left;
	}
	while (line < end) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t length = (size_t)(newline - line);

		if (begins_other(catchup, line, length, &warm, &before_boot)) {
			if (line > first)
				break;
			catchup->warm = warm;
			catchup->before_boot = before_boot;
		}
		note_line(catchup, line, length);
		last = line;
		line = newline + 1;
	}
	(void)read_spot(last, (size_t)(line - last), &catchup->last);
	return (size_t)(line - first);
}

static void consume(struct catchup *catchup, size_t length)
{
	catchup->start += length;
	catchup->line_at += (off_t)length;
}

static size_t whole_lines(const char *bytes, size_t length)
{
	const char *newline = length ? memrchr(bytes, '\n', length) : NULL;

	return newline ? (size_t)(newline + 1 - bytes) : 0;
}

/* All of a file newer than the checkpoint's lies after the checkpoint; and where its line was the
 * last of its own file, nothing there has ended warm. */
static enum catchup_state begin_newer(struct catchup *catchup, int newer)
{
	catchup->turned_away = false;
	if (!catchup->by_order)
		catchup->warm = false;
	close_fd(&catchup->fd);
	catchup->fd = newer;
	return begin_reading(catchup, 0);
}

/* The end of the file that is open. */
static enum catchup_state turn_page(struct catchup *catchup)
{
	struct stat ours, status;
	unsigned index;
	int newer;

	if (catchup->next_fd >= 0) {
		close_fd(&catchup->fd);
		catchup->fd = catchup->next_fd;
		catchup->next_fd = -1;
		return begin_reading(catchup, 0);
	}
	if (fstat(catchup->fd, &ours) < 0)
		return no_log(catchup);
	index = find_index(catchup, &ours);
	if (index == 0) {
		catchup->part = PART_SEAM;
		return CATCHUP_MORE;
	}
	/* renamed it is written to no more; but maybe it was, between our last read and that */
	if (!catchup->turned_away) {
		catchup->turned_away = true;
		return CATCHUP_MORE;
	}
	if (index > ROTATED_MAX)
		set_gap(catchup, "auditd's log was rotated away while it was read", &catchup->last,
			&catchup->last);
	newer = index > ROTATED_MAX ? open_log(catchup, 0, &status)
				    : open_neighbour(catchup, -1, &status);
	if (newer < 0)
		return CATCHUP_WAITS; /* auditd is about to make it */
	return begin_newer(catchup, newer);
}

static enum catchup_state fill(struct catchup *catchup)
{
	size_t kept = catchup->end - catchup->start;
	ssize_t got;

	if (kept == sizeof(catchup->buffer)) { /* no line of auditd's */
		catchup->skip_line = true;
		consume(catchup, kept);
		kept = 0;
	}
	memmove(catchup->buffer, catchup->buffer + catchup->start, kept);
	catchup->start = 0;
	catchup->end = kept;
	got = read(catchup->fd, catchup->buffer + kept, sizeof(catchup->buffer) - kept);
	if (got < 0)
		return errno == EINTR ? CATCHUP_MORE : no_log(catchup);
	catchup->end += (size_t)got;
	return got > 0 ? CATCHUP_MORE : turn_page(catchup);
}

static enum catchup_state read_on(struct catchup *catchup, struct catchup_piece *piece)
{
	const char *bytes = catchup->buffer + catchup->start;
	size_t whole = whole_lines(bytes, catchup->end - catchup->start);

	if (whole > 0 && catchup->skip_line) {
		catchup->skip_line = false;
		consume(catchup, (size_t)((const char *)memchr(bytes, '\n', whole) + 1 - bytes));
		return CATCHUP_MORE;
	}
	if (whole == 0)
		return fill(catchup);
	*piece = (struct catchup_piece){.bytes = bytes, .length = measure(catchup, whole)};
	piece->warm = catchup->warm;
	piece->before_boot = catchup->before_boot;
	consume(catchup, piece->length);
	return CATCHUP_PIECE;
}

/* --- the seam --- */

void catchup_take_stream(struct catchup *catchup, const char *bytes, size_t length)
{
	/* what is thrown away is in the log; of the rest the first line may be part of one */
	if (catchup->stream_length + length > CATCHUP_STREAM_MAX) {
		catchup->stream_length = 0;
		catchup->joined = false;
		catchup->waits_since = 0;
		if (catchup->part == PART_SEAM)
			catchup->part = PART_READ;
		if (length > CATCHUP_STREAM_MAX)
			return;
	}
	memcpy(catchup->stream + catchup->stream_length, bytes, length);
	catchup->stream_length += length;
}

/* One of the stream's first lines is found among the log's. Returns whether there was any. */
static bool find_seam(struct catchup *catchup)
{
	const char *line = catchup->stream, *end = line + catchup->stream_length, *newline;
	int tried = 0;

	for (; tried < SEAM_TRIES && (newline = memchr(line, '\n', (size_t)(end - line))) != NULL;
	     line = newline + 1) {
		uint64_t number;

		if (is_end_of_event(line, (size_t)(newline - line)))
			continue;
		tried++;
		number = find_line(catchup, checkpoint_line_key(line, (size_t)(newline - line)), 0);
		if (number == catchup->line_count)
			continue;
		catchup->joined = true;
		catchup->joined_at = number + 1;
		catchup->stream_length = (size_t)(end - (newline + 1));
		memmove(catchup->stream, newline + 1, catchup->stream_length);
		break;
	}
	return tried > 0;
}

/* Passes over what the log has had, but keeps the ends of events, which it never has. True when a
 * line is reached that it had not. */
static bool pass_over(struct catchup *catchup)
{
	char *line = catchup->stream, *end = line + catchup->stream_length, *out = line, *newline;
	bool reached = false;

	while (!reached && (newline = memchr(line, '\n', (size_t)(end - line))) != NULL) {
		size_t length = (size_t)(newline + 1 - line);
		uint64_t number = 0;

		if (is_end_of_event(line, length)) {
			memmove(out, line, length);
			out += length;
			line += length;
			continue;
		}
		number = find_line(catchup, checkpoint_line_key(line, length - 1),
				   catchup->joined_at);
		reached = number == catchup->line_count;
		if (!reached) {
			catchup->joined_at = number + 1;
			line += length;
		}
	}
	memmove(out, line, (size_t)(end - line));
	catchup->stream_length = (size_t)(out - catchup->stream) + (size_t)(end - line);
	return reached || catchup->joined_at == catchup->line_count;
}

/* The stream's first line may be part of one, and could be made to look like another record. */
static void drop_first_line(struct catchup *catchup)
{
	const char *newline = memchr(catchup->stream, '\n', catchup->stream_length);

	catchup->stream_length -= (size_t)(newline + 1 - catchup->stream);
	memmove(catchup->stream, newline + 1, catchup->stream_length);
}

static enum catchup_state give_up_seam(struct catchup *catchup)
{
	const char *newline = memchr(catchup->stream, '\n', catchup->stream_length);
	struct spot first = catchup->last;

	(void)read_spot(catchup->stream, (size_t)(newline - catchup->stream), &first);
	set_gap(catchup, "auditd's log does not show what auditd sends (is its disk full?)",
		&catchup->last, &first);
	drop_first_line(catchup);
	catchup->part = PART_OVER;
	return CATCHUP_BROKEN;
}

/* All of the log is read that is there. */
static enum catchup_state join(struct catchup *catchup, int64_t now)
{
	bool any = catchup->joined || find_seam(catchup);

	if (catchup->joined) {
		if (!pass_over(catchup))
			return CATCHUP_WAITS;
		catchup->part = PART_OVER;
		return CATCHUP_DONE;
	}
	catchup->part = PART_READ; /* there may be more by the next time */
	if (!any)
		return CATCHUP_WAITS;
	if (catchup->waits_since == 0)
		catchup->waits_since = now;
	return now - catchup->waits_since < CATCHUP_PATIENCE_MS ? CATCHUP_WAITS
								: give_up_seam(catchup);
}

enum catchup_state catchup_step(struct catchup *catchup, int64_t now, struct catchup_piece *piece)
{
	switch (catchup->part) {
	case PART_LOCATE:
		return locate(catchup);
	case PART_READ:
		return read_on(catchup, piece);
	case PART_SEAM:
		return join(catchup, now);
	case PART_OVER:
		break;
	}
	return CATCHUP_DONE;
}

bool catchup_is_even(const struct catchup *catchup)
{
	return catchup->joined || catchup->stream_length == 0;
}

const char *catchup_rest(const struct catchup *catchup, size_t *length)
{
	*length = catchup->stream_length;
	return catchup->stream;
}

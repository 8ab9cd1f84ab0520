/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/sink_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>
#include "alerters/format.h"
#include "alerters/recent.h"

enum {
	FILE_TAIL_MAX = 8 * 1024 *
			1024, /* of what is there already, read for lines that come again */
	FILE_MODE = 0640,
	FILE_BATCH_MAX = 256, /* lines in one go, then the other sinks have their turn */
	FILE_RETRY_LONGEST_MS = 30 * 1000,
};

struct file_state {
	int fd;
	enum sink_format format;
	bool torn;  /* the file ends in part of a line that could not be taken back */
	char *line; /* room to put a line together, so that one write(2) has all of it */
	size_t line_size;
	bool tail_read; /* of the file found first: later ones hold what we wrote ourselves */
	struct recent_lines recent; /* what is on disk */
	struct {
		uint64_t line, id;
	} batch[FILE_BATCH_MAX]; /* lines written since the last sync */
	size_t batch_count;
	ssize_t batch_bytes;
};

static int file_open(struct sink *sink, struct error *err)
{
	struct file_state *state = calloc(1, sizeof(*state));

	if (!state)
		return error_set(err, "out of memory");
	state->fd = -1;
	state->format = sink->settings->format;
	sink->state = state;
	return 0;
}

static void file_shut(struct file_state *state)
{
	if (state->fd >= 0)
		close(state->fd);
	state->fd = -1;
}

static void file_close(struct sink *sink)
{
	struct file_state *state = sink->state;

	if (!state)
		return;
	file_shut(state);
	free(state->line);
	free(state);
	sink->state = NULL;
}

/* logrotate moves the file away or removes it: what we write to must still be what the path names.
 */
static bool is_in_place(const struct file_state *state, const char *path)
{
	struct stat ours, there;

	if (state->fd < 0 || fstat(state->fd, &ours) < 0 || stat(path, &there) < 0)
		return false;
	return ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

/* A crash, or a disk that was full, may have left the last line without its end. */
static bool ends_torn(int fd, off_t size)
{
	char last;

	return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

static void read_tail(struct file_state *state, int fd, off_t size)
{
	off_t from = size > FILE_TAIL_MAX ? size - FILE_TAIL_MAX : 0;
	char *text = malloc((size_t)(size - from) + 1);
	ssize_t got = text ? pread(fd, text, (size_t)(size - from), from) : -1;

	if (got > 0)
		recent_add_lines(&state->recent, text, (size_t)got);
	free(text);
}

/* Before this process wrote anything: what an earlier one wrote, and was killed before it could say
 * so. logrotate may have moved that aside as PATH.1. */
static void read_tails(struct file_state *state, const char *path, off_t size)
{
	char rotated[PATH_MAX];
	struct stat status;
	int fd;

	if (state->tail_read)
		return;
	state->tail_read = true;
	snprintf(rotated, sizeof(rotated), "%s.1", path);
	fd = open(rotated, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
	if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		read_tail(state, fd, status.st_size);
	if (fd >= 0)
		close(fd);
	read_tail(state, state->fd, size);
}

static int file_reopen(struct file_state *state, const char *path, struct error *err)
{
	struct stat status;

	file_shut(state);
	/* O_NONBLOCK: what is no regular file must not hold us up before it is refused */
	state->fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
			 FILE_MODE);
	if (state->fd < 0)
		return error_set(err, "cannot open %s: %s", path, strerror(errno));
	if (fstat(state->fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		file_shut(state);
		return error_set(err, "%s is not a regular file: name one, or remove it", path);
	}
	state->torn = ends_torn(state->fd, status.st_size);
	read_tails(state, path, status.st_size);
	return 0;
}

/* The alert as a line, on a line of its own even after a torn one. NULL when memory is out. */
static const char *put_line(struct file_state *state, const char *text, size_t *length)
{
	size_t start = state->torn ? 1 : 0;
	size_t needed = start + *length + 1;

	if (needed > state->line_size) {
		char *grown = realloc(state->line, needed);

		if (!grown)
			return NULL;
		state->line = grown;
		state->line_size = needed;
	}
	if (start)
		state->line[0] = '\n';
	memcpy(state->line + start, text, *length);
	state->line[needed - 1] = '\n';
	*length = needed;
	return state->line;
}

/* In the sink's format, the same each time: no pid of ours is in it. */
static const char *make_line(struct file_state *state, const struct parcel *parcel, size_t *length)
{
	struct format_context context = {.format = state->format, .facility = LOG_AUTHPRIV};
	const char *line;
	char *text;

	if (state->format == FORMAT_NATIVE) {
		*length = parcel->length;
		return put_line(state, parcel->text, length);
	}
	text = format_line(&context, parcel->text, length, NULL);
	line = text ? put_line(state, text, length) : NULL;
	free(text);
	return line;
}

/* Takes back the first part of a line whose rest did not fit; when something else was appended
 * since, or the file does not let us, the next line starts with a newline instead. */
static void take_back(struct file_state *state, off_t old_size, ssize_t written)
{
	struct stat status;

	if (fstat(state->fd, &status) == 0 && status.st_size == old_size + written &&
	    ftruncate(state->fd, old_size) == 0)
		return;
	state->torn = true;
}

/* The line without what separates it from others: as recent_add_lines() finds it in the file. */
static uint64_t key_of(const struct file_state *state, const char *line, size_t length)
{
	size_t start = state->torn ? 1 : 0;

	return recent_key(line + start, length - start - 1);
}

static int write_line(struct file_state *state, const char *line, size_t length, struct error *err)
{
	struct stat before;
	ssize_t written;

	if (fstat(state->fd, &before) < 0)
		return error_set(err, "cannot write: %s", strerror(errno));
	do
		written = write(state->fd, line, length);
	while (written < 0 && errno == EINTR);
	if (written < 0)
		return error_set(err, "cannot write: %s", strerror(errno));
	if ((size_t)written < length) {
		take_back(state, before.st_size, written);
		return error_set(err, "cannot write: no room for a whole line");
	}
	state->torn = false;
	state->batch_bytes += written;
	return 0;
}

/* One that is there already is left out; an alert without an id is never one that comes again. */
static int write_parcel(struct file_state *state, const struct parcel *parcel, struct error *err)
{
	size_t length;
	const char *line = make_line(state, parcel, &length);
	uint64_t key, id;

	if (!line)
		return error_set(err, "out of memory");
	key = key_of(state, line, length);
	id = recent_id_key(parcel->text, state->format == FORMAT_NATIVE ? parcel->length : 0);
	if (parcel->id[0] != '\0' &&
	    (recent_has(&state->recent.lines, key) || recent_has(&state->recent.ids, id)))
		return 0;
	if (write_line(state, line, length, err) < 0)
		return -1;
	state->batch[state->batch_count].line = key;
	state->batch[state->batch_count++].id = id;
	return 0;
}

/* Up to FILE_BATCH_MAX lines, all of them held by the spool until they are synced. Returns how many
 * are in the file; *err says why there are not more. */
static size_t write_batch(struct sink *sink, struct error *err)
{
	struct file_state *state = sink->state;
	const struct parcel *parcel = spool_first(sink->spool, err);
	size_t count = 0;

	state->batch_count = 0;
	state->batch_bytes = 0;
	while (parcel && write_parcel(state, parcel, err) == 0)
		parcel = ++count < FILE_BATCH_MAX ? spool_next(sink->spool) : NULL;
	return count;
}

/* What is not known to be on disk is taken back, to be written again. */
static int sync_batch(struct file_state *state, off_t old_size, struct error *err)
{
	if (state->batch_count > 0 && fdatasync(state->fd) < 0) {
		error_set(err, "fdatasync: %s", strerror(errno));
		take_back(state, old_size, state->batch_bytes);
		return -1;
	}
	for (size_t i = 0; i < state->batch_count; i++) {
		recent_add(&state->recent.lines, state->batch[i].line);
		recent_add(&state->recent.ids, state->batch[i].id);
	}
	return 0;
}

static int deliver_batch(struct sink *sink, struct error *err)
{
	struct file_state *state = sink->state;
	struct stat before;
	size_t count;

	if (!is_in_place(state, sink->settings->path) &&
	    file_reopen(state, sink->settings->path, err) < 0)
		return -1;
	if (fstat(state->fd, &before) < 0)
		return error_set(err, "cannot look at it: %s", strerror(errno));
	err->text[0] = '\0';
	count = write_batch(sink, err);
	if (count > 0 && sync_batch(state, before.st_size, err) < 0)
		return -1;
	spool_done_first(sink->spool, count);
	return err->text[0] ? -1 : 0;
}

static void file_run(struct sink *sink, int64_t now)
{
	struct error err;

	if (deliver_batch(sink, &err) == 0) {
		sink_works(sink);
		return;
	}
	spool_release(sink->spool);
	retry_after_failure(&sink->retry, now, FILE_RETRY_LONGEST_MS);
	sink_fails(sink, now, "%s: %s", sink->settings->path, err.text);
	sink_wait(sink, now);
}

const struct sink_ops sink_file_ops = {
	.open = file_open,
	.close = file_close,
	.run = file_run,
};

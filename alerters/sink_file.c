/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/sink_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>
#include "alerters/format.h"

enum {
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

static int write_parcel(struct file_state *state, const struct parcel *parcel, struct error *err)
{
	struct stat before;
	size_t length;
	const char *line = make_line(state, parcel, &length);
	ssize_t written;

	if (!line)
		return error_set(err, "out of memory");
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
	return 0;
}

static void file_run(struct sink *sink, int64_t now)
{
	struct file_state *state = sink->state;
	const char *path = sink->settings->path;
	const struct parcel *parcel;
	unsigned written = 0;
	struct error err;

	if (!is_in_place(state, path) && file_reopen(state, path, &err) < 0)
		goto failed;
	for (; written < FILE_BATCH_MAX && (parcel = spool_first(sink->spool)); written++) {
		if (write_parcel(state, parcel, &err) < 0)
			break;
		spool_done(sink->spool);
	}
	/* the sensor forgets these once they are acknowledged, which the courier does after this */
	if (written > 0 && fdatasync(state->fd) < 0) {
		error_set(&err, "fdatasync: %s", strerror(errno));
		goto failed;
	}
	if (written < FILE_BATCH_MAX && spool_count(sink->spool) > 0)
		goto failed;
	sink_works(sink);
	return;
failed:
	spool_release(sink->spool);
	retry_after_failure(&sink->retry, now, FILE_RETRY_LONGEST_MS);
	sink_fails(sink, "%s: %s", path, err.text);
}

const struct sink_ops sink_file_ops = {
	.open = file_open,
	.close = file_close,
	.run = file_run,
};

/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "cli/input.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/read_buffer.h"

struct input {
	int fd;
	input_take_fn take;
	void *ctx;
	char *buffer;
	off_t at, length; /* of a file that may be mapped; length 0: it may not */
};

/* ---- a file that is cut ---------------------------------------------------------------------- */

/* A page that the file has no more, or that its disk does not give, is a SIGBUS to who touches it.
 * Zeros take the window's place: they are no records, and the flag says the rest. */
static struct {
	char *window; /* INPUT_WINDOW bytes; NULL: nothing is mapped */
	struct sigaction before;
	volatile sig_atomic_t failed;
} guarded;

static bool is_in_window(const char *at)
{
	return guarded.window && at >= guarded.window && at < guarded.window + INPUT_WINDOW;
}

/* mmap(2) is not on the list of what a handler may call; it is a system call and no more. What is
 * no affair of ours comes again, to whose it is. */
static void put_zeros(int signal, siginfo_t *info, void *context)
{
	void *zeros = MAP_FAILED;

	(void)context;
	if (is_in_window(info->si_addr))
		zeros = mmap(guarded.window, INPUT_WINDOW, PROT_READ,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (zeros == MAP_FAILED)
		sigaction(signal, &guarded.before, NULL);
	else
		guarded.failed = 1;
}

static void begin_guard(void)
{
	struct sigaction action = {.sa_sigaction = put_zeros, .sa_flags = SA_SIGINFO};

	guarded.failed = 0;
	sigaction(SIGBUS, &action, &guarded.before);
}

static void end_guard(void)
{
	sigaction(SIGBUS, &guarded.before, NULL);
}

/* ---- reading --------------------------------------------------------------------------------- */

static int64_t cpu_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* The next piece into the buffer. Its length, 0 at the end, or -1 with err set. */
static ssize_t read_piece(struct input *input, struct error *err)
{
	ssize_t got;

	do
		got = read(input->fd, input->buffer, INPUT_PIECE);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return error_set(err, "%s", strerror(errno));
	input->at += got;
	return got;
}

/* To where the windows mapped have come. */
static int seek(const struct input *input, struct error *err)
{
	if (input->length && lseek(input->fd, input->at, SEEK_SET) < 0)
		return error_set(err, "%s", strerror(errno));
	return 0;
}

static int read_rest(struct input *input, struct error *err)
{
	ssize_t got;

	if (seek(input, err) != 0)
		return -1;
	while ((got = read_piece(input, err)) > 0)
		input->take(input->ctx, input->buffer, (size_t)got);
	return (int)got;
}

static int read_window(struct input *input, struct error *err)
{
	const off_t end = input->at + INPUT_WINDOW;
	ssize_t got = 1;

	if (seek(input, err) != 0)
		return -1;
	while (got > 0 && input->at < end) {
		got = read_piece(input, err);
		if (got > 0)
			input->take(input->ctx, input->buffer, (size_t)got);
	}
	return got < 0 ? -1 : 0;
}

/* ---- mapping --------------------------------------------------------------------------------- */

static bool has_window(const struct input *input)
{
	return input->length - input->at >= INPUT_WINDOW;
}

/* False: it can't be, from no page's beginning, or by its file system. */
static bool map_window(const struct input *input)
{
	guarded.window = mmap(NULL, INPUT_WINDOW, PROT_READ, MAP_SHARED, input->fd, input->at);
	if (guarded.window == MAP_FAILED)
		guarded.window = NULL;
	return guarded.window;
}

static int take_window(struct input *input, struct error *err)
{
	for (size_t at = 0; at < INPUT_WINDOW && !guarded.failed; at += INPUT_PIECE)
		input->take(input->ctx, guarded.window + at, INPUT_PIECE);
	munmap(guarded.window, INPUT_WINDOW);
	guarded.window = NULL;
	input->at += INPUT_WINDOW;
	return guarded.failed ? error_set(err, "it was cut while it was read, or its disk fails: "
					       "judge a copy of it")
			      : 0;
}

/* ns: what it took of the processor's time, at least; from now on the less. */
static void note_least(int64_t *ns, int64_t began)
{
	const int64_t took = cpu_ns() - began;

	if (took < *ns)
		*ns = took;
}

/* Windows are read and mapped in turns, judging included: what is read lies in the processor's
 * cache then, and what is mapped is fetched, and let go, while it is judged. */
static int try_both(struct input *input, bool *map, struct error *err)
{
	int64_t read_ns = INT64_MAX, map_ns = INT64_MAX;

	*map = false;
	for (int turn = 0; turn < INPUT_TURNS; turn++) {
		int64_t began = cpu_ns();

		if (read_window(input, err) != 0)
			return -1;
		note_least(&read_ns, began);
		if (!has_window(input))
			return 0;
		began = cpu_ns();
		if (!map_window(input))
			return 0;
		if (take_window(input, err) != 0)
			return -1;
		note_least(&map_ns, began);
	}
	*map = map_ns < read_ns;
	return 0;
}

static int map_all(struct input *input, struct error *err)
{
	while (has_window(input) && map_window(input))
		if (take_window(input, err) != 0)
			return -1;
	return 0;
}

static int read_by(struct input *input, enum input_way way, struct error *err)
{
	bool map = way == INPUT_MAP;

	if (way == INPUT_CHEAPER && has_window(input) && try_both(input, &map, err) != 0)
		return -1;
	if (map && map_all(input, err) != 0)
		return -1;
	return read_rest(input, err);
}

/* Only what nobody else may change: it has to stay what it is while it is judged. */
static bool may_map(const struct stat *file)
{
	return S_ISREG(file->st_mode) && !(file->st_mode & (S_IWGRP | S_IWOTH)) &&
	       (file->st_uid == 0 || file->st_uid == geteuid());
}

int input_read(int fd, enum input_way way, input_take_fn take, void *ctx, struct error *err)
{
	struct input input = {.fd = fd, .take = take, .ctx = ctx};
	struct stat file;
	int result;

	if (fstat(fd, &file) == 0 && may_map(&file)) {
		input.at = lseek(fd, 0, SEEK_CUR);
		input.length = file.st_size;
	}
	input.buffer = read_buffer_new(INPUT_PIECE);
	if (!input.buffer)
		return error_set(err, "out of memory");
	begin_guard();
	result = read_by(&input, way, err);
	end_guard();
	free(input.buffer);
	return result;
}

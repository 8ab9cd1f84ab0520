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

static int read_rest(struct input *input, struct error *err)
{
	ssize_t got;

	while ((got = read_piece(input, err)) > 0)
		input->take(input->ctx, input->buffer, (size_t)got);
	return (int)got;
}

/* ns: what reading took of it. */
static int read_window(struct input *input, int64_t *ns, struct error *err)
{
	const off_t end = input->at + INPUT_WINDOW;
	ssize_t got = 1;

	*ns = 0;
	while (got > 0 && input->at < end) {
		const int64_t before = cpu_ns();

		got = read_piece(input, err);
		*ns += cpu_ns() - before;
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

static int64_t touch_pages(void)
{
	const int64_t before = cpu_ns();

	for (size_t at = 0; at < INPUT_WINDOW; at += READ_BUFFER_ALIGNMENT)
		(void)*(volatile const char *)(guarded.window + at);
	return cpu_ns() - before;
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

/* One window is read, one mapped. What is read lies in the processor's cache then, what is mapped
 * has yet to be fetched: so touching is to cost less than half of reading. */
static int try_both(struct input *input, bool *map, struct error *err)
{
	int64_t read_ns;

	*map = false;
	if (read_window(input, &read_ns, err) != 0)
		return -1;
	if (!has_window(input) || !map_window(input))
		return 0;
	*map = touch_pages() < read_ns / 2;
	return take_window(input, err);
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
	if (input->length && lseek(input->fd, input->at, SEEK_SET) < 0)
		return error_set(err, "%s", strerror(errno));
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

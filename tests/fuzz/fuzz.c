/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

enum { WALK_FDS = 16 };

uint8_t fuzz_take_byte(struct fuzz_bytes *bytes)
{
	if (bytes->left == 0)
		return 0;
	bytes->left--;
	return *bytes->at++;
}

uint16_t fuzz_take_short(struct fuzz_bytes *bytes)
{
	uint8_t low = fuzz_take_byte(bytes);

	return (uint16_t)(low | fuzz_take_byte(bytes) << 8);
}

struct fuzz_bytes fuzz_take(struct fuzz_bytes *bytes, size_t length)
{
	struct fuzz_bytes part = {bytes->at, length < bytes->left ? length : bytes->left};

	bytes->at += part.left;
	bytes->left -= part.left;
	return part;
}

struct fuzz_bytes fuzz_take_until(struct fuzz_bytes *bytes, uint8_t end)
{
	const uint8_t *found = bytes->left ? memchr(bytes->at, end, bytes->left) : NULL;
	struct fuzz_bytes part = fuzz_take(bytes,
					   found ? (size_t)(found - bytes->at) : bytes->left);

	if (found)
		fuzz_take_byte(bytes);
	return part;
}

char *fuzz_text(const struct fuzz_bytes *bytes)
{
	char *text = malloc(bytes->left + 1);

	if (!text)
		exit(1);
	if (bytes->left)
		memcpy(text, bytes->at, bytes->left);
	text[bytes->left] = '\0';
	return text;
}

static void give_up(const char *what, const char *path)
{
	fprintf(stderr, "the harness cannot go on: %s %s: %s\n", what, path, strerror(errno));
	_exit(1);
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)kind;
	if (walk->level > 0 && remove(path) < 0)
		give_up("remove", path);
	return 0;
}

void fuzz_empty(const char *folder)
{
	if (nftw(folder, remove_entry, WALK_FDS, FTW_DEPTH | FTW_PHYS) != 0)
		give_up("empty", folder);
}

/* atexit() passes no context */
static char folder[] = "/dev/shm/capwatch-fuzz.XXXXXX";

static void remove_folder(void)
{
	fuzz_empty(folder);
	rmdir(folder);
}

const char *fuzz_folder(void)
{
	if (!mkdtemp(folder))
		give_up("make", folder);
	atexit(remove_folder);
	return folder;
}

void fuzz_write(const char *in, const char *name, const struct fuzz_bytes *bytes)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", in, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, bytes->at, bytes->left) != (ssize_t)bytes->left)
		give_up("write", path);
	close(fd);
}

void fuzz_silence_stdout(void)
{
	if (!freopen("/dev/null", "w", stdout))
		give_up("open", "/dev/null");
}

void fuzz_check_line(const char *text, size_t length)
{
	FUZZ_CHECK(strlen(text) == length);
	for (size_t i = 0; i < length; i++)
		FUZZ_CHECK((unsigned char)text[i] >= ' ');
}

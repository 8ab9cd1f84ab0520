/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/spool_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include "alerters/crc32c.h"

enum { FOLDER_MODE = 0700, FILE_MODE = 0600, NAME_SIZE = 64, DIGITS = 16, TALLY_SIZE = 32 };

static const char magic[8] = {'c', 'w', 's', 'p', 'o', 'o', 'l', '\n'};
static const char *const graves[] = {[SPOOL_DEAD] = "dead", [SPOOL_CORRUPT] = "corrupt"};

/* As on the disk, in the host's byte order: a spool stays on its host. */
struct spool_file_header {
	char magic[8];
	uint16_t version;
	uint8_t severity, disposition;
	uint32_t length; /* of the text that follows */
	uint64_t sequence;
	int64_t created;
	char id[SPOOL_FILE_ID_SIZE];
	uint32_t crc; /* over everything above and the text */
	/* written again in place after each failed try: */
	uint32_t tries_crc, attempts;
	uint32_t reserved;
	int64_t due;
};

enum {
	COVERED = offsetof(struct spool_file_header, crc),
	TRIES_AT = offsetof(struct spool_file_header, tries_crc),
	TRIES_COVERED_AT = offsetof(struct spool_file_header, attempts),
};

_Static_assert(sizeof(struct spool_file_header) == 152, "no padding, and the same everywhere");

static int fail(struct error *err, const char *what, const char *name)
{
	return error_set(err, "%s %s: %s", what, name, strerror(errno));
}

static const char *make_name(char name[NAME_SIZE], const char *folder, uint64_t sequence,
			     const char *ending)
{
	snprintf(name, NAME_SIZE, "%s%s%016" PRIx64 ".%s", folder, *folder ? "/" : "", sequence,
		 ending);
	return name;
}

/* ---- folders ---- */

/* A folder that is new is as durable as its entry in its parent. A parent that we may not read is
 * left to the file system's own time. */
static int sync_parent(int at, const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX];
	int fd, result = 0;

	snprintf(parent, sizeof(parent), "%.*s", slash ? (int)(slash - path + 1) : 1,
		 slash ? path : ".");
	fd = openat(at, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (fsync(fd) < 0)
		result = fail(err, "cannot sync the folder", parent);
	close(fd);
	return result;
}

static int make_folder(int at, const char *path, struct error *err)
{
	if (mkdirat(at, path, FOLDER_MODE) == 0)
		return sync_parent(at, path, err);
	return errno == EEXIST ? 0 : fail(err, "cannot make the folder", path);
}

static bool parse_name(const char *name, const char *ending, uint64_t *sequence)
{
	if (strspn(name, "0123456789abcdef") != DIGITS || strcmp(name + DIGITS, ending) != 0)
		return false;
	*sequence = strtoull(name, NULL, 16);
	return true;
}

static DIR *open_listing(int folder, struct error *err)
{
	/* a description of its own: the position in a folder is shared by duplicates */
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (dir)
		return dir;
	fail(err, "cannot list", "the spool");
	if (fd >= 0)
		close(fd);
	return NULL;
}

/* What was never renamed was never promised to anybody. */
static void remove_unfinished(int folder)
{
	struct dirent *entry;
	uint64_t sequence;
	DIR *dir = open_listing(folder, NULL);

	while (dir && (entry = readdir(dir)))
		if (parse_name(entry->d_name, ".new", &sequence))
			unlinkat(folder, entry->d_name, 0);
	if (dir)
		closedir(dir);
}

static int make_path(char path[PATH_MAX], const char *folder, const char *sink, struct error *err)
{
	if (snprintf(path, PATH_MAX, "%s/%s", folder, sink) < PATH_MAX)
		return 0;
	return error_set(err, "%s/%s: the path is too long", folder, sink);
}

static int open_folder(int at, const char *path, struct error *err)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	/* cppcheck-suppress resourceLeak ; it is the caller's */
	return fd < 0 ? fail(err, "cannot open the folder", path) : fd;
}

int spool_folder_look(const char *folder, const char *sink, struct error *err)
{
	char path[PATH_MAX];

	return make_path(path, folder, sink, err) < 0 ? -1 : open_folder(AT_FDCWD, path, err);
}

int spool_grave_open(int folder, enum spool_grave grave, struct error *err)
{
	return open_folder(folder, graves[grave], err);
}

int spool_folder_open(const char *folder, const char *sink, struct error *err)
{
	char path[PATH_MAX];
	int fd;

	if (make_path(path, folder, sink, err) < 0 || make_folder(AT_FDCWD, folder, err) < 0 ||
	    make_folder(AT_FDCWD, path, err) < 0)
		return -1;
	fd = open_folder(AT_FDCWD, path, err);
	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			error_set(err, "%s is in use by another courier", path);
		else
			fail(err, "cannot lock", path);
		close(fd);
		return -1;
	}
	if (make_folder(fd, graves[SPOOL_DEAD], err) < 0 ||
	    make_folder(fd, graves[SPOOL_CORRUPT], err) < 0) {
		close(fd);
		return -1;
	}
	remove_unfinished(fd);
	return fd;
}

int spool_folder_sync(int folder, struct error *err)
{
	return fsync(folder) < 0 ? fail(err, "cannot sync", "the spool's folder") : 0;
}

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

struct sequences {
	uint64_t *items;
	size_t count, room;
};

static int add_sequence(struct sequences *list, uint64_t sequence)
{
	if (list->count == list->room) {
		size_t room = list->room * 2 + 64;
		uint64_t *grown = realloc(list->items, room * sizeof(*grown));

		if (!grown)
			return -1;
		list->items = grown;
		list->room = room;
	}
	list->items[list->count++] = sequence;
	return 0;
}

/* A folder that ends early by an error looks like one with fewer files: errno tells. */
static int read_listing(DIR *dir, struct sequences *list)
{
	struct dirent *entry;
	uint64_t sequence;

	errno = 0;
	while ((entry = readdir(dir))) {
		if (parse_name(entry->d_name, ".alert", &sequence) &&
		    add_sequence(list, sequence) < 0)
			return -1;
		errno = 0;
	}
	return errno ? -1 : 0;
}

int spool_folder_list(int folder, uint64_t **sequences, size_t *count, struct error *err)
{
	struct sequences list = {NULL, 0, 0};
	DIR *dir = open_listing(folder, err);
	int result;

	if (!dir)
		return -1;
	result = read_listing(dir, &list);
	if (result < 0) {
		fail(err, "cannot list", "the spool");
		free(list.items);
	}
	closedir(dir);
	if (result < 0)
		return -1;
	if (list.count > 0)
		qsort(list.items, list.count, sizeof(*list.items), compare);
	*sequences = list.items;
	*count = list.count;
	return 0;
}

/* ---- one file ---- */

static uint32_t crc_of_tries(const struct spool_file_header *header)
{
	return crc32c(0, (const char *)header + TRIES_COVERED_AT,
		      sizeof(*header) - TRIES_COVERED_AT);
}

static void make_header(const struct spool_file *file, const char *text,
			struct spool_file_header *header)
{
	memset(header, 0, sizeof(*header));
	memcpy(header->magic, magic, sizeof(magic));
	header->version = SPOOL_FILE_VERSION;
	header->severity = (uint8_t)file->severity;
	header->disposition = (uint8_t)file->disposition;
	header->length = (uint32_t)file->length;
	header->sequence = file->sequence;
	header->created = file->created;
	snprintf(header->id, sizeof(header->id), "%s", file->id);
	header->crc = crc32c(crc32c(0, header, COVERED), text, file->length);
	header->attempts = file->attempts;
	header->due = file->due;
	header->tries_crc = crc_of_tries(header);
}

/* The whole of it in one call, or an error: a part is of no use. */
static int write_whole(int fd, const struct spool_file_header *header, const char *text)
{
	struct iovec parts[] = {{(void *)(uintptr_t)header, sizeof(*header)},
				{(void *)(uintptr_t)text, header->length}};
	size_t whole = sizeof(*header) + header->length;
	ssize_t written;

	do
		written = writev(fd, parts, 2);
	while (written < 0 && errno == EINTR);
	if (written >= 0 && (size_t)written < whole) {
		errno = ENOSPC;
		return -1;
	}
	return written < 0 ? -1 : 0;
}

int spool_file_store(int folder, const struct spool_file *file, const char *text, struct error *err)
{
	struct spool_file_header header;
	char unfinished[NAME_SIZE], name[NAME_SIZE];
	const char *failed = NULL;
	int fd;

	make_header(file, text, &header);
	make_name(unfinished, "", file->sequence, "new");
	make_name(name, "", file->sequence, "alert");
	fd = openat(folder, unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		    FILE_MODE);
	if (fd < 0)
		return fail(err, "cannot create", unfinished);
	if (write_whole(fd, &header, text) < 0)
		failed = "cannot write";
	else if (fsync(fd) < 0)
		failed = "cannot sync";
	else if (renameat(folder, unfinished, folder, name) < 0)
		failed = "cannot rename";
	if (failed)
		fail(err, failed, unfinished);
	close(fd);
	if (failed)
		unlinkat(folder, unfinished, 0);
	return failed ? -1 : 0;
}

static enum spool_file_state read_all(int fd, void *bytes, size_t length, struct error *err)
{
	size_t used = 0;

	while (used < length) {
		ssize_t got = read(fd, (char *)bytes + used, length - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			error_set(err, "cannot read: %s", strerror(errno));
			return SPOOL_FILE_FAILED;
		}
		if (got == 0) {
			error_set(err, "it is shorter than it says");
			return SPOOL_FILE_BROKEN;
		}
		used += (size_t)got;
	}
	return SPOOL_FILE_GOOD;
}

static const char *fault_of(const struct spool_file_header *header, off_t size)
{
	if (memcmp(header->magic, magic, sizeof(magic)) != 0)
		return "it is no spool file";
	if (header->version != SPOOL_FILE_VERSION)
		return "it is of another version";
	if (header->length > SPOOL_FILE_TEXT_MAX || header->severity > SEVERITY_CRITICAL ||
	    header->disposition > DISPOSITION_SILENCED ||
	    header->id[SPOOL_FILE_ID_SIZE - 1] != '\0')
		return "its header makes no sense";
	if (size != (off_t)(sizeof(*header) + header->length))
		return "its length is not the one that it says";
	return NULL;
}

static enum spool_file_state read_header(int fd, struct spool_file_header *header,
					 struct error *err)
{
	enum spool_file_state state;
	struct stat status;
	const char *fault;

	if (fstat(fd, &status) < 0) {
		error_set(err, "cannot look at it: %s", strerror(errno));
		return SPOOL_FILE_FAILED;
	}
	if (!S_ISREG(status.st_mode)) {
		error_set(err, "it is no regular file");
		return SPOOL_FILE_BROKEN;
	}
	state = read_all(fd, header, sizeof(*header), err);
	if (state != SPOOL_FILE_GOOD)
		return state;
	fault = fault_of(header, status.st_size);
	if (!fault)
		return SPOOL_FILE_GOOD;
	error_set(err, "%s", fault);
	return SPOOL_FILE_BROKEN;
}

static char *read_text(int fd, const struct spool_file_header *header, struct spool_file *file,
		       struct error *err)
{
	char *text = calloc(1, (size_t)header->length + 1);

	if (!text) {
		error_set(err, "out of memory");
		file->state = SPOOL_FILE_FAILED;
		return NULL;
	}
	file->state = read_all(fd, text, header->length, err);
	if (file->state == SPOOL_FILE_GOOD &&
	    crc32c(crc32c(0, header, COVERED), text, header->length) != header->crc) {
		error_set(err, "its checksum is wrong");
		file->state = SPOOL_FILE_BROKEN;
	}
	if (file->state == SPOOL_FILE_GOOD)
		return text;
	free(text);
	return NULL;
}

static void take_header(const struct spool_file_header *header, struct spool_file *file)
{
	*file = (struct spool_file){
		.state = SPOOL_FILE_GOOD,
		.sequence = header->sequence,
		.severity = (enum severity)header->severity,
		.disposition = (enum disposition)header->disposition,
		.created = header->created,
		.length = header->length,
	};
	memcpy(file->id, header->id, sizeof(file->id));
	if (header->tries_crc == crc_of_tries(header)) {
		file->attempts = header->attempts;
		file->due = header->due;
	}
}

static enum spool_file_state state_without(int number)
{
	if (number == ENOENT)
		return SPOOL_FILE_GONE;
	return number == ELOOP ? SPOOL_FILE_BROKEN : SPOOL_FILE_FAILED;
}

static char *load(int fd, uint64_t sequence, struct spool_file *file, struct error *err)
{
	struct spool_file_header header;
	char *text;

	file->state = read_header(fd, &header, err);
	if (file->state == SPOOL_FILE_GOOD && header.sequence != sequence) {
		error_set(err, "its name is not the one that it was written under");
		file->state = SPOOL_FILE_BROKEN;
	}
	if (file->state != SPOOL_FILE_GOOD)
		return NULL;
	text = read_text(fd, &header, file, err);
	if (text)
		take_header(&header, file);
	return text;
}

char *spool_file_load(int folder, uint64_t sequence, struct spool_file *file, struct error *err)
{
	char name[NAME_SIZE], *text;
	int fd;

	make_name(name, "", sequence, "alert");
	/* O_NONBLOCK: a fifo of that name must not hold us up before it is refused */
	fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0) {
		file->state = state_without(errno);
		error_set(err, "%s: %s", name, strerror(errno));
		return NULL;
	}
	text = load(fd, sequence, file, err);
	close(fd);
	if (!text)
		error_prefix(err, "%s", name);
	return text;
}

int spool_file_note(int folder, const struct spool_file *file, struct error *err)
{
	struct spool_file_header header = {.attempts = file->attempts, .due = file->due};
	char name[NAME_SIZE];
	int fd = openat(folder, make_name(name, "", file->sequence, "alert"),
			O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int result = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : fail(err, "cannot note a try in", name);
	header.tries_crc = crc_of_tries(&header);
	if (pwrite(fd, (const char *)&header + TRIES_AT, sizeof(header) - TRIES_AT, TRIES_AT) < 0)
		result = fail(err, "cannot note a try in", name);
	close(fd);
	return result;
}

int spool_file_remove(int folder, uint64_t sequence, struct error *err)
{
	char name[NAME_SIZE];

	make_name(name, "", sequence, "alert");
	if (unlinkat(folder, name, 0) < 0 && errno != ENOENT)
		return fail(err, "cannot remove", name);
	return 0;
}

/* ---- dead and corrupt ---- */

/* In one write: whoever reads it sees all of it or nothing. */
static int write_line(int folder, const char *name, const char *line, struct error *err)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
			FILE_MODE);
	int result = 0;

	if (fd < 0)
		return fail(err, "cannot create", name);
	if (dprintf(fd, "%s\n", line) < 0)
		result = fail(err, "cannot write", name);
	close(fd);
	return result;
}

static void prune(int folder, enum spool_grave grave)
{
	int fd = spool_grave_open(folder, grave, NULL);
	uint64_t *sequences = NULL;
	size_t count = 0;

	if (fd < 0)
		return;
	if (spool_folder_list(fd, &sequences, &count, NULL) < 0)
		count = 0;
	for (size_t i = 0; i + SPOOL_DEAD_MAX < count; i++)
		spool_grave_remove(fd, sequences[i], NULL);
	free(sequences);
	close(fd);
}

int spool_file_bury(int folder, uint64_t sequence, const struct spool_burial *burial,
		    struct error *err)
{
	const char *grave = graves[burial->grave];
	char name[NAME_SIZE], buried[NAME_SIZE], reason[NAME_SIZE];
	int result;

	make_name(name, "", sequence, "alert");
	make_name(buried, grave, sequence, "alert");
	result = write_line(folder, make_name(reason, grave, sequence, "why"), burial->why, err);
	if (renameat(folder, name, folder, buried) < 0 && errno != ENOENT)
		return fail(err, "cannot move", name);
	return result;
}

int spool_file_exhume(int folder, uint64_t sequence, enum spool_grave grave, struct error *err)
{
	char name[NAME_SIZE], buried[NAME_SIZE];

	make_name(name, "", sequence, "alert");
	if (renameat(folder, make_name(buried, graves[grave], sequence, "alert"), folder, name) < 0)
		return fail(err, "cannot move", buried);
	unlinkat(folder, make_name(buried, graves[grave], sequence, "why"), 0);
	return 0;
}

int spool_grave_remove(int grave_folder, uint64_t sequence, struct error *err)
{
	char reason[NAME_SIZE];

	unlinkat(grave_folder, make_name(reason, "", sequence, "why"), 0);
	return spool_file_remove(grave_folder, sequence, err);
}

char *spool_grave_why(int grave_folder, uint64_t sequence, char *why, size_t size)
{
	char name[NAME_SIZE];
	int fd = openat(grave_folder, make_name(name, "", sequence, "why"),
			O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t got = fd >= 0 ? read(fd, why, size - 1) : -1;

	if (fd >= 0)
		close(fd);
	why[got > 0 ? got : 0] = '\0';
	why[strcspn(why, "\n")] = '\0';
	return why;
}

static const char *const tally_names[] = {
	[SPOOL_DROPPED] = "dropped",
	[SPOOL_HELD_BACK] = "held-back",
};

int spool_folder_note(int folder, enum spool_tally tally, uint64_t count, struct error *err)
{
	char text[TALLY_SIZE];

	snprintf(text, sizeof(text), "%020" PRIu64, count);
	if (count > 0)
		return write_line(folder, tally_names[tally], text, err);
	if (unlinkat(folder, tally_names[tally], 0) < 0 && errno != ENOENT)
		return fail(err, "cannot remove", tally_names[tally]);
	return 0;
}

uint64_t spool_folder_noted(int folder, enum spool_tally tally)
{
	char text[TALLY_SIZE] = "";
	int fd = openat(folder, tally_names[tally], O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t got = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

	if (fd >= 0)
		close(fd);
	return got > 0 ? strtoull(text, NULL, 10) : 0;
}

void spool_folder_prune(int folder)
{
	prune(folder, SPOOL_DEAD);
	prune(folder, SPOOL_CORRUPT);
}

static int raise_to_last(int folder, uint64_t *last, struct error *err)
{
	uint64_t *sequences;
	size_t count;

	if (spool_folder_list(folder, &sequences, &count, err) < 0)
		return -1;
	if (count > 0 && sequences[count - 1] > *last)
		*last = sequences[count - 1];
	free(sequences);
	return 0;
}

int spool_folder_last(int folder, uint64_t *last, struct error *err)
{
	int result;

	*last = 0;
	result = raise_to_last(folder, last, err);
	for (enum spool_grave i = SPOOL_DEAD; i <= SPOOL_CORRUPT && result == 0; i++) {
		int fd = spool_grave_open(folder, i, err);

		result = fd < 0 ? -1 : raise_to_last(fd, last, err);
		if (fd >= 0)
			close(fd);
	}
	return result;
}

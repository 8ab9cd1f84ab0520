/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files: configuration files as bytes: bounded reading, and the *.yaml of a folder in order of
 * name. Owns: the bounds and what to say of a file that can't be had. Must not own: what is in it.
 */
#ifndef CAPWATCH_FILES_H
#define CAPWATCH_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include "common/error.h"
#include "conf/arena.h"

enum { FILES_SIZE_MAX = 1024 * 1024, FILES_COUNT_MAX = 512 };

struct file_text {
	char *bytes; /* terminated by a NUL beyond length */
	size_t length;
};

struct file_list {
	char **paths; /* the folder's path, a slash and the name */
	size_t count;
};

enum files_kind { FILES_MISSING, FILES_FOLDER, FILES_FILE };

/* What is there; -1 with err when that can't be found out, or it is neither file nor folder. */
int files_kind_of(const char *path, enum files_kind *kind, struct error *err);

/* Reads a regular file of at most FILES_SIZE_MAX bytes. 0, or -1 with err ("FILE: why, what to
 * do"). */
int files_read(struct arena *arena, const char *path, struct file_text *text, struct error *err);

/* The *.yaml of a folder (no dot files), sorted by their bytes. 0, or -1 with err. */
int files_list(struct arena *arena, const char *folder, struct file_list *list, struct error *err);

/* Text read so far, for a digest over all of it; all zero bytes is none. */
struct files_digest {
	char *bytes;
	size_t length;
};

/* Adds one text. 0, or -1 with err. files_digest_end() gives the SHA-256 and frees what was kept.
 */
int files_digest_add(struct files_digest *digest, const struct file_text *text, struct error *err);
void files_digest_end(struct files_digest *digest, char hex[65]);

#endif

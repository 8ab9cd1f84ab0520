/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file: rules files on disk, read whole and written whole.
 * Owns: bounds, atomic replacement, the mark of our own files. Must not own: what is in them.
 */
#ifndef CAPWATCH_RULES_FILE_H
#define CAPWATCH_RULES_FILE_H

#include <stdbool.h>
#include "common/error.h"

/* The first line of each of our files begins so; no other file is ever replaced or removed. */
#define RULES_FILE_MARK "## capwatch rules:"

/* Whether augenrules reads a file of this name in rules.d. */
bool rules_file_is_named(const char *name);

/* The text of a regular file of at most RULES_FILE_MAX bytes, without NUL in it; the caller frees
 * it. NULL with err. */
char *rules_file_read(const char *path, struct error *err);

/* 1 when the file is there and carries our mark, 0 when there is none, -1 with err when it is
 * another's or cannot be read. */
int rules_file_is_ours(const char *path, struct error *err);

/* Replaces (or makes) folder/name as one step, mode 0640, and has it on disk. 0, or -1 with err. */
int rules_file_write(const char *folder, const char *name, const char *text, struct error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret_file: a file whose text is a secret. Owns: who may have it, its bound, wiping it. Must not
 * own: what the secret is for. No error made here ever holds a byte of it.
 */
#ifndef CAPWATCH_SECRET_FILE_H
#define CAPWATCH_SECRET_FILE_H

#include <stddef.h>
#include <sys/types.h>
#include "common/error.h"

enum { SECRET_SIZE_MAX = 4096 };

struct secret_file {
	size_t length;
	char text[SECRET_SIZE_MAX + 1]; /* terminated; without blanks and newlines at its end */
};

/* Reads a regular file, or what a link leads to: root's or owner's (the courier's user), readable
 * by its owner and group alone, and writable by its owner alone. 0, or -1 with err ("FILE: why,
 * what to do") and nothing kept. */
int secret_file_read(const char *path, uid_t owner, struct secret_file *secret, struct error *err);

/* Overwrites it. */
void secret_file_forget(struct secret_file *secret);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret: one line from a file that only the courier should read. Owns: reading and wiping it.
 */
#ifndef CAPWATCH_SECRET_H
#define CAPWATCH_SECRET_H

#include <stddef.h>
#include "common/error.h"

enum { SECRET_MAX = 4096 };

struct secret {
	size_t length;
	char text[SECRET_MAX + 1]; /* terminated */
};

/* The file's one line, without its newline: printable ASCII, so that it can be a header's value and
 * never become a second header. 0 or -1 with err, which names the file and never what is in it. */
int secret_read(const char *path, struct secret *secret, struct error *err);

void secret_wipe(struct secret *secret);

#endif

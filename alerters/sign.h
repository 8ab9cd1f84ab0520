/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign: a webhook's signature. Owns: the keys while they are in memory, the schemes. Must not own:
 * the request. HMAC-SHA256 is libcrypto's, which libcurl links anyway.
 */
#ifndef CAPWATCH_SIGN_H
#define CAPWATCH_SIGN_H

#include <stddef.h>
#include <stdint.h>
#include "common/error.h"
#include "conf/settings.h"

enum { SIGN_KEYS_MAX = 8, SIGN_LINES_MAX = 3, SIGN_LINE_SIZE = 512, SIGN_ID_MAX = 256 };

struct sign_keys;

/*
 * The keys of a webhook with secret_files (conf/secret_file.h checks who may read them):
 *   standard-webhooks  a "whsec_..." a line, in one file or several; the first is the newest. Each
 *                      signs, so that a receiver that knows any of them accepts.
 *   sha256             the file's text is the key.
 * NULL with err, which names a file and never what is in it.
 */
struct sign_keys *sign_keys_load(const struct sink_settings *settings, struct error *err);
void sign_keys_free(struct sign_keys *keys); /* wipes them */

struct sign_message {
	const char *id;	   /* the alert's; what a header may not hold is left out */
	int64_t timestamp; /* seconds since the epoch, of this attempt */
	const char *body;
	size_t length;
};

/* The headers to be added, as "name: value". */
struct sign_lines {
	size_t count;
	char lines[SIGN_LINES_MAX][SIGN_LINE_SIZE];
};

/* 0, or -1 with err when libcrypto fails. */
int sign_message(const struct sign_keys *keys, const struct sign_message *message,
		 struct sign_lines *lines, struct error *err);

#endif

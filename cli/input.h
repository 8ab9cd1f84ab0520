/* SPDX-License-Identifier: Apache-2.0 */
/*
 * input: the bytes of a recording, handed on in pieces. Of what it costs to judge a long one, half
 * is the kernel copying it, and what is mapped is not copied. But under some hypervisors a page
 * that is touched first costs more than one that is copied: so which is cheaper here is tried. And
 * what others may change meanwhile is copied in any case.
 * Owns: reading, mapping, which of both; a file that is cut meanwhile.
 * Must not own: what the bytes say.
 */
#ifndef CAPWATCH_CLI_INPUT_H
#define CAPWATCH_CLI_INPUT_H

#include <stddef.h>

#include "common/error.h"

enum input_way {
	INPUT_CHEAPER, /* a long file is mapped where that is found to be cheaper */
	INPUT_READ,
	INPUT_MAP, /* what can be mapped is; for tests */
};

enum {
	INPUT_PIECE = 256 * 1024,
	INPUT_WINDOW = 8 * 1024 * 1024, /* mapped at once; no shorter rest is */
	INPUT_TURNS = 3,		/* windows tried of each way, the least of which counts */
};

/* bytes: good until it returns; at most INPUT_PIECE. */
typedef void (*input_take_fn)(void *ctx, const char *bytes, size_t length);

/* Hands on what fd has from where it stands to its end, in order. 0, or -1 with err set: what came
 * before the error has been handed on; of a file that is cut while it is mapped zeros may follow
 * that. Has SIGBUS while it runs: one call at a time. */
int input_read(int fd, enum input_way way, input_take_fn take, void *ctx, struct error *err);

#endif

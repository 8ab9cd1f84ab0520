/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz: what the harnesses share: how an input is run, how it is taken apart, a folder for those
 * that read files. Owns: the two entries (libFuzzer's and a plain main()), the limit on the CPU
 * time of one input. Must not own: what is run, or where inputs come from (tests/fuzz/seeds).
 *
 * A harness is one file fuzz_NAME.c that defines fuzz_begin() and fuzz_run(). Linked with entry.c
 * and -fsanitize=fuzzer it fuzzes; linked with plain_main.c it runs the files that it is given, in
 * any build.
 */
#ifndef CAPWATCH_TESTS_FUZZ_H
#define CAPWATCH_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Once, before the first input: what the harness keeps from one input to the next, the ctx of
 * fuzz_run(); it lives until the process ends. A harness that cannot begin says why and exits. */
void *fuzz_begin(void);

/* One input; all that it makes is gone when this returns. */
void fuzz_run(void *ctx, const uint8_t *bytes, size_t length);

/* Something that must hold whatever the input: a finding where it does not. */
#define FUZZ_CHECK(holds)                                                                          \
	do {                                                                                       \
		if (!(holds)) {                                                                    \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #holds); \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* What is left of an input that is taken apart from its start. */
struct fuzz_bytes {
	const uint8_t *at;
	size_t left;
};

/* The next byte; the next two, little-endian; 0 for what is not there. */
uint8_t fuzz_take_byte(struct fuzz_bytes *bytes);
uint16_t fuzz_take_short(struct fuzz_bytes *bytes);

/* The next length bytes, or those that are left. */
struct fuzz_bytes fuzz_take(struct fuzz_bytes *bytes, size_t length);

/* Up to the next byte of this value, which is passed over; all that is left when there is none. */
struct fuzz_bytes fuzz_take_until(struct fuzz_bytes *bytes, uint8_t end);

/* A malloc'ed copy of exactly these bytes and a NUL, so that a sanitizer sees what reads beyond. */
char *fuzz_text(const struct fuzz_bytes *bytes);

/* A new empty folder in memory (/dev/shm), for this process alone; removed with what is in it when
 * the process ends in order. In a static buffer. */
const char *fuzz_folder(void);

/* Writes FOLDER/NAME anew; a file system that refuses is no finding and ends the process. */
void fuzz_write(const char *folder, const char *name, const struct fuzz_bytes *bytes);

/* Removes all that is in the folder, whatever it is. */
void fuzz_empty(const char *folder);

/* One line of length bytes: no NUL, no control character. JSON leaves DEL as it is. */
void fuzz_check_line(const char *text, size_t length);

/* What the verbs of the command line print is not for a terminal. */
void fuzz_silence_stdout(void);

#endif

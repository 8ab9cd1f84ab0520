/* SPDX-License-Identifier: Apache-2.0 */
/* plain_main: runs a harness over files, in any build: usage: plain_NAME FILE... */
#include <errno.h>
#include <string.h>
#include "tests/fuzz/fuzz.h"

enum { INPUT_MAX = 1024 * 1024 };

/* A copy of the exact size: what reads beyond it is seen by a sanitizer. */
static void run(void *ctx, const char *buffer, size_t length)
{
	uint8_t *copy = malloc(length ? length : 1);

	if (!copy)
		exit(1);
	memcpy(copy, buffer, length);
	fuzz_run(ctx, copy, length);
	free(copy);
}

int main(int argc, char **argv)
{
	char *buffer = malloc(INPUT_MAX);
	static void *ctx; /* as in entry.c: it lives until the process ends, and is no leak */

	ctx = fuzz_begin();
	for (int i = 1; buffer && i < argc; i++) {
		FILE *file = fopen(argv[i], "re");
		size_t length = file ? fread(buffer, 1, INPUT_MAX, file) : 0;

		if (!file || ferror(file)) {
			fprintf(stderr, "%s: %s\n", argv[i], strerror(errno));
			return 1;
		}
		fclose(file);
		run(ctx, buffer, length);
	}
	free(buffer);
	return argc > 1 && buffer ? 0 : 2;
}

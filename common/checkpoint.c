/* SPDX-License-Identifier: Apache-2.0 */
#include "common/checkpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"

enum { DIGEST_DIGITS = 16, ENRICHMENT = 0x1d };

#define HEAD "capwatch-checkpoint 1 "

static const char node[] = "node=";

/* Blanks between the fields and the digest make up the length. */
void checkpoint_print(const struct checkpoint *checkpoint, char text[CHECKPOINT_TEXT_SIZE + 1])
{
	const size_t head = CHECKPOINT_TEXT_SIZE - DIGEST_DIGITS - 1;
	char fields[CHECKPOINT_TEXT_SIZE], digest[65];

	snprintf(fields, sizeof(fields), HEAD "%" PRId64 " %" PRIu64 " %016" PRIx64 " %s",
		 checkpoint->time, checkpoint->serial, checkpoint->line,
		 checkpoint->clean ? "clean" : "open");
	snprintf(text, CHECKPOINT_TEXT_SIZE + 1, "%-*s", (int)head, fields);
	text_sha256(text, head, digest);
	snprintf(text + head, DIGEST_DIGITS + 2, "%.*s\n", DIGEST_DIGITS, digest);
}

bool checkpoint_parse(const char *text, size_t length, struct checkpoint *checkpoint)
{
	char copy[CHECKPOINT_TEXT_SIZE + 1], printed[CHECKPOINT_TEXT_SIZE + 1], state[8];
	struct checkpoint read = {0};

	if (length != CHECKPOINT_TEXT_SIZE)
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	if (sscanf(copy, HEAD "%" SCNd64 " %" SCNu64 " %" SCNx64 " %7s", &read.time, &read.serial,
		   &read.line, state) != 4 ||
	    read.time < 0)
		return false;
	read.clean = strcmp(state, "clean") == 0;
	/* what is ours is exactly what we would write */
	checkpoint_print(&read, printed);
	if (memcmp(printed, copy, length) != 0)
		return false;
	*checkpoint = read;
	return true;
}

/* FNV-1a. It is to tell records of one host apart, each of which has the kernel's own serial in it;
 * nothing hangs on its being hard to meet. */
uint64_t checkpoint_line_key(const char *line, size_t length)
{
	const char *end = memchr(line, ENRICHMENT, length), *space;
	uint64_t key = 0xcbf29ce484222325u;

	if (!end)
		end = line + length;
	if (length >= sizeof(node) - 1 && memcmp(line, node, sizeof(node) - 1) == 0) {
		space = memchr(line, ' ', (size_t)(end - line));
		line = space ? space + 1 : line;
	}
	for (; line < end; line++)
		key = (key ^ (unsigned char)*line) * 0x100000001b3u;
	return key;
}

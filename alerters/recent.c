/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/recent.h"

#include <string.h>
#include <openssl/evp.h>

uint64_t recent_key(const char *line, size_t length)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	uint64_t key = 0;

	if (EVP_Digest(line, length, digest, NULL, EVP_sha256(), NULL) == 1)
		memcpy(&key, digest, sizeof(key));
	return key;
}

void recent_add(struct recent *recent, uint64_t key)
{
	recent->keys[recent->next] = key;
	recent->next = (recent->next + 1) % RECENT_LINES;
	if (recent->count < RECENT_LINES)
		recent->count++;
}

/* 0 stands for a digest that could not be made: no two such lines are the same. */
bool recent_has(const struct recent *recent, uint64_t key)
{
	for (size_t i = 0; key && i < recent->count; i++)
		if (recent->keys[i] == key)
			return true;
	return false;
}

uint64_t recent_id_key(const char *line, size_t length)
{
	static const char head[] = "{\"schema\":\"capwatch.alert/1\",\"id\":\"";
	const size_t before = sizeof(head) - 1;
	const char *end;

	if (length <= before || memcmp(line, head, before) != 0)
		return 0;
	end = memchr(line + before, '"', length - before);
	return end ? recent_key(line + before, (size_t)(end - line) - before) : 0;
}

void recent_add_lines(struct recent_lines *recent, const char *text, size_t length)
{
	const char *end = text + length, *newline;

	for (; (newline = memchr(text, '\n', (size_t)(end - text))); text = newline + 1) {
		recent_add(&recent->lines, recent_key(text, (size_t)(newline - text)));
		recent_add(&recent->ids, recent_id_key(text, (size_t)(newline - text)));
	}
}

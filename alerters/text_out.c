/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/text_out.h"

#include <stdio.h>
#include <string.h>
#include "common/text.h"

bool text_out_put(struct text_out *out, const char *bytes, size_t length)
{
	if (length >= out->size - out->used)
		return false;
	memcpy(out->data + out->used, bytes, length);
	out->used += length;
	out->data[out->used] = '\0';
	return true;
}

bool text_out_text(struct text_out *out, const char *text)
{
	return text_out_put(out, text, strlen(text));
}

void text_out_word(struct text_out *out, const char *word)
{
	if (out->used > 0)
		text_out_text(out, ",");
	text_out_text(out, word);
}

/* The code point at bytes, which jansson has checked to be valid UTF-8; its length in *length. */
static uint32_t next_code(const unsigned char *bytes, size_t *length)
{
	uint32_t code;

	*length = bytes[0] < 0x80 ? 1 : bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;
	if (*length == 1)
		return bytes[0];
	code = bytes[0] & (0x7fu >> *length);
	for (size_t i = 1; i < *length; i++)
		code = code << 6 | (bytes[i] & 0x3f);
	return code;
}

bool text_out_escaped(struct text_out *out, const char *text, size_t length, struct text_form form)
{
	static const char cut[] = "...";
	size_t used = 0;

	for (size_t i = 0; i < length;) {
		char escaped[TEXT_ESCAPED_MAX];
		size_t step, size;
		uint32_t code = next_code((const unsigned char *)text + i, &step);

		size = form.escape(code, text + i, step, escaped);
		if (used + size > form.limit - (sizeof(cut) - 1))
			return text_out_text(out, cut);
		if (!text_out_put(out, escaped, size))
			return false;
		used += size;
		i += step;
	}
	return true;
}

size_t text_escape_for_people(uint32_t code, const char *bytes, size_t length,
			      char escaped[TEXT_ESCAPED_MAX])
{
	if (!text_is_printable(code))
		return (size_t)snprintf(escaped, TEXT_ESCAPED_MAX, "\\u%04x", (unsigned)code);
	memcpy(escaped, bytes, length);
	return length;
}

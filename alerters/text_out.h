/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_out: text put together in a buffer of fixed size, with each format's own escaping.
 * Owns: the bounds, the steps of UTF-8, and cutting a value at a character's edge. Must not own:
 * what a format escapes, or how.
 */
#ifndef CAPWATCH_TEXT_OUT_H
#define CAPWATCH_TEXT_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All of it terminated at any time. */
struct text_out {
	char *data;
	size_t used, size;
};

/* False, and nothing put, when there is no room for all of it. */
bool text_out_put(struct text_out *out, const char *bytes, size_t length);
bool text_out_text(struct text_out *out, const char *text);

/* A word of a list, after a comma but for the first. */
void text_out_word(struct text_out *out, const char *word);

enum { TEXT_ESCAPED_MAX = 16 };

/* One character of valid UTF-8, length bytes, code its code point, as a format writes it. Returns
 * the size of that. */
typedef size_t (*text_escape_fn)(uint32_t code, const char *bytes, size_t length,
				 char escaped[TEXT_ESCAPED_MAX]);

/* How a text is put: what would take more than limit bytes is cut at a character's edge and ends in
 * "...". */
struct text_form {
	size_t limit;
	text_escape_fn escape;
};

/* Puts the text (valid UTF-8) escaped. False when the buffer ends before. */
bool text_out_escaped(struct text_out *out, const char *text, size_t length, struct text_form form);

/* As it is, but for what could make a line read as another: that becomes \u001b and the like. For
 * people; what it puts can't be read back. */
size_t text_escape_for_people(uint32_t code, const char *bytes, size_t length,
			      char escaped[TEXT_ESCAPED_MAX]);

#endif

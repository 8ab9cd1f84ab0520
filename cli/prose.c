/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/prose.h"

#include <stdarg.h>
#include <string.h>

#include "common/text.h"

void prose_heading(struct prose *prose, const char *heading)
{
	prose_end(prose);
	fprintf(prose->out, "\n%s\n", heading);
}

void prose_say(struct prose *prose, const char *format, ...)
{
	char raw[PROSE_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	if (prose->used > 0 && prose->used + 1 < sizeof(prose->text))
		prose->text[prose->used++] = ' ';
	text_to_line(raw, strlen(raw), prose->text + prose->used,
		     sizeof(prose->text) - prose->used);
	prose->used += strlen(prose->text + prose->used);
}

void prose_end_sentence(struct prose *prose)
{
	size_t used = prose->used;

	if (used > 0 && (prose->text[used - 1] == ';' || prose->text[used - 1] == ','))
		used--;
	if (used + 1 >= sizeof(prose->text))
		return;
	prose->text[used] = '.';
	prose->text[used + 1] = '\0';
	prose->used = used + 1;
}

/* Characters, not bytes, are what a line is full of. */
static size_t width_of(const char *text, size_t length)
{
	size_t width = 0;

	for (size_t i = 0; i < length; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return width;
}

static void print_wrapped(struct prose *prose, const char *first, const char *rest)
{
	size_t column = strlen(first);
	const char *word = prose->text;

	fputs(first, prose->out);
	while (*word) {
		size_t length = strcspn(word, " "), width = width_of(word, length);

		if (word != prose->text && column + 1 + width > PROSE_WIDTH) {
			fprintf(prose->out, "\n%s", rest);
			column = strlen(rest);
		} else if (word != prose->text) {
			fputc(' ', prose->out);
			column++;
		}
		fprintf(prose->out, "%.*s", (int)length, word);
		column += width;
		word += length;
		word += strspn(word, " ");
	}
	fputc('\n', prose->out);
	prose->used = 0;
	prose->text[0] = '\0';
}

void prose_end(struct prose *prose)
{
	if (prose->used > 0)
		print_wrapped(prose, "  ", "  ");
}

void prose_end_item(struct prose *prose)
{
	if (prose->used > 0)
		print_wrapped(prose, "  - ", "    ");
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/yaml_text.h"

#include <string.h>

#include "common/text.h"

static void write_glob(FILE *out, const char *text, const char *special)
{
	fputc('"', out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c == 0x7f) {
			fprintf(out, "\\x%02x", c);
			continue;
		}
		if (strchr(special, *text))
			fputs(*text == '\\' ? "\\\\\\" : "\\\\", out);
		else if (*text == '"')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

void yaml_text_path(FILE *out, const char *path)
{
	write_glob(out, path, "*?[\\");
}

void yaml_text_unit(FILE *out, const char *unit)
{
	write_glob(out, unit, "?[\\");
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "common/error.h"

#include <stdio.h>
#include <string.h>

void error_write(struct error *err, const char *format, ...)
{
	va_list args;

	if (!err)
		return;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
}

void error_write_prefix(struct error *err, const char *format, ...)
{
	struct error before;
	va_list args;
	size_t used;

	if (!err)
		return;
	before = *err;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s", before.text);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/notices.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/wire.h"

void notices_add(struct notices *notices, const char *format, ...)
{
	va_list args;

	if (notices->count == NOTICES_MAX) {
		notices->left_out++;
		return;
	}
	va_start(args, format);
	vsnprintf(notices->text[notices->count++], NOTICE_TEXT_MAX, format, args);
	va_end(args);
}

static bool send_text(int control, const char *text)
{
	const struct wire_header header = {.type = WIRE_NOTICE, .length = (uint32_t)strlen(text)};

	return wire_send(control, &header, text, -1, NULL) > 0;
}

void notices_send(struct notices *notices, int control)
{
	size_t left_out = notices->left_out, sent = 0;

	while (sent < notices->count && send_text(control, notices->text[sent]))
		sent++;
	for (size_t i = sent; i < notices->count; i++)
		memcpy(notices->text[i - sent], notices->text[i], sent > 0 ? NOTICE_TEXT_MAX : 0);
	notices->count -= sent;
	if (left_out > 0 && notices->count < NOTICES_MAX) {
		notices->left_out = 0;
		notices_add(notices, "%zu more notices of processes that ended were left out",
			    left_out);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "common/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

/* The code point that starts here into *code and its length in bytes; 0 when it is not valid UTF-8
 * (RFC 3629: nothing overlong, no surrogates, nothing above U+10FFFF). */
static size_t decode_utf8(const unsigned char *bytes, size_t length, uint32_t *code)
{
	static const uint32_t least_code[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t size;

	if (bytes[0] < 0x80) {
		*code = bytes[0];
		return 1;
	}
	if (bytes[0] >= 0xc2 && bytes[0] <= 0xdf)
		size = 2;
	else if ((bytes[0] & 0xf0) == 0xe0)
		size = 3;
	else if (bytes[0] >= 0xf0 && bytes[0] <= 0xf4)
		size = 4;
	else
		return 0;
	if (size > length)
		return 0;
	*code = bytes[0] & (0xffu >> (size + 1));
	for (size_t i = 1; i < size; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (bytes[i] & 0x3f);
	}
	if (*code < least_code[size] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return size;
}

size_t text_utf8_size(const char *bytes, size_t length)
{
	uint32_t code;

	return decode_utf8((const unsigned char *)bytes, length, &code);
}

static bool is_ascii(const char *bytes, size_t length)
{
	unsigned char all = 0;

	for (size_t i = 0; i < length; i++)
		all |= (unsigned char)bytes[i];
	return all < 0x80;
}

json_t *text_to_json(const char *bytes, size_t length)
{
	const unsigned char *in = (const unsigned char *)bytes;
	size_t used = 0;
	json_t *string;
	uint32_t code;
	char *out;

	if (is_ascii(bytes, length))
		return json_stringn_nocheck(bytes, length);
	out = malloc(length * (sizeof(replacement) - 1) + 1);
	if (!out)
		return NULL;
	for (size_t i = 0; i < length;) {
		size_t size = decode_utf8(in + i, length - i, &code);

		if (size) {
			memcpy(out + used, in + i, size);
			used += size;
			i += size;
		} else {
			memcpy(out + used, replacement, sizeof(replacement) - 1);
			used += sizeof(replacement) - 1;
			i++;
		}
	}
	string = json_stringn_nocheck(out, used);
	free(out);
	return string;
}

bool text_is_printable(uint32_t code)
{
	if (code < 0x20 || (code >= 0x7f && code <= 0x9f))
		return false;
	if (code == 0x061c || (code >= 0x200b && code <= 0x200f) ||
	    (code >= 0x2028 && code <= 0x202e))
		return false;
	if ((code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
	    (code >= 0xfff9 && code <= 0xfffb))
		return false;
	return code < 0xe0000 || code > 0xe007f;
}

char *text_to_line(const char *bytes, size_t length, char *buf, size_t size)
{
	const unsigned char *in = (const unsigned char *)bytes;
	size_t used = 0;
	uint32_t code;

	if (size == 0)
		return buf;
	for (size_t i = 0; i < length;) {
		size_t step = decode_utf8(in + i, length - i, &code);
		bool keep = step && text_is_printable(code);
		size_t needed = keep ? step : 1;

		if (used + needed + 1 > size)
			break;
		if (keep)
			memcpy(buf + used, in + i, step);
		else
			buf[used] = '?';
		used += needed;
		i += step ? step : 1;
	}
	buf[used] = '\0';
	return buf;
}

char *text_time(int64_t milliseconds, char *buf, size_t size)
{
	static const int64_t last = INT64_C(253402300799999); /* 9999-12-31T23:59:59.999Z */
	struct tm tm;
	time_t seconds;

	if (milliseconds < 0)
		milliseconds = 0;
	if (milliseconds > last)
		milliseconds = last;
	seconds = (time_t)(milliseconds / 1000);
	gmtime_r(&seconds, &tm);
	snprintf(buf, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1,
		 tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(milliseconds % 1000));
	return buf;
}

int64_t text_time_value(const char *text)
{
	struct tm tm = {0};
	int ms = 0, used = 0;

	if (!text || sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &tm.tm_year, &tm.tm_mon,
			    &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &ms, &used) != 7)
		return -1;
	if (used == 0 || text[used])
		return -1;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	return (int64_t)timegm(&tm) * 1000 + ms;
}

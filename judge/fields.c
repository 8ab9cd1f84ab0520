/* SPDX-License-Identifier: Apache-2.0 */
#include "judge/fields.h"

#include <string.h>

struct fields fields_begin(struct bytes body)
{
	const char *enriched = memchr(body.data, FIELDS_ENRICHED, body.length);

	return (struct fields){body.data, enriched ? enriched : body.data + body.length};
}

bool fields_next(struct fields *fields, struct bytes *name, struct bytes *value)
{
	const char *at = fields->at, *end = fields->end, *begin, *equals;

	while (at < end) {
		while (at < end && *at == ' ')
			at++;
		begin = at;
		while (at < end && *at != ' ' && *at != '=')
			at++;
		if (at == end || *at == ' ')
			continue;
		equals = at;
		at = spaces_next(equals + 1, end);
		*name = (struct bytes){begin, (size_t)(equals - begin)};
		*value = (struct bytes){equals + 1, (size_t)(at - equals - 1)};
		fields->at = at;
		return true;
	}
	fields->at = end;
	return false;
}

bool fields_decimal(struct bytes value, uint64_t *number)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < value.length; i++) {
		unsigned digit = (unsigned)value.data[i] - '0';
		if (digit > 9 || __builtin_mul_overflow(sum, 10, &sum) ||
		    __builtin_add_overflow(sum, digit, &sum))
			return false;
	}
	if (value.length == 0)
		return false;
	*number = sum;
	return true;
}

bool fields_signed(struct bytes value, int64_t *number)
{
	bool negative = value.length > 0 && value.data[0] == '-';
	uint64_t size;

	if (negative)
		value = (struct bytes){value.data + 1, value.length - 1};
	if (!fields_decimal(value, &size) || size > INT64_MAX)
		return false;
	*number = negative ? -(int64_t)size : (int64_t)size;
	return true;
}

/* One more than the digit; 0 for what is none. */
static const unsigned char hex_digits[256] = {
	['0'] = 1,  ['1'] = 2,	['2'] = 3,  ['3'] = 4,	['4'] = 5,  ['5'] = 6,
	['6'] = 7,  ['7'] = 8,	['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
	['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
	['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

static int hex_digit(char c)
{
	return hex_digits[(unsigned char)c] - 1;
}

/* Whether all were digits is asked once, at the end: by far most are. */
bool fields_hex(struct bytes value, uint64_t *number)
{
	enum { DIGITS = 16 };
	uint64_t sum = 0;
	int wrong = 0;

	while (value.length > DIGITS && value.data[0] == '0')
		value = (struct bytes){value.data + 1, value.length - 1};
	if (value.length == 0 || value.length > DIGITS)
		return false;
	for (size_t i = 0; i < value.length; i++) {
		int digit = hex_digit(value.data[i]);
		wrong |= digit;
		sum = sum << 4 | (uint64_t)(digit & 15);
	}
	if (wrong < 0)
		return false;
	*number = sum;
	return true;
}

static bool is_hex(struct bytes value)
{
	for (size_t i = 0; i < value.length; i++)
		if (hex_digit(value.data[i]) < 0)
			return false;
	return value.length > 0 && value.length % 2 == 0;
}

static size_t copy(const char *text, size_t length, char *buf, size_t size)
{
	length = length < size ? length : size;
	memcpy(buf, text, length);
	return length;
}

size_t fields_decode(struct bytes value, char *buf, size_t size)
{
	const char *quote;
	size_t length;

	if (value.length > 0 && value.data[0] == '"') {
		quote = memchr(value.data + 1, '"', value.length - 1);
		length = quote ? (size_t)(quote - value.data - 1) : value.length - 1;
		return copy(value.data + 1, length, buf, size);
	}
	if (!is_hex(value))
		return copy(value.data, value.length, buf, size);
	length = value.length / 2 < size ? value.length / 2 : size;
	for (size_t i = 0; i < length; i++)
		buf[i] = (char)(hex_digit(value.data[2 * i]) << 4 |
				hex_digit(value.data[2 * i + 1]));
	return length;
}

bool fields_is_null(struct bytes value)
{
	return value.length == 6 && memcmp(value.data, "(null)", 6) == 0;
}

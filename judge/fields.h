/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields: the fields of a record that the kernel alone has written, as " name=value" one after the
 * other (kernel/auditsc.c). Such are nearly all records that are judged, and under a flood their
 * splitting is what an event costs: libauparse takes some twenty times as long, since it copies
 * each field, and does so before anybody asks for it (bench/). What user space has composed
 * (msg='...') is libauparse's to read.
 * Owns: where a field ends, and the two ways in which the kernel writes text. Must not own: which
 * fields there are (event).
 */
#ifndef CAPWATCH_FIELDS_H
#define CAPWATCH_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "judge/spaces.h"

/* AUDIT_INTERP_SEPARATOR of auditd: behind it is what it has looked up ("enriched"). */
enum { FIELDS_ENRICHED = 0x1d };

struct fields {
	const char *at, *end;
};

/* Of a record's body ("): " before it) what the kernel wrote: not what auditd has put behind. */
struct fields fields_begin(struct bytes body);

/* The next one; words without "=" are passed over. False at the end. Both point into the record. */
bool fields_next(struct fields *fields, struct bytes *name, struct bytes *value);

/* A name to be looked for, with room to be compared eight bytes at once; not empty. */
struct field_name {
	char text[16];
	size_t length;
};

#define FIELD_NAME(word)                                                                           \
	{                                                                                          \
		word, sizeof(word) - 1                                                             \
	}

/* Does the name stand at "at", before end? */
static inline bool field_name_is_at(const struct field_name *name, const char *at, const char *end)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint64_t there, wanted;

	if (name->length <= sizeof(there) && end - at >= (ptrdiff_t)sizeof(there)) {
		memcpy(&there, at, sizeof(there));
		memcpy(&wanted, name->text, sizeof(wanted));
		return (there ^ wanted) << (64 - 8 * name->length) == 0;
	}
#endif
	return (size_t)(end - at) >= name->length && memcmp(at, name->text, name->length) == 0;
}

/* The same where that is the field of this name, as mostly in a record that is read in the kernel's
 * order; else false, and fields stays where it is. Inline: it is most of what an event costs. */
static inline bool fields_take(struct fields *fields, const struct field_name *name,
			       struct bytes *value)
{
	const char *at = fields->at, *end = fields->end, *begin;
	size_t length = name->length;

	if (at < end && *at == ' ')
		at++;
	if ((size_t)(end - at) <= length || at[length] != '=' || !field_name_is_at(name, at, end))
		return false;
	begin = at + length + 1;
	fields->at = spaces_next(begin, end);
	*value = (struct bytes){begin, (size_t)(fields->at - begin)};
	return true;
}

/* Whole values only: false, and nothing stored, for anything but digits (and a sign, where signed)
 * or for a number that does not fit. */
bool fields_decimal(struct bytes value, uint64_t *number);
bool fields_signed(struct bytes value, int64_t *number);
bool fields_hex(struct bytes value, uint64_t *number);

/* Text that came from a user: in quotes, or in hex where it has a quote, a space or a byte that is
 * not printable ASCII (kernel/audit.c, audit_log_n_untrustedstring). Writes at most size bytes;
 * returns how many that were. What is neither is taken as it is. */
size_t fields_decode(struct bytes value, char *buf, size_t size);

/* "(null)": the kernel had nothing to write. */
bool fields_is_null(struct bytes value);

#endif

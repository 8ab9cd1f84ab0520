/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode: raw audit records in words, for a person. Owns: the use of libauparse for that. Must not
 * own: what a record means for a verdict (event).
 */
#ifndef CAPWATCH_DECODE_H
#define CAPWATCH_DECODE_H

#include <stddef.h>
#include "common/error.h"

struct decoded_field {
	size_t record;		  /* which record of the text, from 0 */
	const char *type;	  /* of the record, "SYSCALL" */
	const char *name, *words; /* hex is decoded, numbers are named, where libauparse can: bytes
				     that the process chose are among them */
};

/* Calls field for each field of the records in text, one a line, but type, node and msg. 0, or -1
 * with err. */
int decode_records(const char *text, void (*field)(void *ctx, const struct decoded_field *field),
		   void *ctx, struct error *err);

#endif

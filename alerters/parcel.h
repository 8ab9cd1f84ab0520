/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parcel: one alert on its way, as the courier holds it: shared by sinks, counted references.
 * Owns: its text, and the few facts of it that choose sinks. Must not own: where it goes.
 */
#ifndef CAPWATCH_PARCEL_H
#define CAPWATCH_PARCEL_H

#include <stddef.h>
#include "common/vocab.h"

enum { PARCEL_ID_SIZE = 96, PARCEL_SERVICE_SIZE = 256, PARCEL_NO_REASON = -1 };

enum parcel_kind {
	PARCEL_ALERT,
	PARCEL_HEARTBEAT, /* worth nothing once the next is there: not kept on disk, not bounded */
};

struct parcel {
	unsigned references;
	unsigned unsafe; /* spools that hold it and would lose it if the courier ended now */
	enum parcel_kind kind;
	enum severity severity;
	enum disposition disposition;
	int reason;		 /* enum reason, or PARCEL_NO_REASON */
	char id[PARCEL_ID_SIZE]; /* "" when it has none */
	char service[PARCEL_SERVICE_SIZE], service_template[PARCEL_SERVICE_SIZE];
	size_t length;
	char text[]; /* its native JSON on one line, without a newline; terminated */
};

/* A copy of the text with one reference, the caller's; NULL when memory is out. What is not in the
 * text, or no text of its kind, is left empty. */
struct parcel *parcel_new(enum severity severity, enum disposition disposition, const char *text,
			  size_t length);
struct parcel *parcel_ref(struct parcel *parcel);
void parcel_unref(struct parcel *parcel); /* NULL is fine */

#endif

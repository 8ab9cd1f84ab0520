/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skim: whole events that are of no interest, passed over without being parsed. On a host that
 * records file accesses that is nearly all of the stream. Each must be of the usual form, its
 * records in a row from its SYSCALL to its end: of any other it says so, and the intake looks at
 * its records one by one.
 * Owns: what can be told of an event at sight. Must not own: what is done with what can't (intake).
 */
#ifndef CAPWATCH_SKIM_H
#define CAPWATCH_SKIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "judge/lines.h"
#include "judge/record.h"
#include "judge/stamp.h"

struct skim {
	struct lines lines;
	struct stamp stamp;  /* of the last record */
	size_t looked_up_at; /* before its end, the 0x1d of the last SYSCALL skimmed */
};

enum skim_result {
	SKIM_UNUSUAL, /* nothing is known of what lies there */
	SKIM_PASSED,  /* an event of no interest */
	SKIM_SYSCALL, /* a SYSCALL that is to be looked at, or whose event is */
};

/* Of an event that is passed over. */
struct skimmed {
	uint64_t records;  /* behind the first */
	struct bytes last; /* the last one's line but for an EOE */
	bool has_eoe;
};

/* Of a SYSCALL that is to be looked at. */
struct skimmed_call {
	struct record record;
	enum role role;
};

/* What begins at "at" with a whole SYSCALL of the usual form, without node=. SKIM_PASSED, which is
 * for an idle intake: its event is of a call that is of no interest, or of a file that is not the
 * sysctl; *next is where it ends, its stamp is skim->stamp. SKIM_SYSCALL: *next is where the record
 * ends. */
enum skim_result skim_event(struct skim *skim, bool idle, const char *at, const char *end,
			    const char **next, struct skimmed *skimmed, struct skimmed_call *seen);

/* Passes over what lies behind the first record, at "at", of an event that a record of this role,
 * none or maybe, has begun. Returns where it ends; NULL, and nothing is changed, where it is to be
 * looked at. */
const char *skim_rest(struct skim *skim, const struct record *first, enum role role, const char *at,
		      const char *end, struct skimmed *skimmed);

#endif

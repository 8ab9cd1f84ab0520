/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syscall_filter: tables of system calls, made into a seccomp filter of the calling process.
 * Owns: how a table becomes a filter, and what becomes of a call that is in no table. Must not own:
 * which process may call what; that stands in a table beside the process.
 *
 * A call that no table allows fails with ENOSYS, as on a kernel that does not have it: a C library
 * newer than the tables then takes the older call, and where there is none a function fails, but a
 * sound process of ours is not ended. A call in a fatal table, which only an intruder makes, ends
 * the process at once (SIGSYS), and so does any call by another ABI than the one it was built for
 * (x86: int 0x80 and x32): their numbers mean other calls.
 */
#ifndef CAPWATCH_SYSCALL_FILTER_H
#define CAPWATCH_SYSCALL_FILTER_H

#include <stdint.h>
#include "common/error.h"

/* One call that is allowed, and why it is. With a mask, only where (argument & mask) == value: a
 * call may stand in a table several times. The mask of an int leaves out the upper half, which the
 * kernel ignores and callers leave undefined. */
struct syscall_rule {
	const char *name; /* NULL ends a table; one that this architecture lacks is passed over */
	const char *why;
	unsigned argument; /* from 0 */
	uint64_t mask, value;
};

#define SYSCALL_INT_MASK 0xffffffffu

enum { SYSCALL_TABLES_MAX = 12 };

struct syscall_tables {
	const struct syscall_rule *allowed[SYSCALL_TABLES_MAX]; /* NULL ends the list */
	const struct syscall_rule *fatal[SYSCALL_TABLES_MAX];	/* arguments count there, too */
};

/* From here on, for this thread, those it starts, and across exec. A process that has a filter can
 * only be narrowed: the call then has to pass both. Needs no_new_privs. 0, or -1 with err; then
 * nothing has changed. */
int syscall_filter_install(const struct syscall_tables *tables, struct error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syscalls: which system calls matter to capwatch, in both ABIs, and what each one means.
 * One table, shared by the selection of records (intake) and their interpretation (transition).
 * Arguments count by their low 32 bits, as the kernel takes them (prctl(2), capset(2)).
 */
#ifndef CAPWATCH_SYSCALLS_H
#define CAPWATCH_SYSCALLS_H

#include <stdbool.h>
#include <stdint.h>

enum call {
	CALL_NONE,
	CALL_CAPSET,
	CALL_PRCTL, /* securebits, keep-caps or ambient raise, by its arguments */
	CALL_EXEC,
	CALL_SETUID,
	CALL_SETREUID,
	CALL_SETRESUID,
	CALL_SETFSUID,
	CALL_UNSHARE,
	CALL_CLONE,
	CALL_SETNS,
	CALL_SETXATTR,
	CALL_FILE, /* may open or change a file: of interest when its path is the sysctl's */
};

/* What a prctl(2) of interest does; from <linux/prctl.h>. */
enum {
	PRCTL_SET_KEEPCAPS = 8,
	PRCTL_SET_SECUREBITS = 28,
	PRCTL_CAP_AMBIENT = 47,
	PRCTL_CAP_AMBIENT_RAISE = 2,
};

#define CLONE_NEWUSER_FLAG 0x10000000u

/* arch as in the record (AUDIT_ARCH_*); CALL_NONE for what is of no interest or an unknown arch. */
enum call syscalls_classify(uint32_t arch, unsigned number);

/* "capset", "prctl", ...; NULL for a call that is not in the table. */
const char *syscalls_name(uint32_t arch, unsigned number);

/* "x86_64", "i386", "aarch64", "arm"; NULL when not known. */
const char *syscalls_arch_name(uint32_t arch);

/* Do its arguments decide whether it is a candidate? Of another call they need not be read. */
bool syscalls_depends_on_args(enum call call);

/* Is a call with these arguments (full width, as recorded) a candidate by itself? Refusals count
 * where a refused gain is a finding (capset, prctl), elsewhere nothing has happened. */
bool syscalls_wanted(enum call call, const uint64_t args[4], bool success);

#endif

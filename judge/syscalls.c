/* SPDX-License-Identifier: Apache-2.0 */
#include "judge/syscalls.h"

#include <stddef.h>

/* AUDIT_ARCH_* of <linux/audit.h>; spelt out because a replay judges other machines' records. */
#define ARCH_X86_64 0xc000003eu
#define ARCH_I386 0x40000003u
#define ARCH_AARCH64 0xc00000b7u
#define ARCH_ARM 0x40000028u

/* x32 calls come as x86_64 with this bit set (arch/x86/include/uapi/asm/unistd.h) */
#define X32_SYSCALL_BIT 0x40000000u

/* By number. */
struct call_entry {
	enum call call;
	const char *name; /* NULL: of no interest */
};

/* arch/x86/entry/syscalls/syscall_64.tbl */
static const struct call_entry calls_x86_64[] = {
	[2] = {CALL_FILE, "open"},
	[56] = {CALL_CLONE, "clone"},
	[59] = {CALL_EXEC, "execve"},
	[76] = {CALL_FILE, "truncate"},
	[82] = {CALL_FILE, "rename"},
	[85] = {CALL_FILE, "creat"},
	[87] = {CALL_FILE, "unlink"},
	[90] = {CALL_FILE, "chmod"},
	[91] = {CALL_FILE, "fchmod"},
	[92] = {CALL_FILE, "chown"},
	[105] = {CALL_SETUID, "setuid"},
	[113] = {CALL_SETREUID, "setreuid"},
	[117] = {CALL_SETRESUID, "setresuid"},
	[122] = {CALL_SETFSUID, "setfsuid"},
	[126] = {CALL_CAPSET, "capset"},
	[157] = {CALL_PRCTL, "prctl"},
	[188] = {CALL_SETXATTR, "setxattr"},
	[189] = {CALL_SETXATTR, "lsetxattr"},
	[190] = {CALL_SETXATTR, "fsetxattr"},
	[257] = {CALL_FILE, "openat"},
	[260] = {CALL_FILE, "fchownat"},
	[268] = {CALL_FILE, "fchmodat"},
	[272] = {CALL_UNSHARE, "unshare"},
	[308] = {CALL_SETNS, "setns"},
	[322] = {CALL_EXEC, "execveat"},
	[437] = {CALL_FILE, "openat2"},
	[452] = {CALL_FILE, "fchmodat2"},
	[463] = {CALL_SETXATTR, "setxattrat"},
	/* the x32 numbers of the calls that differ from x86_64's own */
	[520] = {CALL_EXEC, "execve"},
	[545] = {CALL_EXEC, "execveat"},
};

/* arch/x86/entry/syscalls/syscall_32.tbl */
static const struct call_entry calls_i386[] = {
	[5] = {CALL_FILE, "open"},
	[8] = {CALL_FILE, "creat"},
	[10] = {CALL_FILE, "unlink"},
	[11] = {CALL_EXEC, "execve"},
	[15] = {CALL_FILE, "chmod"},
	[23] = {CALL_SETUID, "setuid"},
	[38] = {CALL_FILE, "rename"},
	[70] = {CALL_SETREUID, "setreuid"},
	[92] = {CALL_FILE, "truncate"},
	[94] = {CALL_FILE, "fchmod"},
	[120] = {CALL_CLONE, "clone"},
	[138] = {CALL_SETFSUID, "setfsuid"},
	[164] = {CALL_SETRESUID, "setresuid"},
	[172] = {CALL_PRCTL, "prctl"},
	[182] = {CALL_FILE, "chown"},
	[185] = {CALL_CAPSET, "capset"},
	[193] = {CALL_FILE, "truncate64"},
	[203] = {CALL_SETREUID, "setreuid32"},
	[208] = {CALL_SETRESUID, "setresuid32"},
	[212] = {CALL_FILE, "chown32"},
	[213] = {CALL_SETUID, "setuid32"},
	[215] = {CALL_SETFSUID, "setfsuid32"},
	[226] = {CALL_SETXATTR, "setxattr"},
	[227] = {CALL_SETXATTR, "lsetxattr"},
	[228] = {CALL_SETXATTR, "fsetxattr"},
	[295] = {CALL_FILE, "openat"},
	[298] = {CALL_FILE, "fchownat"},
	[306] = {CALL_FILE, "fchmodat"},
	[310] = {CALL_UNSHARE, "unshare"},
	[346] = {CALL_SETNS, "setns"},
	[358] = {CALL_EXEC, "execveat"},
	[437] = {CALL_FILE, "openat2"},
	[452] = {CALL_FILE, "fchmodat2"},
	[463] = {CALL_SETXATTR, "setxattrat"},
};

/* include/uapi/asm-generic/unistd.h */
static const struct call_entry calls_aarch64[] = {
	[5] = {CALL_SETXATTR, "setxattr"},     [6] = {CALL_SETXATTR, "lsetxattr"},
	[7] = {CALL_SETXATTR, "fsetxattr"},    [45] = {CALL_FILE, "truncate"},
	[52] = {CALL_FILE, "fchmod"},	       [53] = {CALL_FILE, "fchmodat"},
	[54] = {CALL_FILE, "fchownat"},	       [56] = {CALL_FILE, "openat"},
	[91] = {CALL_CAPSET, "capset"},	       [97] = {CALL_UNSHARE, "unshare"},
	[145] = {CALL_SETREUID, "setreuid"},   [146] = {CALL_SETUID, "setuid"},
	[147] = {CALL_SETRESUID, "setresuid"}, [151] = {CALL_SETFSUID, "setfsuid"},
	[167] = {CALL_PRCTL, "prctl"},	       [220] = {CALL_CLONE, "clone"},
	[221] = {CALL_EXEC, "execve"},	       [268] = {CALL_SETNS, "setns"},
	[281] = {CALL_EXEC, "execveat"},       [437] = {CALL_FILE, "openat2"},
	[452] = {CALL_FILE, "fchmodat2"},      [463] = {CALL_SETXATTR, "setxattrat"},
};

/* arch/arm/tools/syscall.tbl: numbered as i386 where it matters, with these exceptions */
static const struct call_entry calls_arm[] = {
	[11] = {CALL_EXEC, "execve"},	       [23] = {CALL_SETUID, "setuid"},
	[70] = {CALL_SETREUID, "setreuid"},    [120] = {CALL_CLONE, "clone"},
	[138] = {CALL_SETFSUID, "setfsuid"},   [164] = {CALL_SETRESUID, "setresuid"},
	[172] = {CALL_PRCTL, "prctl"},	       [185] = {CALL_CAPSET, "capset"},
	[203] = {CALL_SETREUID, "setreuid32"}, [208] = {CALL_SETRESUID, "setresuid32"},
	[213] = {CALL_SETUID, "setuid32"},     [215] = {CALL_SETFSUID, "setfsuid32"},
	[226] = {CALL_SETXATTR, "setxattr"},   [227] = {CALL_SETXATTR, "lsetxattr"},
	[228] = {CALL_SETXATTR, "fsetxattr"},  [322] = {CALL_FILE, "openat"},
	[337] = {CALL_UNSHARE, "unshare"},     [375] = {CALL_SETNS, "setns"},
	[387] = {CALL_EXEC, "execveat"},       [437] = {CALL_FILE, "openat2"},
	[463] = {CALL_SETXATTR, "setxattrat"},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct arch_entry {
	uint32_t arch;
	const char *name;
	const struct call_entry *calls;
	size_t count;
} arches[] = {
	{ARCH_X86_64, "x86_64", calls_x86_64, COUNT(calls_x86_64)},
	{ARCH_I386, "i386", calls_i386, COUNT(calls_i386)},
	{ARCH_AARCH64, "aarch64", calls_aarch64, COUNT(calls_aarch64)},
	{ARCH_ARM, "arm", calls_arm, COUNT(calls_arm)},
};

static const struct arch_entry *find_arch(uint32_t arch)
{
	for (size_t i = 0; i < COUNT(arches); i++)
		if (arches[i].arch == arch)
			return &arches[i];
	return NULL;
}

static const struct call_entry *find_call(uint32_t arch, unsigned number)
{
	const struct arch_entry *entry = find_arch(arch);

	if (!entry)
		return NULL;
	if (arch == ARCH_X86_64)
		number &= ~X32_SYSCALL_BIT;
	if (number < entry->count && entry->calls[number].name)
		return &entry->calls[number];
	return NULL;
}

enum call syscalls_classify(uint32_t arch, unsigned number)
{
	const struct call_entry *entry = find_call(arch, number);

	return entry ? entry->call : CALL_NONE;
}

const char *syscalls_name(uint32_t arch, unsigned number)
{
	const struct call_entry *entry = find_call(arch, number);

	return entry ? entry->name : NULL;
}

const char *syscalls_arch_name(uint32_t arch)
{
	const struct arch_entry *entry = find_arch(arch);

	return entry ? entry->name : NULL;
}

static bool prctl_wanted(const uint64_t args[4])
{
	uint32_t option = (uint32_t)args[0];
	uint32_t argument = (uint32_t)args[1];

	if (option == PRCTL_CAP_AMBIENT)
		return argument == PRCTL_CAP_AMBIENT_RAISE;
	return option == PRCTL_SET_SECUREBITS || option == PRCTL_SET_KEEPCAPS;
}

bool syscalls_depends_on_args(enum call call)
{
	return call == CALL_PRCTL || call == CALL_UNSHARE || call == CALL_CLONE;
}

bool syscalls_wanted(enum call call, const uint64_t args[4], bool success)
{
	switch (call) {
	case CALL_NONE:
	case CALL_FILE:
		return false;
	case CALL_PRCTL:
		return prctl_wanted(args);
	case CALL_CAPSET:
		return true;
	case CALL_UNSHARE:
	case CALL_CLONE:
		return success && ((uint32_t)args[0] & CLONE_NEWUSER_FLAG) != 0;
	case CALL_SETNS:
	case CALL_EXEC:
	case CALL_SETUID:
	case CALL_SETREUID:
	case CALL_SETRESUID:
	case CALL_SETFSUID:
	case CALL_SETXATTR:
		return success;
	}
	return false;
}

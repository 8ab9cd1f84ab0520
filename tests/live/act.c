/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "tests/live/act.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

const struct act_call ACT_CAPSET = {SYS_capset, 185};
const struct act_call ACT_PRCTL = {SYS_prctl, 172};
const struct act_call ACT_SETRESUID = {SYS_setresuid, 208};
const struct act_call ACT_SETFSUID = {SYS_setfsuid, 215};

#ifndef MAP_32BIT
#define MAP_32BIT 0
#endif

enum { X32_BIT = 0x40000000 };

#ifdef __x86_64__
static long call_int80(long nr, const long args[5])
{
	long result;

	/* The kernel's entry for int 0x80 keeps rbx and rbp, and clears r8 to r11 on old kernels.
	 */
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(nr), "b"(args[0]), "c"(args[1]), "d"(args[2]), "S"(args[3]),
			   "D"(args[4])
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}
#else
static long call_int80(long nr, const long args[5])
{
	(void)nr;
	(void)args;
	return -ENOSYS; /* the 32-bit ABI has another way in, or none */
}
#endif

static long call_64(long nr, const long args[5])
{
	long result = syscall(nr, args[0], args[1], args[2], args[3], args[4]);

	return result < 0 ? -errno : result;
}

long act_syscall(enum act_abi abi, struct act_call call, const long args[5])
{
	switch (abi) {
	case ABI_32:
		return call_int80(call.nr32, args);
	case ABI_X32:
		return call_64(call.nr64 | X32_BIT, args);
	default:
		return call_64(call.nr64, args);
	}
}

/* Memory that a 32-bit call can reach: the low two gigabytes. */
static void *low_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

struct capset_arguments {
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[2];
};

long act_capset(enum act_abi abi, const struct act_sets *sets)
{
	struct capset_arguments *arguments = low_memory(sizeof(*arguments));
	long result;

	if (!arguments)
		return -ENOMEM;
	arguments->header.version = _LINUX_CAPABILITY_VERSION_3;
	for (int i = 0; i < 2; i++) {
		arguments->data[i].effective = (uint32_t)(sets->effective >> (32 * i));
		arguments->data[i].permitted = (uint32_t)(sets->permitted >> (32 * i));
		arguments->data[i].inheritable = (uint32_t)(sets->inheritable >> (32 * i));
	}
	result = act_syscall(abi, ACT_CAPSET,
			     (long[5]){(long)&arguments->header, (long)&arguments->data, 0, 0, 0});
	munmap(arguments, sizeof(*arguments));
	return result;
}

long act_capget(struct act_sets *sets)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	memset(sets, 0, sizeof(*sets));
	if (syscall(SYS_capget, &header, data) != 0)
		return -errno;
	for (int i = 0; i < 2; i++) {
		sets->effective |= (uint64_t)data[i].effective << (32 * i);
		sets->permitted |= (uint64_t)data[i].permitted << (32 * i);
		sets->inheritable |= (uint64_t)data[i].inheritable << (32 * i);
	}
	return 0;
}

void act_say(const char *word, long result)
{
	struct timespec now;
	char line[128];
	int length;

	clock_gettime(CLOCK_REALTIME, &now);
	length = snprintf(line, sizeof(line), "%s %ld %lld.%09ld %ld\n", word, (long)getpid(),
			  (long long)now.tv_sec, now.tv_nsec, result);
	if (write(STDOUT_FILENO, line, (size_t)length) != length)
		_exit(3);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * act: what the actor and the preloaded object of the live tests share.
 * Owns: raw system calls by either ABI, and the lines that the harness reads. Must not own: which
 * act is done, or any judgement of it.
 */
#ifndef CAPWATCH_TESTS_LIVE_ACT_H
#define CAPWATCH_TESTS_LIVE_ACT_H

#include <stdint.h>

enum act_abi { ABI_64, ABI_32, ABI_X32 };

/* A call's number by each ABI. x32 is the 64-bit number with bit 30 set. */
struct act_call {
	long nr64, nr32;
};

extern const struct act_call ACT_CAPSET, ACT_PRCTL, ACT_SETRESUID, ACT_SETFSUID;

struct act_sets {
	uint64_t effective, permitted, inheritable;
};

/* Each returns what the kernel did: 0 or more, or the negative errno. */
long act_syscall(enum act_abi abi, struct act_call call, const long args[5]);
long act_capset(enum act_abi abi, const struct act_sets *sets); /* of the calling thread alone */
long act_capget(struct act_sets *sets);

/* "WORD PID SECONDS.NANOSECONDS RESULT\n" to stdout in one write. */
void act_say(const char *word, long result);

#endif

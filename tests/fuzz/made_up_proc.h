/* SPDX-License-Identifier: Apache-2.0 */
/*
 * made_up_proc: a /proc for the stream's harness, in which every process number up to a bound is a
 * process: what it is follows from its number and a salt alone, so that an input always meets the
 * same one. Must not own: anything of a real host.
 */
#ifndef CAPWATCH_TESTS_FUZZ_MADE_UP_PROC_H
#define CAPWATCH_TESTS_FUZZ_MADE_UP_PROC_H

#include "judge/proc_reader.h"

struct made_up_proc {
	uint64_t salt;
	int64_t boot; /* ms since the epoch */
};

/* Answers from proc, which must outlive it. */
struct proc_reader made_up_proc_reader(struct made_up_proc *proc);

#endif

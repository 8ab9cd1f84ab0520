/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recorded_proc: struct proc_reader answered from a recording's facts.
 * Owns: the facts of one run, by question, and the choice among the answers to one question. Must
 * not own: the form of the file (recording), or the order of steps (who calls
 * recorded_proc_move_to()).
 *
 * The choice, for a question at a step:
 *  1. what the judge of the recording was answered in this very step: the first time that it is
 *     asked, the first answer, and so on; then what was looked up for others in this step;
 *  2. else the nearest later answer within the life of this process;
 *  3. else the last earlier one, within it too, unless the process was found to be gone since.
 * A life is a pid and its start, as the recorded status tells. A judge that asks just as the
 * recording's did is therefore answered exactly as that was.
 */
#ifndef CAPWATCH_TESTS_RECORDED_PROC_H
#define CAPWATCH_TESTS_RECORDED_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judge/proc_reader.h"
#include "tests/replay/recording.h"

struct recorded_proc;

struct recorded_proc_stats {
	uint64_t asked, answered_exactly, answered_nearby, never_recorded;
};

/* NULL when out of memory. */
struct recorded_proc *recorded_proc_new(void);
void recorded_proc_free(struct recorded_proc *proc);

/* A fact of this step (numbered from 0, never falling). The text that the line points to is
 * borrowed for good. False when out of memory. */
bool recorded_proc_add(struct recorded_proc *proc, uint32_t step,
		       const struct recording_line *line);

/* From now on questions are asked in this step (never an earlier one than before), at this time. */
void recorded_proc_move_to(struct recorded_proc *proc, uint32_t step, int64_t now);

/* Valid as long as proc is. */
const struct proc_reader *recorded_proc_reader(struct recorded_proc *proc);

void recorded_proc_get_stats(const struct recorded_proc *proc, struct recorded_proc_stats *stats);

#endif

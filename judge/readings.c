/* SPDX-License-Identifier: Apache-2.0 */
#include "judge/readings.h"

void readings_begin_piece(struct readings *readings, size_t length, uint64_t ahead)
{
	readings->fed += length;
	readings->ahead = ahead;
}

bool readings_status(struct readings *readings, const struct proc_reader *proc, pid_t pid,
		     struct proc_status *status)
{
	struct reading *reading = &readings->places[(uint32_t)pid % READINGS_MAX];

	if (reading->pid == pid && readings->fed <= reading->good_until) {
		*status = reading->status;
		return reading->found;
	}
	reading->pid = 0;
	if (readings->ahead == 0)
		return proc->status(proc->ctx, pid, status);
	reading->pid = pid;
	reading->good_until = readings->fed + readings->ahead;
	reading->found = proc->status(proc->ctx, pid, &reading->status);
	*status = reading->status;
	return reading->found;
}

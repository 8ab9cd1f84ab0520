/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/stumbles.h"

#include <signal.h>
#include <sys/wait.h>

static const struct stumble *find(const struct stumbles *stumbles, int64_t time, uint64_t serial)
{
	for (size_t i = 0; i < stumbles->count; i++)
		if (stumbles->list[i].time == time && stumbles->list[i].serial == serial)
			return &stumbles->list[i];
	return NULL;
}

bool stumbles_note(struct stumbles *stumbles, int64_t time, uint64_t serial, bool by_itself)
{
	struct stumble *stumble = (struct stumble *)find(stumbles, time, serial);

	if (!stumble) {
		stumble = &stumbles->list[stumbles->next];
		stumbles->next = (stumbles->next + 1) % STUMBLES_MAX;
		if (stumbles->count < STUMBLES_MAX)
			stumbles->count++;
		*stumble = (struct stumble){.time = time, .serial = serial};
	}
	stumble->kills++;
	stumble->left_out |= by_itself || stumble->kills >= STUMBLES_KILLS;
	return stumble->left_out;
}

bool stumbles_leave_out(const struct stumbles *stumbles, int64_t time, uint64_t serial)
{
	const struct stumble *stumble = find(stumbles, time, serial);

	return stumble && stumble->left_out;
}

bool stumbles_is_own_fault(int status)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP};

	if (!WIFSIGNALED(status))
		return true; /* nothing that is meant ends it amid an event */
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
		if (WTERMSIG(status) == faults[i])
			return true;
	return false;
}

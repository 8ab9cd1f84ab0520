/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "plugin/pulse.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>

int pulse_open(struct pulse_watch *watch, struct error *err)
{
	void *shared = mmap(NULL, sizeof(*watch->pulse), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return error_set(err, "shared memory: %s", strerror(errno));
	*watch = (struct pulse_watch){.pulse = shared};
	return 0;
}

void pulse_close(struct pulse_watch *watch)
{
	munmap(watch->pulse, sizeof(*watch->pulse));
}

void pulse_beat(struct pulse *pulse)
{
	atomic_fetch_add(&pulse->beats, 1);
}

void pulse_set_event(struct pulse *pulse, int64_t time, uint64_t serial)
{
	atomic_store_explicit(&pulse->event_time, time, memory_order_relaxed);
	atomic_store_explicit(&pulse->event_serial, serial, memory_order_relaxed);
}

bool pulse_get_event(const struct pulse_watch *watch, int64_t *time, uint64_t *serial)
{
	*time = atomic_load(&watch->pulse->event_time);
	*serial = atomic_load(&watch->pulse->event_serial);
	return *serial != 0;
}

void pulse_reset(struct pulse_watch *watch)
{
	pulse_set_event(watch->pulse, 0, 0);
	watch->beats = atomic_load(&watch->pulse->beats);
	watch->still = 0;
}

bool pulse_stands_still(struct pulse_watch *watch, int stream, int64_t now)
{
	struct pollfd waiting = {.fd = stream, .events = POLLIN};
	uint64_t beats = atomic_load(&watch->pulse->beats);

	if (now - watch->looked_at < PULSE_LOOK_MS)
		return false;
	watch->looked_at = now;
	if (beats != watch->beats || poll(&waiting, 1, 0) <= 0)
		watch->still = 0;
	else
		watch->still++;
	watch->beats = beats;
	return watch->still >= PULSE_STILL_MAX;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock: the two clocks, in milliseconds, and pauses.
 */
#ifndef CAPWATCH_PLUGIN_CLOCK_H
#define CAPWATCH_PLUGIN_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t clock_us(clockid_t clock)
{
	struct timespec now = {0};

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static inline int64_t clock_ms(clockid_t clock)
{
	return clock_us(clock) / 1000;
}

/* Since the epoch: what events, alerts and people go by. */
static inline int64_t clock_wall_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

/* Never set back or forth: what waiting goes by. */
static inline int64_t clock_steady_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

/* The same in microseconds. */
static inline int64_t clock_steady_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

/* Until that time of the steady clock (us), or until a signal comes. */
static inline void clock_sleep_until(int64_t us)
{
	const struct timespec time = {us / 1000000, us % 1000000 * 1000};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

#endif

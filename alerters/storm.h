/* SPDX-License-Identifier: Apache-2.0 */
/*
 * storm: how many alerts of severity low and medium one sink gets in a window of time (max_alerts).
 * Owns: the count. Must not own: the alert that says how many were held back, nor the others: high
 * and critical are never held back. Times are milliseconds of any steady clock.
 */
#ifndef CAPWATCH_STORM_H
#define CAPWATCH_STORM_H

#include <stdbool.h>
#include <stdint.h>
#include "conf/settings.h"

struct storm {
	int64_t since; /* of the window; long ago: none is open */
	int64_t passed;
	uint64_t held_back; /* in this window */
};

/* Whether this one may pass, now. A rate of 0 passes all. */
bool storm_passes(struct storm *storm, const struct settings_rate *rate, int64_t now);

/* When the window ends of which something is to be said; INT64_MAX for none. */
int64_t storm_deadline(const struct storm *storm, const struct settings_rate *rate);

/* At first, and when it was said: the next window begins with the next alert. The clock begins at
 * the boot, so that all zero would be a window that began there. */
void storm_end(struct storm *storm);

#endif

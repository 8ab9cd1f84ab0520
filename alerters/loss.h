/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loss: the alerts that say that a sink did not get all: its queue overflowed, or a storm was held
 * back. Nothing is dropped without an alert that says so. Must not own: when it is said, or to
 * whom.
 */
#ifndef CAPWATCH_LOSS_H
#define CAPWATCH_LOSS_H

#include <stdint.h>
#include "alerters/parcel.h"

/* A coverage-loss alert, high: count alerts for the named sink were dropped. now is milliseconds
 * since the epoch. The caller has the reference; NULL when memory is out. */
struct parcel *loss_report(const char *sink_name, uint64_t count, int64_t now);

/* The same, medium: they were held back by max_alerts. */
struct parcel *loss_report_storm(const char *sink_name, uint64_t count, int64_t now);

#endif

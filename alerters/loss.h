/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loss: the alerts that say that a sink did not get all, or may not: its queue overflowed, a storm
 * was held back, its spool cannot be written. Nothing is dropped without an alert that says so.
 * Must not own: when it is said, or to whom (tell).
 */
#ifndef CAPWATCH_LOSS_H
#define CAPWATCH_LOSS_H

#include <stdint.h>
#include "alerters/parcel.h"

/* A coverage-loss alert, high: count alerts for the named sink were dropped. now is milliseconds
 * since the epoch. The caller has the reference; NULL when memory is out. */
struct parcel *loss_report(const char *sink_name, uint64_t count, int64_t now);

/* The same, while it goes on. */
struct parcel *loss_report_so_far(const char *sink_name, uint64_t count, int64_t now);

/* The same, medium: they were held back by max_alerts. */
struct parcel *loss_report_storm(const char *sink_name, uint64_t count, int64_t now);

/* High: the named sink's spool cannot be used, and why; low: every spool can be used again. */
struct parcel *loss_report_spool(const char *sink_name, const char *why, int64_t now);
struct parcel *loss_report_spool_again(int64_t now);

#endif

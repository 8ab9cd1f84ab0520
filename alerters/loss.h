/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loss: the alert that says a sink's queue overflowed. Nothing is dropped without an alert that
 * says so. Must not own: when it is said, or to whom.
 */
#ifndef CAPWATCH_LOSS_H
#define CAPWATCH_LOSS_H

#include <stdint.h>
#include "alerters/parcel.h"

/* A coverage-loss alert, high: count alerts for the named sink were dropped. now is milliseconds
 * since the epoch. The caller has the reference; NULL when memory is out. */
struct parcel *loss_report(const char *sink_name, uint64_t count, int64_t now);

#endif

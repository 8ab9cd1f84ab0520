/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alert_body: an alert as one message's body: compact JSON within the wire's bound.
 */
#ifndef CAPWATCH_ALERT_BODY_H
#define CAPWATCH_ALERT_BODY_H

#include <stdbool.h>
#include "common/alert.h"
#include "plugin/outbox.h"

/* Fills in *message; body is malloc'ed. When the whole would be longer than a message may be (an
 * attacker chooses comm, paths and arguments, and JSON escapes a byte as six), the raw records are
 * left out, then the command line. False when there is no memory or even that is too long. */
bool alert_body_make(const struct alert *alert, struct outbox_alert *message);

#endif

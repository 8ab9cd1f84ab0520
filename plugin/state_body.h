/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state_body: how the sensor is, as the body of WIRE_STATE: numbers, digests and counters that the
 * courier puts into heartbeats. Must not own: when it is sent, or anything that an attacker wrote.
 */
#ifndef CAPWATCH_PLUGIN_STATE_BODY_H
#define CAPWATCH_PLUGIN_STATE_BODY_H

#include "judge/judge.h"
#include "plugin/configuration.h"

/* A new JSON text, which the caller frees; NULL when memory is out. */
char *state_body_make(const struct judge *judge, const struct configuration *configuration);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * own_alert: an alert that the courier's side makes itself, about capwatch and no process. Owns:
 * what all of these have in common. Must not own: what each says.
 */
#ifndef CAPWATCH_OWN_ALERT_H
#define CAPWATCH_OWN_ALERT_H

#include <jansson.h>
#include <stdint.h>
#include "alerters/parcel.h"
#include "common/alert.h"

enum { OWN_ALERT_HOST_SIZE = 256 };

struct own_alert {
	struct alert alert; /* the caller fills in reason, mechanism and what it is about */
	char host[OWN_ALERT_HOST_SIZE];
};

/* now: ms since the epoch. own must stay where it is until it is JSON. */
void own_alert_begin(struct own_alert *own, enum severity severity, int64_t now);

/* With its id and fingerprint. NULL when memory is out. */
json_t *own_alert_json(struct own_alert *own);

/* Takes json's reference; NULL is passed through. The caller has the parcel's. */
struct parcel *own_alert_parcel(const struct own_alert *own, json_t *json);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * learn_status: how far learning has come, for capwatch learn status.
 * Owns: what is told of it, and both forms. Must not own: where it is kept.
 */
#ifndef CAPWATCH_LEARN_STATUS_H
#define CAPWATCH_LEARN_STATUS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/learnt.h"
#include "common/setup.h"
#include "common/vocab.h"

struct learn_status {
	enum mode mode;	    /* of the configuration */
	struct setup setup; /* of the running plugin, as it last told */
	struct learnt *learnt;
	int64_t now; /* ms since the epoch */
};

bool learn_status_is_on(const struct learn_status *status);

void learn_status_text(const struct learn_status *status, FILE *out);
void learn_status_json(const struct learn_status *status, FILE *out);

#endif

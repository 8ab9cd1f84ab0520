/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transition: what an event did to the capability state of its process, by the ledger.
 * Owns: the meaning of each mechanism, before and after, gain and loss, what the kernel can't do;
 * it writes the new state into the ledger. Must not own: whether a gain is allowed (verdict).
 */
#ifndef CAPWATCH_TRANSITION_H
#define CAPWATCH_TRANSITION_H

#include "judge/event.h"
#include "judge/observe.h"
#include "judge/world.h"

struct transition {
	enum mechanism mechanism;
	enum outcome outcome;
	enum previous previous;
	bool impossible; /* no call of the process can have done it */

	bool has_sets; /* after and gained are told; before where previous is not unknown */
	struct event_sets before, after, gained;

	bool has_securebits;
	uint8_t securebits_before, securebits_after;
	uint8_t loosened; /* bits cleared that restrain, and keep-caps set */

	capmask denied; /* what was refused; 0: not known */

	bool has_file;
	struct bytes file_path, file_mode;
	bool has_file_caps;
	capmask file_permitted, file_inheritable;

	/* where the process was when it acted: an exec changes both */
	struct service *service;		   /* held; see transition_release() */
	const struct baseline_entry *entry_before; /* of an exec: what spoke for the caller */
	bool by_launcher;
	const struct launcher_entry *launcher; /* where it still is one; NULL after its exec */
	enum service_kind launching_to;	       /* what kind of target the launcher has */
};

/* Which bits this change of securebits (capabilities(7), "The securebits flags") loosens: cleared
 * ones that restrain, and keep-caps where it is set. */
uint8_t transition_loosened(uint8_t before, uint8_t after);

/* Takes the event into the ledger. True when it is something to judge: a gain, or a refused one. */
bool transition_derive(struct world *world, const struct event *event, struct observation *seen,
		       struct transition *transition);

/* Always after transition_derive(), whatever it returned. */
void transition_release(struct transition *transition);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan: the baseline entries that would cover what was learnt and a present baseline does not
 * allow. Owns: which entries, what each grants, the evidence for each grant, and what is not
 * suggested and why. Must not own: its YAML (plan_yaml), files (plan_merge), what an entry allows
 * (judge, asked through judge/retold).
 *
 * An entry is known by its exe and by what its processes belong to: units, a login session, or
 * neither. Never by comm. Where an entry of the present baseline that names an exe speaks for the
 * process already, that one is extended.
 */
#ifndef CAPWATCH_PLAN_H
#define CAPWATCH_PLAN_H

#include <stdbool.h>
#include <jansson.h>

#include "common/learnt.h"
#include "conf/baseline.h"
#include "conf/settings.h"

enum plan_place { PLAN_UNIT, PLAN_SESSION, PLAN_ANYWHERE };

/* The keys of a grant that a suggestion may have, in this order. */
enum plan_key {
	PLAN_MECHANISMS,
	PLAN_PERMITTED,
	PLAN_EFFECTIVE,
	PLAN_INHERITABLE,
	PLAN_AMBIENT,
	PLAN_SECUREBITS,
	PLAN_SETUID,
	PLAN_USERNS,
	PLAN_DENIED,
	PLAN_KEYS,
};

/* As in a baseline file; and whether the key is a list, or true (denied: a list, or all). */
extern const char *const plan_key_words[PLAN_KEYS];

/* A grant: an object by key, of an object by word ("cap_net_raw", "capset"; "true" and "all" where
 * the key has no list) of evidence: {count, first, last, least, most, hosts}. */
struct plan_grant {
	json_t *keys[PLAN_KEYS]; /* NULL: not given; null for evidence: it is so already */
};

struct plan_entry {
	char *name;
	const char *exe; /* borrowed from what was learnt */
	enum plan_place place;
	json_t *units;			      /* names of units: an object, for its order */
	const struct baseline_entry *extends; /* NULL: a new entry */
	struct plan_grant start, running;
	bool has_ceiling;
	capmask ceiling;
	json_t *ceiling_evidence;
	unsigned risks; /* enum advice_risk of cli/advice.h, of all that it allows */
	bool late; /* something came so late in the start that it was granted to running, too */
	bool phase_unknown; /* something was granted to running because its phase was not known */
};

struct plan {
	struct plan_entry *entries;
	size_t count;
	/* entries of the present baseline that spoke for something: extends is it, and the grants
	 * are all that was seen, allowed or not */
	struct plan_entry *used;
	size_t used_count;
	bool any_container; /* containers were seen, and nothing holds them to what they were given
			     */
	json_t *left_out;   /* sentences: what is not suggested, and why */
	json_t *outliers;   /* sentences: what too few hosts have */
	size_t hosts;	    /* of which there are lines at all */
	json_t *host_names; /* by id */
	int64_t gains, allowed; /* sightings, and those of them that the baseline allows already */
};

struct plan_question {
	const struct learnt *learnt;
	const struct baseline *baseline; /* the present one */
	size_t min_hosts;
	int64_t start_window_ms; /* of the configuration */
	bool launcher_grants;	 /* report_launcher_grants is on: these need an entry, too */
};

/* NULL with err. The plan borrows from learnt and baseline. Frees: plan_free(). */
struct plan *plan_make(const struct plan_question *question, struct error *err);
void plan_free(struct plan *plan);

/* Does it grant nothing? */
bool plan_is_empty(const struct plan_grant *grants);

/* The capabilities of one of a grant's sets. */
capmask plan_caps(const struct plan_grant *grants, enum plan_key key);

/* "4 times, last 2026-11-28T18:00:00Z, on 2 of 3 hosts", for a comment; returns buf. */
char *plan_evidence(const struct plan *plan, const json_t *evidence, char *buf, size_t size);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explanation: one alert, told to a person who has not seen the code. Shared by cli/explain*.c
 * alone: explain.c (the verb), explain_find.c (where the alert is), explain_facts.c (what it says),
 * explain_words.c (what its words mean), explain_entries.c (what the baseline says),
 * explain_advice.c (what to do), explain_records.c (its raw records). The alert is only JSON that
 * claims to be one: what is missing or of another type is told as not known.
 */
#ifndef CAPWATCH_EXPLANATION_H
#define CAPWATCH_EXPLANATION_H

#include <jansson.h>

#include "cli/advice.h"
#include "cli/prose.h"
#include "conf/settings.h"

struct explanation {
	const json_t *alert;
	const struct retold *retold;
	const struct advice_question *question;
	struct prose *prose;
};

/* ---- explain_find.c: the caller owns the reference ---- */

enum explain_found { EXPLAIN_FOUND, EXPLAIN_NOT_FOUND, EXPLAIN_UNFIT };

/* The only alert that the file holds. UNFIT, with err, where it is none, or not the only one. */
enum explain_found explanation_read(FILE *file, json_t **alert, struct error *err);

/* The newest alert of this id in the configuration's native files, then in the spool. NOT_FOUND
 * with err, which says where was looked. */
enum explain_found explanation_find(const struct settings *settings, const char *id, json_t **alert,
				    struct error *err);

/* ---- explain_facts.c ---- */

void explanation_what(const struct explanation *explanation);
void explanation_who(const struct explanation *explanation);
void explanation_sets(const struct explanation *explanation);
void explanation_phase(const struct explanation *explanation);

/* "nothing", names, or "all but" few: forty names tell less. Returns buf or a constant. */
const char *explanation_caps(capmask mask, char *buf, size_t size);

/* ---- explain_words.c ---- */

void explanation_severity(const struct explanation *explanation);
void explanation_rule(const struct explanation *explanation);
void explanation_attack(const struct explanation *explanation);

/* ---- explain_entries.c ---- */

void explanation_entries(const struct explanation *explanation);

/* ---- explain_advice.c ---- */

void explanation_advice(const struct explanation *explanation);

/* ---- explain_records.c ---- */

void explanation_records(const struct explanation *explanation);

/* ---- what of the alert is a text or a number, for all of them ---- */

/* "" where it is none: as the alert has it, so only for prose_say(), which cleans it. */
static inline const char *explanation_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

#endif

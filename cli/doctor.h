/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor: whether this host has all that capwatch needs in order to see.
 * Owns: the checks by name, and the report that they write: each finding with its state and the
 * command that mends it. Must not own: how facts are had (cli/doctor_facts), or what a report looks
 * like (cli/doctor_forms). A check only reads facts, and says at least one thing.
 */
#ifndef CAPWATCH_DOCTOR_H
#define CAPWATCH_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "cli/doctor_facts.h"

enum doctor_state {
	DOCTOR_OK,
	DOCTOR_SKIPPED, /* could not be asked here: --root, or what it builds on is broken */
	DOCTOR_WARNING, /* it sees, but not as well, or not for as long, as it could */
	DOCTOR_BROKEN,	/* something is blind, or will be after the next start */
};
enum { DOCTOR_STATES = DOCTOR_BROKEN + 1 };

enum { DOCTOR_TEXT_MAX = 8192 };

struct doctor_finding {
	const char *check; /* "kernel.enabled" */
	enum doctor_state state;
	char *message;
	char *remedy; /* a line for root's shell; one that begins with # is advice; NULL: none */
};

struct doctor_report {
	struct doctor_finding *items;
	size_t count, capacity;
	size_t counts[DOCTOR_STATES];
	const char *check; /* the one that runs */
	bool incomplete;   /* memory ran out: what it holds is not all */
};

/* "ok", "skipped", "warning", "broken" */
extern const char *const doctor_state_words[DOCTOR_STATES];

/* What a check says. */
void doctor_ok(struct doctor_report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void doctor_skip(struct doctor_report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void doctor_warn(struct doctor_report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void doctor_broken(struct doctor_report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The command that mends what was said last. */
void doctor_mend(struct doctor_report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

struct doctor_check {
	const char *name;
	void (*run)(const struct doctor_facts *facts, struct doctor_report *report);
};

struct doctor_subject {
	const struct doctor_check *checks;
	size_t count;
};

extern const struct doctor_subject doctor_kernel, doctor_auditd, doctor_plugin, doctor_rules,
	doctor_delivery;

/* Runs every check over the facts. *report starts zeroed; doctor_report_free() frees it. */
void doctor_examine(const struct doctor_facts *facts, struct doctor_report *report);
void doctor_report_free(struct doctor_report *report);

/* The worst state of any finding; a report that is incomplete is broken. */
enum doctor_state doctor_report_state(const struct doctor_report *report);

/* A line a finding, its command below it, and a last line of counts; only_faults leaves out what is
 * ok. As JSON: docs/doctor.schema.json. */
void doctor_print(const struct doctor_report *report, bool only_faults, FILE *out);
void doctor_print_json(const struct doctor_report *report, FILE *out);

#endif

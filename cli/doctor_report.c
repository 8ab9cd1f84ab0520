/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "cli/doctor.h"

#include <stdarg.h>
#include <stdlib.h>

const char *const doctor_state_words[DOCTOR_STATES] = {"ok", "skipped", "warning", "broken"};

__attribute__((format(printf, 1, 0))) static char *make_text(const char *format, va_list arguments)
{
	char *text;

	return vasprintf(&text, format, arguments) < 0 ? NULL : text;
}

static bool has_room(struct doctor_report *report)
{
	size_t capacity = report->capacity ? report->capacity * 2 : 64;
	struct doctor_finding *items;

	if (report->count < report->capacity)
		return true;
	items = realloc(report->items, capacity * sizeof(*items));
	if (!items)
		return false;
	report->items = items;
	report->capacity = capacity;
	return true;
}

__attribute__((format(printf, 3, 0))) static void
say(struct doctor_report *report, enum doctor_state state, const char *format, va_list arguments)
{
	char *message = has_room(report) ? make_text(format, arguments) : NULL;

	if (!message) {
		report->incomplete = true;
		return;
	}
	report->items[report->count++] = (struct doctor_finding){report->check, state, message,
								 NULL};
	report->counts[state]++;
}

#define DEFINE_SAY(name, state)                                                                    \
	void name(struct doctor_report *report, const char *format, ...)                           \
	{                                                                                          \
		va_list arguments;                                                                 \
                                                                                                   \
		va_start(arguments, format);                                                       \
		say(report, state, format, arguments);                                             \
		va_end(arguments);                                                                 \
	}

DEFINE_SAY(doctor_ok, DOCTOR_OK)
DEFINE_SAY(doctor_skip, DOCTOR_SKIPPED)
DEFINE_SAY(doctor_warn, DOCTOR_WARNING)
DEFINE_SAY(doctor_broken, DOCTOR_BROKEN)

void doctor_mend(struct doctor_report *report, const char *format, ...)
{
	struct doctor_finding *last = report->count ? &report->items[report->count - 1] : NULL;
	va_list arguments;

	if (!last || report->incomplete)
		return;
	va_start(arguments, format);
	free(last->remedy);
	last->remedy = make_text(format, arguments);
	va_end(arguments);
	report->incomplete = !last->remedy;
}

static void run_subject(const struct doctor_subject *subject, const struct doctor_facts *facts,
			struct doctor_report *report)
{
	for (size_t i = 0; i < subject->count; i++) {
		report->check = subject->checks[i].name;
		subject->checks[i].run(facts, report);
	}
}

void doctor_examine(const struct doctor_facts *facts, struct doctor_report *report)
{
	static const struct doctor_subject *const subjects[] = {
		&doctor_kernel, &doctor_auditd, &doctor_plugin, &doctor_rules, &doctor_delivery};

	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++)
		run_subject(subjects[i], facts, report);
}

void doctor_report_free(struct doctor_report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		free(report->items[i].message);
		free(report->items[i].remedy);
	}
	free(report->items);
	*report = (struct doctor_report){0};
}

enum doctor_state doctor_report_state(const struct doctor_report *report)
{
	if (report->counts[DOCTOR_BROKEN] || report->incomplete)
		return DOCTOR_BROKEN;
	return report->counts[DOCTOR_WARNING] ? DOCTOR_WARNING : DOCTOR_OK;
}

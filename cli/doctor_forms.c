/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_forms: a report as a person reads it, and as a program does. */
#include "cli/doctor.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "common/text.h"

enum { HOST_SIZE = 256, TIME_SIZE = 32 };

static void print_finding(const struct doctor_finding *finding, FILE *out)
{
	char line[DOCTOR_TEXT_MAX];

	fprintf(out, "%-8s %-20s %s\n", doctor_state_words[finding->state], finding->check,
		text_to_line(finding->message, strlen(finding->message), line, sizeof(line)));
	if (finding->remedy)
		fprintf(out, "    mend: %s\n",
			text_to_line(finding->remedy, strlen(finding->remedy), line, sizeof(line)));
}

void doctor_print(const struct doctor_report *report, bool only_faults, FILE *out)
{
	for (size_t i = 0; i < report->count; i++)
		if (!only_faults || report->items[i].state >= DOCTOR_WARNING)
			print_finding(&report->items[i], out);
	fprintf(out, "%s: %zu ok, %zu warnings, %zu broken, %zu skipped%s\n",
		doctor_state_words[doctor_report_state(report)], report->counts[DOCTOR_OK],
		report->counts[DOCTOR_WARNING], report->counts[DOCTOR_BROKEN],
		report->counts[DOCTOR_SKIPPED],
		report->incomplete ? "; memory ran out, this is not all" : "");
}

static json_t *text_or_null(const char *text)
{
	return text ? text_to_json(text, strlen(text)) : json_null();
}

static json_t *make_findings(const struct doctor_report *report)
{
	json_t *list = json_array();

	for (size_t i = 0; i < report->count; i++) {
		const struct doctor_finding *finding = &report->items[i];

		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:o, s:o}", "check", finding->check,
						"state", doctor_state_words[finding->state],
						"message", text_or_null(finding->message), "remedy",
						text_or_null(finding->remedy)));
	}
	return list;
}

void doctor_print_json(const struct doctor_report *report, FILE *out)
{
	char host[HOST_SIZE] = "", time[TIME_SIZE];
	struct timespec now;
	json_t *whole;

	gethostname(host, sizeof(host) - 1);
	clock_gettime(CLOCK_REALTIME, &now);
	whole = json_pack(
		"{s:s, s:s, s:o, s:s, s:s, s:b, s:o}", "schema", "capwatch.doctor/1", "time",
		text_time((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, time, sizeof(time)),
		"host", text_or_null(host), "version", CAPWATCH_VERSION, "state",
		doctor_state_words[doctor_report_state(report)], "incomplete", report->incomplete,
		"findings", make_findings(report));
	json_dumpf(whole, out, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	fputc('\n', out);
	json_decref(whole);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/learn_status.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

enum { NAME_SIZE = 256 };

/* By the unit's template: {starts, gains, kinds, present, last}. */
struct count {
	json_t *units;
	int64_t last_new; /* when a kind was first seen, the latest */
	int64_t kinds, left_out;
};

bool learn_status_is_on(const struct learn_status *status)
{
	const struct setup *setup = &status->setup;

	return status->mode == MODE_LEARN ||
	       (setup->learning && (setup->until == 0 || status->now < setup->until));
}

/* ---- counting ---- */

static const char *unit_of(const json_t *facts)
{
	const char *unit = json_string_value(
		json_object_get(json_object_get(facts, "service"), "template"));

	return unit ? unit : "";
}

static json_t *unit_object(struct count *count, const char *unit)
{
	json_t *object = json_object_get(count->units, unit);

	if (!object) {
		object = json_pack("{s:i, s:i, s:i, s:b}", "starts", 0, "gains", 0, "kinds", 0,
				   "present", 0);
		json_object_set_new(count->units, unit, object);
	}
	return object;
}

static void add(json_t *object, const char *key, int64_t number)
{
	json_object_set_new(
		object, key,
		json_integer(json_integer_value(json_object_get(object, key)) + number));
}

static void take_kind(void *ctx, const struct learnt_kind *kind)
{
	struct count *count = ctx;
	const char *unit = unit_of(kind->facts);
	json_t *object = *unit ? unit_object(count, unit) : NULL;

	if (strcmp(kind->what, "left-out") == 0)
		count->left_out += kind->count;
	if (strcmp(kind->what, "gain") == 0) {
		count->kinds++;
		if (kind->first > count->last_new)
			count->last_new = kind->first;
		add(object, "gains", kind->count);
		add(object, "kinds", 1);
	}
	if (strcmp(kind->what, "start") == 0)
		add(object, "starts", kind->count);
	if (object && strcmp(kind->what, "present") == 0)
		json_object_set_new(object, "present", json_true());
}

static struct count count_all(const struct learn_status *status)
{
	struct count count = {.units = json_object()};

	learnt_each(status->learnt, take_kind, &count);
	return count;
}

/* It was there when learning began, and no start of it has been seen since. */
static bool is_unstarted(const json_t *unit)
{
	return json_is_true(json_object_get(unit, "present")) &&
	       json_integer_value(json_object_get(unit, "starts")) == 0;
}

static size_t count_unstarted(const struct count *count)
{
	const char *name;
	json_t *unit;
	size_t unstarted = 0;

	json_object_foreach(count->units, name, unit)
	{
		unstarted += is_unstarted(unit);
	}
	return unstarted;
}

/* In order of their names; the caller frees it. */
static json_t *names_of(const struct count *count)
{
	char *text = json_dumps(count->units, JSON_SORT_KEYS);
	json_t *sorted = text ? json_loads(text, 0, NULL) : NULL;

	free(text);
	return sorted;
}

/* ---- forms ---- */

static void print_state(const struct learn_status *status, FILE *out)
{
	const struct setup *setup = &status->setup;
	char since[32], until[32], unit[NAME_SIZE];

	if (status->mode == MODE_LEARN) {
		fprintf(out, "learning, of all services, by mode: learn of the configuration\n");
		return;
	}
	if (!learn_status_is_on(status)) {
		fprintf(out, "nothing is being learnt; capwatch learn start begins it\n");
		return;
	}
	fprintf(out, "learning, of %s, since %s, until %s\n",
		setup->unit[0] ? text_to_line(setup->unit, strlen(setup->unit), unit, sizeof(unit))
			       : "all services",
		text_time(setup->since, since, sizeof(since)),
		setup->until ? text_time(setup->until, until, sizeof(until)) : "it is stopped");
}

static void print_unit(const char *name, const json_t *unit, FILE *out)
{
	char line[NAME_SIZE];

	fprintf(out, "%-40s %6" PRId64 " %6" PRId64 " %6" PRId64 "%s\n",
		text_to_line(name, strlen(name), line, sizeof(line)),
		(int64_t)json_integer_value(json_object_get(unit, "starts")),
		(int64_t)json_integer_value(json_object_get(unit, "gains")),
		(int64_t)json_integer_value(json_object_get(unit, "kinds")),
		is_unstarted(unit) ? "  to be restarted" : "");
}

void learn_status_text(const struct learn_status *status, FILE *out)
{
	struct count count = count_all(status);
	json_t *units = names_of(&count), *unit;
	size_t unstarted = count_unstarted(&count);
	const char *name;
	char last[32];

	print_state(status, out);
	fprintf(out, "services: %zu, kinds of gain: %" PRId64, json_object_size(count.units),
		count.kinds);
	if (count.last_new)
		fprintf(out, ", the last new one at %s",
			text_time(count.last_new, last, sizeof(last)));
	fputc('\n', out);
	if (count.left_out)
		fprintf(out,
			"%" PRId64 " sightings were left out: more than %d kinds; something makes "
			"up names\n",
			count.left_out, LEARNT_KINDS_MAX);
	if (json_object_size(units) > 0)
		fprintf(out, "\n%-40s %6s %6s %6s\n", "SERVICE", "STARTS", "GAINS", "KINDS");
	json_object_foreach(units, name, unit)
	{
		print_unit(name, unit, out);
	}
	if (unstarted > 0)
		fprintf(out,
			"\nto be restarted: %zu; what a service gains at a start that was not seen "
			"is not known: systemctl restart each, or reboot\n",
			unstarted);
	json_decref(units);
	json_decref(count.units);
}

void learn_status_json(const struct learn_status *status, FILE *out)
{
	struct count count = count_all(status);
	char since[32], until[32], last[32];
	const struct setup *setup = &status->setup;
	bool by_order = learn_status_is_on(status) && status->mode != MODE_LEARN;
	json_t *object = json_pack(
		"{s:s, s:b, s:s?, s:s?, s:s?, s:s?, s:I, s:I, s:O}", "schema",
		"capwatch.learn-status/1", "learning", learn_status_is_on(status), "since",
		by_order ? text_time(setup->since, since, sizeof(since)) : NULL, "until",
		by_order && setup->until ? text_time(setup->until, until, sizeof(until)) : NULL,
		"unit", by_order && setup->unit[0] ? setup->unit : NULL, "last_new",
		count.last_new ? text_time(count.last_new, last, sizeof(last)) : NULL, "kinds",
		(json_int_t)count.kinds, "left_out", (json_int_t)count.left_out, "services",
		count.units);

	if (object)
		json_dumpf(object, out, JSON_INDENT(2) | JSON_SORT_KEYS);
	fputc('\n', out);
	json_decref(object);
	json_decref(count.units);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/compare.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { SIDES = 2, NO_SEVERITY = -1 };

enum change { UNCHANGED, ADDED, SILENCED, CHANGED, CHANGES };

static const char *const change_words[CHANGES] = {"unchanged", "added", "silenced", "changed"};

struct compare {
	json_t *given[SIDES]; /* since compare_settle(): an alert's id: the alert */
	json_t *rows;	      /* what is alike (make_kind()): the row, as it is printed as JSON */
	size_t alerts[CHANGES];
	int worst; /* the greatest severity of what got worse, or NO_SEVERITY */
	bool failed;
};

struct compare *compare_new(void)
{
	struct compare *compare = calloc(1, sizeof(*compare));

	if (!compare)
		return NULL;
	compare->worst = NO_SEVERITY;
	compare->rows = json_object();
	for (int side = 0; side < SIDES; side++)
		compare->given[side] = json_object();
	if (compare->rows && compare->given[COMPARE_OLD] && compare->given[COMPARE_NEW])
		return compare;
	compare_free(compare);
	return NULL;
}

void compare_free(struct compare *compare)
{
	if (!compare)
		return;
	for (int side = 0; side < SIDES; side++)
		json_decref(compare->given[side]);
	json_decref(compare->rows);
	free(compare);
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* ---- the difference ---- */

void compare_take(struct compare *compare, enum compare_side side, const struct alert *alert)
{
	if (json_object_set_new(compare->given[side], alert->id, alert_to_json(alert)) < 0)
		compare->failed = true;
}

static bool is_same(const json_t *old, const json_t *new, const char *key)
{
	return strcmp(text_of(old, key), text_of(new, key)) == 0;
}

static enum change change_of(const json_t *old, const json_t *new)
{
	if (!old)
		return ADDED;
	if (!new)
		return SILENCED;
	return is_same(old, new, "severity") && is_same(old, new, "disposition") ? UNCHANGED
										 : CHANGED;
}

static int severity_of(const json_t *alert)
{
	return vocab_value(&vocab_severity, text_of(alert, "severity"));
}

static bool is_observed(const json_t *alert)
{
	return vocab_value(&vocab_disposition, text_of(alert, "disposition")) ==
	       DISPOSITION_OBSERVED;
}

static bool is_worse(const json_t *old, const json_t *new)
{
	if (!new)
		return false;
	if (!old)
		return true;
	return severity_of(new) > severity_of(old) || (is_observed(old) && !is_observed(new));
}

/* The same for what has one fingerprint and differs in the same way. */
static void make_kind(const json_t *old, const json_t *new, char *buf, size_t size)
{
	snprintf(buf, size, "%s,%s,%s,%s,%s", text_of(old, "severity"), text_of(old, "disposition"),
		 text_of(new, "severity"), text_of(new, "disposition"),
		 text_of(new ? new : old, "fingerprint"));
}

static json_t *new_row(enum change change, json_t *old, json_t *new)
{
	json_t *before = old ? json_pack("{s:O, s:O}", "severity", json_object_get(old, "severity"),
					 "disposition", json_object_get(old, "disposition"))
			     : json_null();
	json_t *alert = new ? new : old, *time = json_object_get(alert, "time");

	return json_pack("{s:s, s:i, s:O, s:O, s:o, s:O}", "change", change_words[change], "count",
			 0, "first_time", time, "last_time", time, "before", before, "alert",
			 alert);
}

/* Counts a difference in its row, a new one if need be. */
static bool count_in_row(json_t *rows, enum change change, json_t *old, json_t *new)
{
	char kind[192];
	json_t *row, *count;

	make_kind(old, new, kind, sizeof(kind));
	row = json_object_get(rows, kind);
	if (!row) {
		row = new_row(change, old, new);
		if (json_object_set_new(rows, kind, row) < 0)
			return false;
	}
	count = json_object_get(row, "count");
	json_integer_set(count, json_integer_value(count) + 1);
	return json_object_set(row, "last_time", json_object_get(new ? new : old, "time")) == 0;
}

/* Either side may be NULL. */
static void take_pair(struct compare *compare, json_t *old, json_t *new)
{
	enum change change = change_of(old, new);

	compare->alerts[change]++;
	if (is_worse(old, new) && severity_of(new) > compare->worst)
		compare->worst = severity_of(new);
	if (change != UNCHANGED && !count_in_row(compare->rows, change, old, new))
		compare->failed = true;
}

void compare_settle(struct compare *compare)
{
	json_t *old = compare->given[COMPARE_OLD], *new = compare->given[COMPARE_NEW], *alert;
	const char *id;

	json_object_foreach(new, id, alert)
	{
		take_pair(compare, json_object_get(old, id), alert);
	}
	json_object_foreach(old, id, alert)
	{
		if (!json_object_get(new, id))
			take_pair(compare, alert, NULL);
	}
	json_object_clear(old);
	json_object_clear(new);
}

bool compare_is_worse(const struct compare *compare, enum severity severity)
{
	return compare->worst >= (int)severity;
}

/* ---- output ---- */

/* "added", "silenced", or what it was: its severity, its disposition or both. */
static const char *change_text(const json_t *row, char *buf, size_t size)
{
	const json_t *before = json_object_get(row, "before");
	const json_t *alert = json_object_get(row, "alert");
	bool severity = !is_same(before, alert, "severity");
	bool disposition = !is_same(before, alert, "disposition");

	if (strcmp(text_of(row, "change"), change_words[CHANGED]) != 0)
		return text_of(row, "change");
	snprintf(buf, size, "was %s%s%s", severity ? text_of(before, "severity") : "",
		 severity && disposition ? ", " : "",
		 disposition ? text_of(before, "disposition") : "");
	return buf;
}

static void print_row(const json_t *row, FILE *out)
{
	const json_t *alert = json_object_get(row, "alert");
	char change[64];

	fprintf(out, "%-12s  %6lld  %-24s  %-8s  %-21s  %s\n",
		change_text(row, change, sizeof(change)),
		(long long)json_integer_value(json_object_get(row, "count")),
		text_of(row, "first_time"), text_of(alert, "severity"), text_of(alert, "reason"),
		text_of(alert, "message"));
}

static void print_table(const struct compare *compare, json_t *const *rows, size_t count, FILE *out)
{
	if (count > 0)
		fprintf(out, "%-12s  %6s  %-24s  %-8s  %-21s  %s\n", "CHANGE", "COUNT", "FIRST",
			"SEVERITY", "REASON", "MESSAGE");
	for (size_t i = 0; i < count; i++)
		print_row(rows[i], out);
	fprintf(out, "alerts: %zu added, %zu silenced, %zu changed, %zu as before\n",
		compare->alerts[ADDED], compare->alerts[SILENCED], compare->alerts[CHANGED],
		compare->alerts[UNCHANGED]);
}

static bool print_json(json_t *const *rows, size_t count, FILE *out)
{
	for (size_t i = 0; i < count; i++)
		if (json_dumpf(rows[i], out, JSON_COMPACT) < 0 || fputc('\n', out) == EOF)
			return false;
	return true;
}

/* Of one time, by the alert's id, so that the order is the same each time. */
static int by_time(const void *a, const void *b)
{
	const json_t *one = *(json_t *const *)a, *other = *(json_t *const *)b;
	int order = strcmp(text_of(one, "first_time"), text_of(other, "first_time"));

	return order ? order
		     : strcmp(text_of(json_object_get(one, "alert"), "id"),
			      text_of(json_object_get(other, "alert"), "id"));
}

/* A new list of them, in order; NULL when out of memory. */
static json_t **sort_rows(const struct compare *compare)
{
	json_t **sorted = calloc(json_object_size(compare->rows) + 1, sizeof(json_t *)), *row;
	const char *kind;
	size_t count = 0;

	if (!sorted)
		return NULL;
	json_object_foreach(compare->rows, kind, row)
	{
		sorted[count++] = row;
	}
	qsort(sorted, count, sizeof(json_t *), by_time);
	return sorted;
}

bool compare_print(const struct compare *compare, bool json, FILE *out)
{
	size_t count = json_object_size(compare->rows);
	json_t **rows = compare->failed ? NULL : sort_rows(compare);
	bool whole = rows != NULL;

	if (rows && json)
		whole = print_json(rows, count, out);
	else if (rows)
		print_table(compare, rows, count, out);
	free(rows);
	return whole;
}

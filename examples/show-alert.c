/* SPDX-License-Identifier: Apache-2.0 */
/*
 * show-alert: the smallest receiver of capwatch's alerts. Reads JSON lines (docs/alert.schema.json)
 * from standard input and prints of each what a person wants to see first.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include "common/text.h"

/* A field of the alert, by its path with dots, and what to call it. */
static const struct {
	const char *label, *path;
} FIELDS[] = {
	{"reason", "reason"},
	{"severity", "severity"},
	{"gained", "capabilities.effective.gained"},
	{"before", "capabilities.effective.before"},
	{"after", "capabilities.effective.after"},
	{"process", "process.exe"},
	{"pid", "process.pid"},
	{"user id", "process.uid"},
	{"parent", "process.parent.exe"},
	{"service", "service.name"},
	{"phase", "phase"},
	{"happened at", "time"},
	{"judged at", "observed_time"},
	{"audit serial", "audit.serial"},
	{"id", "id"},
};

static const json_t *find(const json_t *object, const char *path)
{
	const char *dot;

	for (; object && (dot = strchr(path, '.')); path = dot + 1)
		object = json_object_getn(object, path, (size_t)(dot - path));
	return object ? json_object_get(object, path) : NULL;
}

static void print_value(const json_t *value)
{
	/* A process calls itself what it likes: nothing of it goes to a terminal as it is. */
	char line[1024];
	const json_t *item;
	size_t i;

	if (json_is_string(value))
		fputs(text_to_line(json_string_value(value), json_string_length(value), line,
				   sizeof(line)),
		      stdout);
	else if (json_is_integer(value))
		printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_array(value) && json_array_size(value) == 0)
		fputs("nothing", stdout);
	else if (json_is_array(value))
		json_array_foreach(value, i, item)
		{
			fputs(i ? ", " : "", stdout);
			print_value(item);
		}
	else
		fputs("not known", stdout);
}

static void print_alert(const json_t *alert)
{
	const json_t *value;
	size_t i;

	print_value(find(alert, "message"));
	puts("\n");
	for (i = 0; i < sizeof(FIELDS) / sizeof(FIELDS[0]); i++) {
		value = find(alert, FIELDS[i].path);
		if (!value || json_is_null(value))
			continue;
		printf("    %-13s ", FIELDS[i].label);
		print_value(value);
		putchar('\n');
	}
}

int main(void)
{
	json_error_t error;
	json_t *alert;

	while ((alert = json_loadf(stdin, JSON_DISABLE_EOF_CHECK, &error))) {
		print_alert(alert);
		json_decref(alert);
	}
	if (!feof(stdin)) {
		fprintf(stderr, "show-alert: line %d: %s\n", error.line, error.text);
		return 1;
	}
	return 0;
}

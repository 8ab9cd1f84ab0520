/* SPDX-License-Identifier: Apache-2.0 */
/* The raw records of an alert, decoded. */
#include "cli/explanation.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "judge/decode.h"

struct printing {
	struct prose *prose;
	size_t record; /* that the paragraph is of */
	bool any;
};

static void print_field(void *ctx, const struct decoded_field *field)
{
	struct printing *printing = ctx;

	if (printing->any && field->record != printing->record)
		prose_end_item(printing->prose);
	if (!printing->any || field->record != printing->record)
		prose_say(printing->prose, "%s:", field->type);
	printing->any = true;
	printing->record = field->record;
	prose_say(printing->prose, "%s=%.1000s", field->name, field->words);
}

/* One a line: what breaks a line within one is not the kernel's. NULL when memory is out. */
static char *join_records(const json_t *records)
{
	char *text = NULL;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);
	const json_t *record;

	if (!out)
		return NULL;
	json_array_foreach(records, i, record)
	{
		const char *line = json_string_value(record);

		for (; line && *line; line++)
			fputc(*line == '\n' ? ' ' : *line, out);
		fputc('\n', out);
	}
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

void explanation_records(const struct explanation *explanation)
{
	const json_t *audit = json_object_get(explanation->alert, "audit"),
		     *records = json_object_get(audit, "records"),
		     *left_out = json_object_get(audit, "records_left_out");
	struct printing printing = {.prose = explanation->prose};
	struct error err = {""};
	char *text;

	prose_heading(explanation->prose, "The audit records, decoded");
	if (json_array_size(records) == 0) {
		prose_say(explanation->prose, "The alert holds none.");
		prose_end(explanation->prose);
		return;
	}
	text = join_records(records);
	if (!text || decode_records(text, print_field, &printing, &err) < 0)
		prose_say(explanation->prose, "They could not be decoded: %s.",
			  text ? err.text : "out of memory");
	else if (!printing.any)
		prose_say(explanation->prose, "None of them is one that libauparse can read.");
	free(text);
	prose_end_item(explanation->prose);
	if (!json_is_integer(left_out))
		return;
	prose_say(explanation->prose, "%" PRId64 " more were too long for the alert.",
		  (int64_t)json_integer_value(left_out));
	prose_end(explanation->prose);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "judge/decode.h"

#include <auparse.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/capmask.h"

enum { CAPS_SIZE = 2048 };

struct decoding {
	auparse_state_t *parser;
	void (*field)(void *ctx, const struct decoded_field *field);
	void *ctx;
	size_t record;
};

static bool is_wanted(const char *name)
{
	return name && strcmp(name, "type") != 0 && strcmp(name, "node") != 0;
}

/* As the alert itself writes them: libauparse has names of its own, and no word for all. */
static const char *name_caps(const char *name, const char *raw, char *buf, size_t size)
{
	static const char *const masks[] = {"cap_pi", "cap_pp", "cap_pe", "cap_pa", "cap_fp",
					    "cap_fi", "old_pp", "old_pi", "old_pe", "old_pa",
					    "pp",     "pi",	"pe",	  "pa",	    "fp",
					    "fi",     NULL};
	capmask mask, known = capmask_known();
	char *end;

	for (size_t i = 0; masks[i]; i++) {
		if (strcmp(masks[i], name) != 0)
			continue;
		mask = strtoull(raw, &end, 16);
		if (end == raw || *end)
			return NULL;
		if ((mask & known) == known)
			return "all";
		if (__builtin_popcountll(known & ~mask) > 5)
			return capmask_to_text(mask, buf, (unsigned)size);
		snprintf(buf, size, "all but ");
		capmask_to_text(known & ~mask, buf + strlen(buf), (unsigned)(size - strlen(buf)));
		return buf;
	}
	return NULL;
}

static void take_field(struct decoding *decoding, const char *type)
{
	const char *name = auparse_get_field_name(decoding->parser);
	const char *raw = auparse_get_field_str(decoding->parser);
	char caps[CAPS_SIZE];
	struct decoded_field field = {.record = decoding->record, .type = type, .name = name};

	if (!is_wanted(name) || !raw)
		return;
	field.words = name_caps(name, raw, caps, sizeof(caps));
	if (!field.words)
		field.words = auparse_interpret_field(decoding->parser);
	if (!field.words)
		field.words = raw;
	decoding->field(decoding->ctx, &field);
}

static void take_record(struct decoding *decoding)
{
	const char *type = auparse_get_type_name(decoding->parser);

	if (auparse_first_field(decoding->parser) == 1) {
		do
			take_field(decoding, type ? type : "?");
		while (auparse_next_field(decoding->parser) > 0);
	}
	decoding->record++;
}

int decode_records(const char *text, void (*field)(void *ctx, const struct decoded_field *field),
		   void *ctx, struct error *err)
{
	struct decoding decoding = {.field = field, .ctx = ctx};

	decoding.parser = auparse_init(AUSOURCE_BUFFER, text);
	if (!decoding.parser)
		return error_set(err, "libauparse could not be set up");
	auparse_set_escape_mode(decoding.parser, AUPARSE_ESC_RAW);
	while (auparse_next_event(decoding.parser) > 0) {
		if (auparse_first_record(decoding.parser) <= 0)
			continue;
		do
			take_record(&decoding);
		while (auparse_next_record(decoding.parser) > 0);
	}
	auparse_destroy(decoding.parser);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/parcel.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void copy_text(char *to, size_t size, const json_t *value)
{
	if (json_is_string(value))
		snprintf(to, size, "%s", json_string_value(value));
}

static void read_facts(struct parcel *parcel)
{
	json_t *root = json_loadb(parcel->text, parcel->length, JSON_ALLOW_NUL, NULL);
	const json_t *service = json_object_get(root, "service");
	const json_t *reason = json_object_get(root, "reason");

	copy_text(parcel->id, sizeof(parcel->id), json_object_get(root, "id"));
	copy_text(parcel->service, sizeof(parcel->service), json_object_get(service, "name"));
	copy_text(parcel->service_template, sizeof(parcel->service_template),
		  json_object_get(service, "template"));
	if (json_is_string(reason))
		parcel->reason = vocab_value(&vocab_reason, json_string_value(reason));
	json_decref(root);
}

struct parcel *parcel_new(enum severity severity, enum disposition disposition, const char *text,
			  size_t length)
{
	struct parcel *parcel = calloc(1, sizeof(*parcel) + length + 1);

	if (!parcel)
		return NULL;
	parcel->references = 1;
	parcel->severity = severity;
	parcel->disposition = disposition;
	parcel->reason = PARCEL_NO_REASON;
	parcel->length = length;
	memcpy(parcel->text, text, length);
	read_facts(parcel);
	return parcel;
}

struct parcel *parcel_ref(struct parcel *parcel)
{
	parcel->references++;
	return parcel;
}

void parcel_unref(struct parcel *parcel)
{
	if (parcel && --parcel->references == 0)
		free(parcel);
}

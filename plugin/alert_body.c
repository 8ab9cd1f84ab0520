/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/alert_body.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/wire.h"

/* What is left out, in this order, until the rest fits. */
static const struct {
	const char *object, *key;
	bool list; /* becomes [], else null */
} dispensable[] = {
	{"audit", "records", true},
	{"process", "command_line", false},
};

/* True when the body fits; otherwise *body is NULL. */
static bool dump(const json_t *json, char **body)
{
	*body = json_dumps(json, JSON_COMPACT);
	if (*body && strlen(*body) <= WIRE_BODY_MAX)
		return true;
	free(*body);
	*body = NULL;
	return false;
}

bool alert_body_make(const struct alert *alert, struct outbox_alert *message)
{
	json_t *json = alert_to_json(alert);
	char *body = NULL;
	bool fits = json && dump(json, &body);

	for (size_t i = 0; json && !fits && i < sizeof(dispensable) / sizeof(*dispensable); i++) {
		json_t *part = json_object_get(json, dispensable[i].object);

		if (json_object_get(part, dispensable[i].key))
			json_object_set_new(part, dispensable[i].key,
					    dispensable[i].list ? json_array() : json_null());
		fits = dump(json, &body);
	}
	json_decref(json);
	if (!fits)
		return false;
	*message = (struct outbox_alert){.severity = alert->severity,
					 .disposition = alert->disposition,
					 .body = body,
					 .length = strlen(body)};
	return true;
}

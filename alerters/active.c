/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/active.h"

#include <jansson.h>
#include <stdlib.h>
#include "alerters/fields.h"

struct active {
	json_t *alerts; /* as they were sent */
	int64_t resend_at;
};

struct active *active_new(void)
{
	struct active *active = calloc(1, sizeof(*active));

	if (active)
		active->alerts = json_array();
	if (active && !active->alerts) {
		free(active);
		return NULL;
	}
	return active;
}

void active_free(struct active *active)
{
	if (!active)
		return;
	json_decref(active->alerts);
	free(active);
}

static void remove_ended(struct active *active, int64_t wall_now)
{
	for (size_t i = json_array_size(active->alerts); i-- > 0;)
		if (fields_time(json_array_get(active->alerts, i), "endsAt") <= wall_now)
			json_array_remove(active->alerts, i);
}

static void remove_same(struct active *active, const json_t *alert)
{
	json_t *labels = json_object_get(alert, "labels");

	for (size_t i = json_array_size(active->alerts); i-- > 0;)
		if (json_equal(json_object_get(json_array_get(active->alerts, i), "labels"),
			       labels))
			json_array_remove(active->alerts, i);
}

static void remove_first_to_end(struct active *active)
{
	int64_t first = INT64_MAX;
	size_t index = 0;

	for (size_t i = 0; i < json_array_size(active->alerts); i++) {
		int64_t end = fields_time(json_array_get(active->alerts, i), "endsAt");

		if (end < first) {
			first = end;
			index = i;
		}
	}
	json_array_remove(active->alerts, index);
}

void active_note(struct active *active, const char *body, const struct active_times *times)
{
	json_t *array = json_loads(body, JSON_ALLOW_NUL, NULL);
	json_t *alert = json_array_get(array, 0);

	if (json_is_object(json_object_get(alert, "labels"))) {
		remove_ended(active, times->wall_now);
		remove_same(active, alert);
		if (json_array_size(active->alerts) >= ACTIVE_MAX)
			remove_first_to_end(active);
		if (json_array_size(active->alerts) == 0)
			active->resend_at = times->now + ACTIVE_RESEND_MS;
		json_array_append(active->alerts, alert);
	}
	json_decref(array);
}

int64_t active_deadline(const struct active *active)
{
	return json_array_size(active->alerts) > 0 ? active->resend_at : ACTIVE_NEVER;
}

char *active_body(struct active *active, const struct active_times *times)
{
	active->resend_at = times->now + ACTIVE_RESEND_MS;
	remove_ended(active, times->wall_now);
	if (json_array_size(active->alerts) == 0)
		return NULL;
	return json_dumps(active->alerts, JSON_COMPACT);
}

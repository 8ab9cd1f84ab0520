/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/own_alert.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void own_alert_begin(struct own_alert *own, enum severity severity, int64_t now)
{
	struct alert *alert = &own->alert;

	memset(own, 0, sizeof(*own));
	if (gethostname(own->host, sizeof(own->host) - 1) < 0)
		memcpy(own->host, "unknown", sizeof("unknown"));
	alert->time = alert->observed_time = alert->first_time = alert->last_time = now;
	alert->host = (struct bytes){own->host, strlen(own->host)};
	alert->severity = severity;
	alert->outcome = OUTCOME_SUCCESS;
	alert->disposition = DISPOSITION_ALERT;
	alert->phase = PHASE_UNKNOWN;
	alert->previous = PREVIOUS_UNKNOWN;
	alert->count = 1;
}

json_t *own_alert_json(struct own_alert *own)
{
	alert_make_id(&own->alert);
	alert_make_fingerprint(&own->alert, NULL);
	return alert_to_json(&own->alert);
}

struct parcel *own_alert_parcel(const struct own_alert *own, json_t *json)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	struct parcel *parcel = NULL;

	if (text)
		parcel = parcel_new(own->alert.severity, own->alert.disposition, text,
				    strlen(text));
	free(text);
	json_decref(json);
	return parcel;
}

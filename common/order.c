/* SPDX-License-Identifier: Apache-2.0 */
#include "common/order.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "common/vocab.h"

static const char *const verb_words[ORDER_VERBS] = {"learn-start", "learn-stop", "learn-forget"};
static const struct vocab verbs = {verb_words, ORDER_VERBS};

size_t order_print(const struct order *order, char *buf)
{
	json_t *object = json_pack("{s:s, s:I, s:o}", "order", vocab_word(&verbs, order->verb),
				   "for_ms", (json_int_t)order->for_ms, "unit",
				   text_to_json(order->unit, strlen(order->unit)));
	size_t length = object ? json_dumpb(object, buf, ORDER_BODY_MAX, JSON_COMPACT) : 0;

	json_decref(object);
	return length <= ORDER_BODY_MAX ? length : 0;
}

static int read_object(const json_t *object, struct order *order, struct error *err)
{
	const char *verb = json_string_value(json_object_get(object, "order"));
	const char *unit = json_string_value(json_object_get(object, "unit"));
	const json_t *time = json_object_get(object, "for_ms");
	int value = verb ? vocab_value(&verbs, verb) : -1;

	if (value < 0)
		return error_set(err, "an order that this version does not know");
	if (!json_is_integer(time) || json_integer_value(time) < 0)
		return error_set(err, "for_ms is no time");
	if (!unit || strlen(unit) >= sizeof(order->unit))
		return error_set(err, "the unit's name is too long");
	order->verb = (enum order_verb)value;
	order->for_ms = json_integer_value(time);
	snprintf(order->unit, sizeof(order->unit), "%s", unit);
	return 0;
}

int order_parse(const char *body, size_t length, struct order *order, struct error *err)
{
	json_t *object = json_loadb(body, length, 0, NULL);
	int rc = object ? read_object(object, order, err) : error_set(err, "no order of capwatch");

	json_decref(object);
	return rc;
}

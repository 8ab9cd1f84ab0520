/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/rules_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/text.h"

static size_t size_of(const struct audit_rule_data *rule)
{
	return sizeof(*rule) + rule->buflen;
}

int rules_state_digest(const struct kernel_rules *rules, char hex[RULES_STATE_HEX])
{
	size_t size = 0, used = 0;
	char *all;

	for (size_t i = 0; i < rules->count; i++)
		size += size_of(rules->items[i]);
	all = malloc(size + 1);
	if (!all)
		return -1;
	for (size_t i = 0; i < rules->count; i++) {
		memcpy(all + used, rules->items[i], size_of(rules->items[i]));
		used += size_of(rules->items[i]);
	}
	text_sha256(all, size, hex);
	free(all);
	return 0;
}

void rules_state_make(const char *hex, char body[RULES_STATE_BODY])
{
	snprintf(body, RULES_STATE_BODY, "{\"rules\":\"%s\"}", hex);
}

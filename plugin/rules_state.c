/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/rules_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/text.h"
#include "rules/kernel.h"

enum { HEX_SIZE = 65, BODY_SIZE = 96 };

static size_t size_of(const struct audit_rule_data *rule)
{
	return sizeof(*rule) + rule->buflen;
}

static int make_digest(const struct kernel_rules *rules, char hex[HEX_SIZE])
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

char *rules_state_make(void)
{
	struct kernel_rules rules = {0};
	char hex[HEX_SIZE], *body = NULL;

	if (kernel_rules_read(&rules, NULL) < 0)
		return NULL;
	if (make_digest(&rules, hex) == 0)
		body = malloc(BODY_SIZE);
	if (body)
		snprintf(body, BODY_SIZE, "{\"rules\":\"%s\"}", hex);
	kernel_rules_free(&rules);
	return body;
}

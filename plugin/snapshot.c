/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/snapshot.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

_Static_assert((int)BLIND_TEXT_MAX == (int)SIGHT_TEXT_MAX, "a fault's words fit");
_Static_assert((int)BLIND_OFF == (int)SIGHT_OFF &&
		       (int)BLIND_BACKLOG_FULL == (int)SIGHT_BACKLOG_FULL,
	       "the kinds of judge/blind are those of rules/sight");

/* FNV-1a: it names a fault among some dozens, and nobody gains by two of one name. */
static uint64_t hash(uint64_t value, const char *text)
{
	for (; *text; text++)
		value = (value ^ (unsigned char)*text) * 0x100000001b3ull;
	return value;
}

/* Numbers of the status change without making it another fault. */
static uint64_t identify(const struct sight_fault *fault)
{
	const struct audit_rule_data *rule = fault->loaded;
	char text[RULE_LINE_MAX] = "";

	if (!rule && fault->wanted)
		rule = fault->wanted->data;
	if (rule)
		rule_to_text(rule, text, sizeof(text));
	return hash(hash(0xcbf29ce484222325ull, "kind") + (uint64_t)fault->kind, text);
}

static void copy_key(const struct audit_rule_data *rule, char key[BLIND_KEY_MAX])
{
	for (unsigned i = 0; i < rule->field_count; i++) {
		size_t length = 0;
		const char *text = rule_field_string(rule, i, &length);

		if (text && rule->fields[i] == AUDIT_FILTERKEY)
			snprintf(key, BLIND_KEY_MAX, "%.*s", (int)length, text);
	}
}

void snapshot_fill(struct blind_snapshot *snapshot, const struct sight *sight,
		   const struct kernel_status *status)
{
	snapshot->immutable = status->enabled == KERNEL_AUDIT_IMMUTABLE;
	snapshot->lost = status->lost;
	snapshot->wanted = (uint32_t)sight->wanted;
	snapshot->missing = (uint32_t)sight->missing;
	snapshot->count = snapshot->left_out = 0;
	for (size_t i = 0; i < sight->count; i++) {
		const struct sight_fault *fault = &sight->items[i];
		struct blind_fault *to = &snapshot->faults[snapshot->count];

		if (snapshot->count == BLIND_FAULTS_MAX) {
			snapshot->left_out++;
			continue;
		}
		memset(to, 0, sizeof(*to));
		to->kind = (uint32_t)fault->kind;
		to->id = identify(fault);
		if (fault->kind == SIGHT_MISSING)
			copy_key(fault->wanted->data, to->key);
		sight_text(fault, status, to->text, sizeof(to->text));
		snapshot->count++;
	}
}

void snapshot_fill_unreadable(struct blind_snapshot *snapshot, const char *why)
{
	struct blind_fault *fault = &snapshot->faults[0];

	memset(fault, 0, sizeof(*fault));
	fault->kind = BLIND_UNREADABLE;
	fault->id = BLIND_UNREADABLE;
	snprintf(fault->text, sizeof(fault->text),
		 "whether auditing works is not known any more (%.300s)", why);
	snapshot->count = 1;
	snapshot->left_out = 0;
}

size_t snapshot_size(const struct blind_snapshot *snapshot)
{
	return offsetof(struct blind_snapshot, faults) +
	       snapshot->count * sizeof(snapshot->faults[0]);
}

bool snapshot_read(const char *body, size_t length, struct blind_snapshot *snapshot)
{
	if (length < offsetof(struct blind_snapshot, faults) || length > sizeof(*snapshot))
		return false;
	memcpy(snapshot, body, length);
	if (snapshot->count > BLIND_FAULTS_MAX || snapshot_size(snapshot) != length)
		return false;
	snapshot->boot_id[BLIND_BOOT_MAX - 1] = '\0';
	for (size_t i = 0; i < snapshot->count; i++) {
		struct blind_fault *fault = &snapshot->faults[i];

		if (fault->kind >= BLIND_KINDS)
			return false;
		fault->key[BLIND_KEY_MAX - 1] = fault->text[BLIND_TEXT_MAX - 1] = '\0';
	}
	return true;
}

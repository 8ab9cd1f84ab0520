/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/sight.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add_fault(struct sight *sight, const struct sight_fault *fault)
{
	if (sight->count == sight->capacity) {
		size_t capacity = sight->capacity ? sight->capacity * 2 : 16;
		struct sight_fault *items = realloc(sight->items, capacity * sizeof(*items));

		if (!items)
			return -1;
		sight->items = items;
		sight->capacity = capacity;
	}
	sight->items[sight->count++] = *fault;
	return 0;
}

static int judge_status(const struct kernel_status *status, struct sight *sight)
{
	const struct {
		bool present;
		enum sight_kind kind;
	} states[] = {
		{status->enabled == KERNEL_AUDIT_OFF, SIGHT_OFF},
		{status->rate_limit > 0, SIGHT_RATE_LIMIT},
		/* 0 is no limit */
		{status->backlog_limit > 0 && status->backlog_limit < SIGHT_BACKLOG_LEAST,
		 SIGHT_BACKLOG_LIMIT},
		{status->backlog_limit > 0 && status->backlog >= status->backlog_limit,
		 SIGHT_BACKLOG_FULL},
	};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		struct sight_fault fault = {.kind = states[i].kind};

		if (states[i].present && add_fault(sight, &fault) < 0)
			return -1;
	}
	return 0;
}

/* One loaded rule that concerns many of ours is one fault; it hides as soon as it hides one. */
static int add_cover(struct sight *sight, const struct finding *finding)
{
	struct sight_fault fault = {.kind = finding->kind == FINDING_HIDDEN ? SIGHT_HIDDEN
									    : SIGHT_NARROWED,
				    .wanted = finding->wanted,
				    .loaded = finding->loaded,
				    .rules = 1};

	for (size_t i = 0; i < sight->count; i++) {
		struct sight_fault *known = &sight->items[i];

		if (known->loaded != finding->loaded)
			continue;
		if (known->kind == fault.kind) {
			known->rules++;
		} else if (fault.kind == SIGHT_HIDDEN) {
			*known = fault;
		}
		return 0;
	}
	return add_fault(sight, &fault);
}

static int add_finding(struct sight *sight, const struct finding *finding)
{
	struct sight_fault missing = {.kind = SIGHT_MISSING, .wanted = finding->wanted, .rules = 1};

	switch (finding->kind) {
	case FINDING_MISSING:
		if (finding->wanted->data->action == AUDIT_NEVER)
			return 0;
		sight->missing++;
		return add_fault(sight, &missing);
	case FINDING_HIDDEN:
	case FINDING_NARROWED:
		return add_cover(sight, finding);
	case FINDING_EXTRA:
		break;
	}
	return 0;
}

/* Of an exclude rule that leaves ours their own records: those that say who blinds us. */
static int judge_excludes(const struct kernel_rules *loaded, struct sight *sight)
{
	for (size_t i = 0; i < loaded->count; i++) {
		struct sight_fault fault = {.kind = SIGHT_NARROWED, .loaded = loaded->items[i]};
		bool known = false;

		for (size_t j = 0; j < sight->count; j++)
			known = known || sight->items[j].loaded == loaded->items[i];
		if (!known && rule_excludes(loaded->items[i], AUDIT_CONFIG_CHANGE) &&
		    add_fault(sight, &fault) < 0)
			return -1;
	}
	return 0;
}

int sight_judge(const struct sight_question *question, struct sight *sight, struct error *err)
{
	struct comparison comparison;
	int result;

	memset(sight, 0, sizeof(*sight));
	if (rules_compare(question->wanted, question->loaded, &comparison, err) < 0)
		return -1;
	for (size_t i = 0; i < question->wanted->count; i++)
		sight->wanted += question->wanted->items[i].data->action != AUDIT_NEVER;
	result = judge_status(question->status, sight);
	for (size_t i = 0; i < comparison.count && result == 0; i++)
		result = add_finding(sight, &comparison.items[i]);
	if (result == 0)
		result = judge_excludes(question->loaded, sight);
	comparison_free(&comparison);
	if (result == 0)
		return 0;
	sight_free(sight);
	return error_set(err, "out of memory");
}

void sight_free(struct sight *sight)
{
	free(sight->items);
	memset(sight, 0, sizeof(*sight));
}

/* As the kernel would list it, but so short that it fits into an alert. */
static const char *rule_words(const struct audit_rule_data *rule, char text[SIGHT_TEXT_MAX / 2])
{
	static const char cut[] = "...";
	char whole[RULE_LINE_MAX];

	rule_to_text(rule, whole, sizeof(whole));
	if (snprintf(text, SIGHT_TEXT_MAX / 2, "%s", whole) >= SIGHT_TEXT_MAX / 2)
		memcpy(text + SIGHT_TEXT_MAX / 2 - sizeof(cut), cut, sizeof(cut));
	return text;
}

static void cover_text(const struct sight_fault *fault, char *buf, size_t size)
{
	char rule[SIGHT_TEXT_MAX / 2];

	rule_words(fault->loaded, rule);
	if (fault->rules == 0)
		snprintf(buf, size,
			 "the rule \"%s\" hides who changes the audit rules (records of type "
			 "CONFIG_CHANGE)",
			 rule);
	else if (fault->rules == 1)
		snprintf(buf, size, "the rule \"%s\" hides %s what one of capwatch's rules records",
			 rule, fault->kind == SIGHT_HIDDEN ? "all of" : "part of");
	else
		snprintf(buf, size, "the rule \"%s\" hides %s what %zu of capwatch's rules record",
			 rule, fault->kind == SIGHT_HIDDEN ? "all of" : "part of", fault->rules);
}

char *sight_text(const struct sight_fault *fault, const struct kernel_status *status, char *buf,
		 size_t size)
{
	char rule[SIGHT_TEXT_MAX / 2];

	switch (fault->kind) {
	case SIGHT_OFF:
		snprintf(buf, size,
			 "auditing is switched off (enabled 0): no event of any kind is recorded");
		break;
	case SIGHT_MISSING:
		snprintf(buf, size, "the audit rule \"%s\" is not loaded",
			 rule_words(fault->wanted->data, rule));
		break;
	case SIGHT_HIDDEN:
	case SIGHT_NARROWED:
		cover_text(fault, buf, size);
		break;
	case SIGHT_RATE_LIMIT:
		snprintf(buf, size,
			 "a rate limit is set: beyond %u records a second the kernel drops them",
			 status->rate_limit);
		break;
	case SIGHT_BACKLOG_LIMIT:
		snprintf(buf, size,
			 "the kernel's queue holds %u records at most (backlog_limit): a burst of "
			 "events is lost",
			 status->backlog_limit);
		break;
	case SIGHT_BACKLOG_FULL:
		snprintf(buf, size,
			 "the kernel's queue is full (backlog %u of %u): auditd does not take "
			 "records, and they are being lost",
			 status->backlog, status->backlog_limit);
		break;
	}
	return buf;
}

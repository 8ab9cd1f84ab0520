/* SPDX-License-Identifier: Apache-2.0 */
/* What identifies an alert. Its JSON is made in alert_json.c, its sentence in alert_message.c. */
#include "common/alert.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

enum { HASHED_MAX = 16 * 1024, NODE_HASH_DIGITS = 8 };

/* Fields on their way into a hash, each with its length in front, so that no two lists of fields
 * give the same bytes. What does not fit is hashed on its own first: nothing is left out. */
struct hashed {
	char bytes[HASHED_MAX];
	size_t used;
};

/* Every gain of a flood has a fingerprint: nothing is cleared for it, and no length printed. */
static void hash_begin(struct hashed *hashed)
{
	hashed->used = 0;
}

/* The number's digits, the last of them before digits[end]. Returns where they begin. */
static inline size_t put_digits(char *digits, size_t end, uint64_t number, unsigned base)
{
	do
		digits[--end] = "0123456789abcdef"[number % base];
	while (number /= base);
	return end;
}

static void put_length(struct hashed *hashed, size_t length)
{
	char digits[24];
	size_t at = sizeof(digits);

	digits[--at] = ':';
	at = put_digits(digits, at, length, 10);
	memcpy(hashed->bytes + hashed->used, digits + at, sizeof(digits) - at);
	hashed->used += sizeof(digits) - at;
}

static void hash_bytes(struct hashed *hashed, const char *data, size_t length)
{
	char digest[65];

	if (length > HASHED_MAX / 8) {
		text_sha256(data, length, digest);
		hash_bytes(hashed, digest, strlen(digest));
		return;
	}
	if (hashed->used + length + 32 > HASHED_MAX) {
		text_sha256(hashed->bytes, hashed->used, digest);
		memcpy(hashed->bytes, digest, strlen(digest));
		hashed->used = strlen(digest);
	}
	put_length(hashed, length);
	if (length)
		memcpy(hashed->bytes + hashed->used, data, length);
	hashed->used += length;
}

static void hash_field(struct hashed *hashed, struct bytes field)
{
	hash_bytes(hashed, field.data, field.data ? field.length : 0);
}

static void hash_word(struct hashed *hashed, const char *word)
{
	hash_bytes(hashed, word, strlen(word));
}

static void hash_number(struct hashed *hashed, uint64_t number)
{
	char digits[16];
	size_t at = put_digits(digits, sizeof(digits), number, 16);

	hash_bytes(hashed, digits + at, sizeof(digits) - at);
}

/* What is told once a boot has the same id each time that it is told in that boot. */
static bool is_once_a_boot(const struct alert *alert)
{
	return alert->coverage.present && alert->coverage.boot_id.data;
}

/* Without node= in the records, the host's own name keeps two hosts' equal serials apart. A finding
 * of capwatch's own has no event: what it says takes the place of the serial. */
static void hash_source(struct hashed *hashed, const struct alert *alert)
{
	hash_field(hashed, alert->audit.node.data ? alert->audit.node : alert->host);
	hash_word(hashed, vocab_word(&vocab_reason, alert->reason));
	/* that it is back is another finding, by the same event */
	if (alert->coverage.present && alert->coverage.state == COVERAGE_RESTORED)
		hash_word(hashed, vocab_word(&vocab_coverage_state, alert->coverage.state));
	if (alert->audit.has_event && !is_once_a_boot(alert))
		return;
	hash_field(hashed, alert->coverage.boot_id);
	if (!is_once_a_boot(alert))
		hash_field(hashed, alert->detail);
	hash_field(hashed, alert->coverage.lost);
	hash_field(hashed, alert->coverage.rule);
	hash_number(hashed, alert->process.present ? (uint64_t)alert->process.pid : 0);
}

void alert_make_id(struct alert *alert)
{
	struct hashed hashed;
	char digest[65], ending[24] = "";
	bool timeless = is_once_a_boot(alert), of_event = alert->audit.has_event && !timeless;
	int64_t time = of_event ? alert->audit.milliseconds : timeless ? 0 : alert->time;
	uint64_t serial = of_event ? alert->audit.serial : 0;

	hash_begin(&hashed);
	hash_source(&hashed, alert);
	text_sha256(hashed.bytes, hashed.used, digest);
	if (alert->is_summary)
		snprintf(ending, sizeof(ending), "-r%" PRId64, alert->count);
	snprintf(alert->id, sizeof(alert->id), "cw-%" PRId64 "-%" PRIu64 "-%.*s-%u%s",
		 time < 0 ? 0 : time, serial, NODE_HASH_DIGITS, digest, alert->ordinal, ending);
}

/* What lies above a ceiling is no gain: there the capabilities stand in missing. Of refusals it
 * does not matter for what: a search through all capabilities is one finding, repeated. */
static void hash_gain(struct hashed *hashed, const struct alert *alert)
{
	capmask any = 0;

	for (int i = 0; i < ALERT_SETS; i++) {
		bool there = alert->has_capabilities && alert->sets[i].present;

		any |= there ? alert->sets[i].gained : 0;
		hash_number(hashed, there ? alert->sets[i].gained : 0);
	}
	if (!any && alert->baseline.has_missing && alert->outcome != OUTCOME_DENIED)
		hash_number(hashed, alert->baseline.missing);
	hash_word(hashed, alert->has_securebits ? "securebits" : "");
	if (!alert->has_securebits)
		return;
	hash_number(hashed, alert->securebits_after);
	if (alert->has_securebits_before)
		hash_number(hashed, alert->securebits_before ^ alert->securebits_after);
}

static void take_fingerprint(struct alert *alert, const struct hashed *hashed,
			     struct fingerprints *made)
{
	struct made_fingerprint *found = NULL;

	for (size_t i = 0; i < FINGERPRINTS_KEPT && !found; i++)
		if (made->made[i].length == hashed->used &&
		    memcmp(made->made[i].text, hashed->bytes, hashed->used) == 0)
			found = &made->made[i];
	if (!found) {
		found = &made->made[made->next++ % FINGERPRINTS_KEPT];
		found->length = hashed->used;
		memcpy(found->text, hashed->bytes, hashed->used);
		text_sha256(hashed->bytes, hashed->used, found->fingerprint);
	}
	memcpy(alert->fingerprint, found->fingerprint, sizeof(alert->fingerprint));
}

static void hash_finding(struct hashed *hashed, const struct alert *alert)
{
	const struct alert_service *service = &alert->service;

	hash_begin(hashed);
	hash_field(hashed, service->template_name.data ? service->template_name : service->name);
	hash_word(hashed, vocab_word(&vocab_reason, alert->reason));
	hash_word(hashed, vocab_word(&vocab_mechanism, alert->mechanism));
	hash_gain(hashed, alert);
	hash_field(hashed, alert->process.exe);
	/* two rules lost, or two files given capabilities, are two findings */
	hash_field(hashed, alert->coverage.rule);
	/* nor are two crashes of different processes of ours, or two changes of configuration, one
	 */
	if (!alert->process.present && !alert->audit.has_event) {
		hash_field(hashed, alert->coverage.lost);
		hash_field(hashed, alert->detail);
	}
	if (alert->reason == REASON_FILE_CAPS_SET) {
		hash_field(hashed, alert->file.path);
		hash_number(hashed, alert->file.has_caps ? alert->file.permitted : 0);
		hash_number(hashed, alert->file.has_caps ? alert->file.inheritable : 0);
	}
}

void alert_make_fingerprint(struct alert *alert, struct fingerprints *made)
{
	struct hashed hashed;

	hash_finding(&hashed, alert);
	if (made && hashed.used <= FINGERPRINT_TEXT_MAX)
		take_fingerprint(alert, &hashed, made);
	else
		text_sha256(hashed.bytes, hashed.used, alert->fingerprint);
}

/* Techniques of MITRE ATT&CK for enterprise; a mechanism that has one of its own goes first. */
const char *alert_attack(const struct alert *alert)
{
	static const char *const by_reason[] = {
		[REASON_EXPANSION_AFTER_START] = "T1548",
		[REASON_EXPANSION_AT_START] = "T1548",
		[REASON_ABOVE_CEILING] = "T1548",
		[REASON_IMPOSSIBLE_TRANSITION] =
			"T1068", /* exploitation for privilege escalation */
		[REASON_UNEXPLAINED_GAIN] = "T1068",
		[REASON_AMBIENT_RAISE] = "T1548",
		[REASON_SECUREBITS_CHANGE] = "T1548",
		[REASON_EXEC_GAIN] =
			"T1548.001", /* setuid and setgid, which names file capabilities too */
		[REASON_SETUID_GAIN] = "T1548.001",
		[REASON_USERNS_GAIN] = NULL, /* what browsers and containers do all day */
		[REASON_GAIN_DENIED] = "T1548",
		[REASON_FILE_CAPS_SET] = "T1548.001",
		[REASON_CAP_LAST_CAP_WRITE] = "T1548",
		[REASON_CONFIG_CHANGE] = "T1562.001", /* impair defences: a tool */
		[REASON_COVERAGE_LOSS] = "T1562.012", /* impair defences: Linux audit */
	};

	if ((size_t)alert->reason >= sizeof(by_reason) / sizeof(by_reason[0]))
		return NULL;
	return by_reason[alert->reason];
}

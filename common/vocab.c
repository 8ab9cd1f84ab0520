/* SPDX-License-Identifier: Apache-2.0 */
#include "common/vocab.h"

#include <string.h>
#include <syslog.h>

enum { NEAREST_WORD_MAX = 63 };

#define VOCAB(name, words) const struct vocab name = {words, sizeof(words) / sizeof((words)[0])}

static const char *const severity_words[] = {"low", "medium", "high", "critical"};
static const char *const reason_words[] = {
	"expansion-after-start", "expansion-at-start", "above-ceiling",	    "impossible-transition",
	"unexplained-gain",	 "ambient-raise",      "securebits-change", "exec-gain",
	"setuid-gain",		 "userns-gain",	       "gain-denied",	    "file-caps-set",
	"cap-last-cap-write",	 "config-change",      "coverage-loss",
};
static const char *const mechanism_words[] = {
	"capset",    "ambient",	     "securebits", "exec",  "setuid", "userns",
	"file-caps", "cap-last-cap", "sweep",	   "audit", "config",
};
static const char *const outcome_words[] = {"success", "denied"};
static const char *const phase_words[] = {"starting", "running", "unknown"};
static const char *const previous_words[] = {"known", "inferred", "unknown"};
static const char *const disposition_words[] = {"alert", "observed", "silenced"};
static const char *const service_kind_words[] = {"unit", "container", "session", "program",
						 "unknown"};
static const char *const user_namespace_words[] = {"host", "child", "unknown"};
static const char *const exe_identity_words[] = {"unknown", "host", "other"};
static const char *const exe_state_words[] = {"current", "replaced", "deleted", "unknown"};
static const char *const coverage_state_words[] = {"lost", "restored", "pending-reboot"};
static const char *const mode_words[] = {"alert", "observe", "learn"};
static const char *const sink_type_words[] = {"syslog", "file", "webhook"};
static const char *const sink_format_words[] = {
	"native",	"ecs",	 "ocsf", "cloudevents", "splunk-hec",
	"alertmanager", "slack", "cef",	 "rfc5424",
};
static const char *const signature_words[] = {"standard-webhooks", "sha256"};
static const char *const compression_words[] = {"none", "gzip"};
static const char *const command_line_words[] = {"full", "redacted", "none"};
static const char *const securebits_words[] = {
	"noroot",    "noroot-locked",	 "no-setuid-fixup",	 "no-setuid-fixup-locked",
	"keep-caps", "keep-caps-locked", "no-cap-ambient-raise", "no-cap-ambient-raise-locked",
};
static const char *const syslog_protocol_words[] = {"udp", "tcp", "tls"};
static const char *const syslog_facility_words[] = {
	"kern",	  "user",   "mail",   "daemon",	  "auth",   "syslog", "lpr",
	"news",	  "uucp",   "cron",   "authpriv", "ftp",    "local0", "local1",
	"local2", "local3", "local4", "local5",	  "local6", "local7",
};
static const int facility_codes[] = {
	LOG_KERN,   LOG_USER,	LOG_MAIL,   LOG_DAEMON,	  LOG_AUTH,   LOG_SYSLOG, LOG_LPR,
	LOG_NEWS,   LOG_UUCP,	LOG_CRON,   LOG_AUTHPRIV, LOG_FTP,    LOG_LOCAL0, LOG_LOCAL1,
	LOG_LOCAL2, LOG_LOCAL3, LOG_LOCAL4, LOG_LOCAL5,	  LOG_LOCAL6, LOG_LOCAL7,
};

VOCAB(vocab_severity, severity_words);
VOCAB(vocab_reason, reason_words);
VOCAB(vocab_mechanism, mechanism_words);
VOCAB(vocab_outcome, outcome_words);
VOCAB(vocab_phase, phase_words);
VOCAB(vocab_previous, previous_words);
VOCAB(vocab_disposition, disposition_words);
VOCAB(vocab_service_kind, service_kind_words);
VOCAB(vocab_user_namespace, user_namespace_words);
VOCAB(vocab_exe_state, exe_state_words);
VOCAB(vocab_exe_identity, exe_identity_words);
VOCAB(vocab_coverage_state, coverage_state_words);
VOCAB(vocab_mode, mode_words);
VOCAB(vocab_sink_type, sink_type_words);
VOCAB(vocab_sink_format, sink_format_words);
VOCAB(vocab_signature, signature_words);
VOCAB(vocab_compression, compression_words);
VOCAB(vocab_command_line, command_line_words);
VOCAB(vocab_securebits, securebits_words);
VOCAB(vocab_syslog_protocol, syslog_protocol_words);
VOCAB(vocab_syslog_facility, syslog_facility_words);

const char *vocab_word(const struct vocab *vocab, unsigned value)
{
	return value < vocab->count ? vocab->words[value] : "?";
}

int vocab_value(const struct vocab *vocab, const char *word)
{
	for (size_t i = 0; i < vocab->count; i++)
		if (strcmp(vocab->words[i], word) == 0)
			return (int)i;
	return -1;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Edit distance where two swapped neighbours count as one slip ("mdoe"); both words are short. */
static unsigned edit_distance(const char *a, const char *b)
{
	unsigned rows[3][NEAREST_WORD_MAX + 1];
	size_t width = strlen(b);
	size_t i;

	for (size_t j = 0; j <= width; j++)
		rows[0][j] = (unsigned)j;
	for (i = 1; a[i - 1]; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3],
			 *second = rows[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= width; j++) {
			row[j] = above[j - 1] + (a[i - 1] != b[j - 1]);
			row[j] = least(row[j], least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], second[j - 2] + 1);
		}
	}
	return rows[(i - 1) % 3][width];
}

const char *vocab_nearest(const char *const *words, size_t count, const char *word)
{
	size_t length = strlen(word);
	/* a third of the word may be wrong: more than that is a different word */
	unsigned best = (unsigned)(length + 2) / 3 + 1;
	const char *nearest = NULL;

	if (length == 0 || length > NEAREST_WORD_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		unsigned distance;

		if (strlen(words[i]) > NEAREST_WORD_MAX)
			continue;
		distance = edit_distance(word, words[i]);
		if (distance < best && distance < strlen(words[i])) {
			best = distance;
			nearest = words[i];
		}
	}
	return nearest;
}

int vocab_facility_code(unsigned value)
{
	return value < vocab_syslog_facility.count ? facility_codes[value] : LOG_AUTHPRIV;
}

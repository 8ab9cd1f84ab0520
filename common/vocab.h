/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vocab: every closed vocabulary of the alert, the configuration and the baseline, one table each,
 * shared by what parses, what prints, what checks the documents and what completes in a shell.
 */
#ifndef CAPWATCH_VOCAB_H
#define CAPWATCH_VOCAB_H

#include <stddef.h>
#include <stdint.h>

enum severity { SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL };

enum reason {
	REASON_EXPANSION_AFTER_START,
	REASON_EXPANSION_AT_START,
	REASON_ABOVE_CEILING,
	REASON_IMPOSSIBLE_TRANSITION,
	REASON_UNEXPLAINED_GAIN,
	REASON_AMBIENT_RAISE,
	REASON_SECUREBITS_CHANGE,
	REASON_EXEC_GAIN,
	REASON_SETUID_GAIN,
	REASON_USERNS_GAIN,
	REASON_GAIN_DENIED,
	REASON_FILE_CAPS_SET,
	REASON_CAP_LAST_CAP_WRITE,
	REASON_CONFIG_CHANGE,
	REASON_COVERAGE_LOSS,
};

enum mechanism {
	MECHANISM_CAPSET,
	MECHANISM_AMBIENT,
	MECHANISM_SECUREBITS,
	MECHANISM_EXEC,
	MECHANISM_SETUID,
	MECHANISM_USERNS,
	MECHANISM_FILE_CAPS,
	MECHANISM_CAP_LAST_CAP,
	MECHANISM_SWEEP,
	MECHANISM_AUDIT,
	MECHANISM_CONFIG,
};

enum outcome { OUTCOME_SUCCESS, OUTCOME_DENIED };
enum phase { PHASE_STARTING, PHASE_RUNNING, PHASE_UNKNOWN };
enum previous { PREVIOUS_KNOWN, PREVIOUS_INFERRED, PREVIOUS_UNKNOWN };
enum disposition { DISPOSITION_ALERT, DISPOSITION_OBSERVED, DISPOSITION_SILENCED };
enum service_kind {
	SERVICE_UNIT,
	SERVICE_CONTAINER,
	SERVICE_SESSION,
	SERVICE_PROGRAM,
	SERVICE_UNKNOWN
};
enum user_namespace { USERNS_HOST, USERNS_CHILD, USERNS_UNKNOWN };
enum exe_state { EXE_CURRENT, EXE_REPLACED, EXE_DELETED, EXE_UNKNOWN };
/* What a process runs: could not be compared; was the host's file of this path when it was
 * compared; was another file. */
enum exe_identity { EXE_ID_UNKNOWN, EXE_ID_HOST, EXE_ID_OTHER };
enum coverage_state { COVERAGE_LOST, COVERAGE_RESTORED, COVERAGE_PENDING_REBOOT };
enum mode { MODE_ALERT, MODE_OBSERVE, MODE_LEARN };
enum sink_type { SINK_SYSLOG, SINK_FILE, SINK_WEBHOOK };
enum syslog_protocol { SYSLOG_UDP, SYSLOG_TCP, SYSLOG_TLS };
enum sink_format {
	FORMAT_NATIVE,
	FORMAT_ECS,
	FORMAT_OCSF,
	FORMAT_CLOUDEVENTS,
	FORMAT_SPLUNK_HEC,
	FORMAT_ALERTMANAGER,
	FORMAT_SLACK,
	FORMAT_CEF,
	FORMAT_RFC5424
};
enum signature { SIGNATURE_STANDARD_WEBHOOKS, SIGNATURE_SHA256 };
enum compression { COMPRESSION_NONE, COMPRESSION_GZIP };
enum command_line { COMMAND_LINE_FULL, COMMAND_LINE_REDACTED, COMMAND_LINE_NONE };

/* securebits as in <linux/securebits.h>: the bit number is the index in vocab_securebits */
enum { SECUREBITS_COUNT = 8 };

struct vocab {
	const char *const *words; /* words[value] is its name; in the order of the enum */
	size_t count;
};

extern const struct vocab vocab_severity, vocab_reason, vocab_mechanism, vocab_outcome, vocab_phase,
	vocab_previous, vocab_disposition, vocab_service_kind, vocab_user_namespace,
	vocab_exe_state, vocab_exe_identity, vocab_coverage_state, vocab_mode, vocab_sink_type,
	vocab_sink_format, vocab_signature, vocab_compression, vocab_command_line, vocab_securebits,
	vocab_syslog_protocol,
	vocab_syslog_facility; /* its values are the index; see vocab_facility_code */

/* The word for a value of the vocabulary; "?" beyond its end. */
const char *vocab_word(const struct vocab *vocab, unsigned value);

/* The value of a word, or -1. */
int vocab_value(const struct vocab *vocab, const char *word);

/* The nearest of the given words by edit distance, NULL when none is near enough to be meant. */
const char *vocab_nearest(const char *const *words, size_t count, const char *word);

/* The syslog(3) LOG_* facility for an index of vocab_syslog_facility. */
int vocab_facility_code(unsigned value);

#endif

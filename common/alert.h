/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alert: one finding, as the judge fills it in and as it leaves (docs/alert.schema.json).
 * Owns: the fields, their JSON, the id, the fingerprint and the sentence for a person.
 * Must not own: whether to alert (judge/verdict), or how it is delivered (alerters).
 * Strings are raw bytes as the kernel gave them; they become UTF-8 in alert_to_json() and nowhere
 * else.
 */
#ifndef CAPWATCH_ALERT_H
#define CAPWATCH_ALERT_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>
#include "common/bytes.h"
#include "common/capmask.h"
#include "common/vocab.h"

/* One set before and after. has_before false: not known (JSON null). */
struct alert_set {
	bool present; /* false: the set is left out of the alert */
	bool has_before;
	capmask before, after, gained, lost;
};

enum { ALERT_PERMITTED, ALERT_EFFECTIVE, ALERT_INHERITABLE, ALERT_AMBIENT, ALERT_SETS };

struct alert_process {
	bool present; /* false: JSON null */
	int64_t pid, ppid;
	struct bytes comm, exe, command_line, tty, subject, user, login_user;
	int64_t uid, euid;
	int64_t auid, session; /* -1: unset (null) */
	int64_t started;       /* ms since the epoch; 0: not known */
	int64_t threads;       /* 0: not known */
	enum user_namespace user_namespace;
	enum exe_state exe_state;
	enum exe_identity exe_identity;
	bool has_parent;
	int64_t parent_pid;
	struct bytes parent_comm, parent_exe;
};

struct alert_container {
	bool present;
	struct bytes id, runtime, pod_uid, name, image, namespace_, pod_name, workload;
};

struct alert_service {
	bool present;
	enum service_kind kind;
	struct bytes name, unit, template_name;
	struct alert_container container;
	int64_t age_ms; /* -1: not known */
};

struct alert_file {
	bool present;
	struct bytes path;
	char mode[16]; /* octal as in the PATH record; "" is null */
	bool has_caps;
	capmask permitted, inheritable;
};

struct alert_coverage {
	bool present;
	struct bytes lost;	  /* what is blind, in words */
	int64_t events;		  /* -1: null */
	struct bytes rule;	  /* the rule's key or text */
	int64_t by_pid;		  /* -1: null */
	int64_t by_auid;	  /* -1: null */
	struct bytes by_exe, act; /* its program, and its command line as it says itself */
	enum coverage_state state;
	int64_t since; /* ms; 0: null */
	struct bytes boot_id;
};

enum { ALERT_RECORDS_MAX = 16 };

struct alert {
	char id[96];		     /* filled by alert_make_id() */
	char fingerprint[65];	     /* filled by alert_make_fingerprint() */
	int64_t time, observed_time; /* ms since the epoch */
	struct bytes host, host_id;
	enum severity severity;
	enum reason reason;
	enum mechanism mechanism;
	enum outcome outcome;
	enum disposition disposition;
	enum phase phase;
	enum previous previous;
	struct alert_process process;
	struct alert_service service;
	bool has_capabilities;
	struct alert_set sets[ALERT_SETS];
	bool has_securebits, has_securebits_before;
	uint8_t securebits_before, securebits_after;
	struct alert_file file;
	struct {
		struct bytes entry, file, suggestion;
		bool has_missing;
		capmask missing;
		struct bytes digest;
	} baseline;
	struct alert_coverage coverage;
	struct bytes detail; /* goes into the sentence where the reason needs one (config-change,
				coverage-loss) */
	struct {
		bool has_event;
		int64_t milliseconds;
		uint64_t serial;
		struct bytes node, arch, syscall, key;
		struct bytes records[ALERT_RECORDS_MAX];
		size_t record_count;
	} audit;
	unsigned ordinal; /* of this finding within its event */
	int64_t count;	  /* how many findings it stands for; 1 or more */
	int64_t first_time, last_time;
	bool is_summary; /* of repeats: has an id of its own */
};

/* id: node, event, reason and ordinal, nothing that an attacker chooses; "cw-" and [A-Za-z0-9-]
 * only. */
void alert_make_id(struct alert *alert);

/* What the last fingerprints were made of: a flood of gains is of few kinds, and the hash would be
 * a fifth of what each costs. All zero: of nothing. */
enum { FINGERPRINTS_KEPT = 16, FINGERPRINT_TEXT_MAX = 512 };
struct fingerprints {
	unsigned next; /* to be forgotten */
	struct made_fingerprint {
		size_t length; /* 0: none */
		char text[FINGERPRINT_TEXT_MAX];
		char fingerprint[65];
	} made[FINGERPRINTS_KEPT];
};

/* fingerprint: SHA-256 over service template, reason, mechanism, gain and exe. made: NULL, or where
 * it is looked for first, and kept. */
void alert_make_fingerprint(struct alert *alert, struct fingerprints *made);

/* The MITRE ATT&CK technique of a reason and mechanism ("T1548.001"), or NULL. */
const char *alert_attack(const struct alert *alert);

/* One complete sentence in plain words; printable characters only; returns buf. */
char *alert_message(const struct alert *alert, char *buf, size_t size);

/* The whole alert as a new JSON object (docs/alert.schema.json). The caller owns the reference. */
json_t *alert_to_json(const struct alert *alert);

#endif

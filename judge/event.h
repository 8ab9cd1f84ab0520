/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event: one whole audit event as values: of what the kernel alone wrote, by fields.h, else split
 * and decoded by libauparse(3).
 * Owns: the decoding of fields, the choice of record types that are read, the arena that holds the
 * strings. Must not own: what the event means for any process (transition). Where a field occurs
 * twice in a record the first counts: the kernel writes its own before any text of a sender.
 */
#ifndef CAPWATCH_EVENT_H
#define CAPWATCH_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/capmask.h"
#include "common/error.h"
#include "judge/intake.h"
#include "judge/syscalls.h"

enum { EVENT_PATHS_MAX = 8, EVENT_ARENA_SIZE = 96 * 1024, EVENT_COMMAND_MAX = 4096 };

/* Which records the event held. */
enum event_part {
	EVENT_SYSCALL = 1 << 0,
	EVENT_CAPSET = 1 << 1,
	EVENT_BPRM = 1 << 2,
	EVENT_CONFIG_CHANGE = 1 << 3,
	EVENT_LOGIN = 1 << 4,
	EVENT_SERVICE = 1 << 5,
	EVENT_DAEMON = 1 << 6,
};

struct event_path {
	struct bytes name, mode, nametype, device; /* device "fe:00", hexadecimal */
	uint64_t inode;
	capmask permitted, inheritable; /* cap_fp, cap_fi: before the call */
};

/* Sets as CAPSET and BPRM_FCAPS carry them. */
struct event_sets {
	capmask permitted, effective, inheritable, ambient;
};

struct event_ids {
	int64_t auid, session; /* -1: unset */
	uint64_t uid, euid, suid, fsuid;
};

/* BPRM_FCAPS: what the file gives, and the caller's sets before and after. */
struct event_bprm {
	capmask file_permitted, file_inheritable;
	struct event_sets old, new;
};

struct event {
	unsigned parts; /* enum event_part */
	struct bytes node;
	unsigned node_number; /* in struct world: filled in by the judge */
	int64_t time;
	uint64_t serial;
	bool truncated;
	bool complete; /* its end came */

	/* SYSCALL */
	enum call call;
	uint64_t arch, syscall;
	bool success;
	int64_t exit;
	struct bytes args[4]; /* as they are written: event_argument() */
	int64_t pid, ppid;
	struct event_ids ids;
	struct bytes comm, exe, tty, subject, key;

	struct event_sets capset;

	struct event_bprm bprm;

	/* CONFIG_CHANGE: op=remove_rule key= path= list= res=, or audit_enabled= old= */
	struct {
		struct bytes op, key, path;
		int64_t audit_enabled, old, result; /* -1: not there */
	} config;

	/* LOGIN */
	struct {
		int64_t pid, old_auid, auid, session, result;
	} login;

	/* SERVICE_START, SERVICE_STOP: by the kernel's word, who sent it; then what it said */
	struct {
		bool start;
		int64_t pid, uid;
		struct bytes unit;
	} service;

	bool daemon_start;  /* DAEMON_START; else DAEMON_END, DAEMON_ABORT or ... */
	bool daemon_config; /* ... DAEMON_CONFIG: auditd has read its configuration anew */

	const struct record_line *records; /* the intake event's, without their newline */
	size_t record_count;

	struct event_reader *reader; /* for event_details() */
};

/* Of CWD, PATH, PROCTITLE and EXECVE: what most events are not asked for. */
struct event_details {
	struct bytes cwd;
	struct bytes proctitle;	   /* its NULs as spaces */
	struct bytes command_line; /* the arguments, joined by spaces */
	struct event_path paths[EVENT_PATHS_MAX];
	size_t path_count;
};

struct event_reader;

/* NULL with err. */
struct event_reader *event_reader_new(struct error *err);
void event_reader_free(struct event_reader *reader);

/* Fills *event; its strings live until the next call or until the intake event ends. Returns false
 * when libauparse found nothing usable in it. */
bool event_read(struct event_reader *reader, const struct intake_event *raw, struct event *event);

/* Read when first asked for; lives as long as the event's strings. Of several records of a kind the
 * first counts. */
const struct event_details *event_details(const struct event *event);

/* a0 to a3 of the SYSCALL; 0 where there is none. */
uint64_t event_argument(const struct event *event, size_t i);

/* Does the record of that index hold this text? For what no parser finds: Linux 6.1 leaves out the
 * space before op= when it removes a watch by itself (kernel/audit_watch.c,
 * audit_watch_log_rule_change). False where there is no such record. */
bool event_record_has(const struct event *event, size_t index, const char *text);

#endif

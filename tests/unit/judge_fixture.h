/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge_fixture: a host in a table, for the tests of judge: a clock, a /proc that answers what the
 * test wrote into it, audit records written as text from a short description, the alerts that come
 * of them. Must not own: what a test asserts.
 */
#ifndef CAPWATCH_TEST_JUDGE_FIXTURE_H
#define CAPWATCH_TEST_JUDGE_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "judge/event.h"
#include "judge/judge.h"

enum {
	FIXTURE_START = 1000000000, /* s since the epoch: when a fixture's clock begins */
	FIXTURE_PROCESSES = 32,
	FIXTURE_TEXT_MAX = 64 * 1024,
	FIXTURE_DEVICE = 0x801, /* of all the host's files; "08:01" in a record */
};

#define FIXTURE_X86_64 0xc000003eu
#define FIXTURE_I386 0x40000003u
#define FIXTURE_ALL ((capmask)0x1ffffffffff)

#define CAP(n) CAPMASK_BIT(n)
enum {
	NET_BIND = 10,
	NET_ADMIN = 12,
	NET_RAW = 13,
	SYS_PTRACE = 19,
	SYS_ADMIN = 21,
	SYS_TIME = 25
};

/* All four uids at once, in a struct fixture_act. */
#define AS_UID(n) .uid = (n), .euid = (n), .suid = (n), .fsuid = (n)

/* Text that a test puts together; all zero at the beginning. */
struct fixture_text {
	char bytes[FIXTURE_TEXT_MAX];
	size_t used;
};

/* Fails the test when it does not fit. */
void fixture_add(struct fixture_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A process as /proc shows it. */
struct fixture_process {
	struct proc_status status;
	pid_t pid; /* 0: a free place */
	char exe[256], cgroup[512];
	char file[256];	    /* the path whose inode its exe has; "": exe */
	bool exe_hidden;    /* a zombie, or nearly: neither its exe nor its root can be read */
	bool other_file;    /* its exe is another file than the host's of that path */
	bool deleted;	    /* exe's file has been removed */
	bool child_userns;  /* in another user namespace than init */
	bool foreign_files; /* in a mount namespace of its own */
	bool foreign_code;  /* a library from elsewhere is in its memory */
};

struct fixture_alert {
	struct alert alert; /* its strings end with a NUL, "" where there were none; records are
			       left out */
	void *block;
};

struct fixture {
	struct judge *judge;
	struct learner *learner;  /* what it learns */
	struct settings settings; /* change, then fixture_reconfigure() */
	struct baseline *baseline;
	struct proc_reader reader;
	bool live;
	int64_t now;  /* ms */
	int64_t late; /* ms: so much after they happened records come, and processes are seen */
	uint64_t serial;
	struct fixture_process processes[FIXTURE_PROCESSES];
	char missing_file[256]; /* the host has no file of this path */
	capmask file_caps;	/* of any file that is asked for */
	char file_asked[256];	/* the last one that was */
	uint64_t file_inode;	/* and its inode and ctime */
	int64_t file_changed;
	bool file_lacks_20, file_lacks_24;
	capmask bounding; /* of new processes */
	struct fixture_alert *alerts;
	size_t alert_count, alert_capacity;
};

/* One system call to be recorded. What is left out: root's, by pid 100, child of init, no login, by
 * /usr/sbin/daemon, x86_64, successful, of a rule with capwatch's key ("(null)": of none). */
struct fixture_act {
	int64_t pid, ppid;
	const char *exe, *comm, *key, *node;
	uint32_t uid, euid, suid, fsuid;
	int64_t session; /* 0: auid and ses unset; else this, of user 1000 */
	uint32_t arch;
	unsigned call;
	uint64_t args[4];
	int error; /* refused with this errno */
	int64_t exit;
	const char *ahead; /* before SYSCALL, as what is logged at once comes: "TYPE body" a line */
	const char *records; /* after it */
	bool no_end;	     /* neither PROCTITLE nor EOE */
};

/* A baseline of YAML text, NULL for an empty one; baseline_free() frees it. */
struct baseline *fixture_baseline(const char *text);

/* Live with a /proc in which pid 1 is systemd; or a replay, which has none. baseline is YAML, NULL
 * for none. */
struct fixture *fixture_live(const char *baseline);
struct fixture *fixture_replay(const char *baseline);
void fixture_free(struct fixture *fx);

/* Time passes; live, the judge is woken at its deadlines. */
void fixture_wait(struct fixture *fx, int64_t milliseconds);

/* Takes up what the test changed in settings, and a new baseline where not NULL. */
void fixture_reconfigure(struct fixture *fx, const char *baseline);

/* The process's entry in /proc, a new one: root with every capability, alone in the cgroup "0::/",
 * started now. The test changes what it likes. */
struct fixture_process *fixture_process(struct fixture *fx, pid_t pid, pid_t ppid, const char *exe);
struct fixture_process *fixture_find(struct fixture *fx, pid_t pid);
void fixture_exit(struct fixture *fx, pid_t pid);

/* Its sets, of every thread. */
void fixture_hold(struct fixture *fx, pid_t pid, struct event_sets sets);

/* Feeds text as it stands. */
void fixture_feed(struct fixture *fx, const char *text);

/* One record as an event of its own, "TYPE body", and an EOE. */
void fixture_record(struct fixture *fx, const char *record);

/* The call's event. The others say which call it is; /proc is the test's to change. */
void fixture_call(struct fixture *fx, struct fixture_act act);
/* The write to loginuid that opens act.session, in the kernel's order: LOGIN is logged at once, the
 * call when it returns. */
void fixture_login(struct fixture *fx, struct fixture_act act);
void fixture_capset(struct fixture *fx, struct fixture_act act, struct event_sets sets);
void fixture_capset_refused(struct fixture *fx, struct fixture_act act);
void fixture_prctl(struct fixture *fx, struct fixture_act act, uint64_t option, uint64_t a1,
		   uint64_t a2);
void fixture_setuid(struct fixture *fx, struct fixture_act act);

/* An execve of act.exe. old and new as BPRM_FCAPS has them; NULL for none. Live, /proc shows the
 * new exe. */
void fixture_exec(struct fixture *fx, struct fixture_act act, const struct event_sets *old,
		  const struct event_sets *new);

/* SERVICE_START or SERVICE_STOP as systemd sends it. */
void fixture_service(struct fixture *fx, const char *type, const char *unit);

/* Live: systemd forks a child, which sets up the unit and executes exe; then SERVICE_START. The
 * process holds everything; ends with the service starting. */
void fixture_start_unit(struct fixture *fx, pid_t pid, const char *unit, const char *exe);

/* As above, 20 s later: the service is running. */
void fixture_run_unit(struct fixture *fx, pid_t pid, const char *unit, const char *exe);

/* The only alert there is so far. */
const struct alert *fixture_only_alert(const struct fixture *fx);
const struct alert *fixture_last_alert(const struct fixture *fx);
void fixture_no_alert(const struct fixture *fx);
void fixture_forget_alerts(struct fixture *fx);

#endif

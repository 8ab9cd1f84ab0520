/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recording: a live run on disk, so that it can be judged again elsewhere: the bytes that auditd
 * gave (file stream), and (file facts) in which pieces and when they were fed to the judge, and
 * what /proc answered then.
 * Owns: the form of both files, the text of each answer. Must not own: who asks /proc (recorder),
 * which answer a question gets that was not asked just so (recorded_proc), or any judgement.
 *
 * facts is text, a line a fact, in the order of what happened:
 *   begin 1 OFFSET "HOST "HOST_ID KEY=VALUE...   a judge starts; the stream's length then; settings
 *   seed NOW                                     judge_seed()
 *   feed LENGTH NOW                              judge_feed() with the stream's next bytes
 *   tick NOW                                     judge_tick()
 *   finish NOW                                   judge_finish()
 *   ? CALL [PID] ["PATH] = ANSWER                asked by the judge in the step above
 *   ? CALL [PID] ["PATH] -                       the same: no answer could be had
 *   + ...                                        likewise, looked up for judges of other days
 * A string begins with a quote and has its blanks, controls, % and what is no ASCII as %XX. One
 * recording may hold several runs, each from its begin on: auditd starts its plugins anew.
 */
#ifndef CAPWATCH_TESTS_RECORDING_H
#define CAPWATCH_TESTS_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "common/error.h"
#include "conf/settings.h"
#include "judge/proc_reader.h"

enum {
	RECORDING_VERSION = 1,
	RECORDING_NAME_MAX = 256,
	RECORDING_KEY_MAX = 3 * PROC_PATH_MAX + 64, /* a call and whom it asks about, as text */
	RECORDING_PIDS_MAX = 1 << 16,
};

/* The calls of struct proc_reader. */
enum recording_call {
	RECORDING_STATUS,
	RECORDING_THREADS,
	RECORDING_CGROUP,
	RECORDING_EXE,
	RECORDING_HOST_FILE,
	RECORDING_IN_HOST_USERNS,
	RECORDING_SEES_HOST_FILES,
	RECORDING_FOREIGN_CODE,
	RECORDING_FILE_CAPS,
	RECORDING_EACH_PROCESS,
	RECORDING_CALLS,
};

/* What a call is asked about. */
struct recording_question {
	enum recording_call call;
	pid_t pid;	  /* 0: of no process */
	const char *path; /* NULL: of no file */
};

/* What any of the calls answers; each uses some of it. */
struct recording_answer {
	bool known;		   /* the call returned true */
	struct proc_status status; /* of threads only task_* */
	struct proc_file file;
	struct proc_file_caps caps;
	bool flag; /* exe: deleted; in_host_userns: host; foreign_code: foreign */
	char text[PROC_CGROUP_MAX];
	pid_t *pids; /* each_process: the caller's, room for RECORDING_PIDS_MAX */
	size_t pid_count;
};

/* ---- writing ---- */

struct recording_begin {
	uint64_t offset; /* length of the stream before this run */
	char host[RECORDING_NAME_MAX], host_id[RECORDING_NAME_MAX]; /* host_id "": none */
};

void recording_write_begin(FILE *facts, const struct recording_begin *begin,
			   const struct settings *settings);
void recording_write_fact(FILE *facts, bool by_judge, const struct recording_question *question,
			  const struct recording_answer *answer);

/* "CALL [PID] ["PATH]", by which an answer is found; key holds RECORDING_KEY_MAX. */
void recording_make_key(const struct recording_question *question, char *key);

/* ---- reading ---- */

enum recording_step_kind {
	RECORDING_BEGIN,
	RECORDING_SEED,
	RECORDING_FEED,
	RECORDING_TICK,
	RECORDING_FINISH,
};

struct recording_step {
	enum recording_step_kind kind;
	size_t length; /* feed */
	int64_t now;   /* of all but begin */
	struct recording_begin begin;
};

/* One line of facts, without its newline. */
struct recording_line {
	bool is_step;
	struct recording_step step; /* if it is one; else: */
	bool by_judge, known;
	enum recording_call call;
	pid_t pid;	 /* 0: of no process */
	const char *key; /* in the line */
	size_t key_length;
	const char *answer; /* for recording_read_answer(); not terminated where the key is */
};

/* Cuts the line. settings, when not NULL, takes what a begin says of them. -1 with err when it is
 * no line of facts. */
int recording_parse_line(char *line, struct recording_line *parsed, struct settings *settings,
			 struct error *err);

/* False when the text is no answer of this call. */
bool recording_read_answer(enum recording_call call, const char *text,
			   struct recording_answer *answer);

#endif

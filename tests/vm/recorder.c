/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recorder: an auditd plugin that keeps a live run: what auditd said, and what /proc answered to a
 * judge of its own while it listened (tests/replay/recording.h). tests/replay/judge-recording runs
 * it again anywhere, with any baseline and any version of the judge.
 *
 * usage: recorder [--config=FILE] [--baseline=DIR] DIR        (auditd passes two arguments at most)
 *
 * Writes DIR/stream, DIR/facts and DIR/alerts.jsonl (its judge's), each appended to when auditd
 * starts it anew, and DIR/error when it cannot begin. Without --config the settings are the
 * defaults and the baseline is the shipped one, as installed. Ends at end of file or SIGTERM. As
 * root, since it gives nothing up: it is no part of what is installed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/alert.h"
#include "common/error.h"
#include "conf/baseline.h"
#include "conf/settings.h"
#include "judge/intake.h"
#include "judge/judge.h"
#include "judge/syscalls.h"
#include "plugin/clock.h"
#include "plugin/proc_live.h"
#include "tests/replay/recording.h"

enum {
	CHUNK = 64 * 1024,
	FEW_BYTES = 16 * 1024, /* the sensor's rhythm: see plugin/sensor.c */
	PAUSE_MS = 2,
	DRAIN_MS = 1000,
	LOCK_PATIENCE_MS = 20000, /* for the recorder of an auditd that is just ending */
	LOCK_STEP_MS = 20,
	PID_LIMIT = 1 << 22, /* the kernel's largest pid_max */
	NEW_PIDS_MAX = 512,  /* of one chunk; further ones are not looked up for others */
	FORGET_MS = 60000,   /* a pid looked up is looked up again: it may be another's by now */
};

struct recorder {
	struct proc_live live;
	struct proc_reader wrapped;
	struct settings *settings;
	struct baseline *baseline;
	struct judge *judge;
	struct intake *intake; /* of its own: which processes appear */
	int stream;
	FILE *facts, *alerts;
	struct recording_begin begin;
	pid_t new_pids[NEW_PIDS_MAX];
	size_t new_count;
	int64_t forget_at;
	unsigned char looked_up[PID_LIMIT / 8];
	pid_t pids[RECORDING_PIDS_MAX];
	char chunk[CHUNK];
};

/* ---- every answer is written down ------------------------------------------------------------ */

static struct proc_reader *live(struct recorder *recorder)
{
	return &recorder->live.reader;
}

static bool note(struct recorder *recorder, struct recording_question question,
		 const struct recording_answer *answer)
{
	recording_write_fact(recorder->facts, true, &question, answer);
	return answer->known;
}

static bool wrapped_status(void *ctx, pid_t pid, struct proc_status *status)
{
	struct recorder *recorder = ctx;
	struct recording_answer answer = {.known = proc_reader_status(live(recorder), pid, status)};

	if (answer.known)
		answer.status = *status;
	return note(recorder, (struct recording_question){RECORDING_STATUS, pid, NULL}, &answer);
}

static bool wrapped_threads(void *ctx, pid_t pid, struct proc_status *status)
{
	struct recorder *recorder = ctx;
	struct recording_answer answer = {
		.known = live(recorder)->threads(live(recorder)->ctx, pid, status)};

	answer.status = *status;
	return note(recorder, (struct recording_question){RECORDING_THREADS, pid, NULL}, &answer);
}

static bool wrapped_cgroup(void *ctx, pid_t pid, char *buf, size_t size)
{
	struct recorder *recorder = ctx;
	struct recording_answer answer = {
		.known = live(recorder)->cgroup(live(recorder)->ctx, pid, buf, size)};

	if (answer.known)
		snprintf(answer.text, sizeof(answer.text), "%s", buf);
	return note(recorder, (struct recording_question){RECORDING_CGROUP, pid, NULL}, &answer);
}

static bool wrapped_exe(void *ctx, pid_t pid, char *path, size_t size, struct proc_file *file,
			bool *deleted)
{
	struct recorder *recorder = ctx;
	struct recording_answer answer = {
		.known = live(recorder)->exe(live(recorder)->ctx, pid, path, size, file, deleted)};

	if (answer.known) {
		snprintf(answer.text, sizeof(answer.text), "%s", path);
		answer.file = *file;
		answer.flag = *deleted;
	}
	return note(recorder, (struct recording_question){RECORDING_EXE, pid, NULL}, &answer);
}

static bool wrapped_host_file(void *ctx, const char *path, struct proc_file *file)
{
	struct recorder *recorder = ctx;
	struct recording_answer answer = {
		.known = live(recorder)->host_file(live(recorder)->ctx, path, file)};

	if (answer.known)
		answer.file = *file;
	return note(recorder, (struct recording_question){RECORDING_HOST_FILE, 0, path}, &answer);
}

static bool wrapped_in_host_userns(void *ctx, pid_t pid, bool *host)
{
	struct recorder *recorder = ctx;
	struct recording_answer answer = {
		.known = live(recorder)->in_host_userns(live(recorder)->ctx, pid, host)};

	if (answer.known)
		answer.flag = *host;
	return note(recorder, (struct recording_question){RECORDING_IN_HOST_USERNS, pid, NULL},
		    &answer);
}

static bool wrapped_sees_host_files(void *ctx, pid_t pid)
{
	struct recorder *recorder = ctx;
	struct recording_answer answer = {
		.known = live(recorder)->sees_host_files(live(recorder)->ctx, pid)};

	return note(recorder, (struct recording_question){RECORDING_SEES_HOST_FILES, pid, NULL},
		    &answer);
}

static bool wrapped_foreign_code(void *ctx, pid_t pid, bool *foreign)
{
	struct recorder *recorder = ctx;
	struct recording_answer answer = {
		.known = live(recorder)->foreign_code(live(recorder)->ctx, pid, foreign)};

	if (answer.known)
		answer.flag = *foreign;
	return note(recorder, (struct recording_question){RECORDING_FOREIGN_CODE, pid, NULL},
		    &answer);
}

static bool wrapped_file_caps(void *ctx, pid_t pid, const char *path, struct proc_file_caps *caps)
{
	struct recorder *recorder = ctx;
	struct recording_answer answer = {
		.known = live(recorder)->file_caps(live(recorder)->ctx, pid, path, caps)};

	if (answer.known)
		answer.caps = *caps;
	return note(recorder, (struct recording_question){RECORDING_FILE_CAPS, pid, path}, &answer);
}

static void collect_pid(void *ctx, pid_t pid)
{
	struct recording_answer *answer = ctx;

	if (answer->pid_count < RECORDING_PIDS_MAX)
		answer->pids[answer->pid_count++] = pid;
}

static void wrapped_each_process(void *ctx, void (*visit)(void *visit_ctx, pid_t pid),
				 void *visit_ctx)
{
	struct recorder *recorder = ctx;
	struct recording_answer answer = {.known = true, .pids = recorder->pids};

	live(recorder)->each_process(live(recorder)->ctx, collect_pid, &answer);
	note(recorder, (struct recording_question){RECORDING_EACH_PROCESS, 0, NULL}, &answer);
	for (size_t i = 0; i < answer.pid_count; i++)
		visit(visit_ctx, answer.pids[i]);
}

static void wrap(struct recorder *recorder)
{
	proc_live_init(&recorder->live);
	recorder->wrapped = (struct proc_reader){
		.ctx = recorder,
		.status = wrapped_status,
		.threads = wrapped_threads,
		.cgroup = wrapped_cgroup,
		.exe = wrapped_exe,
		.host_file = wrapped_host_file,
		.in_host_userns = wrapped_in_host_userns,
		.sees_host_files = wrapped_sees_host_files,
		.foreign_code = wrapped_foreign_code,
		.file_caps = wrapped_file_caps,
		.each_process = wrapped_each_process,
	};
}

/* ---- what a judge of another day may ask -------------------------------------------------------
 */

static void note_other(struct recorder *recorder, struct recording_question question,
		       const struct recording_answer *answer)
{
	recording_write_fact(recorder->facts, false, &question, answer);
}

static void look_up_exe(struct recorder *recorder, pid_t pid)
{
	struct proc_reader *proc = live(recorder);
	struct recording_answer answer = {.known = false};

	answer.known = proc->exe(proc->ctx, pid, answer.text, PROC_PATH_MAX, &answer.file,
				 &answer.flag);
	note_other(recorder, (struct recording_question){RECORDING_EXE, pid, NULL}, &answer);
	if (!answer.known || answer.text[0] != '/')
		return;
	answer.known = proc->host_file(proc->ctx, answer.text, &answer.file);
	note_other(recorder, (struct recording_question){RECORDING_HOST_FILE, 0, answer.text},
		   &answer);
}

static void look_up(struct recorder *recorder, pid_t pid)
{
	struct proc_reader *proc = live(recorder);
	struct recording_answer answer = {.known = false};

	answer.known = proc_reader_status(proc, pid, &answer.status);
	note_other(recorder, (struct recording_question){RECORDING_STATUS, pid, NULL}, &answer);
	if (!answer.known)
		return;
	if (answer.status.threads > 1) {
		answer.known = proc->threads(proc->ctx, pid, &answer.status);
		note_other(recorder, (struct recording_question){RECORDING_THREADS, pid, NULL},
			   &answer);
	}
	answer.known = proc->cgroup(proc->ctx, pid, answer.text, sizeof(answer.text));
	note_other(recorder, (struct recording_question){RECORDING_CGROUP, pid, NULL}, &answer);
	answer.known = proc->in_host_userns(proc->ctx, pid, &answer.flag);
	note_other(recorder, (struct recording_question){RECORDING_IN_HOST_USERNS, pid, NULL},
		   &answer);
	answer.known = proc->sees_host_files(proc->ctx, pid);
	note_other(recorder, (struct recording_question){RECORDING_SEES_HOST_FILES, pid, NULL},
		   &answer);
	look_up_exe(recorder, pid);
}

static void look_up_new(struct recorder *recorder)
{
	for (size_t i = 0; i < recorder->new_count; i++)
		look_up(recorder, recorder->new_pids[i]);
	recorder->new_count = 0;
}

/* " NAME=" within this record; the kernel's own fields precede any text of a sender. */
static bool field_of(const char *record, const char *end, const char *name, int base,
		     uint64_t *value)
{
	const char *at = memmem(record, (size_t)(end - record), name, strlen(name));

	if (!at)
		return false;
	*value = strtoull(at + strlen(name), NULL, base);
	return true;
}

static void take_pid(struct recorder *recorder, uint64_t pid, bool again)
{
	unsigned char *byte, bit;

	if (pid == 0 || pid >= PID_LIMIT || recorder->new_count == NEW_PIDS_MAX)
		return;
	byte = &recorder->looked_up[pid / 8];
	bit = (unsigned char)(1u << pid % 8);
	if ((*byte & bit) && !again)
		return;
	*byte |= bit;
	recorder->new_pids[recorder->new_count++] = (pid_t)pid;
}

/* One whole event that a judge may look at: a process seen for the first time, or after an exec. */
static void take_event(void *ctx, const struct intake_event *event)
{
	static const char type[] = "type=SYSCALL ";
	const char *record = memmem(event->text, event->length, type, sizeof(type) - 1), *end;
	uint64_t arch = 0, number = 0, pid = 0, ppid = 0;

	if (!record || (record != event->text && record[-1] != '\n'))
		return;
	end = memchr(record, '\n', (size_t)(event->text + event->length - record));
	if (!end || event->node[0])
		return;
	if (!field_of(record, end, " arch=", 16, &arch) ||
	    !field_of(record, end, " syscall=", 10, &number) ||
	    !field_of(record, end, " pid=", 10, &pid))
		return;
	if (field_of(record, end, " ppid=", 10, &ppid))
		take_pid(ctx, ppid, false);
	take_pid(ctx, pid, syscalls_classify((uint32_t)arch, (unsigned)number) == CALL_EXEC);
}

/* ---- steps ----------------------------------------------------------------------------------- */

static void write_alert(void *ctx, const struct alert *alert)
{
	struct recorder *recorder = ctx;
	json_t *object = alert_to_json(alert);
	char *line = object ? json_dumps(object, JSON_COMPACT) : NULL;

	fprintf(recorder->alerts, "%s\n", line ? line : "null");
	fflush(recorder->alerts);
	free(line);
	json_decref(object);
}

static void write_all(int fd, const char *bytes, size_t length)
{
	ssize_t done;

	while (length > 0 && ((done = write(fd, bytes, length)) > 0 || errno == EINTR)) {
		if (done < 0)
			continue;
		bytes += done;
		length -= (size_t)done;
	}
}

static void feed(struct recorder *recorder, size_t length)
{
	int64_t now = clock_wall_ms();

	if (now >= recorder->forget_at) {
		memset(recorder->looked_up, 0, sizeof(recorder->looked_up));
		recorder->forget_at = now + FORGET_MS;
	}
	write_all(recorder->stream, recorder->chunk, length);
	fprintf(recorder->facts, "feed %zu %lld\n", length, (long long)now);
	judge_feed(recorder->judge, recorder->chunk, length, now);
	intake_feed(recorder->intake, recorder->chunk, length, now);
	look_up_new(recorder);
	fflush(recorder->facts);
}

static void tick(struct recorder *recorder)
{
	int64_t now = clock_wall_ms();

	fprintf(recorder->facts, "tick %lld\n", (long long)now);
	judge_tick(recorder->judge, now);
	intake_expire(recorder->intake, now);
	look_up_new(recorder);
	fflush(recorder->facts);
}

static void finish(struct recorder *recorder)
{
	int64_t now = clock_wall_ms();

	fprintf(recorder->facts, "finish %lld\n", (long long)now);
	judge_finish(recorder->judge, now);
	fflush(recorder->facts);
}

/* ---- the loop -------------------------------------------------------------------------------- */

static bool is_readable(int timeout)
{
	struct pollfd stream = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&stream, 1, timeout) > 0;
}

/* The bytes fed, 0 at the end of the stream. */
static ssize_t read_stream(struct recorder *recorder)
{
	ssize_t got;

	do
		got = read(STDIN_FILENO, recorder->chunk, sizeof(recorder->chunk));
	while (got < 0 && errno == EINTR);
	if (got > 0)
		feed(recorder, (size_t)got);
	return got > 0 ? got : 0;
}

static void tick_if_due(struct recorder *recorder)
{
	int64_t deadline = judge_next_deadline(recorder->judge);

	if (deadline >= 0 && deadline <= clock_wall_ms() && !is_readable(0))
		tick(recorder);
}

static int timeout_of(const struct recorder *recorder)
{
	int64_t deadline = judge_next_deadline(recorder->judge), now = clock_wall_ms();

	if (deadline < 0)
		return -1;
	return deadline > now ? (int)(deadline - now) : 0;
}

static void listen_to_auditd(struct recorder *recorder, int signals)
{
	struct pollfd polled[] = {{.fd = signals, .events = POLLIN},
				  {.fd = STDIN_FILENO, .events = POLLIN}};
	int64_t drained = 0;
	ssize_t got = 1;

	while (got > 0 && !polled[0].revents) {
		if (poll(polled, 2, timeout_of(recorder)) > 0 && polled[1].revents) {
			got = read_stream(recorder);
			if (got > 0 && got < FEW_BYTES)
				poll(polled, 1, PAUSE_MS);
		}
		tick_if_due(recorder);
	}
	drained = clock_steady_ms() + DRAIN_MS;
	while (got > 0 && clock_steady_ms() < drained && is_readable(0))
		got = read_stream(recorder);
	finish(recorder);
}

/* ---- the beginning --------------------------------------------------------------------------- */

static int open_in(const char *dir, const char *name, struct error *err)
{
	char path[PROC_PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	return fd < 0 ? error_set(err, "%s: %s", path, strerror(errno)) : fd;
}

/* One writer at a time: an auditd that ends may have its plugin still at work when the next one
 * starts. */
static int lock(int fd, struct error *err)
{
	int64_t deadline = clock_steady_ms() + LOCK_PATIENCE_MS;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (clock_steady_ms() > deadline)
			return error_set(err, "another recorder writes here");
		poll(NULL, 0, LOCK_STEP_MS);
	}
	return 0;
}

static int open_files(struct recorder *recorder, const char *dir, struct error *err)
{
	struct stat stream;
	int facts, alerts;

	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return error_set(err, "%s: %s", dir, strerror(errno));
	recorder->stream = open_in(dir, "stream", err);
	facts = open_in(dir, "facts", err);
	alerts = open_in(dir, "alerts.jsonl", err);
	if (recorder->stream < 0 || facts < 0 || alerts < 0 || lock(recorder->stream, err) < 0)
		return -1;
	recorder->facts = fdopen(facts, "a");
	recorder->alerts = fdopen(alerts, "a");
	if (!recorder->facts || !recorder->alerts || fstat(recorder->stream, &stream) < 0)
		return error_set(err, "%s: %s", dir, strerror(errno));
	recorder->begin.offset = (uint64_t)stream.st_size;
	return 0;
}

static void read_names(struct recording_begin *begin)
{
	int fd = open("/etc/machine-id", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, begin->host_id, sizeof(begin->host_id) - 1);

	if (fd >= 0)
		close(fd);
	begin->host_id[got > 0 ? got : 0] = '\0';
	begin->host_id[strcspn(begin->host_id, "\n")] = '\0';
	if (gethostname(begin->host, sizeof(begin->host) - 1) < 0)
		strcpy(begin->host, "unknown");
}

struct arguments {
	const char *config, *dir;
	char *baseline[2];
};

static int load(struct recorder *recorder, struct arguments *arguments, struct error *err)
{
	char installed[] = CAPWATCH_DATADIR "/capwatch/baseline.d";
	char *shipped[] = {installed, NULL};
	char *const *paths = shipped;

	recorder->settings = arguments->config ? settings_load(arguments->config, err)
					       : settings_defaults();
	if (!recorder->settings)
		return -1;
	if (arguments->baseline[0])
		paths = arguments->baseline;
	else if (arguments->config)
		paths = recorder->settings->baseline;
	recorder->baseline = baseline_load(paths, false, err);
	return recorder->baseline ? 0 : -1;
}

static int begin(struct recorder *recorder, struct arguments *arguments, struct error *err)
{
	struct judge_options options = {
		.proc = &recorder->wrapped, .alert = write_alert, .alert_ctx = recorder};
	int64_t now;

	if (open_files(recorder, arguments->dir, err) < 0 || load(recorder, arguments, err) < 0)
		return -1;
	wrap(recorder);
	read_names(&recorder->begin);
	recording_write_begin(recorder->facts, &recorder->begin, recorder->settings);
	options.settings = recorder->settings;
	options.baseline = recorder->baseline;
	options.host = recorder->begin.host;
	options.host_id = recorder->begin.host_id[0] ? recorder->begin.host_id : NULL;
	recorder->intake = intake_new(take_event, recorder);
	recorder->judge = judge_new(&options, err);
	if (!recorder->judge || !recorder->intake)
		return error_set(err, "no memory");
	now = clock_wall_ms();
	fprintf(recorder->facts, "seed %lld\n", (long long)now);
	judge_seed(recorder->judge, now);
	fflush(recorder->facts);
	return 0;
}

static void release(struct recorder *recorder)
{
	judge_free(recorder->judge);
	intake_free(recorder->intake);
	baseline_free(recorder->baseline);
	settings_free(recorder->settings);
	if (recorder->facts)
		fclose(recorder->facts);
	if (recorder->alerts)
		fclose(recorder->alerts);
	free(recorder);
}

/* auditd hands its plugins on with signals ignored or blocked, as it happens to have them. */
static int take_signals(void)
{
	sigset_t mask;

	sigfillset(&mask);
	sigprocmask(SIG_UNBLOCK, &mask, NULL);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	return signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* A plugin's standard error is nobody's. */
static int complain(const char *dir, const char *text)
{
	int fd = open_in(dir, "error", NULL);

	fprintf(stderr, "recorder: %s\n", text);
	if (fd >= 0) {
		dprintf(fd, "%s\n", text);
		close(fd);
	}
	return 1;
}

static int run(struct arguments *arguments)
{
	struct recorder *recorder = calloc(1, sizeof(*recorder));
	struct error err = {""};
	int signals, result = 0;

	signal(SIGHUP, SIG_IGN);
	signals = take_signals();
	if (!recorder || signals < 0)
		return complain(arguments->dir, "no memory, or no signalfd");
	if (begin(recorder, arguments, &err) < 0)
		result = complain(arguments->dir, err.text);
	else
		listen_to_auditd(recorder, signals);
	release(recorder);
	close(signals);
	return result;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"baseline", required_argument, NULL, 'b'},
		{NULL, 0, NULL, 0},
	};
	struct arguments arguments = {.config = NULL};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'c')
			arguments.config = optarg;
		else if (option == 'b')
			arguments.baseline[0] = optarg;
		else
			return 2;
	}
	if (optind + 1 != argc) {
		fprintf(stderr, "usage: recorder [--config=FILE] [--baseline=DIR] DIR\n");
		return 2;
	}
	arguments.dir = argv[optind];
	return run(&arguments);
}

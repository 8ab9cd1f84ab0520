/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dispatcher: plays auditd towards a plugin, and measures what the plugin makes it wait.
 *
 *   dispatcher [options] PROGRAM [ARGUMENT...]
 *
 *   --kind capset|open   events of a capability that comes and goes, or of files opened (default
 * capset)
 *   --rate N             events a second; 0: as many as the plugin takes (default)
 *   --seconds N          for so long (default 5)
 *   --other N            so many times meanwhile, a gain of another capability by a process of its
 * own
 *
 * As auditd 3.0.9 (audisp/audispd.c) does it: a stream socketpair with the kernel's default
 * buffers, the plugin's end its descriptor 0, and one blocking write a record. The events are of
 * processes that live, so that the plugin finds in /proc what it asks. Prints name=value lines: how
 * long writes blocked, and how much of that the machine took: time in which the writer or the
 * reader was ready to run and had no CPU (/proc/PID/schedstat).
 *
 * Owns: the events, the clock. Must not own: what the plugin should make of them (flood_test.py).
 */
#define _GNU_SOURCE
#include "tests/live/act.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	ACTORS = 8,
	RECORD_MAX = 2048,
	OTHER_FIRST = 1, /* cap_dac_override and those after it, each its own kind of alert */
	FLOOD_CAP = 13,
	WARM_UP_MS = 2000, /* until the plugin reads */
	NAP_NS = 200 * 1000,
	BOUND_US = 50 * 1000,
};

struct options {
	bool opens;
	long rate, seconds, others;
	char **program;
};

struct flood {
	const struct options *options;
	int out, writer_stat, reader_stat;
	pid_t plugin, reader;
	pid_t actors[ACTORS];
	char exe[256];
	uint64_t caps; /* what the actors hold: all that this machine has */
	uint64_t serial, events, gains, records, bytes;
	int64_t event_ms; /* when the event being written happened */
	uint64_t blocked,
		over_bound; /* writes that could not be done at once; those beyond 50 ms */
	int64_t blocked_us, longest_us, longest_ours_us;
	bool broken;
};

static int64_t now_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- what the machine takes ------------------------------------------------------------------ */

static int open_schedstat(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

struct schedstat {
	int64_t ran_us, ready_us; /* on a CPU; ready for one, without */
};

static struct schedstat read_schedstat(int fd)
{
	struct schedstat stat = {0, 0};
	uint64_t ran, ready;
	char text[96];
	ssize_t got = pread(fd, text, sizeof(text) - 1, 0);

	text[got > 0 ? got : 0] = '\0';
	if (sscanf(text, "%" SCNu64 " %" SCNu64, &ran, &ready) == 2)
		stat = (struct schedstat){(int64_t)(ran / 1000), (int64_t)(ready / 1000)};
	return stat;
}

static int64_t ready_us(int fd)
{
	return read_schedstat(fd).ready_us;
}

/* The child of the plugin that runs the plugin's file reads the records, or else it itself. */
static pid_t find_reader(pid_t plugin)
{
	char path[64], own[256], other[256];
	ssize_t own_length, length;
	FILE *children;
	int pid;
	pid_t found = plugin;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)plugin);
	own_length = readlink(path, own, sizeof(own));
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)plugin, (int)plugin);
	children = fopen(path, "re");
	while (children && fscanf(children, "%d", &pid) == 1) {
		snprintf(path, sizeof(path), "/proc/%d/exe", pid);
		length = readlink(path, other, sizeof(other));
		if (length > 0 && length == own_length && memcmp(own, other, (size_t)length) == 0)
			found = pid;
	}
	if (children)
		fclose(children);
	return found;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void note_block(struct flood *flood, int64_t took, int64_t taken)
{
	int64_t ours = took > taken ? took - taken : 0;

	flood->blocked++;
	flood->blocked_us += took;
	flood->over_bound += took > BOUND_US;
	if (took > flood->longest_us)
		flood->longest_us = took;
	if (ours > flood->longest_ours_us)
		flood->longest_ours_us = ours;
}

/* A try that does not wait tells a blocking write from one that was only slow. */
static void write_record(struct flood *flood, const char *record, size_t length)
{
	int64_t began, writer, reader;
	ssize_t sent;

	flood->records++;
	flood->bytes += length;
	sent = send(flood->out, record, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent == (ssize_t)length)
		return;
	sent = sent > 0 ? sent : 0;
	writer = ready_us(flood->writer_stat);
	reader = ready_us(flood->reader_stat);
	began = now_us(CLOCK_MONOTONIC);
	while ((size_t)sent < length) {
		ssize_t more = send(flood->out, record + sent, length - (size_t)sent, MSG_NOSIGNAL);
		if (more < 0 && errno != EINTR) {
			flood->broken = true;
			return;
		}
		sent += more > 0 ? more : 0;
	}
	writer = ready_us(flood->writer_stat) - writer;
	reader = ready_us(flood->reader_stat) - reader;
	/* both may have waited at the same time: what was surely the machine's is the longer one */
	note_block(flood, now_us(CLOCK_MONOTONIC) - began, writer > reader ? writer : reader);
}

__attribute__((format(printf, 3, 4))) static void write_part(struct flood *flood, const char *type,
							     const char *format, ...)
{
	char record[RECORD_MAX];
	int used = snprintf(record, sizeof(record),
			    "type=%s msg=audit(%" PRId64 ".%03d:%" PRIu64 "): ", type,
			    flood->event_ms / 1000, (int)(flood->event_ms % 1000), flood->serial);
	va_list arguments;

	va_start(arguments, format);
	used += vsnprintf(record + used, sizeof(record) - (size_t)used, format, arguments);
	va_end(arguments);
	record[used++] = '\n';
	write_record(flood, record, (size_t)used);
}

/* ---- events ---------------------------------------------------------------------------------- */

static void begin_event(struct flood *flood)
{
	flood->serial++;
	flood->events++;
	flood->event_ms = now_us(CLOCK_REALTIME) / 1000;
}

static void write_syscall(struct flood *flood, int number, pid_t pid, const char *key)
{
	write_part(flood, "SYSCALL",
		   "arch=c000003e syscall=%d success=yes exit=0 a0=7ffe83d3b688 a1=7ffe83d3b690 "
		   "a2=80000 a3=0 items=%d ppid=%d pid=%d auid=4294967295 uid=0 gid=0 euid=0 "
		   "suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 "
		   "comm=\"dispatcher\" exe=\"%s\" key=\"%s\"\x1d"
		   "ARCH=x86_64 SYSCALL=%s AUID=\"unset\" UID=\"root\" GID=\"root\" EUID=\"root\" "
		   "SUID=\"root\" FSUID=\"root\" EGID=\"root\" SGID=\"root\" FSGID=\"root\"",
		   number, number == 126 ? 0 : 1, (int)getpid(), (int)pid, flood->exe, key,
		   number == 126 ? "capset" : "openat");
}

static void end_event(struct flood *flood)
{
	write_part(flood, "PROCTITLE", "proctitle=646973706174636865720066726F6D2D74657374");
	write_part(flood, "EOE", "%s", "");
}

static void write_capset(struct flood *flood, pid_t pid, uint64_t effective)
{
	begin_event(flood);
	write_syscall(flood, 126, pid, "capwatch_capset");
	write_part(flood, "CAPSET",
		   "pid=%d cap_pi=0 cap_pp=%016" PRIx64 " cap_pe=%016" PRIx64 " cap_pa=0", (int)pid,
		   flood->caps, effective);
	end_event(flood);
}

static void write_open(struct flood *flood, pid_t pid)
{
	begin_event(flood);
	write_syscall(flood, 257, pid, "site_opens");
	write_part(flood, "CWD", "cwd=\"/\"");
	write_part(flood, "PATH",
		   "item=0 name=\"/etc/hosts\" inode=1234 dev=fe:01 mode=0100644 ouid=0 ogid=0 "
		   "rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0"
		   "\x1dOUID=\"root\" OGID=\"root\"");
	end_event(flood);
}

/* Every second event of an actor is a gain, its first none: it gives up what it began with. */
static void write_next(struct flood *flood)
{
	uint64_t turn = flood->events;
	pid_t pid = flood->actors[1 + turn % (ACTORS - 1)];
	bool raises = turn / (ACTORS - 1) % 2 == 1;

	if (flood->options->opens) {
		write_open(flood, pid);
		return;
	}
	flood->gains += raises;
	write_capset(flood, pid, raises ? flood->caps : flood->caps & ~(UINT64_C(1) << FLOOD_CAP));
}

/* Another capability each time, so each its own kind of alert. The floods's count must not be a
 * part of it: the events of the one actor that the flood leaves alone. */
static void write_other(struct flood *flood, long number)
{
	pid_t pid = flood->actors[0];
	uint64_t without = flood->caps & ~(UINT64_C(1) << (OTHER_FIRST + number));

	write_capset(flood, pid, without);
	write_capset(flood, pid, flood->caps);
	flood->events -= 2; /* of the flood's own turns they are none */
	printf("other=%ld %" PRIu64 " %" PRId64 "\n", OTHER_FIRST + number, flood->serial,
	       flood->event_ms);
}

/* ---- the run --------------------------------------------------------------------------------- */

static void start_actors(struct flood *flood)
{
	for (int i = 0; i < ACTORS; i++) {
		flood->actors[i] = fork();
		if (flood->actors[i] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
	}
}

static void end_actors(struct flood *flood)
{
	for (int i = 0; i < ACTORS; i++) {
		kill(flood->actors[i], SIGKILL);
		waitpid(flood->actors[i], NULL, 0);
	}
}

static int start_plugin(struct flood *flood)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	flood->plugin = fork();
	if (flood->plugin == 0) {
		dup2(ends[1], STDIN_FILENO);
		execv(flood->options->program[0], flood->options->program);
		perror(flood->options->program[0]);
		_exit(127);
	}
	close(ends[1]);
	flood->out = ends[0];
	usleep(WARM_UP_MS * 1000);
	flood->reader = find_reader(flood->plugin);
	flood->writer_stat = open_schedstat(getpid());
	flood->reader_stat = open_schedstat(flood->reader);
	return flood->plugin < 0 ? -1 : 0;
}

/* Behind its schedule it writes on at once, as auditd does with a full queue. */
static void keep_rate(const struct flood *flood, int64_t began)
{
	const struct timespec nap = {.tv_nsec = NAP_NS};
	int64_t due;

	if (flood->options->rate == 0)
		return;
	due = began + (int64_t)(flood->events * 1000000 / (uint64_t)flood->options->rate);
	while (due > now_us(CLOCK_MONOTONIC))
		nanosleep(&nap, NULL);
}

static void run_flood(struct flood *flood)
{
	int64_t began = now_us(CLOCK_MONOTONIC), length = flood->options->seconds * 1000000;
	long others = 0;
	int64_t passed;

	while (!flood->broken && (passed = now_us(CLOCK_MONOTONIC) - began) < length) {
		if (passed * (flood->options->others + 1) >= length * (others + 1))
			write_other(flood, others++);
		write_next(flood);
		keep_rate(flood, began);
	}
	printf("took_us=%" PRId64 "\n", now_us(CLOCK_MONOTONIC) - began);
}

static int64_t status_kb(pid_t pid, const char *name)
{
	char path[64], line[256];
	int64_t value = -1;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	status = fopen(path, "re");
	while (status && fgets(line, sizeof(line), status))
		if (strncmp(line, name, strlen(name)) == 0)
			value = strtoll(line + strlen(name), NULL, 10);
	if (status)
		fclose(status);
	return value;
}

static void print_figures(const struct flood *flood)
{
	printf("events=%" PRIu64 "\ngains=%" PRIu64 "\nrecords=%" PRIu64 "\nbytes=%" PRIu64 "\n",
	       flood->events, flood->gains, flood->records, flood->bytes);
	printf("blocked=%" PRIu64 "\nblocked_us=%" PRId64 "\nover_50ms=%" PRIu64 "\n",
	       flood->blocked, flood->blocked_us, flood->over_bound);
	printf("longest_us=%" PRId64 "\nlongest_ours_us=%" PRId64 "\n", flood->longest_us,
	       flood->longest_ours_us);
	printf("reader_cpu_us=%" PRId64 "\n", read_schedstat(flood->reader_stat).ran_us);
	printf("reader_rss_kb=%" PRId64 "\nbroken=%d\n", status_kb(flood->reader, "VmHWM:"),
	       flood->broken);
	fflush(stdout);
}

static bool take_option(struct options *options, const char *name, const char *value)
{
	if (strcmp(name, "--kind") == 0)
		options->opens = strcmp(value, "open") == 0;
	else if (strcmp(name, "--rate") == 0)
		options->rate = atol(value);
	else if (strcmp(name, "--seconds") == 0)
		options->seconds = atol(value);
	else if (strcmp(name, "--other") == 0)
		options->others = atol(value);
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	struct options options = {.seconds = 5};
	struct flood flood = {.options = &options};
	struct act_sets sets;
	ssize_t length;
	int at = 1, status;

	while (at + 1 < argc && argv[at][0] == '-' && take_option(&options, argv[at], argv[at + 1]))
		at += 2;
	if (at >= argc || argv[at][0] == '-') {
		fprintf(stderr, "usage: dispatcher [--kind capset|open] [--rate N] [--seconds N] "
				"[--other N] PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	options.program = argv + at;
	length = readlink("/proc/self/exe", flood.exe, sizeof(flood.exe) - 1);
	flood.exe[length > 0 ? length : 0] = '\0';
	flood.serial = 1000;
	flood.caps = act_capget(&sets) < 0 ? 0 : sets.permitted;
	setvbuf(stdout, NULL, _IOLBF, 0);
	start_actors(&flood);
	if (start_plugin(&flood) < 0) {
		perror("dispatcher");
		return 1;
	}
	run_flood(&flood);
	print_figures(&flood);
	close(flood.out);
	waitpid(flood.plugin, &status, 0);
	end_actors(&flood);
	return flood.broken;
}

/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "bench/flow.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/cpu.h"
#include "judge/judge.h"
#include "plugin/clock.h"
#include "plugin/proc_live.h"

enum {
	PIECE = 64 * 1024, /* fed in one go, as the sensor does */
	EVENT_MAX = 4096,
	REPLAY_START = 1795314575, /* s since the epoch */
	REPLAY_EVERY_MS = 1,
	ROUNDS = 5,
};

#define TAIL                                                                                       \
	"auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) "      \
	"ses=4294967295 comm=\"daemon\" exe=\"%s\" key=\"%s\"\035ARCH=x86_64 SYSCALL=%s "          \
	"AUID=\"unset\" UID=\"root\" GID=\"root\" EUID=\"root\" SUID=\"root\" FSUID=\"root\" "     \
	"EGID=\"root\" SGID=\"root\" FSGID=\"root\"\n"
#define TITLE "2F7573722F7362696E2F6461656D6F6E002D66"

struct flow {
	const struct flow_options *options;
	struct judge *judge;
	char exe[256];
	uint64_t held; /* by this program, and so by those that it is the parent of */
	int64_t now;
	char piece[PIECE + EVENT_MAX];
	size_t used;
	uint64_t alerts;
};

/* A number of our own /proc/self/status; 0 without it. */
static uint64_t status_number(const char *field, int base)
{
	char line[256];
	FILE *file = fopen("/proc/self/status", "re");
	uint64_t number = 0;

	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, field, strlen(field)) == 0)
			number = strtoull(line + strlen(field), NULL, base);
	if (file)
		fclose(file);
	return number;
}

/* ---- records --------------------------------------------------------------------------------- */

/* What each record begins with: "[node=N ]type=T msg=audit(SEC.MSEC:SERIAL): ". */
struct head {
	char node[80], stamp[64];
	int64_t pid;
};

static void put(struct flow *flow, const struct head *head, const char *type, const char *body)
{
	flow->used += (size_t)snprintf(flow->piece + flow->used, sizeof(flow->piece) - flow->used,
				       "%stype=%s msg=audit(%s): %s", head->node, type, head->stamp,
				       body);
}

static void put_end(struct flow *flow, const struct head *head)
{
	put(flow, head, "PROCTITLE", "proctitle=" TITLE "\n");
	put(flow, head, "EOE", "\n");
}

/* A capset that changes nothing. */
static void put_capset(struct flow *flow, const struct head *head)
{
	char body[1024];

	snprintf(body, sizeof(body),
		 "arch=c000003e syscall=126 success=yes exit=0 a0=7ffe83d3b688 a1=7ffe83d3b690 "
		 "a2=0 a3=0 items=0 ppid=%d pid=%" PRId64 " " TAIL,
		 (int)getpid(), head->pid, flow->exe, "capwatch_capset", "capset");
	put(flow, head, "SYSCALL", body);
	snprintf(body, sizeof(body),
		 "pid=%" PRId64 " cap_pi=0 cap_pp=%016" PRIx64 " cap_pe=%016" PRIx64 " cap_pa=0\n",
		 head->pid, flow->held, flow->held);
	put(flow, head, "CAPSET", body);
	put_end(flow, head);
}

static void put_exec(struct flow *flow, const struct head *head)
{
	char body[1024];

	snprintf(body, sizeof(body),
		 "arch=c000003e syscall=59 success=yes exit=0 a0=7f87fa9a4750 a1=7f87fa563b10 "
		 "a2=7fff332d1668 a3=8 items=2 ppid=%d pid=%" PRId64 " " TAIL,
		 (int)getpid(), head->pid, flow->exe, "capwatch_exec", "execve");
	put(flow, head, "SYSCALL", body);
	put(flow, head, "EXECVE", "argc=2 a0=\"/usr/sbin/daemon\" a1=\"-f\"\n");
	put(flow, head, "CWD", "cwd=\"/\"\n");
	put(flow, head, "PATH",
	    "item=0 name=\"/usr/sbin/daemon\" inode=248039 dev=fe:00 mode=0100755 ouid=0 ogid=0 "
	    "rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0\035"
	    "OUID=\"root\" OGID=\"root\"\n");
	put(flow, head, "PATH",
	    "item=1 name=\"/lib64/ld-linux-x86-64.so.2\" inode=332383 dev=fe:00 mode=0100755 "
	    "ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 "
	    "cap_frootid=0\035OUID=\"root\" OGID=\"root\"\n");
	put_end(flow, head);
}

static void put_event(struct flow *flow, uint64_t index)
{
	const struct flow_options *options = flow->options;
	char node[64] = "";
	struct head head;

	options->choose(options->ctx, index, node, &head.pid);
	snprintf(head.node, sizeof(head.node), "%s%s%s", node[0] ? "node=" : "", node,
		 node[0] ? " " : "");
	snprintf(head.stamp, sizeof(head.stamp), "%" PRId64 ".%03d:%" PRIu64, flow->now / 1000,
		 (int)(flow->now % 1000), index + 1);
	if (options->starts_every && index % options->starts_every == 0)
		put_exec(flow, &head);
	else
		put_capset(flow, &head);
}

/* ---- the run --------------------------------------------------------------------------------- */

static void count_alert(void *ctx, const struct alert *alert)
{
	struct flow *flow = ctx;

	(void)alert;
	flow->alerts++;
}

static struct judge *make_judge(struct flow *flow, struct proc_live *live)
{
	char *paths[] = {(char *)flow->options->baseline, NULL};
	struct settings *settings = settings_defaults();
	struct error err = {""};
	struct judge_options options = {.settings = settings,
					.baseline = baseline_load(paths, false, &err),
					.host = "collector",
					.alert = count_alert,
					.alert_ctx = flow};
	struct judge *judge = NULL;

	proc_live_init(live);
	if (flow->options->live)
		options.proc = &live->reader;
	if (settings)
		settings->sweep_ms = 0; /* bench/sweep measures that */
	if (settings && options.baseline)
		judge = judge_new(&options, &err);
	if (!judge)
		fprintf(stderr, "%s\n", err.text);
	return judge;
}

/* In ms of CPU. The text is made outside of what is measured. */
static double feed_all(struct flow *flow)
{
	uint64_t index = 0;
	double spent = 0;

	while (index < flow->options->events) {
		double began;

		flow->used = 0;
		if (flow->options->live)
			flow->now = clock_wall_ms();
		while (flow->used < PIECE && index < flow->options->events) {
			put_event(flow, index++);
			if (!flow->options->live)
				flow->now += REPLAY_EVERY_MS;
		}
		began = cpu_ms();
		judge_feed(flow->judge, flow->piece, flow->used, flow->now);
		spent += cpu_ms() - began;
	}
	return spent;
}

static bool run(const struct flow_options *options, struct flow_result *result)
{
	struct flow *flow = calloc(1, sizeof(*flow));
	struct proc_live live;
	struct judge_stats stats;

	if (!flow || readlink("/proc/self/exe", flow->exe, sizeof(flow->exe) - 1) < 0)
		return false;
	flow->options = options;
	flow->held = status_number("CapPrm:", 16);
	flow->now = (int64_t)REPLAY_START * 1000;
	flow->judge = make_judge(flow, &live);
	if (!flow->judge)
		return false;
	if (options->live)
		judge_seed(flow->judge, clock_wall_ms());
	result->ns_per_event = feed_all(flow) * 1e6 / (double)options->events;
	judge_get_stats(flow->judge, &stats);
	result->judged = stats.transitions;
	result->alerts = flow->alerts;
	result->kept = stats.ledger_processes;
	result->rss_kib = (long)status_number("VmRSS:", 10);
	result->peak_kib = (long)status_number("VmHWM:", 10);
	return true;
}

static bool run_in_child(const struct flow_options *options, struct flow_result *result)
{
	int ends[2], status = 1;
	pid_t child;
	bool got;

	if (pipe(ends) < 0)
		return false;
	child = fork();
	if (child == 0)
		_exit(run(options, result) &&
				      write(ends[1], result, sizeof(*result)) == sizeof(*result)
			      ? 0
			      : 1);
	close(ends[1]);
	got = child > 0 && read(ends[0], result, sizeof(*result)) == sizeof(*result);
	close(ends[0]);
	if (child > 0)
		waitpid(child, &status, 0);
	if (got && status == 0 && result->judged == options->events)
		return true;
	fprintf(stderr, "the run failed, or not every event was judged\n");
	return false;
}

bool flow_measure(const struct flow_options *options, struct flow_result *results, size_t count)
{
	struct flow_result result;

	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < count; i++) {
			if (!run_in_child(&options[i], &result))
				return false;
			if (round == 0 || result.ns_per_event < results[i].ns_per_event)
				results[i] = result;
		}
	return true;
}

void flow_print(const char *what, const struct flow_result *result)
{
	printf("  %-24s %7.0f ns an event, %6" PRIu64 " processes kept, %" PRIu64
	       " alerts, VmRSS %ld KiB, VmHWM %ld KiB\n",
	       what, result->ns_per_event, result->kept, result->alerts, result->rss_kib,
	       result->peak_kib);
	fflush(stdout);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sweep: what a sweep of /proc costs beside a plain reading of the same files.
 *
 *   sweep [PROCESSES [BASELINE]]     default 5000, and the baseline of the source tree
 *
 * Forks that many sleeping processes (as root half of them nobody's), seeds a judge and has it
 * sweep, by a clock that jumps from one piece of work to the next. Prints CPU time: a round, its
 * longest slice, and the reading of stat, status, loginuid and sessionid of every process, as
 * "cat /proc/PID/..." does it. Ends every process that it has started.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/cpu.h"
#include "judge/judge.h"
#include "judge/sweep.h"
#include "plugin/clock.h"
#include "plugin/proc_live.h"

enum { PROCESSES_DEFAULT = 5000, PROCESSES_MAX = 20000, ROUNDS = 10, NOBODY = 65534 };
enum { INTERVAL_MS = 60 * 1000, FILE_MAX = 8192 };

struct crowd {
	pid_t *pids;
	size_t count;
};

struct cost {
	double total, longest; /* ms of CPU */
	unsigned slices;
};

/* ---- the crowd ------------------------------------------------------------------------------- */

static void sleep_forever(pid_t parent, bool as_nobody)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(1);
	if (as_nobody && geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) != 0)
		_exit(1);
	for (;;)
		pause();
}

static void gather(struct crowd *crowd, size_t wanted)
{
	pid_t parent = getpid();

	while (crowd->count < wanted) {
		pid_t child = fork();
		if (child < 0) {
			perror("fork");
			return;
		}
		if (child == 0)
			sleep_forever(parent, crowd->count % 2);
		crowd->pids[crowd->count++] = child;
	}
}

static void disperse(struct crowd *crowd)
{
	for (size_t i = 0; i < crowd->count; i++)
		kill(crowd->pids[i], SIGKILL);
	for (size_t i = 0; i < crowd->count; i++)
		waitpid(crowd->pids[i], NULL, 0);
	crowd->count = 0;
}

/* ---- plain reading --------------------------------------------------------------------------- */

static void read_file(int process, const char *name)
{
	static char buf[FILE_MAX];
	int fd = openat(process, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	close(fd);
}

static double read_plainly(void)
{
	static const char *const names[] = {"stat", "status", "loginuid", "sessionid"};
	double began = cpu_ms();
	struct dirent *entry;
	DIR *proc = opendir("/proc");

	while (proc && (entry = readdir(proc))) {
		int process;
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		process = openat(dirfd(proc), entry->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (process < 0)
			continue;
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			read_file(process, names[i]);
		close(process);
	}
	if (proc)
		closedir(proc);
	return cpu_ms() - began;
}

/* ---- sweeps ---------------------------------------------------------------------------------- */

/* What others do here meanwhile comes without a record: no audit stream is read. */
static void ignore_alert(void *ctx, const struct alert *alert)
{
	(void)ctx;
	(void)alert;
}

/* All that the judge does in one interval. */
static struct cost sweep_once(struct judge *judge, int64_t *now)
{
	struct cost cost = {0};
	int64_t end = *now + INTERVAL_MS;

	while (*now < end) {
		int64_t deadline = judge_next_deadline(judge);
		double began = cpu_ms(), took;

		*now = deadline > *now ? deadline : *now + 1;
		judge_tick(judge, *now);
		took = cpu_ms() - began;
		cost.total += took;
		cost.slices++;
		if (took > cost.longest)
			cost.longest = took;
	}
	return cost;
}

static struct judge *make_judge(struct judge_options *options, const char *folder,
				struct proc_live *live)
{
	char *paths[] = {(char *)folder, NULL};
	struct settings *settings = settings_defaults();
	struct error err = {""};
	struct judge *judge = NULL;

	options->settings = settings;
	options->baseline = baseline_load(paths, false, &err);
	proc_live_init(live);
	options->proc = &live->reader;
	if (settings)
		settings->sweep_ms = INTERVAL_MS;
	if (settings && options->baseline)
		judge = judge_new(options, &err);
	if (!judge)
		fprintf(stderr, "sweep: %s\n", err.text);
	return judge;
}

static void print_costs(const struct cost *first, const struct cost *rest, double plain)
{
	printf("  first round          %8.1f ms of CPU, longest slice %.2f ms\n", first->total,
	       first->longest);
	printf("  each later round     %8.1f ms of CPU, longest slice %.2f ms, in %u pieces\n",
	       rest->total / ROUNDS, rest->longest, rest->slices / ROUNDS);
	printf("  plain reading        %8.1f ms of CPU\n", plain / ROUNDS);
	printf("  ratio                %8.2f\n", rest->total / plain);
	printf("  of one CPU           %8.3f %% at sweep: 60s\n",
	       rest->total / ROUNDS / INTERVAL_MS * 100);
}

static int measure(const char *folder)
{
	struct proc_live live;
	struct judge_options options = {.alert = ignore_alert};
	struct judge *judge = make_judge(&options, folder, &live);
	struct cost first, rest = {0};
	int64_t now = clock_wall_ms();
	double plain = 0;

	if (!judge)
		return 1;
	judge_seed(judge, now);
	first = sweep_once(judge, &now);
	for (int i = 0; i < ROUNDS; i++) {
		struct cost cost = sweep_once(judge, &now);
		rest.total += cost.total;
		rest.slices += cost.slices;
		rest.longest = cost.longest > rest.longest ? cost.longest : rest.longest;
		plain += read_plainly();
	}
	print_costs(&first, &rest, plain);
	judge_free(judge);
	baseline_free((struct baseline *)options.baseline);
	settings_free((struct settings *)options.settings);
	return 0;
}

int main(int argc, char **argv)
{
	long wanted = argc > 1 ? strtol(argv[1], NULL, 10) : PROCESSES_DEFAULT;
	const char *folder = argc > 2 ? argv[2] : BENCH_BASELINE;
	struct crowd crowd = {.pids = calloc(PROCESSES_MAX, sizeof(pid_t))};
	int status;

	if (!crowd.pids || wanted < 1 || wanted > PROCESSES_MAX) {
		fprintf(stderr, "usage: sweep [PROCESSES (at most %d) [BASELINE]]\n",
			PROCESSES_MAX);
		free(crowd.pids);
		return 2;
	}
	gather(&crowd, (size_t)wanted);
	printf("sweep of %zu sleeping processes, and of what else runs here\n", crowd.count);
	status = measure(folder);
	disperse(&crowd);
	free(crowd.pids);
	return status;
}

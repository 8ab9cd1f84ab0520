/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match: what the look-up of a process's baseline entry costs, by the number of entries.
 *
 *   match [ENTRIES...]     default 10 100 1000 10000
 *
 * Writes baselines of that many entries into a temporary folder, by turns for an exe, a glob of
 * exes, a unit and a template's units, and asks for the same processes each time: some that one of
 * the first entries is for, some that none is for. Prints CPU time: a match_entry() live and in a
 * replay that knows no units, one match_launcher() beside as many launchers, the loading of the
 * baseline and the search for ties in it; last the ratio of the slowest size to the first.
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/cpu.h"
#include "judge/match.h"

enum {
	SIZES_MAX = 16,
	ENTRIES_MAX = 14000,
	LAUNCHERS_SHARE = 10,
	PER_FILE = 1000,
	PATH_SIZE = 128
};
enum { PROCESSES = 16, KNOWN = 8, ROUNDS = 30 };

static const double round_ms = 10;

/* The costs of one number of entries. */
struct cost {
	struct baseline *baseline;
	double live, replay, launcher; /* ns of CPU each; 0: not measured yet */
	double load, ties;	       /* ms of CPU */
};

/* ---- baselines ------------------------------------------------------------------------------- */

static void write_entry(FILE *file, size_t number)
{
	static const struct {
		const char *before, *after; /* the number */
	} matches[] = {
		{"exe: /usr/lib/service-", "/daemon"},
		{"exe: \"/opt/service-", "/*/daemon\""},
		{"unit: service-", ".service"},
		{"unit: \"service-", "@*.service\""},
	};

	fprintf(file,
		"  - {name: service-%zu, match: {%s%zu%s}, start: {effective: [cap_net_raw]}}\n",
		number, matches[number % 4].before, number, matches[number % 4].after);
}

static bool write_file(const char *path, size_t from, size_t to)
{
	FILE *file = fopen(path, "w");

	if (!file)
		return false;
	fprintf(file, "services:\n");
	for (size_t i = from; i < to; i++)
		write_entry(file, i);
	fprintf(file, "launchers:\n");
	for (size_t i = from; i < to; i += LAUNCHERS_SHARE)
		fprintf(file,
			"  - {name: launcher-%zu, match: {exe: /usr/lib/launcher-%zu/daemon, "
			"parent_exe: /usr/lib/launcher-%zu/daemon}}\n",
			i, i, i);
	return fclose(file) == 0;
}

static void name_file(const char *folder, size_t number, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "%s/%04zu.yaml", folder, number / PER_FILE);
}

static bool write_folder(const char *folder, size_t entries)
{
	char path[PATH_SIZE];

	for (size_t i = 0; i < entries; i += PER_FILE) {
		name_file(folder, i, path);
		if (!write_file(path, i, i + PER_FILE < entries ? i + PER_FILE : entries))
			return false;
	}
	return true;
}

static void remove_folder(const char *folder, size_t entries)
{
	char path[PATH_SIZE];

	for (size_t i = 0; i < entries; i += PER_FILE) {
		name_file(folder, i, path);
		unlink(path);
	}
	rmdir(folder);
}

/* ---- processes ------------------------------------------------------------------------------- */

struct crowd {
	struct process processes[PROCESSES];
	struct service services[PROCESSES];
	char exes[PROCESSES][PATH_SIZE], units[PROCESSES][PATH_SIZE],
		templates[PROCESSES][PATH_SIZE];
};

/* Of the entry with its number, where there is one. */
static void make_process(struct crowd *crowd, size_t number)
{
	static const struct {
		const char *exe_before, *exe_after, *unit_after,
			*template_after; /* name and number */
	} forms[] = {
		{"/usr/lib/", "/daemon", ".service", ".service"},
		{"/opt/", "/7.1/daemon", ".service", ".service"},
		{"/usr/bin/", "", ".service", ".service"},
		{"/usr/bin/", "", "@one.service", "@.service"},
	};
	const char *name = number < KNOWN ? "service" : "other";
	struct process *process = &crowd->processes[number];
	struct service *service = &crowd->services[number];

	snprintf(crowd->exes[number], PATH_SIZE, "%s%s-%zu%s", forms[number % 4].exe_before, name,
		 number, forms[number % 4].exe_after);
	snprintf(crowd->units[number], PATH_SIZE, "%s-%zu%s", name, number,
		 forms[number % 4].unit_after);
	snprintf(crowd->templates[number], PATH_SIZE, "%s-%zu%s", name, number,
		 forms[number % 4].template_after);
	*service = (struct service){.unit = crowd->units[number],
				    .template_name = crowd->templates[number],
				    .container_id = "",
				    .runtime = "",
				    .pod_uid = ""};
	service->kind = SERVICE_UNIT;
	process->service = service;
	process->exe = crowd->exes[number];
	process->exe_identity = EXE_ID_HOST;
	process->has_ids = true;
}

/* As a record tells of them: which unit it is none says. */
static void forget_units(struct crowd *crowd)
{
	for (size_t i = 0; i < PROCESSES; i++) {
		crowd->services[i].kind = SERVICE_PROGRAM;
		crowd->services[i].unit = "";
	}
}

/* ---- measuring ------------------------------------------------------------------------------- */

typedef void (*look_up_fn)(const struct world *world, const struct process *process);

static void look_up_entry(const struct world *world, const struct process *process)
{
	match_entry(world, process, NULL);
}

static void look_up_launcher(const struct world *world, const struct process *process)
{
	match_launcher(world, process, process);
}

/* Lowers *best to the ns of CPU that one takes. */
static void measure(const struct world *world, const struct crowd *crowd, look_up_fn look_up,
		    double *best)
{
	double began = cpu_ms(), took;
	size_t count = 0;

	do {
		for (size_t i = 0; i < PROCESSES; i++)
			look_up(world, &crowd->processes[i]);
		count += PROCESSES;
		took = cpu_ms() - began;
	} while (took < round_ms);
	took = took * 1e6 / (double)count;
	if (*best == 0 || took < *best)
		*best = took;
}

static void measure_round(struct world *world, const struct crowd *crowds, struct cost *cost)
{
	static const struct proc_reader live_reader; /* never asked: it makes the world live */

	world->baseline = cost->baseline;
	world->proc = &live_reader;
	measure(world, &crowds[0], look_up_entry, &cost->live);
	measure(world, &crowds[0], look_up_launcher, &cost->launcher);
	world->proc = NULL;
	measure(world, &crowds[1], look_up_entry, &cost->replay);
}

static void measure_rounds(struct cost *costs, size_t count)
{
	static struct world world;
	static struct crowd crowds[2]; /* known whole; known from records */

	for (size_t i = 0; i < PROCESSES; i++) {
		make_process(&crowds[0], i);
		make_process(&crowds[1], i);
	}
	forget_units(&crowds[1]);
	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < count; i++)
			measure_round(&world, crowds, &costs[i]);
}

static bool load(const char *folder, struct cost *cost)
{
	char *paths[] = {(char *)folder, NULL};
	struct error err = {""};
	double began = cpu_ms(), loaded;
	bool tie;

	cost->baseline = baseline_load(paths, false, &err);
	loaded = cpu_ms();
	tie = cost->baseline && baseline_check_ties(cost->baseline, &err) < 0;
	cost->load = loaded - began;
	cost->ties = cpu_ms() - loaded;
	if (!cost->baseline || tie)
		fprintf(stderr, "match: %s\n", err.text);
	return cost->baseline && !tie;
}

static bool load_size(size_t entries, struct cost *cost)
{
	char folder[] = "/tmp/capwatch-match-XXXXXX";
	bool done;

	if (!mkdtemp(folder)) {
		perror("mkdtemp");
		return false;
	}
	done = write_folder(folder, entries) && load(folder, cost);
	remove_folder(folder, entries);
	return done;
}

static double larger(double a, double b)
{
	return a > b ? a : b;
}

static void print_costs(const char *const *sizes, const struct cost *costs, size_t count)
{
	struct cost most = {0};

	printf("%8s %10s %10s %12s %10s %10s\n", "entries", "live ns", "replay ns", "launcher ns",
	       "load ms", "ties ms");
	for (size_t i = 0; i < count; i++) {
		const struct cost *cost = &costs[i];

		printf("%8s %10.0f %10.0f %12.0f %10.1f %10.1f\n", sizes[i], cost->live,
		       cost->replay, cost->launcher, cost->load, cost->ties);
		most.live = larger(most.live, cost->live);
		most.replay = larger(most.replay, cost->replay);
		most.launcher = larger(most.launcher, cost->launcher);
	}
	printf("%8s %10.2f %10.2f %12.2f\n", "slowest", most.live / costs[0].live,
	       most.replay / costs[0].replay, most.launcher / costs[0].launcher);
}

int main(int argc, char **argv)
{
	static const char *const defaults[] = {"10", "100", "1000", "10000"};
	const char *const *sizes = argc > 1 ? (const char *const *)argv + 1 : defaults;
	size_t count = argc > 1 ? (size_t)argc - 1 : sizeof(defaults) / sizeof(defaults[0]);
	struct cost costs[SIZES_MAX] = {{0}};
	bool loaded = true;

	for (size_t i = 0; i < count; i++) {
		size_t entries = strtoul(sizes[i], NULL, 10);

		if (count > SIZES_MAX || entries < 1 || entries > ENTRIES_MAX) {
			fprintf(stderr,
				"usage: match [ENTRIES...]     at most %d sizes, each of 1 to %d\n",
				SIZES_MAX, ENTRIES_MAX);
			return 2;
		}
	}
	for (size_t i = 0; i < count; i++)
		loaded = loaded && load_size(strtoul(sizes[i], NULL, 10), &costs[i]);
	if (loaded) {
		measure_rounds(costs, count);
		print_costs(sizes, costs, count);
	}
	for (size_t i = 0; i < count; i++)
		baseline_free(costs[i].baseline);
	return loaded ? 0 : 1;
}

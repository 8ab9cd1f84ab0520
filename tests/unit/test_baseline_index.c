/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is found by the index is what asking every entry finds. Baselines and processes are
 * generated, of few words so that many meet; the reference below asks each entry in order, each of
 * its globs by fnmatch(3).
 */
#include <check.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/judge_fixture.h"

#include "conf/baseline_index.h"
#include "judge/match.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum {
	BASELINES = 1500,
	PROCESSES = 60,
	LARGE_EVERY = 20,
	LARGE = 200,
	WORD_SIZE = 64,
	YAML_SIZE = 256 * 1024
};

/* ---- reference ------------------------------------------------------------------------------- */

static bool any_matches(const struct string_list *globs, const char *text)
{
	for (size_t i = 0; i < globs->count; i++)
		if (fnmatch(globs->items[i], text, FNM_PATHNAME) == 0)
			return true;
	return false;
}

struct asked {
	const struct world *world;
	const struct process *process, *parent;
};

static bool is_replay(const struct asked *asked, const struct process *process)
{
	return !asked->world->proc || process->node != 0;
}

static bool runs_host_file(const struct asked *asked, const struct string_list *globs,
			   const struct process *process)
{
	return process->exe && any_matches(globs, process->exe) &&
	       (process->exe_identity == EXE_ID_HOST ||
		(process->exe_identity == EXE_ID_UNKNOWN && is_replay(asked, process)));
}

static bool reference_unit(const struct asked *asked, const struct match_rule *rule)
{
	const struct service *service = asked->process->service;

	if (rule->unit.count == 0)
		return true;
	if (!service || !service->unit[0])
		return is_replay(asked, asked->process) &&
		       (!service || service->kind != SERVICE_SESSION);
	return any_matches(&rule->unit, service->unit) ||
	       any_matches(&rule->unit, service->template_name);
}

static bool reference_container(const struct asked *asked, const struct match_rule *rule)
{
	const struct service *service = asked->process->service;
	bool inside = service && service->kind == SERVICE_CONTAINER;

	if (!rule->names_container)
		return !inside;
	if (!inside)
		return !service && is_replay(asked, asked->process);
	return rule->container_image.count == 0 &&
	       (rule->container_name.count == 0 ||
		(service->container_id[0] &&
		 any_matches(&rule->container_name, service->container_id))) &&
	       (rule->container_runtime.count == 0 ||
		(service->runtime[0] && any_matches(&rule->container_runtime, service->runtime)));
}

static bool reference_parent(const struct asked *asked, const struct match_rule *rule)
{
	const struct process *process = asked->process, *parent = asked->parent;
	bool detached = process->exe_state == EXE_UNKNOWN && process->exe_alias;

	if (rule->has_parent_pid && process->ppid != rule->parent_pid)
		return false;
	if (rule->parent_exe.count == 0)
		return true;
	if (!parent || !parent->exe)
		return is_replay(asked, process) ||
		       (detached && any_matches(&rule->parent_exe, process->exe));
	return runs_host_file(asked, &rule->parent_exe, parent);
}

static bool reference_uid(const struct asked *asked, const struct match_rule *rule)
{
	bool found = rule->uid_count == 0;

	for (size_t i = 0; i < rule->uid_count; i++)
		found |= asked->process->has_ids && rule->uids[i] == asked->process->uid;
	return found;
}

static bool reference_session(const struct asked *asked, const struct match_rule *rule)
{
	const struct service *service = asked->process->service;
	bool inside = service && service->kind == SERVICE_SESSION;

	return !rule->has_session || rule->session == inside;
}

static bool reference_fits(const struct asked *asked, const struct match_rule *rule)
{
	return (rule->exe.count == 0 || runs_host_file(asked, &rule->exe, asked->process)) &&
	       reference_unit(asked, rule) && reference_container(asked, rule) &&
	       reference_parent(asked, rule) && reference_uid(asked, rule) &&
	       reference_session(asked, rule);
}

/* container, then unit, then exe, then the number of keys */
static int reference_specificity(const struct match_rule *rule)
{
	return rule->names_container * 4000 + !!rule->unit.count * 2000 + !!rule->exe.count * 1000 +
	       (int)rule->key_count;
}

static const struct baseline_entry *reference_entry(const struct asked *asked)
{
	const struct baseline *baseline = asked->world->baseline;
	const struct baseline_entry *best = NULL;

	for (size_t i = 0; i < baseline->entry_count; i++) {
		const struct baseline_entry *entry = &baseline->entries[i];

		if (reference_fits(asked, &entry->match) &&
		    (!best ||
		     reference_specificity(&entry->match) > reference_specificity(&best->match)))
			best = entry;
	}
	return best;
}

static bool reference_launches(const struct asked *asked, const struct launcher_entry *launcher)
{
	const struct match_rule *rule = &launcher->match;
	const struct process *process = asked->process;

	if (rule->exe.count && launcher->any_exe_file &&
	    !(process->exe && any_matches(&rule->exe, process->exe)))
		return false;
	if (rule->exe.count && !launcher->any_exe_file &&
	    !runs_host_file(asked, &rule->exe, process))
		return false;
	return reference_parent(asked, rule) && reference_uid(asked, rule);
}

static const struct launcher_entry *reference_launcher(const struct asked *asked)
{
	const struct baseline *baseline = asked->world->baseline;

	for (size_t i = 0; i < baseline->launcher_count; i++)
		if (reference_launches(asked, &baseline->launchers[i]))
			return &baseline->launchers[i];
	return NULL;
}

static bool reference_names_exe(const struct baseline *baseline, const char *path)
{
	for (size_t i = 0; i < baseline->entry_count; i++)
		if (any_matches(&baseline->entries[i].match.exe, path))
			return true;
	for (size_t i = 0; i < baseline->launcher_count; i++)
		if (any_matches(&baseline->launchers[i].match.exe, path))
			return true;
	return false;
}

static const struct baseline_entry *reference_named(const struct baseline *baseline,
						    const char *name)
{
	for (size_t i = 0; i < baseline->entry_count; i++)
		if (strcmp(baseline->entries[i].name, name) == 0)
			return &baseline->entries[i];
	return NULL;
}

/* ---- words ----------------------------------------------------------------------------------- */

static uint32_t random_state;

/* The same numbers in each run. */
static unsigned below(unsigned bound)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % bound;
}

static bool by_chance(unsigned percent)
{
	return below(100) < percent;
}

#define ONE_OF(table) (table)[below(COUNT(table))]

/* What processes have. Two hold characters that are wildcards in a glob. */
static const char *const exes[] = {
	"/usr/bin/a", "/usr/bin/ab", "/usr/bin/abc", "/usr/sbin/a",  "/opt/x/a", "/opt/y/a",
	"/opt/x/y/a", "/",	     "/opt/*/a",     "/usr/bin/[a]",
};
static const char *const units[] = {
	"a.service",	"ab.service",  "b.service",    "db@1.service",
	"db@2.service", "db@.service", "user@1.slice", "a*.service",
};
static const char *const containers[] = {"0123", "0124", "abcd"};
static const char *const runtimes[] = {"docker", "podman"};

/* Turned into a glob, or not; as it stands the text is a glob, too. */
static void make_glob(const char *text, char glob[WORD_SIZE])
{
	size_t length = strlen(text), at = length > 1 ? 1 + below((unsigned)length - 1) : 0;

	snprintf(glob, WORD_SIZE, "%s", text);
	switch (length > 1 ? below(9) : 8) {
	case 0:
		snprintf(glob, WORD_SIZE, "%.*s*", (int)at, text);
		break;
	case 1:
		snprintf(glob, WORD_SIZE, "%.*s*%s", (int)at, text, text + at + 1);
		break;
	case 2:
		snprintf(glob, WORD_SIZE, "%.*s?%s", (int)at, text, text + at + 1);
		break;
	case 3:
		snprintf(glob, WORD_SIZE, "%.*s[ab1x]%s", (int)at, text, text + at + 1);
		break;
	case 4:
		snprintf(glob, WORD_SIZE, "%.*s\\%s", (int)at, text, text + at);
		break;
	default:
		break;
	}
}

/* Nothing stands before its wildcard; not for an exe, which begins with "/". */
static void make_unit_glob(char glob[WORD_SIZE])
{
	static const char *const bare[] = {"*", "*.service", "?.service", "[ad]*", "db@*"};

	if (by_chance(15))
		snprintf(glob, WORD_SIZE, "%s", ONE_OF(bare));
	else
		make_glob(ONE_OF(units), glob);
}

static void make_exe_glob(char glob[WORD_SIZE])
{
	make_glob(ONE_OF(exes), glob);
}

static void make_container_glob(char glob[WORD_SIZE])
{
	if (by_chance(20))
		snprintf(glob, WORD_SIZE, "*");
	else
		make_glob(ONE_OF(containers), glob);
}

/* ---- baselines ------------------------------------------------------------------------------- */

struct text {
	char bytes[YAML_SIZE];
	size_t length;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *yaml, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	yaml->length += (size_t)vsnprintf(yaml->bytes + yaml->length, YAML_SIZE - yaml->length,
					  format, args);
	va_end(args);
	ck_assert_uint_lt(yaml->length, YAML_SIZE);
}

static void put_globs(struct text *yaml, const char *key, void (*make)(char glob[WORD_SIZE]))
{
	char glob[WORD_SIZE];

	put(yaml, "%s: [", key);
	for (unsigned i = 0, count = 1 + below(3); i < count; i++) {
		make(glob);
		put(yaml, "%s'%s'", i ? ", " : "", glob);
	}
	put(yaml, "], ");
}

static void put_container(struct text *yaml)
{
	put(yaml, "container: {");
	if (by_chance(50))
		put_globs(yaml, "name", make_container_glob);
	if (by_chance(30))
		put(yaml, "runtime: %s, ", ONE_OF(runtimes));
	if (by_chance(10))
		put(yaml, "image: x, ");
	put(yaml, "}, ");
}

/* Several entries of one exe or unit each time: what many share is kept elsewhere. */
static void put_match(struct text *yaml, bool crowded)
{
	unsigned keys = 1 + below(7); /* bits: exe, unit, container */

	if (crowded && by_chance(60))
		put(yaml, "exe: %s, ", by_chance(80) ? "/usr/bin/a" : "'/opt/*/a'");
	else if (keys & 1)
		put_globs(yaml, "exe", make_exe_glob);
	if (keys & 2)
		put_globs(yaml, "unit", make_unit_glob);
	if ((keys & 4) && (by_chance(40) || !(keys & 3)))
		put_container(yaml);
	if (by_chance(15))
		put_globs(yaml, "parent_exe", make_exe_glob);
	if (by_chance(20))
		put(yaml, "uid: %u, ", below(3));
	if (by_chance(15))
		put(yaml, "session: %s, ", by_chance(50) ? "true" : "false");
}

static void put_launcher(struct text *yaml)
{
	bool has_exe = by_chance(75);

	if (has_exe)
		put_globs(yaml, "exe", make_exe_glob);
	if (!has_exe || by_chance(50))
		put_globs(yaml, "parent_exe", make_exe_glob);
	if (by_chance(20))
		put(yaml, "parent_pid: %u, ", 1 + below(2));
}

static struct baseline *make_baseline(unsigned entries)
{
	static struct text yaml;
	unsigned launchers = below(8);
	bool crowded = by_chance(50);

	yaml.length = 0;
	put(&yaml, "services:%s\n", entries ? "" : " []");
	for (unsigned i = 0; i < entries; i++) {
		put(&yaml, "  - {name: e%u, match: {", i);
		put_match(&yaml, crowded);
		put(&yaml, "}}\n");
	}
	put(&yaml, "launchers:%s\n", launchers ? "" : " []");
	for (unsigned i = 0; i < launchers; i++) {
		put(&yaml, "  - {name: l%u, %smatch: {", i,
		    by_chance(40) ? "exe_state: any, " : "");
		put_launcher(&yaml);
		put(&yaml, "}}\n");
	}
	return fixture_baseline(yaml.bytes);
}

/* ---- processes ------------------------------------------------------------------------------- */

static void make_image(struct process *process)
{
	static const enum exe_identity identities[] = {EXE_ID_HOST, EXE_ID_HOST, EXE_ID_UNKNOWN,
						       EXE_ID_OTHER};

	memset(process, 0, sizeof(*process));
	process->exe = by_chance(90) ? ONE_OF(exes) : NULL;
	process->exe_identity = ONE_OF(identities);
	process->node = by_chance(10);
}

/* template_name: room for one. */
static void make_service(struct service *service, char template_name[SERVICE_NAME_MAX])
{
	const char *unit = ONE_OF(units), *at = strchr(unit, '@');

	memset(service, 0, sizeof(*service));
	service->unit = service->container_id = service->runtime = service->pod_uid = "";
	service->kind = (enum service_kind)below(SERVICE_UNKNOWN + 1);
	if (service->kind == SERVICE_UNIT || by_chance(20))
		service->unit = unit;
	service->template_name = unit;
	if (at) {
		snprintf(template_name, SERVICE_NAME_MAX, "%.*s@%s", (int)(at - unit), unit,
			 strchr(at, '.'));
		service->template_name = template_name;
	}
	if (service->kind != SERVICE_CONTAINER)
		return;
	if (by_chance(90))
		service->container_id = ONE_OF(containers);
	if (by_chance(90))
		service->runtime = ONE_OF(runtimes);
}

struct family {
	struct process process, parent;
	struct service service;
	char template_name[SERVICE_NAME_MAX]; /* the service's */
	bool has_parent;
};

static void make_family(struct family *family)
{
	static char detached[] = "/";
	struct process *process = &family->process;

	make_image(process);
	make_image(&family->parent);
	make_service(&family->service, family->template_name);
	family->has_parent = by_chance(80);
	process->service = by_chance(85) ? &family->service : NULL;
	process->has_ids = by_chance(90);
	process->uid = below(3);
	process->ppid = 1 + below(2);
	if (process->exe && by_chance(10)) {
		process->exe_alias = detached;
		process->exe_state = EXE_UNKNOWN;
	}
}

/* ---- tests ----------------------------------------------------------------------------------- */

/* How often there was something to find: else the test would say nothing. */
struct tally {
	unsigned entries, launchers, named, asked;
};

static void compare(const struct world *world, const struct family *family, struct tally *tally)
{
	const struct process *parent = family->has_parent ? &family->parent : NULL;
	const struct asked asked = {world, &family->process, parent};
	const struct baseline_entry *entry = reference_entry(&asked);
	const struct launcher_entry *launcher = reference_launcher(&asked);

	ck_assert_ptr_eq(match_entry(world, &family->process, parent), entry);
	ck_assert_ptr_eq(match_launcher(world, &family->process, parent), launcher);
	if (family->process.exe) {
		bool named = reference_names_exe(world->baseline, family->process.exe);

		ck_assert(match_names_exe(world->baseline, family->process.exe) == named);
		tally->named += named;
	}
	tally->entries += entry != NULL;
	tally->launchers += launcher != NULL;
	tally->asked++;
}

/* Never asked by match: that there is one makes it live. */
static const struct proc_reader live_reader;

START_TEST(test_index_finds_what_asking_each_finds)
{
	struct tally tally = {0};

	random_state = (uint32_t)_i + 1;
	for (int i = 0; i < BASELINES; i++) {
		struct world world = {
			.baseline = make_baseline(i % LARGE_EVERY ? below(30) : LARGE),
			.proc = by_chance(60) ? &live_reader : NULL};

		for (int j = 0; j < PROCESSES; j++) {
			struct family family;

			make_family(&family);
			compare(&world, &family, &tally);
		}
		baseline_free((struct baseline *)world.baseline);
	}
	ck_assert_uint_gt(tally.entries, tally.asked / 4);
	ck_assert_uint_lt(tally.entries, tally.asked * 3 / 4);
	ck_assert_uint_gt(tally.launchers, tally.asked / 4);
	ck_assert_uint_gt(tally.named, tally.asked / 4);
}
END_TEST

/* What a template's other name makes alike, baseline_check_ties() tells only where it is written
 * out. */
static bool is_instance(const struct family *family)
{
	const struct service *service = family->process.service;

	return service && strchr(service->template_name, '@');
}

static size_t count_equals(const struct asked *asked, const struct baseline_entry *best)
{
	const struct baseline *baseline = asked->world->baseline;
	size_t count = 0;

	for (size_t i = 0; best && i < baseline->entry_count; i++) {
		const struct match_rule *rule = &baseline->entries[i].match;

		count += reference_fits(asked, rule) &&
			 reference_specificity(rule) == reference_specificity(&best->match);
	}
	return count;
}

static bool any_process_has_equals(const struct world *world)
{
	for (int i = 0; i < PROCESSES; i++) {
		struct asked asked = {.world = world};
		struct family family;

		make_family(&family);
		family.process.node = family.parent.node = 0;
		asked.process = &family.process;
		asked.parent = family.has_parent ? &family.parent : NULL;
		if (!is_instance(&family) && count_equals(&asked, reference_entry(&asked)) > 1)
			return true;
	}
	return false;
}

START_TEST(test_entries_that_speak_equally_for_a_process_are_a_tie)
{
	unsigned equal = 0, tied = 0;

	random_state = 200;
	for (int i = 0; i < BASELINES; i++) {
		struct world world = {.baseline = make_baseline(2 + below(5)),
				      .proc = &live_reader};
		struct error err = {""};
		bool tie = baseline_check_ties(world.baseline, &err) < 0;

		if (any_process_has_equals(&world)) {
			ck_assert(tie);
			equal++;
		}
		tied += tie;
		baseline_free((struct baseline *)world.baseline);
	}
	ck_assert_uint_gt(equal, BASELINES / 20);
	ck_assert_uint_lt(tied, BASELINES * 9 / 10);
}
END_TEST

/* Of one exe, which so tells nothing: each is found by its unit, and a replay that knows none asks
 * one of them for all. */
START_TEST(test_entries_of_an_interpreter_are_kept_under_their_units)
{
	static struct text yaml;
	struct baseline *baseline;
	const struct baseline_index *index;

	yaml.length = 0;
	put(&yaml, "services:\n");
	for (unsigned i = 0; i < LARGE; i++)
		put(&yaml, "  - {name: e%u, match: {exe: /usr/bin/python3, unit: u%u.service}}\n",
		    i, i);
	baseline = fixture_baseline(yaml.bytes);
	index = baseline->index;
	ck_assert_uint_eq(glob_index_first(index->units.globs, "u0.service"), 0);
	ck_assert_uint_eq(glob_index_first(index->units.globs, "u100.service"), 100);
	ck_assert_uint_eq(index->units.any.count, 1);
	ck_assert_uint_gt(glob_index_first(index->exes, "/usr/bin/python3"), LARGE - 50);
	baseline_free(baseline);
}
END_TEST

START_TEST(test_entry_is_found_by_its_name)
{
	random_state = 100;
	for (int i = 0; i < 20; i++) {
		struct baseline *baseline = make_baseline(LARGE);
		char name[WORD_SIZE];

		for (unsigned j = 0; j < 2 * LARGE; j++) {
			snprintf(name, sizeof(name), "e%u", j);
			ck_assert_ptr_eq(baseline_find(baseline, name),
					 reference_named(baseline, name));
		}
		baseline_free(baseline);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("baseline_index");
	TCase *tc = tcase_create("baseline_index");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 600);
	tcase_add_loop_test(tc, test_index_finds_what_asking_each_finds, 0, 2);
	tcase_add_test(tc, test_entries_that_speak_equally_for_a_process_are_a_tie);
	tcase_add_test(tc, test_entries_of_an_interpreter_are_kept_under_their_units);
	tcase_add_test(tc, test_entry_is_found_by_its_name);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

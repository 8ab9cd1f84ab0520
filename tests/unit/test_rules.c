/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules: their text as binary, what is the same, what hides what, and files that come and go.
 * Nothing here asks the kernel's audit system; tests/live/rules_test.py does.
 */
#define _GNU_SOURCE
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "rules/compare.h"
#include "rules/file.h"
#include "rules/filecaps.h"
#include "rules/install.h"
#include "rules/profile.h"
#include "rules/ruleset.h"

static struct ruleset read_rules(const char *text)
{
	struct ruleset set = {0};
	struct error err = {""};

	ck_assert_msg(ruleset_read_text(&set, "test", text, &err) == 0, "%s", err.text);
	return set;
}

static void expect_error(const char *text, const char *message)
{
	struct ruleset set = {0};
	struct error err = {""};

	ck_assert_int_eq(ruleset_read_text(&set, "x.rules", text, &err), -1);
	ck_assert_str_eq(err.text, message);
	ruleset_free(&set);
}

static uint32_t value_of(const struct rule *rule, uint32_t field)
{
	for (unsigned i = 0; i < rule->data->field_count; i++)
		if (rule->data->fields[i] == field)
			return rule->data->values[i];
	ck_abort_msg("the rule has no field %u", field);
	return 0;
}

/* reading */

START_TEST(test_a_rule_becomes_what_the_kernel_takes)
{
	struct ruleset set = read_rules(
		"-a always,exit -F arch=b64 -S prctl -F a0=0x1c -F auid=unset "
		"-C uid!=euid -F key=capwatch_securebits\n");
	const struct audit_rule_data *data = set.items[0].data;
	int prctl_number = audit_name_to_syscall("prctl", audit_determine_machine("b64"));
	size_t length;

	ck_assert_uint_eq(data->flags, AUDIT_FILTER_EXIT);
	ck_assert_uint_eq(data->action, AUDIT_ALWAYS);
	ck_assert_uint_eq(data->field_count, 5);
	ck_assert(rule_has_call(data, prctl_number));
	ck_assert(!rule_has_call(data, prctl_number + 1));
	ck_assert_uint_eq(value_of(&set.items[0], AUDIT_ARG0), 0x1c);
	ck_assert_uint_eq(value_of(&set.items[0], AUDIT_LOGINUID), UINT32_MAX);
	ck_assert_uint_eq(value_of(&set.items[0], AUDIT_FIELD_COMPARE), AUDIT_COMPARE_UID_TO_EUID);
	ck_assert_uint_eq(data->fieldflags[3], AUDIT_NOT_EQUAL);
	ck_assert_mem_eq(rule_field_string(data, 4, &length), "capwatch_securebits", 19);
	ck_assert_uint_eq(length, 19);
	ruleset_free(&set);
}
END_TEST

START_TEST(test_a_comment_belongs_to_the_rules_below_it)
{
	struct ruleset set = read_rules(
		"# head\n\n# what\n# it catches\n-a always,exit -F arch=b64 -S capset\n"
		"-a always,exit -F arch=b32 -S capset\n# other\n-c\n"
		"-a never,task\n");

	ck_assert_uint_eq(set.count, 3);
	ck_assert_str_eq(set.items[0].comment, "what it catches");
	ck_assert_str_eq(set.items[1].comment, "what it catches");
	ck_assert_str_eq(set.items[2].comment, "other");
	ck_assert_uint_eq(set.items[1].line, 6);
	ruleset_free(&set);
}
END_TEST

START_TEST(test_an_error_names_file_line_and_word)
{
	expect_error("\n-a always,exit -F arch=b64 -S capsett\n",
		     "x.rules:2: this machine has no system call 'capsett'");
	expect_error("-a always,exit -F colour=red\n", "x.rules:1: unknown field 'colour'");
	expect_error("-a always,exit -F arch=b65\n",
		     "x.rules:1: 'arch=b65' has no value that arch takes");
	expect_error("-a always,exit -F perm=q\n",
		     "x.rules:1: 'perm=q' has no value that perm takes");
	expect_error("-a always,exit -F a0\n", "x.rules:1: 'a0' is no field=value");
	expect_error("-a sometimes,exit\n", "x.rules:1: 'sometimes,exit' is no action and list");
	expect_error("-a always,exit -S\n", "x.rules:1: '-S' has no argument");
	expect_error("-w /etc/passwd -p wa\n", "x.rules:1: '-w' is no option of a filter rule");
	expect_error("-F arch=b64\n", "x.rules:1: the rule has no -a or -A");
}
END_TEST

START_TEST(test_lines_of_others_are_passed_over_when_lenient)
{
	struct ruleset set = {.lenient = true};
	struct error err = {""};

	ck_assert_int_eq(
		ruleset_read_text(&set, "site",
				  "-D\n-b 8192\n-w /etc/passwd -p wa -k id\n-a never,task\n-e 2\n",
				  &err),
		0);
	ck_assert_uint_eq(set.count, 1);
	ck_assert_uint_eq(set.items[0].data->flags, AUDIT_FILTER_TASK);
	ruleset_free(&set);
}
END_TEST

START_TEST(test_a_rule_prints_as_auditctl_does)
{
	static const char line[] =
		"-a always,exit -F arch=b64 -S execve,execveat -C uid!=euid -F euid=0 "
		"-F key=capwatch_exec";
	struct ruleset set = read_rules(line);
	char text[RULE_LINE_MAX];

	ck_assert_str_eq(rule_to_text(set.items[0].data, text, sizeof(text)), line);
	ck_assert_str_eq(rule_to_text(set.items[0].data, text, 20), "-a always,exit -F a");
	ruleset_free(&set);
}
END_TEST

START_TEST(test_bytes_cut_anywhere_never_crash)
{
	static const char text[] =
		"# c\n-a always,exit -F arch=b64 -S prctl,463 -F a0&0x10000000 "
		"-C uid!=euid -F perm=wa -F dir=/x -k y\n-A never,exit -F exe=/z\n";

	for (size_t cut = 0; cut < sizeof(text); cut++) {
		struct ruleset set = {.lenient = true};
		char *part = strndup(text, cut);

		ruleset_read_text(&set, "cut", part, NULL);
		ruleset_free(&set);
		free(part);
	}
}
END_TEST

/* comparing */

/* What the kernel would list for these rules. */
static struct kernel_rules as_loaded(const char *text)
{
	struct ruleset set = read_rules(text);
	struct kernel_rules loaded = {.items = calloc(set.count + 1, sizeof(*loaded.items))};

	for (size_t i = 0; i < set.count; i++) {
		loaded.items[loaded.count++] = set.items[i].data;
		set.items[i].data = NULL;
	}
	ruleset_free(&set);
	return loaded;
}

static void expect_counts(const char *wanted_text, const char *loaded_text,
			  const size_t expected[4])
{
	struct ruleset wanted = read_rules(wanted_text);
	struct kernel_rules loaded = as_loaded(loaded_text);
	struct comparison comparison;

	ck_assert_int_eq(rules_compare(&wanted, &loaded, &comparison, NULL), 0);
	for (int kind = 0; kind < 4; kind++)
		ck_assert_msg(comparison.counts[kind] == expected[kind], "kind %d: %zu, not %zu",
			      kind, comparison.counts[kind], expected[kind]);
	comparison_free(&comparison);
	kernel_rules_free(&loaded);
	ruleset_free(&wanted);
}

#define CAPSET "-a always,exit -F arch=b64 -S capset -F key=capwatch_capset\n"
#define CAPSET32 "-a always,exit -F arch=b32 -S capset -F key=capwatch_capset\n"
#define NEVER "-A never,exit -F arch=b64 -S read -F exe=/usr/sbin/audisp-capwatch\n"

START_TEST(test_the_same_rules_are_no_difference)
{
	expect_counts(NEVER CAPSET CAPSET32, NEVER CAPSET CAPSET32, (size_t[]){0, 0, 0, 0});
}
END_TEST

START_TEST(test_another_key_is_no_difference)
{
	expect_counts(CAPSET, "-a always,exit -F arch=b64 -S capset -k site\n",
		      (size_t[]){0, 0, 0, 0});
	expect_counts(CAPSET, "-a always,exit -F arch=b64 -S capset\n", (size_t[]){0, 0, 0, 0});
}
END_TEST

START_TEST(test_a_missing_twin_is_found)
{
	expect_counts(CAPSET CAPSET32, CAPSET, (size_t[]){1, 0, 0, 0});
	expect_counts(CAPSET, "-a always,exit -F arch=b64 -S capset -F success=1\n",
		      (size_t[]){1, 0, 0, 0});
	expect_counts(CAPSET, "-a never,exit -F arch=b64 -S capset\n", (size_t[]){1, 0, 0, 0});
}
END_TEST

START_TEST(test_a_rule_of_ours_not_wanted_is_extra)
{
	expect_counts(CAPSET, CAPSET CAPSET32, (size_t[]){0, 0, 0, 1});
	expect_counts(CAPSET, NEVER CAPSET, (size_t[]){0, 0, 0, 1});
	expect_counts(CAPSET, CAPSET "-a always,exit -F arch=b64 -S mount -k capwatch\n",
		      (size_t[]){0, 0, 0, 0});
}
END_TEST

START_TEST(test_an_earlier_never_hides_a_later_one_does_not)
{
	expect_counts(CAPSET, "-a never,exit -F arch=b64 -S capset\n" CAPSET,
		      (size_t[]){0, 1, 0, 0});
	expect_counts(CAPSET, CAPSET "-a never,exit -F arch=b64 -S capset\n",
		      (size_t[]){0, 0, 0, 0});
	expect_counts(CAPSET, CAPSET "-a never,task\n", (size_t[]){0, 1, 0, 0});
	expect_counts(CAPSET, "-a never,exit -F exe=/usr/bin/agent\n" CAPSET,
		      (size_t[]){0, 0, 1, 0});
}
END_TEST

static enum rule_cover cover(const char *earlier, const char *wanted)
{
	struct ruleset a = read_rules(earlier), b = read_rules(wanted);
	enum rule_cover result = rule_covers(a.items[0].data, &b.items[0]);

	ruleset_free(&a);
	ruleset_free(&b);
	return result;
}

#define SECUREBITS "-a always,exit -F arch=b64 -S prctl -F a0=0x1c"
#define SERVICE_EXEC "-a always,exit -F arch=b64 -S execve,execveat -F auid=unset"
#define LASTCAP                                                                                    \
	"-a always,exit -F arch=b64 -S openat,truncate -F perm=w -F exit=-EACCES -F obj_uid=0 "    \
	"-F filetype=file"
#define PROGRAM_FILE "-a always,exit -F arch=b64 -S execve,execveat -F path=/usr/bin/x -F perm=x"
#define FOLDER "-a always,exit -F arch=b64 -F dir=/proc/sys/kernel -F perm=wa"

START_TEST(test_what_a_never_rule_covers)
{
	ck_assert_int_eq(cover("-a never,exit -S all", SECUREBITS), COVER_ALL);
	ck_assert_int_eq(cover("-a never,exit -F arch=b64 -S prctl", SECUREBITS), COVER_ALL);
	ck_assert_int_eq(cover("-a never,exit -F arch=b64 -S prctl -F a0<100", SECUREBITS),
			 COVER_ALL);
	ck_assert_int_eq(cover("-a never,exit -F arch=b64 -S prctl -F a0&=0x4", SECUREBITS),
			 COVER_ALL);
	ck_assert_int_eq(cover("-a never,exit -F arch=b64 -S prctl -F a0=15", SECUREBITS),
			 COVER_NOTHING);
	ck_assert_int_eq(cover("-a never,exit -F arch=b64 -S prctl -F a0!=28", SECUREBITS),
			 COVER_NOTHING);
	ck_assert_int_eq(cover("-a never,exit -F arch=b32 -S prctl", SECUREBITS), COVER_NOTHING);
	ck_assert_int_eq(cover("-a never,exit -F arch=b64 -S capset", SECUREBITS), COVER_NOTHING);
	ck_assert_int_eq(cover("-a always,exit -F arch=b64 -S prctl", SECUREBITS), COVER_NOTHING);
	ck_assert_int_eq(cover("-a never,exit -F uid=0", SECUREBITS), COVER_PART);
	ck_assert_int_eq(cover("-a never,exit -F auid=unset", SERVICE_EXEC), COVER_ALL);
	ck_assert_int_eq(cover("-a never,exit -F auid=1000", SERVICE_EXEC), COVER_NOTHING);
	ck_assert_int_eq(cover("-a never,exit -F auid>=1000 -F auid!=unset", SERVICE_EXEC),
			 COVER_NOTHING);
	ck_assert_int_eq(cover("-a never,exit -F arch=b64 -S execve", SERVICE_EXEC), COVER_PART);
}
END_TEST

START_TEST(test_a_path_rule_covers_only_calls_with_paths)
{
	ck_assert_int_eq(cover("-a never,exit -F dir=/opt -F perm=rwxa", SECUREBITS),
			 COVER_NOTHING);
	ck_assert_int_eq(cover("-a never,exit -F path=/usr/bin/x -F perm=x", SERVICE_EXEC),
			 COVER_PART);
	ck_assert_int_eq(
		cover("-a never,exit -F dir=/proc/sys/kernel -F perm=wa -F arch=b64", FOLDER),
		COVER_ALL);
	ck_assert_int_eq(cover("-a never,exit -F arch=b64 -S prctl", LASTCAP), COVER_NOTHING);
	ck_assert_int_eq(cover("-a never,exit -F arch=b64 -S openat -F dir=/proc", FOLDER),
			 COVER_NOTHING);
	ck_assert_int_eq(cover("-a never,exit -F arch=b64 -S openat -F dir=/proc", LASTCAP),
			 COVER_PART);
	ck_assert_int_eq(cover("-a never,filesystem -F fstype=0x9fa0", LASTCAP), COVER_ALL);
	ck_assert_int_eq(cover("-a never,filesystem -F fstype=0x74726163", LASTCAP), COVER_NOTHING);
	ck_assert_int_eq(cover("-a never,filesystem -F fstype=0x9fa0", PROGRAM_FILE),
			 COVER_NOTHING);
}
END_TEST

START_TEST(test_excluded_records_hide)
{
	ck_assert_int_eq(cover("-a always,exclude -F msgtype=CAPSET", SECUREBITS), COVER_ALL);
	ck_assert_int_eq(cover("-a never,exclude -F msgtype>=1300 -F msgtype<=1399", SECUREBITS),
			 COVER_ALL);
	ck_assert_int_eq(cover("-a always,exclude -F msgtype=SYSCALL -F uid=0", SECUREBITS),
			 COVER_PART);
	ck_assert_int_eq(cover("-a always,exclude -F msgtype=CWD", SECUREBITS), COVER_NOTHING);
}
END_TEST

/* auditctl 3.0.9 loads "-a task,never" with all calls set, which that list never looks at. */
START_TEST(test_a_task_rule_is_the_same_whatever_its_calls)
{
	struct ruleset written = read_rules("-a task,never\n");
	struct ruleset loaded = read_rules("-a never,task\n");
	struct ruleset other = read_rules("-a never,task -F uid=1\n");

	memset(loaded.items[0].data->mask, 0xff, sizeof(loaded.items[0].data->mask));
	ck_assert(rule_same(&written.items[0], loaded.items[0].data));
	ck_assert(!rule_same(&written.items[0], other.items[0].data));
	memset(loaded.items[0].data->mask, 0, sizeof(loaded.items[0].data->mask));
	ck_assert(rule_same(&written.items[0], loaded.items[0].data));
	ruleset_free(&written);
	ruleset_free(&loaded);
	ruleset_free(&other);
}
END_TEST

/* auditctl 4 gives a rule with perm and no -S the calls of that perm alone. */
START_TEST(test_a_narrowed_rule_by_perm_is_the_same)
{
	struct ruleset wanted = read_rules(FOLDER);
	struct ruleset loaded = read_rules("-a always,exit -F arch=b64 -S openat,openat2,truncate "
					   "-F dir=/proc/sys/kernel -F perm=wa");
	struct ruleset other = read_rules(
		"-a always,exit -F arch=b64 -S read -F dir=/proc/sys/kernel "
		"-F perm=wa");

	ck_assert(rule_same(&wanted.items[0], loaded.items[0].data));
	ck_assert(!rule_same(&wanted.items[0], other.items[0].data));
	ruleset_free(&wanted);
	ruleset_free(&loaded);
	ruleset_free(&other);
}
END_TEST

/* auditctl 4.0.2 adds the calls of perm to those of -S. Fewer are not enough, and a never rule with
 * more of them is another. */
START_TEST(test_a_rule_widened_by_perm_is_the_same)
{
	struct ruleset wanted = read_rules(
		"-a always,exit -F arch=b64 -S openat,truncate -F perm=w -F obj_uid=0\n"
		"-a never,exit -F arch=b64 -S openat,truncate -F perm=w -F obj_uid=0");
	struct ruleset loaded = read_rules(
		"-a always,exit -F arch=b64 -S openat,truncate,bind -F perm=w -F obj_uid=0\n"
		"-a never,exit -F arch=b64 -S openat,truncate,bind -F perm=w -F obj_uid=0\n"
		"-a always,exit -F arch=b64 -S openat,bind -F perm=w -F obj_uid=0");

	ck_assert(rule_same(&wanted.items[0], loaded.items[0].data));
	ck_assert(!rule_same(&wanted.items[1], loaded.items[1].data));
	ck_assert(!rule_same(&wanted.items[0], loaded.items[2].data));
	ruleset_free(&wanted);
	ruleset_free(&loaded);
}
END_TEST

/* what is shipped */

static struct rules_place shipped_place(const char *root)
{
	static char folder[PATH_MAX];
	const char *build = getenv("builddir");

	snprintf(folder, sizeof(folder), "%s/rules/shipped", build ? build : ".");
	return (struct rules_place){root, folder};
}

static struct ruleset shipped_rules(unsigned profiles)
{
	struct rules_place place = shipped_place("/nonexistent");
	struct ruleset rules = {0};
	struct error err = {""};

	ck_assert_msg(profile_wanted(&place, profiles, &rules, &err) == 0, "%s", err.text);
	return rules;
}

static bool is_about_32_bits(const struct rule *rule)
{
	return rule_machine(rule->data) == audit_determine_machine("b32");
}

START_TEST(test_every_rule_shipped_has_a_comment_a_key_and_a_twin)
{
	struct ruleset rules = shipped_rules(PROFILE_CORE | PROFILE_EXEC | PROFILE_FILE_CAPS);
	size_t of_32_bits = 0;

	ck_assert_uint_ge(rules.count, 30);
	for (size_t i = 0; i < rules.count; i++) {
		ck_assert_msg(rules.items[i].comment[0], "no comment: %s", rules.items[i].text);
		ck_assert_msg(strstr(rules.items[i].text, "-F key=capwatch_"), "no key: %s",
			      rules.items[i].text);
		of_32_bits += is_about_32_bits(&rules.items[i]);
	}
	ck_assert_uint_eq(of_32_bits * 2, rules.count);
	ruleset_free(&rules);
}
END_TEST

/* By exact flags that read, or by O_PATH, beside which the kernel ignores all others. */
static void expect_no_writing(const struct rule *rule)
{
	const uint32_t writing = O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);
	uint32_t flags = value_of(rule, AUDIT_ARG2);

	for (unsigned i = 0; i < rule->data->field_count; i++) {
		if (rule->data->fields[i] != AUDIT_ARG2)
			continue;
		ck_assert(rule->data->fieldflags[i] == AUDIT_EQUAL ||
			  (rule->data->fieldflags[i] == AUDIT_BIT_TEST && flags == O_PATH));
		ck_assert_uint_eq(flags & writing, 0);
	}
}

START_TEST(test_never_rules_hide_nothing_that_gains_or_writes)
{
	static const char *const kept[] = {
		"capset",	 "prctl",     "setuid",	   "setreuid", "setresuid", "setfsuid",
		"setgid",	 "setgroups", "execve",	   "execveat", "setns",	    "unshare",
		"clone",	 "clone3",    "fork",	   "vfork",    "ptrace",    "bpf",
		"setxattr",	 "lsetxattr", "fsetxattr", "write",    "pwrite64",  "writev",
		"openat2",	 "creat",     "truncate",  "rename",   "renameat",  "renameat2",
		"unlink",	 "unlinkat",  "mount",	   "ioctl",    "mmap",	    "connect",
		"io_uring_enter"};
	struct ruleset rules = shipped_rules(PROFILE_NEVER);
	int machine = audit_determine_machine("b64");

	ck_assert_uint_eq(rules.count, 7);
	for (size_t i = 0; i < rules.count; i++) {
		const struct rule *rule = &rules.items[i];

		ck_assert_uint_eq(rule->data->action, AUDIT_NEVER);
		ck_assert_msg(rule->comment[0], "no comment: %s", rule->text);
		ck_assert(value_of(rule, AUDIT_EXE) > 0);
		ck_assert(!is_about_32_bits(rule));
		for (size_t n = 0; n < sizeof(kept) / sizeof(kept[0]); n++)
			ck_assert_msg(
				!rule_has_call(rule->data, audit_name_to_syscall(kept[n], machine)),
				"%s: %s", kept[n], rule->text);
		if (rule_has_call(rule->data, audit_name_to_syscall("openat", machine)))
			expect_no_writing(rule);
	}
	ruleset_free(&rules);
}
END_TEST

START_TEST(test_profiles_are_named)
{
	unsigned profiles;
	struct error err = {""};

	ck_assert_int_eq(profile_parse("core,file-caps", &profiles, &err), 0);
	ck_assert_uint_eq(profiles, PROFILE_NEVER | PROFILE_CORE | PROFILE_FILE_CAPS);
	ck_assert_int_eq(profile_parse("core,exce", &profiles, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "did you mean exec?"));
	ck_assert_int_eq(profile_parse("", &profiles, &err), -1);
}
END_TEST

/* files */

static char root[] = "/tmp/capwatch-test-rules-XXXXXX";
static char rules_folder[PATH_MAX];

static void make_root(void)
{
	strcpy(root + strlen(root) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	snprintf(rules_folder, sizeof(rules_folder), "%s/etc/audit/rules.d", root);
}

static void remove_tree(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char path[PATH_MAX];

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (unlink(path) < 0)
			remove_tree(path);
	}
	if (dir)
		closedir(dir);
	rmdir(folder);
}

static void drop_root(void)
{
	remove_tree(root);
}

static struct install_options into_root(unsigned profiles)
{
	return (struct install_options){.place = shipped_place(root), .profiles = profiles};
}

static size_t files_in_folder(void)
{
	DIR *dir = opendir(rules_folder);
	const struct dirent *entry;
	size_t count = 0;

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)))
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(dir);
	return count;
}

static char *installed_path(int i, char path[2 * PATH_MAX])
{
	snprintf(path, 2 * PATH_MAX, "%s/%s", rules_folder, profile_files[i].installed);
	return path;
}

static void put_file(const char *name, const char *text)
{
	ck_assert_int_eq(rules_file_write(rules_folder, name, text, NULL), 0);
}

static void install(unsigned profiles)
{
	struct install_options options = into_root(profiles);
	struct error err = {""};

	ck_assert_msg(rules_install(&options, &err) == INSTALL_DONE, "%s", err.text);
}

START_TEST(test_install_writes_and_remove_takes_away_exactly_ours)
{
	struct install_options options = into_root(PROFILE_ALL);

	install(PROFILE_ALL);
	ck_assert_uint_eq(files_in_folder(), PROFILE_FILES);
	put_file("zz-site.rules", "-w /etc/passwd -p wa -k id\n");
	install(PROFILE_ALL);
	ck_assert_uint_eq(files_in_folder(), PROFILE_FILES + 1);
	ck_assert_int_eq(rules_remove(&options, NULL), INSTALL_DONE);
	ck_assert_uint_eq(files_in_folder(), 1);
	ck_assert_int_eq(rules_remove(&options, NULL), INSTALL_DONE);
}
END_TEST

START_TEST(test_install_again_touches_no_file)
{
	char path[2 * PATH_MAX];
	struct stat before, after;

	install(PROFILE_ALL);
	ck_assert_int_eq(stat(installed_path(2, path), &before), 0);
	ck_assert_uint_eq(before.st_mode & 07777, 0640);
	install(PROFILE_ALL);
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
}
END_TEST

START_TEST(test_install_of_fewer_profiles_takes_the_others_away)
{
	struct rules_place place = shipped_place(root);

	install(PROFILE_ALL);
	install(PROFILE_NEVER | PROFILE_CORE);
	ck_assert_uint_eq(profile_installed(&place), PROFILE_NEVER | PROFILE_CORE);
	ck_assert_uint_eq(files_in_folder(), 3);
}
END_TEST

START_TEST(test_another_owners_file_of_our_name_is_left_alone)
{
	struct install_options options = into_root(PROFILE_ALL);
	struct error err = {""};
	char path[2 * PATH_MAX], *text;

	install(PROFILE_NEVER | PROFILE_CORE);
	put_file(profile_files[3].installed, "-a always,exit -S mount -k site\n");
	ck_assert_int_eq(rules_install(&options, &err), INSTALL_FAILED);
	ck_assert_ptr_nonnull(strstr(err.text, "is not capwatch's"));
	ck_assert_uint_eq(files_in_folder(), 4);
	ck_assert_int_eq(rules_remove(&options, &err), INSTALL_FAILED);
	text = rules_file_read(installed_path(3, path), NULL);
	ck_assert_str_eq(text, "-a always,exit -S mount -k site\n");
	free(text);
}
END_TEST

struct heard {
	char text[4096];
};

static void hear(void *ctx, int priority, const char *line)
{
	struct heard *heard = ctx;
	size_t used = strlen(heard->text);

	(void)priority;
	snprintf(heard->text + used, sizeof(heard->text) - used, "%s\n", line);
}

START_TEST(test_a_sites_rule_that_hides_ours_is_named)
{
	struct heard heard = {""};
	struct logger log = {hear, &heard, 7};
	struct install_options options = into_root(PROFILE_ALL);

	install(PROFILE_NEVER);
	put_file("10-none.rules", "# Fedora ships this\n-D\n-a task,never\n");
	put_file("20-chrony.rules", "-a never,exit -F arch=b64 -S adjtimex -F auid=unset\n");
	put_file("30-note.txt", "-a never,exit -S all\n");
	options.log = &log;
	ck_assert_int_eq(rules_install(&options, NULL), INSTALL_DONE);
	ck_assert_ptr_nonnull(strstr(heard.text, "10-none.rules:3 hides what"));
	ck_assert_ptr_null(strstr(heard.text, "20-chrony"));
	ck_assert_ptr_null(strstr(heard.text, "30-note"));
}
END_TEST

START_TEST(test_a_missing_folder_of_rules_is_one_clear_error)
{
	struct install_options options = {.place = {root, "/nonexistent"}, .profiles = PROFILE_ALL};
	struct error err = {""};

	ck_assert_int_eq(rules_install(&options, &err), INSTALL_FAILED);
	ck_assert_str_eq(err.text, "/nonexistent/never.rules: No such file or directory");
	ck_assert_int_eq(access(rules_folder, F_OK), -1);
}
END_TEST

START_TEST(test_names_sort_before_and_after_any_sites)
{
	/* ls -v orders a tilde before the end, digits, letters and then the rest */
	ck_assert(strncmp(profile_files[0].installed, "00~", 3) == 0);
	for (int i = 1; i < PROFILE_FILES; i++) {
		ck_assert(strncmp(profile_files[i].installed, "__", 2) == 0);
		if (i > 1)
			ck_assert(strcmp(profile_files[i - 1].installed,
					 profile_files[i].installed) < 0);
	}
}
END_TEST

START_TEST(test_no_file_with_capabilities_is_a_file_without_rules)
{
	struct error err = {""};
	char *text = filecaps_rules(root, &err);
	struct ruleset rules;

	ck_assert_msg(text != NULL, "%s", err.text);
	ck_assert(strncmp(text, RULES_FILE_MARK, strlen(RULES_FILE_MARK)) == 0);
	rules = read_rules(text);
	ck_assert_uint_eq(rules.count, 0);
	ruleset_free(&rules);
	free(text);
}
END_TEST

static Suite *rules_suite(void)
{
	Suite *suite = suite_create("rules");
	TCase *reading = tcase_create("reading"), *comparing = tcase_create("comparing"),
	      *shipped = tcase_create("shipped"), *files = tcase_create("files");

	tcase_add_test(reading, test_a_rule_becomes_what_the_kernel_takes);
	tcase_add_test(reading, test_a_comment_belongs_to_the_rules_below_it);
	tcase_add_test(reading, test_an_error_names_file_line_and_word);
	tcase_add_test(reading, test_lines_of_others_are_passed_over_when_lenient);
	tcase_add_test(reading, test_a_rule_prints_as_auditctl_does);
	tcase_add_test(reading, test_bytes_cut_anywhere_never_crash);
	tcase_add_test(comparing, test_the_same_rules_are_no_difference);
	tcase_add_test(comparing, test_another_key_is_no_difference);
	tcase_add_test(comparing, test_a_missing_twin_is_found);
	tcase_add_test(comparing, test_a_rule_of_ours_not_wanted_is_extra);
	tcase_add_test(comparing, test_an_earlier_never_hides_a_later_one_does_not);
	tcase_add_test(comparing, test_what_a_never_rule_covers);
	tcase_add_test(comparing, test_a_path_rule_covers_only_calls_with_paths);
	tcase_add_test(comparing, test_excluded_records_hide);
	tcase_add_test(comparing, test_a_task_rule_is_the_same_whatever_its_calls);
	tcase_add_test(comparing, test_a_narrowed_rule_by_perm_is_the_same);
	tcase_add_test(comparing, test_a_rule_widened_by_perm_is_the_same);
	tcase_add_test(shipped, test_every_rule_shipped_has_a_comment_a_key_and_a_twin);
	tcase_add_test(shipped, test_never_rules_hide_nothing_that_gains_or_writes);
	tcase_add_test(shipped, test_profiles_are_named);
	tcase_add_checked_fixture(files, make_root, drop_root);
	tcase_add_test(files, test_install_writes_and_remove_takes_away_exactly_ours);
	tcase_add_test(files, test_install_again_touches_no_file);
	tcase_add_test(files, test_install_of_fewer_profiles_takes_the_others_away);
	tcase_add_test(files, test_another_owners_file_of_our_name_is_left_alone);
	tcase_add_test(files, test_a_sites_rule_that_hides_ours_is_named);
	tcase_add_test(files, test_a_missing_folder_of_rules_is_one_clear_error);
	tcase_add_test(files, test_names_sort_before_and_after_any_sites);
	tcase_add_test(files, test_no_file_with_capabilities_is_a_file_without_rules);
	suite_add_tcase(suite, reading);
	suite_add_tcase(suite, comparing);
	suite_add_tcase(suite, shipped);
	suite_add_tcase(suite, files);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(rules_suite());
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

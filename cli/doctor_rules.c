/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_rules: the rules installed, the rules loaded, and what stands in their way. */
#include "cli/doctor.h"

#include <stdlib.h>
#include <string.h>
#include "cli/doctor_shell.h"
#include "rules/file.h"
#include "rules/sight.h"

enum {
	FAULTS_SHOWN = 8, /* of one kind; how many more there are is said */
	PR_SET_SECCOMP_NUMBER = 22,
};

static bool has_rules(const struct doctor_facts *facts, struct doctor_report *report)
{
	if (!facts->host->running)
		doctor_skip(report, "the kernel is not asked with --root");
	else if (*facts->loaded_error.text)
		doctor_skip(report, "the kernel did not tell its rules: see kernel.auditing");
	else if (*facts->wanted_error.text)
		doctor_skip(report, "the rules needed are not known: see rules.installed");
	else
		return true;
	return false;
}

static void mend_by_install(const struct doctor_facts *facts, struct doctor_report *report)
{
	bool immutable = facts->status.enabled == KERNEL_AUDIT_IMMUTABLE;
	doctor_text text;

	doctor_mend(report, "%s%s", doctor_shell_install_rules(facts, text),
		    immutable ? " && systemctl reboot" : "");
}

/* ---- the files ---- */

static void check_installed(const struct doctor_facts *facts, struct doctor_report *report)
{
	char folder[PATH_MAX] = "";

	profile_path(&facts->place, "", folder, NULL);
	if (*facts->wanted_error.text) {
		doctor_broken(report, "the rules needed are not known: %s",
			      facts->wanted_error.text);
		doctor_mend(report, "# install capwatch's package again, or run make install where "
				    "it was built");
	} else if (facts->profiles & ~(unsigned)PROFILE_NEVER) {
		doctor_ok(report, "capwatch's rules are in %s: %zu of them", folder,
			  facts->wanted.count);
	} else {
		doctor_broken(report, "capwatch's rules are not in %s", folder);
		mend_by_install(facts, report);
	}
}

/* Of the file that is made from this host's programs, whose search takes long and was done once:
 * its rules are those that are wanted from it. */
static bool has_found_rules(const struct doctor_facts *facts, const struct profile_file *file,
			    const char *path)
{
	struct ruleset installed = {0};
	size_t wanted = 0, same = 0;
	bool current;

	if (ruleset_read_file(&installed, path, NULL) < 0) {
		ruleset_free(&installed);
		return false;
	}
	for (size_t i = 0; i < facts->wanted.count; i++) {
		const struct rule *rule = &facts->wanted.items[i];

		if (strcmp(rule->file, file->installed) != 0)
			continue;
		wanted++;
		for (size_t j = 0; j < installed.count; j++)
			same += strcmp(rule->text, installed.items[j].text) == 0;
	}
	current = wanted == installed.count && same == wanted;
	ruleset_free(&installed);
	return current;
}

/* Of an installed profile: whether its file says what this version of capwatch needs. */
static bool is_current(const struct doctor_facts *facts, const struct profile_file *file)
{
	char path[PATH_MAX], *installed, *needed;
	bool same;

	if (!(facts->profiles & file->profile) ||
	    profile_path(&facts->place, file->installed, path, NULL) < 0)
		return true;
	if (!file->shipped)
		return has_found_rules(facts, file, path);
	needed = profile_text(&facts->place, file, NULL);
	installed = rules_file_read(path, NULL);
	/* the rules for a program that is not here are left out on purpose */
	if (needed && installed)
		same = strcmp(needed, installed) == 0;
	else
		same = !needed || file->profile == PROFILE_NEVER;
	free(needed);
	free(installed);
	return same;
}

static void check_current(const struct doctor_facts *facts, struct doctor_report *report)
{
	for (int i = 0; i < PROFILE_FILES; i++) {
		if (is_current(facts, &profile_files[i]))
			continue;
		doctor_warn(report,
			    "%s is not as this version of capwatch, on this host, would "
			    "write it",
			    profile_files[i].installed);
		mend_by_install(facts, report);
		return;
	}
	doctor_ok(report, "the installed rules are those of this version");
}

/* A rule of the site's that is not loaded now, and would blind as soon as it is. */
static void check_files(const struct doctor_facts *facts, struct doctor_report *report)
{
	size_t found = 0;

	for (size_t i = 0; i < facts->site.count; i++) {
		const struct rule *site = &facts->site.items[i];
		doctor_text text;
		size_t hidden = 0;
		bool loaded = false;

		for (size_t j = 0; j < facts->wanted.count; j++)
			hidden += facts->wanted.items[j].data->action != AUDIT_NEVER &&
				  rule_covers(site->data, &facts->wanted.items[j]) == COVER_ALL;
		for (size_t j = 0; j < facts->loaded.count; j++)
			loaded = loaded || rule_same(site, facts->loaded.items[j]);
		if (!hidden || loaded)
			continue;
		found++;
		doctor_broken(report,
			      "%s:%u: \"%s\" will hide all that %zu of capwatch's rules record, as "
			      "soon as it is loaded",
			      site->file, site->line, site->text, hidden);
		doctor_mend(report, "%s", doctor_shell_comment_out(site, text));
	}
	if (!found)
		doctor_ok(report, "no rule of %s is about to hide capwatch's",
			  RULES_INSTALLED_FOLDER);
}

/* ---- the kernel's ---- */

static bool is_32_bit(const struct rule *rule)
{
	return rule->data->field_count && rule->data->fields[0] == AUDIT_ARCH &&
	       !(rule->data->values[0] & __AUDIT_ARCH_64BIT);
}

static bool is_loaded(const struct doctor_facts *facts, const struct rule *rule)
{
	for (size_t i = 0; i < facts->loaded.count; i++)
		if (rule_same(rule, facts->loaded.items[i]))
			return true;
	return false;
}

/* The rule before it, for the other ABI, is loaded: a hole rather than a loss. */
static bool is_hole(const struct doctor_facts *facts, const struct rule *rule)
{
	return is_32_bit(rule) && rule > facts->wanted.items && !is_32_bit(rule - 1) &&
	       is_loaded(facts, rule - 1);
}

static void say_missing(const struct doctor_facts *facts, struct doctor_report *report,
			const struct rule *rule)
{
	if (is_hole(facts, rule))
		doctor_broken(report,
			      "not loaded, though its 64-bit twin is: \"%s\": a 64-bit process "
			      "calls the 32-bit ABI through int 0x80, and is not seen",
			      rule->text);
	else
		doctor_broken(report, "not loaded: \"%s\" (%s)", rule->text, rule->comment);
	mend_by_install(facts, report);
}

static void say_cover(const struct doctor_facts *facts, struct doctor_report *report,
		      const struct sight_fault *fault)
{
	char words[SIGHT_TEXT_MAX];
	doctor_text text;

	sight_text(fault, &facts->status, words, sizeof(words));
	if (fault->kind == SIGHT_HIDDEN)
		doctor_broken(report, "%s", words);
	else
		doctor_warn(report, "%s", words);
	doctor_mend(report, "%s%s", doctor_shell_delete_rule(facts, fault->loaded, text),
		    facts->status.enabled == KERNEL_AUDIT_IMMUTABLE ? "; systemctl reboot" : "");
}

static void say_missing_all(const struct doctor_facts *facts, struct doctor_report *report,
			    const struct sight *sight)
{
	doctor_broken(report, "none of the %zu rules that capwatch needs is loaded", sight->wanted);
	mend_by_install(facts, report);
}

static void say_sight(const struct doctor_facts *facts, struct doctor_report *report,
		      const struct sight *sight)
{
	bool all = sight->missing == sight->wanted;
	size_t missing = 0;

	if (all)
		say_missing_all(facts, report, sight);
	for (size_t i = 0; i < sight->count; i++) {
		const struct sight_fault *fault = &sight->items[i];

		if (fault->kind == SIGHT_HIDDEN || fault->kind == SIGHT_NARROWED)
			say_cover(facts, report, fault);
		else if (fault->kind == SIGHT_MISSING && !all && missing++ < FAULTS_SHOWN)
			say_missing(facts, report, fault->wanted);
	}
	if (missing > FAULTS_SHOWN) {
		doctor_broken(report, "%zu more rules are not loaded", missing - FAULTS_SHOWN);
		mend_by_install(facts, report);
	}
}

/* What the status says beside the rules is kernel.*'s. */
static void check_loaded(const struct doctor_facts *facts, struct doctor_report *report)
{
	struct sight_question question = {&facts->status, &facts->loaded, &facts->wanted};
	struct sight sight;
	size_t before = report->count;

	if (!has_rules(facts, report))
		return;
	if (sight_judge(&question, &sight, NULL) < 0) {
		report->incomplete = true;
		return;
	}
	say_sight(facts, report, &sight);
	if (report->count == before)
		doctor_ok(report,
			  "all %zu rules that record are loaded, for both ABIs, and no "
			  "other hides them",
			  sight.wanted);
	sight_free(&sight);
}

static void check_never(const struct doctor_facts *facts, struct doctor_report *report)
{
	if (!has_rules(facts, report))
		return;
	for (size_t i = 0; i < facts->wanted.count; i++) {
		const struct rule *rule = &facts->wanted.items[i];

		if (rule->data->action != AUDIT_NEVER || is_loaded(facts, rule))
			continue;
		doctor_warn(report,
			    "not loaded: \"%.120s\": with rules that audit reads and sends, "
			    "capwatch would feed itself",
			    rule->text);
		mend_by_install(facts, report);
		return;
	}
	doctor_ok(report, "capwatch's own loop is left out of auditing");
}

/* Ours by key or program, and not, or no longer, needed. */
static void check_extra(const struct doctor_facts *facts, struct doctor_report *report)
{
	struct comparison comparison;
	size_t count = 0;

	if (!has_rules(facts, report))
		return;
	if (rules_compare(&facts->wanted, &facts->loaded, &comparison, NULL) < 0) {
		report->incomplete = true;
		return;
	}
	for (size_t i = 0; i < comparison.count; i++) {
		const struct finding *finding = &comparison.items[i];
		char rule[RULE_LINE_MAX];
		doctor_text text;

		if (finding->kind != FINDING_EXTRA || ++count > FAULTS_SHOWN)
			continue;
		doctor_warn(report, "loaded with capwatch's key, and not needed: \"%s\"",
			    rule_to_text(finding->loaded, rule, sizeof(rule)));
		doctor_mend(report, "%s", doctor_shell_delete_rule(facts, finding->loaded, text));
	}
	if (!count)
		doctor_ok(report, "no rule with capwatch's key is loaded that is not needed");
	comparison_free(&comparison);
}

/* ---- rules that do not do what they are written for ---- */

static uint32_t value_of(const struct audit_rule_data *rule, uint32_t field)
{
	for (unsigned i = 0; i < rule->field_count; i++)
		if (rule->fields[i] == field && rule->fieldflags[i] == AUDIT_EQUAL)
			return rule->values[i];
	return 0;
}

static bool is_seccomp_for_securebits(const struct audit_rule_data *rule)
{
	int call = audit_name_to_syscall("prctl", rule_machine(rule));

	return call >= 0 && rule_has_call(rule, call) &&
	       value_of(rule, AUDIT_ARG0) == PR_SET_SECCOMP_NUMBER;
}

static bool is_watch_on_sysctl(const struct audit_rule_data *rule)
{
	static const char *const paths[] = {"/proc/sys/kernel/cap_last_cap", "/proc/sys/kernel"};

	for (unsigned i = 0; i < rule->field_count; i++) {
		size_t length = 0;
		const char *path = rule_field_string(rule, i, &length);

		if (rule->fields[i] != AUDIT_WATCH && rule->fields[i] != AUDIT_DIR)
			continue;
		for (size_t j = 0; path && j < sizeof(paths) / sizeof(paths[0]); j++)
			if (strlen(paths[j]) == length && memcmp(path, paths[j], length) == 0)
				return true;
	}
	return false;
}

static const struct {
	bool (*matches)(const struct audit_rule_data *rule);
	const char *why;
} mistakes[] = {
	{is_seccomp_for_securebits,
	 "a0=0x16 is PR_SET_SECCOMP: with it no change of securebits is ever recorded; "
	 "PR_SET_SECUREBITS is 0x1c"},
	{is_watch_on_sysctl,
	 "a watch on a file of /proc goes dead when the kernel drops its inode: the rules with the "
	 "key capwatch_lastcap do not"},
};

static void check_mistakes(const struct doctor_facts *facts, struct doctor_report *report)
{
	size_t before = report->count;

	if (!has_rules(facts, report))
		return;
	for (size_t i = 0; i < facts->loaded.count; i++) {
		const struct audit_rule_data *loaded = facts->loaded.items[i];
		char rule[RULE_LINE_MAX];
		doctor_text text;

		for (size_t j = 0; j < sizeof(mistakes) / sizeof(mistakes[0]); j++) {
			if (!mistakes[j].matches(loaded))
				continue;
			doctor_warn(report, "\"%s\": %s", rule_to_text(loaded, rule, sizeof(rule)),
				    mistakes[j].why);
			doctor_mend(report, "%s", doctor_shell_delete_rule(facts, loaded, text));
		}
	}
	if (report->count == before)
		doctor_ok(report, "no loaded rule is one of the mistakes that are often copied");
}

/* ---- what the next boot brings ---- */

static bool is_in_files(const struct doctor_facts *facts, const struct audit_rule_data *loaded)
{
	for (size_t i = 0; i < facts->site.count; i++)
		if (rule_same(&facts->site.items[i], loaded))
			return true;
	return false;
}

static void say_not_loaded(const struct doctor_facts *facts, struct doctor_report *report,
			   const struct rule *rule)
{
	doctor_warn(report, "%s:%u: \"%s\" is not loaded", rule->file, rule->line, rule->text);
	doctor_mend(report, facts->status.enabled == KERNEL_AUDIT_IMMUTABLE ? "systemctl reboot"
									    : "augenrules --load");
}

/* A rule that the site has in a file and the kernel has not; ours are rules.loaded's. */
static size_t say_site(const struct doctor_facts *facts, struct doctor_report *report)
{
	size_t count = 0;

	for (size_t i = 0; i < facts->site.count; i++) {
		const struct rule *rule = &facts->site.items[i];

		if (is_loaded(facts, rule) || rules_file_is_ours(rule->file, NULL) == 1)
			continue;
		if (++count <= FAULTS_SHOWN)
			say_not_loaded(facts, report, rule);
	}
	return count;
}

/* Rules that capwatch needs, loaded by hand: the next boot loads files alone. */
static size_t count_lasting(const struct doctor_facts *facts, size_t *loaded)
{
	size_t lasting = 0;

	for (size_t i = 0; i < facts->loaded.count; i++)
		for (size_t j = 0; j < facts->wanted.count; j++) {
			if (!rule_same(&facts->wanted.items[j], facts->loaded.items[i]))
				continue;
			(*loaded)++;
			lasting += is_in_files(facts, facts->loaded.items[i]);
			break;
		}
	return lasting;
}

static void check_lasting(const struct doctor_facts *facts, struct doctor_report *report)
{
	size_t loaded = 0, lasting, site;

	if (!has_rules(facts, report))
		return;
	lasting = count_lasting(facts, &loaded);
	site = say_site(facts, report);
	if (lasting < loaded) {
		doctor_broken(report,
			      "%zu of capwatch's loaded rules are in no file of %s: the next boot, "
			      "or augenrules, takes them away",
			      loaded - lasting, RULES_INSTALLED_FOLDER);
		mend_by_install(facts, report);
	} else if (!site) {
		doctor_ok(report, "what is loaded and what is in %s agree", RULES_INSTALLED_FOLDER);
	}
}

static const struct doctor_check checks[] = {
	{"rules.installed", check_installed}, {"rules.current", check_current},
	{"rules.files", check_files},	      {"rules.loaded", check_loaded},
	{"rules.never", check_never},	      {"rules.extra", check_extra},
	{"rules.mistakes", check_mistakes},   {"rules.lasting", check_lasting},
};

const struct doctor_subject doctor_rules = {checks, sizeof(checks) / sizeof(checks[0])};

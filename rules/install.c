/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/install.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>
#include "rules/file.h"
#include "rules/loader.h"

/* The files of an installation, read and checked before the first is written. */
struct plan {
	char *texts[PROFILE_FILES]; /* NULL: not to be there */
	struct ruleset rules;
};

static void plan_free(struct plan *plan)
{
	for (int i = 0; i < PROFILE_FILES; i++)
		free(plan->texts[i]);
	ruleset_free(&plan->rules);
}

static bool usable_here(const struct install_options *options, const struct ruleset *rules,
			const char *name)
{
	for (size_t i = 0; i < rules->count; i++) {
		if (profile_rule_usable(&options->place, &rules->items[i]))
			continue;
		log_line(options->log, LOG_WARNING,
			 "%s is left out: the program it names is not installed; install capwatch, "
			 "then "
			 "run this again",
			 name);
		return false;
	}
	return true;
}

static int plan_file(const struct install_options *options, struct plan *plan, int i,
		     struct error *err)
{
	const struct profile_file *file = &profile_files[i];
	struct ruleset rules = {0};
	char *text = profile_text(&options->place, file, err);
	int result;

	if (!text)
		return -1;
	result = ruleset_read_text(&rules, file->installed, text, err);
	if (result == 0 && usable_here(options, &rules, file->installed)) {
		result = ruleset_read_text(&plan->rules, file->installed, text, err);
		plan->texts[i] = text;
		text = NULL;
	}
	ruleset_free(&rules);
	free(text);
	return result;
}

static int plan_make(const struct install_options *options, struct plan *plan, struct error *err)
{
	for (int i = 0; i < PROFILE_FILES; i++)
		if ((options->profiles & profile_files[i].profile) &&
		    plan_file(options, plan, i, err) < 0)
			return -1;
	return 0;
}

/* None of our names may be another's file. */
static int check_names_free(const struct rules_place *place, struct error *err)
{
	for (int i = 0; i < PROFILE_FILES; i++) {
		char path[PATH_MAX];

		if (profile_path(place, profile_files[i].installed, path, err) < 0 ||
		    rules_file_is_ours(path, err) < 0)
			return -1;
	}
	return 0;
}

/* Each missing folder of the path, as the audit package would make it. */
static int make_folders(const char *path, struct error *err)
{
	char part[PATH_MAX];

	for (size_t i = 1; path[i - 1]; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0750) < 0 && errno != EEXIST)
			return error_set(err, "%s: %s", part, strerror(errno));
	}
	return 0;
}

static int remove_file(const struct install_options *options, const struct profile_file *file,
		       struct error *err)
{
	char path[PATH_MAX];
	int ours;

	if (profile_path(&options->place, file->installed, path, err) < 0)
		return -1;
	ours = rules_file_is_ours(path, err);
	if (ours <= 0)
		return ours;
	if (unlink(path) < 0)
		return error_set(err, "%s: %s", path, strerror(errno));
	log_line(options->log, LOG_INFO, "removed %s", path);
	return 0;
}

static int write_file(const struct install_options *options, const struct profile_file *file,
		      const char *text, struct error *err)
{
	char folder[PATH_MAX], path[PATH_MAX], *before;
	bool same;

	if (profile_path(&options->place, "", folder, err) < 0 ||
	    profile_path(&options->place, file->installed, path, err) < 0)
		return -1;
	before = rules_file_read(path, NULL);
	same = before && strcmp(before, text) == 0;
	free(before);
	if (same)
		return 0;
	if (rules_file_write(folder, file->installed, text, err) < 0)
		return -1;
	log_line(options->log, LOG_INFO, "wrote %s", path);
	return 0;
}

static int write_plan(const struct install_options *options, const struct plan *plan,
		      struct error *err)
{
	for (int i = 0; i < PROFILE_FILES; i++) {
		int result = plan->texts[i]
				     ? write_file(options, &profile_files[i], plan->texts[i], err)
				     : remove_file(options, &profile_files[i], err);

		if (result < 0)
			return error_prefix(err, "not all files are in place");
	}
	return 0;
}

static void warn_about(const struct install_options *options, const struct rule *site,
		       const struct plan *plan)
{
	size_t all = 0, part = 0;

	for (size_t i = 0; i < plan->rules.count; i++) {
		const struct rule *ours = &plan->rules.items[i];
		enum rule_cover cover = ours->data->action == AUDIT_NEVER
						? COVER_NOTHING
						: rule_covers(site->data, ours);

		all += cover == COVER_ALL;
		part += cover == COVER_PART;
	}
	if (all || part)
		log_line(options->log, LOG_WARNING,
			 "%s:%u hides what %zu of our %zu rules record, and part of %zu more: %s",
			 site->file, site->line, all, plan->rules.count, part, site->text);
}

/* A site's own rules that keep ours from recording; they sort before ours, so each one counts. */
static void warn_of_hiding(const struct install_options *options, const struct plan *plan)
{
	char folder[PATH_MAX];
	const struct dirent *entry;
	DIR *dir;

	if (profile_path(&options->place, "", folder, NULL) < 0 || !(dir = opendir(folder)))
		return;
	while ((entry = readdir(dir))) {
		char path[PATH_MAX];
		struct ruleset site = {.lenient = true};

		if (!rules_file_is_named(entry->d_name) ||
		    profile_path(&options->place, entry->d_name, path, NULL) < 0 ||
		    rules_file_is_ours(path, NULL) == 1)
			continue;
		ruleset_read_file(&site, path, NULL);
		for (size_t i = 0; i < site.count; i++)
			warn_about(options, &site.items[i], plan);
		ruleset_free(&site);
	}
	closedir(dir);
}

/* Runs augenrules and passes on what it said. */
static int run_augenrules(const struct install_options *options, bool load, struct error *err)
{
	struct loader_result result;
	char *state;

	if (loader_run(load, &result, err) < 0)
		return -1;
	if (!result.found)
		log_line(options->log, LOG_WARNING,
			 "there is no augenrules here: see to it that %s is loaded at boot",
			 RULES_INSTALLED_FOLDER);
	else if (result.run.exit_code != 0) {
		log_line(options->log, LOG_WARNING,
			 "augenrules%s ended with exit code %d (the system log may say more):",
			 load ? " --load" : "", result.run.exit_code);
		for (char *line = strtok_r(result.run.output, "\n", &state); line;
		     line = strtok_r(NULL, "\n", &state))
			log_line(options->log, LOG_WARNING, "  %s", line);
	}
	free(result.run.output);
	return 0;
}

/* auditctl stops at the first rule that fails or exists already (a rules.d without -D), which may
 * be a site's: then ours behind it are still to be added. */
static int add_missing(const struct install_options *options, const struct comparison *comparison,
		       const char *who)
{
	size_t added = 0, failed = 0;

	for (size_t i = 0; i < comparison->count; i++) {
		const struct finding *finding = &comparison->items[i];
		struct error err = {""};

		if (finding->kind != FINDING_MISSING)
			continue;
		if (kernel_rule_add(finding->wanted->data, &err) == 0) {
			added++;
			continue;
		}
		failed++;
		log_line(options->log, LOG_ERR, "not loaded: %s (%s)", finding->wanted->text,
			 err.text);
	}
	if (added)
		log_line(options->log, LOG_WARNING,
			 "%zu rules that %s were loaded one by one; mend what does that, or they "
			 "will "
			 "be missing after the next boot",
			 added, who);
	return failed ? -1 : 0;
}

static void delete_extra(const struct install_options *options, const struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->count; i++) {
		char text[RULE_LINE_MAX];
		struct error err = {""};

		if (comparison->items[i].kind != FINDING_EXTRA ||
		    kernel_rule_delete(comparison->items[i].loaded, &err) == 0)
			continue;
		log_line(options->log, LOG_ERR, "not taken away: %s (%s)",
			 rule_to_text(comparison->items[i].loaded, text, sizeof(text)), err.text);
	}
}

/* Brings the kernel to have these of ours and no others, whatever augenrules left undone. */
static enum install_result settle_kernel(const struct install_options *options,
					 const struct ruleset *rules, struct error *err)
{
	struct kernel_rules loaded = {0};
	struct comparison comparison;
	enum install_result result = INSTALL_DONE;

	if (kernel_rules_read(&loaded, err) < 0)
		return INSTALL_FAILED;
	if (rules_compare(rules, &loaded, &comparison, err) < 0) {
		kernel_rules_free(&loaded);
		return INSTALL_FAILED;
	}
	if (comparison.counts[FINDING_MISSING] &&
	    add_missing(options, &comparison, "augenrules did not reach") < 0)
		result = INSTALL_INCOMPLETE;
	delete_extra(options, &comparison);
	comparison_free(&comparison);
	kernel_rules_free(&loaded);
	return result;
}

static enum install_result load(const struct install_options *options, const struct ruleset *rules,
				const struct kernel_status *status, struct error *err)
{
	bool immutable = status->enabled == KERNEL_AUDIT_IMMUTABLE;

	if (run_augenrules(options, !immutable, err) < 0)
		return INSTALL_FAILED;
	if (immutable) {
		log_line(options->log, LOG_WARNING,
			 "the audit configuration is immutable until the next boot (auditctl -e "
			 "2): the "
			 "change takes effect then");
		return INSTALL_DONE;
	}
	if (status->enabled == KERNEL_AUDIT_OFF)
		log_line(options->log, LOG_WARNING,
			 "auditing is switched off now: start auditd, or run auditctl -e 1");
	return settle_kernel(options, rules, err);
}

enum install_result rules_install(const struct install_options *options, struct error *err)
{
	struct kernel_status status = {0};
	struct plan plan = {0};
	enum install_result result = INSTALL_FAILED;
	char folder[PATH_MAX];

	if (options->load && kernel_status_read(&status, err) < 0)
		return INSTALL_FAILED;
	if (plan_make(options, &plan, err) == 0 && check_names_free(&options->place, err) == 0 &&
	    profile_path(&options->place, "", folder, err) == 0 && make_folders(folder, err) == 0 &&
	    write_plan(options, &plan, err) == 0) {
		warn_of_hiding(options, &plan);
		result = options->load ? load(options, &plan.rules, &status, err) : INSTALL_DONE;
	}
	plan_free(&plan);
	return result;
}

static enum install_result restore(const struct install_options *options,
				   const struct ruleset *rules, struct error *err)
{
	struct kernel_rules loaded = {0};
	struct comparison comparison;
	enum install_result result = INSTALL_DONE;

	if (kernel_rules_read(&loaded, err) < 0)
		return INSTALL_FAILED;
	if (rules_compare(rules, &loaded, &comparison, err) < 0) {
		kernel_rules_free(&loaded);
		return INSTALL_FAILED;
	}
	if (comparison.counts[FINDING_MISSING] &&
	    add_missing(options, &comparison, "were gone") < 0)
		result = INSTALL_INCOMPLETE;
	comparison_free(&comparison);
	kernel_rules_free(&loaded);
	return result;
}

enum install_result rules_restore(const struct install_options *options, struct error *err)
{
	unsigned profiles = profile_installed(&options->place);
	enum install_result result = INSTALL_FAILED;
	struct kernel_status status = {0};
	struct ruleset rules = {0};

	if (kernel_status_read(&status, err) < 0)
		return INSTALL_FAILED;
	if (status.enabled == KERNEL_AUDIT_IMMUTABLE) {
		log_line(options->log, LOG_WARNING,
			 "the audit configuration is immutable until the next boot (auditctl -e "
			 "2): nothing can be loaded");
		return INSTALL_INCOMPLETE;
	}
	if (profile_expected(&options->place, profiles, &rules, err) == 0)
		result = restore(options, &rules, err);
	ruleset_free(&rules);
	return result;
}

enum install_result rules_remove(const struct install_options *options, struct error *err)
{
	struct kernel_status status = {0};
	struct ruleset none = {0};

	if (options->load && kernel_status_read(&status, err) < 0)
		return INSTALL_FAILED;
	if (check_names_free(&options->place, err) < 0)
		return INSTALL_FAILED;
	for (int i = 0; i < PROFILE_FILES; i++)
		if (remove_file(options, &profile_files[i], err) < 0)
			return INSTALL_FAILED;
	return options->load ? load(options, &none, &status, err) : INSTALL_DONE;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/profile.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/vocab.h"
#include "rules/file.h"
#include "rules/filecaps.h"

static const char *const profile_words[] = {"core", "exec", "file-caps"};
static const unsigned profile_bits[] = {PROFILE_CORE, PROFILE_EXEC, PROFILE_FILE_CAPS};
enum { PROFILE_WORDS = sizeof(profile_words) / sizeof(profile_words[0]) };

/*
 * augenrules joins the files in the order of ls -v: a tilde before everything, even the name's end;
 * then digits, then letters, then all else. So "00~" comes before any 00-site.rules, and "__" after
 * any 99-finalize.rules, stig.rules or zz-site.rules; a site's rules are matched before ours, and
 * keep their keys. Control lines (-D, -b, -f, -e) augenrules moves to the ends itself, so that a
 * site's -e 2 comes after ours wherever it stands.
 */
const struct profile_file profile_files[PROFILE_FILES] = {
	{PROFILE_NEVER, "never.rules", "00~capwatch-never.rules"},
	{PROFILE_NEVER, "never-courier.rules", "__capwatch-0-never-courier.rules"},
	{PROFILE_CORE, "core.rules", "__capwatch-1-core.rules"},
	{PROFILE_EXEC, "exec.rules", "__capwatch-2-exec.rules"},
	{PROFILE_FILE_CAPS, "file-caps.rules", "__capwatch-3-file-caps.rules"},
	{PROFILE_FILE_CAPS, NULL, "__capwatch-4-files-found.rules"},
};

static int parse_word(const char *word, unsigned *profiles, struct error *err)
{
	const char *nearest;

	for (int i = 0; i < PROFILE_WORDS; i++) {
		if (strcmp(word, profile_words[i]) == 0) {
			*profiles |= profile_bits[i];
			return 0;
		}
	}
	nearest = vocab_nearest(profile_words, PROFILE_WORDS, word);
	return error_set(err, "unknown profile '%s'%s%s%s: there are core, exec and file-caps",
			 word, nearest ? ", did you mean " : "", nearest ? nearest : "",
			 nearest ? "?" : "");
}

int profile_parse(const char *list, unsigned *profiles, struct error *err)
{
	char words[256], *state;

	*profiles = PROFILE_NEVER;
	if (snprintf(words, sizeof(words), "%s", list) >= (int)sizeof(words))
		return error_set(err, "the list of profiles is too long");
	for (char *word = strtok_r(words, ",", &state); word; word = strtok_r(NULL, ",", &state))
		if (parse_word(word, profiles, err) < 0)
			return -1;
	if (*profiles == PROFILE_NEVER)
		return error_set(err, "no profile is named: there are core, exec and file-caps");
	return 0;
}

const char *profile_word(unsigned bit)
{
	for (int i = 0; i < PROFILE_WORDS; i++)
		if (profile_bits[i] == bit)
			return profile_words[i];
	return NULL;
}

int profile_path(const struct rules_place *place, const char *name, char *path, struct error *err)
{
	if (snprintf(path, PATH_MAX, "%s%s%s%s", place->root, RULES_INSTALLED_FOLDER,
		     *name ? "/" : "", name) >= PATH_MAX)
		return error_set(err, "%s: the path is too long", place->root);
	return 0;
}

char *profile_text(const struct rules_place *place, const struct profile_file *file,
		   struct error *err)
{
	char path[PATH_MAX], *text;

	if (!file->shipped)
		return filecaps_rules(place->root, err);
	if (snprintf(path, sizeof(path), "%s/%s", place->shipped, file->shipped) >=
	    (int)sizeof(path)) {
		error_set(err, "%s: the path is too long", place->shipped);
		return NULL;
	}
	text = rules_file_read(path, err);
	if (text && strncmp(text, RULES_FILE_MARK, strlen(RULES_FILE_MARK)) != 0) {
		error_set(err, "%s does not begin with \"%s\": it is not capwatch's", path,
			  RULES_FILE_MARK);
		free(text);
		return NULL;
	}
	return text;
}

bool profile_rule_usable(const struct rules_place *place, const struct rule *rule)
{
	for (unsigned i = 0; i < rule->data->field_count && !*place->root; i++) {
		char path[PATH_MAX], *slash;
		size_t length;
		const char *text;

		if (rule->data->fields[i] != AUDIT_EXE)
			continue;
		text = rule_field_string(rule->data, i, &length);
		if (!text || length >= sizeof(path))
			return false;
		memcpy(path, text, length);
		path[length] = '\0';
		slash = strrchr(path, '/');
		if (!slash)
			return false;
		slash[1] = '\0';
		return access(path, F_OK) == 0;
	}
	return true;
}

static void drop_unusable(const struct rules_place *place, struct ruleset *wanted)
{
	for (size_t i = wanted->count; i-- > 0;)
		if (!profile_rule_usable(place, &wanted->items[i]))
			ruleset_drop(wanted, i);
}

/* As it was installed; none, if it was not. */
static char *installed_text(const struct rules_place *place, const struct profile_file *file,
			    struct error *err)
{
	char path[PATH_MAX];

	if (profile_path(place, file->installed, path, err) < 0)
		return NULL;
	return rules_file_is_ours(path, NULL) == 1 ? rules_file_read(path, err) : strdup("");
}

/* Which profiles, and where the rules for files found on this host come from. */
struct selection {
	unsigned profiles;
	char *(*found)(const struct rules_place *place, const struct profile_file *file,
		       struct error *err);
};

static int read_profiles(const struct rules_place *place, const struct selection *selection,
			 struct ruleset *wanted, struct error *err)
{
	for (int i = 0; i < PROFILE_FILES; i++) {
		const struct profile_file *file = &profile_files[i];
		const char *name = file->shipped ? file->shipped : file->installed;
		char *text;
		int result;

		if (!(selection->profiles & file->profile))
			continue;
		text = (file->shipped ? profile_text : selection->found)(place, file, err);
		result = text ? ruleset_read_text(wanted, name, text, err) : -1;
		free(text);
		if (result < 0)
			return -1;
	}
	drop_unusable(place, wanted);
	return 0;
}

int profile_wanted(const struct rules_place *place, unsigned profiles, struct ruleset *wanted,
		   struct error *err)
{
	const struct selection selection = {profiles, profile_text};

	return read_profiles(place, &selection, wanted, err);
}

int profile_expected(const struct rules_place *place, unsigned profiles, struct ruleset *wanted,
		     struct error *err)
{
	const struct selection selection = {profiles, installed_text};

	return read_profiles(place, &selection, wanted, err);
}

unsigned profile_installed(const struct rules_place *place)
{
	unsigned profiles = 0;

	for (int i = 0; i < PROFILE_FILES; i++) {
		char path[PATH_MAX];

		if (profile_path(place, profile_files[i].installed, path, NULL) == 0 &&
		    rules_file_is_ours(path, NULL) == 1)
			profiles |= profile_files[i].profile;
	}
	return profiles;
}

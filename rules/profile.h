/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile: the audit rules that capwatch needs, as named profiles of files.
 * Owns: which profiles there are, where their files come from and what they are called in rules.d.
 * Must not own: installing, loading or comparing.
 */
#ifndef CAPWATCH_RULES_PROFILE_H
#define CAPWATCH_RULES_PROFILE_H

#include <stddef.h>
#include "common/error.h"
#include "rules/ruleset.h"

enum {
	PROFILE_NEVER = 1 << 0, /* always part of it: keeps our own loop out */
	PROFILE_CORE = 1 << 1,
	PROFILE_EXEC = 1 << 2,
	PROFILE_FILE_CAPS = 1 << 3,
	PROFILE_ALL = PROFILE_NEVER | PROFILE_CORE | PROFILE_EXEC | PROFILE_FILE_CAPS
};

struct profile_file {
	unsigned profile;
	const char *shipped;   /* name among the shipped files; NULL: made from this host's files */
	const char *installed; /* name in rules.d */
};

enum { PROFILE_FILES = 6 };
extern const struct profile_file profile_files[PROFILE_FILES]; /* in the order of loading */

#define RULES_SHIPPED_FOLDER CAPWATCH_DATADIR "/capwatch/rules"
#define RULES_INSTALLED_FOLDER "/etc/audit/rules.d" /* augenrules knows no other */

/* Where the files are. */
struct rules_place {
	const char *root;    /* in front of the paths of the host; "" for this host */
	const char *shipped; /* folder of the shipped files: RULES_SHIPPED_FOLDER, or a build's */
};

/* "core,exec" to bits; PROFILE_NEVER is added. 0, or -1 with err naming the nearest word. */
int profile_parse(const char *list, unsigned *profiles, struct error *err);

/* The word of one profile's bit; NULL for PROFILE_NEVER, which nobody names. */
const char *profile_word(unsigned bit);

/* The text of one file; the caller frees it. NULL with err. */
char *profile_text(const struct rules_place *place, const struct profile_file *file,
		   struct error *err);

/* The rules of these profiles, as they should be now, into *wanted (which starts zeroed), without
 * those that are not usable; for the supervisor as for the command line. 0, or -1 with err. */
int profile_wanted(const struct rules_place *place, unsigned profiles, struct ruleset *wanted,
		   struct error *err);

/* The same for who may not search this host for files with capabilities: of those, the rules as
 * they were installed. */
int profile_expected(const struct rules_place *place, unsigned profiles, struct ruleset *wanted,
		     struct error *err);

/* False for a rule by exe whose program's folder is not on this host: the kernel refuses it,
 * auditctl stops at it, and nobody needs it. With another root, true. */
bool profile_rule_usable(const struct rules_place *place, const struct rule *rule);

/* The profiles that have a file of ours in rules.d; 0 for none. */
unsigned profile_installed(const struct rules_place *place);

/* place's rules.d, or a file in it, into path of PATH_MAX bytes. 0, or -1 with err. */
int profile_path(const struct rules_place *place, const char *name, char *path, struct error *err);

#endif

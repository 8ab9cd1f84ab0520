/* SPDX-License-Identifier: Apache-2.0 */
/*
 * install: our rules into rules.d and the kernel, and out again.
 * Owns: that exactly our files and rules are touched, and that what it says is what the kernel then
 * has. Must not own: what the rules are (rules/profile), or words on stdout (cli/rules).
 */
#ifndef CAPWATCH_RULES_INSTALL_H
#define CAPWATCH_RULES_INSTALL_H

#include <stdbool.h>
#include "common/error.h"
#include "common/log.h"
#include "rules/compare.h"
#include "rules/profile.h"

struct install_options {
	struct rules_place place;
	unsigned profiles;
	bool load;		  /* false: files only, the kernel is not asked anything */
	const struct logger *log; /* what was done and what to mind, as it happens */
};

enum install_result {
	INSTALL_DONE = 0,	/* as asked for; loaded too, where that was asked for */
	INSTALL_INCOMPLETE = 1, /* the files are in place, the kernel lacks some of the rules */
	INSTALL_FAILED = -1	/* err says why; before any file was written unless it says so */
};

/* Writes the files of the profiles, takes away ours of other profiles, and loads. */
enum install_result rules_install(const struct install_options *options, struct error *err);

/* Loads what the kernel lacks of the installed profiles, and touches neither what it has nor any
 * file: for a boot at which something took rules away behind augenrules' back. Needs no load. */
enum install_result rules_restore(const struct install_options *options, struct error *err);

/* Takes away our files, and our rules from the kernel. */
enum install_result rules_remove(const struct install_options *options, struct error *err);

#endif

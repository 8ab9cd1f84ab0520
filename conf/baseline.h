/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/*
 * baseline: which service may gain what, as data. Reads the *.yaml of baseline.d, resolves extends, replace
 * and disabled across folders, finds ties, has all indexed. Must not own: the matching of a process (judge/match) or
 * any verdict.
 *
 * services:                      # a list of entries
 *   - name: ping                 # required, unique within a folder
 *     match: {exe: [glob...], unit: [...], container: {image: glob, name: glob, runtime: word},
 *             parent_exe: [...], uid: 0 | [..], session: true|false}
 *     start:   {...grant}        # what it may gain while starting
 *     running: {...grant}        # what it may gain later
 *     ceiling: [cap...] | declared | all
 *     mode: observe | alert
 *     extends: NAME | replace: true | disabled: true
 * launchers:
 *   - name: systemd
 *     match: {exe: [...], parent_exe: [...], parent_pid: 1}
 *     exe_state: any | host      # host (default): the exe must be the host's file; any: by parent alone (runc init)
 *     starts: unit | container | session   # what its target is; unit is the default
 *     runtime: runc              # with starts: container, the runtime's word in alerts (default: the entry's name)
 *     grants: {...grant}         # the most that it gives to its target; default: all but permitted and effective
 *
 * A grant: permitted, effective, inheritable, ambient: [cap...] | all | same (as effective or as
 * permitted); mechanisms: [capset, exec, ...]; securebits: [keep-caps, ...]; exec: [path glob...];
 * setuid: true; userns: true; denied: [cap...] | all.
 * mechanisms defaults to capset alone, plus ambient when ambient is given.
 */
/* clang-format on */
#ifndef CAPWATCH_BASELINE_H
#define CAPWATCH_BASELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "common/capmask.h"
#include "common/error.h"
#include "common/vocab.h"

struct string_list {
	char **items; /* globs of fnmatch(3), FNM_PATHNAME for paths */
	size_t count; /* 0: the key was not given */
};

/* Keys of a match, as bits. */
enum match_key {
	MATCH_EXE = 1 << 0,
	MATCH_UNIT = 1 << 1,
	MATCH_PARENT_EXE = 1 << 2,
	MATCH_CONTAINER = 1 << 3,
	MATCH_UID = 1 << 4,
	MATCH_SESSION = 1 << 5,
	MATCH_PARENT_PID = 1 << 6,
};

struct match_rule {
	struct string_list exe, unit, parent_exe;
	bool names_container; /* container: was given (even empty: any container) */
	struct string_list container_image, container_name, container_runtime;
	uint32_t *uids;
	size_t uid_count;
	bool has_session, session;
	bool has_parent_pid;
	int64_t parent_pid;
	unsigned key_count; /* how many keys were given: the last word in specificity */
};

struct grant {
	bool given;
	capmask permitted, effective, inheritable, ambient;
	uint32_t mechanisms; /* bit per enum mechanism */
	uint8_t securebits;  /* bits that may be loosened: cleared noroot.., set keep-caps */
	struct string_list exec;
	bool setuid, userns;
	capmask denied;
	bool denied_any; /* denied: all; also refusals whose capabilities are not known */
};

enum ceiling_kind { CEILING_NONE, CEILING_LIST, CEILING_DECLARED };

struct baseline_entry {
	char *name, *file;
	unsigned line, column; /* of its name */
	struct match_rule match;
	struct grant start, running;
	enum ceiling_kind ceiling_kind;
	capmask ceiling;
	enum mode mode;
};

struct launcher_entry {
	char *name, *file;
	unsigned line, column; /* of its name */
	struct match_rule match;
	bool any_exe_file;	  /* exe_state: any */
	enum service_kind starts; /* SERVICE_UNIT, SERVICE_CONTAINER or SERVICE_SESSION */
	char *runtime;		  /* the runtime's word; the entry's name where none is given */
	struct grant grants;	  /* the most that it gives to its target before its exec */
};

struct baseline_index;

struct baseline {
	struct baseline_entry *entries;
	size_t entry_count;
	struct launcher_entry *launchers;
	size_t launcher_count;
	const struct baseline_index *index; /* of both; conf/baseline_index.h */
	char digest[65];		    /* SHA-256 over all text read, in order */
};

/* Each path is a folder (its *.yaml in order of name) or one file. A missing folder is an error
 * except where optional_missing. Returns NULL with err ("FILE:LINE:COLUMN: ..."). Frees:
 * baseline_free(). */
struct baseline *baseline_load(char *const *paths, bool optional_missing, struct error *err);

/* What a baseline would be with another file in it. */
struct baseline_trial {
	const char *file;    /* in the place of this one of the paths or in one of their folders,
				which need not exist yet; NULL, or elsewhere: behind all paths */
	const char *instead; /* the path that is read for it */
};

/* As baseline_load(), with that. */
struct baseline *baseline_load_trial(char *const *paths, bool optional_missing,
				     const struct baseline_trial *trial, struct error *err);

/* The service entry of this name, or NULL. */
const struct baseline_entry *baseline_find(const struct baseline *baseline, const char *name);

/* Two entries that could match one process equally well, found by comparing their rules: err names
 * both with their places. Returns 0 when there is none. */
int baseline_check_ties(const struct baseline *baseline, struct error *err);

void baseline_free(struct baseline *baseline);

#endif

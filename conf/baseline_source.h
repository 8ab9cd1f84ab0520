/* SPDX-License-Identifier: Apache-2.0 */
/*
 * baseline_source: entries as they were written, between the reading of a file (baseline_parse.c)
 * and the baseline that the judge gets (baseline_resolve.c). Private to conf/baseline*.c.
 */
#ifndef CAPWATCH_BASELINE_SOURCE_H
#define CAPWATCH_BASELINE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include "common/error.h"
#include "conf/arena.h"
#include "conf/baseline.h"
#include "conf/yaml_doc.h"

enum { BASELINE_ENTRIES_MAX = 16384 };

enum source_kind { SOURCE_SERVICE, SOURCE_LAUNCHER };

/* How an entry relates to one of an earlier folder. */
enum source_relation { RELATION_NONE, RELATION_EXTENDS, RELATION_REPLACE, RELATION_DISABLED };

struct match_source {
	struct match_rule rule; /* key_count is set when all is resolved */
	unsigned given;		/* enum match_key */
};

/* A grant before "same" and the default of mechanisms are worked out, so that extending still can.
 */
struct grant_source {
	struct grant grant;
	bool permitted_same, effective_same;
	bool permitted_given, effective_given, ambient_given, mechanisms_given;
	struct yaml_place place;
};

struct entry_source {
	enum source_kind kind;
	enum source_relation relation;
	bool dropped;	/* replaced, disabled, or merged into what it extends */
	unsigned layer; /* which of the paths it came from */
	const struct yaml_doc *doc;
	struct yaml_place place; /* of its name */
	struct yaml_place relation_place;
	char *name, *extends;
	struct match_source match;
	struct grant_source start, running;
	struct grant_source grants; /* a launcher's */
	bool ceiling_given, mode_given, exe_state_given, starts_given;
	enum ceiling_kind ceiling_kind;
	capmask ceiling;
	enum mode mode;
	bool any_exe_file;
	enum service_kind starts;
	char *runtime;
	struct entry_source *bucket_next; /* of those of one hash, while entries are related */
};

struct source_list {
	struct entry_source **entries; /* in the order read; in memory of its own: free() */
	size_t count, capacity;
};

/* Adds the entries of one document. 0, or -1 with err. */
int baseline_parse(struct arena *arena, const struct yaml_doc *doc, unsigned layer,
		   struct source_list *list, struct error *err);

/* Applies extends, replace and disabled, and fills in *baseline from what is left; its memory is
 * the arena's. 0, or -1 with err. */
int baseline_resolve(struct arena *arena, struct source_list *list, struct baseline *baseline,
		     struct error *err);

#endif

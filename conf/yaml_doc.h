/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_doc: one YAML file as a small tree whose every key and value knows its line and column.
 * Owns: syntax, and the part of YAML that we take: block and flow mappings, sequences and scalars;
 * one document; no anchors, aliases or tags; bounded in size, depth and number of nodes. Must not
 * own: which keys there are or what they mean (yaml_read and its callers).
 */
#ifndef CAPWATCH_YAML_DOC_H
#define CAPWATCH_YAML_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include "common/error.h"
#include "conf/arena.h"
#include "conf/files.h"

enum { YAML_DEPTH_MAX = 16, YAML_NODES_MAX = 100000, YAML_KEYS_MAX = 128 };

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

/* Both count from 1; column counts characters, not bytes. */
struct yaml_place {
	unsigned line, column;
};

struct yaml_pair {
	char *key;
	struct yaml_place place;
	struct yaml_node *value;
};

struct yaml_node {
	enum yaml_kind kind;
	struct yaml_place place;
	size_t count;	 /* of items or pairs */
	size_t from, to; /* in characters of the text, to: behind the last one; of a collection in
			    brackets, behind these; of one in block style only from counts */
	bool block;	 /* a collection that is laid out by indentation, not in brackets */
	bool plain;	 /* a scalar without quotes, which so may be a number, true or nothing */
	char *text;	 /* YAML_SCALAR: terminated, no NUL inside */
	struct yaml_node **items; /* YAML_SEQUENCE */
	struct yaml_pair *pairs;  /* YAML_MAPPING: no key twice */
};

struct yaml_doc {
	const char *file;
	struct file_text text;
	struct yaml_node *root; /* NULL when the file holds nothing but comments */
};

/* Everything of the document, and a copy of file, lives in the arena. Returns 0, or -1 with err
 * ("FILE:LINE:COLUMN: what"). */
int yaml_doc_load(struct arena *arena, const char *file, struct yaml_doc *doc, struct error *err);

/* Sets err to "FILE:LINE:COLUMN: message" as one printable line. Always returns -1. */
int yaml_doc_fail(const struct yaml_doc *doc, struct yaml_place place, struct error *err,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_read: values out of a yaml_doc, by tables of keys.
 * Owns: the types (word, string, list, number, duration, capabilities), and the error for each
 * wrong one with its place and the nearest valid word. Must not own: which keys there are
 * (settings, baseline).
 */
#ifndef CAPWATCH_YAML_READ_H
#define CAPWATCH_YAML_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "common/capmask.h"
#include "common/vocab.h"
#include "conf/baseline.h"
#include "conf/yaml_doc.h"

struct yaml_reader {
	struct arena *arena; /* what is read lives here, or in the document */
	const struct yaml_doc *doc;
	struct error *err;
};

/* Each reader sets *target and returns 0, or -1 with the reader's err set and *target unspecified.
 */
typedef int (*yaml_read_fn)(const struct yaml_reader *reader, const struct yaml_node *node,
			    void *target);

struct yaml_field {
	const char *key;
	yaml_read_fn read; /* NULL: a key of a later version, answered with an error */
	size_t offset;	   /* of its target in the struct that the table is for */
};

struct yaml_fields {
	const char *what; /* "a sink", for messages */
	const struct yaml_field *fields;
	size_t count;
};

/* Reads a mapping by its table; an unknown key is an error that names the nearest one. */
int yaml_read_mapping(const struct yaml_reader *reader, const struct yaml_node *node,
		      const struct yaml_fields *fields, void *target);

/* The pair with this key or NULL. */
const struct yaml_pair *yaml_find(const struct yaml_node *mapping, const char *key);

/* As yaml_doc_fail() at the node. Always returns -1. */
int yaml_read_fail(const struct yaml_reader *reader, const struct yaml_node *node,
		   const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The target of each is what its comment names. */
int yaml_read_string(const struct yaml_reader *reader, const struct yaml_node *node,
		     void *target); /* char * */
int yaml_read_path(const struct yaml_reader *reader, const struct yaml_node *node,
		   void *target); /* char *, absolute */
int yaml_read_bool(const struct yaml_reader *reader, const struct yaml_node *node,
		   void *target); /* bool */
int yaml_read_duration(const struct yaml_reader *reader, const struct yaml_node *node,
		       void *target); /* int64_t ms */
int yaml_read_strings(
	const struct yaml_reader *reader, const struct yaml_node *node,
	void *target); /* struct string_list: a string or a list of them, at least one */

/* A whole number from least to most. */
int yaml_read_number(const struct yaml_reader *reader, const struct yaml_node *node,
		     const int64_t range[2], int64_t *number);

/* A word of the vocabulary into *value. */
int yaml_read_word(const struct yaml_reader *reader, const struct yaml_node *node,
		   const struct vocab *vocab, unsigned *value);

/* A list of words (or one) of a vocabulary of at most 32, as a bit for each. */
int yaml_read_words(const struct yaml_reader *reader, const struct yaml_node *node,
		    const struct vocab *vocab, uint32_t *bits);

/* A list of capabilities, also empty. Words that may stand in its place, like "all", are the
 * caller's; given here for the message alone. */
int yaml_read_caps(const struct yaml_reader *reader, const struct yaml_node *node,
		   const struct vocab *other_words, capmask *mask);

/* True for the unquoted scalar that is this word. */
bool yaml_is_word(const struct yaml_node *node, const char *word);

#endif

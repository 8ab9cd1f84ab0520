/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words: the words that a verb takes as its first argument, found or refused alike by all verbs.
 */
#ifndef CAPWATCH_WORDS_H
#define CAPWATCH_WORDS_H

#include <stddef.h>
#include "common/error.h"

/* A table whose rows, of size bytes each, begin with a const char *: their names. */
struct words_table {
	const void *rows;
	size_t size, count;
};

/* The row of that name; NULL with err, which says what there is and what was meant. */
const void *words_find(const struct words_table *table, const char *word, struct error *err);

#endif

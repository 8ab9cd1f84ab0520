/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words: the words that a verb takes as its first argument, found or refused alike by all verbs.
 */
#ifndef CAPWATCH_WORDS_H
#define CAPWATCH_WORDS_H

#include <stddef.h>
#include "common/error.h"

/* The index of word among the names; -1 with err, which says what there is and what was meant. */
int words_find(const char *const *names, size_t count, const char *word, struct error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * glob: one pattern of a baseline, as fnmatch(3) with FNM_PATHNAME reads it.
 * Owns: what counts as a wildcard, and the comparing. Must not own: lists of globs (glob_index) or
 * what they stand for.
 */
#ifndef CAPWATCH_GLOB_H
#define CAPWATCH_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/* How many bytes of it stand for themselves: what is before the first of * ? [ and \. */
size_t glob_beginning(const char *glob);

/* No wildcard and no escape: it matches itself alone. */
bool glob_is_literal(const char *glob);

/* As fnmatch(3) has it, which is asked only where the text begins as the glob does. */
bool glob_matches(const char *glob, const char *text);

#endif

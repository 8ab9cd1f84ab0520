/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names: a text kept once, however many hold it. Thousands of processes run few programs.
 * Owns: the texts, and how many hold each. Must not own: what a text means, nor any bound: there
 * are no more texts than holders, and whoever holds them is bounded.
 */
#ifndef CAPWATCH_NAMES_H
#define CAPWATCH_NAMES_H

#include <stddef.h>

struct names;

/* NULL when out of memory. */
struct names *names_new(void);

/* All that it holds: nothing of it may be used any more. NULL is fine. */
void names_free(struct names *names);

/* This text, terminated, to be held until names_release(); NULL when out of memory. */
const char *names_take(struct names *names, const char *text, size_t length);

/* One more holder of what names_take() gave; returns it. NULL is fine. */
const char *names_hold(const char *name);

/* One holder less: the last one's text is freed. NULL is fine. */
void names_release(const char *text);

/* How many different texts are held. */
size_t names_count(const struct names *names);

#endif

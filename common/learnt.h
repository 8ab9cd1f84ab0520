/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/*
 * learnt: what was seen while learning, as lines of JSON that add up. Each line is a kind of thing
 * and how often it was seen; two lines of the same facts become one. So the sensor counts in memory
 * and hands lines over now and then, the courier keeps them in a file, and files of several hosts
 * are read as if they were one.
 *
 * after_start is how long after its service had started, 0 while it had not.
 *
 *   {"schema": "capwatch.learnt/1", "what": "gain", "facts": {...}, "count": 3,
 *    "first": TIME, "last": TIME, "after_start": {"least": ms, "most": ms}, "hosts": {ID: NAME}}
 *
 * what: gain      a gain, and the facts of it as an alert has them: service, process, phase,
 *                 mechanism, outcome, capabilities, securebits, file, baseline.missing; launcher:
 *                 true where it was a launcher's work for its target
 *       held      a process of this service and exe held these in permitted, its start being over
 *       start     a start of the service was seen, from its launcher to its end
 *       present   the service was there when learning began
 *       left-out  kinds that there was no room for (LEARNT_KINDS_MAX)
 *
 * Owns: the form of the lines, their adding up, the bound. Must not own: which facts matter
 * (judge/learner), where the lines are kept, what follows from them.
 */
/* clang-format on */
#ifndef CAPWATCH_LEARNT_H
#define CAPWATCH_LEARNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include "common/error.h"

enum { LEARNT_KINDS_MAX = 4096, LEARNT_LINE_MAX = 16 * 1024 };

struct learnt;

/* One kind of thing, borrowed from the table until that changes. */
struct learnt_kind {
	const char *what;
	const json_t *facts;
	int64_t count, first, last;		     /* ms since the epoch */
	int64_t after_start_least, after_start_most; /* ms; -1: not known */
	const json_t *hosts;			     /* an object: name by id */
};

/* NULL when out of memory; learnt_free() frees it. */
struct learnt *learnt_new(void);
void learnt_free(struct learnt *learnt); /* NULL is fine */

/* All that it holds. */
void learnt_forget(struct learnt *learnt);

/* Adds one kind's sightings; facts (the reference is taken) are what it is known by. Beyond
 * LEARNT_KINDS_MAX kinds it is counted as left out. False when out of memory. */
bool learnt_add(struct learnt *learnt, const struct learnt_kind *kind, json_t *facts);

/* Adds a line of the form above. -1 with err where it is none. */
int learnt_add_line(struct learnt *learnt, const char *line, size_t length, struct error *err);

/* Kinds in all, those left out not counted. */
size_t learnt_count(const struct learnt *learnt);

/* Calls visit for each kind, in an order that depends on the facts alone. */
void learnt_each(const struct learnt *learnt,
		 void (*visit)(void *ctx, const struct learnt_kind *kind), void *ctx);

/* Takes out kinds as lines, each with its newline, as many as fit into size bytes (at least
 * LEARNT_LINE_MAX); a kind whose line would be longer than that is dropped. Returns the bytes
 * written; 0: nothing is left. */
size_t learnt_take_lines(struct learnt *learnt, char *buf, size_t size);

/* The line of a kind, without newline; the caller frees it. NULL when out of memory. */
char *learnt_line(const struct learnt_kind *kind);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setup: by what a sensor judges, as it is kept over restarts: the digests of configuration and
 * baseline, so that the next one notices that they were changed while nobody watched, and whether
 * gains are learnt. The sensor makes it, the courier writes it beside the spools, the next sensor
 * and the command line read it.
 * Owns: its form and its file's name. Must not own: what a difference means.
 */
#ifndef CAPWATCH_SETUP_H
#define CAPWATCH_SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "common/error.h"

#define SETUP_FILE ".setup.json"

enum { SETUP_TEXT_MAX = 2048, SETUP_UNIT_MAX = 256 };

struct setup {
	char configuration[65], baseline[65]; /* SHA-256 */
	bool learning;			      /* switched on at run time */
	int64_t since, until;		      /* ms; until 0: no end */
	char unit[SETUP_UNIT_MAX];	      /* "": all services */
	int64_t learnt_time; /* of the last event that was learnt from: ms; 0: none */
	uint64_t learnt_serial;
};

/* The text of it, which the caller frees; NULL when out of memory. */
char *setup_print(const struct setup *setup);

/* 0, or -1 with err. */
int setup_parse(const char *text, size_t length, struct setup *setup, struct error *err);

/* Puts a text that is whole in the place of the folder's file. -1 with err, and that stays. */
int setup_write(const char *folder, const char *text, size_t length, struct error *err);

/* Reads the folder's file: 1; 0: there is none; -1 with err. */
int setup_read(const char *folder, struct setup *setup, struct error *err);

#endif

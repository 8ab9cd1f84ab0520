/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status_file: the file .status.json in the spool's folder, which the courier writes and `capwatch
 * status` and `capwatch doctor` read. Owns: its place, its age, that a reader never sees half of
 * it. Must not own: its keys (status). A sink's name has no dot in front, so that no sink's folder
 * is in the file's way.
 */
#ifndef CAPWATCH_STATUS_FILE_H
#define CAPWATCH_STATUS_FILE_H

#include <jansson.h>
#include "common/error.h"

enum {
	STATUS_EVERY_MS = 10 * 1000, /* and a second after a sink's health has changed */
	STATUS_CHANGE_MS = 1000,
	STATUS_STALE_MS = 3 * STATUS_EVERY_MS, /* older: the courier does not run, or hangs */
};

#define STATUS_SCHEMA "capwatch.status/1"

/* status: NULL, where there was no memory for it, writes nothing. Losing it harms no alert, and its
 * age shows it: so no error is given. */
void status_file_write(const char *spool_folder, const json_t *status);

/* What was written last; NULL with err when there is none, or it is none of ours. It comes from a
 * folder of the courier's: a courier taken over may have written anything. */
json_t *status_file_read(const char *spool_folder, struct error *err);

#endif

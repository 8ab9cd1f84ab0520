/* SPDX-License-Identifier: Apache-2.0 */
/*
 * learnt_file: what the sensor learnt, kept beside the spools as lines that add up
 * (common/learnt.h). New lines are appended; when the file has grown, its lines are added up.
 * Owns: the file and its bound. Must not own: what the lines mean.
 *
 * Not synced: a power cut may take the last seconds' lines.
 */
#ifndef CAPWATCH_LEARNT_FILE_H
#define CAPWATCH_LEARNT_FILE_H

#include <stddef.h>
#include "common/error.h"
#include "common/learnt.h"

#define LEARNT_FILE ".learnt.jsonl"

/* Appends whole lines; no line at all (length 0) empties the file. -1 with err, and nothing is
 * appended. */
int learnt_file_append(const char *folder, const char *lines, size_t length, struct error *err);

/* Adds the folder's file to *learnt: how many lines were none, or -1 with err. A file that is not
 * there has no lines. */
int learnt_file_read(const char *folder, struct learnt *learnt, struct error *err);

#endif

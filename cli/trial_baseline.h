/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trial_baseline: is a text a valid baseline beside the present one? Nothing is written.
 */
#ifndef CAPWATCH_TRIAL_BASELINE_H
#define CAPWATCH_TRIAL_BASELINE_H

#include "common/error.h"
#include "conf/baseline.h"

enum { TRIAL_PATH_MAX = 64 };

/* A path at which the text can be read until the descriptor that is returned is closed; -1 with
 * err.
 */
int trial_baseline_path(const char *text, char path[TRIAL_PATH_MAX], struct error *err);

/* In a message about such a path: the name by which a person knows it. */
void trial_baseline_rename(struct error *err, const char *path, const char *name);

/* The baseline of these paths with the text as this file (struct baseline_trial), ties looked for;
 * NULL with err, which names the file, or "the suggestion". */
struct baseline *trial_baseline_load(char *const *paths, const char *file, const char *text,
				     struct error *err);

/* The same, only whether: 0, or -1 with err. */
int trial_baseline(char *const *paths, const char *file, const char *text, struct error *err);

#endif

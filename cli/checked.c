/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "cli/checked.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void free_paths(char **paths)
{
	for (size_t i = 0; paths && paths[i]; i++)
		free(paths[i]);
	free(paths);
}

/* The paths with root in front of each. */
static char **below_root(const char *root, char *const *paths)
{
	size_t count = 0;
	char **below;

	while (paths[count])
		count++;
	below = calloc(count + 1, sizeof(*below));
	for (size_t i = 0; below && i < count; i++) {
		if (asprintf(&below[i], "%s%s", root, paths[i]) >= 0)
			continue;
		below[i] = NULL;
		free_paths(below);
		return NULL;
	}
	return below;
}

static struct baseline *load_baseline(const struct checked_question *question,
				      const struct settings *settings, struct error *err)
{
	const struct baseline_trial more = {.instead = question->more},
				    *trial = question->more ? &more : NULL;
	struct baseline *baseline;
	char **below;

	if (question->baseline)
		return baseline_load_trial(question->baseline, false, trial, err);
	below = below_root(question->root, settings->baseline);
	if (!below) {
		error_set(err, "out of memory");
		return NULL;
	}
	baseline = baseline_load_trial(below, false, trial, err);
	free_paths(below);
	return baseline;
}

int checked_load(const struct checked_question *question, struct checked *checked,
		 struct error *err)
{
	*checked = (struct checked){NULL, NULL};
	if (question->config) {
		checked->settings = settings_load(question->config, err);
		if (!checked->settings ||
		    (!*question->root && settings_check_files(checked->settings, err) < 0))
			return -1;
	}
	checked->baseline = load_baseline(question, checked->settings, err);
	if (!checked->baseline)
		return -1;
	if (baseline_check_ties(checked->baseline, err) == 0)
		return 0;
	baseline_free(checked->baseline);
	checked->baseline = NULL;
	return -1;
}

void checked_free(struct checked *checked)
{
	baseline_free(checked->baseline);
	settings_free(checked->settings);
	*checked = (struct checked){NULL, NULL};
}

/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "cli/trial_baseline.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int trial_baseline_path(const char *text, char path[TRIAL_PATH_MAX], struct error *err)
{
	int fd = memfd_create("baseline", MFD_CLOEXEC);
	size_t length = strlen(text);

	if (fd < 0)
		return error_set(err, "memfd_create: %s", strerror(errno));
	snprintf(path, TRIAL_PATH_MAX, "/proc/self/fd/%d", fd);
	if (write(fd, text, length) == (ssize_t)length)
		return fd;
	close(fd);
	return error_set(err, "no memory for a baseline of %zu bytes", length);
}

void trial_baseline_rename(struct error *err, const char *path, const char *name)
{
	struct error renamed;
	char *at = strstr(err->text, path);

	if (!at)
		return;
	error_set(&renamed, "%.*s%s%s", (int)(at - err->text), err->text, name, at + strlen(path));
	*err = renamed;
}

struct baseline *trial_baseline_load(char *const *paths, const char *file, const char *text,
				     struct error *err)
{
	char path[TRIAL_PATH_MAX];
	struct baseline_trial trial = {.file = file, .instead = path};
	struct baseline *baseline = NULL;
	int fd = trial_baseline_path(text, path, err);

	if (fd >= 0)
		baseline = baseline_load_trial(paths, true, &trial, err);
	if (baseline && baseline_check_ties(baseline, err) < 0) {
		baseline_free(baseline);
		baseline = NULL;
	}
	if (fd >= 0)
		close(fd);
	if (!baseline && fd >= 0)
		trial_baseline_rename(err, path, file ? file : "the suggestion");
	return baseline;
}

int trial_baseline(char *const *paths, const char *file, const char *text, struct error *err)
{
	struct baseline *baseline = trial_baseline_load(paths, file, text, err);

	baseline_free(baseline);
	return baseline ? 0 : -1;
}

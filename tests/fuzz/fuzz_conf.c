/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_conf: configuration and baselines. The input is one YAML text, or two with a NUL between:
 * both are read as capwatch.yaml and a file of conf.d beside it, and as the baselines of two
 * folders, of which the second may extend or replace the first's. Owns: that a refusal says where
 * and why, in one line, and that what was taken can be compared for ties.
 */
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "conf/baseline.h"
#include "conf/settings.h"
#include "tests/fuzz/fuzz.h"

struct context {
	char file[PATH_MAX], conf_d[PATH_MAX], first[PATH_MAX], second[PATH_MAX];
};

static void make_folder(char path[PATH_MAX], const char *folder, const char *name)
{
	snprintf(path, PATH_MAX, "%s/%s", folder, name);
	if (mkdir(path, 0700) < 0)
		exit(1);
}

void *fuzz_begin(void)
{
	struct context *context = calloc(1, sizeof(*context));
	const char *folder = fuzz_folder();

	if (!context)
		exit(1);
	snprintf(context->file, PATH_MAX, "%s/capwatch.yaml", folder);
	make_folder(context->conf_d, folder, "conf.d");
	make_folder(context->first, folder, "first");
	make_folder(context->second, folder, "second");
	return context;
}

static void check_refusal(const struct error *err)
{
	FUZZ_CHECK(err->text[0] && !strchr(err->text, '\n'));
}

static void read_settings(const struct context *context)
{
	struct error err = {""};
	struct settings *settings = settings_load(context->file, &err);

	if (!settings)
		check_refusal(&err);
	settings_free(settings);
}

static void read_baselines(struct context *context)
{
	char *folders[] = {context->first, context->second, NULL};
	struct error err = {""};
	struct baseline *baseline = baseline_load(folders, false, &err);

	if (!baseline)
		check_refusal(&err);
	else if (baseline_check_ties(baseline, &err) != 0)
		check_refusal(&err);
	baseline_free(baseline);
}

void fuzz_run(void *ctx, const uint8_t *bytes, size_t length)
{
	struct context *context = ctx;
	struct fuzz_bytes second = {bytes, length};
	struct fuzz_bytes first = fuzz_take_until(&second, '\0');

	fuzz_write(context->first, "../capwatch.yaml", &first);
	fuzz_write(context->conf_d, "10.yaml", &second);
	read_settings(context);
	fuzz_write(context->first, "a.yaml", &first);
	fuzz_write(context->second, "b.yaml", &second);
	read_baselines(context);
}

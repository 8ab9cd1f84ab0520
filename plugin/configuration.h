/* SPDX-License-Identifier: Apache-2.0 */
/*
 * configuration: settings and the baseline they name, which are only ever of use together.
 * Owns: loading both, or neither. Must not own: their syntax (conf).
 */
#ifndef CAPWATCH_PLUGIN_CONFIGURATION_H
#define CAPWATCH_PLUGIN_CONFIGURATION_H

#include "common/error.h"
#include "conf/baseline.h"
#include "conf/settings.h"

struct configuration {
	struct settings *settings;
	struct baseline *baseline;
};

/* 0, or -1 with err; *configuration is then as it was. Freed by configuration_free(). */
int configuration_load(struct configuration *configuration, const char *file, struct error *err);

/* Frees both; harmless on an empty one. */
void configuration_free(struct configuration *configuration);

/* What --check does: loads, looks for ties, prints "ok" or nothing. */
int configuration_check(const char *file, struct error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay: a recorded stream through the same judge and courier, to the configured sinks.
 * Owns: reading fd 0 to its end without privileges and without /proc, and waiting for the courier.
 * Must not own: anything that the plugin does for auditd (supervisor, sensor).
 */
#ifndef CAPWATCH_PLUGIN_REPLAY_H
#define CAPWATCH_PLUGIN_REPLAY_H

#include "common/error.h"

struct replay_options {
	const char *config_file;
	const char *courier_path;
};

/* 0 when all was read and delivered; -1 with err. */
int replay_run(const struct replay_options *options, struct error *err);

#endif

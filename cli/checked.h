/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checked: the configuration and the baselines, read and looked through as `capwatch check` says
 * them to be valid. Owns: which files, in which order, and that all of them are well. Must not own:
 * what is said of it.
 */
#ifndef CAPWATCH_CHECKED_H
#define CAPWATCH_CHECKED_H

#include "common/error.h"
#include "conf/baseline.h"
#include "conf/settings.h"

struct checked {
	struct settings *settings; /* NULL: none was asked for */
	struct baseline *baseline;
};

struct checked_question {
	const char *config;    /* NULL: no configuration, baselines alone */
	char *const *baseline; /* NULL-terminated; NULL: those that the configuration names */
	const char *more;      /* one more baseline, behind the others; NULL: none */
	const char *root;      /* in front of the baselines' paths that the configuration names;
				* "" for this host, whose secrets and certificates are read, too */
};

/* 0, or -1 with err, as a person is told; checked then holds what is well: the settings alone, or
 * nothing. checked_free() frees it either way. */
int checked_load(const struct checked_question *question, struct checked *checked,
		 struct error *err);
void checked_free(struct checked *checked);

#endif

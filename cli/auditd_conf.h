/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auditd_conf: the files that auditd reads, auditd.conf and those of plugins.d: lines of
 * "key = value", words apart by blanks (audit-userspace, auditd-config.c and audispd-pconfig.c).
 * Owns: the lines, and what makes auditd refuse one. Must not own: what any key is for.
 */
#ifndef CAPWATCH_AUDITD_CONF_H
#define CAPWATCH_AUDITD_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include "common/error.h"

enum {
	AUDITD_CONF_LINES_MAX = 128,
	AUDITD_CONF_LINE_MAX = 158 /* bytes: auditd passes over a longer line, and says so */
};

struct auditd_line {
	char text[AUDITD_CONF_LINE_MAX + 1]; /* key and value point into it */
	const char *key, *value;	     /* of a value of several words: all of them */
	unsigned number;
};

struct auditd_conf {
	struct auditd_line lines[AUDITD_CONF_LINES_MAX];
	size_t count;
	struct error fault; /* the first line that auditd would refuse; "" for none */
};

/* 0, or -1 with err when the file cannot be read. A line that auditd would refuse is no error: it
 * is left out, and conf->fault says which. */
int auditd_conf_read(struct auditd_conf *conf, const char *path, struct error *err);

/* The last value of the key (in any case, as auditd compares), or fallback. */
const char *auditd_conf_value(const struct auditd_conf *conf, const char *key,
			      const char *fallback);

/* Whether that value is this word, in any case. */
bool auditd_conf_is(const struct auditd_conf *conf, const char *key, const char *word);

/* Whether the file has the key, also on a line that auditd refuses. */
bool auditd_conf_names(const struct auditd_conf *conf, const char *key);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redact: secrets that stand in command lines, taken out before an alert is kept anywhere. Owns:
 * where a command line is in an alert (process.command_line; the raw records EXECVE, PROCTITLE and
 * their like, decoded), and which words of it are secret. Must not own: delivery.
 */
#ifndef CAPWATCH_REDACT_H
#define CAPWATCH_REDACT_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>
#include "conf/settings.h"

/* What stands in a secret's place. */
#define REDACT_MASK "[redacted]"

/*
 * By settings->command_line:
 *   full      nothing is changed;
 *   redacted  values of what looks like a password, and of settings->redact, become REDACT_MASK;
 *   none      command_line becomes null, the records that hold one are left out.
 * What was changed has "redacted": true. What cannot be decoded, or when memory is out, is masked
 * as a whole.
 */
void redact_alert(const struct settings *settings, json_t *alert);

/* An argument on its own: malloc'ed, any bytes. */
struct redact_argument {
	char *text; /* NULL: memory was out when it was changed */
	size_t length;
	bool changed;
};

/*
 * Masks in the arguments of one command, each in its place. A pattern is a glob (* and ?, case and
 * the difference of '-' and '_' aside). It fits
 *   the name of NAME=VALUE, NAME:VALUE, "NAME": "VALUE": the value is masked;
 *   an option, -NAME VALUE: what follows it is masked, be it in the next argument;
 *   an option of the form PREFIX* whose rest stands in the same word: the rest;
 *   any other word as a whole: it is masked.
 * Beside the site's patterns there are names of our own; they never fit a word that is no name. The
 * password in a URL is always masked. flat: the arguments' boundaries are lost, so that a value may
 * hold blanks: it is masked up to the next option.
 */
void redact_arguments(char *const *patterns, struct redact_argument *arguments, size_t count,
		      bool flat);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Which words of a command line are secret. What is in alerts is alerters/redact.c's. */
#include "alerters/redact.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Names whose values are secret, whoever wrote them. '-' stands for '_' too. */
static const char *const names[] = {
	"*password",	"*passwd",     "*passphrase",  "pass",		 "*-pass",
	"*-pwd",	"*secret",     "*secret-key",  "*token",	 "*api-key",
	"*apikey",	"*access-key", "*credentials", "authorization",	 "proxy-authorization",
	"*auth-header", "set-cookie",  "cookie",       "*client-secret", "x-api-key",
};

/* Options of such a name that have no value: nsenter(1), ansible(1), mysql(1). */
static const char *const switches[] = {
	"preserve-credentials", "ask-password", "ask-pass",
	"no-password",		"no-pass",	"skip-password",
};

/* One argument on its way from text to out. */
struct scan {
	char *const *patterns;
	const char *text;
	size_t length;
	bool flat;
	bool mask_next; /* an option was the last word: its value is the next argument */
	char enclosing; /* the quote that is open where out ends */
	char *out;
	size_t used;
};

static char fold(char c)
{
	return c == '_' ? '-' : (char)tolower((unsigned char)c);
}

/* Takes a step back at the last star alone, so that the time is bounded by the product of both
 * lengths. */
static bool glob_fits(const char *glob, const char *text, size_t length)
{
	const char *star = NULL;
	size_t i = 0, back = 0;

	while (i < length) {
		if (*glob == '*') {
			star = glob++;
			back = i;
		} else if (*glob == '?' || (*glob && fold(*glob) == fold(text[i]))) {
			glob++;
			i++;
		} else if (star) {
			glob = star + 1;
			i = ++back;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return !*glob;
}

static size_t leading_dashes(const char *name, size_t length)
{
	size_t dashes = 0;

	while (dashes < length && name[dashes] == '-')
		dashes++;
	return dashes;
}

/* With or without its dashes in front. */
static bool is_secret_name(const struct scan *scan, const char *name, size_t length)
{
	size_t dashes = leading_dashes(name, length), bare_length = length - dashes;
	const char *bare = name + dashes;

	if (bare_length == 0)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (glob_fits(names[i], bare, bare_length))
			return true;
	for (size_t i = 0; scan->patterns && scan->patterns[i]; i++)
		if (glob_fits(scan->patterns[i], name, length) ||
		    glob_fits(scan->patterns[i], bare, bare_length))
			return true;
	return false;
}

static bool is_switch(const char *word, size_t length)
{
	size_t dashes = leading_dashes(word, length);

	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
		if (glob_fits(switches[i], word + dashes, length - dashes))
			return true;
	return false;
}

static bool is_secret_word(const struct scan *scan, const char *word, size_t length)
{
	for (size_t i = 0; scan->patterns && scan->patterns[i]; i++)
		if (glob_fits(scan->patterns[i], word, length))
			return true;
	return false;
}

/* Of a pattern "-p*" and a word "-psecret", the length of "-p"; otherwise 0. */
static size_t option_prefix(const struct scan *scan, const char *word, size_t length)
{
	for (size_t i = 0; scan->patterns && scan->patterns[i]; i++) {
		const char *pattern = scan->patterns[i];
		size_t prefix = strcspn(pattern, "*?");

		if (pattern[0] == '-' && strcmp(pattern + prefix, "*") == 0 && length > prefix &&
		    glob_fits(pattern, word, length))
			return prefix;
	}
	return 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\0';
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'';
}

static void emit(struct scan *scan, size_t from, size_t to)
{
	for (; from < to; from++) {
		char c = scan->text[from];

		if (is_quote(c) && (!scan->enclosing || scan->enclosing == c))
			scan->enclosing = scan->enclosing ? '\0' : c;
		scan->out[scan->used++] = c;
	}
}

static void emit_mask(struct scan *scan)
{
	memcpy(scan->out + scan->used, REDACT_MASK, strlen(REDACT_MASK));
	scan->used += strlen(REDACT_MASK);
}

static size_t word_end(const struct scan *scan, size_t at)
{
	while (at < scan->length && !is_blank(scan->text[at]))
		at++;
	return at;
}

static size_t skip_blanks(const struct scan *scan, size_t at)
{
	while (at < scan->length && is_blank(scan->text[at]))
		at++;
	return at;
}

static size_t quote_end(const struct scan *scan, size_t at, char quote)
{
	for (; at < scan->length && scan->text[at] != quote; at++)
		if (scan->text[at] == '\\' && at + 1 < scan->length)
			at++;
	return at < scan->length ? at : scan->length;
}

/* As a shell ends a word: blanks that are quoted or escaped belong to it. */
static size_t shell_word_end(const struct scan *scan, size_t at)
{
	while (at < scan->length && !is_blank(scan->text[at]) &&
	       scan->text[at] != scan->enclosing) {
		if (is_quote(scan->text[at]))
			at = quote_end(scan, at + 1, scan->text[at]);
		else if (scan->text[at] == '\\' && at + 1 < scan->length)
			at++;
		at += at < scan->length;
	}
	return at;
}

/* Where boundaries are lost, a value may go on until the next option. */
static size_t flat_end(const struct scan *scan, size_t at)
{
	for (at = shell_word_end(scan, at); at < scan->length; at = word_end(scan, at)) {
		size_t next = skip_blanks(scan, at);

		if (next < scan->length && scan->text[next] == '-')
			return at;
		at = next;
	}
	return scan->length;
}

/* How far a value goes. */
enum extent {
	EXTENT_WORD, /* as a shell would end it */
	EXTENT_REST, /* to the end of the quotes around it, or of the argument */
	EXTENT_JSON, /* its own quotes, which stay; without them a word */
};

static size_t value_end(const struct scan *scan, size_t at, enum extent extent)
{
	if (scan->enclosing && extent == EXTENT_REST)
		return quote_end(scan, at, scan->enclosing);
	if (scan->flat)
		return flat_end(scan, at);
	return extent == EXTENT_REST ? scan->length : shell_word_end(scan, at);
}

/* The value that starts here is masked; where to go on. */
static size_t mask_value(struct scan *scan, size_t at, enum extent extent)
{
	size_t end;

	if (at == scan->length)
		return at;
	if (extent == EXTENT_JSON && is_quote(scan->text[at])) {
		end = quote_end(scan, at + 1, scan->text[at]);
		emit(scan, at, at + 1);
		emit_mask(scan);
		return end;
	}
	end = value_end(scan, at, extent);
	if (end > at)
		emit_mask(scan);
	return end;
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

static bool is_in_first_word(const struct scan *scan, size_t at)
{
	while (at > 0 && !is_blank(scan->text[at - 1]))
		at--;
	return at == 0;
}

/* NAME=VALUE, NAME = VALUE, NAME: VALUE or "NAME": "VALUE", the separator at this place; where to
 * go on, 0 when it is none. In an argument's first word the value is all that follows, blanks and
 * quotes too: no shell has read it. A name that a quote stands before has all that is quoted. */
static size_t scan_assignment(struct scan *scan, size_t at)
{
	const char *text = scan->text;
	size_t end = at, start, value;
	enum extent extent = text[at] == ':' ? EXTENT_REST : EXTENT_WORD;

	while (end > 0 && is_blank(text[end - 1]))
		end--;
	if (end > 0 && is_quote(text[end - 1])) {
		end--;
		extent = EXTENT_JSON;
	}
	for (start = end; start > 0 && is_name_char(text[start - 1]);)
		start--;
	/* a part of a path before a colon is none: /run/secret:/run/secret */
	if (start == end || (start > 0 && text[start - 1] == '/') ||
	    !is_secret_name(scan, text + start, end - start))
		return 0;
	if (extent == EXTENT_WORD && (is_in_first_word(scan, start) ||
				      (scan->enclosing && text[start - 1] == scan->enclosing)))
		extent = EXTENT_REST;
	value = skip_blanks(scan, at + 1);
	emit(scan, at, value);
	return mask_value(scan, value, extent);
}

/* scheme://user:PASSWORD@host; where to go on, 0 when it has none. */
static size_t scan_url(struct scan *scan, size_t at)
{
	const char *text = scan->text;
	size_t start = at + 3, end = start, colon = 0, sign = 0;

	if (at + 3 > scan->length || memcmp(text + at, "://", 3) != 0)
		return 0;
	for (; end < scan->length && !is_blank(text[end]) && !is_quote(text[end]) &&
	       !strchr("/?#", text[end]);
	     end++) {
		if (text[end] == '@')
			sign = end;
		else if (text[end] == ':' && !colon)
			colon = end;
	}
	if (!colon || sign < colon)
		return 0;
	emit(scan, at, colon + 1);
	emit_mask(scan);
	return sign;
}

/* A word that starts here and is an option with a secret value, or is secret itself; where to go
 * on, 0 when it is neither. */
static size_t scan_word(struct scan *scan, size_t at)
{
	size_t start = at, end = word_end(scan, at), prefix, value;
	const char *word;

	if (is_quote(scan->text[start]) && start + 1 < end)
		start++;
	while (end > start + 1 && is_quote(scan->text[end - 1]))
		end--;
	word = scan->text + start;
	prefix = *word == '-' ? option_prefix(scan, word, end - start) : 0;
	if (prefix) {
		emit(scan, at, start + prefix);
		emit_mask(scan);
		return end;
	}
	if (*word != '-') {
		if (!is_secret_word(scan, word, end - start))
			return 0;
		emit(scan, at, start);
		emit_mask(scan);
		return end;
	}
	if (memchr(word, '=', end - start) || is_switch(word, end - start) ||
	    !is_secret_name(scan, word, end - start))
		return 0;
	end = word_end(scan, end);
	value = skip_blanks(scan, end);
	emit(scan, at, value);
	if (value == scan->length) {
		scan->mask_next = true;
		return value;
	}
	return mask_value(scan, value, EXTENT_WORD);
}

/* Where to go on after what was found at this place, 0 when there is nothing. */
static size_t scan_place(struct scan *scan, size_t at)
{
	char c = scan->text[at];
	size_t next = 0;

	if (!is_blank(c) && (at == 0 || is_blank(scan->text[at - 1])))
		next = scan_word(scan, at);
	if (!next && c == ':')
		next = scan_url(scan, at);
	if (!next && (c == '=' || c == ':') && at > 0)
		next = scan_assignment(scan, at);
	return next;
}

static void scan_all(struct scan *scan)
{
	for (size_t at = 0; at < scan->length;) {
		size_t next = scan_place(scan, at);

		if (!next)
			emit(scan, at, at + 1);
		at = next ? next : at + 1;
	}
}

static void replace(struct redact_argument *argument, char *text, size_t length)
{
	free(argument->text);
	argument->text = text;
	argument->length = length;
	argument->changed = true;
}

/* Each mask takes the place of at least one byte or is put after a separator: so many bytes hold
 * all. */
static size_t room_for(size_t length)
{
	return (length + 1) * (1 + strlen(REDACT_MASK));
}

static bool redact_argument(char *const *patterns, struct redact_argument *argument, bool flat)
{
	struct scan scan = {.patterns = patterns,
			    .text = argument->text,
			    .length = argument->length,
			    .flat = flat};

	scan.out = malloc(room_for(argument->length));
	if (!scan.out) {
		replace(argument, NULL, 0);
		return true;
	}
	scan_all(&scan);
	if (scan.used == argument->length && memcmp(scan.out, argument->text, scan.used) == 0)
		free(scan.out);
	else
		replace(argument, scan.out, scan.used);
	return scan.mask_next;
}

void redact_arguments(char *const *patterns, struct redact_argument *arguments, size_t count,
		      bool flat)
{
	bool mask = false;

	for (size_t i = 0; i < count; i++) {
		if (mask) {
			replace(&arguments[i], strdup(REDACT_MASK), strlen(REDACT_MASK));
			mask = false;
		} else if (arguments[i].text) {
			mask = redact_argument(patterns, &arguments[i], flat);
		}
	}
}

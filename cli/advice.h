/* SPDX-License-Identifier: Apache-2.0 */
/*
 * advice: whether what an alert tells of should be allowed, and the smallest baseline entry that
 * would. Owns: what makes allowing unwise, in words; the text of the entry, and the proof that it
 * does what it is for. Must not own: what an entry allows (judge/verdict, asked through
 * judge/retold), where the text is printed (explain, suggest).
 */
#ifndef CAPWATCH_ADVICE_H
#define CAPWATCH_ADVICE_H

#include "judge/retold.h"

/* What speaks against allowing it; ADVICE_UNWISE ones decide alone. */
enum advice_risk {
	ADVICE_ROOT_WHILE_RUNNING = 1 << 0, /* unwise */
	ADVICE_WRITABLE_PLACE = 1 << 1,	    /* unwise */
	ADVICE_OTHER_FILE = 1 << 2,	    /* unwise */
	ADVICE_INTERPRETER = 1 << 3,	    /* unwise */
	ADVICE_SHELL_OF_SERVICE = 1 << 4,   /* unwise */
	ADVICE_ANY_CALLER = 1 << 5,	    /* no unit is known to match by */
	ADVICE_LOGIN_SESSION = 1 << 6,
	ADVICE_REPLACED_FILE = 1 << 7,
	ADVICE_BEFORE_UNKNOWN = 1 << 8,
	ADVICE_PHASE_UNKNOWN = 1 << 9,
	ADVICE_AMBIENT = 1 << 10,
	ADVICE_HIDES_ATTEMPTS = 1 << 11,
	ADVICE_FILE_CAPS = 1 << 12,
	ADVICE_USERNS = 1 << 13,
	ADVICE_FILE_UNKNOWN = 1 << 14, /* nor whether an entry would have spoken for it */
	ADVICE_ROOT_WHILE_STARTING = 1 << 15,
	ADVICE_RISKS = 16, /* how many */
};

#define ADVICE_UNWISE                                                                              \
	(ADVICE_ROOT_WHILE_RUNNING | ADVICE_WRITABLE_PLACE | ADVICE_OTHER_FILE |                   \
	 ADVICE_INTERPRETER | ADVICE_SHELL_OF_SERVICE)

/* Bits of enum advice_risk. */
unsigned advice_risks(const struct retold *retold);

/* One sentence for one bit. */
const char *advice_risk_text(enum advice_risk risk);

struct advice_question {
	char *const
		*baseline; /* NULL-terminated: the paths that retold's baseline was loaded from */
	bool optional_missing; /* as it was for baseline_load() */
	const char *folder;    /* where the entry is to be put, in a file of its own */
};

enum { ADVICE_TEXT_MAX = 512 };

struct advice {
	char *yaml;			      /* "services:\n..."; NULL: there is none */
	char why_not[ADVICE_TEXT_MAX];	      /* where there is none: a sentence */
	const struct baseline_entry *extends; /* of retold's baseline, what it adds to; or NULL */
	bool merge; /* that one is in folder itself: it must be changed where it is written */
	char also[ADVICE_TEXT_MAX]; /* what it allows besides, as entries can't say less; or "" */
};

/* The smallest entry that allows exactly this. It was parsed beside the baseline in use, ties with
 * no other entry, speaks for the process and allows what happened, or it is not given. Always fills
 * in *advice; true where there is one. Frees: advice_free(). */
bool advice_entry(const struct retold *retold, const struct advice_question *question,
		  struct advice *advice);
void advice_free(struct advice *advice);

/* NULL, or why no entry at all should allow this reason, and what to do instead; whole sentences.
 */
const char *advice_instead(enum reason reason);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prose: paragraphs for a person at a terminal. Owns: headings, wrapping, and that no control
 * character gets out, whatever the text was made of. Must not own: what is said.
 */
#ifndef CAPWATCH_PROSE_H
#define CAPWATCH_PROSE_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

enum { PROSE_TEXT_MAX = 8192, PROSE_WIDTH = 79 };

struct prose {
	FILE *out;
	char text[PROSE_TEXT_MAX]; /* of the paragraph that is being said */
	size_t used;
};

/* Ends the paragraph; an empty line, and the heading on one of its own. */
void prose_heading(struct prose *prose, const char *heading);

/* Adds to the paragraph, after a space. What does not fit any more is left out. */
void prose_say(struct prose *prose, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A full stop at the end of what was said, in the place of a ; or , there. */
void prose_end_sentence(struct prose *prose);

/* Ends the paragraph: prints it, wrapped. */
void prose_end(struct prose *prose);

/* Ends it as an item: "- ..." */
void prose_end_item(struct prose *prose);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * active: the alerts that an Alertmanager was told of and that it has not resolved yet. It keeps
 * alerts in memory alone: told again every ACTIVE_RESEND_MS, it has them also after it was started
 * anew. Owns: which are active, until when, and when to tell again. Must not own: the request.
 *
 * The timer: active_deadline() is when active_body() has something to send. A sink whose queue has
 * alerts sends those first; a failed sending is simply followed by the next.
 */
#ifndef CAPWATCH_ACTIVE_H
#define CAPWATCH_ACTIVE_H

#include <stddef.h>
#include <stdint.h>

/* ACTIVE_MAX: then the one that ends first is told no more, it stays until its end all the same. */
enum { ACTIVE_MAX = 256, ACTIVE_RESEND_MS = 60 * 1000, ACTIVE_NEVER = -1 };

struct active;

struct active *active_new(void); /* NULL: memory is out */
void active_free(struct active *active);

struct active_times {
	int64_t now;	  /* of the steady clock, ms */
	int64_t wall_now; /* since the epoch, ms */
};

/* What was delivered: the body of a request, an array of one alert. It takes the place of one with
 * the same labels. What is no such array is passed over. */
void active_note(struct active *active, const char *body, const struct active_times *times);

/* When to send again (steady clock, ms); ACTIVE_NEVER when nothing is active. */
int64_t active_deadline(const struct active *active);

/* A body with all that are active, to be freed; NULL when none is any more. The deadline moves on.
 */
char *active_body(struct active *active, const struct active_times *times);

#endif

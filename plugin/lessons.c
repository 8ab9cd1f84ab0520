/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/lessons.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "common/text.h"
#include "common/wire.h"
#include "plugin/clock.h"

enum { FLUSH_EVERY_MS = 2000, LINES_SIZE = WIRE_BODY_MAX / 2 };

/* ---- setup ---- */

static void put_setup(struct lessons *lessons)
{
	char *text = setup_print(&lessons->setup);

	if (text)
		outbox_put_setup(lessons->outbox, text);
}

static void take_digests(struct setup *setup, const struct configuration *configuration)
{
	snprintf(setup->configuration, sizeof(setup->configuration), "%s",
		 configuration->settings->digest);
	snprintf(setup->baseline, sizeof(setup->baseline), "%s", configuration->baseline->digest);
}

static void take_learning(struct setup *setup, const struct learning *learning)
{
	setup->learning = learning->on;
	setup->since = learning->since;
	setup->until = learning->until;
	snprintf(setup->unit, sizeof(setup->unit), "%s", learning->unit);
}

static struct learning learning_of(const struct setup *setup)
{
	struct learning learning = {
		.on = setup->learning, .since = setup->since, .until = setup->until};

	snprintf(learning.unit, sizeof(learning.unit), "%s", setup->unit);
	return learning;
}

static bool is_as_told(const struct setup *setup, const struct learning *learning)
{
	return setup->learning == learning->on && setup->since == learning->since &&
	       setup->until == learning->until && strcmp(setup->unit, learning->unit) == 0;
}

void lessons_take_configuration(struct lessons *lessons, const struct configuration *configuration)
{
	take_digests(&lessons->setup, configuration);
	put_setup(lessons);
}

void lessons_teach(const struct lessons *lessons)
{
	const struct learning learning = learning_of(&lessons->setup);
	const struct learning_position learnt = {lessons->setup.learnt_time,
						 lessons->setup.learnt_serial};

	judge_resume_learning(*lessons->judge, &learning, &learnt);
}

/* By whom nobody saw. */
static void report_change(const struct lessons *lessons, const struct setup *last)
{
	const struct setup *setup = &lessons->setup;
	char what[512];

	if (strcmp(last->configuration, setup->configuration) == 0 &&
	    strcmp(last->baseline, setup->baseline) == 0)
		return;
	snprintf(what, sizeof(what),
		 "while capwatch did not run: configuration %.12s -> %.12s, baseline %.12s -> "
		 "%.12s",
		 last->configuration, setup->configuration, last->baseline, setup->baseline);
	judge_report_change(*lessons->judge, what, clock_wall_ms());
}

void lessons_begin(struct lessons *lessons, const struct configuration *configuration)
{
	struct setup last = {.learning = false};
	struct error err;
	int found = setup_read(configuration->settings->spool.dir, &last, &err);

	if (found < 0)
		log_line(lessons->log, LOG_WARNING,
			 "%s: whether the configuration changed since the last run, and whether "
			 "gains were being learnt, is not known",
			 err.text);
	if (found > 0)
		lessons->setup = last;
	take_digests(&lessons->setup, configuration);
	put_setup(lessons);
	lessons_teach(lessons);
	if (found > 0)
		report_change(lessons, &last);
}

/* ---- what was learnt ---- */

int lessons_make_learner(struct lessons *lessons, const char *host, const char *host_id,
			 struct error *err)
{
	lessons->learner = learner_new(host, host_id);
	return lessons->learner ? 0 : error_set(err, "out of memory");
}

void lessons_end(struct lessons *lessons)
{
	orders_close(&lessons->orders);
	learner_free(lessons->learner);
	lessons->learner = NULL;
}

/* Only when all that was counted is on its way. */
static void note_position(struct lessons *lessons)
{
	const struct learning_position *learnt = judge_learnt_position(*lessons->judge);

	if (learnt_count(learner_counted(lessons->learner)) > 0 ||
	    (learnt->time == lessons->setup.learnt_time &&
	     learnt->serial == lessons->setup.learnt_serial))
		return;
	lessons->setup.learnt_time = learnt->time;
	lessons->setup.learnt_serial = learnt->serial;
	put_setup(lessons);
}

static void flush(struct lessons *lessons)
{
	char *lines = malloc(LINES_SIZE);
	size_t length = lines ? learnt_take_lines(learner_counted(lessons->learner), lines,
						  LINES_SIZE)
			      : 0;

	if (length == 0) {
		free(lines);
		return;
	}
	outbox_put_learnt(lessons->outbox, lines, length);
	note_position(lessons);
}

int64_t lessons_deadline(const struct lessons *lessons)
{
	if (learnt_count(learner_counted(lessons->learner)) == 0 ||
	    !outbox_takes_learnt(lessons->outbox))
		return -1;
	return lessons->flushed_at + FLUSH_EVERY_MS;
}

void lessons_run(struct lessons *lessons, int64_t now, bool all)
{
	const struct learning *learning = judge_learning(*lessons->judge);
	int64_t due = lessons_deadline(lessons);

	if (!is_as_told(&lessons->setup, learning)) {
		take_learning(&lessons->setup, learning);
		put_setup(lessons);
	}
	if (due < 0 || (!all && now < due))
		return;
	flush(lessons);
	lessons->flushed_at = now;
}

/* ---- orders ---- */

void lessons_admit(struct lessons *lessons, int fd)
{
	orders_admit(&lessons->orders, fd);
}

int lessons_fd(const struct lessons *lessons)
{
	return lessons->orders.fd;
}

static void start(const struct lessons *lessons, const struct order *order, const char *by,
		  char *answer)
{
	int64_t now = clock_wall_ms();
	struct learning learning = {
		.on = true, .since = now, .until = order->for_ms ? now + order->for_ms : 0};
	char until[32];

	snprintf(learning.unit, sizeof(learning.unit), "%s", order->unit);
	judge_switch_learning(*lessons->judge, &learning, by, now);
	snprintf(answer, ORDER_ANSWER_MAX, "learning, of %s, until %s",
		 order->unit[0] ? order->unit : "all services",
		 learning.until ? text_time(learning.until, until, sizeof(until))
				: "capwatch learn stop");
}

static void stop(const struct lessons *lessons, const char *by, char *answer)
{
	const struct learning off = {.on = false};
	bool was_on = judge_learning(*lessons->judge)->on;

	judge_switch_learning(*lessons->judge, &off, by, clock_wall_ms());
	snprintf(answer, ORDER_ANSWER_MAX, "%s",
		 was_on ? "learning has ended; what was learnt stays"
			: "nothing was being learnt by order");
}

/* Also what waits to be handed over. The courier keeps the order of messages. */
static bool forget(struct lessons *lessons, char *answer)
{
	char *nothing = outbox_takes_learnt(lessons->outbox) ? strdup("") : NULL;

	if (!nothing) {
		snprintf(answer, ORDER_ANSWER_MAX,
			 "the courier does not take it just now; try again in some seconds");
		return false;
	}
	learnt_forget(learner_counted(lessons->learner));
	outbox_put_learnt(lessons->outbox, nothing, 0);
	snprintf(answer, ORDER_ANSWER_MAX, "what was learnt so far is forgotten");
	return true;
}

static bool obey(struct lessons *lessons, const struct order *order, char *answer)
{
	char by[ORDERS_BY_MAX];

	orders_by(&lessons->orders, lessons->proc, by);
	switch (order->verb) {
	case ORDER_LEARN_START:
		start(lessons, order, by, answer);
		return true;
	case ORDER_LEARN_STOP:
		stop(lessons, by, answer);
		return true;
	case ORDER_LEARN_FORGET:
		return forget(lessons, answer);
	case ORDER_VERBS:
		break;
	}
	snprintf(answer, ORDER_ANSWER_MAX, "an order that this version does not know");
	return false;
}

void lessons_hear(struct lessons *lessons)
{
	char answer[ORDER_ANSWER_MAX];
	struct order order;
	bool done;

	if (lessons->orders.fd < 0 || orders_read(&lessons->orders, &order) <= 0)
		return;
	done = obey(lessons, &order, answer);
	orders_answer(&lessons->orders, done, answer);
}

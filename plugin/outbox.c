/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/outbox.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "common/wire.h"

enum { ACK_BUFFER = sizeof(struct wire_header) + 64 };

struct item {
	TAILQ_ENTRY(item) next;
	struct outbox_alert alert;
	uint64_t number;
};

struct line {
	TAILQ_ENTRY(line) next;
	int priority;
	size_t length;
	char text[];
};

TAILQ_HEAD(item_list, item);
TAILQ_HEAD(line_list, line);

struct outbox {
	struct item_list items; /* in order of their numbers */
	struct line_list lines;
	struct item *unsent; /* the first not sent on this link; NULL when all are */
	size_t count, bytes, line_count;
	uint64_t last_number, dropped;
	char *state;				   /* not sent yet; NULL for none */
	char checkpoint[CHECKPOINT_TEXT_SIZE + 1]; /* the same; "" for none */
	char *setup;				   /* kept for the next link */
	bool setup_sent;
	char *learnt; /* lines, not sent yet; NULL for none */
	size_t learnt_length;
	int link;
};

struct outbox *outbox_new(void)
{
	struct outbox *outbox = calloc(1, sizeof(*outbox));

	if (!outbox)
		return NULL;
	TAILQ_INIT(&outbox->items);
	TAILQ_INIT(&outbox->lines);
	outbox->link = -1;
	return outbox;
}

static void remove_item(struct outbox *outbox, struct item *item)
{
	if (outbox->unsent == item)
		outbox->unsent = TAILQ_NEXT(item, next);
	TAILQ_REMOVE(&outbox->items, item, next);
	outbox->count--;
	outbox->bytes -= item->alert.length;
	free(item->alert.body);
	free(item);
}

static void remove_line(struct outbox *outbox, struct line *line)
{
	TAILQ_REMOVE(&outbox->lines, line, next);
	outbox->line_count--;
	free(line);
}

static void disconnect(struct outbox *outbox)
{
	if (outbox->link >= 0)
		close(outbox->link);
	outbox->link = -1;
}

void outbox_free(struct outbox *outbox)
{
	if (!outbox)
		return;
	/* Analysers do not see that TAILQ_REMOVE takes out what is freed next, nor what sets an
	 * item. */
	/* NOLINTBEGIN(clang-analyzer-unix.Malloc) */
	while (!TAILQ_EMPTY(&outbox->items))
		remove_item(outbox, TAILQ_FIRST(&outbox->items));
	while (!TAILQ_EMPTY(&outbox->lines))
		remove_line(outbox, TAILQ_FIRST(&outbox->lines));
	/* NOLINTEND(clang-analyzer-unix.Malloc) */
	free(outbox->state);
	free(outbox->setup);
	free(outbox->learnt);
	disconnect(outbox);
	free(outbox);
}

/* --- in --- */

static bool is_over_full(const struct outbox *outbox)
{
	return outbox->count > OUTBOX_ALERTS_MAX || outbox->bytes > OUTBOX_BYTES_MAX;
}

static struct item *least_severe_oldest(const struct outbox *outbox)
{
	struct item *item, *least = TAILQ_FIRST(&outbox->items);

	TAILQ_FOREACH(item, &outbox->items, next)
	{
		/* cppcheck-suppress uninitvar ; see outbox_free() */
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): see outbox_free() */
		if (item->alert.severity < least->alert.severity)
			least = item;
		if (least->alert.severity == SEVERITY_LOW)
			break;
	}
	return least;
}

void outbox_count_dropped(struct outbox *outbox)
{
	outbox->dropped++;
}

void outbox_put(struct outbox *outbox, const struct outbox_alert *alert)
{
	struct item *item = calloc(1, sizeof(*item));

	if (!item) {
		free(alert->body);
		outbox->dropped++;
		return;
	}
	item->alert = *alert;
	item->number = ++outbox->last_number;
	TAILQ_INSERT_TAIL(&outbox->items, item, next);
	outbox->count++;
	outbox->bytes += alert->length;
	if (!outbox->unsent)
		outbox->unsent = item;
	while (is_over_full(outbox)) {
		remove_item(outbox, least_severe_oldest(outbox));
		outbox->dropped++;
	}
}

void outbox_put_line(struct outbox *outbox, int priority, const char *text)
{
	size_t length = strlen(text);
	struct line *line;

	if (outbox->line_count >= OUTBOX_LINES_MAX)
		return;
	line = malloc(sizeof(*line) + length + 1);
	if (!line)
		return;
	line->priority = priority;
	line->length = length;
	memcpy(line->text, text, length + 1);
	TAILQ_INSERT_TAIL(&outbox->lines, line, next);
	outbox->line_count++;
}

uint64_t outbox_take_dropped(struct outbox *outbox)
{
	uint64_t dropped = outbox->dropped;

	if (outbox->count > OUTBOX_ALERTS_MAX / 4 * 3 || outbox->bytes > OUTBOX_BYTES_MAX / 4 * 3)
		return 0;
	outbox->dropped = 0;
	return dropped;
}

size_t outbox_pending(const struct outbox *outbox)
{
	return outbox->count;
}

/* --- out --- */

void outbox_put_state(struct outbox *outbox, char *body)
{
	free(outbox->state);
	outbox->state = body;
}

void outbox_put_checkpoint(struct outbox *outbox, const char text[CHECKPOINT_TEXT_SIZE + 1])
{
	memcpy(outbox->checkpoint, text, sizeof(outbox->checkpoint));
}

void outbox_put_setup(struct outbox *outbox, char *text)
{
	free(outbox->setup);
	outbox->setup = text;
	outbox->setup_sent = false;
}

void outbox_put_learnt(struct outbox *outbox, char *lines, size_t length)
{
	free(outbox->learnt);
	outbox->learnt = lines;
	outbox->learnt_length = length;
}

bool outbox_takes_learnt(const struct outbox *outbox)
{
	return outbox->link >= 0 && !outbox->learnt;
}

uint64_t outbox_last_number(const struct outbox *outbox)
{
	return outbox->last_number;
}

bool outbox_is_safe(const struct outbox *outbox, uint64_t number)
{
	const struct item *oldest = TAILQ_FIRST(&outbox->items);

	return !oldest || oldest->number > number;
}

void outbox_connect(struct outbox *outbox, int link)
{
	disconnect(outbox);
	outbox->link = link;
	outbox->unsent = TAILQ_FIRST(&outbox->items);
	outbox->setup_sent = false;
}

int outbox_link(const struct outbox *outbox)
{
	return outbox->link;
}

static bool has_setup(const struct outbox *outbox)
{
	return outbox->setup && !outbox->setup_sent;
}

bool outbox_has_unsent(const struct outbox *outbox)
{
	return outbox->link >= 0 &&
	       (outbox->unsent || outbox->state || outbox->checkpoint[0] || has_setup(outbox) ||
		outbox->learnt || !TAILQ_EMPTY(&outbox->lines));
}

static int send_line(const struct outbox *outbox, const struct line *line, struct error *err)
{
	const struct wire_header header = {.type = WIRE_LOG,
					   .severity = (uint8_t)line->priority,
					   .length = (uint32_t)line->length};

	return wire_send(outbox->link, &header, line->text, -1, err);
}

static int send_item(const struct outbox *outbox, const struct item *item, struct error *err)
{
	const struct wire_header header = {.type = WIRE_ALERT,
					   .severity = (uint8_t)item->alert.severity,
					   .disposition = (uint8_t)item->alert.disposition,
					   .number = item->number,
					   .length = (uint32_t)item->alert.length};

	return wire_send(outbox->link, &header, item->alert.body, -1, err);
}

static int send_state(struct outbox *outbox, struct error *err)
{
	const struct wire_header header = {.type = WIRE_STATE,
					   .length = (uint32_t)strlen(outbox->state)};
	int rc = wire_send(outbox->link, &header, outbox->state, -1, err);

	if (rc > 0) {
		free(outbox->state);
		outbox->state = NULL;
	}
	return rc;
}

static int send_checkpoint(struct outbox *outbox, struct error *err)
{
	const struct wire_header header = {.type = WIRE_CHECKPOINT, .length = CHECKPOINT_TEXT_SIZE};
	int rc = wire_send(outbox->link, &header, outbox->checkpoint, -1, err);

	if (rc > 0)
		outbox->checkpoint[0] = '\0';
	return rc;
}

static int send_setup(struct outbox *outbox, struct error *err)
{
	const struct wire_header header = {.type = WIRE_SETUP,
					   .length = (uint32_t)strlen(outbox->setup)};
	int rc = wire_send(outbox->link, &header, outbox->setup, -1, err);

	outbox->setup_sent = rc > 0;
	return rc;
}

static int send_learnt(struct outbox *outbox, struct error *err)
{
	const struct wire_header header = {.type = WIRE_LEARNT,
					   .length = (uint32_t)outbox->learnt_length};
	int rc = wire_send(outbox->link, &header, outbox->learnt, -1, err);

	if (rc > 0)
		outbox_put_learnt(outbox, NULL, 0);
	return rc;
}

/* What is no alert. */
static int send_aside(struct outbox *outbox, struct error *err)
{
	/* the setup tells how far it was learnt: after that */
	if (outbox->learnt)
		return send_learnt(outbox, err);
	if (has_setup(outbox))
		return send_setup(outbox, err);
	return outbox->state ? send_state(outbox, err) : send_checkpoint(outbox, err);
}

/* One message; 1 when sent, 0 when it would block. */
static int send_next(struct outbox *outbox, struct error *err)
{
	struct line *line = TAILQ_FIRST(&outbox->lines);
	int rc;

	if (line) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): see outbox_free() */
		rc = send_line(outbox, line, err);
		if (rc > 0)
			remove_line(outbox, line);
		return rc;
	}
	if (!outbox->unsent)
		return send_aside(outbox, err);
	rc = send_item(outbox, outbox->unsent, err);
	if (rc > 0)
		outbox->unsent = TAILQ_NEXT(outbox->unsent, next);
	return rc;
}

int outbox_send(struct outbox *outbox, struct error *err)
{
	int rc = 1;

	while (rc > 0 && outbox_has_unsent(outbox))
		rc = send_next(outbox, err);
	if (rc < 0)
		disconnect(outbox);
	return rc < 0 ? -1 : 0;
}

static void acknowledge(struct outbox *outbox, uint64_t number)
{
	struct item *item = TAILQ_FIRST(&outbox->items);

	/* not among the sent ones: it was dropped meanwhile, or the courier makes numbers up */
	while (item != outbox->unsent && item->number < number)
		item = TAILQ_NEXT(item, next);
	if (item != outbox->unsent && item->number == number)
		remove_item(outbox, item);
}

int outbox_receive(struct outbox *outbox, struct error *err)
{
	char buffer[ACK_BUFFER];
	struct wire_message message;
	int rc = 0;

	while (outbox->link >= 0) {
		rc = wire_receive(outbox->link, buffer, sizeof(buffer), &message, err);
		if (rc <= 0)
			break;
		if (message.fd >= 0)
			close(message.fd);
		if (message.header.type == WIRE_ACK)
			acknowledge(outbox, message.header.number);
	}
	if (rc < 0)
		disconnect(outbox);
	return rc < 0 ? -1 : 0;
}

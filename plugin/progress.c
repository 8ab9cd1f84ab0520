/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "plugin/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

enum { READ_TRIES = 3 }; /* the courier may be writing it just then */

static void put(struct progress *progress, const struct checkpoint *checkpoint)
{
	char text[CHECKPOINT_TEXT_SIZE + 1];

	checkpoint_print(checkpoint, text);
	outbox_put_checkpoint(progress->outbox, text);
}

static bool is_due(const struct progress *progress, int64_t now)
{
	bool events = progress->next_events != progress->told_events;

	return progress->told_at == 0 ||
	       now - progress->told_at >= (events ? PROGRESS_EVERY_MS : PROGRESS_IDLE_MS);
}

void progress_tell(struct progress *progress, int64_t now)
{
	struct judge_stats stats;

	if (!progress->waits) {
		if (!judge_get_position(progress->judge, &progress->next))
			return;
		judge_get_stats(progress->judge, &stats);
		progress->next_events = stats.events_judged;
		progress->number = outbox_last_number(progress->outbox);
		progress->waits = true;
	}
	if (!outbox_is_safe(progress->outbox, progress->number) || !is_due(progress, now))
		return;
	if (progress->next.line != progress->told.line ||
	    progress->next.serial != progress->told.serial)
		put(progress, &progress->next);
	progress->told = progress->next;
	progress->told_events = progress->next_events;
	progress->told_at = now;
	progress->waits = false;
}

void progress_tell_end(struct progress *progress)
{
	struct checkpoint last;

	if (!judge_get_position(progress->judge, &last))
		return;
	last.clean = true;
	put(progress, &last);
}

static ssize_t read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return -1;
	got = read(fd, text, size);
	close(fd);
	return got;
}

enum progress_found progress_read(const char *folder, struct checkpoint *checkpoint)
{
	char path[PATH_MAX], text[CHECKPOINT_TEXT_SIZE];
	ssize_t got = -1;

	if (snprintf(path, sizeof(path), "%s/" CHECKPOINT_FILE, folder) >= (int)sizeof(path))
		return PROGRESS_NONE;
	for (int i = 0; i < READ_TRIES; i++) {
		errno = 0;
		got = read_text(path, text, sizeof(text));
		if (got < 0)
			return errno == ENOENT ? PROGRESS_NONE : PROGRESS_BROKEN;
		if (got == 0 || text[0] == '\0')
			return PROGRESS_NONE;
		if (checkpoint_parse(text, (size_t)got, checkpoint))
			return PROGRESS_FOUND;
	}
	return PROGRESS_BROKEN;
}

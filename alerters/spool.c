/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/spool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

enum {
	SEVERITIES = SEVERITY_CRITICAL + 1,
	BURIALS_BEFORE_PRUNING = 64,
	MISREADS_MAX =
		5, /* of a file that the disk does not give: then the others have their turn */
};

struct entry {
	struct entry *next;
	struct spool_file file; /* what its header says, or will say */
	enum parcel_kind kind;
	bool stored; /* there is a file of it */
	bool unsafe; /* counted so in the parcel and in the spool */
	unsigned misreads;
	struct parcel *parcel; /* NULL when it is in its file alone */
};

struct lane {
	struct entry *first, *last;
};

/* A lane for each severity: both the oldest of all and the oldest of the least severe are at a
 * head. */
struct spool {
	const char *folder, *name;
	const struct logger *log;
	int fd; /* of the folder; -1: none, or not yet */
	struct lane lanes[SEVERITIES];
	struct lane held; /* taken out of their lanes: nothing can drop them there */
	size_t count, bytes, unsafe;
	size_t minor_count, minor_bytes; /* of those, low and medium */
	struct spool_limits limits;
	uint64_t next_sequence;
	uint64_t delivered;
	uint64_t tallies[SPOOL_TALLIES], noted[SPOOL_TALLIES]; /* noted: in the folder */
	unsigned burials;				       /* since the last pruning */
	bool removal_said, burial_said, note_said; /* that it fails; until it works again */
};

/* ---- lanes ---- */

static bool is_minor(const struct entry *entry)
{
	return entry->file.severity < SEVERITY_HIGH;
}

static struct lane *lane_of(struct spool *spool, const struct entry *entry)
{
	return &spool->lanes[entry->file.severity];
}

static struct entry *lane_take_first(struct lane *lane)
{
	struct entry *entry = lane->first;

	lane->first = entry->next;
	if (!lane->first)
		lane->last = NULL;
	entry->next = NULL;
	return entry;
}

static void lane_append(struct lane *lane, struct entry *entry)
{
	entry->next = NULL;
	if (lane->last)
		lane->last->next = entry;
	else
		lane->first = entry;
	lane->last = entry;
}

/* Both are in order of sequence, and so is the result. */
static void lane_merge(struct lane *into, struct lane *other)
{
	struct lane merged = {NULL, NULL};

	while (into->first || other->first) {
		bool take_other = !into->first ||
				  (other->first &&
				   other->first->file.sequence < into->first->file.sequence);

		lane_append(&merged, lane_take_first(take_other ? other : into));
	}
	*into = merged;
}

static struct lane *oldest_lane(struct spool *spool)
{
	struct lane *oldest = NULL;

	for (unsigned i = 0; i < SEVERITIES; i++) {
		struct lane *lane = &spool->lanes[i];

		if (lane->first &&
		    (!oldest || lane->first->file.sequence < oldest->first->file.sequence))
			oldest = lane;
	}
	return oldest;
}

/* ---- entries ---- */

static void count_in(struct spool *spool, const struct entry *entry)
{
	spool->count++;
	spool->bytes += entry->file.length;
	if (is_minor(entry)) {
		spool->minor_count++;
		spool->minor_bytes += entry->file.length;
	}
}

static void count_out(struct spool *spool, const struct entry *entry)
{
	spool->count--;
	spool->bytes -= entry->file.length;
	if (is_minor(entry)) {
		spool->minor_count--;
		spool->minor_bytes -= entry->file.length;
	}
}

static void settle(struct spool *spool, struct entry *entry)
{
	if (!entry->unsafe)
		return;
	entry->unsafe = false;
	entry->parcel->unsafe--;
	spool->unsafe--;
}

static void forget(struct spool *spool, struct entry *entry)
{
	settle(spool, entry);
	count_out(spool, entry);
	parcel_unref(entry->parcel);
	free(entry);
}

/* What fails for each alert alike is one line, until it works again. */
static void say_once(const struct spool *spool, bool *said, int result, const struct error *err)
{
	if (result < 0 && !*said)
		log_line(spool->log, LOG_ERR, "sink %s: its spool: %s", spool->name, err->text);
	*said = result < 0;
}

/* A file that cannot be removed is delivered once more after a restart, with the same id. */
static void remove_file(struct spool *spool, const struct entry *entry)
{
	struct error err;

	if (entry->stored)
		say_once(spool, &spool->removal_said,
			 spool_file_remove(spool->fd, entry->file.sequence, &err), &err);
}

static int move_to_grave(struct spool *spool, struct entry *entry,
			 const struct spool_burial *burial, struct error *err)
{
	if (!entry->stored && entry->parcel && entry->kind == PARCEL_ALERT &&
	    spool_file_store(spool->fd, &entry->file, entry->parcel->text, err) < 0)
		return -1;
	return spool_file_bury(spool->fd, entry->file.sequence, burial, err);
}

static void bury(struct spool *spool, struct entry *entry, enum spool_grave grave, const char *why)
{
	const struct spool_burial burial = {grave, why};
	struct error err;

	if (spool->fd < 0)
		return;
	say_once(spool, &spool->burial_said, move_to_grave(spool, entry, &burial, &err), &err);
	if (++spool->burials < BURIALS_BEFORE_PRUNING)
		return;
	spool->burials = 0;
	spool_folder_prune(spool->fd);
}

static void bury_broken(struct spool *spool, struct entry *entry, const struct error *why)
{
	log_line(spool->log, LOG_ERR,
		 "sink %s: a file of its spool cannot be used and goes to corrupt: %s", spool->name,
		 why->text);
	bury(spool, entry, SPOOL_CORRUPT, why->text);
}

/* ---- bounds ---- */

static bool is_over(const struct spool *spool)
{
	return spool->count > spool->limits.max_count || spool->bytes > spool->limits.max_bytes;
}

static size_t without_reserve(size_t limit)
{
	return limit - limit / SPOOL_RESERVE;
}

static bool is_over_for_minor(const struct spool *spool)
{
	return spool->minor_count > without_reserve(spool->limits.max_count) ||
	       spool->minor_bytes > without_reserve(spool->limits.max_bytes);
}

/* Returns false when only held ones are left. */
static bool drop_one(struct spool *spool, unsigned severities)
{
	for (unsigned i = 0; i < severities; i++) {
		struct entry *entry;

		if (!spool->lanes[i].first)
			continue;
		entry = lane_take_first(&spool->lanes[i]);
		remove_file(spool, entry);
		forget(spool, entry);
		spool->tallies[SPOOL_DROPPED]++;
		return true;
	}
	return false;
}

static void keep_within_limits(struct spool *spool)
{
	while (is_over(spool) && drop_one(spool, SEVERITIES))
		;
	while (is_over_for_minor(spool) && drop_one(spool, SEVERITY_HIGH))
		;
}

/* ---- what lies in the folder ---- */

static bool holds(const struct lane *lane, uint64_t sequence)
{
	for (const struct entry *entry = lane->first; entry; entry = entry->next)
		if (entry->stored && entry->file.sequence == sequence)
			return true;
	return false;
}

static bool is_known(const struct spool *spool, uint64_t sequence)
{
	for (unsigned i = 0; i < SEVERITIES; i++)
		if (holds(&spool->lanes[i], sequence))
			return true;
	return holds(&spool->held, sequence);
}

/* What cannot be read now gets its turn all the same, and is read then. */
static void take_in(struct spool *spool, uint64_t sequence, struct lane lanes[SEVERITIES])
{
	struct entry *entry = calloc(1, sizeof(*entry));
	enum spool_file_state state;
	struct error err;

	if (!entry)
		return;
	free(spool_file_load(spool->fd, sequence, &entry->file, &err));
	state = entry->file.state;
	entry->file.sequence = sequence;
	entry->stored = true;
	if (state == SPOOL_FILE_FAILED)
		entry->file.severity = SEVERITY_HIGH;
	if (state == SPOOL_FILE_BROKEN)
		bury_broken(spool, entry, &err);
	if (state == SPOOL_FILE_BROKEN || state == SPOOL_FILE_GONE) {
		free(entry);
		return;
	}
	count_in(spool, entry);
	lane_append(&lanes[entry->file.severity], entry);
}

static void take_in_those(struct spool *spool, const uint64_t *sequences, size_t count)
{
	struct lane lanes[SEVERITIES] = {{NULL, NULL}};

	for (size_t i = 0; i < count; i++)
		if (!is_known(spool, sequences[i]))
			take_in(spool, sequences[i], lanes);
	for (unsigned i = 0; i < SEVERITIES; i++)
		lane_merge(&spool->lanes[i], &lanes[i]);
}

static void renumber(struct lane *lane, uint64_t offset)
{
	for (struct entry *entry = lane->first; entry; entry = entry->next)
		entry->file.sequence += offset;
}

/* What was pushed before the folder could be opened is younger than all that lies there. */
static void number_after(struct spool *spool, uint64_t last)
{
	for (unsigned i = 0; i < SEVERITIES; i++)
		renumber(&spool->lanes[i], last);
	renumber(&spool->held, last);
	spool->next_sequence += last;
}

static void take_in_tallies(struct spool *spool)
{
	for (enum spool_tally i = 0; i < SPOOL_TALLIES; i++) {
		spool->noted[i] = spool_folder_noted(spool->fd, i);
		spool->tallies[i] += spool->noted[i];
	}
}

/* What must be known before anything may be written there: no file may take the place of another.
 */
struct found {
	uint64_t *sequences, last;
	size_t count;
};

static int look_into(int fd, struct found *found, struct error *err)
{
	if (spool_folder_last(fd, &found->last, err) < 0)
		return -1;
	return spool_folder_list(fd, &found->sequences, &found->count, err);
}

int spool_open(struct spool *spool, struct error *err)
{
	struct found found;

	if (!spool->folder || spool->fd >= 0)
		return 0;
	spool->fd = spool_folder_open(spool->folder, spool->name, err);
	if (spool->fd < 0)
		return -1;
	if (look_into(spool->fd, &found, err) < 0) {
		close(spool->fd);
		spool->fd = -1;
		return -1;
	}
	spool_folder_prune(spool->fd);
	number_after(spool, found.last);
	take_in_those(spool, found.sequences, found.count);
	free(found.sequences);
	take_in_tallies(spool);
	return 0;
}

static void forget_stored(struct spool *spool)
{
	for (unsigned i = 0; i < SEVERITIES; i++) {
		struct lane kept = {NULL, NULL};

		while (spool->lanes[i].first) {
			struct entry *entry = lane_take_first(&spool->lanes[i]);

			if (entry->stored && !entry->unsafe)
				forget(spool, entry);
			else
				lane_append(&kept, entry);
		}
		spool->lanes[i] = kept;
	}
}

/* Those of the folder alone are forgotten, then found again; not when it cannot be listed now. */
void spool_rescan(struct spool *spool)
{
	struct found found;
	struct error err;

	if (spool->fd < 0)
		return;
	if (look_into(spool->fd, &found, &err) < 0) {
		log_line(spool->log, LOG_ERR, "sink %s: its spool: %s", spool->name, err.text);
		return;
	}
	forget_stored(spool);
	take_in_those(spool, found.sequences, found.count);
	free(found.sequences);
	if (found.last >= spool->next_sequence)
		spool->next_sequence = found.last + 1;
}

/* ---- life ---- */

struct spool *spool_new(const char *folder, const char *name, const struct logger *log)
{
	struct spool *spool = calloc(1, sizeof(*spool));

	if (!spool)
		return NULL;
	spool->folder = folder;
	spool->name = name;
	spool->log = log;
	spool->fd = -1;
	spool->next_sequence = 1;
	spool->limits = (struct spool_limits){SIZE_MAX, SIZE_MAX};
	return spool;
}

void spool_free(struct spool *spool)
{
	if (!spool)
		return;
	spool_release(spool);
	for (unsigned i = 0; i < SEVERITIES; i++)
		while (spool->lanes[i].first)
			forget(spool, lane_take_first(&spool->lanes[i]));
	if (spool->fd >= 0)
		close(spool->fd);
	free(spool);
}

void spool_set_limits(struct spool *spool, const struct spool_limits *limits)
{
	spool->limits = *limits;
}

void spool_set_place(struct spool *spool, const char *folder, const char *name)
{
	spool->folder = folder;
	spool->name = name;
}

/* ---- in ---- */

static bool replace_heartbeat(struct spool *spool, struct parcel *parcel)
{
	struct lane *lane = &spool->lanes[parcel->severity];

	for (struct entry *entry = lane->first; entry; entry = entry->next) {
		if (entry->kind != PARCEL_HEARTBEAT)
			continue;
		count_out(spool, entry);
		parcel_unref(entry->parcel);
		entry->parcel = parcel_ref(parcel);
		entry->file.length = parcel->length;
		count_in(spool, entry);
		return true;
	}
	return false;
}

static struct entry *make_entry(struct spool *spool, struct parcel *parcel, int64_t now)
{
	struct entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->file = (struct spool_file){
		.sequence = spool->next_sequence++,
		.severity = parcel->severity <= SEVERITY_CRITICAL ? parcel->severity
								  : SEVERITY_CRITICAL,
		.disposition = parcel->disposition,
		.created = now,
		.length = parcel->length,
	};
	memcpy(entry->file.id, parcel->id, sizeof(entry->file.id));
	entry->kind = parcel->kind;
	entry->parcel = parcel_ref(parcel);
	if (spool->folder && parcel->kind == PARCEL_ALERT) {
		entry->unsafe = true;
		parcel->unsafe++;
		spool->unsafe++;
	}
	return entry;
}

void spool_push(struct spool *spool, struct parcel *parcel, int64_t now)
{
	struct entry *entry;

	if (parcel->kind == PARCEL_HEARTBEAT && replace_heartbeat(spool, parcel))
		return;
	entry = make_entry(spool, parcel, now);
	if (!entry) {
		spool->tallies[SPOOL_DROPPED]++;
		return;
	}
	count_in(spool, entry);
	/* the new one is in its lane when the choice is made: if it is the least severe, it goes */
	lane_append(lane_of(spool, entry), entry);
	keep_within_limits(spool);
}

/* ---- onto the disk ---- */

static int store_lane(struct spool *spool, struct lane *lane, struct error *err)
{
	for (struct entry *entry = lane->first; entry; entry = entry->next) {
		if (!entry->unsafe)
			continue;
		if (spool_file_store(spool->fd, &entry->file, entry->parcel->text, err) < 0)
			return -1;
		entry->stored = true;
	}
	return 0;
}

/* A held one is being delivered: its text is needed where it is. */
static void settle_lane(struct spool *spool, struct lane *lane)
{
	for (struct entry *entry = lane->first; entry; entry = entry->next) {
		if (!entry->unsafe || !entry->stored)
			continue;
		settle(spool, entry);
		if (lane == &spool->held)
			continue;
		parcel_unref(entry->parcel);
		entry->parcel = NULL;
	}
}

static bool are_tallies_noted(const struct spool *spool)
{
	return memcmp(spool->tallies, spool->noted, sizeof(spool->noted)) == 0;
}

static void note_tallies(struct spool *spool, bool only_grown)
{
	struct error err;

	for (enum spool_tally i = 0; spool->fd >= 0 && i < SPOOL_TALLIES; i++) {
		if (only_grown ? spool->tallies[i] <= spool->noted[i]
			       : spool->tallies[i] == spool->noted[i])
			continue;
		say_once(spool, &spool->note_said,
			 spool_folder_note(spool->fd, i, spool->tallies[i], &err), &err);
		spool->noted[i] = spool->tallies[i];
	}
}

/* The severe first: the disk may be full before all are written. */
static int store_all(struct spool *spool, struct error *err)
{
	int result = 0;

	for (unsigned i = SEVERITIES; i > 0 && result == 0; i--)
		result = store_lane(spool, &spool->lanes[i - 1], err);
	if (result == 0)
		result = store_lane(spool, &spool->held, err);
	if (spool_folder_sync(spool->fd, result < 0 ? NULL : err) < 0)
		return -1;
	for (unsigned i = 0; i < SEVERITIES; i++)
		settle_lane(spool, &spool->lanes[i]);
	settle_lane(spool, &spool->held);
	return result;
}

/* Somebody has removed the folder: it is made anew at the next try. */
static void leave_removed_folder(struct spool *spool)
{
	struct stat status;

	if (fstat(spool->fd, &status) == 0 && status.st_nlink > 0)
		return;
	close(spool->fd);
	spool->fd = -1;
}

/* Whatever happens next, a tally grows before what it counts is acknowledged, and goes after the
 * alert that tells it is stored. */
int spool_persist(struct spool *spool, struct error *err)
{
	if (spool_open(spool, err) < 0)
		return -1;
	note_tallies(spool, true);
	if (spool->unsafe > 0 && store_all(spool, err) < 0) {
		leave_removed_folder(spool);
		return -1;
	}
	note_tallies(spool, false);
	return 0;
}

/* ---- out ---- */

/* 0 when its text is in memory; -1 when it cannot be read now, with err; 1 when it is no alert, or
 * could not be read for too often. */
static int load(struct spool *spool, struct entry *entry, struct error *err)
{
	struct spool_file file;
	char *text;

	if (entry->parcel)
		return 0;
	text = spool_file_load(spool->fd, entry->file.sequence, &file, err);
	if (text) {
		entry->parcel = parcel_new(file.severity, file.disposition, text, file.length);
		free(text);
		return entry->parcel ? 0 : error_set(err, "out of memory");
	}
	if (file.state == SPOOL_FILE_FAILED && ++entry->misreads < MISREADS_MAX)
		return -1;
	if (file.state != SPOOL_FILE_GONE)
		bury_broken(spool, entry, err);
	return 1;
}

static const struct parcel *take_next(struct spool *spool, struct error *err)
{
	struct lane *lane;

	err->text[0] = '\0';
	while ((lane = oldest_lane(spool))) {
		int rc = load(spool, lane->first, err);
		struct entry *entry;

		if (rc < 0)
			return NULL;
		entry = lane_take_first(lane);
		if (rc == 0) {
			lane_append(&spool->held, entry);
			return entry->parcel;
		}
		forget(spool, entry);
		err->text[0] = '\0';
	}
	return NULL;
}

const struct parcel *spool_first(struct spool *spool, struct error *err)
{
	return spool->held.first ? spool->held.first->parcel : take_next(spool, err);
}

const struct parcel *spool_next(struct spool *spool)
{
	struct error err;

	return take_next(spool, &err);
}

void spool_done_first(struct spool *spool, size_t count)
{
	for (; count > 0 && spool->held.first; count--) {
		struct entry *entry = lane_take_first(&spool->held);

		remove_file(spool, entry);
		forget(spool, entry);
		spool->delivered++;
	}
}

void spool_done(struct spool *spool)
{
	spool_done_first(spool, SIZE_MAX);
}

void spool_release(struct spool *spool)
{
	while (spool->held.first) {
		struct entry *entry = lane_take_first(&spool->held);
		struct lane one = {entry, entry};

		if (entry->stored && !entry->unsafe) {
			parcel_unref(entry->parcel);
			entry->parcel = NULL;
		}
		lane_merge(lane_of(spool, entry), &one);
	}
}

void spool_bury(struct spool *spool, const char *why)
{
	while (spool->held.first) {
		struct entry *entry = lane_take_first(&spool->held);

		bury(spool, entry, SPOOL_DEAD, why);
		forget(spool, entry);
	}
}

uint64_t spool_expire(struct spool *spool, int64_t before, const char *why)
{
	uint64_t buried = 0;

	for (unsigned i = 0; i < SEVERITIES; i++) {
		struct lane *lane = &spool->lanes[i];

		while (lane->first && lane->first->file.created < before) {
			struct entry *entry = lane_take_first(lane);

			bury(spool, entry, SPOOL_DEAD, why);
			forget(spool, entry);
			buried++;
		}
	}
	return buried;
}

/* ---- what is known of it ---- */

static struct entry *first_of_all(const struct spool *spool)
{
	struct lane *oldest;

	if (spool->held.first)
		return spool->held.first;
	oldest = oldest_lane((struct spool *)(uintptr_t)spool);
	return oldest ? oldest->first : NULL;
}

void spool_note_tries(struct spool *spool, const struct spool_tries *tries)
{
	struct entry *first = first_of_all(spool);
	struct error err;

	if (!first)
		return;
	first->file.attempts = tries->attempts;
	first->file.due = tries->due;
	if (first->stored)
		say_once(spool, &spool->note_said, spool_file_note(spool->fd, &first->file, &err),
			 &err);
}

struct spool_tries spool_tries(const struct spool *spool)
{
	const struct entry *first = first_of_all(spool);

	return first ? (struct spool_tries){first->file.attempts, first->file.due}
		     : (struct spool_tries){0, 0};
}

size_t spool_count(const struct spool *spool)
{
	return spool->count;
}

bool spool_is_settled(const struct spool *spool)
{
	return spool->unsafe == 0 && (!spool->folder || are_tallies_noted(spool));
}

size_t spool_unsafe_count(const struct spool *spool)
{
	return spool->unsafe;
}

int64_t spool_oldest(const struct spool *spool)
{
	const struct entry *first = first_of_all(spool);

	return first ? first->file.created : 0;
}

uint64_t spool_delivered(const struct spool *spool)
{
	return spool->delivered;
}

uint64_t spool_tally(const struct spool *spool, enum spool_tally tally)
{
	return spool->tallies[tally];
}

void spool_set_tally(struct spool *spool, enum spool_tally tally, uint64_t count)
{
	spool->tallies[tally] = count;
}

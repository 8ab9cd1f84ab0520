/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool_file: an alert that waits for a sink, as a file. Owns: the form, the folders, the order of
 * system calls that makes a file either whole or absent whenever the process or the host dies.
 * Must not own: what is kept, for how long, or in which order (spool).
 *
 * SPOOLDIR/SINK/SEQUENCE.alert, sixteen hex digits, oldest first. A new one is written as .new,
 * synced, renamed, and the folder is synced: only then may anybody be told that it is safe.
 * SPOOLDIR/SINK/dead holds what is not tried any more, each with a SEQUENCE.why in words;
 * SPOOLDIR/SINK/corrupt what is no whole alert file.
 *
 * The file: struct spool_file_header (alerters/spool_file.c), then the alert's native JSON. One
 * CRC32C is over all that never changes, another over the record of tries, which is written in
 * place: if that is torn the tries start anew and the alert is as good as before.
 */
#ifndef CAPWATCH_SPOOL_FILE_H
#define CAPWATCH_SPOOL_FILE_H

#include <stddef.h>
#include <stdint.h>
#include "common/error.h"
#include "common/vocab.h"

enum {
	SPOOL_FILE_VERSION = 1,
	SPOOL_FILE_ID_SIZE = 96,
	SPOOL_FILE_TEXT_MAX = 1024 * 1024, /* more is no alert of ours */
	SPOOL_DEAD_MAX = 1000,		   /* files in dead, and in corrupt: the oldest go */
};

enum spool_grave { SPOOL_DEAD, SPOOL_CORRUPT };

enum spool_file_state {
	SPOOL_FILE_GOOD,
	SPOOL_FILE_GONE,   /* somebody removed it */
	SPOOL_FILE_BROKEN, /* not a whole alert file; err says why */
	SPOOL_FILE_FAILED, /* it could not be read now; err says why */
};

struct spool_file {
	enum spool_file_state state; /* of spool_file_load() */
	uint64_t sequence;
	enum severity severity;
	enum disposition disposition;
	int64_t created;   /* ms since the epoch, when the courier took it */
	uint32_t attempts; /* that failed */
	int64_t due;	   /* ms since the epoch, of the next try; 0: at once */
	size_t length;	   /* of the text */
	char id[SPOOL_FILE_ID_SIZE];
};

/* Opens SPOOLDIR/SINK, making what is missing below SPOOLDIR's parent, and takes its lock: one
 * courier at a time. Removes what a crash left half written. Returns the descriptor, -1 with
 * err. */
int spool_folder_open(const char *folder, const char *sink, struct error *err);

/* The same folder for looking at it, beside a courier that has it: makes nothing, takes no lock. */
int spool_folder_look(const char *folder, const char *sink, struct error *err);

/* A folder in it, for the functions below that take one; -1 with err. */
int spool_grave_open(int folder, enum spool_grave grave, struct error *err);

/* Makes renames durable. 0 or -1 with err. */
int spool_folder_sync(int folder, struct error *err);

/* All sequences there, ascending, in a new array that the caller frees. 0, or -1 with err, and no
 * array: a part of them would be taken for all. */
int spool_folder_list(int folder, uint64_t **sequences, size_t *count, struct error *err);

/* Writes the file up to and with its rename. It is safe after spool_folder_sync(). Writing a
 * sequence again replaces it. 0 or -1 with err, and then there is no new file. */
int spool_file_store(int folder, const struct spool_file *file, const char *text,
		     struct error *err);

/* Reads and checks all of it. Returns the text, new, terminated and the caller's to free, and
 * fills in *file; NULL with err when its state is not GOOD, and then nothing but state is set. */
char *spool_file_load(int folder, uint64_t sequence, struct spool_file *file, struct error *err);

/* Writes attempts and due of a stored file. Losing them harms no alert. 0, also when the file is
 * gone, or -1 with err. */
int spool_file_note(int folder, const struct spool_file *file, struct error *err);

/* 0 also when it is gone already; -1 with err. */
int spool_file_remove(int folder, uint64_t sequence, struct error *err);

/* Moves the file into its grave, with why in words beside it. 0 also when it is gone already; -1
 * with err, when it was moved without its why as well. */
struct spool_burial {
	enum spool_grave grave;
	const char *why;
};
int spool_file_bury(int folder, uint64_t sequence, const struct spool_burial *burial,
		    struct error *err);

/* Moves it back, to be delivered after all. 0 or -1 with err. */
int spool_file_exhume(int folder, uint64_t sequence, enum spool_grave grave, struct error *err);

/* Removes it from dead or corrupt (grave_folder), with why; 0 also when it is gone already. */
int spool_grave_remove(int grave_folder, uint64_t sequence, struct error *err);

/* Why it was moved there, one line; "" when nobody wrote that down. Returns why. */
char *spool_grave_why(int grave_folder, uint64_t sequence, char *why, size_t size);

/* How many alerts the sink did not get and nobody was told yet: kept over a restart, so that it is
 * said after all. */
enum spool_tally {
	SPOOL_DROPPED,	 /* the spool was full */
	SPOOL_HELD_BACK, /* by the sink's max_alerts */
	SPOOL_TALLIES,
};

/* 0 removes the note. Losing it harms no alert. 0 or -1 with err. */
int spool_folder_note(int folder, enum spool_tally tally, uint64_t count, struct error *err);
uint64_t spool_folder_noted(int folder, enum spool_tally tally);

/* Removes the oldest in dead and in corrupt that are more than SPOOL_DEAD_MAX. */
void spool_folder_prune(int folder);

/* The highest sequence there, also among the dead and the corrupt: no number is used twice. *last
 * is 0 when there is none. 0, or -1 with err when it cannot be known now. */
int spool_folder_last(int folder, uint64_t *last, struct error *err);

#endif

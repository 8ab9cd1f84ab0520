/* SPDX-License-Identifier: Apache-2.0 */
/*
 * consumer: the least that a program on libauparse does with an audit stream.
 *
 *   consumer [COUNTS]     reads stdin to its end; COUNTS: a file to write the counts to, or stdout
 *
 * Feeds what it reads, and finds one field of each whole event, the first of its first record. It
 * is what capwatch is measured against: a plugin written with the library that auditd offers for
 * it, before it has judged anything.
 */
#include <auparse.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum { READ_SIZE = 64 * 1024 };

struct counts {
	uint64_t events, records, found, bytes;
};

static void take_event(auparse_state_t *au, auparse_cb_event_t kind, void *ctx)
{
	struct counts *counts = ctx;

	if (kind != AUPARSE_CB_EVENT_READY)
		return;
	counts->events++;
	counts->records += auparse_get_num_records(au);
	auparse_first_record(au);
	if (auparse_find_field(au, "syscall"))
		counts->found++;
}

static int read_stream(auparse_state_t *au, struct counts *counts)
{
	static char buffer[READ_SIZE];
	ssize_t got;

	while ((got = read(STDIN_FILENO, buffer, sizeof(buffer))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || auparse_feed(au, buffer, (size_t)got) != 0)
			return -1;
		counts->bytes += (uint64_t)got;
	}
	return auparse_flush_feed(au);
}

static int print_counts(const struct counts *counts, const char *path)
{
	FILE *file = path ? fopen(path, "we") : stdout;

	if (!file)
		return -1;
	fprintf(file,
		"events=%" PRIu64 "\nrecords=%" PRIu64 "\nfound=%" PRIu64 "\nbytes=%" PRIu64 "\n",
		counts->events, counts->records, counts->found, counts->bytes);
	return fclose(file);
}

int main(int argc, char **argv)
{
	struct counts counts = {0};
	auparse_state_t *au = auparse_init(AUSOURCE_FEED, NULL);
	int failed;

	if (!au) {
		perror("consumer: auparse_init");
		return 1;
	}
	signal(SIGTERM, SIG_IGN); /* auditd's way to end a plugin; the rest of the stream is read */
	auparse_add_callback(au, take_event, &counts, NULL);
	failed = read_stream(au, &counts);
	auparse_destroy(au);
	if (print_counts(&counts, argc > 1 ? argv[1] : NULL) != 0)
		failed = 1;
	if (failed)
		perror("consumer");
	return failed != 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes into whole candidate events: framing, selection, assembly, bounds. */
#define _GNU_SOURCE
#include <check.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checkpoint.h"
#include "judge/intake.h"
#include "judge/maybes.h"
#include "judge/record.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { EVENTS_KEPT = 32 };

struct collected {
	size_t count;
	struct {
		char text[INTAKE_EVENT_MAX + 1];
		char node[RECORD_NODE_MAX];
		uint64_t serial;
		int64_t time;
		bool truncated, complete;
	} events[EVENTS_KEPT];
};

static struct collected got;
static struct intake *intake;

static void collect(void *ctx, const struct intake_event *event)
{
	struct collected *to = ctx;
	size_t i = to->count++ % EVENTS_KEPT;

	ck_assert_uint_le(event->length, INTAKE_EVENT_MAX);
	memcpy(to->events[i].text, event->text, event->length);
	to->events[i].text[event->length] = '\0';
	snprintf(to->events[i].node, RECORD_NODE_MAX, "%s", event->node);
	to->events[i].serial = event->serial;
	to->events[i].time = event->time;
	to->events[i].truncated = event->truncated;
	to->events[i].complete = event->complete;
}

static void begin(void)
{
	memset(&got, 0, sizeof(got));
	intake = intake_new(collect, &got);
	ck_assert_ptr_nonnull(intake);
}

static void end(void)
{
	intake_free(intake);
}

static void feed(const char *text)
{
	intake_feed(intake, text, strlen(text), 1000);
}

/* As a replay is fed: the clock is the records'. */
static void feed_replay(const char *text)
{
	intake_feed(intake, text, strlen(text), 0);
}

static struct intake_stats stats(void)
{
	struct intake_stats now;

	intake_get_stats(intake, &now);
	return now;
}

#define SYSCALL(serial, call, a0, a1)                                                              \
	"type=SYSCALL msg=audit(100.250:" #serial "): arch=c000003e syscall=" #call                \
	" success=yes exit=0 a0=" #a0 " a1=" #a1                                                   \
	" a2=0 a3=0 items=0 ppid=1 pid=7 auid=4294967295 "                                         \
	"uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 "       \
	"comm=\"x\" exe=\"/x\" key=(null)\n"
#define CAPSET(serial)                                                                             \
	"type=CAPSET msg=audit(100.250:" #serial "): pid=7 cap_pi=0 cap_pp=0 cap_pe=0 cap_pa=0\n"
#define PROCTITLE(serial) "type=PROCTITLE msg=audit(100.250:" #serial "): proctitle=\"x\"\n"
#define EOE(serial) "type=EOE msg=audit(100.250:" #serial "): \n"
#define WHOLE(serial) SYSCALL(serial, 126, 1, 2) CAPSET(serial) PROCTITLE(serial)

START_TEST(test_event_ends_with_eoe_and_holds_its_records)
{
	feed(WHOLE(5));
	feed(EOE(5));
	ck_assert_uint_eq(got.count, 1);
	ck_assert_str_eq(got.events[0].text, WHOLE(5));
	ck_assert_str_eq(got.events[0].node, "");
	ck_assert_uint_eq(got.events[0].serial, 5);
	ck_assert_int_eq(got.events[0].time, 100250);
	ck_assert(!got.events[0].truncated);
	ck_assert(got.events[0].complete);
}
END_TEST

START_TEST(test_bytes_may_be_cut_anywhere)
{
	static const char text[] = "node=far " SYSCALL(5, 126, 1,
						       2) "node=far " CAPSET(5) "node=far " EOE(5);

	for (size_t cut = 1; cut < sizeof(text) - 1; cut++) {
		got.count = 0;
		intake_feed(intake, text, cut, 1000);
		intake_feed(intake, text + cut, sizeof(text) - 1 - cut, 1000);
		ck_assert_uint_eq(got.count, 1);
		ck_assert_str_eq(got.events[0].text, SYSCALL(5, 126, 1, 2) CAPSET(5));
		ck_assert_str_eq(got.events[0].node, "far");
	}
	ck_assert_uint_eq(stats().malformed, 0);
}
END_TEST

START_TEST(test_bytes_may_come_one_by_one)
{
	static const char text[] = WHOLE(5) EOE(5);

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		intake_feed(intake, text + i, 1, 1000);
	ck_assert_uint_eq(got.count, 1);
	ck_assert_str_eq(got.events[0].text, WHOLE(5));
	ck_assert_uint_eq(stats().bytes, sizeof(text) - 1);
}
END_TEST

START_TEST(test_records_of_two_events_may_interleave)
{
	feed(SYSCALL(4928, 126, 1, 2) SYSCALL(4927, 126, 3, 4) CAPSET(4927) CAPSET(4928));
	feed(EOE(4927) EOE(4928));
	ck_assert_uint_eq(got.count, 2);
	ck_assert_str_eq(got.events[0].text, SYSCALL(4927, 126, 3, 4) CAPSET(4927));
	ck_assert_str_eq(got.events[1].text, SYSCALL(4928, 126, 1, 2) CAPSET(4928));
}
END_TEST

START_TEST(test_same_serial_of_two_nodes_are_two_events)
{
	feed("node=a " SYSCALL(5, 126, 1, 2) "node=b " SYSCALL(5, 126, 3, 4));
	feed("node=b " EOE(5) "node=a " EOE(5));
	ck_assert_uint_eq(got.count, 2);
	ck_assert_str_eq(got.events[0].node, "b");
	ck_assert_str_eq(got.events[0].text, SYSCALL(5, 126, 3, 4));
	ck_assert_str_eq(got.events[1].node, "a");
}
END_TEST

START_TEST(test_proctitle_ends_an_event_where_the_input_has_no_eoe)
{
	feed_replay(WHOLE(5) WHOLE(6));
	ck_assert_uint_eq(got.count, 2);
	ck_assert_str_eq(got.events[1].text, WHOLE(6));
}
END_TEST

START_TEST(test_proctitle_ends_nothing_where_eoe_is_known_to_come)
{
	feed(WHOLE(4) EOE(4) SYSCALL(5, 126, 1, 2) PROCTITLE(5));
	ck_assert_uint_eq(got.count, 1);
	feed(EOE(5));
	ck_assert_uint_eq(got.count, 2);
}
END_TEST

/* audisp-remote sends no EOE: on a collector its own records have them, those of its nodes do not.
 */
START_TEST(test_proctitle_ends_an_event_of_a_node_that_sends_no_eoe)
{
	feed(WHOLE(4) EOE(4) "node=far " SYSCALL(5, 126, 1, 2) "node=far " PROCTITLE(5));
	ck_assert_uint_eq(got.count, 2);
	ck_assert_str_eq(got.events[1].node, "far");
	ck_assert(got.events[1].complete);
	ck_assert_uint_eq(stats().incomplete, 0);
}
END_TEST

START_TEST(test_proctitle_ends_nothing_of_a_node_that_sends_eoe)
{
	feed("node=far " SYSCALL(4, 126, 1, 2) "node=far " EOE(4));
	feed("node=far " SYSCALL(5, 126, 1, 2) "node=far " PROCTITLE(5));
	ck_assert_uint_eq(got.count, 1);
	feed("node=far " EOE(5));
	ck_assert_uint_eq(got.count, 2);
	feed(SYSCALL(6, 126, 1, 2) PROCTITLE(6));
	ck_assert_uint_eq(got.count, 3);
}
END_TEST

START_TEST(test_live_event_without_end_comes_after_the_patience)
{
	feed(SYSCALL(5, 126, 1, 2));
	ck_assert_int_eq(intake_deadline(intake), 1000 + INTAKE_PATIENCE_MS);
	intake_expire(intake, 999 + INTAKE_PATIENCE_MS);
	ck_assert_uint_eq(got.count, 0);
	intake_expire(intake, 1000 + INTAKE_PATIENCE_MS);
	ck_assert_uint_eq(got.count, 1);
	ck_assert_uint_eq(stats().incomplete, 1);
	ck_assert(!got.events[0].complete);
	ck_assert_int_eq(intake_deadline(intake), -1);
}
END_TEST

START_TEST(test_replayed_event_without_end_comes_when_the_records_clock_has_moved_on)
{
	feed_replay(SYSCALL(5, 126, 1, 2));
	feed_replay("type=USER_CMD msg=audit(101.000:6): pid=1\n");
	ck_assert_uint_eq(got.count, 0);
	feed_replay("type=USER_CMD msg=audit(103.000:7): pid=1\n");
	ck_assert_uint_eq(got.count, 1);
}
END_TEST

START_TEST(test_end_of_the_stream_delivers_what_is_pending)
{
	feed(SYSCALL(5, 126, 1, 2));
	/* a last line without newline counts */
	feed("type=CAPSET msg=audit(100.250:5): pid=7 cap_pi=0 cap_pp=0 cap_pe=0 cap_pa=0");
	intake_finish(intake);
	ck_assert_uint_eq(got.count, 1);
	ck_assert_str_eq(got.events[0].text, SYSCALL(5, 126, 1, 2) CAPSET(5));
}
END_TEST

static const struct selection {
	const char *text;
	size_t events;
} selections[] = {
	{SYSCALL(5, 126, 1, 2), 1},
	{SYSCALL(5, 157, 1c, 0), 1},
	{SYSCALL(5, 157, deadbeef0000001c, 0), 1},
	{SYSCALL(5, 157, 2f, 2), 1},
	{SYSCALL(5, 157, 2f, 1), 0},
	{SYSCALL(5, 157, 16, 2), 0},
	{SYSCALL(5, 59, 0, 0), 1},
	{SYSCALL(5, 117, 0, 0), 1},
	{SYSCALL(5, 272, 10000000, 0), 1},
	{SYSCALL(5, 272, 20000000, 0), 0},
	{SYSCALL(5, 1, 0, 0), 0},
	{SYSCALL(5, 257, 0, 0), 0},
	/* the system call alone would not count: another record of its event does */
	{SYSCALL(5, 1, 0, 0) "type=LOGIN msg=audit(100.250:5): pid=7\n", 1},
	{SYSCALL(5, 44, 0, 0) "type=CONFIG_CHANGE msg=audit(100.250:5): op=remove_rule\n", 1},
	{CAPSET(5), 1},
	{"type=BPRM_FCAPS msg=audit(100.250:5): fver=0\n", 1},
	{"type=PATH msg=audit(100.250:5): item=0\n", 0},
	{"type=SERVICE_START msg=audit(100.250:5): pid=1\n", 1},
	{"type=DAEMON_START msg=audit(100.250:5): op=start\n", 1},
	{"type=USER_START msg=audit(100.250:5): pid=1\n", 0},
	{"type=CAPSETS msg=audit(100.250:5): pid=1\n", 0},
	{"type=CAPSE msg=audit(100.250:5): pid=1\n", 0},
	/* what is in a body is text of its sender */
	{"type=USER msg=audit(100.250:5): pid=1 msg='type=CAPSET msg=audit(100.250:5): pid=7'\n",
	 0},
	{"type=USER_CMD msg=audit(100.250:5): msg='x type=SERVICE_START msg=audit(1.2:3): "
	 "unit=y'\n",
	 0},
	{" type=CAPSET msg=audit(100.250:5): pid=7\n", 0},
	{"node=x y type=CAPSET msg=audit(100.250:5): pid=7\n", 0},
};

START_TEST(test_records_are_selected_by_content)
{
	feed(selections[_i].text);
	intake_finish(intake);
	ck_assert_uint_eq(got.count, selections[_i].events);
}
END_TEST

START_TEST(test_failed_call_is_no_candidate_where_nothing_has_happened)
{
	feed("type=SYSCALL msg=audit(100.250:5): arch=c000003e syscall=59 success=no exit=-2 a0=1 "
	     "a1=2 "
	     "a2=3 a3=4 items=1 ppid=1 pid=7\n");
	feed("type=SYSCALL msg=audit(100.250:6): arch=c000003e syscall=126 success=no exit=-1 a0=1 "
	     "a1=2 "
	     "a2=3 a3=4 items=0 ppid=1 pid=7\n");
	intake_finish(intake);
	ck_assert_uint_eq(got.count, 1);
	ck_assert_uint_eq(got.events[0].serial, 6);
}
END_TEST

static const char *const malformed[] = {
	"nonsense\n",
	"type=CAPSET\n",
	"type=CAPSET msg=audit(\n",
	"type=CAPSET msg=audit(100.250:5)\n",
	"type=CAPSET msg=audit(100.250): x\n",
	"type=CAPSET msg=audit(100:5): x\n",
	"type=CAPSET msg=audit(-1.250:5): x\n",
	"type=CAPSET msg=audit(100.1000:5): x\n",
	"type=CAPSET msg=audit(99999999999999999999.250:5): x\n",
	"type=CAPSET msg=audit(9223372036854775807.250:5): x\n",
	"type=CAPSET msg=audit(100.250:99999999999999999999): x\n",
	"type=CAPSET msg=audit(100.250:): x\n",
	"type=CAPSET msg=audit(100.250:0x5): x\n",
	"type=CAPSET  msg=audit(100.250:5): x\n",
	"TYPE=CAPSET msg=audit(100.250:5): x\n",
	"node=onlythis\n",
	"=\n",
};

START_TEST(test_malformed_header_is_counted_and_skipped)
{
	feed(malformed[_i]);
	ck_assert_uint_eq(stats().malformed, 1);
	feed(WHOLE(5) EOE(5));
	ck_assert_uint_eq(got.count, 1);
	ck_assert_uint_eq(stats().malformed, 1);
}
END_TEST

START_TEST(test_node_name_beyond_its_bound_is_malformed)
{
	char line[RECORD_NODE_MAX * 2];

	memset(line, 'n', sizeof(line));
	memcpy(line, "node=", 5);
	strcpy(line + RECORD_NODE_MAX + 5, " " CAPSET(5));
	feed(line);
	ck_assert_uint_eq(stats().malformed, 1);
}
END_TEST

START_TEST(test_record_with_a_nul_is_malformed)
{
	static const char line[] = "type=CAPSET msg=audit(100.250:5): pid=7\0 cap_pp=0\n";

	intake_feed(intake, line, sizeof(line) - 1, 1000);
	intake_finish(intake);
	ck_assert_uint_eq(stats().malformed, 1);
	ck_assert_uint_eq(got.count, 0);
}
END_TEST

START_TEST(test_line_beyond_the_bound_is_skipped_whole_however_it_is_cut)
{
	static char line[RECORD_MAX * 3];
	static const size_t pieces[] = {sizeof(line), 1000, RECORD_MAX, 7};
	size_t piece = pieces[_i];

	memset(line, 'A', sizeof(line));
	/* its tail must not be taken for a line of its own */
	memcpy(line + RECORD_MAX * 2, CAPSET(9), sizeof(CAPSET(9)) - 2);
	line[sizeof(line) - 1] = '\n';
	for (size_t at = 0; at < sizeof(line); at += piece)
		intake_feed(intake, line + at,
			    at + piece < sizeof(line) ? piece : sizeof(line) - at, 1000);
	ck_assert_uint_eq(stats().oversized, 1);
	feed(WHOLE(5) EOE(5));
	ck_assert_uint_eq(got.count, 1);
	ck_assert_uint_eq(got.events[0].serial, 5);
}
END_TEST

START_TEST(test_longest_record_is_taken)
{
	static char line[RECORD_MAX + 2];

	strcpy(line, "type=CAPSET msg=audit(100.250:5): ");
	memset(line + strlen(line), 'x', RECORD_MAX - strlen(line));
	line[RECORD_MAX] = '\n';
	for (size_t cut = RECORD_MAX - 2; cut <= RECORD_MAX; cut++) {
		intake_feed(intake, line, cut, 1000);
		intake_feed(intake, line + cut, RECORD_MAX + 1 - cut, 1000);
	}
	ck_assert_uint_eq(stats().oversized, 0);
	ck_assert_uint_eq(stats().records, 3);
}
END_TEST

START_TEST(test_event_beyond_its_bound_is_truncated_and_says_so)
{
	char record[4096];

	feed(SYSCALL(5, 59, 0, 0));
	memset(record, 'x', sizeof(record));
	memcpy(record, "type=EXECVE msg=audit(100.250:5): ", 34);
	strcpy(record + sizeof(record) - 2, "\n");
	for (int i = 0; i < 20; i++)
		feed(record);
	feed(EOE(5));
	ck_assert_uint_eq(got.count, 1);
	ck_assert(got.events[0].truncated);
	/* the next event in the same place is whole */
	feed(WHOLE(6) EOE(6));
	ck_assert(!got.events[1].truncated);
	ck_assert_str_eq(got.events[1].text, WHOLE(6));
}
END_TEST

size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static size_t bytes_in_use(void)
{
	if (__sanitizer_get_current_allocated_bytes)
		return __sanitizer_get_current_allocated_bytes();
	return mallinfo2().uordblks;
}

START_TEST(test_million_unterminated_events_stay_within_the_bound)
{
	size_t before = bytes_in_use();
	char text[512];

	for (int i = 0; i < 1000000; i++) {
		snprintf(text, sizeof(text), "type=CAPSET msg=audit(100.250:%d): pid=7 cap_pp=0\n",
			 i + 10);
		feed(text);
	}
	ck_assert_uint_le(bytes_in_use() - before, (size_t)INTAKE_OPEN_MAX * INTAKE_EVENT_MAX);
	/* none is lost: the oldest is judged with what it has */
	ck_assert_uint_eq(got.count, 1000000 - INTAKE_OPEN_MAX);
	ck_assert_uint_eq(stats().incomplete, 1000000 - INTAKE_OPEN_MAX);
	/* one that comes whole takes nobody's place; one that does not takes the oldest's */
	got.count = 0;
	feed(WHOLE(5) EOE(5));
	ck_assert_uint_eq(got.count, 1);
	ck_assert_str_eq(got.events[0].text, WHOLE(5));
	feed(SYSCALL(6, 126, 1, 2));
	ck_assert_uint_eq(got.count, 2);
	ck_assert_uint_eq(got.events[1].serial, 1000010 - INTAKE_OPEN_MAX);
}
END_TEST

#define OPENAT(serial) SYSCALL(serial, 257, ffffff9c, 7ffe)
#define PATH_OF(serial, name)                                                                      \
	"type=PATH msg=audit(100.250:" #serial "): item=1 name=\"" name "\" inode=9\n"
#define PARENT(serial)                                                                             \
	"type=PATH msg=audit(100.250:" #serial "): item=0 name=\"/proc/sys/kernel\" inode=8\n"
#define CWD(serial) "type=CWD msg=audit(100.250:" #serial "): cwd=\"/\"\n"

START_TEST(test_open_becomes_a_candidate_by_the_path_of_the_sysctl)
{
	feed(OPENAT(5) CWD(5) PARENT(5) PATH_OF(5, "/proc/sys/kernel/cap_last_cap") EOE(5));
	ck_assert_uint_eq(got.count, 1);
	ck_assert_str_eq(got.events[0].text,
			 OPENAT(5) CWD(5) PARENT(5) PATH_OF(5, "/proc/sys/kernel/cap_last_cap"));
}
END_TEST

START_TEST(test_open_of_another_file_is_no_candidate)
{
	feed(OPENAT(5) CWD(5) PATH_OF(5, "/etc/passwd") PROCTITLE(5) EOE(5));
	intake_finish(intake);
	ck_assert_uint_eq(got.count, 0);
}
END_TEST

START_TEST(test_open_with_the_key_of_our_rule_is_a_candidate_by_that)
{
	feed("type=SYSCALL msg=audit(100.250:5): arch=c000003e syscall=257 success=no exit=-13 "
	     "a0=1 a1=2 "
	     "a2=1 a3=0 items=2 ppid=1 pid=7 key=\"capwatch_lastcap\"\n" EOE(5));
	ck_assert_uint_eq(got.count, 1);
}
END_TEST

START_TEST(test_opens_of_others_in_between_do_not_hide_the_sysctls)
{
	feed(OPENAT(5) CWD(5));
	feed(OPENAT(6) CWD(6) PATH_OF(6, "/etc/a") OPENAT(7) CWD(7) PATH_OF(7, "/etc/b"));
	feed(PATH_OF(5, "/proc/sys/kernel/cap_last_cap") EOE(5));
	ck_assert_uint_eq(got.count, 1);
	ck_assert_uint_eq(got.events[0].serial, 5);
}
END_TEST

/* Its first records have long gone from the buffer that they came in when its path comes. */
START_TEST(test_open_of_the_sysctl_may_be_cut_anywhere)
{
	static const char text[] = OPENAT(5) CWD(5) PARENT(5)
		PATH_OF(5, "/proc/sys/kernel/cap_last_cap") EOE(5);
	char piece[sizeof(text)];

	for (size_t cut = 1; cut < sizeof(text) - 1; cut++) {
		got.count = 0;
		memcpy(piece, text, cut);
		intake_feed(intake, piece, cut, 1000);
		memset(piece, 'x', sizeof(piece));
		memcpy(piece, text + cut, sizeof(text) - 1 - cut);
		intake_feed(intake, piece, sizeof(text) - 1 - cut, 1000);
		ck_assert_uint_eq(got.count, 1);
		ck_assert_str_eq(got.events[0].text, OPENAT(5) CWD(5) PARENT(5) PATH_OF(
							     5, "/proc/sys/kernel/cap_last_cap"));
	}
}
END_TEST

/* As many at a time as a large host has processors, record by record. */
START_TEST(test_opens_of_many_processors_do_not_hide_the_sysctls)
{
	static const struct {
		const char *type, *body;
	} parts[] = {
		{"SYSCALL", "arch=c000003e syscall=257 success=no exit=-13 a0=1 a1=2 a2=1 a3=0 "
			    "items=2 ppid=1 pid=7 key=(null)"},
		{"CWD", "cwd=\"/\""},
		{"PATH", "item=0 name=\"/proc/sys/kernel\" inode=8"},
		{"PATH", "item=1 name=\"/etc/a\" inode=9"},
		{"EOE", ""},
	};
	static const char last_cap[] = "item=1 name=\"/proc/sys/kernel/cap_last_cap\" inode=9";
	char text[512];

	for (size_t part = 0; part < COUNT(parts); part++)
		for (int i = 0; i < MAYBES_MAX; i++) {
			snprintf(text, sizeof(text), "type=%s msg=audit(100.250:%d): %s\n",
				 parts[part].type, i + 10,
				 i == 17 && part == 3 ? last_cap : parts[part].body);
			feed(text);
		}
	ck_assert_uint_eq(got.count, 1);
	ck_assert_uint_eq(got.events[0].serial, 27);
	ck_assert_ptr_nonnull(strstr(got.events[0].text, "cap_last_cap"));
	ck_assert_ptr_nonnull(strstr(got.events[0].text, "type=CWD"));
}
END_TEST

START_TEST(test_sysctl_is_known_by_a_path_written_in_hex)
{
	/* "/tmp/a b/cap_last_cap" */
	feed(OPENAT(5) CWD(5) "type=PATH msg=audit(100.250:5): item=0 "
			      "name=2F746D702F6120622F6361705F6C6173745F636170 inode=9\n" EOE(5));
	ck_assert_uint_eq(got.count, 1);
}
END_TEST

START_TEST(test_open_of_another_node_is_not_taken_for_this_ones)
{
	feed("node=a " OPENAT(5) "node=b " PATH_OF(
		5, "/proc/sys/kernel/cap_last_cap") "node=b " EOE(5));
	intake_finish(intake);
	ck_assert_uint_eq(got.count, 0);
}
END_TEST

START_TEST(test_empty_lines_and_nothing_are_nothing)
{
	feed("\n\n\n");
	intake_feed(intake, "", 0, 1000);
	intake_finish(intake);
	ck_assert_uint_eq(stats().records, 0);
	ck_assert_uint_eq(stats().malformed, 0);
}
END_TEST

static uint64_t settled_at(void)
{
	struct intake_position position;

	return intake_get_position(intake, &position) ? position.serial : 0;
}

START_TEST(test_position_is_before_the_oldest_open_event)
{
	static const char open[] = "type=CAPSET msg=audit(1000.000:5): pid=1 cap_pi=0\n",
			  other[] = "type=USER_ACCT msg=audit(1000.000:6): pid=2\n",
			  last[] = "type=EOE msg=audit(1000.000:5): \n";
	struct intake_position before, after;

	ck_assert_uint_eq(settled_at(), 0);
	feed("type=USER_ACCT msg=audit(1000.000:4): pid=2\n");
	ck_assert(intake_get_position(intake, &before));
	ck_assert_uint_eq(before.serial, 4);
	ck_assert_int_eq(before.time, 1000000);
	feed(open);
	ck_assert_uint_eq(settled_at(), 4);
	feed(other);
	ck_assert_uint_eq(settled_at(), 4);
	feed(last);
	ck_assert(intake_get_position(intake, &after));
	ck_assert_uint_eq(after.serial, 6); /* no EOE is in a log */
	ck_assert_uint_eq(after.line, checkpoint_line_key(other, strlen(other) - 1));
}
END_TEST

START_TEST(test_position_is_the_same_however_the_bytes_are_cut)
{
	static const char text[] = "type=USER_ACCT msg=audit(1000.000:4): pid=2\n"
				   "type=CAPSET msg=audit(1000.000:5): pid=1 cap_pi=0\n"
				   "type=USER_ACCT msg=audit(1000.000:6): pid=3\n"
				   "type=EO";
	struct intake_position whole, cut;

	feed(text);
	ck_assert(intake_get_position(intake, &whole));
	for (size_t i = 1; i < sizeof(text) - 1; i++) {
		end();
		begin();
		intake_feed(intake, text, i, 1000);
		intake_feed(intake, text + i, sizeof(text) - 1 - i, 1000);
		ck_assert(intake_get_position(intake, &cut));
		ck_assert_uint_eq(cut.line, whole.line);
	}
}
END_TEST

/* ---- what is passed over ---- */

#define NODE "node=far "
#define SOCKADDR(serial) "type=SOCKADDR msg=audit(100.250:" #serial "): saddr=0100\n"

#define EXEC(serial) SYSCALL(serial, 59, 1, 2)
#define BPRM(serial) "type=BPRM_FCAPS msg=audit(100.250:" #serial "): fver=0 fp=0\n"
#define EXECVE(serial) "type=EXECVE msg=audit(100.250:" #serial "): argc=1 a0=\"x\"\n"
#define MMAP(serial) "type=MMAP msg=audit(100.250:" #serial "): fd=3 flags=0x2\n"

/* What auditd has looked up is behind 0x1d, here of another length each time. */
#define ENRICHED_OPENAT(serial, key, looked_up)                                                    \
	"type=SYSCALL msg=audit(100.250:" #serial                                                  \
	"): arch=c000003e syscall=257 success=yes exit=3 comm=\"x\" exe=\"/x\" key=\"" key         \
	"\"\x1d" looked_up "\n"

/* Events of no interest, and between them what ends such a row of records: the sysctl's path (also
 * behind another), a record that opens an event after all, another event's, one without header.
 * Then events of interest: whole, with a zero byte, with a record that is of no row, one in
 * another, without EOE and with more behind the PROCTITLE, and one without end. */
/* clang-format off */
static const char passed_over[] =
	OPENAT(5) CWD(5) PATH_OF(5, "/etc/a") PROCTITLE(5) EOE(5)
	SYSCALL(6, 42, 1, 2) SOCKADDR(6) PROCTITLE(6) EOE(6)
	OPENAT(7) CWD(7) PARENT(7) PATH_OF(7, "/proc/sys/kernel/cap_last_cap") PROCTITLE(7) EOE(7)
	SYSCALL(8, 42, 1, 2) CWD(8) CAPSET(8) PROCTITLE(8) EOE(8)
	OPENAT(9) CWD(9) OPENAT(10) CWD(10) PATH_OF(9, "/proc/sys/kernel/cap_last_cap") EOE(9)
	PATH_OF(10, "/etc/b") EOE(10)
	OPENAT(11) CWD(11) "type=PATH msg=audit(100.250:11): ite\n" "type=PATH no header\n" EOE(11)
	NODE OPENAT(12) NODE CWD(12) NODE PATH_OF(12, "/etc/c") NODE PROCTITLE(12)
	NODE OPENAT(13) NODE CWD(13) CWD(13) NODE PATH_OF(13, "/proc/sys/kernel/cap_last_cap")
	NODE PROCTITLE(13)
	OPENAT(14) CWD(14) PROCTITLE(14) PATH_OF(14, "/proc/sys/kernel/cap_last_cap") EOE(14)
	OPENAT(15) CWD(15) "\n" PATH_OF(15, "/proc/sys/kernel/cap_last_cap") EOE(15)
	ENRICHED_OPENAT(24, "site", "ARCH=x86_64 UID=\"root\"") CWD(24) PROCTITLE(24) EOE(24)
	ENRICHED_OPENAT(25, "capwatch_lastcap", "ARCH=x86_64 UID=\"www-data\" GID=\"www-data\"") CWD(25) EOE(25)
	ENRICHED_OPENAT(26, "capwatch_lastcap", "ARCH=x86_64 UID=\"www-data\" GID=\"www-data\"") CWD(26) EOE(26)
	ENRICHED_OPENAT(27, "site", "ARCH=x86_64 UID=\"www-data\" GID=\"www-data\"") CWD(27) PROCTITLE(27) EOE(27)
	ENRICHED_OPENAT(30, "capwatch_lastcap_too", "ARCH=x86_64 UID=\"root\"") CWD(30) EOE(30)
	EXEC(28) BPRM(28) OPENAT(29) CWD(29) EOE(29) CAPSET(28) PROCTITLE(28) EOE(28)
	EXEC(16) BPRM(16) EXECVE(16) CWD(16) PATH_OF(16, "/bin/x") PROCTITLE(16) EOE(16)
	EXEC(17) BPRM(17) "type=CWD msg=audit(100.250:17): cwd=\0\n" PATH_OF(17, "/bin/x") EOE(17)
	EXEC(18) BPRM(18) MMAP(18) CWD(18) PROCTITLE(18) EOE(18)
	EXEC(19) CWD(19) EXEC(20) CWD(20) PROCTITLE(19) EOE(19) PATH_OF(20, "/bin/y") EOE(20)
	NODE EXEC(21) NODE BPRM(21) NODE CWD(21) NODE PROCTITLE(21) NODE PATH_OF(21, "/bin/z")
	NODE EXEC(22) NODE BPRM(22) CWD(22) NODE PROCTITLE(22)
	EXEC(23) BPRM(23) CWD(23);
/* clang-format on */

struct outcome {
	struct collected got;
	struct intake_stats stats;
	struct intake_position position;
	bool has_position;
};

static struct outcome *outcome_of(const char *text, size_t length, size_t piece)
{
	struct outcome *outcome = calloc(1, sizeof(*outcome));

	ck_assert_ptr_nonnull(outcome);
	end();
	begin();
	for (size_t i = 0; i < length; i += piece)
		intake_feed(intake, text + i, length - i < piece ? length - i : piece, 1000);
	outcome->got = got;
	outcome->stats = stats();
	outcome->has_position = intake_get_position(intake, &outcome->position);
	return outcome;
}

static void assert_same_outcome(const struct outcome *a, const struct outcome *b)
{
	ck_assert_mem_eq(&a->stats, &b->stats, sizeof(a->stats));
	ck_assert(a->has_position == b->has_position);
	ck_assert_uint_eq(a->position.serial, b->position.serial);
	ck_assert_uint_eq(a->position.line, b->position.line);
	ck_assert_uint_eq(a->got.count, b->got.count);
	for (size_t i = 0; i < a->got.count && i < EVENTS_KEPT; i++) {
		ck_assert_str_eq(a->got.events[i].text, b->got.events[i].text);
		ck_assert_str_eq(a->got.events[i].node, b->got.events[i].node);
		ck_assert_uint_eq(a->got.events[i].serial, b->got.events[i].serial);
		ck_assert(a->got.events[i].complete == b->got.events[i].complete);
	}
}

/* As of an audit.log: there the PROCTITLE ends an event. */
static const char without_ends[] = EXEC(5) BPRM(5) CWD(5) PROCTITLE(5) OPENAT(6) CWD(6) PROCTITLE(6)
	EXEC(7) BPRM(7) CWD(7) PROCTITLE(7) PATH_OF(7, "/bin/x") WHOLE(8) OPENAT(9) CWD(9);

/* Fed whole they are passed over or delivered in a row, in pieces some of them are; byte by byte
 * each record is looked at by itself. */
static void assert_same_in_pieces(const char *text, size_t length, const struct outcome *single)
{
	const size_t pieces[] = {97, 250, 600, 1500, length};

	for (size_t i = 0; i < COUNT(pieces); i++) {
		struct outcome *row = outcome_of(text, length, pieces[i]);
		assert_same_outcome(row, single);
		free(row);
	}
}

START_TEST(test_what_is_passed_over_in_a_row_is_as_looked_at_one_by_one)
{
	for (size_t length = 1; length < sizeof(passed_over); length++) {
		struct outcome *single;

		if (passed_over[length - 1] != '\n')
			continue;
		single = outcome_of(passed_over, length, 1);
		assert_same_in_pieces(passed_over, length, single);
		if (length == sizeof(passed_over) - 1) {
			/* 7, 8, 9, 13, 15; 25, 26, 30, 28; all from 16 on but the last */
			ck_assert_uint_eq(single->got.count, 5 + 4 + 7);
			ck_assert_uint_eq(single->stats.malformed, 2);
		}
		free(single);
	}
}
END_TEST

START_TEST(test_events_without_eoe_are_as_looked_at_one_by_one)
{
	const size_t length = sizeof(without_ends) - 1;
	struct outcome *single = outcome_of(without_ends, length, 1);

	assert_same_in_pieces(without_ends, length, single);
	ck_assert_uint_eq(single->got.count, 3);
	ck_assert_uint_eq(single->stats.records, 17);
	free(single);
}
END_TEST

/* Events lie over the edges of what is looked at in one go (judge/lines.h), each at another place.
 */
START_TEST(test_what_is_passed_over_may_lie_anywhere)
{
	enum { TIMES = 61 };
	size_t length = sizeof(passed_over) - 1;
	char *text = malloc(TIMES * length);
	struct outcome *row, *single;

	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < TIMES; i++)
		memcpy(text + i * length, passed_over, length);
	row = outcome_of(text, TIMES * length, TIMES * length);
	single = outcome_of(text, TIMES * length, 1);
	assert_same_outcome(row, single);
	ck_assert_uint_gt(single->got.count, TIMES * (5 + 4 + 7) - 1);
	free(text);
	free(row);
	free(single);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("intake");
	TCase *tc = tcase_create("intake");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_position_is_before_the_oldest_open_event);
	tcase_add_test(tc, test_what_is_passed_over_in_a_row_is_as_looked_at_one_by_one);
	tcase_add_test(tc, test_events_without_eoe_are_as_looked_at_one_by_one);
	tcase_add_test(tc, test_what_is_passed_over_may_lie_anywhere);
	tcase_add_test(tc, test_position_is_the_same_however_the_bytes_are_cut);
	tcase_add_test(tc, test_event_ends_with_eoe_and_holds_its_records);
	tcase_add_test(tc, test_bytes_may_be_cut_anywhere);
	tcase_add_test(tc, test_bytes_may_come_one_by_one);
	tcase_add_test(tc, test_records_of_two_events_may_interleave);
	tcase_add_test(tc, test_same_serial_of_two_nodes_are_two_events);
	tcase_add_test(tc, test_proctitle_ends_an_event_where_the_input_has_no_eoe);
	tcase_add_test(tc, test_proctitle_ends_nothing_where_eoe_is_known_to_come);
	tcase_add_test(tc, test_proctitle_ends_an_event_of_a_node_that_sends_no_eoe);
	tcase_add_test(tc, test_proctitle_ends_nothing_of_a_node_that_sends_eoe);
	tcase_add_test(tc, test_live_event_without_end_comes_after_the_patience);
	tcase_add_test(tc,
		       test_replayed_event_without_end_comes_when_the_records_clock_has_moved_on);
	tcase_add_test(tc, test_end_of_the_stream_delivers_what_is_pending);
	tcase_add_loop_test(tc, test_records_are_selected_by_content, 0, COUNT(selections));
	tcase_add_test(tc, test_failed_call_is_no_candidate_where_nothing_has_happened);
	tcase_add_loop_test(tc, test_malformed_header_is_counted_and_skipped, 0, COUNT(malformed));
	tcase_add_test(tc, test_node_name_beyond_its_bound_is_malformed);
	tcase_add_test(tc, test_record_with_a_nul_is_malformed);
	tcase_add_loop_test(tc, test_line_beyond_the_bound_is_skipped_whole_however_it_is_cut, 0,
			    4);
	tcase_add_test(tc, test_longest_record_is_taken);
	tcase_add_test(tc, test_event_beyond_its_bound_is_truncated_and_says_so);
	tcase_add_test(tc, test_million_unterminated_events_stay_within_the_bound);
	tcase_add_test(tc, test_open_becomes_a_candidate_by_the_path_of_the_sysctl);
	tcase_add_test(tc, test_open_of_another_file_is_no_candidate);
	tcase_add_test(tc, test_open_with_the_key_of_our_rule_is_a_candidate_by_that);
	tcase_add_test(tc, test_opens_of_others_in_between_do_not_hide_the_sysctls);
	tcase_add_test(tc, test_open_of_the_sysctl_may_be_cut_anywhere);
	tcase_add_test(tc, test_opens_of_many_processors_do_not_hide_the_sysctls);
	tcase_add_test(tc, test_sysctl_is_known_by_a_path_written_in_hex);
	tcase_add_test(tc, test_open_of_another_node_is_not_taken_for_this_ones);
	tcase_add_test(tc, test_empty_lines_and_nothing_are_nothing);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

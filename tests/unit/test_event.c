/* SPDX-License-Identifier: Apache-2.0 */
/* One whole event as values. */
#include <auparse.h>
#include <check.h>
#include <glob.h>
#include <libaudit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/event.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct event_reader *reader;
static struct event event, other;
static size_t compared;

static void begin(void)
{
	struct error err = {""};

	reader = event_reader_new(&err);
	ck_assert_msg(reader != NULL, "%s", err.text);
}

static void end(void)
{
	event_reader_free(reader);
}

/* As the intake delivers it. */
static struct intake_event raw_event(const char *text)
{
	static struct record_line records[INTAKE_RECORDS_MAX];
	const struct bytes bytes = {text, strlen(text)};

	return (struct intake_event){
		.text = text,
		.length = bytes.length,
		.records = records,
		.record_count = record_split(bytes, records, INTAKE_RECORDS_MAX),
		.node = "",
		.time = 100250,
		.serial = 5,
	};
}

static bool read_text(const char *text)
{
	const struct intake_event raw = raw_event(text);

	return event_read(reader, &raw, &event);
}

static void assert_bytes(struct bytes bytes, const char *wanted)
{
	ck_assert_ptr_nonnull(bytes.data);
	ck_assert_uint_eq(bytes.length, strlen(wanted));
	ck_assert_mem_eq(bytes.data, wanted, bytes.length);
}

#define HEAD(type) "type=" type " msg=audit(100.250:5): "
#define SYSCALL_WITH(call, text)                                                                   \
	HEAD("SYSCALL")                                                                            \
	"arch=c000003e syscall=" call                                                              \
	" success=yes exit=0 a0=deadbeef0000001c a1=7ffe a2=0 a3=1f "                              \
	"items=0 ppid=41 pid=42 auid=1000 uid=1 gid=0 euid=2 suid=3 fsuid=4 egid=0 sgid=0 "        \
	"fsgid=0 "                                                                                 \
	"tty=pts0 ses=7 " text

START_TEST(test_fields_of_a_raw_syscall_are_read)
{
	ck_assert(read_text(SYSCALL_WITH("157", "comm=\"x\" exe=\"/bin/x\" subj=unconfined "
						"key=\"capwatch\"\n")));
	ck_assert_uint_eq(event.parts, EVENT_SYSCALL);
	ck_assert_int_eq(event.call, CALL_PRCTL);
	ck_assert_uint_eq(event.arch, 0xc000003e);
	ck_assert_uint_eq(event.syscall, 157);
	ck_assert(event.success);
	ck_assert_uint_eq(event_argument(&event, 0), 0xdeadbeef0000001c);
	ck_assert_uint_eq(event_argument(&event, 1), 0x7ffe);
	ck_assert_uint_eq(event_argument(&event, 3), 0x1f);
	ck_assert_int_eq(event.ppid, 41);
	ck_assert_int_eq(event.pid, 42);
	ck_assert_int_eq(event.ids.auid, 1000);
	ck_assert_int_eq(event.ids.session, 7);
	ck_assert_uint_eq(event.ids.uid, 1);
	ck_assert_uint_eq(event.ids.euid, 2);
	ck_assert_uint_eq(event.ids.suid, 3);
	ck_assert_uint_eq(event.ids.fsuid, 4);
	assert_bytes(event.comm, "x");
	assert_bytes(event.exe, "/bin/x");
	assert_bytes(event.tty, "pts0");
	assert_bytes(event.subject, "unconfined");
	assert_bytes(event.key, "capwatch");
	ck_assert_int_eq(event.time, 100250);
	ck_assert_uint_eq(event.serial, 5);
	ck_assert_uint_eq(event.record_count, 1);
}
END_TEST

START_TEST(test_enriched_record_reads_like_the_raw_one)
{
	ck_assert(read_text(SYSCALL_WITH(
		"126",
		"comm=\"x\" exe=\"/bin/x\" subj=unconfined key=(null)\x1d"
		"ARCH=x86_64 "
		"SYSCALL=capset AUID=\"user\" UID=\"daemon\" GID=\"root\" EUID=\"bin\" "
		"SUID=\"sys\" FSUID=\"sync\" EGID=\"root\" SGID=\"root\" FSGID=\"root\"\n")));
	ck_assert_uint_eq(event.arch, 0xc000003e);
	ck_assert_int_eq(event.call, CALL_CAPSET);
	ck_assert_int_eq(event.ids.auid, 1000);
	ck_assert_uint_eq(event.ids.uid, 1);
	ck_assert_uint_eq(event.ids.fsuid, 4);
	assert_bytes(event.exe, "/bin/x");
	ck_assert_ptr_null(event.key.data);
}
END_TEST

static const struct text_case {
	const char *written;
	const char *comm; /* as bytes; NULL: not known */
} comms[] = {
	{"comm=\"(chronyd)\"", "(chronyd)"},
	{"comm=6122625C0A01FF7B7D", "a\"b\\\n\x01\xff{}"},
	{"comm=72756E633A5B323A494E49545D", "runc:[2:INIT]"},
	{"comm=\"runc:[2:INIT]\"", "runc:[2:INIT]"},
	{"comm=(null)", NULL},
};

START_TEST(test_comm_is_the_bytes_that_the_kernel_had)
{
	char text[1024];

	snprintf(text, sizeof(text), SYSCALL_WITH("126", "%s exe=\"/bin/x\" key=(null)\n"),
		 comms[_i].written);
	ck_assert(read_text(text));
	if (comms[_i].comm)
		assert_bytes(event.comm, comms[_i].comm);
	else
		ck_assert_ptr_null(event.comm.data);
}
END_TEST

START_TEST(test_exe_of_a_deleted_file_is_decoded)
{
	ck_assert(read_text(SYSCALL_WITH(
		"126",
		"comm=\"x\" exe=2F7573722F7362696E2F6E67696E78202864656C6574656429 key=(null)\n")));
	assert_bytes(event.exe, "/usr/sbin/nginx (deleted)");
}
END_TEST

START_TEST(test_first_of_several_keys_is_the_key)
{
	/* "perm_mod" 0x01 "capwatch" */
	ck_assert(read_text(SYSCALL_WITH(
		"126", "comm=\"x\" exe=\"/x\" key=7065726D5F6D6F64016361707761746368\n")));
	assert_bytes(event.key, "perm_mod");
}
END_TEST

START_TEST(test_unset_login_is_minus_one)
{
	ck_assert(read_text(
		HEAD("SYSCALL") "arch=c000003e syscall=126 success=no exit=-1 a0=0 a1=0 a2=0 "
				"a3=0 ppid=1 pid=42 auid=4294967295 uid=0 euid=0 suid=0 "
				"fsuid=0 ses=4294967295 comm=\"x\" exe=\"/x\"\n"));
	ck_assert_int_eq(event.ids.auid, -1);
	ck_assert_int_eq(event.ids.session, -1);
	ck_assert(!event.success);
	ck_assert_int_eq(event.exit, -1);
}
END_TEST

START_TEST(test_capset_short_zeros_and_long_masks)
{
	ck_assert(read_text(HEAD("CAPSET") "pid=42 cap_pi=0 cap_pp=000001ffffffffff "
					   "cap_pe=ffffffffffffffff cap_pa=0000000000002000\n"));
	ck_assert_uint_eq(event.parts, EVENT_CAPSET);
	ck_assert_uint_eq(event.capset.inheritable, 0);
	ck_assert_uint_eq(event.capset.permitted, 0x1ffffffffff);
	ck_assert_uint_eq(event.capset.effective, UINT64_MAX);
	ck_assert_uint_eq(event.capset.ambient, 0x2000);
}
END_TEST

START_TEST(test_bprm_fcaps_has_old_and_new)
{
	ck_assert(read_text(
		HEAD("BPRM_FCAPS") "fver=2 fp=0000000000002000 fi=4 fe=1 old_pp=1 old_pi=2 "
				   "old_pe=3 old_pa=4 pp=5 pi=6 pe=7 pa=8 frootid=0\n"));
	ck_assert_uint_eq(event.parts, EVENT_BPRM);
	ck_assert_uint_eq(event.bprm.file_permitted, 0x2000);
	ck_assert_uint_eq(event.bprm.file_inheritable, 4);
	ck_assert_uint_eq(event.bprm.old.permitted, 1);
	ck_assert_uint_eq(event.bprm.old.inheritable, 2);
	ck_assert_uint_eq(event.bprm.old.effective, 3);
	ck_assert_uint_eq(event.bprm.old.ambient, 4);
	ck_assert_uint_eq(event.bprm.new.permitted, 5);
	ck_assert_uint_eq(event.bprm.new.inheritable, 6);
	ck_assert_uint_eq(event.bprm.new.effective, 7);
	ck_assert_uint_eq(event.bprm.new.ambient, 8);
}
END_TEST

static void assert_bprm(const char *fields, uint64_t old_permitted, uint64_t permitted)
{
	char text[1024];

	snprintf(text, sizeof(text), HEAD("BPRM_FCAPS") "%s\n", fields);
	ck_assert(read_text(text));
	ck_assert_uint_eq(event.bprm.old.permitted, old_permitted);
	ck_assert_uint_eq(event.bprm.new.permitted, permitted);
}

/* What the last one said is kept by its text: by all of it, and by that of the last one. */
START_TEST(test_bprm_fcaps_is_read_anew_when_it_says_something_else)
{
	char unknown[512] = "fver=0 old_pp=3 pp=4 later=";

	assert_bprm("fver=0 old_pp=1 pp=5", 1, 5);
	assert_bprm("fver=0 old_pp=1 pp=5", 1, 5);
	assert_bprm("fver=0 old_pp=1 pp=6", 1, 6);
	assert_bprm("fver=0 old_pp=1 pp=5", 1, 5);
	assert_bprm("fver=0 old_pp=2 pp=5", 2, 5);
	assert_bprm("fver=0 old_pp=2 pp=55", 2, 0x55);
	assert_bprm("fver=0 old_pp=2 pp=5", 2, 5);
	ck_assert(read_text(HEAD("CAPSET") "pid=42 cap_pi=0 cap_pp=1 cap_pe=1 cap_pa=0\n"));
	ck_assert_uint_eq(event.bprm.new.permitted, 0);
	memset(unknown + strlen(unknown), '1', 300); /* too long to be kept */
	assert_bprm(unknown, 3, 4);
	assert_bprm("", 0, 0);
	assert_bprm("fver=0 old_pp=2 pp=5", 2, 5);
}
END_TEST

START_TEST(test_first_of_duplicate_fields_counts)
{
	ck_assert(
		read_text(HEAD("CAPSET") "pid=42 cap_pi=0 cap_pp=1 cap_pe=1 cap_pa=0 cap_pp=ff\n"));
	ck_assert_uint_eq(event.capset.permitted, 1);
	ck_assert(read_text(
		HEAD("SERVICE_START") "pid=77 uid=5 auid=4294967295 ses=4294967295 subj=unconfined "
				      "msg='pid=1 uid=0 unit=web comm=\"systemd\" exe=\"/x\" "
				      "hostname=? addr=? terminal=? res=success'\n"));
	ck_assert_int_eq(event.service.pid, 77);
	ck_assert_int_eq(event.service.uid, 5);
}
END_TEST

START_TEST(test_second_record_of_a_kind_does_not_replace_the_first)
{
	ck_assert(read_text(HEAD("CAPSET") "pid=42 cap_pi=0 cap_pp=1 cap_pe=1 cap_pa=0\n" HEAD(
		"CAPSET") "pid=42 cap_pi=0 cap_pp=ff cap_pe=ff cap_pa=0\n"));
	ck_assert_uint_eq(event.capset.permitted, 1);
}
END_TEST

START_TEST(test_second_record_of_a_kind_does_not_replace_the_first_in_the_details)
{
	ck_assert(read_text(
		SYSCALL_WITH("59", "comm=\"x\" exe=\"/x\" key=(null)\n")
			HEAD("CWD") "cwd=\"/first\"\n" HEAD("CWD") "cwd=\"/second\"\n" HEAD(
				"PROCTITLE") "proctitle=\"first\"\n" HEAD("PROCTITLE") "proctitle="
										       "\"second\""
										       "\n"));
	assert_bytes(event_details(&event)->cwd, "/first");
	assert_bytes(event_details(&event)->proctitle, "first");
}
END_TEST

START_TEST(test_paths_keep_their_order_up_to_the_bound)
{
	const struct event_details *details;
	char text[8192];
	size_t used = 0;

	for (int i = 0; i < EVENT_PATHS_MAX + 4; i++)
		used += (size_t)snprintf(
			text + used, sizeof(text) - used,
			HEAD("PATH") "item=%d name=\"/p%d\" inode=%d dev=08:01 "
				     "mode=0104755 ouid=0 ogid=0 rdev=00:00 "
				     "nametype=NORMAL cap_fp=2000 cap_fi=1 cap_fe=1 "
				     "cap_fver=2 cap_frootid=0\n",
			i, i, i + 100);
	snprintf(text + used, sizeof(text) - used, HEAD("BPRM_FCAPS") "fver=2\n");
	ck_assert(read_text(text));
	details = event_details(&event);
	ck_assert_uint_eq(details->path_count, EVENT_PATHS_MAX);
	assert_bytes(details->paths[1].name, "/p1");
	assert_bytes(details->paths[1].mode, "0104755");
	assert_bytes(details->paths[1].nametype, "NORMAL");
	assert_bytes(details->paths[1].device, "08:01");
	ck_assert_uint_eq(details->paths[1].inode, 101);
	ck_assert_uint_eq(details->paths[1].permitted, 0x2000);
	ck_assert_uint_eq(details->paths[1].inheritable, 1);
}
END_TEST

START_TEST(test_command_line_is_the_arguments_joined)
{
	ck_assert(read_text(SYSCALL_WITH("59", "comm=\"x\" exe=\"/x\" key=(null)\n")
				    HEAD("EXECVE") "argc=3 a0=\"ls\" a1=\"-l\" a2=612062\n"));
	assert_bytes(event_details(&event)->command_line, "ls -l a b");
}
END_TEST

START_TEST(test_huge_command_line_is_cut_and_harms_nothing_else)
{
	static char text[INTAKE_EVENT_MAX];
	size_t used = (size_t)snprintf(text, sizeof(text), "%s",
				       SYSCALL_WITH("59", "comm=\"x\" exe=\"/x\" key=(null)\n"));

	for (int record = 0; record < 3; record++) {
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 HEAD("EXECVE") "argc=900");
		for (int i = 0; i < 900; i++)
			used += (size_t)snprintf(text + used, sizeof(text) - used, " a%d=\"v%d\"",
						 i, i);
		text[used++] = '\n';
	}
	snprintf(text + used, sizeof(text) - used, HEAD("PROCTITLE") "proctitle=6C73002D6C\n");
	ck_assert(read_text(text));
	ck_assert_uint_lt(event_details(&event)->command_line.length, EVENT_COMMAND_MAX);
	ck_assert_uint_gt(event_details(&event)->command_line.length, 1000);
	assert_bytes(event.exe, "/x");
	assert_bytes(event_details(&event)->proctitle, "ls -l");
}
END_TEST

START_TEST(test_config_change_tells_rule_and_state)
{
	ck_assert(read_text(
		HEAD("CONFIG_CHANGE") "auid=1000 ses=7 op=remove_rule key=\"capwatch_capset\" "
				      "list=4 res=1\n"));
	ck_assert_uint_eq(event.parts, EVENT_CONFIG_CHANGE);
	assert_bytes(event.config.op, "remove_rule");
	assert_bytes(event.config.key, "capwatch_capset");
	ck_assert_int_eq(event.config.result, 1);
	ck_assert_int_eq(event.config.audit_enabled, -1);
	ck_assert(read_text(HEAD("CONFIG_CHANGE") "op=set audit_enabled=0 old=1 auid=4294967295 "
						  "ses=4294967295 subj=unconfined res=1\n"));
	ck_assert_int_eq(event.config.audit_enabled, 0);
	ck_assert_int_eq(event.config.old, 1);
	ck_assert_ptr_null(event.config.key.data);
}
END_TEST

START_TEST(test_service_record_tells_unit_and_sender)
{
	ck_assert(read_text(
		HEAD("SERVICE_STOP") "pid=1 uid=0 auid=4294967295 ses=4294967295 "
				     "subj=unconfined msg='unit=web@1 comm=\"systemd\" "
				     "exe=\"/x\" hostname=? addr=? terminal=? res=success'\n"));
	ck_assert_uint_eq(event.parts, EVENT_SERVICE);
	ck_assert(!event.service.start);
	ck_assert_int_eq(event.service.pid, 1);
	ck_assert_int_eq(event.service.uid, 0);
	assert_bytes(event.service.unit, "web@1");
}
END_TEST

START_TEST(test_login_tells_the_new_session)
{
	ck_assert(read_text(HEAD("LOGIN") "pid=8317 uid=0 old-auid=4294967295 auid=1001 tty=(none) "
					  "old-ses=4294967295 ses=2 res=1\n"));
	ck_assert_uint_eq(event.parts, EVENT_LOGIN);
	ck_assert_int_eq(event.login.pid, 8317);
	ck_assert_int_eq(event.login.old_auid, -1);
	ck_assert_int_eq(event.login.auid, 1001);
	ck_assert_int_eq(event.login.session, 2);
	ck_assert_int_eq(event.login.result, 1);
}
END_TEST

static const char *const garbage[] = {
	"type=CAPSET msg=audit(100.250:5):\n",
	"type=CAPSET msg=audit(100.250:5): = = == cap_pp cap_pp= cap_pp=-1 cap_pp=zz\n",
	"type=SYSCALL msg=audit(100.250:5): arch=zz syscall=-4 pid=99999999999999999999 comm=\"\n",
	"type=SYSCALL msg=audit(100.250:5): arch=c000003e syscall=126 comm=616 exe=XX a0=\n",
	"type=PATH msg=audit(100.250:5): name=2F inode=-1 dev=::: mode=9\n",
	"type=EXECVE msg=audit(100.250:5): argc=9 a0= a1 a=x a0=\"\n",
	"type=NOSUCH msg=audit(100.250:5): x=y\n",
	"\n",
	"",
};

START_TEST(test_garbage_is_survived_and_the_next_event_is_whole)
{
	(void)read_text(garbage[_i]);
	ck_assert(read_text(HEAD("CAPSET") "pid=42 cap_pi=0 cap_pp=1 cap_pe=2 cap_pa=0\n"));
	ck_assert_uint_eq(event.parts, EVENT_CAPSET);
	ck_assert_uint_eq(event.capset.permitted, 1);
	ck_assert_uint_eq(event.capset.effective, 2);
	ck_assert_uint_eq(event_details(&event)->path_count, 0);
}
END_TEST

/* ---- what the record before said, too ---------------------------------------------------------
 */

#define IDS "auid=1000 uid=1 gid=0 euid=2 suid=3 fsuid=4 egid=0 sgid=0 fsgid=0 "
#define CALL                                                                                       \
	HEAD("SYSCALL")                                                                            \
	"arch=c000003e syscall=59 success=yes exit=0 a0=1 a1=2 a2=3 a3=4 items=2 ppid=41 pid=42 "
#define SIXTEEN(x) x x x x x x x x x x x x x x x x

/* Each differs from another in one place. */
static const char *const resembling[] = {
	CALL IDS "tty=pts0 ses=7 comm=\"x\" exe=\"/x\" subj=a key=\"k\"\n",
	CALL IDS "tty=pts0 ses=77 comm=\"x\" exe=\"/x\" subj=a key=\"k\"\n",
	CALL IDS "tty=pts0 ses=7\n",
	CALL IDS "tty=pts0 ses=7comm=\"x\" comm=\"y\" exe=\"/x\" subj=a key=\"k\"\n",
	CALL IDS "tty=pts0 ses=7 comm=\"x\" exe=\"/x\" subj=a key=\"kk\"\n",
	CALL IDS "tty=pts0 ses=7 comm=\"x\" exe=\"/x\" subj=a key=\"k\"\x1d"
		 "ARCH=x86_64\n",
	CALL IDS "tty=pts0 ses=7 comm=\"x\" exe=\"/x\" key=\"k\"\n",
	CALL IDS "tty=pts0 ses=7 comm=\"x\" exe=\"/x\"\n",
	CALL IDS "tty=pts0 ses=7 comm=\"x\" exe=\"/x\" subj=a\n",
	CALL IDS "tty=(none) ses=7 comm=\"y\" exe=\"/y\" subj=a key=(null)\n",
	CALL "auid=1000 uid=1 gid=0 euid=0 tty=pts0 ses=7 comm=\"x\" exe=\"/x\" subj=a key=\"k\"\n",
	CALL IDS "tty=pts0 ses=7 exe=\"/x\" comm=\"x\" subj=a key=\"k\"\n",
	CALL IDS "tty=" SIXTEEN("ptsX") " ses=7 comm=\"x\" exe=\"/x\" subj=a key=\"k\"\n",
	CALL IDS
	"tty=pts0 ses=7 comm=\"x\" exe=\"/x\" subj=" SIXTEEN("context_of_mine:") " key=\"k\"\n",
	HEAD("SYSCALL") "arch=c000003e syscall=59 ppid=41 pid=42 " IDS
			"tty=pts0 ses=7 comm=\"x\" exe=\"/x\" subj=a key=\"k\"\n",
	HEAD("BPRM_FCAPS") "fver=0 fp=0 fi=0 fe=0 old_pp=0 old_pi=0 old_pe=0 old_pa=0 pp=1 pi=2 "
			   "pe=3 "
			   "pa=4\n",
	HEAD("BPRM_FCAPS") "fver=0 fp=0 fi=0 fe=0 old_pp=0 old_pi=0 old_pe=0 old_pa=0 pp=1 pi=2 "
			   "pe=3 "
			   "pa=44\n",
};

static void assert_same_event(void);

/* By a reader that has read each of the others just before. */
START_TEST(test_a_record_says_the_same_whatever_the_last_one_said)
{
	const char *text = resembling[_i];
	const struct intake_event raw = raw_event(text);
	struct event_reader *fresh = event_reader_new(&(struct error){""});

	ck_assert_ptr_nonnull(fresh);
	ck_assert(event_read(fresh, &raw, &other));
	for (size_t i = 0; i < COUNT(resembling); i++) {
		ck_assert(read_text(resembling[i]));
		ck_assert(read_text(text));
		assert_same_event();
		ck_assert(read_text(text));
		assert_same_event();
	}
	event_reader_free(fresh);
}
END_TEST

/* ---- the kernel's own records, against libauparse ---------------------------------------------
 */

/* The same event with a record that makes libauparse read all of it. */
static void append_foreign_record(const struct intake_event *raw, char *text, size_t size,
				  struct intake_event *foreign)
{
	static struct record_line records[INTAKE_RECORDS_MAX];
	const char *stamp = memchr(raw->text, '(', raw->length);
	int width = (int)((const char *)memchr(stamp, ')', 64) - stamp);

	*foreign = *raw;
	foreign->text = text;
	foreign->length = (size_t)snprintf(text, size, "%.*stype=DAEMON_CONFIG msg=audit%.*s): \n",
					   (int)raw->length, raw->text, width, stamp);
	ck_assert_uint_lt(foreign->length, size);
	foreign->records = records;
	foreign->record_count = record_split((struct bytes){text, foreign->length}, records,
					     INTAKE_RECORDS_MAX);
}

#define ASSERT_SAME_NUMBER(member) ck_assert_int_eq(event.member, other.member)
#define ASSERT_SAME_TEXT(member)                                                                   \
	do {                                                                                       \
		ck_assert_ptr_eq(event.member.data ? &event : NULL,                                \
				 other.member.data ? &event : NULL);                               \
		ck_assert_uint_eq(event.member.length, other.member.length);                       \
		if (event.member.data)                                                             \
			ck_assert_mem_eq(event.member.data, other.member.data,                     \
					 event.member.length);                                     \
	} while (0)

static void assert_same_event(void)
{
	ck_assert_uint_eq(event.parts, other.parts & ~EVENT_DAEMON);
	ASSERT_SAME_NUMBER(call);
	ASSERT_SAME_NUMBER(arch);
	ASSERT_SAME_NUMBER(syscall);
	ASSERT_SAME_NUMBER(success);
	ASSERT_SAME_NUMBER(exit);
	for (int i = 0; i < 4; i++)
		ck_assert_uint_eq(event_argument(&event, i), event_argument(&other, i));
	ASSERT_SAME_NUMBER(pid);
	ASSERT_SAME_NUMBER(ppid);
	ASSERT_SAME_NUMBER(ids.auid);
	ASSERT_SAME_NUMBER(ids.session);
	ASSERT_SAME_NUMBER(ids.uid);
	ASSERT_SAME_NUMBER(ids.euid);
	ASSERT_SAME_NUMBER(ids.suid);
	ASSERT_SAME_NUMBER(ids.fsuid);
	ASSERT_SAME_TEXT(comm);
	ASSERT_SAME_TEXT(exe);
	ASSERT_SAME_TEXT(tty);
	ASSERT_SAME_TEXT(subject);
	ASSERT_SAME_TEXT(key);
	ck_assert_mem_eq(&event.capset, &other.capset, sizeof(event.capset));
	ck_assert_mem_eq(&event.bprm.old, &other.bprm.old, sizeof(event.bprm.old));
	ck_assert_mem_eq(&event.bprm.new, &other.bprm.new, sizeof(event.bprm.new));
	ck_assert_uint_eq(event.bprm.file_permitted, other.bprm.file_permitted);
	ck_assert_uint_eq(event.bprm.file_inheritable, other.bprm.file_inheritable);
}

/* A field as libauparse interprets it, or nothing where it is not there or null. */
static void assert_interpreted(const struct intake_event *raw, const char *field, struct bytes ours)
{
	auparse_state_t *parser = auparse_init(AUSOURCE_BUFFER, raw->text);
	const char *theirs = NULL;

	ck_assert_ptr_nonnull(parser);
	auparse_set_escape_mode(parser, AUPARSE_ESC_RAW);
	if (auparse_next_event(parser) == 1 && auparse_find_field(parser, field) &&
	    strcmp(auparse_get_field_str(parser), "(null)") != 0)
		theirs = auparse_interpret_field(parser);
	ck_assert_msg((theirs != NULL) == (ours.data != NULL), "%s", field);
	if (theirs)
		ck_assert_msg(strlen(theirs) == ours.length &&
				      memcmp(theirs, ours.data, ours.length) == 0,
			      "%s: %.*s, libauparse says %s", field, (int)ours.length, ours.data,
			      theirs);
	auparse_destroy(parser);
}

static void assert_path(auparse_state_t *parser, const struct event_path *path)
{
	const struct {
		const char *field;
		struct bytes ours;
	} texts[] = {{"mode", path->mode}, {"nametype", path->nametype}, {"dev", path->device}};
	const struct {
		const char *field;
		uint64_t ours;
		int base;
	} numbers[] = {{"inode", path->inode, 10},
		       {"cap_fp", path->permitted, 16},
		       {"cap_fi", path->inheritable, 16}};
	const char *theirs;

	for (size_t i = 0; i < COUNT(texts); i++) {
		auparse_first_field(parser);
		theirs = auparse_find_field(parser, texts[i].field);
		ck_assert((theirs != NULL) == (texts[i].ours.data != NULL));
		ck_assert(!theirs || bytes_are(texts[i].ours, theirs));
	}
	for (size_t i = 0; i < COUNT(numbers); i++) {
		auparse_first_field(parser);
		theirs = auparse_find_field(parser, numbers[i].field);
		ck_assert_uint_eq(theirs ? strtoull(theirs, NULL, numbers[i].base) : 0,
				  numbers[i].ours);
	}
	auparse_first_field(parser);
	theirs = auparse_find_field(parser, "name");
	if (path->name.data)
		ck_assert(bytes_are(path->name, auparse_interpret_field(parser)));
	else
		ck_assert(!theirs || strcmp(theirs, "(null)") == 0);
}

static void assert_paths(const struct intake_event *raw, const struct event_details *details)
{
	auparse_state_t *parser = auparse_init(AUSOURCE_BUFFER, raw->text);
	size_t count = 0;

	ck_assert_ptr_nonnull(parser);
	auparse_set_escape_mode(parser, AUPARSE_ESC_RAW);
	ck_assert_int_eq(auparse_next_event(parser), 1);
	do
		if (auparse_get_type(parser) == AUDIT_PATH)
			assert_path(parser, &details->paths[count++]);
	while (auparse_next_record(parser) > 0 && count < EVENT_PATHS_MAX);
	ck_assert_uint_eq(details->path_count, count);
	auparse_destroy(parser);
}

static void read_both_ways(void *ctx, const struct intake_event *raw)
{
	static char text[INTAKE_EVENT_MAX + 256];
	struct event_reader *second = ctx;
	struct intake_event foreign;

	if (!event_read(reader, raw, &event) ||
	    event.parts & ~(EVENT_SYSCALL | EVENT_CAPSET | EVENT_BPRM))
		return;
	append_foreign_record(raw, text, sizeof(text), &foreign);
	ck_assert(event_read(second, &foreign, &other));
	assert_same_event();
	assert_interpreted(&foreign, "cwd", event_details(&event)->cwd);
	assert_paths(&foreign, event_details(&event));
	assert_interpreted(&foreign, "proctitle", event_details(&event)->proctitle);
	compared++;
}

static void feed_file(struct intake *intake, const char *path)
{
	char bytes[4096];
	FILE *file = fopen(path, "r");
	size_t got;

	ck_assert_msg(file != NULL, "%s", path);
	while ((got = fread(bytes, 1, sizeof(bytes), file)) > 0)
		intake_feed(intake, bytes, got, 0);
	fclose(file);
	intake_finish(intake);
}

START_TEST(test_recorded_events_read_as_libauparse_reads_them)
{
	const char *srcdir = getenv("srcdir");
	struct event_reader *second = event_reader_new(&(struct error){""});
	char pattern[4096];
	glob_t found;

	ck_assert_ptr_nonnull(second);
	snprintf(pattern, sizeof(pattern), "%s/tests/replay/streams/*.stream",
		 srcdir ? srcdir : ".");
	ck_assert_int_eq(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct intake *intake = intake_new(read_both_ways, second);
		ck_assert_ptr_nonnull(intake);
		feed_file(intake, found.gl_pathv[i]);
		intake_free(intake);
	}
	ck_assert_uint_gt(compared, 1000);
	globfree(&found);
	event_reader_free(second);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("event");
	TCase *tc = tcase_create("event");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_fields_of_a_raw_syscall_are_read);
	tcase_add_test(tc, test_enriched_record_reads_like_the_raw_one);
	tcase_add_loop_test(tc, test_comm_is_the_bytes_that_the_kernel_had, 0, COUNT(comms));
	tcase_add_test(tc, test_exe_of_a_deleted_file_is_decoded);
	tcase_add_test(tc, test_first_of_several_keys_is_the_key);
	tcase_add_test(tc, test_unset_login_is_minus_one);
	tcase_add_test(tc, test_capset_short_zeros_and_long_masks);
	tcase_add_test(tc, test_bprm_fcaps_has_old_and_new);
	tcase_add_test(tc, test_bprm_fcaps_is_read_anew_when_it_says_something_else);
	tcase_add_test(tc, test_first_of_duplicate_fields_counts);
	tcase_add_test(tc, test_second_record_of_a_kind_does_not_replace_the_first);
	tcase_add_test(tc, test_second_record_of_a_kind_does_not_replace_the_first_in_the_details);
	tcase_add_test(tc, test_paths_keep_their_order_up_to_the_bound);
	tcase_add_test(tc, test_command_line_is_the_arguments_joined);
	tcase_add_test(tc, test_huge_command_line_is_cut_and_harms_nothing_else);
	tcase_add_test(tc, test_config_change_tells_rule_and_state);
	tcase_add_test(tc, test_service_record_tells_unit_and_sender);
	tcase_add_test(tc, test_login_tells_the_new_session);
	tcase_add_loop_test(tc, test_garbage_is_survived_and_the_next_event_is_whole, 0,
			    COUNT(garbage));
	tcase_add_loop_test(tc, test_a_record_says_the_same_whatever_the_last_one_said, 0,
			    COUNT(resembling));
	tcase_add_test(tc, test_recorded_events_read_as_libauparse_reads_them);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

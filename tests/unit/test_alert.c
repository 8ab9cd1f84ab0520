/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alert.h"
#include "common/wire.h"

enum { CAP_NET_RAW_BIT = 13, CAP_SYS_PTRACE_BIT = 19, CAP_SYS_TIME_BIT = 25 };

static struct bytes text(const char *string)
{
	return (struct bytes){string, strlen(string)};
}

/* chronyd of the design's example, an hour after its start. */
static struct alert chronyd_raising_ptrace(void)
{
	struct alert alert = {
		.time = INT64_C(1795302995816),
		.observed_time = INT64_C(1795302995820),
		.host = text("web-1"),
		.severity = SEVERITY_HIGH,
		.reason = REASON_EXPANSION_AFTER_START,
		.mechanism = MECHANISM_CAPSET,
		.outcome = OUTCOME_SUCCESS,
		.disposition = DISPOSITION_ALERT,
		.phase = PHASE_RUNNING,
		.previous = PREVIOUS_KNOWN,
		.process = {.present = true,
			    .pid = 351,
			    .ppid = 1,
			    .comm = text("chronyd"),
			    .exe = text("/usr/sbin/chronyd"),
			    .uid = 101,
			    .euid = 101,
			    .auid = -1,
			    .session = -1,
			    .has_parent = true,
			    .parent_pid = 1,
			    .parent_comm = text("systemd")},
		.service = {.present = true,
			    .kind = SERVICE_UNIT,
			    .name = text("chrony.service"),
			    .unit = text("chrony.service"),
			    .template_name = text("chrony.service"),
			    .age_ms = 63 * 60 * 1000},
		.has_capabilities = true,
		.baseline = {.entry = text("chronyd"),
			     .file = text("/usr/share/capwatch/baseline.d/chronyd.yaml"),
			     .has_missing = true,
			     .missing = CAPMASK_BIT(CAP_SYS_PTRACE_BIT)},
		.audit = {.has_event = true,
			  .milliseconds = INT64_C(1795302995816),
			  .serial = 4928,
			  .node = text("web-1"),
			  .arch = text("c000003e"),
			  .syscall = text("capset"),
			  .record_count = 1,
			  .records = {text("type=CAPSET msg=audit(1795302995.816:4928): pid=351")}},
		.count = 1,
		.coverage = {.events = -1, .by_pid = -1, .by_auid = -1},
	};

	alert.sets[ALERT_EFFECTIVE] = (struct alert_set){.present = true,
							 .has_before = true,
							 .before = CAPMASK_BIT(CAP_SYS_TIME_BIT),
							 .after = CAPMASK_BIT(CAP_SYS_TIME_BIT) |
								  CAPMASK_BIT(CAP_SYS_PTRACE_BIT),
							 .gained = CAPMASK_BIT(CAP_SYS_PTRACE_BIT)};
	alert_make_id(&alert);
	alert_make_fingerprint(&alert, NULL);
	return alert;
}

static void assert_message(const struct alert *alert, const char *expected)
{
	char buf[2048];

	ck_assert_str_eq(alert_message(alert, buf, sizeof(buf)), expected);
}

static void assert_said(const struct alert *alert, const char *part)
{
	char buf[2048];

	alert_message(alert, buf, sizeof(buf));
	ck_assert_msg(strstr(buf, part) != NULL, "not '%s' in: %s", part, buf);
}

START_TEST(test_message_is_one_sentence)
{
	struct alert alert = chronyd_raising_ptrace();

	assert_message(
		&alert,
		"chronyd (pid 351, uid 101) of chrony.service raised cap_sys_ptrace into effective "
		"1 h 3 min after its start; its baseline entry chronyd does not allow that while "
		"it runs.");
	alert.baseline.entry = (struct bytes){NULL, 0};
	alert.reason = REASON_EXPANSION_AT_START;
	alert.phase = PHASE_STARTING;
	assert_message(
		&alert,
		"chronyd (pid 351, uid 101) of chrony.service raised cap_sys_ptrace into effective "
		"while starting; no baseline entry covers it.");
}
END_TEST

START_TEST(test_message_names_the_file_beside_a_comm_that_lies)
{
	struct alert alert = chronyd_raising_ptrace();

	alert.process.exe = text("/tmp/x");
	assert_said(&alert, "chronyd (/tmp/x, pid 351, uid 101)");
	alert.process.comm = text("systemd-networ");
	alert.process.exe = text("/usr/lib/systemd/systemd-networkd");
	assert_said(&alert, "systemd-networ (/usr/lib/systemd/systemd-networkd, pid 351");
	alert.process.comm = text("systemd-network");
	assert_said(&alert, "systemd-network (pid 351");
}
END_TEST

START_TEST(test_message_puts_sets_of_one_gain_together)
{
	struct alert alert = chronyd_raising_ptrace();

	alert.sets[ALERT_PERMITTED] = alert.sets[ALERT_EFFECTIVE];
	assert_said(&alert, "raised cap_sys_ptrace into permitted and effective 1 h");
	alert.sets[ALERT_PERMITTED].gained = CAPMASK_BIT(CAP_NET_RAW_BIT);
	assert_said(&alert, "raised cap_net_raw into permitted, cap_sys_ptrace into effective 1 h");
	alert.sets[ALERT_PERMITTED].gained = UINT64_MAX;
	assert_said(&alert, "raised all capabilities into permitted, ");
	alert.sets[ALERT_PERMITTED].gained = capmask_known() & ~CAPMASK_BIT(CAP_NET_RAW_BIT);
	assert_said(&alert, "raised all capabilities but cap_net_raw into permitted, ");
}
END_TEST

START_TEST(test_message_of_every_reason_is_complete)
{
	static const struct {
		enum reason reason;
		const char *said;
	} cases[] = {
		{REASON_ABOVE_CEILING,
		 "holds cap_sys_ptrace in permitted above its ceiling 1 h 3 min after its start."},
		{REASON_IMPOSSIBLE_TRANSITION,
		 "came to hold cap_sys_ptrace in effective by capset, a step that"},
		{REASON_UNEXPLAINED_GAIN,
		 "was found to hold cap_sys_ptrace in effective, which no audit record explains"},
		{REASON_AMBIENT_RAISE,
		 "raised cap_sys_ptrace into effective (programs it executes keep them)"},
		{REASON_SECUREBITS_CHANGE,
		 "loosened its securebits (noroot cleared, keep-caps set)"},
		{REASON_EXEC_GAIN,
		 "gained cap_sys_ptrace in effective by executing /usr/bin/ping (mode 0104755)"},
		{REASON_SETUID_GAIN,
		 "gained cap_sys_ptrace in effective by setting its user id to 0"},
		{REASON_USERNS_GAIN, "entered a user namespace"},
		{REASON_GAIN_DENIED,
		 "was refused by the kernel when it tried to raise cap_sys_ptrace into effective"},
		{REASON_FILE_CAPS_SET, "gave the file /usr/bin/ping capabilities."},
		{REASON_CAP_LAST_CAP_WRITE, "opened for writing /usr/bin/ping."},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct alert alert = chronyd_raising_ptrace();

		alert.reason = cases[i].reason;
		alert.file = (struct alert_file){
			.present = true, .path = text("/usr/bin/ping"), .mode = "0104755"};
		alert.has_securebits = alert.has_securebits_before = true;
		alert.securebits_before = 1;
		alert.securebits_after = 1 << 4;
		assert_said(&alert, "chronyd (pid 351, uid 101) of chrony.service ");
		assert_said(&alert, cases[i].said);
	}
}
END_TEST

START_TEST(test_message_names_file_capabilities)
{
	struct alert alert = chronyd_raising_ptrace();

	alert.reason = REASON_FILE_CAPS_SET;
	alert.file = (struct alert_file){.present = true,
					 .path = text("/tmp/x"),
					 .has_caps = true,
					 .permitted = CAPMASK_BIT(CAP_NET_RAW_BIT)};
	assert_said(&alert, "gave the file /tmp/x capabilities (cap_net_raw permitted).");
	alert.outcome = OUTCOME_DENIED;
	assert_said(&alert, "tried in vain to give the file /tmp/x capabilities");
}
END_TEST

START_TEST(test_message_of_capwatch_itself_needs_no_process)
{
	struct alert alert = {.reason = REASON_COVERAGE_LOSS,
			      .mechanism = MECHANISM_AUDIT,
			      .count = 1,
			      .detail = text("the rule on cap_last_cap was removed.")};

	assert_message(&alert,
		       "capwatch cannot see everything: the rule on cap_last_cap was removed.");
	alert.reason = REASON_CONFIG_CHANGE;
	alert.detail = text("baseline, from 1 to 2");
	assert_message(&alert, "capwatch's configuration changed: baseline, from 1 to 2.");
	alert.reason = REASON_COVERAGE_LOSS;
	alert.detail = (struct bytes){NULL, 0};
	alert.coverage = (struct alert_coverage){.present = true, .lost = text("57 events")};
	assert_message(&alert, "capwatch cannot see everything: 57 events.");
	alert.process = chronyd_raising_ptrace().process;
	assert_message(
		&alert,
		"capwatch cannot see everything: 57 events (by chronyd (pid 351, uid 101)).");
}
END_TEST

START_TEST(test_message_of_container_session_and_summary)
{
	struct alert alert = chronyd_raising_ptrace();

	alert.service.kind = SERVICE_CONTAINER;
	alert.service.container = (struct alert_container){
		.present = true, .id = text("0123456789abcdef"), .image = text("registry/x:1")};
	assert_said(&alert, "of container 0123456789ab (registry/x:1) raised");
	alert.service.kind = SERVICE_SESSION;
	alert.process.session = 3;
	alert.process.login_user = text("alice");
	assert_said(&alert, "in the login session 3 of alice raised");
	alert.count = 12;
	alert.is_summary = true;
	alert.first_time = alert.time - 60000;
	alert.last_time = alert.time;
	assert_said(&alert, "; the same happened 12 more times from 2026-11-21T23:15:35.816Z to "
			    "2026-11-21T23:16:35.816Z.");
}
END_TEST

START_TEST(test_message_is_printable_and_fits_whatever_comes)
{
	struct alert alert = chronyd_raising_ptrace();
	char hostile[9000], buf[2048], small[40];

	memset(hostile, 0x1b, sizeof(hostile));
	memcpy(hostile, "a\"\\\n\x01\xff", 6);
	alert.process.comm = alert.process.exe = alert.service.name = alert.baseline.entry =
		(struct bytes){hostile, sizeof(hostile)};
	alert_message(&alert, buf, sizeof(buf));
	for (const char *c = buf; *c; c++)
		ck_assert(*c >= 0x20 && *c < 0x7f);
	ck_assert_ptr_nonnull(strstr(buf, "raised cap_sys_ptrace"));
	alert_message(&alert, small, sizeof(small));
	ck_assert_uint_eq(strlen(small), sizeof(small) - 1);
	alert.process = (struct alert_process){.present = false};
	alert.service = (struct alert_service){.present = false};
	assert_said(&alert, "a process that is not known raised");
}
END_TEST

static void assert_path_string(json_t *root, const char *object, const char *key,
			       const char *expected)
{
	ck_assert_str_eq(json_string_value(json_object_get(json_object_get(root, object), key)),
			 expected);
}

START_TEST(test_json_holds_what_the_schema_wants)
{
	struct alert alert = chronyd_raising_ptrace();
	json_t *root = alert_to_json(&alert), *effective, *list;

	ck_assert_str_eq(json_string_value(json_object_get(root, "schema")), "capwatch.alert/1");
	ck_assert_str_eq(json_string_value(json_object_get(root, "time")),
			 "2026-11-21T23:16:35.816Z");
	ck_assert_str_eq(json_string_value(json_object_get(root, "reason")),
			 "expansion-after-start");
	ck_assert_str_eq(json_string_value(json_object_get(root, "capwatch_version")),
			 CAPWATCH_VERSION);
	assert_path_string(root, "process", "comm", "chronyd");
	ck_assert(json_is_null(json_object_get(json_object_get(root, "process"), "auid")));
	ck_assert(json_is_null(json_object_get(json_object_get(root, "process"), "tty")));
	assert_path_string(root, "service", "template", "chrony.service");
	assert_path_string(root, "audit", "time", "1795302995.816");
	ck_assert_int_eq(
		json_integer_value(json_object_get(json_object_get(root, "audit"), "serial")),
		4928);
	effective = json_object_get(json_object_get(root, "capabilities"), "effective");
	list = json_object_get(effective, "gained");
	ck_assert_uint_eq(json_array_size(list), 1);
	ck_assert_str_eq(json_string_value(json_array_get(list, 0)), "cap_sys_ptrace");
	ck_assert_uint_eq(json_array_size(json_object_get(effective, "lost")), 0);
	ck_assert_ptr_null(json_object_get(json_object_get(root, "capabilities"), "ambient"));
	ck_assert(json_is_null(json_object_get(root, "securebits")));
	ck_assert(json_is_null(json_object_get(root, "file")));
	ck_assert(json_is_null(json_object_get(root, "coverage")));
	json_decref(root);
}
END_TEST

START_TEST(test_json_of_unknowns_is_null)
{
	struct alert alert = {.reason = REASON_COVERAGE_LOSS, .count = 1};
	json_t *root = alert_to_json(&alert), *audit = json_object_get(root, "audit");

	ck_assert(json_is_null(json_object_get(root, "process")));
	ck_assert(json_is_null(json_object_get(root, "service")));
	ck_assert(json_is_null(json_object_get(root, "capabilities")));
	ck_assert(json_is_null(json_object_get(audit, "time")));
	ck_assert(json_is_null(json_object_get(audit, "serial")));
	ck_assert_uint_eq(json_array_size(json_object_get(audit, "records")), 0);
	ck_assert(json_is_null(json_object_get(json_object_get(root, "baseline"), "entry")));
	json_decref(root);
}
END_TEST

START_TEST(test_json_has_securebits_by_name)
{
	struct alert alert = chronyd_raising_ptrace();
	json_t *root, *bits;

	alert.has_securebits = true;
	alert.securebits_after = 1 << 4 | 1 << 0;
	root = alert_to_json(&alert);
	bits = json_object_get(root, "securebits");
	ck_assert(json_is_null(json_object_get(bits, "before")));
	ck_assert_str_eq(json_string_value(json_array_get(json_object_get(bits, "after"), 0)),
			 "noroot");
	ck_assert_str_eq(json_string_value(json_array_get(json_object_get(bits, "after"), 1)),
			 "keep-caps");
	json_decref(root);
}
END_TEST

START_TEST(test_json_carries_hostile_bytes_and_fits_the_wire)
{
	struct alert alert = chronyd_raising_ptrace();
	char *hostile = malloc(9000), *dumped;
	struct bytes bytes = {hostile, 9000};
	json_t *root;

	memset(hostile, 0x01, 9000);
	memcpy(hostile, "a\"\\\n\x01\xff", 6);
	alert.process.comm = alert.process.exe = alert.process.command_line =
		alert.process.parent_exe = bytes;
	alert.file = (struct alert_file){.present = true, .path = bytes};
	alert.audit.record_count = ALERT_RECORDS_MAX;
	for (size_t i = 0; i < ALERT_RECORDS_MAX; i++)
		alert.audit.records[i] = bytes;
	root = alert_to_json(&alert);
	dumped = json_dumps(root, JSON_COMPACT);
	ck_assert_ptr_nonnull(dumped);
	ck_assert_uint_lt(strlen(dumped), WIRE_BODY_MAX);
	ck_assert_ptr_nonnull(strstr(dumped, "a\\\"\\\\\\n\\u0001\xef\xbf\xbd"));
	ck_assert_ptr_null(strchr(dumped, '\n'));
	ck_assert_int_gt(json_integer_value(json_object_get(json_object_get(root, "audit"),
							    "records_left_out")),
			 0);
	free(dumped);
	json_decref(root);
	free(hostile);
}
END_TEST

static void assert_id_differs(struct alert changed, const char *from)
{
	alert_make_id(&changed);
	ck_assert_str_ne(changed.id, from);
	for (const char *c = changed.id; *c; c++)
		ck_assert(strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-",
				 *c) != NULL);
}

START_TEST(test_id_is_of_node_event_reason_and_ordinal)
{
	struct alert alert = chronyd_raising_ptrace(), same = alert, changed;

	ck_assert_int_eq(strncmp(alert.id, "cw-1795302995816-4928-", 22), 0);
	same.process.comm = text("other");
	same.observed_time += 5000;
	same.sets[ALERT_EFFECTIVE].gained = 0;
	alert_make_id(&same);
	ck_assert_str_eq(same.id, alert.id);
	changed = alert, changed.audit.node = text("we\xff\nb.2");
	assert_id_differs(changed, alert.id);
	changed = alert, changed.reason = REASON_ABOVE_CEILING;
	assert_id_differs(changed, alert.id);
	changed = alert, changed.ordinal = 1;
	assert_id_differs(changed, alert.id);
	changed = alert, changed.audit.serial++;
	assert_id_differs(changed, alert.id);
	changed = alert, changed.is_summary = true;
	assert_id_differs(changed, alert.id);
}
END_TEST

static void assert_fingerprint_differs(struct alert changed, const char *from)
{
	alert_make_fingerprint(&changed, NULL);
	ck_assert_str_ne(changed.fingerprint, from);
	ck_assert_uint_eq(strlen(changed.fingerprint), 64);
}

/* More kinds than are kept, each twice in a row and all of them again. */
START_TEST(test_fingerprint_made_before_is_the_same)
{
	static struct fingerprints made;
	struct alert alert = chronyd_raising_ptrace();
	char exe[2 * FINGERPRINT_TEXT_MAX], wanted[65];

	for (int i = 0; i < 4 * FINGERPRINTS_KEPT; i++) {
		int kind = i / 2 % (FINGERPRINTS_KEPT + 3);
		/* of all lengths, up to one that is too long to be kept */
		snprintf(exe, sizeof(exe), "/usr/bin/%0*d", 1 + kind * 40, kind);
		alert.process.exe = text(exe);
		alert_make_fingerprint(&alert, NULL);
		snprintf(wanted, sizeof(wanted), "%s", alert.fingerprint);
		alert_make_fingerprint(&alert, &made);
		ck_assert_str_eq(alert.fingerprint, wanted);
	}
}
END_TEST

START_TEST(test_fingerprint_is_of_the_finding_not_of_its_host_or_time)
{
	struct alert alert = chronyd_raising_ptrace(), same = alert, changed;

	same.audit.node = text("web-2");
	same.host = text("web-2");
	same.audit.serial++;
	same.time++;
	same.process.pid++;
	same.process.comm = text("other");
	same.service.name = text("chrony@2.service");
	alert_make_fingerprint(&same, NULL);
	ck_assert_str_eq(same.fingerprint, alert.fingerprint);
	changed = alert, changed.service.template_name = text("ntp.service");
	assert_fingerprint_differs(changed, alert.fingerprint);
	changed = alert, changed.mechanism = MECHANISM_EXEC;
	assert_fingerprint_differs(changed, alert.fingerprint);
	changed = alert, changed.process.exe = text("/tmp/chronyd");
	assert_fingerprint_differs(changed, alert.fingerprint);
	changed = alert, changed.sets[ALERT_EFFECTIVE].gained = CAPMASK_BIT(CAP_NET_RAW_BIT);
	assert_fingerprint_differs(changed, alert.fingerprint);
	changed = alert, changed.sets[ALERT_PERMITTED] = changed.sets[ALERT_EFFECTIVE];
	changed.sets[ALERT_EFFECTIVE].present = false;
	assert_fingerprint_differs(changed, alert.fingerprint);
	changed = alert, changed.has_securebits = true;
	assert_fingerprint_differs(changed, alert.fingerprint);
}
END_TEST

START_TEST(test_refusals_of_different_capabilities_are_one_kind)
{
	struct alert alert = chronyd_raising_ptrace(), other;

	alert.reason = REASON_GAIN_DENIED;
	alert.outcome = OUTCOME_DENIED;
	alert.sets[ALERT_EFFECTIVE].gained = 0;
	alert_make_fingerprint(&alert, NULL);
	other = alert, other.baseline.missing = CAPMASK_BIT(CAP_NET_RAW_BIT);
	alert_make_fingerprint(&other, NULL);
	ck_assert_str_eq(other.fingerprint, alert.fingerprint);
}
END_TEST

START_TEST(test_fingerprint_above_a_ceiling_is_of_what_exceeds_it)
{
	struct alert alert = chronyd_raising_ptrace(), other;

	alert.reason = REASON_ABOVE_CEILING;
	alert.sets[ALERT_EFFECTIVE].gained = 0;
	alert_make_fingerprint(&alert, NULL);
	other = alert, other.baseline.missing = CAPMASK_BIT(CAP_NET_RAW_BIT);
	assert_fingerprint_differs(other, alert.fingerprint);
}
END_TEST

START_TEST(test_recovery_has_another_id_than_the_loss)
{
	struct alert alert = {.reason = REASON_COVERAGE_LOSS, .coverage = {.present = true}}, other;

	alert.audit.has_event = true;
	alert.audit.serial = 7;
	other = alert;
	other.coverage.state = COVERAGE_RESTORED;
	alert_make_id(&alert);
	alert_make_id(&other);
	ck_assert_str_ne(alert.id, other.id);
}
END_TEST

START_TEST(test_different_losses_of_capwatch_itself_are_different_findings)
{
	struct alert alert = {.reason = REASON_COVERAGE_LOSS, .coverage = {.present = true}}, other;

	alert.coverage.lost = text("the sensor ended by signal 9 (Killed)");
	alert_make_fingerprint(&alert, NULL);
	other = alert, other.time++;
	alert_make_fingerprint(&other, NULL);
	ck_assert_str_eq(other.fingerprint, alert.fingerprint);
	other = alert, other.coverage.lost = text("the courier ended by signal 9 (Killed)");
	assert_fingerprint_differs(other, alert.fingerprint);
	alert = (struct alert){.reason = REASON_CONFIG_CHANGE, .detail = text("digest a -> b")};
	alert_make_fingerprint(&alert, NULL);
	other = alert, other.detail = text("digest b -> a");
	assert_fingerprint_differs(other, alert.fingerprint);
}
END_TEST

START_TEST(test_fingerprint_cannot_be_confused_by_moving_bytes_between_fields)
{
	struct alert alert = chronyd_raising_ptrace(), other = alert;
	char *huge = calloc(1, 100000);

	alert.service.template_name = text("a6:capset");
	other.service.template_name = text("a");
	alert_make_fingerprint(&alert, NULL);
	assert_fingerprint_differs(other, alert.fingerprint);
	memset(huge, 'a', 100000);
	alert.process.exe = (struct bytes){huge, 100000};
	other = alert;
	other.process.exe.length--;
	alert_make_fingerprint(&alert, NULL);
	assert_fingerprint_differs(other, alert.fingerprint);
	free(huge);
}
END_TEST

START_TEST(test_attack_technique_of_a_reason)
{
	struct alert alert = chronyd_raising_ptrace();

	ck_assert_str_eq(alert_attack(&alert), "T1548");
	alert.reason = REASON_EXEC_GAIN;
	ck_assert_str_eq(alert_attack(&alert), "T1548.001");
	alert.reason = REASON_USERNS_GAIN;
	ck_assert_ptr_null(alert_attack(&alert));
}
END_TEST

/* With CAPWATCH_PRINT_ALERTS set, one alert of each reason as a JSON line, to check with the
 * schema. */
static void print_alerts(void)
{
	for (unsigned reason = 0; reason < vocab_reason.count; reason++) {
		struct alert alert = chronyd_raising_ptrace();
		char *dumped;
		json_t *root;

		alert.reason = (enum reason)reason;
		alert.has_securebits = reason % 2;
		alert.securebits_after = 0x55;
		alert.file = (struct alert_file){.present = reason % 3 == 0,
						 .path = text("/x"),
						 .has_caps = true,
						 .mode = "0104755",
						 .permitted = UINT64_MAX};
		alert.coverage.present = reason % 2 == 0;
		alert.coverage.lost = text("a rule");
		alert.process.present = reason < REASON_CONFIG_CHANGE;
		alert.service.container = (struct alert_container){.present = reason % 2 == 0,
								   .id = text("abc")};
		alert_make_id(&alert);
		alert_make_fingerprint(&alert, NULL);
		root = alert_to_json(&alert);
		dumped = json_dumps(root, JSON_COMPACT);
		puts(dumped);
		free(dumped);
		json_decref(root);
	}
}

int main(void)
{
	Suite *suite = suite_create("alert");
	TCase *tcase = tcase_create("alert");
	SRunner *runner;
	int failed;

	if (getenv("CAPWATCH_PRINT_ALERTS")) {
		print_alerts();
		return EXIT_SUCCESS;
	}
	tcase_add_test(tcase, test_message_is_one_sentence);
	tcase_add_test(tcase, test_message_names_the_file_beside_a_comm_that_lies);
	tcase_add_test(tcase, test_message_puts_sets_of_one_gain_together);
	tcase_add_test(tcase, test_message_of_every_reason_is_complete);
	tcase_add_test(tcase, test_message_names_file_capabilities);
	tcase_add_test(tcase, test_message_of_capwatch_itself_needs_no_process);
	tcase_add_test(tcase, test_message_of_container_session_and_summary);
	tcase_add_test(tcase, test_message_is_printable_and_fits_whatever_comes);
	tcase_add_test(tcase, test_json_holds_what_the_schema_wants);
	tcase_add_test(tcase, test_json_of_unknowns_is_null);
	tcase_add_test(tcase, test_json_has_securebits_by_name);
	tcase_add_test(tcase, test_json_carries_hostile_bytes_and_fits_the_wire);
	tcase_add_test(tcase, test_id_is_of_node_event_reason_and_ordinal);
	tcase_add_test(tcase, test_fingerprint_made_before_is_the_same);
	tcase_add_test(tcase, test_fingerprint_is_of_the_finding_not_of_its_host_or_time);
	tcase_add_test(tcase, test_refusals_of_different_capabilities_are_one_kind);
	tcase_add_test(tcase, test_fingerprint_above_a_ceiling_is_of_what_exceeds_it);
	tcase_add_test(tcase, test_different_losses_of_capwatch_itself_are_different_findings);
	tcase_add_test(tcase, test_recovery_has_another_id_than_the_loss);
	tcase_add_test(tcase, test_fingerprint_cannot_be_confused_by_moving_bytes_between_fields);
	tcase_add_test(tcase, test_attack_technique_of_a_reason);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/wire.h"
#include "plugin/alert_body.h"

/* JSON needs six bytes for each of these: the worst that an attacker's argument can hold. Of a
 * field alert_to_json() takes the first 4 KiB, so that each becomes 24 KiB. */
static char hostile[4096];
static const struct bytes longest = {hostile, sizeof(hostile)};

static struct alert make_alert(void)
{
	memset(hostile, 1, sizeof(hostile));
	return (struct alert){
		.severity = SEVERITY_HIGH,
		.disposition = DISPOSITION_OBSERVED,
		.count = 1,
		.process = {.present = true, .comm = {"x", 1}},
		.audit = {.has_event = true, .records = {{"record", 6}}, .record_count = 1}};
}

static json_t *parse(struct outbox_alert *message)
{
	json_t *json = json_loadb(message->body, message->length, 0, NULL);

	ck_assert_ptr_nonnull(json);
	free(message->body);
	return json;
}

START_TEST(test_alert_becomes_one_line_of_json)
{
	struct alert alert = make_alert();
	struct outbox_alert message;
	json_t *json;

	ck_assert(alert_body_make(&alert, &message));
	ck_assert_int_eq(message.severity, SEVERITY_HIGH);
	ck_assert_int_eq(message.disposition, DISPOSITION_OBSERVED);
	ck_assert_ptr_null(strchr(message.body, '\n'));
	json = parse(&message);
	ck_assert_uint_eq(
		json_array_size(json_object_get(json_object_get(json, "audit"), "records")), 1);
	json_decref(json);
}
END_TEST

/* Makes so many fields of the process, its parent and its service as long as can be. */
static void lengthen(struct alert *alert, size_t fields)
{
	struct bytes *const field[] = {
		&alert->process.exe,	    &alert->process.tty,    &alert->process.subject,
		&alert->process.parent_exe, &alert->process.user,   &alert->process.login_user,
		&alert->service.name,	    &alert->service.unit,   &alert->service.template_name,
		&alert->process.comm,	    &alert->baseline.entry,
	};

	alert->process.has_parent = alert->service.present = true;
	ck_assert_uint_le(fields, sizeof(field) / sizeof(*field));
	for (size_t i = 0; i < fields; i++)
		*field[i] = longest;
}

START_TEST(test_too_long_alert_goes_without_its_records)
{
	struct alert alert = make_alert();
	struct outbox_alert message;
	json_t *json;

	lengthen(&alert, 6);
	for (alert.audit.record_count = 0; alert.audit.record_count < 2; alert.audit.record_count++)
		alert.audit.records[alert.audit.record_count] = longest;
	alert.process.command_line = (struct bytes){"argument", 8};
	ck_assert(alert_body_make(&alert, &message));
	ck_assert_uint_le(message.length, WIRE_BODY_MAX);
	json = parse(&message);
	ck_assert_uint_eq(
		json_array_size(json_object_get(json_object_get(json, "audit"), "records")), 0);
	ck_assert_str_eq(json_string_value(
				 json_object_get(json_object_get(json, "process"), "command_line")),
			 "argument");
	json_decref(json);
}
END_TEST

START_TEST(test_and_then_without_its_command_line)
{
	struct alert alert = make_alert();
	struct outbox_alert message;
	json_t *json;

	lengthen(&alert, 7);
	alert.process.command_line = longest;
	ck_assert(alert_body_make(&alert, &message));
	json = parse(&message);
	ck_assert(json_is_null(json_object_get(json_object_get(json, "process"), "command_line")));
	ck_assert_ptr_nonnull(
		json_string_value(json_object_get(json_object_get(json, "process"), "exe")));
	json_decref(json);
}
END_TEST

START_TEST(test_what_still_does_not_fit_is_refused)
{
	struct alert alert = make_alert();
	struct outbox_alert message;

	lengthen(&alert, 11);
	ck_assert(!alert_body_make(&alert, &message));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("alert_body");
	TCase *tcase = tcase_create("alert_body");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, test_alert_becomes_one_line_of_json);
	tcase_add_test(tcase, test_too_long_alert_goes_without_its_records);
	tcase_add_test(tcase, test_and_then_without_its_command_line);
	tcase_add_test(tcase, test_what_still_does_not_fit_is_refused);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/duration.h"

START_TEST(test_each_unit)
{
	static const struct {
		const char *text;
		int64_t milliseconds;
	} cases[] = {
		{"500ms", 500},	   {"10s", 10000}, {"5m", 300000}, {"3h", 10800000},
		{"2d", 172800000}, {"0", 0},	   {"0s", 0},	   {"3650d", INT64_C(315360000000)},
		{"007s", 7000},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = {""};
		int64_t milliseconds = -1;

		ck_assert_msg(duration_parse(cases[i].text, &milliseconds, &err) == 0, "%s",
			      err.text);
		ck_assert_int_eq(milliseconds, cases[i].milliseconds);
	}
}
END_TEST

START_TEST(test_what_is_no_duration_is_refused_with_its_reason)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{"10", "no unit"},
		{"", "no duration"},
		{"s", "no duration"},
		{"-5s", "no duration"},
		{"5 s", "unknown unit"},
		{"5sec", "unknown unit"},
		{"1.5s", "unknown unit"},
		{"5S", "unknown unit"},
		{"3651d", "too long"},
		{"99999999999999999999s", "too long"},
		{"9223372036854775807d", "too long"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = {""};
		int64_t milliseconds;

		ck_assert_msg(duration_parse(cases[i].text, &milliseconds, &err) == -1,
			      "'%s' was taken", cases[i].text);
		ck_assert_msg(strstr(err.text, cases[i].said) != NULL, "'%s': %s", cases[i].text,
			      err.text);
	}
}
END_TEST

START_TEST(test_missing_unit_is_shown_with_the_number_written)
{
	struct error err = {""};
	int64_t milliseconds;

	duration_parse("10", &milliseconds, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "10s"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("duration");
	TCase *tcase = tcase_create("duration");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, test_each_unit);
	tcase_add_test(tcase, test_what_is_no_duration_is_refused_with_its_reason);
	tcase_add_test(tcase, test_missing_unit_is_shown_with_the_number_written);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

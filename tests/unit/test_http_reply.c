/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include "alerters/http_reply.h"

/* Sun, 06 Nov 1994 08:49:37 GMT */
#define DATE_MS 784111777000ll

START_TEST(test_meaning_of_every_kind_of_status)
{
	static const struct {
		long status;
		enum http_meaning meaning;
	} cases[] = {
		{0, HTTP_AGAIN},     {200, HTTP_TAKEN},	  {202, HTTP_TAKEN},   {204, HTTP_TAKEN},
		{299, HTTP_TAKEN},   {301, HTTP_AGAIN},	  {302, HTTP_AGAIN},   {308, HTTP_AGAIN},
		{400, HTTP_REFUSED}, {401, HTTP_REFUSED}, {404, HTTP_REFUSED}, {408, HTTP_AGAIN},
		{410, HTTP_CLOSED},  {413, HTTP_REFUSED}, {425, HTTP_AGAIN},   {429, HTTP_AGAIN},
		{499, HTTP_REFUSED}, {500, HTTP_AGAIN},	  {503, HTTP_AGAIN},   {599, HTTP_AGAIN},
		{600, HTTP_AGAIN},   {101, HTTP_AGAIN},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(http_reply_meaning(cases[i].status) == cases[i].meaning, "%ld",
			      cases[i].status);
}
END_TEST

START_TEST(test_retry_after_in_all_its_forms)
{
	static const struct {
		const char *value;
		int64_t wait;
	} cases[] = {
		{"y5Nov:374775807", INT64_MAX},
		{"0", 0},
		{"120", 120000},
		{"120 ", 120000},
		{"007", 7000},
		{"-5", HTTP_NO_WAIT},
		{"+5", HTTP_NO_WAIT},
		{"1.5", HTTP_NO_WAIT},
		{"5x", HTTP_NO_WAIT},
		{"", HTTP_NO_WAIT},
		{"soon", HTTP_NO_WAIT},
		{"99999999999", 99999999999000},
		{"9223372036854775807", INT64_MAX},
		{"99999999999999999999999999", INT64_MAX},
		/* the three forms of RFC 9110 */
		{"Sun, 06 Nov 1994 08:49:37 GMT", 60000},
		{"Sunday, 06-Nov-94 08:49:37 GMT", 60000},
		{"Sun Nov  6 08:49:37 1994", 60000},
		{"Sat, 05 Nov 1994 08:49:37 GMT", HTTP_NO_WAIT},
		{"Sun, 99 Nov 1994 08:49:37 GMT", HTTP_NO_WAIT},
		{"Sun, 06 Nov 1994", HTTP_NO_WAIT},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t wait = http_reply_wait(cases[i].value, DATE_MS - 60000);

		ck_assert_msg(wait == cases[i].wait, "'%s': %lld", cases[i].value, (long long)wait);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("http_reply");
	TCase *tcase = tcase_create("http_reply");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, test_meaning_of_every_kind_of_status);
	tcase_add_test(tcase, test_retry_after_in_all_its_forms);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

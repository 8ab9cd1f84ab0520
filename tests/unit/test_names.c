/* SPDX-License-Identifier: Apache-2.0 */
/* A text is kept once, as long as somebody holds it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/names.h"

static struct names *names;

static void begin(void)
{
	names = names_new();
	ck_assert_ptr_nonnull(names);
}

static void end(void)
{
	names_free(names);
}

static const char *take(const char *text)
{
	const char *name = names_take(names, text, strlen(text));

	ck_assert_str_eq(name, text);
	return name;
}

START_TEST(test_same_text_is_kept_once)
{
	ck_assert_ptr_eq(take("/usr/sbin/a"), take("/usr/sbin/a"));
	ck_assert_ptr_ne(take("/usr/sbin/a"), take("/usr/sbin/b"));
	ck_assert_ptr_ne(take("/usr/sbin/a"), take("/usr/sbin/"));
	ck_assert_ptr_ne(take("/usr/sbin/a"), take(""));
	ck_assert_uint_eq(names_count(names), 4);
}
END_TEST

START_TEST(test_length_counts_not_what_follows)
{
	ck_assert_str_eq(names_take(names, "/usr/sbin/ab", 11), "/usr/sbin/a");
	ck_assert_ptr_eq(names_take(names, "/usr/sbin/a\0b", 13), take("/usr/sbin/a"));
	ck_assert_uint_eq(names_count(names), 1);
}
END_TEST

START_TEST(test_text_goes_with_its_last_holder)
{
	const char *name = take("x");

	ck_assert_ptr_eq(names_hold(name), name);
	ck_assert_ptr_eq(take("x"), name);
	names_release(name);
	names_release(name);
	ck_assert_str_eq(name, "x");
	names_release(name);
	ck_assert_uint_eq(names_count(names), 0);
	names_release(NULL);
	ck_assert_ptr_null(names_hold(NULL));
}
END_TEST

START_TEST(test_many_come_and_go)
{
	static const char *all[20000];
	char text[32];

	for (int i = 0; i < 20000; i++) {
		snprintf(text, sizeof(text), "/opt/%d", i);
		all[i] = take(text);
	}
	ck_assert_uint_eq(names_count(names), 20000);
	for (int i = 0; i < 20000; i += 2)
		names_release(all[i]);
	ck_assert_uint_eq(names_count(names), 10000);
	ck_assert_ptr_eq(take("/opt/19999"), all[19999]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("names");
	TCase *tc = tcase_create("names");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, test_same_text_is_kept_once);
	tcase_add_test(tc, test_length_counts_not_what_follows);
	tcase_add_test(tc, test_text_goes_with_its_last_holder);
	tcase_add_test(tc, test_many_come_and_go);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

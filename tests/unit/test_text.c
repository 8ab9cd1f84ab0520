/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/log.h"
#include "common/text.h"

static void assert_json(const char *bytes, size_t length, const char *expected)
{
	json_t *string = text_to_json(bytes, length);

	ck_assert_ptr_nonnull(string);
	ck_assert_str_eq(json_string_value(string), expected);
	json_decref(string);
}

START_TEST(test_valid_utf8_goes_unchanged_into_json)
{
	assert_json("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7", 15,
		    "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7");
	assert_json("\"\\\n\x01", 4, "\"\\\n\x01");
	assert_json("", 0, "");
}
END_TEST

START_TEST(test_each_invalid_byte_becomes_a_replacement_character)
{
	assert_json("a\xff"
		    "b",
		    3,
		    "a\xef\xbf\xbd"
		    "b");
	assert_json("\xc0\xaf", 2, "\xef\xbf\xbd\xef\xbf\xbd");			/* overlong */
	assert_json("\xe0\x80\xaf", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"); /* overlong */
	assert_json("\xed\xa0\x80", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"); /* surrogate */
	assert_json("\xf4\x90\x80\x80", 4,
		    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"); /* too large */
	assert_json("\xe2\x82", 2, "\xef\xbf\xbd\xef\xbf\xbd");		 /* cut short */
}
END_TEST

START_TEST(test_nul_stays_in_json)
{
	json_t *string = text_to_json("a\0b", 3);

	ck_assert_uint_eq(json_string_length(string), 3);
	json_decref(string);
}
END_TEST

START_TEST(test_every_byte_and_pair_of_bytes_makes_json)
{
	for (unsigned pair = 0; pair < 0x10000; pair++) {
		const char bytes[2] = {(char)(pair >> 8), (char)pair};
		json_t *string = text_to_json(bytes, 2);
		char *dumped = json_dumps(string, JSON_ENCODE_ANY);

		ck_assert_msg(dumped != NULL, "%04x", pair);
		free(dumped);
		json_decref(string);
	}
}
END_TEST

static void assert_line(const char *bytes, size_t length, const char *expected)
{
	char buf[64];

	ck_assert_str_eq(text_to_line(bytes, length, buf, sizeof(buf)), expected);
}

START_TEST(test_line_holds_nothing_that_breaks_or_turns_it)
{
	assert_line("a\nb\x1b[31m\x7f", 9, "a?b?[31m?");
	assert_line("a\0b", 3, "a?b");
	assert_line("a\xff"
		    "b",
		    3, "a?b");
	assert_line("\xc2\x85", 2, "?"); /* next line, a C1 control */
	assert_line("\xe2\x80\xae"
		    "exe",
		    6, "?exe");		     /* right-to-left override */
	assert_line("\xe2\x80\xa8", 3, "?"); /* line separator */
	assert_line("caf\xc3\xa9", 5, "caf\xc3\xa9");
}
END_TEST

START_TEST(test_line_is_cut_at_the_edge_of_a_character)
{
	char buf[6];

	ck_assert_str_eq(text_to_line("caf\xc3\xa9"
				      "s",
				      6, buf, 5),
			 "caf");
	ck_assert_str_eq(text_to_line("caf\xc3\xa9"
				      "s",
				      6, buf, 6),
			 "caf\xc3\xa9");
	ck_assert_str_eq(text_to_line("abc", 3, buf, 1), "");
}
END_TEST

START_TEST(test_time_is_utc_with_milliseconds)
{
	char buf[32];

	ck_assert_str_eq(text_time(INT64_C(1795302995816), buf, sizeof(buf)),
			 "2026-11-21T23:16:35.816Z");
	ck_assert_str_eq(text_time(0, buf, sizeof(buf)), "1970-01-01T00:00:00.000Z");
	ck_assert_str_eq(text_time(-5, buf, sizeof(buf)), "1970-01-01T00:00:00.000Z");
	ck_assert_str_eq(text_time(INT64_MAX, buf, sizeof(buf)), "9999-12-31T23:59:59.999Z");
}
END_TEST

/* The examples of FIPS 180-4, and every length around a block's edge against sha256sum's answer. */
START_TEST(test_sha256_gives_the_standards_answers)
{
	char hex[65], million[1000];
	static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

	text_sha256("", 0, hex);
	ck_assert_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	text_sha256("abc", 3, hex);
	ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	text_sha256(two_blocks, strlen(two_blocks), hex);
	ck_assert_str_eq(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	memset(million, 'a', sizeof(million));
	text_sha256(million, 55, hex);
	ck_assert_str_eq(hex, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
	text_sha256(million, 64, hex);
	ck_assert_str_eq(hex, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
	text_sha256(million, 1000, hex);
	ck_assert_str_eq(hex, "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3");
}
END_TEST

START_TEST(test_error_is_cut_and_prefixed)
{
	struct error err = {""};
	char huge[2 * ERROR_TEXT_MAX];

	ck_assert_int_eq(error_set(&err, "cannot read %s", "x"), -1);
	ck_assert_int_eq(error_prefix(&err, "sink %d", 1), -1);
	ck_assert_str_eq(err.text, "sink 1: cannot read x");
	memset(huge, 'a', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	error_set(&err, "%s", huge);
	ck_assert_uint_eq(strlen(err.text), ERROR_TEXT_MAX - 1);
	error_prefix(&err, "%s", huge);
	ck_assert_uint_eq(strlen(err.text), ERROR_TEXT_MAX - 1);
	ck_assert_int_eq(error_set(NULL, "nobody listens"), -1);
}
END_TEST

static void keep_line(void *ctx, int priority, const char *line)
{
	(void)priority;
	snprintf(ctx, 2048, "%s", line);
}

START_TEST(test_log_line_is_one_line_and_bounded)
{
	char kept[2048] = "", huge[4096];
	struct logger log = {keep_line, kept, 6};

	log_line(&log, 3, "%s", "a\nb\tc\x1b");
	ck_assert_str_eq(kept, "a?b?c?");
	log_line(&log, 7, "too much detail");
	ck_assert_str_eq(kept, "a?b?c?");
	memset(huge, 'a', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	log_line(&log, 3, "%s", huge);
	ck_assert_uint_eq(strlen(kept), 1000);
	log_line(NULL, 3, "nobody listens");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("text");
	TCase *tcase = tcase_create("text");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, test_valid_utf8_goes_unchanged_into_json);
	tcase_add_test(tcase, test_each_invalid_byte_becomes_a_replacement_character);
	tcase_add_test(tcase, test_nul_stays_in_json);
	tcase_add_test(tcase, test_every_byte_and_pair_of_bytes_makes_json);
	tcase_add_test(tcase, test_line_holds_nothing_that_breaks_or_turns_it);
	tcase_add_test(tcase, test_line_is_cut_at_the_edge_of_a_character);
	tcase_add_test(tcase, test_time_is_utc_with_milliseconds);
	tcase_add_test(tcase, test_sha256_gives_the_standards_answers);
	tcase_add_test(tcase, test_error_is_cut_and_prefixed);
	tcase_add_test(tcase, test_log_line_is_one_line_and_bounded);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

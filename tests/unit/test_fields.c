/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a record that the kernel wrote. What they mean is test_event's. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/fields.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct bytes bytes(const char *text)
{
	return (struct bytes){text, strlen(text)};
}

/* "name=value name=value ..." as they were found, '|' between them. */
static void split(const char *text, char *found, size_t size)
{
	struct fields fields = fields_begin((struct bytes){text, strlen(text)});
	struct bytes name, value;
	size_t used = 0;

	found[0] = '\0';
	while (fields_next(&fields, &name, &value))
		used += (size_t)snprintf(found + used, size - used, "%.*s=%.*s|", (int)name.length,
					 name.data, (int)value.length, value.data);
}

static const struct {
	const char *body, *fields;
} splits[] = {
	{" arch=c000003e syscall=126 key=(null)", "arch=c000003e|syscall=126|key=(null)|"},
	{"a=1  b=2 ", "a=1|b=2|"},
	{" a=1 word b=2", "a=1|b=2|"},
	{" subj=/usr/sbin/x (enforce) key=\"k\"", "subj=/usr/sbin/x|key=\"k\"|"},
	{" a=b=c", "a=b=c|"},
	{" a= b=2", "a=|b=2|"},
	{" =1 b=2", "=1|b=2|"},
	{" a=1\x1d"
	 "b=2 UID=\"root\"",
	 "a=1|"},
	{" word", ""},
	{"", ""},
	{"   ", ""},
	{" a=1 last", "a=1|"},
};

START_TEST(test_fields_are_split_at_spaces)
{
	char found[256];

	split(splits[_i].body, found, sizeof(found));
	ck_assert_str_eq(found, splits[_i].fields);
}
END_TEST

/* Of every length, of bytes next to the space and of such as a char may take for negative. */
START_TEST(test_value_ends_at_the_next_space_wherever_that_is)
{
	static const struct field_name a = FIELD_NAME("a");
	static const char filling[] = "!!\x1f\xa0\xff\"x";
	char text[64];

	for (size_t length = 0; length < 32; length++) {
		char *at = stpcpy(text, " a=");
		for (size_t i = 0; i < length; i++)
			*at++ = filling[(i + length) % (sizeof(filling) - 1)];
		for (int more = 0; more < 2; more++) {
			struct fields fields = {text, at}, again = fields;
			struct bytes name, value, taken;
			if (more)
				fields.end = again.end = stpcpy(at, " b=2 c=3");
			ck_assert(fields_next(&fields, &name, &value));
			ck_assert_uint_eq(value.length, length);
			ck_assert(fields_take(&again, &a, &taken));
			ck_assert_uint_eq(taken.length, length);
			ck_assert_ptr_eq(taken.data, value.data);
			ck_assert_ptr_eq(again.at, fields.at);
		}
	}
}
END_TEST

#define LONG "audit_enabled" /* longer than a word */
#define WORD "pid_word"	     /* as long as one */

static const struct {
	struct field_name name;
	const char *body, *value;
} takes[] = {
	{FIELD_NAME("pid"), " pid=12 uid=0", "12"},
	{FIELD_NAME("pid"), "pid=12", "12"},
	{FIELD_NAME("pid"), " pid=", ""},
	{FIELD_NAME("pid"), " pid=123456789", "123456789"},
	{FIELD_NAME("pid"), " ppid=12", NULL},
	{FIELD_NAME("pid"), " ppid=123456789", NULL},
	{FIELD_NAME("pid"), " pie=123456789", NULL},
	{FIELD_NAME("pid"), " pi=12", NULL},
	{FIELD_NAME("pid"), " pid2=12", NULL},
	{FIELD_NAME("pid"), "  pid=12", NULL},
	{FIELD_NAME("pid"), " pid", NULL},
	{FIELD_NAME("pid"), "", NULL},
	{FIELD_NAME("pid"), " uid=0 pid=12", NULL},
	{FIELD_NAME("pid"), " pid =12", NULL},
	{FIELD_NAME(WORD), " " WORD "=1", "1"},
	{FIELD_NAME(WORD), " pid_worx=1", NULL},
	{FIELD_NAME(LONG), " " LONG "=1", "1"},
	{FIELD_NAME(LONG), " audit_enabler=1", NULL},
	{FIELD_NAME(LONG), " audit_en", NULL},
};

START_TEST(test_field_is_taken_by_its_name_or_left)
{
	const char *body = takes[_i].body;
	struct fields fields = {body, body + strlen(body)};
	struct bytes value = {NULL, 0};

	ck_assert(fields_take(&fields, &takes[_i].name, &value) == (takes[_i].value != NULL));
	if (!takes[_i].value)
		ck_assert_ptr_eq(fields.at, body);
	else
		ck_assert(bytes_are(value, takes[_i].value));
}
END_TEST

static const struct {
	const char *written, *text;
	size_t length;
} texts[] = {
	{"\"plain\"", "plain", 5},
	{"\"\"", "", 0},
	{"\"open", "open", 4},
	{"\"", "", 0},
	{"6122625C0A01FF7B7D", "a\"b\\\n\x01\xff{}", 9},
	{"2f62696e2f78", "/bin/x", 6},
	{"6C73002D6C", "ls\0-l", 5},
	{"616", "616", 3},   /* no pair of digits is left alone */
	{"61x6", "61x6", 4}, /* nor is that hex */
	{"unconfined", "unconfined", 10},
	{"", "", 0},
};

START_TEST(test_text_is_quoted_or_hex)
{
	char text[64];
	size_t length = fields_decode(bytes(texts[_i].written), text, sizeof(text));

	ck_assert_uint_eq(length, texts[_i].length);
	ck_assert_mem_eq(text, texts[_i].text, length);
}
END_TEST

START_TEST(test_text_is_cut_at_the_room_there_is)
{
	char text[4] = "...";

	ck_assert_uint_eq(fields_decode(bytes("\"abcdef\""), text, 2), 2);
	ck_assert_str_eq(text, "ab.");
	ck_assert_uint_eq(fields_decode(bytes("6162636465"), text, 2), 2);
	ck_assert_str_eq(text, "ab.");
	ck_assert_uint_eq(fields_decode(bytes("xyz"), text, 1), 1);
	ck_assert_str_eq(text, "xb.");
}
END_TEST

static const struct {
	const char *text;
	bool is_decimal, is_signed, is_hex;
	uint64_t decimal, hex;
	int64_t number;
} numbers[] = {
	{"0", true, true, true, 0, 0, 0},
	{"42", true, true, true, 42, 0x42, 42},
	{"-1", false, true, false, 0, 0, -1},
	{"ff", false, false, true, 0, 0xff, 0},
	{"FF", false, false, true, 0, 0xff, 0},
	{"18446744073709551615", true, false, false, UINT64_MAX, 0, 0},
	{"18446744073709551616", false, false, false, 0, 0, 0},
	{"9223372036854775807", true, true, false, INT64_MAX, 0, INT64_MAX},
	{"9223372036854775808", true, false, false, (uint64_t)INT64_MAX + 1, 0, 0},
	{"ffffffffffffffff", false, false, true, 0, UINT64_MAX, 0},
	{"10000000000000000", true, true, false, 10000000000000000, 0, 10000000000000000},
	{"", false, false, false, 0, 0, 0},
	{"-", false, false, false, 0, 0, 0},
	{"4 ", false, false, false, 0, 0, 0},
	{"0x4", false, false, false, 0, 0, 0},
	{"--4", false, false, false, 0, 0, 0},
};

/* What is none leaves the number as it was. */
START_TEST(test_numbers_are_whole_or_none)
{
	struct bytes text = bytes(numbers[_i].text);
	uint64_t decimal = 0, hex = 0;
	int64_t number = 0;

	ck_assert_int_eq(fields_decimal(text, &decimal), numbers[_i].is_decimal);
	ck_assert_int_eq(fields_signed(text, &number), numbers[_i].is_signed);
	ck_assert_int_eq(fields_hex(text, &hex), numbers[_i].is_hex);
	ck_assert_uint_eq(decimal, numbers[_i].decimal);
	ck_assert_int_eq(number, numbers[_i].number);
	ck_assert_uint_eq(hex, numbers[_i].hex);
}
END_TEST

START_TEST(test_null_is_what_the_kernel_writes_for_nothing)
{
	ck_assert(fields_is_null(bytes("(null)")));
	ck_assert(!fields_is_null(bytes("\"(null)\"")));
	ck_assert(!fields_is_null(bytes("(none)")));
	ck_assert(!fields_is_null(bytes("")));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fields");
	TCase *tc = tcase_create("fields");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, test_fields_are_split_at_spaces, 0, COUNT(splits));
	tcase_add_test(tc, test_value_ends_at_the_next_space_wherever_that_is);
	tcase_add_loop_test(tc, test_field_is_taken_by_its_name_or_left, 0, COUNT(takes));
	tcase_add_loop_test(tc, test_text_is_quoted_or_hex, 0, COUNT(texts));
	tcase_add_test(tc, test_text_is_cut_at_the_room_there_is);
	tcase_add_loop_test(tc, test_numbers_are_whole_or_none, 0, COUNT(numbers));
	tcase_add_test(tc, test_null_is_what_the_kernel_writes_for_nothing);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

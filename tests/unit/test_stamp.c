/* SPDX-License-Identifier: Apache-2.0 */
/* The stamp of a record: read as it stands, whatever was read before, and known again. */
#define _GNU_SOURCE
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/stamp.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const char *const seconds[] = {"0",	    "7",	   "100",	   "1795314575",
				      "1795314576", "17953145750", "0001795314575"};
static const char *const milliseconds[] = {"0", "51", "000", "051", "999", "0051"};
static const char *const serials[] = {"0",
				      "9",
				      "1175",
				      "9999999",
				      "12345678",
				      "123456789",
				      "1234567890123456",
				      "9999999999999999999",
				      "00000000001"};

/* At the very end of what may be read, which is the sanitizer's to watch. */
struct copy {
	char *text;
	size_t length;
};

static struct copy copy_of(const char *text)
{
	struct copy copy = {.length = strlen(text)};

	copy.text = malloc(copy.length ? copy.length : 1);
	ck_assert_ptr_nonnull(copy.text);
	memcpy(copy.text, text, copy.length);
	return copy;
}

static bool read_copy(struct stamp *stamp, struct copy copy, size_t *used)
{
	const char *at = copy.text;
	bool is = stamp_take(stamp, &at, copy.text + copy.length);

	*used = (size_t)(at - copy.text);
	return is;
}

/* Behind it there may be nothing, or so little that eight bytes at once are too many. */
static void assert_read(struct stamp *stamp, const char *sec, const char *ms, const char *serial)
{
	static const char *const behind[] = {"", " ", " arch=c000003e syscall=59 and more of it"};
	const int64_t time = (int64_t)strtoull(sec, NULL, 10) * 1000 +
			     (int64_t)strtoull(ms, NULL, 10);

	for (size_t i = 0; i < COUNT(behind); i++) {
		char text[256];
		struct copy copy;
		size_t length, used;
		length = (size_t)snprintf(text, sizeof(text), " msg=audit(%s.%s:%s):", sec, ms,
					  serial);
		strcat(text, behind[i]);
		copy = copy_of(text);
		for (int again = 0; again < 2; again++) {
			ck_assert_msg(read_copy(stamp, copy, &used), "%s", text);
			ck_assert_uint_eq(used, length);
			stamp_settle(stamp);
			ck_assert_int_eq(stamp->time, time);
			ck_assert_uint_eq(stamp->serial, strtoull(serial, NULL, 10));
			/* a longer one is not remembered, and so not known again */
			ck_assert(stamp_is_at(stamp, copy.text) == (length <= STAMP_MAX));
		}
		free(copy.text);
	}
}

START_TEST(test_stamp_is_read_whatever_the_last_one_was)
{
	struct stamp stamp = {.length = 0};

	for (size_t i = 0; i < COUNT(seconds); i++)
		for (size_t j = 0; j < COUNT(milliseconds); j++)
			for (size_t k = 0; k < COUNT(serials); k++) {
				assert_read(&stamp, seconds[i], milliseconds[j], serials[k]);
				assert_read(&stamp, seconds[(i + 3) % COUNT(seconds)], "051",
					    "1175");
			}
}
END_TEST

/* Digits, and nothing else, up to where; NULL when there are none, or too many. */
static const char *skip_digits(const char *at)
{
	size_t digits = strspn(at, "0123456789");

	return digits > 0 && digits <= 19 ? at + digits : NULL;
}

/* Of one second, as they come: their numbers are left in the text until they are asked for, and the
 * seconds may be another's who was not asked. */
START_TEST(test_numbers_are_there_when_they_are_asked_for)
{
	struct stamp stamp = {.length = 0};
	char text[128];
	size_t used;
	int number = 0;

	for (size_t i = 0; i < COUNT(seconds); i++) {
		for (int turn = 0; turn < 2 * 3 * 14; turn++, number++) {
			const char *ms = milliseconds[2 + (turn + 1) % 3];
			int digits = 1 + (turn + 5) % 14;
			struct copy copy;
			snprintf(text, sizeof(text), " msg=audit(%s.%s:%.*s): arch=c000003e",
				 seconds[i], ms, digits, "98765432101234");
			copy = copy_of(text);
			ck_assert_msg(read_copy(&stamp, copy, &used), "%s", text);
			free(copy.text);
			ck_assert_str_eq(text + used, " arch=c000003e");
			if (number % 3 == 2)
				continue;
			stamp_settle(&stamp);
			ck_assert_int_eq(stamp.time, strtoll(seconds[i], NULL, 10) * 1000 +
							     strtoll(ms, NULL, 10));
			snprintf(text, sizeof(text), "%.*s", digits, "98765432101234");
			ck_assert_uint_eq(stamp.serial, strtoull(text, NULL, 10));
		}
	}
}
END_TEST

/* One that is too long to be kept leaves the text of the one before, of another second. */
START_TEST(test_second_is_not_taken_from_what_was_not_kept)
{
	static const char *const texts[] = {
		" msg=audit(1795314575.051:1175): arch=c000003e",
		" msg=audit(0000000001795314576.0000000000000000051:0000000000000001176): ",
		" msg=audit(1795314575.052:1177): arch=c000003e"};
	struct stamp stamp = {.length = 0};
	size_t used;

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct copy copy = copy_of(texts[i]);
		ck_assert(read_copy(&stamp, copy, &used));
		free(copy.text);
	}
	stamp_settle(&stamp);
	ck_assert_int_eq(stamp.time, 1795314575052);
	ck_assert_uint_eq(stamp.serial, 1177);
}
END_TEST

static const char *skip_word(const char *at, const char *word)
{
	return at && strncmp(at, word, strlen(word)) == 0 ? at + strlen(word) : NULL;
}

/* As plainly as it can be said. */
static bool is_stamp(const char *text)
{
	const char *sec = skip_word(text, " msg=audit("), *ms, *serial, *at;

	at = sec ? skip_digits(sec) : NULL;
	ms = skip_word(at, ".");
	at = ms ? skip_digits(ms) : NULL;
	serial = skip_word(at, ":");
	at = serial ? skip_digits(serial) : NULL;
	return skip_word(at, "):") && strtoull(ms, NULL, 10) <= 999 &&
	       strtoull(sec, NULL, 10) <= INT64_MAX / 2000;
}

/* Numbers that are none, behind the same second. */
static const char *const wrong[] = {
	" msg=audit(1795314575.051:): ",
	" msg=audit(1795314575.:1175): ",
	" msg=audit(1795314575:1175): ",
	" msg=audit(1795314575.051:1175:): ",
	" msg=audit(1795314575.051.1175): ",
	" msg=audit(1795314575.051:11 75): ",
	" msg=audit(1795314575.1051:1175): ",
	" msg=audit(1795314575.051::1175): ",
	" msg=audit(1795314575.051:-1175): ",
	" msg=audit(1795314575.051:1175) : ",
	" msg=audit(1795314575.051:12345678901234567890): ",
};

START_TEST(test_numbers_that_are_none_are_not_read)
{
	static const char right[] = " msg=audit(1795314575.051:1175): and what is behind it";
	struct stamp last = {.length = 0}, stamp;
	char text[128];
	struct copy copy;
	size_t used;

	ck_assert(read_copy(&last, (struct copy){(char *)right, sizeof(right) - 1}, &used));
	snprintf(text, sizeof(text), "%sand what is behind it", wrong[_i]);
	copy = copy_of(text);
	stamp = last;
	ck_assert(!read_copy(&stamp, copy, &used));
	ck_assert_mem_eq(&stamp, &last, sizeof(last));
	free(copy.text);
}
END_TEST

/* Each byte of it in turn is every other byte, or the last one. */
START_TEST(test_what_is_no_stamp_is_not_read_and_changes_nothing)
{
	static const char right[] = " msg=audit(1795314575.051:1175): arch=c000003e";
	struct stamp last = {.length = 0};
	size_t used;

	for (int known = 0; known < 2; known++) {
		for (size_t i = 0; i < sizeof(" msg=audit(1795314575.051:1175):") - 1; i++) {
			for (int byte = 1; byte < 256; byte++) {
				struct stamp stamp = last;
				char text[sizeof(right)];
				struct copy copy;
				memcpy(text, right, sizeof(text));
				text[i] = (char)byte;
				copy = copy_of(text);
				ck_assert(read_copy(&stamp, copy, &used) == is_stamp(text));
				if (!is_stamp(text))
					ck_assert_mem_eq(&stamp, &last, sizeof(last));
				free(copy.text);
			}
		}
		ck_assert(read_copy(&last, (struct copy){(char *)right, sizeof(right) - 1}, &used));
	}
}
END_TEST

START_TEST(test_stamp_that_breaks_off_is_none)
{
	static const char right[] = " msg=audit(1795314575.051:12345678): ";
	const size_t whole = sizeof(right) - 2;
	struct stamp last = {.length = 0};
	size_t used;

	for (int known = 0; known < 2; known++) {
		for (size_t length = 0; length < sizeof(right); length++) {
			char text[sizeof(right)] = "";
			struct copy copy;
			struct stamp stamp = last;
			memcpy(text, right, length);
			copy = copy_of(text);
			ck_assert(read_copy(&stamp, copy, &used) == (length >= whole));
			free(copy.text);
		}
		ck_assert(read_copy(&last, (struct copy){(char *)right, sizeof(right) - 1}, &used));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stamp");
	TCase *tc = tcase_create("stamp");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_stamp_is_read_whatever_the_last_one_was);
	tcase_add_test(tc, test_numbers_are_there_when_they_are_asked_for);
	tcase_add_test(tc, test_second_is_not_taken_from_what_was_not_kept);
	tcase_add_loop_test(tc, test_numbers_that_are_none_are_not_read, 0, COUNT(wrong));
	tcase_add_test(tc, test_what_is_no_stamp_is_not_read_and_changes_nothing);
	tcase_add_test(tc, test_stamp_that_breaks_off_is_none);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

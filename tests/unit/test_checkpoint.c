/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/checkpoint.h"

static const struct checkpoint sample = {1795314575051, 1175, 0xfedcba9876543210u, false};

START_TEST(test_what_is_printed_is_read_back)
{
	char text[CHECKPOINT_TEXT_SIZE + 1];
	struct checkpoint read = {0}, clean = sample;

	checkpoint_print(&sample, text);
	ck_assert_uint_eq(strlen(text), CHECKPOINT_TEXT_SIZE);
	ck_assert(checkpoint_parse(text, CHECKPOINT_TEXT_SIZE, &read));
	ck_assert_int_eq(read.time, sample.time);
	ck_assert_uint_eq(read.serial, sample.serial);
	ck_assert_uint_eq(read.line, sample.line);
	ck_assert(!read.clean);
	clean.clean = true;
	checkpoint_print(&clean, text);
	ck_assert(checkpoint_parse(text, CHECKPOINT_TEXT_SIZE, &read));
	ck_assert(read.clean);
}
END_TEST

START_TEST(test_any_changed_byte_makes_it_none)
{
	char text[CHECKPOINT_TEXT_SIZE + 1];
	struct checkpoint read;

	checkpoint_print(&sample, text);
	for (size_t i = 0; i < CHECKPOINT_TEXT_SIZE; i++) {
		text[i] ^= 1;
		ck_assert_msg(!checkpoint_parse(text, CHECKPOINT_TEXT_SIZE, &read), "byte %zu", i);
		text[i] ^= 1;
	}
	ck_assert(!checkpoint_parse(text, CHECKPOINT_TEXT_SIZE - 1, &read));
	memset(text, 0, sizeof(text));
	ck_assert(!checkpoint_parse(text, CHECKPOINT_TEXT_SIZE, &read));
}
END_TEST

static uint64_t key(const char *line)
{
	return checkpoint_line_key(line, strlen(line));
}

START_TEST(test_a_record_is_the_same_with_and_without_node_and_enrichment)
{
	static const char plain[] = "type=CAPSET msg=audit(1.000:2): pid=3 cap_pi=0";
	uint64_t expected = key(plain);

	ck_assert_uint_eq(key("node=web type=CAPSET msg=audit(1.000:2): pid=3 cap_pi=0"), expected);
	ck_assert_uint_eq(key("type=CAPSET msg=audit(1.000:2): pid=3 cap_pi=0\x1dUID=\"root\""),
			  expected);
	ck_assert_uint_ne(key("type=CAPSET msg=audit(1.000:3): pid=3 cap_pi=0"), expected);
	ck_assert_uint_ne(key("type=CAPSET msg=audit(1.000:2): pid=3 cap_pi=1"), expected);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checkpoint");
	TCase *tcase = tcase_create("checkpoint");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, test_what_is_printed_is_read_back);
	tcase_add_test(tcase, test_any_changed_byte_makes_it_none);
	tcase_add_test(tcase, test_a_record_is_the_same_with_and_without_node_and_enrichment);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

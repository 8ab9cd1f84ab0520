/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alerters/keeper.h"
#include "common/checkpoint.h"

static char folder[64], file[96];
static struct keeper *keeper;

static void begin(void)
{
	struct error err;

	snprintf(folder, sizeof(folder), "/tmp/capwatch-keeper-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/%s", folder, CHECKPOINT_FILE);
	keeper = keeper_new();
	ck_assert_int_eq(keeper_open(keeper, folder, &err), 1);
}

static void end(void)
{
	keeper_free(keeper);
	unlink(file);
	rmdir(folder);
}

static void open_anew(void)
{
	struct error err;

	keeper_free(keeper);
	keeper = keeper_new();
	ck_assert_int_eq(keeper_open(keeper, folder, &err), 1);
}

START_TEST(test_safe_alerts_are_known_to_the_next_courier)
{
	ck_assert(!keeper_has(keeper, "cw-1-2-abc-0"));
	keeper_add(keeper, "cw-1-2-abc-0");
	keeper_add(keeper, "");
	open_anew();
	ck_assert(keeper_has(keeper, "cw-1-2-abc-0"));
	ck_assert(!keeper_has(keeper, "cw-1-2-abc-1"));
	ck_assert(!keeper_has(keeper, ""));
}
END_TEST

static const char *name(char id[32], unsigned number)
{
	snprintf(id, 32, "cw-%u", number);
	return id;
}

START_TEST(test_oldest_is_forgotten_also_over_a_restart)
{
	char id[32];

	for (unsigned i = 0; i < KEEPER_IDS_MAX; i++)
		keeper_add(keeper, name(id, i));
	open_anew();
	ck_assert(keeper_has(keeper, "cw-0"));
	keeper_add(keeper, "cw-more");
	ck_assert(!keeper_has(keeper, "cw-0"));
	ck_assert(keeper_has(keeper, "cw-1"));
	ck_assert(keeper_has(keeper, "cw-more"));
}
END_TEST

START_TEST(test_checkpoint_is_written_over_in_place)
{
	const struct checkpoint first = {1000, 1, 2, false}, second = {2000, 3, 4, true};
	char text[CHECKPOINT_TEXT_SIZE + 1], read[CHECKPOINT_TEXT_SIZE];
	struct checkpoint got;
	int fd;

	checkpoint_print(&first, text);
	keeper_set_checkpoint(keeper, text);
	keeper_add(keeper, "cw-kept");
	checkpoint_print(&second, text);
	keeper_set_checkpoint(keeper, text);
	fd = open(file, O_RDONLY);
	ck_assert_int_eq(pread(fd, read, sizeof(read), 0), CHECKPOINT_TEXT_SIZE);
	close(fd);
	ck_assert(checkpoint_parse(read, sizeof(read), &got));
	ck_assert_uint_eq(got.serial, 3);
	open_anew();
	ck_assert(keeper_has(keeper, "cw-kept"));
}
END_TEST

START_TEST(test_two_couriers_do_not_share_it)
{
	struct keeper *other = keeper_new();
	struct error err;

	ck_assert_int_eq(keeper_open(other, folder, &err), 0);
	keeper_add(other, "cw-in-memory");
	ck_assert(keeper_has(other, "cw-in-memory"));
	ck_assert(!keeper_has(keeper, "cw-in-memory"));
	keeper_free(other);
}
END_TEST

START_TEST(test_file_of_another_length_begins_anew)
{
	keeper_add(keeper, "cw-1");
	ck_assert_int_eq(truncate(file, 100), 0);
	open_anew();
	ck_assert(!keeper_has(keeper, "cw-1"));
}
END_TEST

START_TEST(test_link_in_its_place_is_refused)
{
	struct keeper *other = keeper_new();
	struct error err;

	ck_assert_int_eq(unlink(file), 0);
	ck_assert_int_eq(symlink("/etc/passwd", file), 0);
	ck_assert_int_eq(keeper_open(other, folder, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, CHECKPOINT_FILE));
	keeper_free(other);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("keeper");
	TCase *tcase = tcase_create("keeper");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, test_safe_alerts_are_known_to_the_next_courier);
	tcase_add_test(tcase, test_oldest_is_forgotten_also_over_a_restart);
	tcase_add_test(tcase, test_checkpoint_is_written_over_in_place);
	tcase_add_test(tcase, test_two_couriers_do_not_share_it);
	tcase_add_test(tcase, test_file_of_another_length_begins_anew);
	tcase_add_test(tcase, test_link_in_its_place_is_refused);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

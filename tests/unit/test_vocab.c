/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "common/vocab.h"

START_TEST(test_words_stand_at_their_value)
{
	ck_assert_str_eq(vocab_word(&vocab_severity, SEVERITY_CRITICAL), "critical");
	ck_assert_str_eq(vocab_word(&vocab_reason, REASON_GAIN_DENIED), "gain-denied");
	ck_assert_str_eq(vocab_word(&vocab_reason, REASON_COVERAGE_LOSS), "coverage-loss");
	ck_assert_str_eq(vocab_word(&vocab_mechanism, MECHANISM_CAP_LAST_CAP), "cap-last-cap");
	ck_assert_str_eq(vocab_word(&vocab_mechanism, MECHANISM_CONFIG), "config");
	ck_assert_str_eq(vocab_word(&vocab_disposition, DISPOSITION_SILENCED), "silenced");
	ck_assert_str_eq(vocab_word(&vocab_service_kind, SERVICE_UNKNOWN), "unknown");
	ck_assert_str_eq(vocab_word(&vocab_coverage_state, COVERAGE_PENDING_REBOOT),
			 "pending-reboot");
	ck_assert_str_eq(vocab_word(&vocab_sink_type, SINK_WEBHOOK), "webhook");
	ck_assert_uint_eq(vocab_securebits.count, SECUREBITS_COUNT);
	ck_assert_str_eq(vocab_word(&vocab_securebits, 4), "keep-caps");
}
END_TEST

START_TEST(test_every_word_goes_there_and_back)
{
	const struct vocab *all[] = {
		&vocab_severity,	&vocab_reason,	       &vocab_mechanism,
		&vocab_outcome,		&vocab_phase,	       &vocab_previous,
		&vocab_disposition,	&vocab_service_kind,   &vocab_user_namespace,
		&vocab_exe_state,	&vocab_coverage_state, &vocab_mode,
		&vocab_sink_type,	&vocab_sink_format,    &vocab_securebits,
		&vocab_syslog_facility,
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (unsigned value = 0; value < all[i]->count; value++)
			ck_assert_int_eq(vocab_value(all[i], vocab_word(all[i], value)),
					 (int)value);
}
END_TEST

START_TEST(test_beyond_the_end_is_a_question_mark)
{
	ck_assert_str_eq(vocab_word(&vocab_outcome, 2), "?");
	ck_assert_int_eq(vocab_value(&vocab_outcome, "?"), -1);
}
END_TEST

static const char *nearest_mode(const char *word)
{
	return vocab_nearest(vocab_mode.words, vocab_mode.count, word);
}

START_TEST(test_nearest_word_is_the_one_meant)
{
	ck_assert_str_eq(nearest_mode("alrt"), "alert");
	ck_assert_str_eq(nearest_mode("laert"), "alert");
	ck_assert_str_eq(nearest_mode("observed"), "observe");
	ck_assert_str_eq(vocab_nearest(vocab_reason.words, vocab_reason.count, "gain-deneid"),
			 "gain-denied");
}
END_TEST

START_TEST(test_no_word_is_near_to_another_one)
{
	char huge[4096];

	memset(huge, 'a', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	ck_assert_ptr_null(nearest_mode("sometimes"));
	ck_assert_ptr_null(nearest_mode(""));
	ck_assert_ptr_null(nearest_mode(huge));
	ck_assert_ptr_null(vocab_nearest(NULL, 0, "alert"));
}
END_TEST

START_TEST(test_facilities_are_syslogs)
{
	ck_assert_int_eq(
		vocab_facility_code((unsigned)vocab_value(&vocab_syslog_facility, "authpriv")),
		LOG_AUTHPRIV);
	ck_assert_int_eq(
		vocab_facility_code((unsigned)vocab_value(&vocab_syslog_facility, "daemon")),
		LOG_DAEMON);
	ck_assert_int_eq(
		vocab_facility_code((unsigned)vocab_value(&vocab_syslog_facility, "local7")),
		LOG_LOCAL7);
	ck_assert_int_eq(vocab_facility_code((unsigned)vocab_value(&vocab_syslog_facility, "ftp")),
			 LOG_FTP);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vocab");
	TCase *tcase = tcase_create("vocab");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, test_words_stand_at_their_value);
	tcase_add_test(tcase, test_every_word_goes_there_and_back);
	tcase_add_test(tcase, test_beyond_the_end_is_a_question_mark);
	tcase_add_test(tcase, test_nearest_word_is_the_one_meant);
	tcase_add_test(tcase, test_no_word_is_near_to_another_one);
	tcase_add_test(tcase, test_facilities_are_syslogs);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

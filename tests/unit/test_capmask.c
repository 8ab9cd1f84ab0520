/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/capmask.h"

START_TEST(test_names_are_libcaps)
{
	ck_assert_str_eq(capmask_name(13), "cap_net_raw");
	ck_assert_str_eq(capmask_name(0), "cap_chown");
	ck_assert_str_eq(capmask_name(13), "cap_net_raw");
}
END_TEST

START_TEST(test_bit_without_a_name_is_its_number)
{
	ck_assert_str_eq(capmask_name(63), "63");
}
END_TEST

START_TEST(test_every_bit_goes_there_and_back)
{
	for (int bit = 0; bit < CAPMASK_BITS; bit++) {
		int back = -1;

		ck_assert_int_eq(capmask_bit_from_name(capmask_name(bit), &back), 0);
		ck_assert_int_eq(back, bit);
	}
}
END_TEST

START_TEST(test_case_does_not_matter_and_numbers_are_taken)
{
	int bit = -1;

	ck_assert_int_eq(capmask_bit_from_name("CAP_NET_RAW", &bit), 0);
	ck_assert_int_eq(bit, 13);
	ck_assert_int_eq(capmask_bit_from_name("13", &bit), 0);
	ck_assert_int_eq(bit, 13);
}
END_TEST

START_TEST(test_what_is_no_capability_is_refused)
{
	static const char *const words[] = {
		"",   "net_raw", "cap_net_raww", "cap_chown=ep",	"64", "-1", "013",
		"1 ", "0x1",	 "cap_",	 "99999999999999999999"};
	int bit;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		ck_assert_msg(capmask_bit_from_name(words[i], &bit) == -1, "'%s' was taken",
			      words[i]);
}
END_TEST

START_TEST(test_text_lists_names_and_is_cut_to_fit)
{
	char text[64], small[8];

	ck_assert_str_eq(capmask_to_text(0, text, sizeof(text)), "none");
	ck_assert_str_eq(capmask_to_text(CAPMASK_BIT(13) | CAPMASK_BIT(25), text, sizeof(text)),
			 "cap_net_raw, cap_sys_time");
	ck_assert_str_eq(capmask_to_text(CAPMASK_BIT(13) | CAPMASK_BIT(25), small, sizeof(small)),
			 "cap_net");
	capmask_to_text(UINT64_MAX, small, sizeof(small));
	ck_assert_uint_eq(strlen(small), sizeof(small) - 1);
}
END_TEST

START_TEST(test_json_is_a_list_in_order_of_bits)
{
	json_t *names = capmask_to_json(CAPMASK_BIT(25) | CAPMASK_BIT(13) | CAPMASK_BIT(62));

	ck_assert_uint_eq(json_array_size(names), 3);
	ck_assert_str_eq(json_string_value(json_array_get(names, 0)), "cap_net_raw");
	ck_assert_str_eq(json_string_value(json_array_get(names, 1)), "cap_sys_time");
	ck_assert_str_eq(json_string_value(json_array_get(names, 2)), "62");
	json_decref(names);
}
END_TEST

START_TEST(test_known_holds_all_that_has_a_name_here)
{
	ck_assert(capmask_known() & CAPMASK_BIT(0));
	ck_assert(!(capmask_known() & CAPMASK_BIT(63)));
}
END_TEST

START_TEST(test_root_equivalents_are_the_ones_of_the_design)
{
	static const char *const words[] = {
		"cap_sys_admin",       "cap_sys_module",
		"cap_sys_rawio",       "cap_sys_ptrace",
		"cap_sys_boot",	       "cap_bpf",
		"cap_dac_override",    "cap_dac_read_search",
		"cap_fowner",	       "cap_chown",
		"cap_setuid",	       "cap_setgid",
		"cap_setpcap",	       "cap_setfcap",
		"cap_mac_admin",       "cap_mac_override",
		"cap_net_admin",       "cap_mknod",
		"cap_linux_immutable", "cap_checkpoint_restore",
		"cap_audit_control",
	};
	capmask listed = 0;
	int bit;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		ck_assert_int_eq(capmask_bit_from_name(words[i], &bit), 0);
		ck_assert_msg(capmask_root_equivalent(CAPMASK_BIT(bit)), "%s", words[i]);
		listed |= CAPMASK_BIT(bit);
	}
	ck_assert(!capmask_root_equivalent(~listed));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("capmask");
	TCase *tcase = tcase_create("capmask");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, test_names_are_libcaps);
	tcase_add_test(tcase, test_bit_without_a_name_is_its_number);
	tcase_add_test(tcase, test_every_bit_goes_there_and_back);
	tcase_add_test(tcase, test_case_does_not_matter_and_numbers_are_taken);
	tcase_add_test(tcase, test_what_is_no_capability_is_refused);
	tcase_add_test(tcase, test_text_lists_names_and_is_cut_to_fit);
	tcase_add_test(tcase, test_json_is_a_list_in_order_of_bits);
	tcase_add_test(tcase, test_known_holds_all_that_has_a_name_here);
	tcase_add_test(tcase, test_root_equivalents_are_the_ones_of_the_design);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

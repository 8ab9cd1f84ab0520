/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "alerters/sign.h"
#include "conf/secret_file.h"
#include "tests/unit/receivers.h"

/* The secret, id, time, body and signature that Standard Webhooks' own libraries are tested with.
 */
#define WHSEC "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define OTHER_WHSEC "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
static const char body[] = "{\"test\": 2432232314}";
static const struct sign_message message = {"msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body,
					    sizeof(body) - 1};
#define SIGNED "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

static char folder[PATH_SIZE], first[PATH_SIZE], second[PATH_SIZE];
static char *files[] = {first, NULL, NULL};
static char header[] = "X-Hub-Signature-256";
static struct sink_settings settings;

static void write_secret(const char *path, const char *text)
{
	file_write(path, text);
	ck_assert_int_eq(chmod(path, 0600), 0);
}

static void begin(void)
{
	strcpy(folder, "");
	folder_make(folder);
	path_in(folder, "first", first);
	path_in(folder, "second", second);
	files[1] = NULL;
	settings = (struct sink_settings){.type = SINK_WEBHOOK,
					  .secret_files = files,
					  .signature = SIGNATURE_STANDARD_WEBHOOKS,
					  .signature_header = header};
}

static void end(void)
{
	folder_remove(folder);
}

static struct sign_lines sign(void)
{
	struct sign_lines lines = {0};
	struct error err = {""};
	struct sign_keys *keys = sign_keys_load(&settings, &err);

	ck_assert_msg(keys != NULL, "%s", err.text);
	ck_assert_int_eq(sign_message(keys, &message, &lines, &err), 0);
	sign_keys_free(keys);
	return lines;
}

static void expect_refused(const char *text, const char *why)
{
	struct error err = {""};

	write_secret(first, text);
	ck_assert_ptr_null(sign_keys_load(&settings, &err));
	ck_assert_msg(strstr(err.text, why) != NULL, "'%s' is not in '%s'", why, err.text);
	/* the file is named, its text is not */
	ck_assert(text[0] == '\0' || strstr(err.text, text) == NULL);
}

START_TEST(test_standard_webhooks_vector)
{
	write_secret(first, WHSEC "\n");
	struct sign_lines lines = sign();

	ck_assert_uint_eq(lines.count, 3);
	ck_assert_str_eq(lines.lines[0], "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek");
	ck_assert_str_eq(lines.lines[1], "webhook-timestamp: 1614265330");
	ck_assert_str_eq(lines.lines[2], "webhook-signature: " SIGNED);
}
END_TEST

/* Of 25 and 26 bytes: base64 ends them with padding, which is no part of the key. */
START_TEST(test_padding_is_no_part_of_the_key)
{
	struct sign_lines lines;

	write_secret(first, "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGA==\n"
			    "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBk=\n");
	lines = sign();
	ck_assert_str_eq(lines.lines[2],
			 "webhook-signature: v1,O6Os8pxiEeEz61IPEK5SMabYPFAPKauQxtXWfFUPYSs= "
			 "v1,4L1JzQSicGDT54ByGMLnQ+0O1h/ZQ+YbSl3K8DScfnc=");
}
END_TEST

START_TEST(test_each_secret_signs_while_they_are_rotated)
{
	write_secret(first, OTHER_WHSEC "\r\n\n" WHSEC "\n");
	struct sign_lines lines = sign();

	ck_assert_uint_eq(count_of(lines.lines[2], " v1,"), 2);
	ck_assert_str_eq(lines.lines[2] + strlen(lines.lines[2]) - strlen(SIGNED), SIGNED);
	write_secret(first, OTHER_WHSEC);
	write_secret(second, WHSEC);
	files[1] = second;
	ck_assert_str_eq(sign().lines[2], lines.lines[2]);
}
END_TEST

START_TEST(test_sha256_vector)
{
	static const char hello[] = "Hello, World!";
	struct sign_message greeting = {"id", 1, hello, sizeof(hello) - 1};
	struct sign_lines lines = {0};
	struct error err;
	struct sign_keys *keys;

	/* GitHub's own */
	settings.signature = SIGNATURE_SHA256;
	write_secret(first, "It's a Secret to Everybody\n");
	keys = sign_keys_load(&settings, &err);
	ck_assert_int_eq(sign_message(keys, &greeting, &lines, &err), 0);
	ck_assert_uint_eq(lines.count, 1);
	ck_assert_str_eq(lines.lines[0],
			 "X-Hub-Signature-256: sha256="
			 "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
	sign_keys_free(keys);
}
END_TEST

START_TEST(test_id_cannot_become_a_header_or_a_part_of_the_content)
{
	struct sign_message hostile = message;
	struct sign_lines lines = {0};
	struct error err;
	struct sign_keys *keys;

	write_secret(first, WHSEC);
	hostile.id = "a.b\r\nX-Evil: 1\x80";
	keys = sign_keys_load(&settings, &err);
	ck_assert_int_eq(sign_message(keys, &hostile, &lines, &err), 0);
	ck_assert_str_eq(lines.lines[0], "webhook-id: abX-Evil1");
	sign_keys_free(keys);
}
END_TEST

START_TEST(test_what_is_no_secret_is_refused_unsaid)
{
	expect_refused("", "is empty");
	expect_refused("hunter2", "holds a line that is no secret of Standard Webhooks");
	expect_refused("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "no secret"); /* no padding */
	expect_refused("whsec_MfKQ 9r8GKYqrTwjUPD8ILPZIo2LaLaS", "no secret");
	expect_refused("whsec_MfKQ9r8GKYqrTwjUPD8I", "no secret"); /* too short */
	expect_refused(WHSEC WHSEC, "no secret");
	expect_refused(WHSEC "\n" WHSEC "\n" WHSEC "\n" WHSEC "\n" WHSEC "\n" WHSEC "\n" WHSEC
			     "\n" WHSEC "\n" WHSEC "\n",
		       "more than 8 secrets");
}
END_TEST

START_TEST(test_file_that_others_may_read_is_refused)
{
	struct error err;

	write_secret(first, WHSEC);
	for (mode_t mode = 0600; mode <= 0677; mode++) {
		bool fits = mode == 0600 || mode == 0640;

		ck_assert_int_eq(chmod(first, mode), 0);
		struct sign_keys *keys = sign_keys_load(&settings, &err);

		ck_assert_msg((keys != NULL) == fits, "mode %o", (unsigned)mode);
		sign_keys_free(keys);
	}
}
END_TEST

START_TEST(test_only_regular_files_of_root_or_ours_hold_secrets)
{
	struct secret_file secret;
	struct error err;

	ck_assert_int_eq(secret_file_read(folder, geteuid(), &secret, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "not a regular file"));
	ck_assert_int_eq(mkfifo(first, 0600), 0);
	ck_assert_int_eq(secret_file_read(first, geteuid(), &secret, &err), -1);
	ck_assert_int_eq(secret_file_read(second, geteuid(), &secret, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "No such file"));
	write_secret(second, "x");
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chown(second, 12345, 0), 0);
	ck_assert_int_eq(secret_file_read(second, 0, &secret, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "belongs to user 12345"));
	ck_assert_int_eq(secret_file_read(second, 12345, &secret, &err), 0);
}
END_TEST

START_TEST(test_secret_is_wiped)
{
	struct secret_file secret;
	struct error err;
	static const struct secret_file nothing;

	write_secret(first, "hunter2 \t\r\n");
	ck_assert_int_eq(secret_file_read(first, geteuid(), &secret, &err), 0);
	ck_assert_str_eq(secret.text, "hunter2");
	secret_file_forget(&secret);
	ck_assert_int_eq(memcmp(&secret, &nothing, sizeof(secret)), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sign");
	TCase *tcase = tcase_create("sign");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, test_standard_webhooks_vector);
	tcase_add_test(tcase, test_padding_is_no_part_of_the_key);
	tcase_add_test(tcase, test_each_secret_signs_while_they_are_rotated);
	tcase_add_test(tcase, test_sha256_vector);
	tcase_add_test(tcase, test_id_cannot_become_a_header_or_a_part_of_the_content);
	tcase_add_test(tcase, test_what_is_no_secret_is_refused_unsaid);
	tcase_add_test(tcase, test_file_that_others_may_read_is_refused);
	tcase_add_test(tcase, test_only_regular_files_of_root_or_ours_hold_secrets);
	tcase_add_test(tcase, test_secret_is_wiped);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugin/audit_log.h"

static char path[64];

static void write_settings(const char *text)
{
	int fd;

	snprintf(path, sizeof(path), "/tmp/capwatch-audit-log-XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static int read_settings(const char *text, struct audit_log *log, struct error *err)
{
	int result;

	write_settings(text);
	result = audit_log_read_settings(path, log, err);
	unlink(path);
	return result;
}

START_TEST(test_log_file_is_the_configured_one_or_the_default)
{
	struct audit_log log;
	struct error err;

	ck_assert_int_eq(read_settings("# a comment = x\nwrite_logs = yes\n"
				       "log_file  =  /srv/audit/a.log \nflush = NONE\n",
				       &log, &err),
			 0);
	ck_assert_str_eq(log.path, "/srv/audit/a.log");
	ck_assert_int_eq(read_settings("flush = NONE\n", &log, &err), 0);
	ck_assert_str_eq(log.path, "/var/log/audit/audit.log");
}
END_TEST

START_TEST(test_auditd_without_a_log_is_said)
{
	struct audit_log log;
	struct error err;

	ck_assert_int_eq(read_settings("WRITE_LOGS=No\n", &log, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "keeps no log"));
	ck_assert_int_eq(read_settings("log_format = NOLOG\n", &log, &err), -1);
	ck_assert_int_eq(audit_log_read_settings("/nowhere/auditd.conf", &log, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/auditd.conf"));
}
END_TEST

static const struct name_case {
	const char *text, *name; /* NULL: nobody can tell */
} names[] = {
	{"flush = NONE\n", ""},
	{"name_format = NONE\nname = web\n", ""},
	{"name_format = HOSTNAME\n", ""},
	{"name = web01.example\nname_format = USER\n", "web01.example"},
	{"Name_Format=user\n##name = no\nname=web01\n", "web01"},
	{"name_format = fqd\n", NULL},
	{"name_format = Numeric\nname = web\n", NULL},
};

START_TEST(test_name_of_this_host_is_the_one_in_its_records)
{
	const struct name_case *entry = &names[_i];
	char name[64] = "before";
	struct error err = {""};

	write_settings(entry->text);
	ck_assert_int_eq(audit_log_read_name(path, name, sizeof(name), &err), entry->name ? 0 : -1);
	ck_assert_str_eq(name, entry->name ? entry->name : "");
	ck_assert_int_eq(err.text[0] != '\0', !entry->name);
	unlink(path);
}
END_TEST

START_TEST(test_another_program_is_no_auditd)
{
	ck_assert(!audit_log_is_auditd(getpid()));
	ck_assert(!audit_log_is_gone(getpid()));
}
END_TEST

START_TEST(test_auditd_that_has_ended_is_gone_and_has_no_log)
{
	struct audit_log log;
	struct error err;
	siginfo_t info;
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	ck_assert_int_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	ck_assert(audit_log_is_gone(child)); /* a zombie */
	ck_assert_int_eq(audit_log_find(child, &log, &err), -1);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	ck_assert(audit_log_is_gone(child));
	ck_assert_int_eq(audit_log_find(child, &log, &err), -1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("audit_log");
	TCase *tcase = tcase_create("audit_log");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, test_log_file_is_the_configured_one_or_the_default);
	tcase_add_test(tcase, test_auditd_without_a_log_is_said);
	tcase_add_loop_test(tcase, test_name_of_this_host_is_the_one_in_its_records, 0,
			    sizeof(names) / sizeof(names[0]));
	tcase_add_test(tcase, test_another_program_is_no_auditd);
	tcase_add_test(tcase, test_auditd_that_has_ended_is_gone_and_has_no_log);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What files a courier of a configuration reaches, and that its process is held to it. The latter
 * needs a kernel with Landlock; without, those tests say so and pass. */
#define _GNU_SOURCE
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alerters/confine.h"
#include "alerters/landlock.h"
#include "alerters/reach.h"
#include "common/sanitized.h"

enum { SKIPPED = 77, CANNOT_BEGIN = 99, OTHER_USER = 65534 };

static char folder[PATH_MAX], outside[PATH_MAX], config[PATH_MAX + 16];
static struct error err;

static void make_folder(char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "/tmp/capwatch-reach-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(path));
}

static void begin(void)
{
	make_folder(folder);
	make_folder(outside);
	snprintf(config, sizeof(config), "%s/capwatch.yaml", folder);
}

static void end(void)
{
	char command[2 * PATH_MAX + 16];

	snprintf(command, sizeof(command), "rm -rf %s %s", folder, outside);
	ck_assert_int_eq(system(command), 0);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

/* With one file sink there. */
static struct reach *reach_with_sink(const char *sink_folder)
{
	char text[2 * PATH_MAX], spool[PATH_MAX + 16];
	struct settings *settings;
	struct reach *reach;

	snprintf(text, sizeof(text), "sinks:\n  - {type: file, path: %s/alerts.jsonl}\n",
		 sink_folder);
	write_file(config, text);
	settings = settings_load(config, &err);
	ck_assert_msg(settings != NULL, "%s", err.text);
	snprintf(spool, sizeof(spool), "%s/spool", folder);
	reach = reach_new(settings, config, spool);
	settings_free(settings);
	ck_assert_ptr_nonnull(reach);
	return reach;
}

static const char *path_in(const char *where, const char *name)
{
	static char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", where, name);
	return path;
}

/* ---- which files ---- */

START_TEST(test_new_folder_of_a_sink_is_lacked)
{
	struct reach *first = reach_with_sink(folder), *second = reach_with_sink(outside);

	ck_assert_ptr_null(reach_lacks(first, first));
	ck_assert_str_eq(reach_lacks(first, second), outside);
	reach_free(first);
	reach_free(second);
}
END_TEST

START_TEST(test_folder_below_a_granted_one_is_not_lacked)
{
	struct reach *first = reach_with_sink(folder), *second;

	ck_assert_int_eq(mkdir(path_in(folder, "below"), 0700), 0);
	second = reach_with_sink(path_in(folder, "below"));
	ck_assert_ptr_null(reach_lacks(first, second));
	reach_free(first);
	reach_free(second);
}
END_TEST

START_TEST(test_folder_made_after_the_start_is_not_lacked)
{
	struct reach *first = reach_with_sink(path_in(folder, "later/deeper")), *second;

	ck_assert_int_eq(mkdir(path_in(folder, "later"), 0700), 0);
	ck_assert_int_eq(mkdir(path_in(folder, "later/deeper"), 0700), 0);
	second = reach_with_sink(path_in(folder, "later/deeper"));
	ck_assert_ptr_null(reach_lacks(first, second));
	reach_free(first);
	reach_free(second);
}
END_TEST

START_TEST(test_folder_that_was_replaced_is_lacked)
{
	char away[PATH_MAX + 8];
	struct reach *first = reach_with_sink(outside), *second;

	snprintf(away, sizeof(away), "%s.old", outside);
	ck_assert_int_eq(rename(outside, away), 0);
	ck_assert_int_eq(mkdir(outside, 0700), 0);
	second = reach_with_sink(outside);
	ck_assert_str_eq(reach_lacks(first, second), outside);
	ck_assert_int_eq(rmdir(away), 0);
	reach_free(first);
	reach_free(second);
}
END_TEST

START_TEST(test_folder_that_is_read_may_not_be_written)
{
	struct reach *first = reach_with_sink(folder), *second = reach_with_sink("/etc");

	ck_assert_str_eq(reach_lacks(first, second), "/etc");
	reach_free(first);
	reach_free(second);
}
END_TEST

START_TEST(test_secret_that_is_not_there_is_named)
{
	char text[4 * PATH_MAX];
	struct settings *settings;
	struct reach *reach;

	snprintf(text, sizeof(text),
		 "sinks:\n  - {type: webhook, url: \"https://localhost/\", ca_file: %s/no.pem}\n",
		 outside);
	write_file(config, text);
	settings = settings_load(config, &err);
	ck_assert_msg(settings != NULL, "%s", err.text);
	reach = reach_new(settings, config, NULL);
	ck_assert_int_eq(reach_check_files(reach, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, path_in(outside, "no.pem")));
	reach_free(reach);
	settings_free(settings);
}
END_TEST

/* ---- held to it ---- */

static int status_of(int (*run)(void))
{
	int status = -1;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(run());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
		fprintf(stderr, "skipped: this kernel has no Landlock, or does not use it\n");
	return status;
}

static bool done(int status)
{
	return status == 0 || (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED);
}

#define EXPECT(what)                                                                               \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			fprintf(stderr, "%d: %s: %s\n", __LINE__, #what, strerror(errno));         \
			return 1;                                                                  \
		}                                                                                  \
	} while (0)

static bool denied(const char *path, int flags)
{
	errno = 0;
	return open(path, flags, 0600) < 0 && errno == EACCES;
}

static int confined_to_folder(void)
{
	const struct landlock_path paths[] = {{folder, true}, {"/etc", false}};
	char environment[64];
	int rc;

	snprintf(environment, sizeof(environment), "/proc/%d/environ", (int)getppid());
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	rc = landlock_restrict(paths, 2, &err);
	if (rc <= 0)
		return rc == 0 ? SKIPPED : CANNOT_BEGIN;
	/* a build with sanitizers leaves it /proc, for the leak checker */
	EXPECT(SANITIZED || denied(environment, O_RDONLY));
	EXPECT(SANITIZED || denied("/proc/self/environ", O_RDONLY));
	EXPECT(SANITIZED || denied("/proc", O_RDONLY | O_DIRECTORY));
	EXPECT(denied(path_in(outside, "file"), O_WRONLY | O_CREAT));
	EXPECT(denied("/etc/capwatch-not-made", O_WRONLY | O_CREAT));
	EXPECT(open("/etc/passwd", O_RDONLY) >= 0);
	EXPECT(open(path_in(folder, "new"), O_RDWR | O_CREAT | O_TRUNC, 0600) >= 0);
	EXPECT(mkdir(path_in(folder, "grave"), 0700) == 0);
	return 0;
}

START_TEST(test_nothing_outside_is_opened_or_made)
{
	ck_assert(done(status_of(confined_to_folder)));
}
END_TEST

static int moves_between_folders(void)
{
	const struct landlock_path paths[] = {{folder, true}};
	char from[PATH_MAX + 16], to[PATH_MAX + 16], beyond[PATH_MAX + 16];
	int rc;

	snprintf(from, sizeof(from), "%s/a", folder);
	snprintf(to, sizeof(to), "%s/grave/a", folder);
	snprintf(beyond, sizeof(beyond), "%s/a", outside);
	EXPECT(mkdir(path_in(folder, "grave"), 0700) == 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	rc = landlock_restrict(paths, 1, &err);
	if (rc <= 0)
		return rc == 0 ? SKIPPED : CANNOT_BEGIN;
	EXPECT(open(from, O_WRONLY | O_CREAT, 0600) >= 0);
	EXPECT(rename(from, to) == 0);
	EXPECT(rename(to, beyond) < 0 && (errno == EXDEV || errno == EACCES));
	EXPECT(unlink(to) == 0);
	return 0;
}

START_TEST(test_spool_buries_in_a_folder_of_its_own)
{
	ck_assert(done(status_of(moves_between_folders)));
}
END_TEST

/* As the courier becomes, with what its configuration needs. */
static int confined_as_courier(void)
{
	struct reach *reach = reach_with_sink(folder);
	struct addrinfo *found = NULL;
	int rc;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	rc = reach_restrict(reach, &err);
	reach_free(reach);
	if (rc < 0 || confine_calls(&err) < 0)
		return CANNOT_BEGIN;
	EXPECT(getaddrinfo("localhost", "443", NULL, &found) == 0);
	freeaddrinfo(found);
	EXPECT(open(config, O_RDONLY) >= 0);
	EXPECT(open(path_in(folder, "alerts.jsonl"), O_WRONLY | O_CREAT, 0600) >= 0);
	EXPECT(socket(AF_INET, SOCK_STREAM, 0) >= 0);
	EXPECT(socket(AF_PACKET, SOCK_RAW, 0) < 0 && errno == ENOSYS);
	EXPECT(listen(0, 1) < 0 && errno == ENOSYS);
	EXPECT(kill(getppid(), 0) < 0 && errno == ENOSYS);
	EXPECT(SANITIZED || (syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) < 0 && errno == ENOSYS));
	if (rc == 0)
		return SKIPPED;
	EXPECT(SANITIZED || denied("/proc/1/status", O_RDONLY));
	EXPECT(denied(path_in(outside, "file"), O_WRONLY | O_CREAT));
	return 0;
}

START_TEST(test_courier_reaches_what_it_is_configured_for_and_no_more)
{
	ck_assert(done(status_of(confined_as_courier)));
}
END_TEST

static int executes(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (confine_calls(&err) < 0)
		return CANNOT_BEGIN;
	execl("/bin/true", "true", (char *)NULL);
	return 0;
}

START_TEST(test_courier_that_executes_is_ended)
{
	int status = status_of(executes);

	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}
END_TEST

/* Without Landlock, its user alone keeps it from others' /proc. */
static int another_user_looks(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)getppid());
	if (geteuid() != 0)
		return 0;
	EXPECT(setresuid(OTHER_USER, OTHER_USER, OTHER_USER) == 0);
	EXPECT(denied(path, O_RDONLY));
	return 0;
}

START_TEST(test_another_users_process_is_not_looked_into)
{
	ck_assert_int_eq(status_of(another_user_looks), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reach");
	TCase *tcase = tcase_create("reach");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, test_new_folder_of_a_sink_is_lacked);
	tcase_add_test(tcase, test_folder_below_a_granted_one_is_not_lacked);
	tcase_add_test(tcase, test_folder_made_after_the_start_is_not_lacked);
	tcase_add_test(tcase, test_folder_that_was_replaced_is_lacked);
	tcase_add_test(tcase, test_folder_that_is_read_may_not_be_written);
	tcase_add_test(tcase, test_secret_that_is_not_there_is_named);
	tcase_add_test(tcase, test_nothing_outside_is_opened_or_made);
	tcase_add_test(tcase, test_spool_buries_in_a_folder_of_its_own);
	tcase_add_test(tcase, test_courier_reaches_what_it_is_configured_for_and_no_more);
	tcase_add_test(tcase, test_courier_that_executes_is_ended);
	tcase_add_test(tcase, test_another_users_process_is_not_looked_into);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

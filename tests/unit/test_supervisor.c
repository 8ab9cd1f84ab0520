/* SPDX-License-Identifier: Apache-2.0 */
/* The supervisor with a real sensor and a small courier (this very program, started as one), on a
 * socket as auditd leaves it. Needs root, since the children become other users. */
#define _GNU_SOURCE
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "common/wire.h"
#include "plugin/child.h"
#include "plugin/proc_live.h"
#include "plugin/startup.h"
#include "plugin/supervisor.h"
#include "rules/kernel.h"

enum {
	SENSOR_UID = 65534 /* nobody */,
	CHILDREN_MAX = 8,
	WAIT_MS = 20000,
	STEP_MS = 20,
	TEXT_MAX = 65536
};

static char folder[] = "/tmp/capwatch-supervisor-XXXXXX";
static char *rules_folder; /* of this build */
static pid_t supervisor;
static int stream; /* auditd's end */

/* --- the courier that this program is when it is started as one --- */

static void courier_note(const char *config_file, const char *text)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%.*s/delivered",
		 (int)(strrchr(config_file, '/') - config_file), config_file);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
	if (fd < 0 || dprintf(fd, "%s\n", text) < 0)
		_exit(1);
	close(fd);
}

/* 1 a message, 0 nothing now, -1 the end */
static int courier_read(int *socket, struct wire_message *message)
{
	static char buffer[sizeof(struct wire_header) + WIRE_BODY_MAX + 1];
	int rc = *socket < 0 ? -1 : wire_receive(*socket, buffer, sizeof(buffer), message, NULL);

	if (rc < 0 && *socket >= 0) {
		close(*socket);
		*socket = -1;
	}
	return rc;
}

static void courier_take(int link, const char *config_file, const struct wire_message *message)
{
	const struct wire_header ack = {.type = WIRE_ACK, .number = message->header.number};

	courier_note(config_file, message->body);
	if (message->header.type == WIRE_ALERT)
		wire_send(link, &ack, NULL, -1, NULL);
}

static int be_courier(const char *config_file)
{
	int link = CHILD_LINK_FD, control = CHILD_CONTROL_FD;
	struct wire_message message;

	/* which the kernel sends when the supervisor dies: the sensor still has something to say */
	signal(SIGTERM, SIG_IGN);
	while (link >= 0 || control >= 0) {
		struct pollfd polled[] = {{.fd = link, .events = POLLIN},
					  {.fd = control, .events = POLLIN}};

		poll(polled, 2, -1);
		while (courier_read(&link, &message) > 0)
			courier_take(link, config_file, &message);
		while (courier_read(&control, &message) > 0) {
			if (message.header.type == WIRE_RELOAD)
				courier_note(config_file, "reload");
			if (message.header.type == WIRE_STATE)
				courier_note(config_file, message.body);
			if (message.header.type == WIRE_COURIER_FD) {
				close(link);
				link = message.fd;
			}
		}
	}
	return 0;
}

/* --- arranging and looking --- */

static void write_file(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static void configure(const char *user, const char *more)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "user: %s\ncourier_user: daemon\nbaseline: [%s/baseline.d]\ncontrol: %s/control\n"
		 "sinks: []\n%s",
		 user, folder, folder, more);
	write_file("capwatch.yaml", text);
}

static const char *content(const char *name)
{
	static char text[TEXT_MAX];
	char path[256];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_RDONLY);
	got = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[got > 0 ? got : 0] = '\0';
	return text;
}

static int occurrences(const char *name, const char *what)
{
	int count = 0;

	for (const char *at = content(name); (at = strstr(at, what)); at++)
		count++;
	return count;
}

static void pass_time(void)
{
	nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000L}, NULL);
}

static void await(const char *name, const char *what)
{
	for (int waited = 0; waited < WAIT_MS; waited += STEP_MS) {
		if (strstr(content(name), what))
			return;
		pass_time();
	}
	ck_abort_msg("'%s' does not come in %s:\n%s\nlog:\n%s", what, name, strdup(content(name)),
		     content("log"));
}

/* The supervisor's child of this kind; 0 when there is none. */
static pid_t find_child(bool sensor)
{
	char path[64];
	struct proc_live live;
	struct proc_status status;
	pid_t pid, found = 0;
	FILE *children;

	proc_live_init(&live);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", supervisor, supervisor);
	children = fopen(path, "r");
	while (children && fscanf(children, "%d", &pid) == 1)
		if (live.reader.status(live.reader.ctx, pid, &status) && status.uid != 0 &&
		    (status.uid == SENSOR_UID) == sensor)
			found = pid;
	if (children)
		fclose(children);
	return found;
}

/* Until there is one, and another than this. */
static pid_t await_child(bool sensor, pid_t other)
{
	for (int waited = 0; waited < WAIT_MS; waited += STEP_MS) {
		pid_t pid = find_child(sensor);

		if (pid > 0 && pid != other)
			return pid;
		pass_time();
	}
	ck_abort_msg("no new %s; log:\n%s", sensor ? "sensor" : "courier", content("log"));
}

static int run_supervisor(int fd)
{
	char config_file[256], log_file[256];
	struct logger log;
	struct supervisor_options options = {.config_file = config_file,
					     .courier_path = "/proc/self/exe",
					     .rules_folder = rules_folder,
					     .log = &log};
	struct error err;

	snprintf(config_file, sizeof(config_file), "%s/capwatch.yaml", folder);
	snprintf(log_file, sizeof(log_file), "%s/log", folder);
	dup2(fd, STDIN_FILENO);
	dup2(open(log_file, O_WRONLY | O_CREAT | O_APPEND, 0644), STDERR_FILENO);
	log_to_stderr(&log, "supervisor");
	/* as auditd leaves it */
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (startup_prepare(&err) == 0 && supervisor_run(&options, &err) == 0)
		return 0;
	log_line(&log, LOG_ERR, "%s", err.text);
	return 1;
}

static void start(void)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	supervisor = fork();
	ck_assert_int_ge(supervisor, 0);
	if (supervisor == 0)
		_exit(run_supervisor(ends[1]));
	close(ends[1]);
	stream = ends[0];
}

static int await_end(void)
{
	int status;

	for (int waited = 0; waited < WAIT_MS; waited += STEP_MS) {
		if (waitpid(supervisor, &status, WNOHANG) == supervisor) {
			supervisor = 0;
			return status;
		}
		pass_time();
	}
	ck_abort_msg("the supervisor does not end; log:\n%s", content("log"));
}

static bool is_gone(pid_t pid)
{
	for (int waited = 0; waited < WAIT_MS; waited += STEP_MS) {
		if (waitpid(pid, NULL, WNOHANG) == pid || (kill(pid, 0) < 0 && errno == ESRCH))
			return true;
		pass_time();
	}
	return false;
}

static void setup(void)
{
	char path[256];

	strcpy(strrchr(folder, '-'), "-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chmod(folder, 01777), 0);
	snprintf(path, sizeof(path), "%s/baseline.d", folder);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	configure("nobody", "");
	/* orphans come to us */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	supervisor = 0;
	stream = -1;
}

static void teardown(void)
{
	static const char *const names[] = {"capwatch.yaml", "log", "delivered"};
	char path[256];

	if (stream >= 0)
		close(stream);
	if (supervisor > 0) {
		kill(supervisor, SIGKILL);
		waitpid(supervisor, NULL, 0);
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/baseline.d", folder);
	rmdir(path);
	rmdir(folder);
}

/* --- tests --- */

START_TEST(test_killed_sensor_is_started_anew_and_that_is_alerted)
{
	pid_t sensor;

	start();
	sensor = await_child(true, 0);
	await_child(false, 0);
	ck_assert_int_eq(kill(sensor, SIGKILL), 0);
	await_child(true, sensor);
	await("delivered", "the sensor ended by signal 9 (Killed)");
}
END_TEST

START_TEST(test_killed_courier_is_started_anew_and_that_is_alerted)
{
	pid_t courier;

	start();
	await_child(true, 0);
	courier = await_child(false, 0);
	ck_assert_int_eq(kill(courier, SIGKILL), 0);
	await_child(false, courier);
	await("delivered", "the courier ended by signal 9 (Killed)");
}
END_TEST

/* Not in a container: there nobody may ask. */
START_TEST(test_every_courier_is_told_the_digest_of_the_kernels_rules)
{
	struct kernel_rules rules = {0};
	pid_t courier;

	if (kernel_rules_read(&rules, NULL) < 0)
		return;
	kernel_rules_free(&rules);
	start();
	courier = await_child(false, 0);
	await("delivered", "{\"rules\":\"");
	ck_assert_int_eq(kill(courier, SIGKILL), 0);
	await_child(false, courier);
	for (int waited = 0; waited < WAIT_MS && occurrences("delivered", "\"rules\"") < 2;
	     waited += STEP_MS)
		usleep(STEP_MS * 1000);
	ck_assert_int_eq(occurrences("delivered", "\"rules\""), 2);
}
END_TEST

START_TEST(test_courier_that_survives_gets_the_new_sensors_link)
{
	pid_t sensor, courier;

	start();
	sensor = await_child(true, 0);
	courier = await_child(false, 0);
	kill(sensor, SIGKILL);
	await("delivered", "the sensor ended by signal 9");
	ck_assert_int_eq(find_child(false), courier);
}
END_TEST

START_TEST(test_end_of_stream_ends_all_with_status_0)
{
	pid_t sensor, courier;

	start();
	sensor = await_child(true, 0);
	courier = await_child(false, 0);
	close(stream);
	stream = -1;
	ck_assert_int_eq(await_end(), 0);
	ck_assert(is_gone(sensor));
	ck_assert(is_gone(courier));
	ck_assert_str_eq(content("log"), "");
}
END_TEST

START_TEST(test_sigterm_ends_all_though_auditd_left_it_ignored)
{
	pid_t sensor, courier;

	start();
	sensor = await_child(true, 0);
	courier = await_child(false, 0);
	kill(supervisor, SIGTERM);
	ck_assert_int_eq(await_end(), 0);
	ck_assert(is_gone(sensor));
	ck_assert(is_gone(courier));
}
END_TEST

START_TEST(test_children_end_when_the_supervisor_is_killed)
{
	pid_t sensor, courier;
	char byte = '\n';

	start();
	sensor = await_child(true, 0);
	courier = await_child(false, 0);
	kill(supervisor, SIGHUP);
	await("delivered", "reload"); /* the courier is up by then */
	kill(supervisor, SIGKILL);
	ck_assert(is_gone(sensor));
	ck_assert(is_gone(courier));
	await("delivered", "the supervisor ended unexpectedly");
	/* what auditd needs to notice */
	ck_assert_int_lt(send(stream, &byte, 1, MSG_NOSIGNAL), 0);
	ck_assert_int_eq(errno, EPIPE);
}
END_TEST

START_TEST(test_sigterm_to_a_child_alone_is_not_the_end)
{
	pid_t sensor;

	start();
	sensor = await_child(true, 0);
	await_child(false, 0);
	kill(sensor, SIGTERM);
	kill(supervisor, SIGHUP);
	await("delivered", "reload");
	ck_assert_int_eq(find_child(true), sensor);
}
END_TEST

START_TEST(test_missing_user_is_said_once_and_auditd_is_not_held_up)
{
	char records[4096];

	memset(records, 'x', sizeof(records));
	configure("no-such-user", "");
	start();
	await("log", "there is no user no-such-user");
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(send(stream, records, sizeof(records), MSG_NOSIGNAL),
				 sizeof(records));
	ck_assert_int_eq(find_child(true), 0);
	ck_assert_int_eq(occurrences("log", "no-such-user:"), 1);
	ck_assert_int_eq(kill(supervisor, 0), 0);
}
END_TEST

START_TEST(test_sighup_begins_when_the_configuration_has_been_put_right)
{
	configure("nobody", "no_such_key: 1\n");
	start();
	await("log", "no_such_key");
	configure("nobody", "");
	kill(supervisor, SIGHUP);
	await_child(true, 0);
	await("delivered", "nothing was watched from auditd's start on");
	close(stream);
	stream = -1;
	ck_assert_int_eq(await_end(), 0);
}
END_TEST

START_TEST(test_without_configuration_end_of_stream_is_the_end)
{
	configure("no-such-user", "");
	start();
	await("log", "there is no user");
	close(stream);
	stream = -1;
	ck_assert_int_eq(await_end(), 0);
}
END_TEST

START_TEST(test_bad_configuration_at_sighup_keeps_the_old_also_for_a_new_sensor)
{
	pid_t sensor;

	start();
	sensor = await_child(true, 0);
	await_child(false, 0);
	configure("nobody", "no_such_key: 1\n");
	kill(supervisor, SIGHUP);
	await("delivered", "the configuration stays as it was");
	kill(sensor, SIGKILL);
	await_child(true, sensor);
	await("delivered", "the sensor ended by signal 9");
}
END_TEST

START_TEST(test_sensor_that_stands_still_while_records_wait_is_replaced)
{
	pid_t sensor;

	start();
	sensor = await_child(true, 0);
	await_child(false, 0);
	kill(sensor, SIGSTOP);
	ck_assert_int_eq(send(stream, "type=x\n", 7, MSG_NOSIGNAL), 7);
	await("delivered", "it hung while records waited");
	await_child(true, sensor);
}
END_TEST

START_TEST(test_sensor_without_work_is_left_alone)
{
	pid_t sensor;

	start();
	sensor = await_child(true, 0);
	for (int waited = 0; waited < 2500; waited += STEP_MS)
		pass_time();
	ck_assert_int_eq(find_child(true), sensor);
	ck_assert_str_eq(content("log"), "");
}
END_TEST

static void add_tests(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 2.0 * WAIT_MS / 1000);
	tcase_add_test(tcase, test_killed_sensor_is_started_anew_and_that_is_alerted);
	tcase_add_test(tcase, test_killed_courier_is_started_anew_and_that_is_alerted);
	tcase_add_test(tcase, test_every_courier_is_told_the_digest_of_the_kernels_rules);
	tcase_add_test(tcase, test_courier_that_survives_gets_the_new_sensors_link);
	tcase_add_test(tcase, test_end_of_stream_ends_all_with_status_0);
	tcase_add_test(tcase, test_sigterm_ends_all_though_auditd_left_it_ignored);
	tcase_add_test(tcase, test_children_end_when_the_supervisor_is_killed);
	tcase_add_test(tcase, test_sigterm_to_a_child_alone_is_not_the_end);
	tcase_add_test(tcase, test_missing_user_is_said_once_and_auditd_is_not_held_up);
	tcase_add_test(tcase, test_sighup_begins_when_the_configuration_has_been_put_right);
	tcase_add_test(tcase, test_without_configuration_end_of_stream_is_the_end);
	tcase_add_test(tcase, test_bad_configuration_at_sighup_keeps_the_old_also_for_a_new_sensor);
	tcase_add_test(tcase, test_sensor_that_stands_still_while_records_wait_is_replaced);
	tcase_add_test(tcase, test_sensor_without_work_is_left_alone);
}

int main(int argc, char **argv)
{
	enum { TEST_SKIPPED = 77 /* automake's */ };
	Suite *suite;
	TCase *tcase;
	SRunner *runner;
	int failed;

	if (argc > 2 && strcmp(argv[1], "--config") == 0)
		return be_courier(argv[2]);
	rules_folder = realpath("rules/shipped", NULL);
	if (geteuid() != 0) {
		fputs("skipped: needs root\n", stderr);
		return TEST_SKIPPED;
	}
	suite = suite_create("supervisor");
	tcase = tcase_create("supervisor");
	add_tests(tcase);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

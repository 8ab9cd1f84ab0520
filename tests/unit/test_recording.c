/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recording, recorded_proc: a fact written is read back, and a question at another time than the
 * recording's gets the answer that was true of that very process.
 */
#define _GNU_SOURCE
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/replay/recorded_proc.h"
#include "tests/replay/recording.h"

enum { LINES_MAX = 32, NOW = 5000, PID = 77 };

static struct recorded_proc *proc;
static char *lines[LINES_MAX];
static size_t line_count;

static void setup(void)
{
	proc = recorded_proc_new();
	ck_assert_ptr_nonnull(proc);
}

static void teardown(void)
{
	recorded_proc_free(proc);
	while (line_count > 0)
		free(lines[--line_count]);
}

static void record(uint32_t step, const char *text)
{
	struct recording_line parsed;
	struct error err = {""};

	lines[line_count] = strdup(text);
	ck_assert_msg(recording_parse_line(lines[line_count], &parsed, NULL, &err) == 0, "%s",
		      err.text);
	line_count++;
	ck_assert(!parsed.is_step);
	ck_assert(recorded_proc_add(proc, step, &parsed));
}

static void at(uint32_t step, int64_t now)
{
	recorded_proc_move_to(proc, step, now);
}

/* The cgroup as answered, "-" when there is no answer. */
static const char *cgroup(void)
{
	static char text[PROC_CGROUP_MAX];
	const struct proc_reader *reader = recorded_proc_reader(proc);

	return reader->cgroup(reader->ctx, PID, text, sizeof(text)) ? text : "-";
}

START_TEST(test_same_questions_get_the_same_answers_in_order)
{
	record(3, "? cgroup 77 = \"first");
	record(3, "+ cgroup 77 = \"for-others");
	record(3, "? cgroup 77 -");
	record(3, "? cgroup 77 = \"third");
	at(3, NOW);
	ck_assert_str_eq(cgroup(), "first");
	ck_assert_str_eq(cgroup(), "-");
	ck_assert_str_eq(cgroup(), "third");
	ck_assert_str_eq(cgroup(), "third");
}
END_TEST

START_TEST(test_question_that_only_others_asked_is_answered)
{
	record(3, "+ cgroup 77 = \"for-others");
	at(3, NOW);
	ck_assert_str_eq(cgroup(), "for-others");
}
END_TEST

START_TEST(test_later_answer_goes_before_an_earlier_one)
{
	record(1, "? cgroup 77 = \"earlier");
	record(9, "? cgroup 77 = \"later");
	at(5, NOW);
	ck_assert_str_eq(cgroup(), "later");
	at(10, NOW);
	ck_assert_str_eq(cgroup(), "later");
}
END_TEST

START_TEST(test_last_earlier_answer_goes_where_none_is_later)
{
	record(1, "? cgroup 77 = \"first");
	record(2, "? cgroup 77 = \"second");
	at(5, NOW);
	ck_assert_str_eq(cgroup(), "second");
}
END_TEST

START_TEST(test_process_found_gone_answers_no_more)
{
	record(1, "? status 77 = \"a 100 1000 1 1 0 0 0 0 -1 -1 0 0 0 0 0");
	record(1, "? cgroup 77 = \"mine");
	record(4, "? status 77 -");
	at(3, NOW);
	ck_assert_str_eq(cgroup(), "mine");
	at(5, NOW);
	ck_assert_str_eq(cgroup(), "-");
}
END_TEST

START_TEST(test_another_process_of_the_pid_does_not_answer_for_the_first)
{
	record(9, "? status 77 = \"late 600 6000 1 1 0 0 0 0 -1 -1 0 0 0 0 0");
	record(9, "? cgroup 77 = \"of-the-second");
	at(2, NOW);
	ck_assert_str_eq(cgroup(), "-");
	at(7, 6001);
	ck_assert_str_eq(cgroup(), "of-the-second");
}
END_TEST

START_TEST(test_second_process_of_the_pid_is_not_answered_for_by_the_first)
{
	record(1, "? status 77 = \"early 100 1000 1 1 0 0 0 0 -1 -1 0 0 0 0 0");
	record(1, "? cgroup 77 = \"of-the-first");
	record(9, "? status 77 = \"late 600 6000 1 1 0 0 0 0 -1 -1 0 0 0 0 0");
	record(9, "? cgroup 77 = \"of-the-second");
	at(7, NOW);
	ck_assert_str_eq(cgroup(), "of-the-first");
	at(8, 6001);
	ck_assert_str_eq(cgroup(), "of-the-second");
}
END_TEST

START_TEST(test_threads_of_a_process_with_one_need_no_record)
{
	const struct proc_reader *reader = recorded_proc_reader(proc);
	struct proc_status status = {.threads = 1, .task_effective = 5};

	ck_assert(reader->threads(reader->ctx, PID, &status));
	ck_assert_uint_eq(status.task_effective, 5);
	status.threads = 2;
	ck_assert(!reader->threads(reader->ctx, PID, &status));
}
END_TEST

/* Written, cut from its line, and read back. */
static struct recording_answer through_a_line(const struct recording_question *question,
					      const struct recording_answer *answer)
{
	static char *text;
	struct recording_answer back = {.known = false};
	struct recording_line parsed;
	struct error err = {""};
	size_t size;
	FILE *facts;

	free(text);
	facts = open_memstream(&text, &size);
	recording_write_fact(facts, true, question, answer);
	fclose(facts);
	ck_assert_int_eq(text[size - 1], '\n');
	text[size - 1] = '\0';
	ck_assert_ptr_null(strchr(text, '\n'));
	ck_assert_msg(recording_parse_line(text, &parsed, NULL, &err) == 0, "%s", err.text);
	ck_assert_int_eq(parsed.call, question->call);
	ck_assert_int_eq(parsed.known, answer->known);
	if (parsed.known)
		ck_assert(recording_read_answer(parsed.call, parsed.answer, &back));
	return back;
}

START_TEST(test_status_survives_its_line)
{
	struct recording_question question = {RECORDING_STATUS, PID, NULL};
	struct recording_answer answer = {.known = true,
					  .status = {.start_ticks = 1ULL << 60,
						     .start_time = 1795325659739,
						     .ppid = 1,
						     .threads = 3,
						     .uid = UINT32_MAX,
						     .fsuid = 33,
						     .bounding = 0x1ffffffffff,
						     .auid = -1,
						     .image = UINT64_MAX,
						     .forked = true,
						     .session = 7}};
	struct recording_answer back;

	strcpy(answer.status.comm, "a = \"b\"\n%\xff -");
	back = through_a_line(&question, &answer);
	ck_assert_str_eq(back.status.comm, answer.status.comm);
	ck_assert_mem_eq(&back.status, &answer.status, sizeof(back.status));
}
END_TEST

START_TEST(test_path_of_any_bytes_survives_its_line)
{
	struct recording_question question = {RECORDING_HOST_FILE, 0, "/a b = -\n\"%20"};
	struct recording_answer answer = {.known = true, .file = {64768, 1234}};
	struct recording_answer back = through_a_line(&question, &answer);

	ck_assert_uint_eq(back.file.inode, 1234);
	answer.known = false;
	through_a_line(&question, &answer);
}
END_TEST

START_TEST(test_answer_of_an_older_recorder_lacks_its_last_numbers)
{
	struct recording_answer back = {.known = false};

	ck_assert(recording_read_answer(RECORDING_STATUS, " \"comm 100 1000", &back));
	ck_assert(back.known);
	ck_assert_uint_eq(back.status.start_ticks, 100);
	ck_assert_uint_eq(back.status.permitted, 0);
}
END_TEST

START_TEST(test_line_of_something_else_is_refused)
{
	static const char *const wrong[] = {
		"",	   "hello",	     "? status",	  "? status 77", "? nonsense 77 -",
		"feed 12", "feed 12 13 14x", "begin 99 0 \"a \"b"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		char *copy = strdup(wrong[i]);
		struct recording_line parsed;
		struct error err = {""};

		ck_assert_msg(recording_parse_line(copy, &parsed, NULL, &err) < 0, "%s", wrong[i]);
		ck_assert(err.text[0]);
		free(copy);
	}
}
END_TEST

START_TEST(test_settings_survive_a_begin)
{
	struct settings settings = {.start_window_ms = 1500, .sweep_ms = 30000};
	struct settings back = {
		.start_window_ms = 10000, .repeat_window_ms = 300000, .sweep_ms = 60000};
	struct recording_begin begin = {.offset = 4711, .host = "a host"};
	struct recording_line parsed;
	struct error err = {""};
	char *text;
	size_t size;
	FILE *facts = open_memstream(&text, &size);

	recording_write_begin(facts, &begin, &settings);
	fclose(facts);
	text[size - 1] = '\0';
	ck_assert_msg(recording_parse_line(text, &parsed, &back, &err) == 0, "%s", err.text);
	ck_assert_int_eq(parsed.step.kind, RECORDING_BEGIN);
	ck_assert_uint_eq(parsed.step.begin.offset, 4711);
	ck_assert_str_eq(parsed.step.begin.host, "a host");
	ck_assert_str_eq(parsed.step.begin.host_id, "");
	ck_assert_int_eq(back.start_window_ms, 1500);
	ck_assert_int_eq(back.repeat_window_ms, 0);
	ck_assert_int_eq(back.sweep_ms, 30000);
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("recording");
	TCase *answers = tcase_create("answers"), *form = tcase_create("form");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(answers, setup, teardown);
	tcase_add_test(answers, test_same_questions_get_the_same_answers_in_order);
	tcase_add_test(answers, test_question_that_only_others_asked_is_answered);
	tcase_add_test(answers, test_later_answer_goes_before_an_earlier_one);
	tcase_add_test(answers, test_last_earlier_answer_goes_where_none_is_later);
	tcase_add_test(answers, test_process_found_gone_answers_no_more);
	tcase_add_test(answers, test_another_process_of_the_pid_does_not_answer_for_the_first);
	tcase_add_test(answers, test_second_process_of_the_pid_is_not_answered_for_by_the_first);
	tcase_add_test(answers, test_threads_of_a_process_with_one_need_no_record);
	tcase_add_test(form, test_status_survives_its_line);
	tcase_add_test(form, test_path_of_any_bytes_survives_its_line);
	tcase_add_test(form, test_answer_of_an_older_recorder_lacks_its_last_numbers);
	tcase_add_test(form, test_line_of_something_else_is_refused);
	tcase_add_test(form, test_settings_survive_a_begin);
	suite_add_tcase(suite, answers);
	suite_add_tcase(suite, form);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What blinds, of all that the kernel may say. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "rules/sight.h"

#define CAPSET "-a always,exit -F arch=b64 -S capset -F key=capwatch_capset\n"
#define CAPSET32 "-a always,exit -F arch=b32 -S capset -F key=capwatch_capset\n"
#define PRCTL "-a always,exit -F arch=b64 -S prctl -F a0=0x1c -F key=capwatch_securebits\n"
#define NEVER "-A never,exit -F arch=b64 -S read -F exe=/usr/sbin/audisp-capwatch\n"
#define OURS NEVER CAPSET CAPSET32 PRCTL

struct scene {
	struct kernel_status status;
	struct ruleset wanted, loaded_set;
	struct kernel_rules loaded;
	struct sight sight;
};

static void read_into(struct ruleset *set, const char *text)
{
	struct error err = {""};

	ck_assert_msg(ruleset_read_text(set, "test", text, &err) == 0, "%s", err.text);
}

/* A healthy kernel with these rules loaded, ours wanted. */
static void scene_open(struct scene *scene, const char *loaded)
{
	memset(scene, 0, sizeof(*scene));
	scene->status = (struct kernel_status){
		.enabled = KERNEL_AUDIT_ON, .backlog_limit = 8192, .failure = 1};
	read_into(&scene->wanted, OURS);
	read_into(&scene->loaded_set, loaded);
	scene->loaded.items = calloc(scene->loaded_set.count + 1, sizeof(*scene->loaded.items));
	for (size_t i = 0; i < scene->loaded_set.count; i++)
		scene->loaded.items[scene->loaded.count++] = scene->loaded_set.items[i].data;
}

static void scene_judge(struct scene *scene)
{
	const struct sight_question question = {&scene->status, &scene->loaded, &scene->wanted};

	ck_assert_int_eq(sight_judge(&question, &scene->sight, NULL), 0);
}

static void scene_close(struct scene *scene)
{
	sight_free(&scene->sight);
	free(scene->loaded.items);
	ruleset_free(&scene->loaded_set);
	ruleset_free(&scene->wanted);
}

static void expect_fault(const struct scene *scene, enum sight_kind kind, const char *words)
{
	char text[SIGHT_TEXT_MAX];

	ck_assert_uint_eq(scene->sight.count, 1);
	ck_assert_int_eq(scene->sight.items[0].kind, kind);
	sight_text(&scene->sight.items[0], &scene->status, text, sizeof(text));
	ck_assert_msg(strstr(text, words), "%s", text);
}

START_TEST(test_everything_in_order_is_no_fault)
{
	struct scene scene;

	scene_open(&scene, OURS "-a always,exit -F arch=b64 -S mount -k site\n");
	scene_judge(&scene);
	ck_assert_uint_eq(scene.sight.count, 0);
	ck_assert_uint_eq(scene.sight.wanted, 3);
	scene_close(&scene);
}
END_TEST

static const struct {
	struct kernel_status status;
	enum sight_kind kind;
	const char *words;
} states[] = {
	{{.enabled = 0, .backlog_limit = 8192}, SIGHT_OFF, "switched off"},
	{{.enabled = 1, .backlog_limit = 8192, .rate_limit = 1},
	 SIGHT_RATE_LIMIT,
	 "beyond 1 records"},
	{{.enabled = 1, .backlog_limit = 8}, SIGHT_BACKLOG_LIMIT, "holds 8 records"},
	{{.enabled = 1, .backlog_limit = 64, .backlog = 64}, SIGHT_BACKLOG_FULL, "64 of 64"},
};

START_TEST(test_a_status_that_blinds)
{
	struct scene scene;

	scene_open(&scene, OURS);
	scene.status = states[_i].status;
	scene_judge(&scene);
	expect_fault(&scene, states[_i].kind, states[_i].words);
	scene_close(&scene);
}
END_TEST

static const struct kernel_status harmless[] = {
	{.enabled = KERNEL_AUDIT_IMMUTABLE, .backlog_limit = 8192},
	{.enabled = 1, .backlog_limit = 0, .backlog = 5},
	{.enabled = 1, .backlog_limit = 64, .backlog = 63, .lost = 57},
};

START_TEST(test_a_status_that_does_not)
{
	struct scene scene;

	scene_open(&scene, OURS);
	scene.status = harmless[_i];
	scene_judge(&scene);
	ck_assert_uint_eq(scene.sight.count, 0);
	scene_close(&scene);
}
END_TEST

START_TEST(test_a_missing_twin_is_named_and_a_missing_never_rule_blinds_nobody)
{
	struct scene scene;

	scene_open(&scene, CAPSET PRCTL);
	scene_judge(&scene);
	expect_fault(&scene, SIGHT_MISSING, "arch=b32 -S capset");
	ck_assert_uint_eq(scene.sight.missing, 1);
	scene_close(&scene);
}
END_TEST

static const struct {
	const char *rule;
	enum sight_kind kind;
	const char *words;
} hiding[] = {
	{"-a never,exit -F arch=b64 -S capset\n", SIGHT_HIDDEN, "all of what one of"},
	{"-a never,task\n", SIGHT_HIDDEN, "all of what 3 of"},
	{"-a always,exclude -F msgtype=SYSCALL\n", SIGHT_HIDDEN, "all of what 3 of"},
	{"-a always,exclude -F msgtype=CAPSET\n", SIGHT_HIDDEN, "msgtype=CAPSET"},
	{"-a always,exclude -F msgtype=PATH\n", SIGHT_HIDDEN, "msgtype=PATH"},
	{"-a always,exclude -F msgtype=CONFIG_CHANGE\n", SIGHT_NARROWED, "who changes"},
	{"-a never,exit -F exe=/usr/bin/agent\n", SIGHT_NARROWED, "part of what 3 of"},
	/* all of the one and part of the others is hidden, too */
	{"-a never,exit -F arch=b64 -S capset,prctl -F a0=0x1c\n", SIGHT_HIDDEN, "one of"},
};

START_TEST(test_a_rule_that_hides_is_one_fault_however_many_it_concerns)
{
	struct scene scene;
	char text[1024];

	strcpy(text, hiding[_i].rule);
	strcat(text, OURS);
	scene_open(&scene, text);
	scene_judge(&scene);
	expect_fault(&scene, hiding[_i].kind, hiding[_i].words);
	scene_close(&scene);
}
END_TEST

START_TEST(test_a_rule_that_excludes_what_we_do_not_read_hides_nothing)
{
	struct scene scene;

	scene_open(&scene, "-a always,exclude -F msgtype=CWD\n" OURS);
	scene_judge(&scene);
	ck_assert_uint_eq(scene.sight.count, 0);
	scene_close(&scene);
}
END_TEST

START_TEST(test_a_rule_longer_than_an_alert_is_cut)
{
	struct scene scene;
	char rule[1024] = "-a never,exit -F arch=b64 -S capset -F exe=/", text[SIGHT_TEXT_MAX];
	size_t length = strlen(rule);

	memset(rule + length, 'x', 600);
	strcpy(rule + length + 600, "\n" OURS);
	scene_open(&scene, rule);
	scene_judge(&scene);
	sight_text(&scene.sight.items[0], &scene.status, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "xxx...\" hides part of"));
	scene_close(&scene);
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
	Suite *suite = suite_create("sight");
	TCase *tc = tcase_create("sight");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, test_everything_in_order_is_no_fault);
	tcase_add_loop_test(tc, test_a_status_that_blinds, 0, COUNT(states));
	tcase_add_loop_test(tc, test_a_status_that_does_not, 0, COUNT(harmless));
	tcase_add_test(tc, test_a_missing_twin_is_named_and_a_missing_never_rule_blinds_nobody);
	tcase_add_loop_test(tc, test_a_rule_that_hides_is_one_fault_however_many_it_concerns, 0,
			    COUNT(hiding));
	tcase_add_test(tc, test_a_rule_that_excludes_what_we_do_not_read_hides_nothing);
	tcase_add_test(tc, test_a_rule_longer_than_an_alert_is_cut);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

# SPDX-License-Identifier: Apache-2.0
# cli: `capwatch`, the operator's command, a file a verb.
noinst_LIBRARIES += cli/libcli.a
cli_libcli_a_SOURCES = \
	cli/advice.c cli/advice.h cli/advice_risks.c \
	cli/auditd_conf.c cli/auditd_conf.h \
	cli/check.c \
	cli/checked.c cli/checked.h \
	cli/compare.c cli/compare.h \
	cli/doctor.c cli/doctor.h \
	cli/doctor_auditd.c \
	cli/doctor_delivery.c \
	cli/doctor_facts.c cli/doctor_facts.h \
	cli/doctor_forms.c \
	cli/doctor_kernel.c \
	cli/doctor_plugin.c \
	cli/doctor_report.c \
	cli/doctor_rules.c \
	cli/doctor_shell.c cli/doctor_shell.h \
	cli/explain.c cli/explanation.h \
	cli/explain_advice.c \
	cli/explain_entries.c \
	cli/explain_facts.c \
	cli/explain_find.c \
	cli/explain_records.c \
	cli/explain_words.c \
	cli/prose.c cli/prose.h \
	cli/input.c cli/input.h \
	cli/learn.c cli/learn_status.c cli/learn_status.h \
	cli/observed.c cli/observed.h \
	cli/plan.c cli/plan.h \
	cli/plan_diff.c cli/plan_diff.h \
	cli/plan_merge.c cli/plan_merge.h \
	cli/plan_yaml.c cli/plan_yaml.h \
	cli/replay.c \
	cli/rules.c \
	cli/schemas.h \
	cli/spool.c \
	cli/status.c cli/status_forms.c cli/status_forms.h \
	cli/suggest.c \
	cli/tell.c cli/tell.h \
	cli/test_alert.c \
	cli/trial_baseline.c cli/trial_baseline.h \
	cli/verbs.h \
	cli/words.c cli/words.h \
	cli/yaml_text.c cli/yaml_text.h
nodist_cli_libcli_a_SOURCES = cli/schemas.c

# check --schema prints the schemas that this build checks by
CLI_SCHEMAS = config=$(srcdir)/docs/capwatch.schema.json \
	baseline=$(srcdir)/docs/baseline.schema.json alert=$(srcdir)/docs/alert.schema.json \
	heartbeat=$(srcdir)/docs/heartbeat.schema.json doctor=$(srcdir)/docs/doctor.schema.json
EXTRA_DIST += cli/embed-schemas
CLEANFILES += cli/schemas.c
cli/schemas.c: cli/embed-schemas docs/capwatch.schema.json docs/baseline.schema.json \
		docs/alert.schema.json docs/heartbeat.schema.json docs/doctor.schema.json
	$(AM_V_GEN)$(MKDIR_P) cli && $(srcdir)/cli/embed-schemas $(CLI_SCHEMAS) > $@.new && mv $@.new $@

CLI_LIBS = cli/libcli.a $(ALERTERS_FILES_LIBS) $(JUDGE_LIBS) $(RULES_LIBS)

bin_PROGRAMS += cli/capwatch
cli_capwatch_SOURCES = cli/main.c
cli_capwatch_LDADD = $(CLI_LIBS)

check_PROGRAMS += tests/unit/test_check
TESTS += tests/unit/test_check
tests_unit_test_check_SOURCES = tests/unit/test_check.c tests/unit/conf_files.c tests/unit/conf_files.h
tests_unit_test_check_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_check_LDADD = cli/libcli.a $(CONF_LIBS) $(UNIT_TEST_LIBS)

check_PROGRAMS += tests/unit/test_input
TESTS += tests/unit/test_input
tests_unit_test_input_SOURCES = tests/unit/test_input.c
tests_unit_test_input_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_input_LDADD = cli/libcli.a $(COMMON_LIBS) $(UNIT_TEST_LIBS)

check_PROGRAMS += tests/unit/test_compare
TESTS += tests/unit/test_compare
tests_unit_test_compare_SOURCES = tests/unit/test_compare.c
tests_unit_test_compare_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_compare_LDADD = cli/libcli.a $(COMMON_LIBS) $(UNIT_TEST_LIBS)

check_PROGRAMS += tests/unit/test_doctor
TESTS += tests/unit/test_doctor
tests_unit_test_doctor_SOURCES = tests/unit/test_doctor.c tests/unit/doctor_host.c \
	tests/unit/doctor_host.h tests/unit/conf_files.c tests/unit/conf_files.h
tests_unit_test_doctor_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_doctor_LDADD = $(CLI_LIBS) $(UNIT_TEST_LIBS)

check_PROGRAMS += tests/unit/test_advice
TESTS += tests/unit/test_advice
tests_unit_test_advice_SOURCES = tests/unit/test_advice.c tests/unit/conf_files.c tests/unit/conf_files.h
tests_unit_test_advice_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_advice_LDADD = $(CLI_LIBS) $(UNIT_TEST_LIBS)

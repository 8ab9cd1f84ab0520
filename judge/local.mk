# SPDX-License-Identifier: Apache-2.0
# judge: the heart. Bytes, a clock and a /proc reader in, alerts out.
noinst_LIBRARIES += judge/libjudge.a
judge_libjudge_a_SOURCES = \
	judge/blind.c judge/blind.h \
	judge/coverage.c judge/coverage.h \
	judge/decode.c judge/decode.h \
	judge/event.c judge/event.h \
	judge/explain.c judge/explain.h \
	judge/fields.c judge/fields.h \
	judge/identity.c judge/identity.h \
	judge/image.c judge/image.h \
	judge/intake.c judge/intake.h \
	judge/judge.c judge/judge.h \
	judge/learner.c judge/learner.h \
	judge/learning.c judge/learning.h \
	judge/ledger.c judge/ledger.h \
	judge/lines.c judge/lines.h \
	judge/match.c judge/match.h \
	judge/maybes.c judge/maybes.h \
	judge/membership.c judge/membership.h \
	judge/names.c judge/names.h \
	judge/pool.c judge/pool.h \
	judge/nodes.c judge/nodes.h \
	judge/observe.c judge/observe.h \
	judge/older.c judge/older.h \
	judge/origin.c judge/origin.h \
	judge/proc_reader.h \
	judge/quota.c judge/quota.h \
	judge/readings.c judge/readings.h \
	judge/record.c judge/record.h \
	judge/repeats.c judge/repeats.h \
	judge/report.c judge/report.h \
	judge/retold.c judge/retold.h \
	judge/row.h \
	judge/said.h \
	judge/serials.c judge/serials.h \
	judge/service.c judge/service.h \
	judge/skim.c judge/skim.h \
	judge/spaces.h \
	judge/slots.c judge/slots.h \
	judge/stamp.h \
	judge/sweep.c judge/sweep.h \
	judge/syscalls.c judge/syscalls.h \
	judge/transition.c judge/transition.h \
	judge/userns.c judge/userns.h \
	judge/verdict.c judge/verdict.h \
	judge/world.h

JUDGE_LIBS = judge/libjudge.a $(AUPARSE_LIBS) $(AUDIT_LIBS) $(CONF_LIBS)

JUDGE_TESTS = \
	tests/unit/test_baseline_index tests/unit/test_blind tests/unit/test_coverage tests/unit/test_event tests/unit/test_fields \
	tests/unit/test_fleet tests/unit/test_identity tests/unit/test_intake tests/unit/test_judge tests/unit/test_learning \
	tests/unit/test_ledger tests/unit/test_lines tests/unit/test_match tests/unit/test_names tests/unit/test_nodes tests/unit/test_observe \
	tests/unit/test_pool \
	tests/unit/test_quota tests/unit/test_readings tests/unit/test_repeats tests/unit/test_retold tests/unit/test_service tests/unit/test_spaces tests/unit/test_stamp \
	tests/unit/test_sweep tests/unit/test_syscalls \
	tests/unit/test_transition tests/unit/test_verdict
check_PROGRAMS += $(JUDGE_TESTS)
TESTS += $(JUDGE_TESTS)

JUDGE_TEST_FIXTURE = tests/unit/judge_fixture.c tests/unit/judge_fixture.h
JUDGE_TEST_LIBS = $(JUDGE_LIBS) $(UNIT_TEST_LIBS)
tests_unit_test_baseline_index_SOURCES = tests/unit/test_baseline_index.c $(JUDGE_TEST_FIXTURE)
tests_unit_test_baseline_index_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_baseline_index_LDADD = $(JUDGE_TEST_LIBS)
tests_unit_test_blind_SOURCES = tests/unit/test_blind.c $(JUDGE_TEST_FIXTURE)
tests_unit_test_blind_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_blind_LDADD = $(JUDGE_TEST_LIBS)
tests_unit_test_coverage_SOURCES = tests/unit/test_coverage.c $(JUDGE_TEST_FIXTURE)
tests_unit_test_coverage_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_coverage_LDADD = $(JUDGE_TEST_LIBS)
tests_unit_test_learning_SOURCES = tests/unit/test_learning.c $(JUDGE_TEST_FIXTURE)
tests_unit_test_learning_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_learning_LDADD = $(JUDGE_TEST_LIBS)
tests_unit_test_spaces_SOURCES = tests/unit/test_spaces.c
tests_unit_test_spaces_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_spaces_LDADD = $(UNIT_TEST_LIBS)

tests_unit_test_stamp_SOURCES = tests/unit/test_stamp.c
tests_unit_test_stamp_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_stamp_LDADD = $(JUDGE_TEST_LIBS)
tests_unit_test_lines_SOURCES = tests/unit/test_lines.c
tests_unit_test_lines_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_lines_LDADD = $(JUDGE_TEST_LIBS)
tests_unit_test_event_SOURCES = tests/unit/test_event.c
tests_unit_test_event_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_event_LDADD = $(JUDGE_TEST_LIBS)
tests_unit_test_fields_SOURCES = tests/unit/test_fields.c
tests_unit_test_fields_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_fields_LDADD = $(JUDGE_TEST_LIBS)
tests_unit_test_fleet_SOURCES = tests/unit/test_fleet.c $(JUDGE_TEST_FIXTURE)
tests_unit_test_fleet_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_fleet_LDADD = $(JUDGE_TEST_LIBS)
tests_unit_test_identity_SOURCES = tests/unit/test_identity.c
tests_unit_test_identity_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_identity_LDADD = $(JUDGE_TEST_LIBS)
tests_unit_test_intake_SOURCES = tests/unit/test_intake.c
tests_unit_test_intake_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_intake_LDADD = $(JUDGE_TEST_LIBS)
tests_unit_test_judge_SOURCES = tests/unit/test_judge.c $(JUDGE_TEST_FIXTURE)
tests_unit_test_judge_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_judge_LDADD = $(JUDGE_TEST_LIBS)
tests_unit_test_ledger_SOURCES = tests/unit/test_ledger.c
tests_unit_test_ledger_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_ledger_LDADD = $(JUDGE_TEST_LIBS)
tests_unit_test_match_SOURCES = tests/unit/test_match.c $(JUDGE_TEST_FIXTURE)
tests_unit_test_match_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_match_LDADD = $(JUDGE_TEST_LIBS)
tests_unit_test_pool_SOURCES = tests/unit/test_pool.c
tests_unit_test_pool_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_pool_LDADD = $(JUDGE_TEST_LIBS)

tests_unit_test_names_SOURCES = tests/unit/test_names.c
tests_unit_test_names_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_names_LDADD = $(JUDGE_TEST_LIBS)
tests_unit_test_nodes_SOURCES = tests/unit/test_nodes.c
tests_unit_test_nodes_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_nodes_LDADD = $(JUDGE_TEST_LIBS)
tests_unit_test_observe_SOURCES = tests/unit/test_observe.c $(JUDGE_TEST_FIXTURE)
tests_unit_test_observe_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_observe_LDADD = $(JUDGE_TEST_LIBS)
tests_unit_test_quota_SOURCES = tests/unit/test_quota.c
tests_unit_test_quota_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_quota_LDADD = $(JUDGE_TEST_LIBS)
tests_unit_test_readings_SOURCES = tests/unit/test_readings.c
tests_unit_test_readings_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_readings_LDADD = $(JUDGE_TEST_LIBS)
tests_unit_test_repeats_SOURCES = tests/unit/test_repeats.c
tests_unit_test_repeats_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_repeats_LDADD = $(JUDGE_TEST_LIBS)
tests_unit_test_retold_SOURCES = tests/unit/test_retold.c $(JUDGE_TEST_FIXTURE)
tests_unit_test_retold_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_retold_LDADD = $(JUDGE_TEST_LIBS)
tests_unit_test_service_SOURCES = tests/unit/test_service.c
tests_unit_test_service_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_service_LDADD = $(JUDGE_TEST_LIBS)
tests_unit_test_sweep_SOURCES = tests/unit/test_sweep.c $(JUDGE_TEST_FIXTURE)
tests_unit_test_sweep_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_sweep_LDADD = $(JUDGE_TEST_LIBS)
tests_unit_test_syscalls_SOURCES = tests/unit/test_syscalls.c
tests_unit_test_syscalls_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_syscalls_LDADD = $(JUDGE_TEST_LIBS)
tests_unit_test_transition_SOURCES = tests/unit/test_transition.c $(JUDGE_TEST_FIXTURE)
tests_unit_test_transition_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_transition_LDADD = $(JUDGE_TEST_LIBS)
tests_unit_test_verdict_SOURCES = tests/unit/test_verdict.c $(JUDGE_TEST_FIXTURE)
tests_unit_test_verdict_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_verdict_LDADD = $(JUDGE_TEST_LIBS)

# SPDX-License-Identifier: Apache-2.0
# plugin: what makes it a plugin of auditd: supervisor and sensor.
noinst_LIBRARIES += plugin/libplugin.a
plugin_libplugin_a_SOURCES = \
	plugin/alert_body.c plugin/alert_body.h \
	plugin/audit_log.c plugin/audit_log.h \
	plugin/backoff.c plugin/backoff.h \
	plugin/catchup.c plugin/catchup.h \
	plugin/child.c plugin/child.h \
	plugin/clock.h \
	plugin/configuration.c plugin/configuration.h \
	plugin/door.c plugin/door.h \
	plugin/lessons.c plugin/lessons.h \
	plugin/lookout.c plugin/lookout.h \
	plugin/confine_sensor.c plugin/confine_sensor.h \
	plugin/confine_supervisor.c plugin/confine_supervisor.h \
	plugin/notices.c plugin/notices.h \
	plugin/orders.c plugin/orders.h \
	plugin/outbox.c plugin/outbox.h \
	plugin/pace.c plugin/pace.h \
	plugin/privileges.c plugin/privileges.h \
	plugin/proc_live.c plugin/proc_live.h \
	plugin/progress.c plugin/progress.h \
	plugin/pulse.c plugin/pulse.h \
	plugin/replay.c plugin/replay.h \
	plugin/resume.c plugin/resume.h \
	plugin/root_path.c plugin/root_path.h \
	plugin/rules_state.c plugin/rules_state.h \
	plugin/sensor.c plugin/sensor.h \
	plugin/snapshot.c plugin/snapshot.h \
	plugin/startup.c plugin/startup.h \
	plugin/state_body.c plugin/state_body.h \
	plugin/stumbles.c plugin/stumbles.h \
	plugin/stream.c plugin/stream.h \
	plugin/supervisor.c plugin/supervisor.h

PLUGIN_LIBS = plugin/libplugin.a $(JUDGE_LIBS) $(RULES_LIBS)

sbin_PROGRAMS += plugin/audisp-capwatch
plugin_audisp_capwatch_SOURCES = plugin/main.c
plugin_audisp_capwatch_LDADD = $(PLUGIN_LIBS)

PLUGIN_TESTS = \
	tests/unit/test_pace \
	tests/unit/test_stumbles \
	tests/unit/test_progress \
	tests/unit/test_resume \
	tests/unit/test_catchup \
	tests/unit/test_audit_log \
	tests/unit/test_alert_body \
	tests/unit/test_backoff \
	tests/unit/test_confine \
	tests/unit/test_notices \
	tests/unit/test_outbox \
	tests/unit/test_privileges \
	tests/unit/test_proc_live \
	tests/unit/test_snapshot \
	tests/unit/test_startup \
	tests/unit/test_stream \
	tests/unit/test_supervisor
check_PROGRAMS += $(PLUGIN_TESTS)
TESTS += $(PLUGIN_TESTS)

PLUGIN_TEST_LIBS = $(PLUGIN_LIBS) $(UNIT_TEST_LIBS)
tests_unit_test_alert_body_SOURCES = tests/unit/test_alert_body.c
tests_unit_test_alert_body_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_alert_body_LDADD = $(PLUGIN_TEST_LIBS)
tests_unit_test_backoff_SOURCES = tests/unit/test_backoff.c
tests_unit_test_backoff_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_backoff_LDADD = $(PLUGIN_TEST_LIBS)
tests_unit_test_confine_SOURCES = tests/unit/test_confine.c
tests_unit_test_confine_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_confine_LDADD = $(PLUGIN_TEST_LIBS)
tests_unit_test_outbox_SOURCES = tests/unit/test_outbox.c
tests_unit_test_outbox_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_outbox_LDADD = $(PLUGIN_TEST_LIBS)
tests_unit_test_privileges_SOURCES = tests/unit/test_privileges.c
tests_unit_test_privileges_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_privileges_LDADD = $(PLUGIN_TEST_LIBS)
tests_unit_test_proc_live_SOURCES = tests/unit/test_proc_live.c
tests_unit_test_proc_live_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_proc_live_LDADD = $(PLUGIN_TEST_LIBS)
tests_unit_test_supervisor_SOURCES = tests/unit/test_supervisor.c
tests_unit_test_supervisor_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_supervisor_LDADD = $(PLUGIN_TEST_LIBS)
tests_unit_test_notices_SOURCES = tests/unit/test_notices.c
tests_unit_test_notices_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_notices_LDADD = $(PLUGIN_TEST_LIBS)
tests_unit_test_snapshot_SOURCES = tests/unit/test_snapshot.c
tests_unit_test_snapshot_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_snapshot_LDADD = $(PLUGIN_TEST_LIBS)
tests_unit_test_startup_SOURCES = tests/unit/test_startup.c
tests_unit_test_startup_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_startup_LDADD = $(PLUGIN_TEST_LIBS)
tests_unit_test_audit_log_SOURCES = tests/unit/test_audit_log.c
tests_unit_test_audit_log_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_audit_log_LDADD = $(PLUGIN_TEST_LIBS)
tests_unit_test_catchup_SOURCES = tests/unit/test_catchup.c
tests_unit_test_catchup_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_catchup_LDADD = $(PLUGIN_TEST_LIBS)
tests_unit_test_progress_SOURCES = tests/unit/test_progress.c
tests_unit_test_progress_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_progress_LDADD = $(PLUGIN_TEST_LIBS)
tests_unit_test_resume_SOURCES = tests/unit/test_resume.c
tests_unit_test_resume_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_resume_LDADD = $(PLUGIN_TEST_LIBS)
tests_unit_test_pace_SOURCES = tests/unit/test_pace.c
tests_unit_test_pace_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_pace_LDADD = $(PLUGIN_LIBS) $(UNIT_TEST_LIBS)
tests_unit_test_stumbles_SOURCES = tests/unit/test_stumbles.c
tests_unit_test_stumbles_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_stumbles_LDADD = $(PLUGIN_TEST_LIBS)
tests_unit_test_stream_SOURCES = tests/unit/test_stream.c
tests_unit_test_stream_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_stream_LDADD = $(PLUGIN_TEST_LIBS)

# SPDX-License-Identifier: Apache-2.0
# plugin: what makes it a plugin of auditd: supervisor and sensor.
noinst_LIBRARIES += plugin/libplugin.a
plugin_libplugin_a_SOURCES = \
	plugin/alert_body.c plugin/alert_body.h \
	plugin/backoff.c plugin/backoff.h \
	plugin/child.c plugin/child.h \
	plugin/configuration.c plugin/configuration.h \
	plugin/outbox.c plugin/outbox.h \
	plugin/privileges.c plugin/privileges.h \
	plugin/proc_live.c plugin/proc_live.h \
	plugin/replay.c plugin/replay.h \
	plugin/sensor.c plugin/sensor.h \
	plugin/startup.c plugin/startup.h \
	plugin/supervisor.c plugin/supervisor.h

PLUGIN_LIBS = plugin/libplugin.a $(JUDGE_LIBS) $(RULES_LIBS)

sbin_PROGRAMS += plugin/audisp-capwatch
plugin_audisp_capwatch_SOURCES = plugin/main.c
plugin_audisp_capwatch_LDADD = $(PLUGIN_LIBS)

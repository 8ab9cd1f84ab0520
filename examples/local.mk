# SPDX-License-Identifier: Apache-2.0
# examples: a daemon to be taken over and a receiver of alerts; ./quickstart makes and uses both.
EXTRA_PROGRAMS += examples/standin examples/show-alert
EXTRA_DIST += examples/standin.stream
CLEANFILES += $(EXTRA_PROGRAMS)
examples_standin_SOURCES = examples/standin.c
examples_standin_LDADD = $(LIBCAP_LIBS)
examples_show_alert_SOURCES = examples/show-alert.c
examples_show_alert_LDADD = $(COMMON_LIBS)

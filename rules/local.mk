# SPDX-License-Identifier: Apache-2.0
# rules: the audit rules shipped, and the comparison of what the kernel has loaded with them.
noinst_LIBRARIES += rules/librules.a
rules_librules_a_SOURCES = \
	rules/kernel.c rules/kernel.h \
	rules/profile.c rules/profile.h \
	rules/ruleset.c rules/ruleset.h

RULES_LIBS = rules/librules.a $(AUDIT_LIBS) $(CONF_LIBS)

# `capwatch rules install` copies these into /etc/audit/rules.d; make install does not load anything.
capwatchrulesdir = $(datadir)/capwatch/rules
dist_capwatchrules_DATA = $(wildcard $(srcdir)/rules/*.rules)

# SPDX-License-Identifier: Apache-2.0
# rules: the audit rules shipped, and the comparison of what the kernel has loaded with them.
noinst_LIBRARIES += rules/librules.a
rules_librules_a_SOURCES = \
	rules/compare.c rules/compare.h \
	rules/filecaps.c rules/filecaps.h \
	rules/install.c rules/install.h \
	rules/kernel.c rules/kernel.h \
	rules/loader.c rules/loader.h \
	rules/profile.c rules/profile.h \
	rules/ruleset.c rules/ruleset.h \
	rules/sortorder.c rules/sortorder.h

RULES_LIBS = rules/librules.a $(AUDIT_LIBS) $(CONF_LIBS)

# `capwatch rules install` copies these into /etc/audit/rules.d; make install does not load anything.
capwatchrulesdir = $(datadir)/capwatch/rules
dist_capwatchrules_DATA = \
	rules/profiles/core.rules \
	rules/profiles/exec.rules \
	rules/profiles/file-caps.rules
nodist_capwatchrules_DATA = \
	rules/profiles/never.rules \
	rules/profiles/never-courier.rules
EXTRA_DIST += rules/profiles/never.rules.in rules/profiles/never-courier.rules.in
CLEANFILES += $(nodist_capwatchrules_DATA)

# Numbers and names that differ between machines come from the compiler's own headers.
rules/profiles/never.rules: $(srcdir)/rules/profiles/never.rules.in rules/substitute.sh Makefile
	$(AM_V_GEN)CC='$(CC)' SBINDIR='$(sbindir)' COURIER='$(pkglibexecdir)/capwatch-courier' \
		$(SHELL) $(srcdir)/rules/substitute.sh $(srcdir)/rules/profiles/never.rules.in $@

rules/profiles/never-courier.rules: $(srcdir)/rules/profiles/never-courier.rules.in \
		rules/substitute.sh Makefile
	$(AM_V_GEN)CC='$(CC)' SBINDIR='$(sbindir)' COURIER='$(pkglibexecdir)/capwatch-courier' \
		$(SHELL) $(srcdir)/rules/substitute.sh $(srcdir)/rules/profiles/never-courier.rules.in $@
EXTRA_DIST += rules/substitute.sh

check_PROGRAMS += tests/unit/test_rules
TESTS += tests/unit/test_rules
tests_unit_test_rules_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_rules_LDADD = $(RULES_LIBS) $(UNIT_TEST_LIBS)

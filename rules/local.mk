# SPDX-License-Identifier: Apache-2.0
# rules: the audit rules shipped, and the comparison of what the kernel has loaded with them.
noinst_LIBRARIES += rules/librules.a
rules_librules_a_SOURCES = \
	rules/boot_line.c rules/boot_line.h \
	rules/compare.c rules/compare.h \
	rules/file.c rules/file.h \
	rules/filecaps.c rules/filecaps.h \
	rules/install.c rules/install.h \
	rules/kernel.c rules/kernel.h \
	rules/loader.c rules/loader.h \
	rules/profile.c rules/profile.h \
	rules/reading.c rules/reading.h \
	rules/rule.c rules/rule.h \
	rules/ruleset.c rules/ruleset.h \
	rules/sight.c rules/sight.h

RULES_LIBS = rules/librules.a $(AUDIT_LIBS) $(CONF_LIBS)

# All of them end up in one folder of the build, rules/shipped, which `capwatch rules --rules-dir` can
# be given; `capwatch rules install` copies them to rules.d from where make install put them.
capwatchrulesdir = $(datadir)/capwatch/rules
nodist_capwatchrules_DATA = \
	rules/shipped/never.rules \
	rules/shipped/never-courier.rules \
	rules/shipped/core.rules \
	rules/shipped/exec.rules \
	rules/shipped/file-caps.rules

EXTRA_DIST += rules/substitute.sh \
	rules/profiles/never.rules.in \
	rules/profiles/never-courier.rules.in \
	rules/profiles/core.rules \
	rules/profiles/exec.rules \
	rules/profiles/file-caps.rules \
	tests/live/rules_site/audit.rules \
	tests/live/rules_site/privileged.rules \
	tests/live/rules_site/stig.rules \
	tests/live/rules_site/zz-site.rules
CLEANFILES += $(nodist_capwatchrules_DATA)

# Paths come from configure, numbers and names that differ between machines from the compiler.
rules_substitute = CC='$(CC)' SBINDIR='$(sbindir)' COURIER='$(pkglibexecdir)/capwatch-courier' \
	$(SHELL) $(srcdir)/rules/substitute.sh

rules/shipped/never.rules: $(srcdir)/rules/profiles/never.rules.in $(srcdir)/rules/substitute.sh Makefile
	$(AM_V_GEN)$(rules_substitute) $(srcdir)/rules/profiles/never.rules.in $@
rules/shipped/never-courier.rules: $(srcdir)/rules/profiles/never-courier.rules.in \
		$(srcdir)/rules/substitute.sh Makefile
	$(AM_V_GEN)$(rules_substitute) $(srcdir)/rules/profiles/never-courier.rules.in $@
rules/shipped/core.rules: $(srcdir)/rules/profiles/core.rules $(srcdir)/rules/substitute.sh Makefile
	$(AM_V_GEN)$(rules_substitute) $(srcdir)/rules/profiles/core.rules $@
rules/shipped/exec.rules: $(srcdir)/rules/profiles/exec.rules $(srcdir)/rules/substitute.sh Makefile
	$(AM_V_GEN)$(rules_substitute) $(srcdir)/rules/profiles/exec.rules $@
rules/shipped/file-caps.rules: $(srcdir)/rules/profiles/file-caps.rules \
		$(srcdir)/rules/substitute.sh Makefile
	$(AM_V_GEN)$(rules_substitute) $(srcdir)/rules/profiles/file-caps.rules $@

check_PROGRAMS += tests/unit/test_rules tests/unit/test_sight
TESTS += tests/unit/test_rules tests/unit/test_sight
tests_unit_test_sight_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_sight_LDADD = $(RULES_LIBS) $(UNIT_TEST_LIBS)
tests_unit_test_rules_CPPFLAGS = $(UNIT_TEST_CPPFLAGS)
tests_unit_test_rules_LDADD = $(RULES_LIBS) $(UNIT_TEST_LIBS)

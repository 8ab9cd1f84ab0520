# SPDX-License-Identifier: Apache-2.0
# tests: what make check runs besides the unit tests, which each folder declares beside its module.
# The suites that need root, Python or minutes (replay, hostile, live, install) are ./check's.
TESTS += tests/layering/check-includes
AM_TESTS_ENVIRONMENT = srcdir='$(srcdir)'; export srcdir;

EXTRA_DIST += tests/layering/check-includes tests/docs/check tests/install/check-install \
	tests/live/run tests/replay/run tests/hostile/run \
	$(wildcard $(srcdir)/tests/live/*.[ch] $(srcdir)/tests/live/*.py $(srcdir)/tests/live/*.rules) \
	$(wildcard $(srcdir)/tests/replay/*.py $(srcdir)/tests/replay/*.md \
		$(srcdir)/tests/replay/streams/* $(srcdir)/tests/replay/golden/*) \
	$(wildcard $(srcdir)/tests/hostile/*.py)

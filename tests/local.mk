# SPDX-License-Identifier: Apache-2.0
# tests: what make check runs besides the unit tests, which each folder declares beside its module.
TESTS += tests/layering/check-includes
EXTRA_DIST += tests/layering/check-includes tests/install/check-install
AM_TESTS_ENVIRONMENT = srcdir='$(srcdir)' builddir='$(builddir)' export srcdir builddir;

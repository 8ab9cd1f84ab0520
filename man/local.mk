# SPDX-License-Identifier: Apache-2.0
# man: the manual pages; a page added to the folder is installed.
dist_man1_MANS = $(wildcard $(srcdir)/man/*.1)
dist_man5_MANS = $(wildcard $(srcdir)/man/*.5)
dist_man8_MANS = $(wildcard $(srcdir)/man/*.8)

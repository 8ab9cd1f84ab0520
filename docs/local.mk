# SPDX-License-Identifier: Apache-2.0
# docs: the schemas are installed, since receivers validate with them.
capwatchschemadir = $(datadir)/capwatch
dist_capwatchschema_DATA = $(wildcard $(srcdir)/docs/*.schema.json)
EXTRA_DIST += $(wildcard $(srcdir)/docs/*.md)

# SPDX-License-Identifier: Apache-2.0
# conf/dist: what the administrator finds installed.

# The plugins.d entry carries the path that the plugin is really installed at.
auditpluginsdir = $(sysconfdir)/audit/plugins.d
nodist_auditplugins_DATA = conf/dist/capwatch.conf
EXTRA_DIST += conf/dist/capwatch.conf.in
CLEANFILES += conf/dist/capwatch.conf
conf/dist/capwatch.conf: conf/dist/capwatch.conf.in Makefile
	$(AM_V_GEN)$(MKDIR_P) conf/dist && \
	$(SED) -e 's|@sbindir[@]|$(sbindir)|g' $(srcdir)/conf/dist/capwatch.conf.in > $@.new && \
	mv $@.new $@

baselinedir = $(datadir)/capwatch/baseline.d
dist_baseline_DATA = $(wildcard $(srcdir)/conf/dist/baseline.d/*.yaml)

EXTRA_DIST += conf/dist/capwatch.yaml
sysusers_DATA = conf/dist/sysusers.d/capwatch.conf
tmpfiles_DATA = conf/dist/tmpfiles.d/capwatch.conf
logrotatedir = $(sysconfdir)/logrotate.d
logrotate_DATA = conf/dist/logrotate.d/capwatch
EXTRA_DIST += $(sysusers_DATA) $(tmpfiles_DATA) $(logrotate_DATA)

nodist_systemdsystemunit_DATA = conf/dist/capwatch-rules.service
EXTRA_DIST += conf/dist/capwatch-rules.service.in
CLEANFILES += conf/dist/capwatch-rules.service
conf/dist/capwatch-rules.service: conf/dist/capwatch-rules.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) conf/dist && \
	$(SED) -e 's|@bindir[@]|$(bindir)|g' $(srcdir)/conf/dist/capwatch-rules.service.in > $@.new && \
	mv $@.new $@

# The administrator's own folders and file: made when absent, never overwritten, never removed.
# plugins.d: auditd refuses an entry that others may write, and its neighbours are all 0640.
install-data-local:
	$(MKDIR_P) -m 0750 '$(DESTDIR)$(sysconfdir)/audit'
	$(MKDIR_P) -m 0750 '$(DESTDIR)$(auditpluginsdir)' '$(DESTDIR)$(sysconfdir)/audit/rules.d'
	$(MKDIR_P) '$(DESTDIR)$(pkgsysconfdir)/conf.d' '$(DESTDIR)$(pkgsysconfdir)/baseline.d'
	test -e '$(DESTDIR)$(pkgsysconfdir)/capwatch.yaml' || \
		$(INSTALL_DATA) '$(srcdir)/conf/dist/capwatch.yaml' \
			'$(DESTDIR)$(pkgsysconfdir)/capwatch.yaml'

install-data-hook:
	chmod 0640 '$(DESTDIR)$(auditpluginsdir)/capwatch.conf'

# Left as it was found, except where the administrator changed it: then it is his.
uninstall-local:
	if cmp -s '$(srcdir)/conf/dist/capwatch.yaml' '$(DESTDIR)$(pkgsysconfdir)/capwatch.yaml'; then \
		rm -f '$(DESTDIR)$(pkgsysconfdir)/capwatch.yaml'; \
	fi
	-rmdir '$(DESTDIR)$(pkgsysconfdir)/conf.d' '$(DESTDIR)$(pkgsysconfdir)/baseline.d' \
		'$(DESTDIR)$(pkgsysconfdir)' 2>/dev/null

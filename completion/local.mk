# SPDX-License-Identifier: Apache-2.0
# completion: for bash, which looks for a file with the command's name.
bashcompletiondir = $(datadir)/bash-completion/completions
nodist_bashcompletion_DATA = completion/capwatch
EXTRA_DIST += completion/capwatch.bash
CLEANFILES += completion/capwatch
completion/capwatch: completion/capwatch.bash
	$(AM_V_GEN)$(MKDIR_P) completion && cp $(srcdir)/completion/capwatch.bash $@.new && mv $@.new $@

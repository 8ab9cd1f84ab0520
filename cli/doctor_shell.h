/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor_shell: commands that an administrator pastes into root's shell.
 * Owns: their quoting, and which command does a thing on this distribution. Must not own: running
 * any of them, or when one is called for.
 * Each writes at most DOCTOR_TEXT_MAX bytes into buf and returns it.
 */
#ifndef CAPWATCH_DOCTOR_SHELL_H
#define CAPWATCH_DOCTOR_SHELL_H

#include "cli/doctor.h"

typedef char doctor_text[DOCTOR_TEXT_MAX];

/* A word as the shell must get it; one that needs no quotes stays as it is. */
char *doctor_shell_word(const char *word, doctor_text buf);

/* Sets a key in one of auditd's files, whose lines conf has, and has a running auditd read it. */
struct doctor_key {
	const struct auditd_conf *conf;
	const char *file, *key, *value;
	bool restart; /* auditd is started anew, and not only told to read its files */
};
char *doctor_shell_set_key(const struct doctor_facts *facts, const struct doctor_key *key,
			   doctor_text buf);

/* Takes a loaded rule away, and makes a comment of it in the file of rules.d that has it. */
char *doctor_shell_delete_rule(const struct doctor_facts *facts, const struct audit_rule_data *rule,
			       doctor_text buf);

/* Makes a comment of the line of rules.d that a rule was read from. */
char *doctor_shell_comment_out(const struct rule *rule, doctor_text buf);

/* `auditctl OPTION VALUE`, and the same in the file of rules.d that says otherwise. */
char *doctor_shell_control(const struct doctor_facts *facts, const char *option, unsigned value,
			   doctor_text buf);

/* Has auditd read its files again: " && auditctl --signal HUP"; "" where none runs. */
const char *doctor_shell_reload(const struct doctor_facts *facts);

/* Starts auditd anew, and with it the plugin. */
const char *doctor_shell_restart(const struct doctor_facts *facts);

/* Installs the profiles that are installed, or all, and loads them. */
char *doctor_shell_install_rules(const struct doctor_facts *facts, doctor_text buf);

/* Installs a package, by its name on Debian and on Fedora. */
char *doctor_shell_install_package(const struct doctor_facts *facts, const char *debian,
				   const char *fedora, doctor_text buf);

/* Puts a word on the kernel's command line for the next boot. */
char *doctor_shell_boot_word(const struct doctor_facts *facts, const char *word, doctor_text buf);

#endif

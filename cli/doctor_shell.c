/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/doctor_shell.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "rules/compare.h"

enum { CONTROL_MAX = 64 };

/* Half a command must never be pasted: one that is too long becomes advice. */
__attribute__((format(printf, 2, 0))) static void append(doctor_text buf, const char *format,
							 va_list arguments)
{
	size_t used = strlen(buf);
	int length = vsnprintf(buf + used, DOCTOR_TEXT_MAX - used, format, arguments);

	if (length < 0 || (size_t)length >= DOCTOR_TEXT_MAX - used)
		snprintf(buf, DOCTOR_TEXT_MAX, "# the command is too long to be printed");
}

__attribute__((format(printf, 2, 3))) static void add(doctor_text buf, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	append(buf, format, arguments);
	va_end(arguments);
}

__attribute__((format(printf, 2, 3))) static char *set(doctor_text buf, const char *format, ...)
{
	va_list arguments;

	buf[0] = '\0';
	va_start(arguments, format);
	append(buf, format, arguments);
	va_end(arguments);
	return buf;
}

static bool exists(const struct doctor_facts *facts, const char *path)
{
	char full[PATH_MAX];

	return doctor_host_path(facts->host, path, full) && access(full, F_OK) == 0;
}

static bool is_plain(const char *word)
{
	for (const char *c = word; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("%+,-./:=@_~", *c))
			return false;
	/* a tilde in front is somebody's home */
	return *word && *word != '~';
}

char *doctor_shell_word(const char *word, doctor_text buf)
{
	size_t used = 0;

	if (is_plain(word))
		return set(buf, "%s", word);
	buf[used++] = '\'';
	for (const char *c = word; *c && used < DOCTOR_TEXT_MAX - 6; c++) {
		if (*c != '\'')
			buf[used++] = *c;
		else
			used += (size_t)snprintf(buf + used, 5, "'\\''");
	}
	buf[used++] = '\'';
	buf[used] = '\0';
	return buf;
}

const char *doctor_shell_reload(const struct doctor_facts *facts)
{
	return facts->status.auditd_pid ? " && auditctl --signal HUP" : "";
}

/* Has auditd take it up. */
static void add_take_up(const struct doctor_facts *facts, const struct doctor_key *key,
			doctor_text buf)
{
	if (!key->restart)
		add(buf, "%s", doctor_shell_reload(facts));
	else if (facts->status.auditd_pid)
		add(buf, " && %s", doctor_shell_restart(facts));
}

char *doctor_shell_set_key(const struct doctor_facts *facts, const struct doctor_key *key,
			   doctor_text buf)
{
	char path[PATH_MAX];
	doctor_text file;

	doctor_host_path(facts->host, key->file, path);
	doctor_shell_word(path, file);
	if (auditd_conf_names(key->conf, key->key))
		set(buf, "sed -i 's|^ *%s *=.*|%s = %s|I' %s", key->key, key->key, key->value,
		    file);
	else
		set(buf, "echo '%s = %s' >>%s", key->key, key->value, file);
	add_take_up(facts, key, buf);
	return buf;
}

/* Where the next option of a rule's text begins, " -F " and the like; its end otherwise. */
static const char *next_option(const char *text)
{
	for (const char *c = text; *c; c++)
		if (c[0] == ' ' && c[1] == '-' && strchr("SFC", c[2]) && c[2] && c[3] == ' ')
			return c;
	return text + strlen(text);
}

/* The text of a rule, which begins with "-a ", as `auditctl -d`, with each value quoted. */
static void delete_command(const struct audit_rule_data *rule, doctor_text buf)
{
	char text[RULE_LINE_MAX], value[RULE_LINE_MAX];
	const char *at = rule_to_text(rule, text, sizeof(text)) + strlen("-a "), *end;
	doctor_text word;

	set(buf, "auditctl -d ");
	for (;; at = end + strlen(" -F ")) {
		end = next_option(at);
		snprintf(value, sizeof(value), "%.*s", (int)(end - at), at);
		add(buf, "%s", doctor_shell_word(value, word));
		if (!*end)
			return;
		add(buf, "%.4s", end);
	}
}

char *doctor_shell_comment_out(const struct rule *rule, doctor_text buf)
{
	doctor_text file;

	set(buf, "sed -i '%us/^/#/' %s", rule->line, doctor_shell_word(rule->file, file));
	return buf;
}

static const struct rule *find_source(const struct doctor_facts *facts,
				      const struct audit_rule_data *rule)
{
	for (size_t i = 0; i < facts->site.count; i++)
		if (rule_same(&facts->site.items[i], rule))
			return &facts->site.items[i];
	return NULL;
}

char *doctor_shell_delete_rule(const struct doctor_facts *facts, const struct audit_rule_data *rule,
			       doctor_text buf)
{
	const struct rule *source = find_source(facts, rule);
	doctor_text command, comment;

	delete_command(rule, command);
	set(buf, "%s%s%s", source ? doctor_shell_comment_out(source, comment) : "",
	    source ? " && " : "", command);
	return buf;
}

/* The line of rules.d that sets this option otherwise, or NULL. */
static const struct doctor_control *find_control(const struct doctor_facts *facts,
						 const char *option, const char *wanted)
{
	for (size_t i = facts->control_count; i-- > 0;) {
		const struct doctor_control *control = &facts->controls[i];

		if (strncmp(control->text, option, strlen(option)) == 0 &&
		    control->text[strlen(option)] == ' ')
			return strcmp(control->text, wanted) == 0 ? NULL : control;
	}
	return NULL;
}

char *doctor_shell_control(const struct doctor_facts *facts, const char *option, unsigned value,
			   doctor_text buf)
{
	char wanted[CONTROL_MAX];
	const struct doctor_control *control;
	doctor_text file;

	snprintf(wanted, sizeof(wanted), "%s %u", option, value);
	control = find_control(facts, option, wanted);
	set(buf, "%s", "");
	if (control)
		add(buf, "sed -i '%us/.*/%s/' %s && ", control->line, wanted,
		    doctor_shell_word(control->file, file));
	if (facts->status.enabled == KERNEL_AUDIT_IMMUTABLE)
		add(buf, "systemctl reboot");
	else
		add(buf, "auditctl %s", wanted);
	return buf;
}

const char *doctor_shell_restart(const struct doctor_facts *facts)
{
	/* Fedora's unit refuses systemctl, and has this in its stead */
	if (exists(facts, "/usr/libexec/initscripts/legacy-actions/auditd"))
		return "service auditd restart";
	return "systemctl restart auditd";
}

static void profile_option(unsigned profiles, char *buf, size_t size)
{
	snprintf(buf, size, " --profile ");
	for (unsigned bit = PROFILE_CORE; bit <= PROFILE_FILE_CAPS; bit <<= 1)
		if (profiles & bit)
			snprintf(buf + strlen(buf), size - strlen(buf), "%s,", profile_word(bit));
	buf[strlen(buf) - 1] = '\0';
}

char *doctor_shell_install_rules(const struct doctor_facts *facts, doctor_text buf)
{
	const struct doctor_host *host = facts->host;
	char profiles[CONTROL_MAX] = "";
	doctor_text word;

	if (facts->profiles & ~(unsigned)PROFILE_NEVER && facts->profiles != PROFILE_ALL)
		profile_option(facts->profiles, profiles, sizeof(profiles));
	set(buf, "capwatch rules install%s", profiles);
	if (strcmp(host->rules_dir, RULES_SHIPPED_FOLDER) != 0)
		add(buf, " --rules-dir %s", doctor_shell_word(host->rules_dir, word));
	if (*host->root)
		add(buf, " --root %s", doctor_shell_word(host->root, word));
	return buf;
}

char *doctor_shell_install_package(const struct doctor_facts *facts, const char *debian,
				   const char *fedora, doctor_text buf)
{
	if (exists(facts, "/usr/bin/dnf"))
		set(buf, "dnf install -y %s", fedora);
	else
		set(buf, "apt-get install -y %s", debian);
	return buf;
}

char *doctor_shell_boot_word(const struct doctor_facts *facts, const char *word, doctor_text buf)
{
	if (exists(facts, "/usr/sbin/grubby") || exists(facts, "/usr/bin/grubby"))
		set(buf, "grubby --update-kernel=ALL --args=%s", word);
	else if (exists(facts, "/etc/default/grub"))
		set(buf, "sed -i 's/^GRUB_CMDLINE_LINUX=\"/&%s /' /etc/default/grub && update-grub",
		    word);
	else
		set(buf, "# put %s on the kernel's command line, where the boot loader has it",
		    word);
	return buf;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/baseline.h"
#include "tests/unit/conf_files.h"

enum { NET_RAW = 13, NET_BIND_SERVICE = 10, SYS_TIME = 25, SYS_ADMIN = 21 };

static struct baseline *load_paths(const char *first, const char *second)
{
	char *paths[] = {(char *)first, (char *)second, NULL};
	struct error err = {""};
	struct baseline *baseline = baseline_load(paths, false, &err);

	ck_assert_msg(baseline != NULL, "%s", err.text);
	return baseline;
}

static struct baseline *load(const char *text)
{
	return load_paths(conf_files_write("one/a.yaml", text), NULL);
}

/* One text in the folder "one", another in the folder "two" read after it. */
static struct baseline *load_layers(const char *one, const char *two)
{
	conf_files_write("one/a.yaml", one);
	conf_files_write("two/a.yaml", two);
	return load_paths(conf_files_path("one"), conf_files_path("two"));
}

static void assert_error(char *const *paths, const char *place, const char *said)
{
	struct error err = {""};

	ck_assert_msg(baseline_load(paths, false, &err) == NULL, "taken, not: %s", said);
	ck_assert_msg(strstr(err.text, place) != NULL, "not at %s: %s", place, err.text);
	ck_assert_msg(strstr(err.text, said) != NULL, "not '%s' in: %s", said, err.text);
	ck_assert_ptr_null(strchr(err.text, '\n'));
}

static void assert_refused(const char *text, const char *place, const char *said)
{
	char *paths[] = {(char *)conf_files_write("one/a.yaml", text), NULL};
	char where[64];

	snprintf(where, sizeof(where), "/one/a.yaml:%s: ", place);
	assert_error(paths, where, said);
}

static void assert_layers_refused(const char *one, const char *two, const char *place,
				  const char *said)
{
	char *paths[] = {(char *)conf_files_path("one"), (char *)conf_files_path("two"), NULL};
	char where[64];

	conf_files_write("one/a.yaml", one);
	conf_files_write("two/a.yaml", two);
	snprintf(where, sizeof(where), "/two/a.yaml:%s: ", place);
	assert_error(paths, where, said);
}

START_TEST(test_entry_of_the_design)
{
	struct baseline *baseline = load(
		"services:\n"
		"  - name: chronyd\n"
		"    match: {exe: /usr/sbin/chronyd, unit: [chrony.service, chronyd.service]}\n"
		"    start:   {effective: [cap_net_bind_service, cap_sys_time], permitted: same}\n"
		"    running: {}\n"
		"    ceiling: [cap_net_bind_service, cap_sys_time]\n");
	const struct baseline_entry *entry = &baseline->entries[0];

	ck_assert_uint_eq(baseline->entry_count, 1);
	ck_assert_str_eq(entry->name, "chronyd");
	ck_assert_uint_eq(entry->line, 2);
	ck_assert_uint_eq(entry->column, 11);
	ck_assert_uint_eq(entry->match.exe.count, 1);
	ck_assert_str_eq(entry->match.unit.items[1], "chronyd.service");
	ck_assert_uint_eq(entry->match.key_count, 2);
	ck_assert(entry->start.given);
	ck_assert_uint_eq(entry->start.effective,
			  CAPMASK_BIT(NET_BIND_SERVICE) | CAPMASK_BIT(SYS_TIME));
	ck_assert_uint_eq(entry->start.permitted, entry->start.effective);
	ck_assert_uint_eq(entry->start.mechanisms, 1u << MECHANISM_CAPSET);
	ck_assert(entry->running.given);
	ck_assert_uint_eq(entry->running.effective, 0);
	ck_assert_int_eq(entry->ceiling_kind, CEILING_LIST);
	ck_assert_uint_eq(entry->ceiling, entry->start.effective);
	ck_assert_int_eq(entry->mode, MODE_ALERT);
	ck_assert_uint_eq(strlen(baseline->digest), 64);
	baseline_free(baseline);
}
END_TEST

START_TEST(test_every_key_is_read)
{
	struct baseline *baseline = load(
		"services:\n"
		"  - name: every\n"
		"    match: {exe: /usr/sbin/x, container: {image: 'registry/x*', name: [a, b], "
		"runtime: docker},\n"
		"            parent_exe: /usr/sbin/y, uid: [0, 33], session: true}\n"
		"    running: {effective: [cap_net_raw, 25], inheritable: all, ambient: "
		"[cap_sys_time],\n"
		"              mechanisms: [capset, exec], securebits: [keep-caps, noroot], exec: "
		"[/usr/lib/x/*],\n"
		"              setuid: true, userns: true, denied: [cap_sys_admin]}\n"
		"    mode: observe\n"
		"    ceiling: declared\n"
		"launchers:\n"
		"  - name: systemd\n"
		"    match: {exe: [/usr/lib/systemd/systemd], parent_exe: /x, parent_pid: 1}\n"
		"    exe_state: any\n");
	const struct baseline_entry *entry = &baseline->entries[0];
	const struct launcher_entry *launcher = &baseline->launchers[0];

	ck_assert(entry->match.names_container);
	ck_assert_str_eq(entry->match.container_image.items[0], "registry/x*");
	ck_assert_uint_eq(entry->match.container_name.count, 2);
	ck_assert_uint_eq(entry->match.key_count, 8);
	ck_assert_uint_eq(entry->match.uid_count, 2);
	ck_assert_uint_eq(entry->match.uids[1], 33);
	ck_assert(entry->match.has_session && entry->match.session);
	ck_assert(!entry->start.given);
	ck_assert_uint_eq(entry->running.effective, CAPMASK_BIT(NET_RAW) | CAPMASK_BIT(SYS_TIME));
	ck_assert_uint_eq(entry->running.inheritable, UINT64_MAX);
	ck_assert_uint_eq(entry->running.mechanisms, 1u << MECHANISM_CAPSET | 1u << MECHANISM_EXEC);
	ck_assert_uint_eq(entry->running.securebits, 1 << 4 | 1 << 0);
	ck_assert_str_eq(entry->running.exec.items[0], "/usr/lib/x/*");
	ck_assert(entry->running.setuid && entry->running.userns && !entry->running.denied_any);
	ck_assert_uint_eq(entry->running.denied, CAPMASK_BIT(SYS_ADMIN));
	ck_assert_int_eq(entry->mode, MODE_OBSERVE);
	ck_assert_int_eq(entry->ceiling_kind, CEILING_DECLARED);
	ck_assert_uint_eq(baseline->launcher_count, 1);
	ck_assert_int_eq(launcher->match.parent_pid, 1);
	ck_assert(launcher->match.has_parent_pid && launcher->any_exe_file);
	baseline_free(baseline);
}
END_TEST

START_TEST(test_defaults_of_an_entry)
{
	struct baseline *baseline = load(
		"services:\n"
		"  - {name: a, match: {container: {}}, start: {ambient: [cap_net_raw]}}\n"
		"  - {name: b, match: {container: true}, running: {denied: all}, ceiling: all}\n"
		"launchers:\n"
		"  - {name: c, match: {parent_exe: /x}}\n");

	ck_assert(baseline->entries[0].match.names_container);
	ck_assert_uint_eq(baseline->entries[0].start.mechanisms,
			  1u << MECHANISM_CAPSET | 1u << MECHANISM_AMBIENT);
	ck_assert_int_eq(baseline->entries[0].ceiling_kind, CEILING_NONE);
	ck_assert(baseline->entries[1].match.names_container);
	ck_assert(baseline->entries[1].running.denied_any);
	ck_assert_int_eq(baseline->entries[1].ceiling_kind, CEILING_NONE);
	ck_assert(!baseline->launchers[0].any_exe_file);
	ck_assert_uint_eq(baseline->launchers[0].grants.effective, 0);
	ck_assert_uint_eq(baseline->launchers[0].grants.ambient, UINT64_MAX);
	ck_assert(baseline->launchers[0].grants.userns);
	baseline_free(baseline);
}
END_TEST

START_TEST(test_folder_is_read_in_order_of_name)
{
	struct baseline *baseline, *other;

	conf_files_write("one/20-b.yaml", "services: [{name: b, match: {exe: /b}}]\n");
	conf_files_write("one/10-a.yaml", "services: [{name: a, match: {exe: /a}}]\n");
	conf_files_write("one/notes.txt", "not: [yaml\n");
	baseline = load_paths(conf_files_path("one"), NULL);
	ck_assert_uint_eq(baseline->entry_count, 2);
	ck_assert_str_eq(baseline->entries[0].name, "a");
	ck_assert_ptr_nonnull(strstr(baseline->entries[1].file, "/one/20-b.yaml"));
	conf_files_write("one/20-b.yaml", "services: [{name: b, match: {exe: /c}}]\n");
	other = load_paths(conf_files_path("one"), NULL);
	ck_assert_str_ne(baseline->digest, other->digest);
	baseline_free(other);
	baseline_free(baseline);
}
END_TEST

START_TEST(test_missing_folder_is_an_error_unless_optional)
{
	char *paths[] = {(char *)conf_files_path("missing"), NULL};
	struct error err = {""};
	struct baseline *baseline;

	assert_error(paths, "/missing: ", "No such file or directory");
	baseline = baseline_load(paths, true, &err);
	ck_assert_ptr_nonnull(baseline);
	ck_assert_uint_eq(baseline->entry_count, 0);
	baseline_free(baseline);
}
END_TEST

START_TEST(test_name_given_twice_in_a_folder_names_both_places)
{
	char *paths[] = {(char *)conf_files_path("one"), NULL};

	conf_files_write("one/10-a.yaml", "services:\n  - {name: a, match: {exe: /a}}\n");
	conf_files_write("one/20-b.yaml", "services:\n\n  - {name: a, match: {exe: /b}}\n");
	assert_error(paths, "/one/20-b.yaml:3:12: ", "service 'a' is given twice, first at ");
	assert_error(paths, "/one/10-a.yaml:2:12; ", "");
	conf_files_write("one/20-b.yaml", "services:\n  - {name: a, extends: a}\n");
	assert_error(paths, "/one/20-b.yaml:2:12: ", "given twice");
	conf_files_write("one/20-b.yaml", "launchers:\n  - {name: a, match: {exe: /b}}\n");
	baseline_free(load_paths(paths[0], NULL));
}
END_TEST

static const char chronyd[] =
	"services:\n"
	"  - name: chronyd\n"
	"    match: {exe: /usr/sbin/chronyd, unit: chrony.service}\n"
	"    start: {effective: [cap_sys_time], permitted: same, exec: [/a]}\n"
	"    ceiling: [cap_sys_time]\n"
	"launchers:\n"
	"  - {name: systemd, match: {exe: /systemd, parent_pid: 1}}\n";

START_TEST(test_later_folder_must_say_how_its_entry_relates)
{
	assert_layers_refused(chronyd, "services: [{name: chronyd, match: {exe: /x}}]\n", "1:19",
			      "exists already");
	assert_layers_refused(
		chronyd, "services: [{name: chronyd, match: {exe: /x}}]\n", "1:19",
		"/one/a.yaml:2:11; say extends: chronyd, replace: true or disabled: true");
	assert_layers_refused(chronyd, "launchers: [{name: systemd, match: {exe: /x}}]\n", "1:20",
			      "launcher 'systemd' exists already");
}
END_TEST

START_TEST(test_extending_adds_lists_and_replaces_match_ceiling_and_mode)
{
	struct baseline *baseline = load_layers(
		chronyd, "services:\n"
			 "  - name: chronyd\n"
			 "    extends: chronyd\n"
			 "    match: {exe: /opt/chronyd, uid: 0}\n"
			 "    start: {effective: [cap_net_bind_service], exec: /b}\n"
			 "    running: {ambient: [cap_net_raw]}\n"
			 "    ceiling: declared\n"
			 "    mode: observe\n");
	const struct baseline_entry *entry = &baseline->entries[0];

	ck_assert_uint_eq(baseline->entry_count, 1);
	ck_assert_ptr_nonnull(strstr(entry->file, "/two/a.yaml"));
	ck_assert_str_eq(entry->match.exe.items[0], "/opt/chronyd");
	ck_assert_uint_eq(entry->match.exe.count, 1);
	ck_assert_str_eq(entry->match.unit.items[0], "chrony.service");
	ck_assert_uint_eq(entry->match.key_count, 3);
	ck_assert_uint_eq(entry->start.effective,
			  CAPMASK_BIT(SYS_TIME) | CAPMASK_BIT(NET_BIND_SERVICE));
	ck_assert_uint_eq(entry->start.permitted, entry->start.effective);
	ck_assert_uint_eq(entry->start.exec.count, 2);
	ck_assert_str_eq(entry->start.exec.items[1], "/b");
	ck_assert_uint_eq(entry->running.mechanisms,
			  1u << MECHANISM_CAPSET | 1u << MECHANISM_AMBIENT);
	ck_assert_int_eq(entry->ceiling_kind, CEILING_DECLARED);
	ck_assert_int_eq(entry->mode, MODE_OBSERVE);
	baseline_free(baseline);
}
END_TEST

START_TEST(test_extending_under_another_name_leaves_the_first)
{
	struct baseline *baseline = load_layers(chronyd, "services:\n"
							 "  - name: chronyd-nts\n"
							 "    extends: chronyd\n"
							 "    match: {unit: nts.service}\n");

	ck_assert_uint_eq(baseline->entry_count, 2);
	ck_assert_str_eq(baseline->entries[0].name, "chronyd");
	ck_assert_str_eq(baseline->entries[0].match.unit.items[0], "chrony.service");
	ck_assert_str_eq(baseline->entries[1].name, "chronyd-nts");
	ck_assert_str_eq(baseline->entries[1].match.unit.items[0], "nts.service");
	ck_assert_uint_eq(baseline->entries[1].start.effective, CAPMASK_BIT(SYS_TIME));
	baseline_free(baseline);
}
END_TEST

START_TEST(test_replacing_and_disabling)
{
	struct baseline *baseline = load_layers(
		chronyd, "services: [{name: chronyd, replace: true, match: {exe: /x}}]\n"
			 "launchers: [{name: systemd, disabled: true}]\n");

	ck_assert_uint_eq(baseline->entry_count, 1);
	ck_assert_str_eq(baseline->entries[0].match.exe.items[0], "/x");
	ck_assert_uint_eq(baseline->entries[0].match.unit.count, 0);
	ck_assert(!baseline->entries[0].start.given);
	ck_assert_uint_eq(baseline->launcher_count, 0);
	baseline_free(baseline);
}
END_TEST

START_TEST(test_extending_a_launcher)
{
	struct baseline *baseline = load_layers(chronyd,
						"launchers: [{name: systemd, extends: systemd, "
						"match: {exe: /y}, exe_state: any, "
						"grants: {effective: [cap_setpcap]}}]\n");

	ck_assert_uint_eq(baseline->launcher_count, 1);
	ck_assert_str_eq(baseline->launchers[0].match.exe.items[0], "/y");
	ck_assert_int_eq(baseline->launchers[0].match.parent_pid, 1);
	ck_assert(baseline->launchers[0].any_exe_file);
	ck_assert_uint_eq(baseline->launchers[0].grants.effective, CAPMASK_BIT(8));
	ck_assert_uint_eq(baseline->launchers[0].grants.ambient, 0);
	baseline_free(baseline);
}
END_TEST

START_TEST(test_relation_to_nothing_is_an_error)
{
	assert_layers_refused(chronyd, "services: [{name: a, extends: chronyc}]\n", "1:31",
			      "extends: there is no service 'chronyc'");
	assert_layers_refused(chronyd, "services: [{name: chronyc, disabled: true}]\n", "1:38",
			      "disabled: there is no service 'chronyc'");
	assert_layers_refused(chronyd,
			      "services: [{name: chronyc, replace: true, match: {exe: /x}}]\n",
			      "1:37", "replace: there is no service 'chronyc'");
	assert_layers_refused(chronyd, "launchers: [{name: chronyd, disabled: true}]\n", "1:39",
			      "there is no launcher 'chronyd'");
}
END_TEST

START_TEST(test_three_folders_build_on_each_other)
{
	char *paths[] = {(char *)conf_files_path("one"), (char *)conf_files_path("two"),
			 (char *)conf_files_path("three"), NULL};
	struct error err = {""};
	struct baseline *baseline;

	conf_files_write("one/a.yaml", chronyd);
	conf_files_write("two/a.yaml", "services: [{name: chronyd, disabled: true}]\n");
	conf_files_write("three/a.yaml", "services: [{name: chronyd, match: {exe: /x}}]\n");
	baseline = baseline_load(paths, false, &err);
	ck_assert_msg(baseline != NULL, "%s", err.text);
	ck_assert_uint_eq(baseline->entry_count, 1);
	baseline_free(baseline);
	conf_files_write("three/a.yaml", "services: [{name: chronyd, extends: chronyd}]\n");
	assert_error(paths, "/three/a.yaml:1:37: ", "there is no service");
}
END_TEST

START_TEST(test_what_is_wrong_is_refused_with_its_place_and_remedy)
{
	static const struct {
		const char *entry, *place, *said; /* the entry stands behind "services: [" */
	} cases[] = {
		{"{match: {exe: /x}}", "1:12", "without the key 'name'"},
		{"{name: a}", "1:12", "entry 'a' has no key 'match'"},
		{"{name: a, match: {}}", "1:19",
		 "must match by at least one of exe, unit and container"},
		{"{name: a, match: {uid: 0}}", "1:19",
		 "must match by at least one of exe, unit and container"},
		{"{name: a, match: {exe: x}}", "1:35", "no absolute path"},
		{"{name: a, match: {exe: []}}", "1:35", "empty list"},
		{"{name: a, match: {exe: [[/x]]}}", "1:36", "a list where a string belongs"},
		{"{name: a, match: {exee: /x}}", "1:30",
		 "unknown key 'exee' in match:, did you mean exe?"},
		{"{name: a, match: {parent_pid: 1}}", "1:30", "unknown key 'parent_pid' in match:"},
		{"{name: a, match: {exe: /x, uid: root}}", "1:44", "'root' is no whole number"},
		{"{name: a, match: {exe: /x, uid: -1}}", "1:44", "no whole number"},
		{"{name: a, match: {exe: /x, uid: 4294967295}}", "1:44", "out of range"},
		{"{name: a, match: {exe: /x, uid: 99999999999999999999}}", "1:44", "out of range"},
		{"{name: a, match: {exe: /x, session: maybe}}", "1:48", "true or false"},
		{"{name: a, match: {container: docker}}", "1:41", "wants a mapping"},
		{"{name: a, match: {container: {imgae: x}}}", "1:42", "did you mean image?"},
		{"{name: a b, match: {exe: /x}}", "1:19", "a name holds letters"},
		{"{name: a, macth: {exe: /x}}", "1:22",
		 "unknown key 'macth' in a service, did you mean match?"},
		{"{name: a, match: {exe: /x}, runing: {}}", "1:40", "did you mean running?"},
		{"{name: a, match: {exe: /x}, running: []}", "1:49",
		 "a list where start:, running: or grants: belongs"},
		{"{name: a, match: {exe: /x}, running: {effective: [cap_net_raww]}}", "1:62",
		 "unknown capability 'cap_net_raww', did you mean cap_net_raw?"},
		{"{name: a, match: {exe: /x}, running: {effective: [NET_RAW]}}", "1:62",
		 "did you mean cap_net_raw?"},
		{"{name: a, match: {exe: /x}, running: {effective: [cap_nothing_like_it]}}", "1:62",
		 "use a name of capabilities(7)"},
		{"{name: a, match: {exe: /x}, running: {effective: [64]}}", "1:62",
		 "unknown capability '64'"},
		{"{name: a, match: {exe: /x}, running: {effective: [all]}}", "1:62",
		 "unknown capability 'all'"},
		{"{name: a, match: {exe: /x}, running: {effective: sme}}", "1:61",
		 "did you mean same?"},
		{"{name: a, match: {exe: /x}, running: {effective: {a: b}}}", "1:61",
		 "a mapping where a list"},
		{"{name: a, match: {exe: /x}, running: {effective: same, permitted: same}}", "1:49",
		 "list one"},
		{"{name: a, match: {exe: /x}, running: {permitted: same}}", "1:49",
		 "effective is not given"},
		{"{name: a, match: {exe: /x}, running: {effective: same}}", "1:49",
		 "permitted is not given"},
		{"{name: a, match: {exe: /x}, running: {ambient: same}}", "1:59",
		 "for effective or permitted only"},
		{"{name: a, match: {exe: /x}, running: {mechanisms: [capste]}}", "1:63",
		 "did you mean capset?"},
		{"{name: a, match: {exe: /x}, running: {mechanisms: [sweep]}}", "1:62",
		 "can be granted here"},
		{"{name: a, match: {exe: /x}, running: {securebits: [keepcaps]}}", "1:63",
		 "did you mean keep-caps?"},
		{"{name: a, match: {exe: /x}, running: {setuid: 1}}", "1:58", "true or false"},
		{"{name: a, match: {exe: /x}, ceiling: declard}", "1:49", "did you mean declared?"},
		{"{name: a, match: {exe: /x}, ceiling: {}}", "1:49", "a mapping where a list"},
		{"{name: a, match: {exe: /x}, mode: observ}", "1:46", "did you mean observe?"},
		{"{name: a, match: {exe: /x}, exe_state: any}", "1:40",
		 "unknown key 'exe_state' in a service"},
		{"{name: a, extends: b, replace: true}", "1:43",
		 "one of extends, replace and disabled"},
		{"{name: a, disabled: true, match: {exe: /x}}", "1:12", "stands with name: alone"},
		{"{name: a, replace: true}", "1:12", "has no key 'match'"},
		{"a", "1:12", "a single value where a service belongs"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[512];

		snprintf(text, sizeof(text), "services: [%s]\n", cases[i].entry);
		assert_refused(text, cases[i].place, cases[i].said);
	}
	assert_refused("service: []\n", "1:1",
		       "unknown key 'service' in a baseline file, did you mean services?");
	assert_refused("services: {name: a}\n", "1:11", "a list of entries belongs here");
	assert_refused("launchers: [{name: a, match: {parent_pid: 1}}]\n", "1:20",
		       "launcher 'a' must match by at least one of exe and parent_exe");
	assert_refused("launchers: [{name: a, match: {unit: x.service}}]\n", "1:31",
		       "in a launcher's match:");
	assert_refused("launchers: [{name: a, match: {exe: /x}, start: {}}]\n", "1:41",
		       "unknown key 'start'");
	assert_refused("launchers: [{name: a, match: {exe: /x}, exe_state: hots}]\n", "1:52",
		       "did you mean host?");
}
END_TEST

static void assert_tie(const char *first, const char *second, bool tie)
{
	char text[1024];
	struct baseline *baseline;
	struct error err = {""};

	snprintf(text, sizeof(text),
		 "services:\n- {name: a, match: {%s}}\n- {name: b, match: {%s}}\n", first, second);
	baseline = load(text);
	ck_assert_msg(baseline_check_ties(baseline, &err) == (tie ? -1 : 0), "%s | %s: %s", first,
		      second, err.text);
	if (tie) {
		ck_assert_ptr_nonnull(strstr(err.text, "/one/a.yaml:3:10: service 'b' can match"));
		ck_assert_ptr_nonnull(strstr(err.text, "as 'a' at "));
		ck_assert_ptr_nonnull(strstr(err.text, "/one/a.yaml:2:10,"));
	}
	baseline_free(baseline);
}

START_TEST(test_ties_are_entries_that_match_one_process_equally_well)
{
	assert_tie("exe: /usr/bin/x", "exe: /usr/bin/x", true);
	assert_tie("exe: /usr/bin/x", "exe: [/a, /usr/bin/*]", true);
	assert_tie("exe: /usr/bin/x*", "exe: /usr/bin/*y", true);
	assert_tie("exe: '/usr/bin/[xy]'", "exe: '/usr/bin/?'", true);
	assert_tie("unit: a@*.service", "unit: a@1.service", true);
	assert_tie("unit: a@.service", "unit: a@1.service", true);
	assert_tie("unit: a@.service", "unit: a@x*.service", true);
	assert_tie("exe: /x, unit: a.service", "exe: /x, unit: a.service", true);
	assert_tie("exe: /x, uid: 0", "exe: /x, session: true", true);
	assert_tie("container: {}", "container: true", true);
	assert_tie("container: {image: 'r/x*'}", "container: {image: 'r/*'}", true);
}
END_TEST

/* Neither by the order of their globs nor by that of more ties. */
START_TEST(test_tie_is_told_whose_later_entry_is_read_first)
{
	struct baseline *baseline = load("services:\n"
					 "- {name: wide, match: {exe: /usr/bin/*}}\n"
					 "- {name: b, match: {exe: '/opt/b?'}}\n"
					 "- {name: a, match: {exe: '/opt/a?'}}\n"
					 "- {name: both, match: {exe: '/opt/*?'}}\n"
					 "- {name: narrow, match: {exe: /usr/bin/x}}\n"
					 "- {name: last, match: {exe: /opt/a1}}\n");
	struct error err = {""};

	ck_assert_int_eq(baseline_check_ties(baseline, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "service 'both' can match"));
	ck_assert_ptr_nonnull(strstr(err.text, "as 'b' at "));
	baseline_free(baseline);
}
END_TEST

START_TEST(test_no_tie_where_rules_are_apart)
{
	assert_tie("exe: /usr/bin/x", "exe: /usr/bin/y", false);
	assert_tie("exe: [/a, /b]", "exe: [/c, /d]", false);
	assert_tie("exe: /usr/bin/*", "exe: /usr/bin/sub/x", false);
	assert_tie("exe: /usr/*/x", "exe: /usr/bin/sub/*", false);
	assert_tie("exe: /usr/bin/x*", "exe: /usr/sbin/*y", false);
	assert_tie("exe: '/usr/bin/?'", "exe: /usr/bin/xy*z", false);
	assert_tie("exe: /x, uid: 0", "exe: /x, uid: [1, 2]", false);
	assert_tie("exe: /x, session: true", "exe: /x, session: false", false);
	assert_tie("container: {image: a}", "container: {image: b}", false);
	assert_tie("exe: /x, unit: a.service", "exe: /x, unit: b.service", false);
	assert_tie("unit: a@.service", "unit: a.service", false);
	assert_tie("unit: a@.service", "unit: b@1.service", false);
}
END_TEST

START_TEST(test_no_tie_where_one_is_more_specific)
{
	assert_tie("exe: /x", "unit: x.service", false);
	assert_tie("exe: /x", "exe: /x, unit: x.service", false);
	assert_tie("exe: /x", "exe: /x, uid: 0", false);
	assert_tie("exe: /x", "exe: /x, container: {}", false);
	assert_tie("container: {}", "container: {image: x}", false);
	assert_tie("container: {image: x}", "container: {image: x, name: y}", false);
}
END_TEST

START_TEST(test_comparing_globs_made_to_be_slow_ends_soon)
{
	assert_tie("exe: '/*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*ab'",
		   "exe: '/a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*ac'", false);
}
END_TEST

START_TEST(test_shipped_baseline_is_valid_and_without_ties)
{
	const char *srcdir = getenv("srcdir");
	char path[512];
	struct baseline *baseline;
	struct error err = {""};

	snprintf(path, sizeof(path), "%s/conf/dist/baseline.d", srcdir ? srcdir : ".");
	baseline = load_paths(path, NULL);
	ck_assert_msg(baseline_check_ties(baseline, &err) == 0, "%s", err.text);
	baseline_free(baseline);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("baseline");
	TCase *tcase = tcase_create("baseline");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, conf_files_begin, conf_files_end);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_entry_of_the_design);
	tcase_add_test(tcase, test_every_key_is_read);
	tcase_add_test(tcase, test_defaults_of_an_entry);
	tcase_add_test(tcase, test_folder_is_read_in_order_of_name);
	tcase_add_test(tcase, test_missing_folder_is_an_error_unless_optional);
	tcase_add_test(tcase, test_name_given_twice_in_a_folder_names_both_places);
	tcase_add_test(tcase, test_later_folder_must_say_how_its_entry_relates);
	tcase_add_test(tcase, test_extending_adds_lists_and_replaces_match_ceiling_and_mode);
	tcase_add_test(tcase, test_extending_under_another_name_leaves_the_first);
	tcase_add_test(tcase, test_replacing_and_disabling);
	tcase_add_test(tcase, test_extending_a_launcher);
	tcase_add_test(tcase, test_relation_to_nothing_is_an_error);
	tcase_add_test(tcase, test_three_folders_build_on_each_other);
	tcase_add_test(tcase, test_what_is_wrong_is_refused_with_its_place_and_remedy);
	tcase_add_test(tcase, test_ties_are_entries_that_match_one_process_equally_well);
	tcase_add_test(tcase, test_tie_is_told_whose_later_entry_is_read_first);
	tcase_add_test(tcase, test_no_tie_where_rules_are_apart);
	tcase_add_test(tcase, test_no_tie_where_one_is_more_specific);
	tcase_add_test(tcase, test_comparing_globs_made_to_be_slow_ends_soon);
	tcase_add_test(tcase, test_shipped_baseline_is_valid_and_without_ties);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

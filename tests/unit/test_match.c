/* SPDX-License-Identifier: Apache-2.0 */
/* Which baseline entry speaks for a process, and which process is a launcher. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/judge_fixture.h"

#include "judge/match.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const char entries[] =
	"services:\n"
	"  - {name: exe, match: {exe: /usr/sbin/web}}\n"
	"  - {name: exe-uid, match: {exe: /usr/sbin/web, uid: 33}}\n"
	"  - {name: unit, match: {unit: web.service}}\n"
	"  - {name: exe-unit, match: {exe: /usr/sbin/web, unit: web.service}}\n"
	"  - {name: template, match: {unit: \"db@.service\"}}\n"
	"  - {name: any-container, match: {container: {}}}\n"
	"  - {name: podman, match: {container: {runtime: podman}, exe: /usr/sbin/web}}\n"
	"  - {name: image, match: {container: {image: \"registry/x*\"}, exe: /usr/bin/by-image}}\n"
	"  - {name: glob, match: {exe: \"/opt/*/bin/tool\"}}\n"
	"  - {name: child, match: {exe: /usr/bin/child, parent_exe: /usr/sbin/web}}\n"
	"  - {name: in-session, match: {exe: /usr/bin/su, session: true}}\n"
	"  - {name: out-of-session, match: {exe: /usr/bin/cron, session: false}}\n"
	"  - {name: many-keys, match: {unit: many.service, uid: 33, session: false}}\n"
	"  - {name: file-and-unit, match: {exe: /usr/sbin/web, unit: many.service}}\n";

struct described {
	const char *exe;
	enum exe_identity identity;
	enum service_kind kind; /* with a name */
	const char *service, *runtime;
	const char *parent_exe;
	enum exe_identity parent_identity;
	uint32_t uid;
	int64_t ppid;
};

static const struct proc_reader
	live_reader; /* never asked by match: that there is one makes it live */

static void describe(struct process *process, struct process *parent, struct service *service,
		     const struct described *facts)
{
	memset(process, 0, sizeof(*process));
	memset(parent, 0, sizeof(*parent));
	memset(service, 0, sizeof(*service));
	process->exe = facts->exe;
	process->exe_identity = facts->identity;
	process->has_ids = true;
	process->uid = facts->uid;
	process->ppid = facts->ppid ? facts->ppid : 1;
	parent->exe = facts->parent_exe;
	parent->exe_identity = facts->parent_identity;
	if (!facts->service)
		return;
	process->service = service;
	service->kind = facts->kind;
	service->name = service->template_name = facts->service;
	service->unit = facts->kind == SERVICE_UNIT ? facts->service : "";
	service->container_id = facts->kind == SERVICE_CONTAINER ? facts->service : "";
	service->runtime = facts->kind == SERVICE_CONTAINER ? facts->runtime : "";
	service->pod_uid = "";
	/* "db@1.service" is of the template "db@.service" */
	if (strcmp(facts->service, "db@1.service") == 0)
		service->template_name = "db@.service";
}

static const struct match_case {
	struct described facts;
	const char *live, *replay; /* the entry that speaks; NULL: none */
} matches[] = {
	{{.exe = "/usr/sbin/web",
	  .identity = EXE_ID_HOST,
	  .kind = SERVICE_PROGRAM,
	  .service = "/usr/sbin/web"},
	 "exe",
	 "exe-unit"},
	{{.exe = "/usr/sbin/web",
	  .identity = EXE_ID_HOST,
	  .kind = SERVICE_PROGRAM,
	  .service = "/usr/sbin/web",
	  .uid = 33},
	 "exe-uid",
	 "exe-unit"},
	{{.exe = "/usr/sbin/web",
	  .identity = EXE_ID_HOST,
	  .kind = SERVICE_UNIT,
	  .service = "other.service"},
	 "exe",
	 "exe"},
	{{.exe = "/usr/sbin/web",
	  .identity = EXE_ID_HOST,
	  .kind = SERVICE_UNIT,
	  .service = "web.service"},
	 "exe-unit",
	 "exe-unit"},
	{{.exe = "/usr/sbin/else",
	  .identity = EXE_ID_HOST,
	  .kind = SERVICE_UNIT,
	  .service = "web.service"},
	 "unit",
	 "unit"},
	{{.exe = "/usr/sbin/else",
	  .identity = EXE_ID_HOST,
	  .kind = SERVICE_UNIT,
	  .service = "db@1.service"},
	 "template",
	 "template"},
	{{.exe = "/usr/sbin/web",
	  .identity = EXE_ID_HOST,
	  .kind = SERVICE_UNIT,
	  .service = "many.service",
	  .uid = 33},
	 "file-and-unit",
	 "file-and-unit"},
	{{.exe = "/usr/sbin/else",
	  .identity = EXE_ID_HOST,
	  .kind = SERVICE_UNIT,
	  .service = "many.service",
	  .uid = 33},
	 "many-keys",
	 "many-keys"},
	/* a copy, a bind mount, a container's file of that path is something else */
	{{.exe = "/usr/sbin/web",
	  .identity = EXE_ID_OTHER,
	  .kind = SERVICE_PROGRAM,
	  .service = "/usr/sbin/web"},
	 NULL,
	 "unit"},
	{{.exe = "/usr/sbin/web",
	  .identity = EXE_ID_OTHER,
	  .kind = SERVICE_UNIT,
	  .service = "other.service"},
	 NULL,
	 NULL},
	/* a fact that can't be had does not match; a replay passes it over */
	{{.exe = "/usr/sbin/web",
	  .identity = EXE_ID_UNKNOWN,
	  .kind = SERVICE_UNIT,
	  .service = "other.service"},
	 NULL,
	 "exe"},
	{{.identity = EXE_ID_UNKNOWN, .kind = SERVICE_UNIT, .service = "other.service"},
	 NULL,
	 NULL},
	{{.exe = "/usr/bin/none",
	  .identity = EXE_ID_HOST,
	  .kind = SERVICE_UNIT,
	  .service = "other.service"},
	 NULL,
	 NULL},
	/* an entry without container speaks for the host's processes alone */
	{{.exe = "/usr/sbin/web",
	  .identity = EXE_ID_HOST,
	  .kind = SERVICE_CONTAINER,
	  .service = "c1",
	  .runtime = "docker"},
	 "any-container",
	 "any-container"},
	{{.exe = "/usr/sbin/web",
	  .identity = EXE_ID_HOST,
	  .kind = SERVICE_CONTAINER,
	  .service = "c1",
	  .runtime = "podman"},
	 "podman",
	 "podman"},
	{{.exe = "/usr/bin/by-image",
	  .identity = EXE_ID_HOST,
	  .kind = SERVICE_CONTAINER,
	  .service = "c1",
	  .runtime = "podman"},
	 "any-container",
	 "any-container"},
	/* a star stays within one folder */
	{{.exe = "/opt/a/bin/tool",
	  .identity = EXE_ID_HOST,
	  .kind = SERVICE_UNIT,
	  .service = "x.service"},
	 "glob",
	 "glob"},
	{{.exe = "/opt/a/b/bin/tool",
	  .identity = EXE_ID_HOST,
	  .kind = SERVICE_UNIT,
	  .service = "x.service"},
	 NULL,
	 NULL},
	/* parents */
	{{.exe = "/usr/bin/child",
	  .identity = EXE_ID_HOST,
	  .kind = SERVICE_UNIT,
	  .service = "x.service",
	  .parent_exe = "/usr/sbin/web",
	  .parent_identity = EXE_ID_HOST},
	 "child",
	 "child"},
	{{.exe = "/usr/bin/child",
	  .identity = EXE_ID_HOST,
	  .kind = SERVICE_UNIT,
	  .service = "x.service",
	  .parent_exe = "/usr/sbin/web",
	  .parent_identity = EXE_ID_OTHER},
	 NULL,
	 NULL},
	{{.exe = "/usr/bin/child",
	  .identity = EXE_ID_HOST,
	  .kind = SERVICE_UNIT,
	  .service = "x.service",
	  .parent_exe = "/usr/sbin/web",
	  .parent_identity = EXE_ID_UNKNOWN},
	 NULL,
	 "child"},
	{{.exe = "/usr/bin/child",
	  .identity = EXE_ID_HOST,
	  .kind = SERVICE_UNIT,
	  .service = "x.service",
	  .parent_exe = "/usr/sbin/x",
	  .parent_identity = EXE_ID_HOST},
	 NULL,
	 NULL},
	{{.exe = "/usr/bin/child",
	  .identity = EXE_ID_HOST,
	  .kind = SERVICE_UNIT,
	  .service = "x.service"},
	 NULL,
	 "child"},
	/* sessions */
	{{.exe = "/usr/bin/su",
	  .identity = EXE_ID_HOST,
	  .kind = SERVICE_SESSION,
	  .service = "session-3"},
	 "in-session",
	 "in-session"},
	{{.exe = "/usr/bin/su",
	  .identity = EXE_ID_HOST,
	  .kind = SERVICE_UNIT,
	  .service = "x.service"},
	 NULL,
	 NULL},
	{{.exe = "/usr/bin/cron",
	  .identity = EXE_ID_HOST,
	  .kind = SERVICE_SESSION,
	  .service = "session-3"},
	 NULL,
	 NULL},
	{{.exe = "/usr/bin/cron",
	  .identity = EXE_ID_HOST,
	  .kind = SERVICE_UNIT,
	  .service = "x.service"},
	 "out-of-session",
	 "out-of-session"},
};

START_TEST(test_most_specific_entry_that_fits_speaks)
{
	const struct match_case *entry = &matches[_i / 2];
	struct world world = {.baseline = fixture_baseline(entries),
			      .proc = _i % 2 ? NULL : &live_reader};
	const char *wanted = _i % 2 ? entry->replay : entry->live;
	const struct baseline_entry *found;
	struct process process, parent;
	struct service service;

	describe(&process, &parent, &service, &entry->facts);
	found = match_entry(&world, &process, entry->facts.parent_exe ? &parent : NULL);
	ck_assert_msg((!found && !wanted) || (found && wanted && strcmp(found->name, wanted) == 0),
		      "%s instead of %s", found ? found->name : "none", wanted ? wanted : "none");
	baseline_free((struct baseline *)world.baseline);
}
END_TEST

START_TEST(test_entry_without_container_speaks_for_the_host_alone)
{
	const struct described facts = {.exe = "/usr/sbin/web",
					.identity = EXE_ID_HOST,
					.kind = SERVICE_CONTAINER,
					.service = "c1",
					.runtime = "docker"};
	struct world world = {
		.baseline = fixture_baseline("services:\n"
					     "  - {name: exe, match: {exe: /usr/sbin/web}}\n"),
		.proc = &live_reader};
	struct process process, parent;
	struct service service;

	describe(&process, &parent, &service, &facts);
	ck_assert_ptr_null(match_entry(&world, &process, NULL));
	service.kind = SERVICE_UNIT;
	ck_assert_ptr_nonnull(match_entry(&world, &process, NULL));
	baseline_free((struct baseline *)world.baseline);
}
END_TEST

static const char launchers[] =
	"launchers:\n"
	"  - name: systemd\n"
	"    match: {exe: /usr/lib/systemd/systemd, parent_exe: /usr/lib/systemd/systemd, "
	"parent_pid: 1}\n"
	"  - name: runc\n"
	"    match: {exe: [/, \"/memfd:runc_cloned:/proc/self/exe\"], parent_exe: /usr/sbin/runc}\n"
	"    exe_state: any\n"
	"    starts: container\n";

static const struct launcher_case {
	struct described facts;
	const char *live;
} launching[] = {
	{{.exe = "/usr/lib/systemd/systemd",
	  .identity = EXE_ID_HOST,
	  .parent_exe = "/usr/lib/systemd/systemd",
	  .parent_identity = EXE_ID_HOST},
	 "systemd"},
	/* forged: another file, another parent, another file as parent, not init's child */
	{{.exe = "/usr/lib/systemd/systemd",
	  .identity = EXE_ID_OTHER,
	  .parent_exe = "/usr/lib/systemd/systemd",
	  .parent_identity = EXE_ID_HOST},
	 NULL},
	{{.exe = "/usr/lib/systemd/systemd",
	  .identity = EXE_ID_UNKNOWN,
	  .parent_exe = "/usr/lib/systemd/systemd",
	  .parent_identity = EXE_ID_HOST},
	 NULL},
	{{.exe = "/usr/lib/systemd/systemd",
	  .identity = EXE_ID_HOST,
	  .parent_exe = "/usr/bin/bash",
	  .parent_identity = EXE_ID_HOST},
	 NULL},
	{{.exe = "/usr/lib/systemd/systemd",
	  .identity = EXE_ID_HOST,
	  .parent_exe = "/usr/lib/systemd/systemd",
	  .parent_identity = EXE_ID_OTHER},
	 NULL},
	{{.exe = "/usr/lib/systemd/systemd",
	  .identity = EXE_ID_HOST,
	  .parent_exe = "/usr/lib/systemd/systemd",
	  .parent_identity = EXE_ID_HOST,
	  .ppid = 50},
	 NULL},
	{{.exe = "/usr/lib/systemd/systemd", .identity = EXE_ID_HOST}, NULL},
	/* runc's init is known by its parent's file, whatever its own */
	{{.exe = "/",
	  .identity = EXE_ID_OTHER,
	  .parent_exe = "/usr/sbin/runc",
	  .parent_identity = EXE_ID_HOST,
	  .ppid = 50},
	 "runc"},
	{{.exe = "/memfd:runc_cloned:/proc/self/exe",
	  .identity = EXE_ID_OTHER,
	  .parent_exe = "/usr/sbin/runc",
	  .parent_identity = EXE_ID_HOST,
	  .ppid = 50},
	 "runc"},
	{{.exe = "/memfd:runc_cloned:/proc/self/exe",
	  .identity = EXE_ID_OTHER,
	  .parent_exe = "/usr/sbin/runc",
	  .parent_identity = EXE_ID_OTHER,
	  .ppid = 50},
	 NULL},
	{{.exe = "/memfd:runc_cloned:/proc/self/exe",
	  .identity = EXE_ID_OTHER,
	  .parent_exe = "/usr/bin/bash",
	  .parent_identity = EXE_ID_HOST,
	  .ppid = 50},
	 NULL},
	{{.exe = "/memfd:runc_cloned:/proc/self/exe", .identity = EXE_ID_OTHER}, NULL},
	{{.exe = "/usr/bin/bash",
	  .identity = EXE_ID_HOST,
	  .parent_exe = "/usr/sbin/runc",
	  .parent_identity = EXE_ID_HOST,
	  .ppid = 50},
	 NULL},
};

START_TEST(test_launcher_is_known_by_file_and_parent_and_never_by_comm)
{
	const struct launcher_case *entry = &launching[_i];
	struct world world = {.baseline = fixture_baseline(launchers), .proc = &live_reader};
	const struct launcher_entry *found;
	struct process process, parent;
	struct service service;

	describe(&process, &parent, &service, &entry->facts);
	strcpy(process.comm, "(nginx)");
	found = match_launcher(&world, &process, entry->facts.parent_exe ? &parent : NULL);
	ck_assert_msg((!found && !entry->live) ||
			      (found && entry->live && strcmp(found->name, entry->live) == 0),
		      "%s", found ? found->name : "none");
	baseline_free((struct baseline *)world.baseline);
}
END_TEST

START_TEST(test_globs_of_a_list_fit_if_any_does)
{
	char first[] = "/a/*", second[] = "/b", *items[] = {first, second};
	struct string_list list = {items, 2}, none = {NULL, 0};

	ck_assert(match_any(&list, "/a/x"));
	ck_assert(match_any(&list, "/b"));
	ck_assert(!match_any(&list, "/a/x/y"));
	ck_assert(!match_any(&none, "/a/x"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("match");
	TCase *tc = tcase_create("match");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_most_specific_entry_that_fits_speaks, 0, COUNT(matches) * 2);
	tcase_add_test(tc, test_entry_without_container_speaks_for_the_host_alone);
	tcase_add_loop_test(tc, test_launcher_is_known_by_file_and_parent_and_never_by_comm, 0,
			    COUNT(launching));
	tcase_add_test(tc, test_globs_of_a_list_fit_if_any_does);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

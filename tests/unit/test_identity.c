/* SPDX-License-Identifier: Apache-2.0 */
/* Which service a cgroup names. The texts are of real hosts. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "judge/identity.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define ID "0d2f5a7c1b3e4d6f8a9b0c1d2e3f405162738495a6b7c8d9e0f1a2b3c4d5e6f7"
#define POD_DASHES "2f6d7a0e-3c1b-4a5d-8e9f-0123456789ab"
#define POD_UNDERSCORES "2f6d7a0e_3c1b_4a5d_8e9f_0123456789ab"

static const struct cgroup_case {
	const char *text;
	enum service_kind kind;
	const char *name, *unit, *runtime, *pod;
} cgroups[] = {
	/* systemd, v2 */
	{"0::/\n", SERVICE_UNKNOWN, "", "", "", ""},
	{"0::/init.scope\n", SERVICE_UNIT, "init.scope", "init.scope", "", ""},
	{"0::/system.slice/chrony.service\n", SERVICE_UNIT, "chrony.service", "chrony.service", "",
	 ""},
	{"0::/system.slice/system-postfix.slice/postfix@-.service\n", SERVICE_UNIT,
	 "postfix@-.service", "postfix@-.service", "", ""},
	{"0::/system.slice/ssh.service/child\n", SERVICE_UNIT, "ssh.service", "ssh.service", "",
	 ""},
	{"0::/system.slice/run-u3.service\n", SERVICE_UNIT, "run-u3.service", "run-u3.service", "",
	 ""},
	{"0::/system.slice/systemd-udevd.service/udev\n", SERVICE_UNIT, "systemd-udevd.service",
	 "systemd-udevd.service", "", ""},
	/* systemd escapes a name that looks like a control file */
	{"0::/system.slice/_cpu.service\n", SERVICE_UNIT, "cpu.service", "cpu.service", "", ""},
	/* systemd, v1 and hybrid */
	{"12:pids:/system.slice/cron.service\n5:devices:/system.slice/cron.service\n"
	 "1:name=systemd:/system.slice/cron.service\n0::/system.slice/cron.service\n",
	 SERVICE_UNIT, "cron.service", "cron.service", "", ""},
	{"11:cpuset:/\n10:memory:/\n1:name=systemd:/system.slice/nginx.service\n", SERVICE_UNIT,
	 "nginx.service", "nginx.service", "", ""},
	{"2:cpu,cpuacct:/\n1:name=systemd:/\n", SERVICE_UNKNOWN, "", "", "", ""},
	/* sessions */
	{"0::/user.slice/user-1000.slice/session-4.scope\n", SERVICE_SESSION, "session-4.scope",
	 "session-4.scope", "", ""},
	{"0::/user.slice/user-1000.slice/user@1000.service/app.slice/vte-spawn-1f0e.scope\n",
	 SERVICE_SESSION, "user@1000.service", "user@1000.service", "", ""},
	{"0::/user.slice/user-1000.slice/user@1000.service/app.slice/nginx.service\n",
	 SERVICE_SESSION, "user@1000.service", "user@1000.service", "", ""},
	{"0::/user.slice\n", SERVICE_SESSION, "user.slice", "", "", ""},
	/* whatever its cgroup is called: anybody may name a scope of his own so */
	{"0::/user.slice/user-1000.slice/user@1000.service/app.slice/docker-" ID ".scope\n",
	 SERVICE_SESSION, "user@1000.service", "user@1000.service", "", ""},
	/* docker */
	{"0::/system.slice/docker-" ID ".scope\n", SERVICE_CONTAINER, ID, "", "docker", ""},
	{"12:pids:/docker/" ID "\n1:name=systemd:/docker/" ID "\n", SERVICE_CONTAINER, ID, "",
	 "docker", ""},
	{"0::/system.slice/docker.service\n", SERVICE_UNIT, "docker.service", "docker.service", "",
	 ""},
	{"0::/system.slice/docker-registry.service\n", SERVICE_UNIT, "docker-registry.service",
	 "docker-registry.service", "", ""},
	{"0::/system.slice/docker-" ID ".scope/system.slice/inner.service\n", SERVICE_CONTAINER, ID,
	 "", "docker", ""},
	/* podman */
	{"0::/machine.slice/libpod-" ID ".scope/container\n", SERVICE_CONTAINER, ID, "", "podman",
	 ""},
	{"0::/machine.slice/libpod-conmon-" ID ".scope\n", SERVICE_UNIT,
	 "libpod-conmon-" ID ".scope", "libpod-conmon-" ID ".scope", "", ""},
	{"0::/system.slice/web.service/libpod-payload-" ID "\n", SERVICE_CONTAINER, ID,
	 "web.service", "podman", ""},
	/* kubepods: systemd's driver, then cgroupfs */
	{"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" POD_UNDERSCORES
	 ".slice/cri-containerd-" ID ".scope\n",
	 SERVICE_CONTAINER, ID, "", "containerd", POD_DASHES},
	{"0::/kubepods.slice/kubepods-pod" POD_UNDERSCORES ".slice/crio-" ID ".scope\n",
	 SERVICE_CONTAINER, ID, "", "cri-o", POD_DASHES},
	{"0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" POD_UNDERSCORES
	 ".slice/crio-conmon-" ID ".scope\n",
	 SERVICE_UNIT, "crio-conmon-" ID ".scope", "crio-conmon-" ID ".scope", "", POD_DASHES},
	{"0::/kubepods/burstable/pod" POD_DASHES "/" ID "\n", SERVICE_CONTAINER, ID, "",
	 "containerd", POD_DASHES},
	{"9:memory:/kubepods/pod" POD_DASHES "/" ID "\n1:name=systemd:/kubepods/pod" POD_DASHES
	 "/" ID "\n",
	 SERVICE_CONTAINER, ID, "", "containerd", POD_DASHES},
	{"0::/kubepods/podnothexatall/" ID "\n", SERVICE_CONTAINER, ID, "", "containerd", ""},
	/* runc and crun by hand, lxc, nspawn */
	{"0::/system.slice/runc-demo.scope\n", SERVICE_CONTAINER, "demo", "", "runc", ""},
	{"0::/user.slice/user-0.slice/session-1.scope/" ID "\n", SERVICE_SESSION, "session-1.scope",
	 "session-1.scope", "", ""},
	{"0::/lxc.payload.web1/system.slice/nginx.service\n", SERVICE_CONTAINER, "web1", "", "lxc",
	 ""},
	{"0::/machine.slice/systemd-nspawn@deb.service/payload\n", SERVICE_UNIT,
	 "systemd-nspawn@deb.service", "systemd-nspawn@deb.service", "", ""},
	{"0::/machine.slice/machine-deb.scope/payload\n", SERVICE_UNIT, "machine-deb.scope",
	 "machine-deb.scope", "", ""},
	/* v1, where only one hierarchy shows the container */
	{"3:pids:/system.slice/x.service\n2:memory:/docker/" ID
	 "\n1:name=systemd:/system.slice/x.service\n",
	 SERVICE_CONTAINER, ID, "", "docker", ""},
	/* not quite */
	{"0::/system.slice/docker-.scope\n", SERVICE_UNIT, "docker-.scope", "docker-.scope", "",
	 ""},
	{"0::/system.slice/docker-" ID ".scope/user.slice/user-0.slice/session-1.scope\n",
	 SERVICE_CONTAINER, ID, "", "docker", ""},
	{"0::/anything\n", SERVICE_UNKNOWN, "", "", "", ""},
	{"", SERVICE_UNKNOWN, "", "", "", ""},
	{"garbage", SERVICE_UNKNOWN, "", "", "", ""},
	{":::::\n::\n\n:", SERVICE_UNKNOWN, "", "", "", ""},
};

START_TEST(test_cgroup_names_the_service)
{
	const struct cgroup_case *entry = &cgroups[_i];
	struct identity identity;

	identity_from_cgroup(entry->text, &identity);
	ck_assert_msg(identity.kind == entry->kind, "%s: %s", entry->text,
		      vocab_word(&vocab_service_kind, identity.kind));
	ck_assert_str_eq(identity.name, entry->name);
	ck_assert_str_eq(identity.unit, entry->unit);
	ck_assert_str_eq(identity.runtime, entry->runtime);
	ck_assert_str_eq(identity.pod_uid, entry->pod);
	ck_assert_str_eq(identity.container_id,
			 entry->kind == SERVICE_CONTAINER ? entry->name : "");
}
END_TEST

START_TEST(test_endless_component_is_cut)
{
	static char text[4096];
	struct identity identity;

	strcpy(text, "0::/system.slice/");
	memset(text + strlen(text), 'x', 3000);
	strcat(text, ".service\n");
	identity_from_cgroup(text, &identity);
	ck_assert_int_eq(identity.kind, SERVICE_UNKNOWN);
}
END_TEST

START_TEST(test_runtimes_child_in_another_cgroup_than_the_runtime_is_in_the_container)
{
	struct identity identity;

	identity_container_of_launcher("1:name=systemd:/demo\n0::/demo\n",
				       "1:name=systemd:/\n0::/\n", "runc", &identity);
	ck_assert_int_eq(identity.kind, SERVICE_CONTAINER);
	ck_assert_str_eq(identity.container_id, "demo");
	ck_assert_str_eq(identity.runtime, "runc");
	/* also below a session, when it is the runtime that says so */
	identity_container_of_launcher("0::/user.slice/user-0.slice/session-1.scope/demo\n",
				       "0::/user.slice/user-0.slice/session-1.scope\n", "runc",
				       &identity);
	ck_assert_int_eq(identity.kind, SERVICE_CONTAINER);
	ck_assert_str_eq(identity.container_id, "demo");
}
END_TEST

START_TEST(test_runtimes_child_still_beside_the_runtime_is_in_no_container_yet)
{
	struct identity identity;

	identity_container_of_launcher("0::/system.slice/x.service\n",
				       "0::/system.slice/x.service\n", "runc", &identity);
	ck_assert_int_eq(identity.kind, SERVICE_UNKNOWN);
}
END_TEST

static const struct template_case {
	const char *unit, *wanted;
} templates[] = {
	{"nginx.service", "nginx.service"},
	{"postfix@-.service", "postfix@.service"},
	{"user@1000.service", "user@.service"},
	{"getty@tty1.service", "getty@.service"},
	{"run-u3.service", "run-u*.service"},
	{"run-rf1e2d3c4b5a69788.scope", "run-r*.scope"},
	{"session-4.scope", "session-*.scope"},
	{"vte-spawn-2f6d7a0e-3c1b-4a5d-8e9f-0123456789ab.scope", "vte-spawn-*.scope"},
	{"app-2f6d7a0e-3c1b-4a5d-8e9f-01234567.scope", "app-*-*c*b-*a*d-*e*f-*.scope"},
	/* a name of its own keeps its digits */
	{"php8.2-fpm.service", "php8.2-fpm.service"},
	{"user.slice", "user.slice"},
	{"odd@", "odd@"},
	{"", ""},
};

START_TEST(test_template_is_the_same_on_every_host)
{
	char buf[SERVICE_NAME_MAX];

	identity_template(templates[_i].unit, buf, sizeof(buf));
	ck_assert_str_eq(buf, templates[_i].wanted);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("identity");
	TCase *tc = tcase_create("identity");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_cgroup_names_the_service, 0, COUNT(cgroups));
	tcase_add_test(tc, test_endless_component_is_cut);
	tcase_add_test(tc,
		       test_runtimes_child_in_another_cgroup_than_the_runtime_is_in_the_container);
	tcase_add_test(tc, test_runtimes_child_still_beside_the_runtime_is_in_no_container_yet);
	tcase_add_loop_test(tc, test_template_is_the_same_on_every_host, 0, COUNT(templates));
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

# SPDX-License-Identifier: Apache-2.0
"""quiet: days of a healthy host, condensed. Nothing of it may alert, but what is declared here."""
import administration
import containers
import services
from scenario import Alert, Declared, Elsewhere, Scenario, Step

# Silence is worth something only where an alert would have come.
CONTROL = (
    Step("and an intruder is still seen", """
systemd-run --quiet --wait --unit=control -p StandardInput=null /opt/payload/tools/villain at-once
for wait in $(seq 100); do
	if grep -q control.service /var/log/capwatch/alerts.jsonl; then exit 0; fi
	sleep 0.2
done
exit 1
"""),
)

SCENARIO = Scenario(
    name="quiet",
    before_boot=services.BEFORE_BOOT + containers.BEFORE_BOOT + administration.BEFORE_BOOT,
    steps=(services.AT_WORK + administration.AFTER_SERVICES + services.WORK_ON + services.CHANGES
           + containers.STEPS + administration.STEPS + CONTROL),
    declared=(
        *containers.DECLARED,
        *administration.DECLARED,
        Declared(Alert("expansion-*", service="control.service", mechanism="capset", gained="cap_sys_ptrace"),
                 "the intruder of the last step", required=True),
    ),
    entries_needed=True,
    elsewhere=(
        *(Elsewhere(name, "as a launcher: for hosts whose logins have no cgroup of their own; here logind gives them one "
                    "(tests/unit/test_observe.c)") for name in ("sshd", "login", "su")),
        Elsewhere("sudo", "root's own, without a login (tests/replay, debian12-quiet); as a launcher: as sshd"),
        Elsewhere("capwatch", "by luck alone, at auditd's end (tests/replay, debian12-capwatch-ended-with-auditd)"),
        Elsewhere("any-container", "it allows nothing: by it the container of loud that holds too much is found"),
        Elsewhere("systemd-executor", "Debian 12's systemd has none", (12,)),
        Elsewhere("dbus-daemon", "Debian 13 starts it as its own user", (13,)),
        Elsewhere("chromium", "Debian 13's host has no browser: it would not end under emulation", (13,)),
        Elsewhere("systemd", "Debian 13's init starts services through systemd-executor", (13,)),
    ),
    reboot=True,
)

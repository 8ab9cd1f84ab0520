#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""doctor_test: faults made for real, what capwatch doctor says of each, and its command pasted into a shell.

usage: tests/live/doctor_test.py [--build DIR] [--only NAME]
Runs in a mount namespace of its own, with an /etc/audit and a /proc/cmdline of its own, and a private auditd
with the plugin. A fault passes when doctor names it, says ok once its command was run as printed, and then
has nothing else to say either.
"""
import argparse
import json
import os
import pathlib
import subprocess
import time

import jsonschema

from harness import CannotRun, Stack, TOP, in_own_mounts, run
from report import Report

RULES_D = pathlib.Path("/etc/audit/rules.d")
SITE_RULES = "-D\n-b 8192\n--backlog_wait_time 60000\n-f 1\n"  # as Debian's audit package has it
BOOT_LINE = "root=/dev/vda1 audit=1 audit_backlog_limit=8192 quiet\n"
PATIENCE = 15.0  # the courier tells of itself every 10 s
SHOWN = 2  # lines of a fault that are printed

# What a test machine may lack, and no command of root's can give it.
MACHINE = {"kernel.clock"}

# name, what root or an attacker did, the check that names it, its state, words of the line
ACTS = [
    ("delete-all-rules", "auditctl -D", "rules.loaded", "broken", "none of the "),
    ("switch-off", "auditctl -e 0", "kernel.enabled", "broken", "switched off"),
    ("delete-one-rule", "auditctl -d always,exit -F arch=b64 -S capset -F key=capwatch_capset",
     "rules.loaded", "broken", "-F arch=b64 -S capset"),
    ("hole-in-32-bit", "auditctl -d always,exit -F arch=b32 -S prctl -F a0=0x1c -F key=capwatch_securebits",
     "rules.loaded", "broken", "int 0x80"),
    ("never-in-front", "auditctl -A never,exit -F arch=b64 -S capset,prctl", "rules.loaded", "broken", "hides all"),
    ("never-for-a-person", "auditctl -A never,exit -F arch=b64 -S all -F auid=1000 -C 'uid!=euid'",
     "rules.loaded", "warning", "hides part"),
    ("never-with-a-mask", "auditctl -A never,exit -F arch=b64 -S unshare -F 'a0&0x10000000' -k hush",
     "rules.loaded", "broken", "hides all"),
    ("never-by-path", "auditctl -A never,exit -F 'exe=/usr/bin/env' -F 'auid!=unset'",
     "rules.loaded", "warning", "hides part"),
    ("exclude", "auditctl -a always,exclude -F msgtype=CAPSET", "rules.loaded", "broken", "hides all"),
    ("exclude-config-change", "auditctl -a always,exclude -F msgtype=CONFIG_CHANGE", "rules.loaded", "warning",
     "CONFIG_CHANGE"),
    ("task", "auditctl -a never,task", "rules.loaded", "broken", "never,task"),
    ("task-in-rules.d", "echo '-a task,never' >/etc/audit/rules.d/10-no-audit.rules; auditctl -a never,task",
     "rules.loaded", "broken", "never,task"),
    ("task-not-loaded-yet", "echo '-a task,never' >/etc/audit/rules.d/10-no-audit.rules", "rules.files", "broken",
     "10-no-audit.rules:1"),
    ("rate-limit", "auditctl -r 5", "kernel.rate-limit", "broken", "beyond 5 records"),
    ("rate-limit-in-rules.d", "echo '-r 5' >/etc/audit/rules.d/20-rate.rules; auditctl -r 5",
     "kernel.rate-limit", "broken", "beyond 5 records"),
    ("small-backlog", "auditctl -b 16", "kernel.backlog-limit", "broken", "16 records at most"),
    ("securebits-by-0x16", "auditctl -a always,exit -F arch=b64 -S prctl -F a0=0x16 -k securebits",
     "rules.mistakes", "warning", "PR_SET_SECCOMP"),
    ("watch-on-sysctl", "auditctl -w /proc/sys/kernel/cap_last_cap -p wa -k lastcap", "rules.mistakes", "warning",
     "goes dead"),
    ("old-rule", "auditctl -a always,exit -F arch=b64 -S ptrace -k capwatch_old", "rules.extra", "warning",
     "not needed"),
    ("files-gone", "rm /etc/audit/rules.d/*capwatch*", "rules.installed", "broken", "are not in"),
    ("site-rule-not-loaded", "echo '-a always,exit -F arch=b64 -S adjtimex -k time' >/etc/audit/rules.d/30-time.rules",
     "rules.lasting", "warning", "30-time.rules:1"),
    ("plugin-mode", "chmod 0700 {plugin}", "plugin.program", "broken", "0750"),
    ("entry-writable", "chmod 0666 {dir}/plugins.d/capwatch.conf", "plugin.entry", "broken", "everybody"),
    ("entry-without-blanks", "sed -i 's/active = yes/active=yes/' {dir}/plugins.d/capwatch.conf",
     "plugin.lines", "broken", "line 1 lacks"),
    # auditd 3.0.9 does not start one that still ends
    ("inactive", "sed -i 's/active = yes/active = no/' {dir}/plugins.d/capwatch.conf; auditctl --signal HUP; "
     "timeout 20 sh -c 'while pgrep -P {auditd} -x audisp-capwatch; do sleep 0.1; done'",
     "plugin.active", "broken", "not active"),
    ("plugin-killed-for-good", "sed -i 's/^max_restarts.*/max_restarts = 0/' {dir}/auditd.conf; "
     "auditctl --signal HUP; sleep 0.5; kill -9 $(pgrep -P {auditd} -x audisp-capwatch); sleep 0.5; "
     "sed -i 's/^max_restarts.*/max_restarts = 10/' {dir}/auditd.conf; auditctl --signal HUP",
     "plugin.alive", "broken", "max_restarts"),
    ("short-queue", "sed -i 's/^q_depth.*/q_depth = 80/' {dir}/auditd.conf", "auditd.queue", "warning", "q_depth = 80"),
    ("no-restarts", "sed -i '/^max_restarts/d; $a max_restarts = 1' {dir}/auditd.conf", "auditd.restarts", "warning",
     "max_restarts = 1"),
    ("no-log", "sed -i 's/^write_logs = yes/write_logs = no/' {dir}/auditd.conf", "auditd.log", "warning",
     "keeps no log"),
    ("auditd-conf-without-blanks", "sed -i 's/^q_depth = /q_depth=/' {dir}/auditd.conf",
     "auditd.configuration", "broken", "refuses the whole file"),
    ("spool-open-to-all", "chmod 0777 {dir}/alerts/spool", "delivery.spool", "broken", "written by others"),
]


class Host:
    """The stack, with rules installed as an administrator would, and what stands in for systemd."""

    def __init__(self, stack):
        self.stack = stack
        self.capwatch = stack.build / "cli" / "capwatch"
        self.tools = stack.dir / "tools"
        self.restarts = stack.dir / "restarts"
        self.kept = {}  # text of auditd's files, by path

    def settle(self):
        """From what the harness loads to what an installed host has."""
        self.tools.mkdir()
        # a pasted command finds the capwatch that is tested, and a systemctl that asks the test
        (self.tools / "capwatch").symlink_to(self.capwatch)
        (self.tools / "systemctl").write_text(f'#!/bin/sh\necho "$@" >>{self.restarts}\n')
        (self.tools / "systemctl").chmod(0o755)
        self.make_shipped()
        self.kept = {path: path.read_text() for path in (self.stack.dir / "auditd.conf",
                                                         self.stack.dir / "plugins.d" / "capwatch.conf")}
        (RULES_D / "audit.rules").write_text(SITE_RULES)
        done = self.paste(f"capwatch rules install --rules-dir {self.shipped}")
        if done.returncode != 0:
            raise RuntimeError(f"capwatch rules install: {done.stdout}")
        self.paste("auditctl --reset-lost")

    @property
    def shipped(self):
        return self.stack.dir / "shipped"

    def make_shipped(self):
        self.shipped.mkdir()
        environment = {**os.environ, "SBINDIR": str(self.stack.plugin.parent), "COURIER": str(self.stack.courier)}
        for source in (TOP / "rules" / "profiles").iterdir():
            subprocess.run(["sh", TOP / "rules" / "substitute.sh", source,
                            self.shipped / source.name.removesuffix(".in")], env=environment, check=True)

    def paste(self, command):
        """As root's shell runs it, and auditd started anew where systemctl was asked to."""
        self.restarts.write_text("")
        done = run("bash", "-c", command, cwd="/",
                   env={**os.environ, "PATH": f"{self.tools}:/usr/sbin:/usr/bin:/sbin:/bin"})
        if "restart auditd" in self.restarts.read_text():
            self.stack.stop()
            self.stack.start_auditd()
        return done

    def doctor(self, *options):
        return run(str(self.capwatch), "doctor", "--rules-dir", str(self.shipped), *options)

    def findings(self):
        done = self.doctor("--json")
        report = json.loads(done.stdout)
        jsonschema.validate(report, json.loads((TOP / "docs" / "doctor.schema.json").read_text()))
        return done.returncode, report

    def faults(self):
        """What doctor has to say but for what the machine lacks; lost records are an act's own doing."""
        return [finding for finding in self.findings()[1]["findings"]
                if finding["state"] != "ok" and finding["check"] not in MACHINE | {"kernel.lost"}]

    def await_well(self):
        end = time.monotonic() + PATIENCE
        while (left := self.faults()) and time.monotonic() < end:
            time.sleep(0.5)
        return [f"{finding['check']}: {finding['message']}" for finding in left]


def problems_of(host, act):
    _, command, check, state, words = act
    host.paste(command.format(dir=host.stack.dir, plugin=host.stack.plugin, auditd=host.stack.auditd.pid))
    code, report = host.findings()
    found = [finding for finding in report["findings"] if finding["check"] == check and finding["state"] == state]
    if not found or words not in found[0]["message"]:
        return [f"{check} does not say \"{words}\"", *(finding["message"] for finding in found)], []
    shown = [f"{finding['state']} {finding['check']}: {finding['message']}  ->  {finding['remedy']}"
             for finding in found[:SHOWN]]
    problems = []
    if code != (2 if report["state"] == "broken" else 1):
        problems.append(f"exit status {code} with the state {report['state']}")
    for finding in found:
        done = host.paste(finding["remedy"])
        if done.returncode != 0:
            problems.append(f"{finding['remedy']} ended with {done.returncode}: {done.stdout.strip()}")
    return problems + [f"afterwards: {left}" for left in host.await_well()], shown


def test_correct(host, report):
    """All is ok but what the machine lacks, and the exit status says so."""
    problems = host.await_well()
    code, whole = host.findings()
    lacking = {finding["check"] for finding in whole["findings"] if finding["state"] != "ok"}
    if code != (1 if lacking else 0) and not problems:
        problems.append(f"exit status {code}, and not ok are {sorted(lacking)}")
    text = host.doctor().stdout
    lines = [line for line in text.splitlines() if not line.startswith("    mend: ")]
    if len(lines) != len(whole["findings"]) + 1 or "\033" in text:
        problems.append(f"{len(lines)} lines for {len(whole['findings'])} findings, or colour among them")
    report.result("correct-host", problems)
    print(f"     {len(whole['findings'])} findings, {len(whole['findings']) - len(lacking)} ok"
          + (f"; this machine lacks {', '.join(sorted(lacking))}" if lacking else ""), flush=True)


def test_never_task_stays_away(host, report):
    """What was commented out is not loaded again."""
    done = host.paste("augenrules --load")
    problems = [] if done.returncode == 0 else [f"augenrules: {done.stdout.strip()}"]
    report.result("after-augenrules", problems + host.await_well())


def run_all(host, report):
    host.settle()
    if report.wants("correct-host"):
        test_correct(host, report)
    for act in ACTS:
        if not report.wants(act[0]):
            continue
        problems, shown = problems_of(host, act)
        report.result(act[0], problems)
        for line in shown:
            print(f"     {line}", flush=True)
        if problems:
            restore(host)
    if report.wants("after-augenrules"):
        test_never_task_stays_away(host, report)


def restore(host):
    """After a fault that was not mended, so that the next one is alone."""
    for name in ("10-no-audit.rules", "20-rate.rules", "30-time.rules"):
        (RULES_D / name).unlink(missing_ok=True)
    for path, text in host.kept.items():
        path.write_text(text)
        path.chmod(0o640)
    host.stack.plugin.chmod(0o750)
    for command in ("auditctl -e 1; auditctl -r 0; auditctl -b 8192; auditctl --reset-lost",
                    f"capwatch rules install --rules-dir {host.shipped}", "systemctl restart auditd"):
        host.paste(command)
    time.sleep(1)


def own_files(stack):
    """Bound over the host's: they are gone with the mount namespace."""
    etc = stack.dir / "etc-audit"
    (etc / "rules.d").mkdir(parents=True)
    subprocess.run(["mount", "--bind", etc, "/etc/audit"], check=True)
    line = stack.dir / "boot-line"
    line.write_text(BOOT_LINE)
    subprocess.run(["mount", "--bind", line, "/proc/cmdline"], check=True)
    stack.undo.append(lambda: run("umount", "/proc/cmdline", "/etc/audit"))
    stack.undo.append(lambda: run("auditctl", "-r", "0"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", "--build-dir", default=str(TOP / "build"))
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    if os.geteuid() == 0:
        in_own_mounts()
    report = Report("doctor", options.only)
    wanted = ["correct-host", "after-augenrules", *(act[0] for act in ACTS)]
    try:
        if any(report.wants(name) for name in wanted):
            with Stack(options.build, prepare=own_files) as stack:
                run_all(Host(stack), report)
    except CannotRun as why:
        report.skip("doctor", str(why))
    report.finish()


if __name__ == "__main__":
    main()

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""acts_test: every mechanism, every evasion and every act that is no gain, against the real kernel.

usage: acts_test.py --build DIR [--only NAME] [--record DIR]
--record keeps the run in a new folder, for tests/replay/cut. It is judged again in any case.
All actors start together, wait out the start window, and act one after another.
"""
import argparse
import datetime
import os
import pathlib
import re
import struct
import subprocess
import sys
import time

import cases
import expect
from harness import (CannotRun, SETTLE, START_WINDOW, Stack, TOP, forget_login, has_i386_abi, schema_validator,
                     wait_until)
from report import Report

sys.path.insert(0, str(TOP / "tests" / "replay"))

import recordings  # noqa: E402

PATIENCE = 3.0
CAP_NET_RAW = 13
VFS_CAP_REVISION_2_EFFECTIVE = 0x02000001
SYSLOG_LINE = re.compile(r"^<\d{1,3}>1 \S+ \S+ \S+ \S+ \S+ \[\S+ .*?\] .+", re.S)
CGROUP_ROOTS = ("/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified", "/sys/fs/cgroup")


def compile_actor(folder):
    """The actor and the preloaded object, built here: they are no part of what is shipped."""
    live = TOP / "tests" / "live"
    common = ["cc", "-std=gnu11", "-Wall", "-Wextra", "-O1", f"-I{TOP}"]
    act = str(live / "act.c")
    subprocess.run([*common, "-o", folder / "actor", live / "actor.c", act, "-pthread"], check=True)
    subprocess.run([*common, "-shared", "-fPIC", "-o", folder / "preload.so", live / "preload.c", act],
                   check=True)


class Run:
    """One case while it runs."""

    def __init__(self, case, stack):
        self.case, self.stack = case, stack
        self.exe = self.actor = None

    def start(self):
        folder, case = self.stack.dir, self.case
        name = case.program or str(self.stack.copy_program(folder / "actor", case.name))
        self.exe = name.format(dir=folder)
        command = [self.exe, *case.arguments.format_map(Values(self.stack)).split()]
        environment = None
        if case.environment:
            environment = {**os.environ, "LD_PRELOAD": str(folder / "preload.so"),
                           "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0",
                           **{name: value.format_map(Values(self.stack)) for name, value in case.environment.items()}}
        self.actor = self.stack.actor(self.mounted() + self.launched(command), environment, forget_login)

    def mounted(self):
        """Words before the command that run it where the file lies over another."""
        if not self.case.mount:
            return []
        source, over = self.case.mount
        copy = self.stack.copy_program(source.format(dir=self.stack.dir), self.case.name)
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c",
                'mount --bind "$0" "$1" && shift && exec "$@"', str(copy), over]

    def launched(self, command):
        """The command as a launcher's, where the case is to belong to a unit."""
        if not self.case.unit:
            return command
        cgroups = f"{Cgroups(self.stack):{self.case.unit}}".split()
        return [self.stack.dir / "bin" / "launcher", *cgroups, "--file", *command, "launch"]

    def at_once(self):
        """How many of the alerts come before the stream ends: all but summaries."""
        return sum(expected.count == (1,) for expected in self.case.expected)

    def pid(self):
        said = self.actor.said("ACT")
        return said[0] if said else self.actor.process.pid


class Values(dict):
    """What {dir} and {cgroups:UNIT} of a command line stand for."""

    def __init__(self, stack):
        super().__init__(dir=stack.dir, cgroups=Cgroups(stack))


class Cgroups:
    def __init__(self, stack):
        self.stack = stack

    def __format__(self, unit):
        return " ".join(f"--cgroup {path}" for path in cgroup_files(self.stack, unit))


def cgroup_files(stack, unit):
    """cgroup.procs of a unit's cgroup, made where the service manager's hierarchy is; removed later."""
    files = []
    roots = [root for root in CGROUP_ROOTS if os.path.exists(f"{root}/cgroup.procs")]
    for root in roots:
        folder = pathlib.Path(root) / "system.slice" / unit
        for part in (folder.parent, folder):
            if not part.exists():
                part.mkdir()
                stack.cgroups.append(part)
        files.append(folder / "cgroup.procs")
    if not files:
        raise CannotRun("no cgroup hierarchy is mounted")
    return files


def prepare_files(stack):
    """Before anything is recorded: the helpers that are executed, and the file that is given caps."""
    compile_actor(stack.dir)
    stack.copy_program(stack.dir / "actor", "helper-suid", 0o4755)
    stack.copy_program(stack.dir / "actor", "helper-plain")
    stack.copy_program(stack.dir / "actor", "launcher")
    stack.copy_program(stack.dir / "actor", "given")
    stack.copy_program(stack.dir / "actor", "taken")
    stack.copy_program(stack.dir / "actor", "given-other")
    helper = stack.copy_program(stack.dir / "actor", "helper-fcap")
    os.setxattr(helper, "security.capability",
                struct.pack("<5I", VFS_CAP_REVISION_2_EFFECTIVE, 1 << CAP_NET_RAW, 0, 0, 0))


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def delivery_problems(stack, arrival, alert):
    """The alert of the file, at the two other sinks: there, equal, and each in time."""
    problems = []
    event = seconds(alert["time"])
    arrivals = {"file": arrival}
    for when, other in stack.webhook.all():
        if other["id"] == alert["id"]:
            arrivals.setdefault("webhook", when)
            if other != alert:
                problems.append("webhook and file differ")
    for when, line in stack.syslog.all():
        if alert["id"] in line:
            arrivals.setdefault("syslog", when)
            if "\n" in line.rstrip("\n") or not SYSLOG_LINE.match(line):
                problems.append(f"not a line of RFC 5424: {line!r}")
    for sink in ("file", "webhook", "syslog"):
        if sink not in arrivals:
            problems.append(f"not delivered to {sink}")
        elif alert["count"] == 1 and arrivals[sink] - event > expect.LATENCY:
            problems.append(f"{sink} got it after {arrivals[sink] - event:.2f} s")
    return problems


def check_alerts(stack, got, wanted, context, allowed=()):
    """Problems with the alerts of one process."""
    problems = []
    for arrival, alert in got:
        problems += [f"schema: {error.message[:200]}" for error in stack.validator.iter_errors(alert)]
        problems += delivery_problems(stack, arrival, alert)
    alerts = [alert for _, alert in got]
    if len(alerts) != len(wanted):
        alerts = [alert for alert in alerts if alert["reason"] not in allowed]
    if len(alerts) != len(wanted):
        problems.insert(0, f"{len(alerts)} alerts, not {len(wanted)}")
    for alert, expected in zip(alerts, wanted):
        problems += expect.differences(expected, alert, context)
    return problems


def check_run(stack, run):
    """Problems with one case, and what to show of it."""
    actor, case = run.actor, run.case
    result = actor.said("DONE")[2] if actor.said("DONE") else None
    if not case.speaks:
        result = actor.process.wait(5)
    problems = []
    if result is None:
        actor.process.kill()
        said = actor.process.stderr.read().decode(errors="replace")
        return [f"the actor did not act: {actor.lines} {said}"], []
    if result != case.result:
        problems.append(f"the act gave {result}, not {case.result}")
    context = {"dir": stack.dir, "exe": run.exe, "actor_pid": actor.process.pid}
    pids = [run.pid()]
    problems += check_alerts(stack, stack.alerts(pids[0]), case.expected, context, case.allowed)
    child = actor.said("CHILD")
    if child and case.child_expected is not None:
        pids.append(child[0])
        problems += check_alerts(stack, stack.alerts(child[0]), case.child_expected, context, case.allowed)
    if case.arguments.startswith("--in child") or case.arguments.startswith("--in orphan"):
        problems += [f"the parent raised {alert['reason']}" for _, alert in stack.alerts(actor.process.pid)]
    return problems, [line for pid in pids for line in evidence(stack, pid)] if problems else []


def evidence(stack, pid):
    lines = [f"alert: {alert['reason']} {alert['severity']} {alert['phase']} {alert['previous']} "
             f"{alert['message']}" for _, alert in stack.alerts(pid)]
    return lines + [f"raw: {record}" for record in stack.raw_records(pid)[:40]]


def run_cases(report, stack, chosen, wait):
    # who acts within its start window is started last, and acts before another is
    runs = sorted((Run(case, stack) for case in chosen), key=lambda run: not run.case.wait)
    speaking = [run for run in runs if run.case.speaks]
    for run in runs:
        run.start()
        if run in speaking and not run.case.wait:
            run.actor.await_word("READY")
            run.actor.act()
    for run in speaking:
        if run.case.wait:
            run.actor.await_word("READY")
    time.sleep(wait + 0.5)
    for run in speaking:
        if run.case.wait:
            run.actor.act()
            run.actor.await_word("DONE")
    wait_until(lambda: all(len(stack.alerts(run.pid())) >= run.at_once() for run in runs), PATIENCE)
    time.sleep(SETTLE)
    stack.stop()
    for run in runs:
        problems, details = check_run(stack, run)
        report.result(run.case.name, problems, details)


def check_rest(report, stack):
    """Of all that these tests did besides the acts, nothing deserves an alert. (Of what others do on this
    machine meanwhile, something may.)"""
    acting = {actor.process.pid for actor in stack.actors}
    acting |= {pid for actor in stack.actors for _, pid, _, _ in actor.lines}
    problems = []
    for _, alert in stack.alerts():
        process = alert["process"]
        ours = not process or process["ppid"] in acting | {os.getpid()} or \
            (process["exe"] or "").startswith(str(stack.dir))
        if ours and (not process or process["pid"] not in acting):
            problems.append(f"{alert['reason']}: {alert['message']}")
    report.result("no-alert-of-anything-else", problems)
    report.result("webhook-got-only-alerts", stack.webhook.errors)


def check_recording(report, stack):
    """What was recorded beside the plugin is judged as it was live, by the very same answers."""
    problems = []
    try:
        judged = recordings.run(stack.build, stack.recording, "--config", stack.dir / "capwatch.yaml")
        if judged != (stack.recording / "alerts.jsonl").read_bytes():
            problems.append("judge-recording gives other alerts than the recorder's judge gave live")
    except (OSError, recordings.RecordingError) as error:
        problems.append(str(error))
    report.result("recording-judged-again", problems)


def run_stack(report, options, all_cases, **settings):
    chosen = [case for case in all_cases if report.wants(case.name)]
    if not chosen:
        return

    def prepare(stack):
        prepare_files(stack)
        stack.add_recorder()

    with Stack(options.build, cases.BASELINE, prepare=prepare, **settings) as stack:
        stack.validator = schema_validator()
        run_cases(report, stack, chosen, START_WINDOW)
        check_rest(report, stack)
        check_recording(report, stack)
        if options.record:
            stack.keep_recording(options.record)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", "--build-dir", default=str(TOP / "build"))
    parser.add_argument("--only", default="")
    parser.add_argument("--record")
    options = parser.parse_args()
    report = Report("acts", options.only)
    everything = cases.MECHANISMS + [cases.REPEATED] + cases.EVASIONS + cases.QUIET
    if not has_i386_abi():
        everything = [case for case in everything if "--abi 32" not in case.arguments]
    try:
        run_stack(report, options, everything)
        options.record = None
        run_stack(report, options, [cases.REPEATED_EACH], repeat_window="0")
    except CannotRun as why:
        report.skip("acts", str(why))
    report.finish()


if __name__ == "__main__":
    main()

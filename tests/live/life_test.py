#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""life_test: the plugin's own life under auditd: who its processes are, their death, reload, loss.

usage: life_test.py --build DIR [--only NAME]
One stack for all but the last tests; each disturbs the plugin, then a waiting actor raises a
capability, which must be alerted once, at every sink.
"""
import argparse
import os
import pathlib
import pwd
import re
import signal
import time

import acts_test
import cases
from harness import CannotRun, START_WINDOW, Stack, TOP, run, schema_validator, wait_until
from report import Report

PATIENCE = 5.0
SENSOR_CAPS = 1 << 2 | 1 << 19  # cap_dac_read_search, cap_sys_ptrace
TESTS = []


def test(function):
    TESTS.append(function)
    return function


def status(pid):
    """/proc/PID/status as a dictionary."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text("latin-1").splitlines()
    return dict(line.split(":", 1) for line in lines if ":" in line)


class Life:
    """The stack, its three processes, and actors that wait to raise."""

    def __init__(self, stack, names):
        self.stack = stack
        self.actors = {name: stack.actor([stack.copy_program(stack.dir / "actor", name), "capset"])
                       for name in names}
        for actor in self.actors.values():
            actor.await_word("READY")
        self.seen = 0
        time.sleep(START_WINDOW + 0.5)

    def processes(self):
        """(supervisor, sensor, courier), or None until all three run."""
        supervisor = sensor = courier = None
        for pid, exe in self.stack.plugin_processes().items():
            try:
                parent = int(status(pid)["PPid"])
            except OSError:
                return None
            if exe == str(self.stack.courier):
                courier = pid
            elif exe == str(self.stack.plugin) and parent == self.stack.auditd.pid:
                supervisor = pid
            elif exe == str(self.stack.plugin):
                sensor = pid
        return (supervisor, sensor, courier) if supervisor and sensor and courier else None

    def started_anew(self, before=()):
        """The three, if none of those given is among them."""
        now = self.processes()
        return now if now and not set(now) & set(before) else None

    def await_processes(self, before=()):
        """The three, once none of those given is among them."""
        return wait_until(lambda: self.started_anew(before), PATIENCE, 0.05)

    def raised(self, name, alerted=True):
        """Problems of one actor's raise. Not alerted: it must stay quiet."""
        actor = self.actors[name]
        actor.act()
        actor.await_word("DONE")
        pid = actor.process.pid
        wait_until(lambda: self.delivered(pid), PATIENCE if alerted else 0.7)
        time.sleep(0.2)
        wanted = [cases.raised(previous=())] if alerted else []
        context = {"dir": self.stack.dir, "exe": str(self.stack.dir / "bin" / name), "actor_pid": pid}
        return acts_test.check_alerts(self.stack, self.stack.alerts(pid), wanted, context)

    def delivered(self, pid):
        """Whether the file has an alert of this process, and the two other sinks the same."""
        ids = [alert["id"] for _, alert in self.stack.alerts(pid)]
        posted = [alert["id"] for _, alert in self.stack.webhook.all()]
        lines = "".join(line for _, line in self.stack.syslog.all())
        return ids and all(one in posted and one in lines for one in ids)

    def new_alerts(self, reason, count=1, seconds=PATIENCE):
        """Alerts of this reason since the last call, once there are as many, and what is wrong."""
        def found():
            return [alert for _, alert in self.stack.alerts()[self.seen:] if alert["reason"] == reason]
        alerts = wait_until(lambda: len(found()) >= count and found(), seconds) or found()
        self.seen = len(self.stack.alerts())
        problems = [] if len(alerts) == count else [f"{len(alerts)} alerts {reason}, not {count}"]
        problems += [f"schema: {error.message[:200]}" for alert in alerts
                     for error in self.stack.validator.iter_errors(alert)]
        return alerts, problems


def pid_of(alert):
    return (alert["process"] or {}).get("pid")


@test
def three_processes_with_reduced_privileges(life):
    supervisor, sensor, courier = (status(pid) for pid in life.processes())
    users = [pwd.getpwuid(int(process["Uid"].split()[0])).pw_name for process in (supervisor, sensor, courier)]
    problems = [] if users[0] == "root" and len(set(users)) == 3 else [f"their users are {users}"]
    for name, process in (("supervisor", supervisor), ("sensor", sensor), ("courier", courier)):
        if process["NoNewPrivs"].strip() != "1":
            problems.append(f"{name}: no_new_privs is not set")
    if int(sensor["CapPrm"], 16) & ~SENSOR_CAPS or int(sensor["CapEff"], 16) & ~SENSOR_CAPS:
        problems.append(f"the sensor holds {sensor['CapPrm'].strip()}")
    if int(courier["CapPrm"], 16):
        problems.append(f"the courier holds {courier['CapPrm'].strip()}")
    return problems + life.raised("three_processes_with_reduced_privileges")


def killed(life, index, name):
    """One of the two children killed: back, told, and nothing lost."""
    before = life.processes()
    life.new_alerts("coverage-loss", 0, 0)
    os.kill(before[index], signal.SIGKILL)
    after = wait_until(lambda: (now := life.processes()) and now[index] != before[index] and now, PATIENCE)
    if not after:
        return [f"not back after {PATIENCE} s: {life.processes()}"]
    problems = [] if after[0] == before[0] else ["the supervisor is another"]
    time.sleep(0.5)
    _, wrong = life.new_alerts("coverage-loss")
    return problems + wrong + life.raised(name)


@test
def courier_killed(life):
    return killed(life, 2, "courier_killed")


@test
def sensor_killed(life):
    return killed(life, 1, "sensor_killed")


@test
def supervisor_killed(life):
    before = life.processes()
    os.kill(before[0], signal.SIGKILL)
    problems = []
    if not wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in before[1:]), PATIENCE):
        problems.append("sensor or courier outlived the supervisor")
    # auditd finds its plugin gone when it has an event for it, and a quiet host has none
    if not wait_until(lambda: run("auditctl", "-m", "test") and life.started_anew(before), PATIENCE, 0.2):
        return [*problems, "auditd did not start the plugin again"]
    time.sleep(0.5)
    return problems + life.raised("supervisor_killed")


@test
def reload_of_a_bad_file_keeps_the_old_one(life):
    config = life.stack.dir / "capwatch.yaml"
    good = config.read_text()
    config.write_text(good + "repeat_windwo: 5m\n")
    os.kill(life.processes()[0], signal.SIGHUP)
    said = wait_until(lambda: any("repeat_windwo" in line for line in life.stack.log_lines() or []), PATIENCE)
    problems = [] if said or life.stack.log is None else ["the error was not said"]
    config.write_text(good)
    return problems + life.raised("reload_of_a_bad_file_keeps_the_old_one")


@test
def reload_takes_a_new_baseline(life):
    life.new_alerts("config-change", 0, 0)
    path = life.stack.dir / "baseline.d" / "60-more.yaml"
    path.write_text(f"services:\n  - name: test-allowed-later\n    match: {{exe: {life.stack.dir}/bin/"
                    "reload_takes_a_new_baseline}\n    running: {effective: [cap_sys_ptrace]}\n")
    os.kill(life.processes()[0], signal.SIGHUP)
    alerts, problems = life.new_alerts("config-change")
    problems += [f"severity is {alert['severity']}" for alert in alerts if alert["severity"] != "medium"]
    return problems + life.raised("reload_takes_a_new_baseline", alerted=False)


@test
def hangup_of_auditd_reaches_the_plugin(life):
    before = life.processes()
    os.kill(life.stack.auditd.pid, signal.SIGHUP)
    time.sleep(1)
    problems = [] if life.await_processes() else [f"it ended: {before} is now {life.processes()}"]
    return problems + life.raised("hangup_of_auditd_reaches_the_plugin")


@test
def receiver_away_for_a_while(life):
    """What the webhook refused is delivered once when the receiver is back; the other sinks go on."""
    life.stack.webhook.refuse = True
    actor = life.actors["receiver_away_for_a_while"]
    actor.act()
    actor.await_word("DONE")
    pid = actor.process.pid
    problems = []
    if not wait_until(lambda: life.stack.alerts(pid), 1.0):
        problems.append("the file had to wait for the webhook")
    time.sleep(1)
    life.stack.webhook.refuse = False
    wait_until(lambda: any(pid_of(alert) == pid for _, alert in life.stack.webhook.all()), 2 * PATIENCE)
    time.sleep(0.3)
    count = sum(pid_of(alert) == pid for _, alert in life.stack.webhook.all())
    return problems + ([] if count == 1 else [f"the webhook got it {count} times"])


@test
def rule_removed(life):
    life.new_alerts("coverage-loss", 0, 0)
    run("auditctl", "-d", "always,exit", "-F", "arch=b64", "-S", "prctl", "-F", "a0=0x1c", "-F",
        "key=capwatch_securebits")
    alerts, problems = life.new_alerts("coverage-loss")
    problems += [f"mechanism is {alert['mechanism']}" for alert in alerts if alert["mechanism"] != "audit"]
    return problems + life.raised("rule_removed")


@test
def auditing_switched_off_and_on(life):
    life.new_alerts("coverage-loss", 0, 0)
    run("auditctl", "-e", "0")
    time.sleep(1.5)
    run("auditctl", "-e", "1")
    time.sleep(0.5)
    alerts, _ = life.new_alerts("coverage-loss", 1)
    problems = [] if alerts else ["no coverage-loss"]
    return problems + life.raised("auditing_switched_off_and_on")


def run_common(report, options, chosen):
    names = [function.__name__ for function in chosen]
    with Stack(options.build, cases.BASELINE, prepare=acts_test.prepare_files, repeat_window="0",
               more="coverage_grace: 1s\n") as stack:
        stack.validator = schema_validator()
        life = Life(stack, names)
        for function in chosen:
            problems = attempt(function, life)
            details = [f"log: {line}" for line in (stack.log_lines() or [])[-8:]] if problems else []
            report.result(function.__name__.replace("_", "-"), problems, details)
            if problems:  # the next one begins with a plugin that is whole
                stack.stop()
                stack.start_auditd()


def attempt(function, life):
    try:
        return function(life)
    except (OSError, TypeError) as error:  # a process that is not there
        return [f"{type(error).__name__}: {error}; processes: {life.processes()}"]


class LonelyStack(Stack):
    """With a plugin that cannot come up."""

    def await_plugin(self):
        """Until it has said why, which takes long on a machine that stands still for a while, and then as long as
        further tries would take."""
        wait_until(lambda: any("capwatch-not-there" in line for line in self.log_lines() or []), 4 * PATIENCE)
        time.sleep(1.5)


def missing_user(report, options):
    """One clear line, not ten silent restarts; the stream is still read."""
    with LonelyStack(options.build, prepare=acts_test.prepare_files, user="capwatch-not-there") as stack:
        said = [line for line in stack.log_lines() or [] if "capwatch-not-there" in line]
        supervisors = [pid for pid, exe in stack.plugin_processes().items() if exe == str(stack.plugin)]
        problems = [] if len(said) == 1 or stack.log is None else [f"said {len(said)} times: {stack.log_lines()[-5:]}"]
        if len(supervisors) != 1:
            problems.append(f"{len(supervisors)} processes of the plugin, not 1")
        report.result("missing-user", problems)


def ended_by_auditd(report, options):
    """SIGTERM to auditd right after an act: all three end, and the alert was delivered."""
    with Stack(options.build, prepare=acts_test.prepare_files) as stack:
        stack.validator = schema_validator()
        life = Life(stack, ["ended-by-auditd"])
        actor = life.actors["ended-by-auditd"]
        ours = life.processes()
        actor.act()
        actor.await_word("DONE")
        stack.stop()
        problems = [f"{pid} still runs" for pid in ours if os.path.exists(f"/proc/{pid}")]
        if len(stack.alerts(actor.process.pid)) != 1:
            problems.append(f"{len(stack.alerts(actor.process.pid))} alerts in the file, not 1")
        lines = [line for _, line in stack.syslog.all() if re.search(rf"\b{actor.process.pid}\b", line)]
        if len(lines) != 1:
            problems.append(f"{len(lines)} lines in syslog, not 1")
        report.result("ended-by-auditd", problems)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", "--build-dir", default=str(TOP / "build"))
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    report = Report("life", options.only)
    chosen = [function for function in TESTS if report.wants(function.__name__.replace("_", "-"))]
    try:
        if chosen:
            run_common(report, options, chosen)
        if report.wants("missing-user"):
            missing_user(report, options)
        if report.wants("ended-by-auditd"):
            ended_by_auditd(report, options)
    except CannotRun as why:
        report.skip("life", str(why))
    report.finish()


if __name__ == "__main__":
    main()

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""confine_test: what the three processes are held to on a running host, and that all works under it.

usage: confine_test.py --build DIR [--only NAME]
One stack, with a webhook by https and by name beside the usual sinks.
"""
import argparse
import os
import pathlib
import pwd
import re
import shutil
import signal
import sys

import acts_test
import cases
from harness import CannotRun, Stack, TOP, is_sanitized, schema_validator, wait_until
from life_test import Life, PATIENCE, attempt, killed, status
from report import Report

sys.path.insert(0, str(TOP / "tests" / "courier"))
from peers import Receiver, certificate, server_context  # noqa: E402

BITS = {"dac_read_search": 2, "kill": 5, "setgid": 6, "setuid": 7, "setpcap": 8, "sys_ptrace": 19, "audit_control": 30}
SENSOR = sum(1 << BITS[name] for name in ("dac_read_search", "sys_ptrace"))
NAMES = ("supervisor", "sensor", "courier")
HELD = (sum(1 << bit for bit in BITS.values()), SENSOR, 0)
FILTERS = (1, 2, 2)  # a child has its parent's, too
LIMITS = {"Max core file size": ("0", "0", "0"), "Max file size": (None, "0", None),
          "Max processes": (None, "0", None), "Max open files": (None, "256", "1024"),
          "Max data size": (None, str(1 << 30), None)}
TESTS = []


def test(function):
    TESTS.append(function)
    return function


def limits(pid):
    """The hard limits of a process, by name."""
    lines = pathlib.Path(f"/proc/{pid}/limits").read_text("ascii").splitlines()[1:]
    return {line[:25].strip(): line[47:67].strip() for line in lines}


def faults_of(number, pid, user):
    """What of one process is not as SECURITY.md says."""
    name, now, bounds = NAMES[number], status(pid), limits(pid)
    sanitized = is_sanitized(f"/proc/{pid}/exe")  # whose shadow memory is larger, and which looks for leaks by ptrace
    wanted = {"NoNewPrivs": "1", "Seccomp": "2", "Seccomp_filters": str(FILTERS[number]),
              "Uid": "\t".join([str(user)] * 4), "Groups": ""}
    wanted |= {key: f"{HELD[number]:016x}" for key in ("CapPrm", "CapEff", "CapBnd")}
    wanted |= {key: f"{0:016x}" for key in ("CapInh", "CapAmb")}
    if number == 0:
        del wanted["Groups"]  # root's
    problems = [f"{name}: {key} is {now[key].strip()!r}, not {value!r}" for key, value in wanted.items()
                if now[key].strip() != value]
    problems += [f"{name}: {limit} is {bounds[limit]}" for limit, values in LIMITS.items()
                 if values[number] is not None and bounds[limit] != values[number]
                 and not (limit == "Max data size" and sanitized)]
    # of a process that is not dumpable, /proc is root's
    if os.stat(f"/proc/{pid}/environ").st_uid != 0 and not (sanitized and name != "sensor"):
        problems.append(f"{name}: is dumpable")
    return problems


def left_open(life):
    """Faults that are there still when all three have had the time to confine themselves."""
    users = [pwd.getpwnam(name).pw_uid for name in ("root", *life.stack.users)]

    def faults():
        return [fault for number, pid in enumerate(life.processes()) for fault in faults_of(number, pid, users[number])]
    wait_until(lambda: not faults(), PATIENCE)
    return faults()


@test
def three_are_confined(life):
    return left_open(life) + life.raised("three_are_confined")


@test
def webhook_by_name_over_tls(life):
    problems = life.raised("webhook_by_name_over_tls")
    pid = life.actors["webhook_by_name_over_tls"].process.pid
    ids = [alert["id"] for _, alert in life.stack.alerts(pid)]
    if not ids or not wait_until(lambda: all(one in life.secure.taken for one in ids), PATIENCE):
        problems.append(f"{ids} did not come by https: {life.secure.counts}")
    return problems


@test
def reload_beyond_what_is_reached(life):
    """Under Landlock a new folder needs a new courier: told as no loss, and nothing is lost."""
    before = life.processes()
    life.new_alerts("coverage-loss", 0, 0)
    other = life.stack.dir / "other"
    other.mkdir()
    os.chown(other, pwd.getpwnam(life.stack.users[1]).pw_uid, -1)
    (life.stack.dir / "conf.d" / "20-other.yaml").write_text(
        f"sinks:\n  - {{type: file, name: other, path: {other}/alerts.jsonl}}\n")
    os.kill(before[0], signal.SIGHUP)
    # without Landlock the courier stays, and reads it
    wait_until(lambda: (now := life.processes()) and now[2] != before[2], 2)
    problems = life.raised("reload_beyond_what_is_reached")
    pid = life.actors["reload_beyond_what_is_reached"].process.pid
    ids = [alert["id"] for _, alert in life.stack.alerts(pid)]
    written = other / "alerts.jsonl"
    if not wait_until(lambda: written.exists() and all(one in written.read_text() for one in ids), PATIENCE):
        problems.append("the new sink did not get it")
    losses, _ = life.new_alerts("coverage-loss", 0, 0.5)
    problems += [f"told as a loss: {alert['message']}" for alert in losses]
    if (life.await_processes() or ())[:2] != before[:2]:
        problems.append("supervisor or sensor is another")
    return problems


@test
def folder_made_anew_is_reached(life):
    """A sink's folder that was removed and came back is another one to Landlock."""
    folder = life.stack.dir / "other"
    if not folder.exists():
        return ["needs reload-beyond-what-is-reached to run before it"]
    life.new_alerts("coverage-loss", 0, 0)
    before = life.processes()
    shutil.rmtree(folder)
    folder.mkdir()
    os.chown(folder, pwd.getpwnam(life.stack.users[1]).pw_uid, -1)
    wait_until(lambda: (now := life.processes()) and now[2] != before[2], 15)
    problems = life.raised("folder_made_anew_is_reached")
    pid = life.actors["folder_made_anew_is_reached"].process.pid
    ids = [alert["id"] for _, alert in life.stack.alerts(pid)]
    written = folder / "alerts.jsonl"
    if not wait_until(lambda: written.exists() and all(one in written.read_text() for one in ids), 15):
        problems.append("the sink did not get it")
    losses, _ = life.new_alerts("coverage-loss", 0, 0.5)
    return problems + [f"told as a loss: {alert['message']}" for alert in losses]


def told_of_intruder(life, index, name):
    """The signal that a call of the fatal table ends in: the alert says what that means."""
    life.new_alerts("coverage-loss", 0, 0)
    before = life.processes()
    os.kill(before[index], signal.SIGSYS)
    if not wait_until(lambda: (now := life.processes()) and now[index] != before[index], PATIENCE):
        return ["it is not back"]
    alerts, problems = life.new_alerts("coverage-loss")
    problems += [f"it says {alert['message']}" for alert in alerts if "only an intruder" not in alert["message"]]
    return problems + life.raised(name)


@test
def intruder_in_the_courier_is_told(life):
    return told_of_intruder(life, 2, "intruder_in_the_courier_is_told")


@test
def intruder_in_the_sensor_is_told(life):
    return told_of_intruder(life, 1, "intruder_in_the_sensor_is_told")


@test
def confined_anew_after_a_kill(life):
    return killed(life, 2, "confined_anew_after_a_kill") + left_open(life)


class ConfinedStack(Stack):
    """With a receiver at https://localhost, whose certificate lies in a folder of its own."""

    @property
    def users(self):
        text = (self.dir / "capwatch.yaml").read_text()
        return [re.search(rf"^{key}: (\S+)$", text, re.M)[1] for key in ("user", "courier_user")]

    def write_configuration(self):
        super().write_configuration()
        for name in ("tls", "conf.d"):
            (self.dir / name).mkdir()
        key, cert = certificate(self.dir / "tls", "localhost", subject="DNS:localhost")
        self.secure = Receiver(server_context(key, cert))
        self.undo.append(self.secure.close)
        os.chmod(cert, 0o644)
        (self.dir / "conf.d" / "10-tls.yaml").write_text(
            f"sinks:\n  - {{type: webhook, name: secure, url: \"https://localhost:{self.secure.port}/\", "
            f"ca_file: {cert}}}\n")


def run_all(report, options, chosen):
    with ConfinedStack(options.build, cases.BASELINE, prepare=acts_test.prepare_files, repeat_window="0",
                       more="coverage_grace: 1s\n") as stack:
        stack.validator = schema_validator()
        life = Life(stack, [function.__name__ for function in chosen])
        life.secure = stack.secure
        for function in chosen:
            problems = attempt(function, life)
            details = [f"log: {line}" for line in (stack.log_lines() or [])[-8:]] if problems else []
            report.result(function.__name__.replace("_", "-"), problems, details)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", "--build-dir", default=str(TOP / "build"))
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    report = Report("confine", options.only)
    chosen = [function for function in TESTS if report.wants(function.__name__.replace("_", "-"))]
    try:
        if chosen and not shutil.which("openssl"):
            raise CannotRun("openssl is missing")
        if chosen:
            run_all(report, options, chosen)
    except CannotRun as why:
        report.skip("confine", str(why))
    report.finish()


if __name__ == "__main__":
    main()

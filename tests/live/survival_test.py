#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""survival_test: capwatch's processes are killed, auditd is restarted, its log is rotated: every gain
that reached auditd's log is alerted once.

usage: tests/live/survival_test.py [--build DIR] [--only NAME] [--soak] [--keep DIR]
--soak: 1,000 gains and ten restarts of auditd, some six minutes, instead of 120 and two.
--keep: alerts, checkpoint, auditd's log and capwatch's own are copied there, to see by what is missing.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import threading
import time

import harness
from harness import CannotRun, START_WINDOW, Stack, TOP, run, wait_until
from life_test import Life
from report import Report

GAINER = TOP / "tests" / "live" / "gainer.py"
KINDS = ("root", "nobody", "child")
CAP_SYS_PTRACE = 1 << 19
LAST_PATIENCE = 60  # the supervisor's longest pause before a start is 30 s
KILL_PAUSE = (0.1, 0.5)
HEADER = re.compile(r"^type=(\S+) msg=audit\(([0-9.]+):(\d+)\):")


class SmallLogStack(Stack):
    """With a log that rotates while the test runs."""

    def write_configuration(self):
        super().write_configuration()
        path = self.dir / "auditd.conf"
        path.write_text(path.read_text().replace("max_log_file = 64", "max_log_file = 1")
                        .replace("num_logs = 2", "num_logs = 99")
                        .replace("max_log_file_action = IGNORE", "max_log_file_action = ROTATE"))

    def restart_auditd(self):
        """As a service manager does it, with the plugin and the rules."""
        self.stop()
        self.undo.remove(self.stop_auditd)
        self.start_auditd()


class Gainer:
    def __init__(self, python, kind):
        self.process = subprocess.Popen([python, GAINER, kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, start_new_session=True, preexec_fn=harness.forget_login)
        self.process.stdout.readline()

    def gain(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        if self.process.stdout.readline() != "DONE\n":
            raise RuntimeError("a gainer ended")

    def end(self):
        self.process.stdin.close()
        self.process.wait(5)
        self.process.stdout.close()


def log_lines(folder):
    """Of all of auditd's log files, the oldest first."""
    files = sorted(folder.glob("audit.log*"), key=lambda path: -int(path.suffix[1:] or 0) if path.suffix != ".log" else 0)
    for path in files:
        yield from path.read_text(errors="replace").splitlines()


def logged_gains(folder, exe):
    """(time, serial) of every capset on record that raised cap_sys_ptrace in that program."""
    ours, raised = set(), set()
    for line in log_lines(folder):
        match = HEADER.match(line)
        if not match:
            continue
        event = (match[2], int(match[3]))
        if match[1] == "SYSCALL" and f'exe="{exe}"' in line:
            ours.add(event)
        if match[1] == "CAPSET" and int(re.search(r"cap_pe=([0-9a-f]+)", line)[1], 16) == CAP_SYS_PTRACE:
            raised.add(event)
    return ours & raised


def alerted_gains(path, exe):
    """[(time, serial)] and [id] of the alerts of such gains, in the file sink."""
    alerts = [json.loads(line) for line in path.read_text().splitlines()]
    alerts = [alert for alert in alerts if (alert["process"] or {}).get("exe") == exe and
              alert["mechanism"] == "capset" and alert["reason"].startswith("expansion")]
    return [(alert["audit"]["serial"]) for alert in alerts], [alert["id"] for alert in alerts]


def other_alerts(stack, exe):
    """Of capwatch's own programs, or of records that it missed."""
    alerts = [json.loads(line) for line in (stack.dir / "alerts" / "alerts.jsonl").read_text().splitlines()]
    alerts = [alert for alert in alerts if not harness.is_of_boot(alert)]
    ours = [alert for alert in alerts if ((alert["process"] or {}).get("exe") or str(stack.dir)).startswith(str(stack.dir))]
    return [alert for alert in ours if (alert["process"] or {}).get("exe") != exe and
            not re.search(r"ended by signal 9|supervisor ended unexpectedly", alert["message"])]


class Killer(threading.Thread):
    """Kills sensor or courier, again and again; held while auditd is restarted."""

    def __init__(self, life):
        super().__init__(daemon=True)
        self.life, self.random = life, random.Random(5)
        self.free, self.over = threading.Lock(), threading.Event()
        self.kills = collections.Counter()

    def run(self):
        while not self.over.wait(self.random.uniform(*KILL_PAUSE)):
            with self.free:
                self.kill_one()

    def kill_one(self):
        stack = self.life.stack
        found = [pid for pid, exe in stack.plugin_processes().items() if exe.startswith(str(stack.dir))]
        supervisor = [pid for pid in found if parent_of(pid) == stack.auditd.pid]
        children = [pid for pid in found if pid not in supervisor]
        if not children:
            return
        victim = self.random.choice(children)
        try:
            name = "courier" if os.readlink(f"/proc/{victim}/exe") == str(stack.courier) else "sensor"
            os.kill(victim, signal.SIGKILL)
            self.kills[name] += 1
        except OSError:
            pass

    def kill_supervisor(self):
        supervisor = [pid for pid in self.life.stack.plugin_processes() if parent_of(pid) == self.life.stack.auditd.pid]
        for pid in supervisor:
            os.kill(pid, signal.SIGKILL)
            self.kills["supervisor"] += 1

    def end(self):
        self.over.set()
        self.join()


def parent_of(pid):
    try:
        return int(pathlib.Path(f"/proc/{pid}/stat").read_text("latin-1").rsplit(")", 1)[1].split()[1])
    except OSError:
        return 0


def make_gains(gains, restarts, gainers, killer):
    """All of them, with a restart of auditd, a rotation and a kill of the supervisor in each part."""
    stack, part = killer.life.stack, gains // restarts
    for number in range(gains):
        gainers[number % len(gainers)].gain()
        time.sleep(0.01 if gains < 1000 else 0.15)
        if number % part == part // 4:
            killer.kill_supervisor()
        elif number % part == part // 3:
            os.kill(stack.auditd.pid, signal.SIGUSR1)  # it rotates its log
        elif number % part == part // 2:
            with killer.free:
                stack.restart_auditd()


def compare(stack, exe, gains):
    """Problems; what came to the file sink against what is in auditd's log."""
    logged = logged_gains(stack.dir / "log", exe)
    serials, ids = alerted_gains(stack.dir / "alerts" / "alerts.jsonl", exe)
    problems = [] if len(logged) == gains else [f"{gains} gains were made, {len(logged)} are in auditd's log"]
    missing = sorted({serial for _, serial in logged} - set(serials))
    if missing:
        problems.append(f"{len(missing)} gains without an alert: serials {missing[:20]}")
    if len(set(ids)) != len(ids) or len(ids) != len(set(serials)):
        twice = [serial for serial, count in collections.Counter(serials).items() if count > 1]
        problems.append(f"{len(ids)} alerts, {len(set(ids))} ids, of {len(set(serials))} events; twice: {twice[:20]}")
    return problems + [f"false alert: {alert['message'][:200]}" for alert in other_alerts(stack, exe)[:5]]


def keep(stack, folder):
    for name in ("log", "alerts"):
        shutil.copytree(stack.dir / name, folder / name, dirs_exist_ok=True, ignore=shutil.ignore_patterns("spool"))
    shutil.copy(stack.dir / "alerts" / "spool" / ".checkpoint", folder / "checkpoint")  # the rest changes meanwhile
    (folder / "own.log").write_text("\n".join(stack.log_lines() or []) + "\n")


def every_gain_once(report, options):
    gains, restarts = (1000, 10) if options.soak else (120, 2)
    began = time.monotonic()
    with SmallLogStack(options.build, repeat_window="0", more="sweep: off\n") as stack:
        python = stack.copy_program("/usr/bin/python3", "gainer")
        exe, sink = str(python), stack.dir / "alerts" / "alerts.jsonl"
        gainers = [Gainer(python, kind) for kind in KINDS]
        stack.undo.append(lambda: [gainer.end() for gainer in gainers])
        time.sleep(START_WINDOW + 0.5)
        wait_until((stack.dir / "alerts" / "spool" / ".checkpoint").exists, 5)
        killer = Killer(Life(stack, []))
        killer.start()
        make_gains(gains, restarts, gainers, killer)
        killer.end()
        wait_until(lambda: run("auditctl", "-m", "still here") and
                   len(set(alerted_gains(sink, exe)[0])) >= gains, LAST_PATIENCE, 0.5)
        time.sleep(1)
        ids = alerted_gains(sink, exe)[1]
        print(f"# {gains} gains, {killer.kills['sensor']} sensors, {killer.kills['courier']} couriers and "
              f"{killer.kills['supervisor']} supervisors killed, auditd restarted {restarts} times, "
              f"{len(list((stack.dir / 'log').iterdir()))} log files: {len(ids)} alerts, {len(set(ids))} ids, "
              f"{time.monotonic() - began:.0f} s", flush=True)
        if options.keep:
            keep(stack, pathlib.Path(options.keep))
        problems = compare(stack, exe, gains)
        report.result("every-gain-once", problems,
                      [f"log: {line}" for line in (stack.log_lines() or [])[-12:]] if problems else [])


class LogLessStack(Stack):
    def write_configuration(self):
        super().write_configuration()
        path = self.dir / "auditd.conf"
        path.write_text(path.read_text().replace("write_logs = yes", "write_logs = no"))


def no_log_is_said(report, options):
    """Where auditd keeps no log, the end of a sensor is a loss of what it had not finished, and is said."""
    with LogLessStack(options.build) as stack:
        life = Life(stack, [])
        run("auditctl", "-m", "a record")
        wait_until((stack.dir / "alerts" / "spool" / ".checkpoint").exists, 5)
        time.sleep(0.5)
        before = life.processes()
        os.kill(before[1], signal.SIGKILL)

        def said():
            return [alert for _, alert in stack.alerts() if alert["reason"] == "coverage-loss" and
                    "keeps no log" in alert["message"]]
        wait_until(said, 10, 0.1)
        found = said()
        problems = [] if len(found) == 1 else [f"said {len(found)} times; the log: {(stack.log_lines() or [])[-5:]}"]
        problems += [f"severity {alert['severity']}" for alert in found if alert["severity"] != "high"]
        report.result("no-log-is-said", problems)


TESTS = {"every-gain-once": every_gain_once, "no-log-is-said": no_log_is_said}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", "--build-dir", default=str(TOP / "build"))
    parser.add_argument("--only", default="")
    parser.add_argument("--soak", action="store_true")
    parser.add_argument("--keep", default="")
    options = parser.parse_args()
    options.build = pathlib.Path(options.build).resolve()  # a stack changes the working folder
    report = Report("survival", options.only)
    try:
        for name, function in TESTS.items():
            if report.wants(name):
                function(report, options)
    except CannotRun as why:
        report.skip("survival", str(why))
    report.finish()


if __name__ == "__main__":
    main()

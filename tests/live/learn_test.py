#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""learn_test: a running plugin learns when root tells it to, over kills and restarts, and what is suggested of it
silences what was learnt and nothing else.

usage: learn_test.py --build DIR [--only NAME]
One private auditd with the plugin.
"""
import argparse
import json
import os
import signal
import socket
import subprocess
import time

from harness import CannotRun, START_WINDOW, Stack, TOP, forget_login, wait_until
from report import Report

NOBODY = 65534
GAINER = TOP / "tests" / "live" / "gainer.py"
FLUSHED_S = 6.0  # plugin/lessons.c: FLUSH_EVERY_MS, and what a busy machine adds


class Bench:
    """The stack, and the command line as an operator uses it."""

    def __init__(self, stack):
        self.stack = stack
        self.config = str(stack.dir / "capwatch.yaml")
        self.spool = stack.dir / "alerts" / "spool"
        self.baselines = [str(TOP / "conf" / "dist" / "baseline.d"), str(stack.dir / "baseline.d")]

    def capwatch(self, *words, **options):
        return subprocess.run([str(self.stack.build / "cli" / "capwatch"), *words, "--config", self.config], text=True,
                              capture_output=True, timeout=60, check=False, **options)

    def learn(self, *words, status=0):
        done = self.capwatch("learn", *words)
        if done.returncode != status:
            raise AssertionError(f"learn {' '.join(words)}: {done.returncode}: {done.stderr}{done.stdout}")
        return done.stdout

    def gainer(self, kind="root"):
        """A program that gains once for each call of gain()."""
        process = subprocess.Popen(["/usr/bin/python3", "-I", str(GAINER), kind], stdin=subprocess.PIPE, text=True,
                                   stdout=subprocess.PIPE, preexec_fn=forget_login)
        self.stack.undo.append(process.kill)
        if process.stdout.readline() != "READY\n":
            raise CannotRun("the gainer did not begin")
        time.sleep(START_WINDOW + 0.3)
        return process

    def gain(self, process):
        process.stdin.write("\n")
        process.stdin.flush()
        process.stdout.readline()
        return process.pid

    def gains_learnt(self):
        lines = [json.loads(line) for line in self.learn("export").splitlines()]
        return sum(line["count"] for line in lines if line["what"] == "gain"
                   and line["facts"].get("capabilities", {}).get("effective", {}).get("gained") == ["cap_sys_ptrace"])

    def await_learnt(self, count):
        return wait_until(lambda: self.gains_learnt() == count, FLUSHED_S, 0.2)

    def changes(self, *words):
        return [alert for _, alert in self.stack.alerts() if alert["reason"] == "config-change"
                and all(word in alert["message"] for word in words)]

    def await_change(self, count, *words):
        return wait_until(lambda: len(self.changes(*words)) == count, 5)

    def processes(self, name):
        return [pid for pid, exe in self.stack.plugin_processes().items() if exe.endswith(name)]

    def hup(self):
        self.stack.auditd.send_signal(signal.SIGHUP)


def check(problems, condition, what):
    if not condition:
        problems.append(what)


def learnt_and_not_alerted(bench):
    problems, gainer = [], bench.gainer()
    said = bench.learn("start")
    check(problems, "learning, of all services, until capwatch learn stop" in said, said)
    check(problems, bench.await_change(1, "switched on by root", "all services"), "the switch gave no alert")
    pid = bench.gain(gainer)
    check(problems, bench.await_learnt(1), f"learnt {bench.gains_learnt()} gains, not 1")
    check(problems, not bench.stack.alerts(pid), f"alerted while learning: {bench.stack.alerts(pid)}")
    check(problems, "kinds of gain: 1" in bench.learn("status"), bench.learn("status"))
    bench.learn("stop")
    check(problems, bench.await_change(1, "switched off by root"), "switching off gave no alert")
    bench.learn("status", status=1)
    bench.gain(gainer)
    check(problems, wait_until(lambda: bench.stack.alerts(pid), 5), "no alert after learning")
    check(problems, bench.gains_learnt() == 1, "learnt more after it was switched off")
    return problems


def root_alone(bench):
    problems, path = [], bench.stack.dir / "control"
    check(problems, path.stat().st_mode & 0o777 == 0o600 and path.stat().st_uid == 0, oct(path.stat().st_mode))
    done = bench.capwatch("learn", "start", user=NOBODY, group=NOBODY, extra_groups=[])
    check(problems, done.returncode == 2 and "only root" in done.stderr, done.stderr)
    # let in by a mistake of somebody's, it is closed all the same
    os.chmod(path, 0o666)
    done = bench.capwatch("learn", "start", user=NOBODY, group=NOBODY, extra_groups=[])
    os.chmod(path, 0o600)
    check(problems, done.returncode == 2 and not bench.changes("switched on", "nobody"), f"{done.returncode} {done.stderr}")
    bench.learn("status", status=1)
    return problems


def what_is_no_order(bench):
    """Whatever is said at the socket, the plugin goes on."""
    problems, before = [], sorted(bench.stack.plugin_processes())
    for message in (b"", b"x", b"\0" * 64, b"x" * 60000):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as end:
            end.settimeout(5)
            end.connect(str(bench.stack.dir / "control"))
            end.send(message)
            try:
                end.recv(2000)
            except (TimeoutError, ConnectionError):
                problems.append(f"no answer to {message[:8]}")
    silent = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    silent.connect(str(bench.stack.dir / "control"))
    bench.learn("stop")  # one that says nothing is in nobody's way
    silent.close()
    check(problems, sorted(bench.stack.plugin_processes()) == before, "a process of ours has ended")
    return problems


def ends_by_itself(bench):
    problems = []
    bench.learn("start", "--for", "2s")
    check(problems, bench.await_change(1, "switched off by its own end"), "its end gave no alert within 5 s")
    bench.learn("status", status=1)
    return problems


def over_kills_and_restarts(bench):
    problems, gainer = [], bench.gainer()
    bench.learn("forget")
    bench.learn("start")
    count = 0
    for name in ("capwatch-courier", "audisp-capwatch", "auditd"):
        count += 1
        pid = bench.gain(gainer)
        check(problems, bench.await_learnt(count), f"before {name}: learnt {bench.gains_learnt()}, not {count}")
        if name == "auditd":
            bench.stack.stop()
            bench.stack.start_auditd()
        else:
            os.kill(max(bench.processes(name)), signal.SIGKILL)
            bench.stack.await_plugin()
        check(problems, "learning, of all services" in bench.learn("status"), f"{name} ended, and learning with it")
    pid = bench.gain(gainer)
    check(problems, bench.await_learnt(count + 1), f"after all: learnt {bench.gains_learnt()}, not {count + 1}")
    check(problems, not bench.stack.alerts(pid), "alerted while learning")
    bench.learn("stop")
    return problems


def changed_while_nobody_watched(bench):
    problems = []
    before = len(bench.changes("while capwatch did not run"))
    bench.stack.stop()
    (bench.stack.dir / "baseline.d" / "60-added.yaml").write_text("services: []\n")
    bench.stack.start_auditd()
    check(problems, bench.await_change(before + 1, "while capwatch did not run"), "no alert of the added file")
    bench.stack.stop()
    bench.stack.start_auditd()
    time.sleep(1)
    check(problems, len(bench.changes("while capwatch did not run")) == before + 1, "an alert though nothing changed")
    return problems


def suggested_and_silent(bench):
    problems, gainer = [], bench.gainer()
    bench.learn("forget")
    bench.learn("start")
    pid = bench.gain(gainer)
    check(problems, bench.await_learnt(1), "not learnt")
    bench.learn("stop")
    done = bench.capwatch("suggest")
    check(problems, done.returncode == 0 and "- cap_sys_ptrace  # seen 1 time" in done.stdout, done.stdout + done.stderr)
    clean = bench.capwatch("check", "-", input=done.stdout)
    check(problems, clean.returncode == 0, clean.stderr)
    (bench.stack.dir / "baseline.d" / "70-learnt.yaml").write_text(done.stdout)
    bench.hup()
    check(problems, bench.await_change(1, "SIGHUP to the plugin"), "the suggestion was not read")
    told = len(bench.stack.alerts(pid))
    bench.gain(gainer)
    time.sleep(2)
    check(problems, len(bench.stack.alerts(pid)) == told, "alerts by its own suggestion")
    return problems


TESTS = (learnt_and_not_alerted, root_alone, what_is_no_order, ends_by_itself, over_kills_and_restarts,
         changed_while_nobody_watched, suggested_and_silent)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    report = Report("learn", options.only)
    try:
        with Stack(options.build, baseline="services: []\n", repeat_window="0") as stack:
            bench = Bench(stack)
            for test in filter(lambda test: report.wants(test.__name__), TESTS):
                try:
                    report.result(test.__name__, test(bench))
                except AssertionError as problem:
                    report.fail(test.__name__, str(problem))
    except CannotRun as why:
        report.skip("all", str(why))
    report.finish()


if __name__ == "__main__":
    main()

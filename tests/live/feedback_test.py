#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""feedback_test: capwatch's own work makes no records without end, where a site audits every file and connection.

usage: feedback_test.py --build DIR [--only NAME]
A plugin whose own calls are recorded feeds itself: each record makes it do what makes the next. So the
rules are those shipped and, behind them, a site's for every open, write, connect, send, unlink, rename and
sync, by either ABI; narrowed to our own programs, because what else the machine does is none of the question.
Their records are counted in auditd's log, by process and call.
"""
import argparse
import collections
import re
import time

import acts_test
import cases
from harness import CannotRun, START_WINDOW, Stack, TOP, wait_until
from report import Report

SITE_CALLS = {  # 18 is pwrite64, for which auditctl has had two names
    "b64": "open,openat,openat2,creat,truncate,ftruncate,write,writev,18,connect,bind,socket,accept4,sendto,"
           "sendmsg,sendmmsg,recvfrom,recvmsg,read,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,link,"
           "linkat,fsync,fdatasync,chmod,fchmod,chown,fchown,readlink,readlinkat,getdents64,close,stat,fstat,newfstatat",
    "b32": "open,openat,openat2,creat,truncate,ftruncate,write,writev,connect,unlink,unlinkat,rename,renameat2,fsync",
}
IDLE = 12          # seconds: more than the period of all that the three do by the clock
ALERTS = 20
SPARSE = 0.5       # seconds between two alerts that come one by one
PATIENCE = 10.0
SYSCALL = re.compile(r"^type=SYSCALL msg=audit\(([0-9.]+):\d+\): arch=(\w+) syscall=(\d+) .*? pid=(\d+) .*? exe=\"([^\"]+)\"", re.M)
# An alert that goes to all three sinks costs the courier eight such calls, alone or among others: its line and
# the sync of the file, and the spool's file for as long as the webhook's request runs (made, written, renamed,
# removed, and two syncs). Twice that leaves room for a connection made anew.
PER_ALERT = 16
# By the clock: the status file every 10 s (open, write, rename); what else is kept on disk or asked of the
# kernel once a second may be as much again, each second.
PER_SECOND = 5


class SiteStack(Stack):
    """With a site's rules behind ours."""

    def rules_text(self):
        rules = [super().rules_text(), "-c"]
        for program in (self.plugin, self.courier):
            rules += [f"-a always,exit -F arch={arch} -S {calls} -F exe={program} -F key=site"
                      for arch, calls in SITE_CALLS.items()]
        return "\n".join(rules) + "\n"

    def own_records(self, since=0.0):
        """How many, by (program, call)."""
        text = (self.dir / "log" / "audit.log").read_text(errors="replace")
        names = {str(self.plugin): "plugin", str(self.courier): "courier"}
        return collections.Counter((names[exe], int(call)) for when, _, call, _, exe in SYSCALL.findall(text)
                                   if exe in names and float(when) >= since)


def described(counts):
    return ", ".join(f"{program} call {call}: {count}" for (program, call), count in counts.most_common(12)) or "none"


def idle(stack):
    begin = time.time()
    time.sleep(IDLE)
    counts = stack.own_records(begin)
    rate = sum(counts.values()) / IDLE
    print(f"#   idle: {rate:.2f} records a second ({described(counts)})")
    return [] if rate <= PER_SECOND else [f"{rate:.1f} records a second of ours while nothing happens: {described(counts)}"]


def delivered(stack, pids):
    arrived = {(alert["process"] or {}).get("pid") for _, alert in stack.webhook.all()}
    return pids <= arrived and pids <= {alert["process"]["pid"] for _, alert in stack.alerts() if alert["process"]}


def alerted(stack, name, pause):
    """Each actor acts once: its alert must be at the sinks, and what delivering it cost is bounded."""
    actors = [actor for actor_name, actor in stack.waiting if actor_name.startswith(name)]
    begin, before = time.time(), len(stack.alerts())
    for actor in actors:
        actor.act()
        actor.await_word("DONE")
        time.sleep(pause)
    pids = {actor.process.pid for actor in actors}
    problems = [] if wait_until(lambda: delivered(stack, pids), PATIENCE) else ["not every alert came"]
    time.sleep(1)
    took = time.time() - begin
    counts = stack.own_records(begin)
    allowed = PER_ALERT * len(actors) + PER_SECOND * took
    alerts = len(stack.alerts()) - before
    print(f"#   {len(actors)} acts in {took:.1f} s, {alerts} alerts: {sum(counts.values())} records ({described(counts)})")
    plugin = sum(count for (program, _), count in counts.items() if program == "plugin")
    if plugin > PER_SECOND * took:  # what sensor and supervisor do for an alert is never recorded
        problems.append(f"{plugin} records of supervisor and sensor: {described(counts)}")
    if sum(counts.values()) > allowed:
        problems.append(f"{sum(counts.values())} records of ours, more than {allowed:.0f}: {described(counts)}")
    if alerts != len(actors):
        problems.append(f"{alerts} alerts for {len(actors)} acts")
    return problems


def own_alerts(stack):
    """Nothing that the three do may look like a gain."""
    names = {str(stack.plugin), str(stack.courier)}
    return [f"an alert of our own work: {alert['message']}" for _, alert in stack.alerts()
            if (alert["process"] or {}).get("exe") in names]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", "--build-dir", default=str(TOP / "build"))
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    report = Report("feedback", options.only)
    names = [f"{kind}-{number}" for kind in ("burst", "sparse") for number in range(ALERTS if kind == "burst" else 6)]
    tests = [("idle", lambda stack: idle(stack)), ("burst", lambda stack: alerted(stack, "burst", 0)),
             ("sparse", lambda stack: alerted(stack, "sparse", SPARSE)), ("own-alerts", own_alerts)]
    chosen = [(name, test) for name, test in tests if report.wants(name)]
    try:
        if chosen:
            with SiteStack(options.build, cases.BASELINE, prepare=acts_test.prepare_files, repeat_window="0") as stack:
                stack.waiting = [(name, stack.actor([stack.copy_program(stack.dir / "actor", name), "capset"]))
                                 for name in names]
                for _, actor in stack.waiting:
                    actor.await_word("READY")
                time.sleep(START_WINDOW + 0.5)
                for name, test in chosen:
                    report.result(name, test(stack))
    except CannotRun as why:
        report.skip("feedback", str(why))
    report.finish()


if __name__ == "__main__":
    main()

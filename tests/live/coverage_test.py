#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""coverage_test: every way to blind capwatch that auditctl has, alerted within 2 s, and its end.

usage: coverage_test.py --build DIR [--only NAME]
Each act is done, the time until its alert lies in the file is taken, and it is undone: within the
grace (one low alert, and no other), or after it (a high one, then one that says it is over).
"""
import argparse
import os
import pathlib
import re
import signal
import subprocess
import time

from harness import CannotRun, Stack, is_of_boot, run, schema_validator, wait_until
from report import Report

LIMIT = 2.0   # seconds from the act to the file
GRACE = 6.0   # coverage_grace of these stacks
ROOM = 3.0    # after the grace, for a machine that is busy
QUIET = 1.5   # so long nothing more must come
PAUSES = (0.3, 0.4, 0.5, 0.6, 0.7)  # of a reload's own CPU time; at first the kernel sends it the list of rules

TWIN = ("-F", "arch=b32", "-S", "capset", "-F", "key=capwatch_capset")
FRONT = ("-F", "arch=b64", "-S", "capset")
EXCLUDED = ("-F", "msgtype=CAPSET")


def auditctl(*arguments):
    """Its exit status does not count: some of what it says is no more than a remark."""
    return run("auditctl", *arguments)


class Act:
    """One way to blind: how, how it is undone, and what the alert must say. maker: what it must name."""

    def __init__(self, name, blind, mend, words, maker=True):
        self.name, self.blind, self.mend, self.words, self.maker = name, blind, mend, words, maker

    def is_told_by(self, alert):
        return self.words in alert["message"]


def reload_rules(stack):
    auditctl("-R", str(stack.dir / "rules"))


def hide_first(stack):
    """Who hides the records of changes first leaves no name."""
    auditctl("-a", "always,exclude", "-F", "msgtype=CONFIG_CHANGE")


ACTS = [
    Act("all rules deleted", lambda stack: auditctl("-D"), reload_rules, "rules are not loaded"),
    Act("auditing off", lambda stack: auditctl("-e", "0"), lambda stack: auditctl("-e", "1"), "switched off"),
    Act("one rule deleted", lambda stack: auditctl("-d", "always,exit", *TWIN),
        lambda stack: auditctl("-a", "always,exit", *TWIN), "arch=b32 -S capset"),
    Act("a never rule in front", lambda stack: auditctl("-A", "never,exit", *FRONT),
        lambda stack: auditctl("-d", "never,exit", *FRONT), "hides all of what"),
    Act("a record excluded", lambda stack: auditctl("-a", "always,exclude", *EXCLUDED),
        lambda stack: auditctl("-d", "always,exclude", *EXCLUDED), "msgtype=CAPSET"),
    Act("a task rule", lambda stack: auditctl("-a", "never,task"), lambda stack: auditctl("-d", "never,task"),
        "never,task", maker=False),
    Act("a rate limit", lambda stack: auditctl("-r", "1"), lambda stack: auditctl("-r", "0"), "rate limit",
        maker=False),  # it drops its own record
    Act("a short queue", lambda stack: auditctl("-b", "8"), lambda stack: auditctl("-b", "8192"),
        "holds 8 records"),
]


class Watch:
    """What has come since the last look, of coverage alone."""

    def __init__(self, stack):
        self.stack, self.seen = stack, 0

    def new(self):
        """Others may use the machine meanwhile: their gains are none of this test's."""
        return [(when, alert) for when, alert in self.stack.alerts()[self.seen:]
                if alert["reason"] == "coverage-loss"]

    def forget(self):
        self.seen = len(self.stack.alerts())

    def first(self, seconds, wanted=lambda alert: True):
        """(arrival, alert), or None."""
        def found():
            return next(((when, alert) for when, alert in self.new()
                         if wanted(alert)), None)
        return wait_until(found, seconds)


def brief(alerts):
    return "; ".join(f"{alert['severity']} {alert['reason']} {(alert.get('coverage') or {}).get('state')}: "
                     f"{alert['message'][:260]}" for _, alert in alerts) or "nothing"


def is_consequence(alert):
    """Records that are really lost by an act are told as such, too; and so is a full queue."""
    return any(words in alert["message"] for words in
               ("records were lost", "CAPSET record did not come", "queue is full"))


def check_first(act, done, found, watch):
    """Problems of the alert that an act gave."""
    if not found:
        return [f"no alert within {LIMIT} s, but {brief(watch.new())}"]
    when, alert = found
    coverage, problems = alert["coverage"], []
    if when - done > LIMIT:
        problems.append(f"it came after {when - done:.2f} s")
    if (alert["severity"], coverage["state"]) != ("low", "lost"):
        problems.append(f"it is {alert['severity']}, {coverage['state']}")
    for words in (act.words, "a high alert follows"):
        if words not in alert["message"]:
            problems.append(f"it does not say \"{words}\": {alert['message']}")
    if act.maker and not (coverage["by_exe"] or "").endswith("/auditctl"):
        problems.append(f"it does not say by whom: {alert['message']}")
    return problems


def blind(stack, act):
    """When it was done: where the kernel's RCU is slow, auditctl -D by itself takes seconds."""
    began = time.time()
    act.blind(stack)
    done = time.time()
    if done - began > 1:
        print(f"# {act.name}: done after {done - began:.2f} s", flush=True)
    return done


def healed_within_the_grace(stack, watch, act):
    """One low alert and no other. Returns (problems, latency)."""
    watch.forget()
    done = blind(stack, act)
    found = watch.first(LIMIT + 2, act.is_told_by)
    problems = check_first(act, done, found, watch)
    act.mend(stack)
    time.sleep(QUIET)
    alerts = [one for one in watch.new() if not is_consequence(one[1])]
    if not problems and len(alerts) != 1:
        problems.append(f"more than one alert: {brief(alerts)}")
    return problems, max(found[0] - done, 0) if found else None


def lasting_past_the_grace(stack, watch, act):
    """Low, then high, then restored."""
    watch.forget()
    began = time.time()
    done = blind(stack, act)
    found = watch.first(LIMIT + 2, act.is_told_by)
    problems = check_first(act, done, found, watch)
    high = watch.first(GRACE + ROOM, lambda alert: alert["severity"] == "high" and act.is_told_by(alert))
    if not high:
        problems.append(f"no high alert after the grace: {brief(watch.new())}")
    elif not GRACE - 0.5 <= high[0] - began <= GRACE + ROOM:
        problems.append(f"the high one came after {high[0] - began:.1f} s")
    act.mend(stack)
    if not watch.first(LIMIT + 1, lambda alert: alert["coverage"]["state"] == "restored" and act.is_told_by(alert)):
        problems.append(f"its end is not told: {brief(watch.new())}")
    time.sleep(QUIET)
    states = [(alert["severity"], (alert["coverage"] or {}).get("state")) for _, alert in watch.new() if not is_consequence(alert)]
    if not problems and states != [("low", "lost"), ("high", "lost"), ("low", "restored")]:
        problems.append(f"not low, high, restored: {brief(watch.new())}")
    ids = [alert["id"] for _, alert in watch.new()]
    if len(set(ids)) != len(ids):
        problems.append(f"two alerts have one id: {ids}")
    return problems


def nothing_comes(stack, watch, work, seconds=QUIET + 2):
    watch.forget()
    problems = work(stack) or []
    time.sleep(seconds)
    if watch.new():
        problems.append(f"unexpected: {brief(watch.new())}")
    return problems


def reload_large(stack):
    """As augenrules does: one auditctl -R, which deletes all, then loads some hundreds and ours."""
    path = stack.dir / "large.rules"
    site = "".join(f"-a always,exit -F arch=b64 -S mount -F uid={100000 + i} -k site\n" for i in range(300))
    path.write_text("-D\n-b 8192\n" + site + (stack.dir / "rules").read_text())
    done = auditctl("-R", str(path))
    problems = [] if done.returncode == 0 else [f"auditctl -R: {done.stdout[-200:]}"]
    return problems


class Spoilt(Exception):
    """auditctl did not get over being stopped (ENOBUFS while the kernel sends it the list): then rules are missing."""


def undisturbed(stack, watch, work):
    for _ in range(3):
        try:
            return nothing_comes(stack, watch, work)
        except Spoilt:
            reload_rules(stack)
            time.sleep(GRACE + ROOM)
    return ["auditctl gave up each time"]


def start_reload(stack):
    return subprocess.Popen(["auditctl", "-R", str(stack.dir / "large.rules")], stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def cpu_ms(process):
    """What it has used so far; it must not have been waited for."""
    return int(pathlib.Path(f"/proc/{process.pid}/schedstat").read_text().split()[0]) / 1e6


def reload_slowly(stack):
    """On a slow host: the same process takes seconds, though not the whole grace, with pauses shorter than
    COVERAGE_PAUSE_MS. It pauses where it has done a part of its work, however late the machine lets it."""
    reload_large(stack)  # so that there is much to delete
    process = start_reload(stack)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    usual, process, stops = cpu_ms(process), start_reload(stack), 0

    def ended():
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
    while not ended():
        time.sleep(0.001)
        if stops < len(PAUSES) and cpu_ms(process) > usual * PAUSES[stops]:
            os.kill(process.pid, signal.SIGSTOP)
            time.sleep(0.8)
            os.kill(process.pid, signal.SIGCONT)
            stops += 1
    if process.wait() != 0:
        raise Spoilt
    return [] if stops > 2 else [f"it was done after {stops} pauses: too fast for this test"]


def nobody_named(stack, watch):
    """CONFIG_CHANGE excluded first: that is told, with its maker or without, and so is what follows."""
    watch.forget()
    hide_first(stack)
    first = watch.first(LIMIT + 1, lambda alert: "who changes" in alert["message"])
    began = time.time()
    auditctl("-d", "always,exit", *TWIN)
    second = watch.first(LIMIT + 1, lambda alert: "arch=b32 -S capset" in alert["message"])
    auditctl("-d", "always,exclude", "-F", "msgtype=CONFIG_CHANGE")
    auditctl("-a", "always,exit", *TWIN)
    time.sleep(QUIET)
    problems = [] if first else ["the exclude rule is not told"]
    if not second:
        problems.append("what was done behind it is not told: " + brief(watch.new()))
    elif second[0] - began > LIMIT:
        problems.append(f"that came after {second[0] - began:.2f} s")
    return problems


def records_dropped(stack, watch):
    """A rate limit and more records than it lets through: both are told, the second as high at once."""
    watch.forget()
    auditctl("-r", "1")
    began = time.time()
    for _ in range(40):
        run("/bin/true")
    found = watch.first(LIMIT + 2, lambda alert: "records were lost" in alert["message"])
    auditctl("-r", "0")
    problems = [] if found else [f"lost records are not told: {brief(watch.new())}"]
    if found and (found[1]["severity"] != "high" or not found[1]["coverage"]["events"]):
        problems.append(f"it is {found[1]['severity']}, of {found[1]['coverage']['events']} records")
    if found and found[0] - began > LIMIT + 1:
        problems.append(f"it came after {found[0] - began:.2f} s")
    # what was dropped after the first alert is one more, a grace later; a grace without is the end
    if not watch.first(2 * GRACE + ROOM + 2, lambda alert: "records were lost" in alert["message"]
                       and alert["coverage"]["state"] == "restored"):
        problems.append(f"its end is not told: {brief(watch.new())}")
    time.sleep(QUIET)
    return problems


def auditd_stopped(stack, watch):
    """auditd takes nothing and the queue is full: the kernel keeps its callers waiting, but answers."""
    auditctl("-b", "64", "--backlog_wait_time", "0")
    time.sleep(1)
    watch.forget()
    stack.auditd.send_signal(signal.SIGSTOP)
    try:
        began = time.time()
        flooder = subprocess.Popen(["/bin/sh", "-c", "for i in $(seq 2000); do /bin/true; done"],
                                   stdin=subprocess.DEVNULL)
        found = watch.first(15, lambda alert: "queue is full" in alert["message"]
                            or "records were lost" in alert["message"])
        flooder.kill()
        flooder.wait()
    finally:
        stack.auditd.send_signal(signal.SIGCONT)
        auditctl("-b", "8192", "--backlog_wait_time", "60000")
    problems = [] if found else [f"neither a full queue nor lost records are told: {brief(watch.new())}"]
    if found:
        print(f"# the queue's overflow was told {found[0] - began:.2f} s after auditd was stopped", flush=True)
    time.sleep(GRACE + ROOM)
    return problems


def older_are_named(stack, began):
    """Once, a minute after the start, where the machine was booted without audit=1."""
    audits = any(word in ("audit=1", "audit=on") for word in pathlib.Path("/proc/cmdline").read_text().split())

    def named():
        return [alert for _, alert in stack.file.all() if is_of_boot(alert)]
    wait_until(lambda: time.time() > began + 65 or (named() and not audits), 70)
    if audits or not named():
        return ["told, though audit=1 is there"] if named() else [] if audits else ["nobody is named"]
    time.sleep(QUIET)
    [alert, *more] = named()
    problems = ["told more than once"] if more else []
    problems += [] if re.search(r": \d+ process(es)? may be: .*\(pid \d+\)", alert["message"]) else [alert["message"]]
    coverage = alert["coverage"]
    return problems + ([] if (alert["severity"], coverage["state"]) == ("low", "pending-reboot") else [f"{coverage}"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    options.build = pathlib.Path(options.build).resolve()  # a stack changes the working folder
    report = Report("coverage", options.only)
    schema = schema_validator()

    def invalid(stack):
        return [f"schema: {error.message[:200]}" for _, alert in stack.alerts()
                for error in schema.iter_errors(alert)]
    try:
        with Stack(options.build, more=f"coverage_grace: {int(GRACE)}s\nsweep: 60s\n",
                   repeat_window="0s") as stack:
            watch, began = Watch(stack), time.time()
            time.sleep(1.5)
            for name, work in (("a quiet host", lambda stack: None), ("a reload of 300 rules", reload_large),
                               ("a slow reload", reload_slowly)):
                if report.wants(name):
                    report.result(f"{name} gives no alert", undisturbed(stack, watch, work))
            reload_rules(stack)
            time.sleep(1)
            for act in ACTS:
                if report.wants(act.name):
                    problems, latency = healed_within_the_grace(stack, watch, act)
                    report.result(f"{act.name}, mended: one low alert"
                                  + (f", after {latency:.2f} s" if latency else ""), problems)
            for act in ACTS:
                if report.wants(act.name):
                    report.result(f"{act.name}, lasting: low, high, restored",
                                  lasting_past_the_grace(stack, watch, act))
            for name, work in (("changes that leave no record", nobody_named),
                               ("records dropped by a rate limit", records_dropped),
                               ("a queue that auditd does not empty", auditd_stopped)):
                if report.wants(name):
                    report.result(name, work(stack, watch))
            if report.wants("older than auditing"):
                report.result("older than auditing: named once", older_are_named(stack, began))
            report.result("all alerts fit the schema", invalid(stack))
    except CannotRun as reason:
        report.skip("coverage", str(reason))
    report.finish()


if __name__ == "__main__":
    main()

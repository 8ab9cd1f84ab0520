#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""flood_test: under a flood auditd never waits for us, nothing is dropped in silence, and the first of each kind comes.

usage: flood_test.py --build DIR [--only NAME] [--long]
First auditd is played (dispatcher.c): the plugin is fed as fast as it takes it, and what it made the writer wait
is measured at the write itself, beside "cat" as the plugin in the same run. Then the real auditd, with capset in a
loop on every core; again beside "cat". --long: longer, at several rates, for the figures.

Of a wait only what is ours is held against us: not the time in which writer or reader were ready to run and the
machine gave them no CPU (/proc/PID/schedstat). Both are printed.
"""
import argparse
import os
import pathlib
import pwd
import re
import subprocess
import tempfile
import threading
import time

from harness import (CannotRun, FileSink, NAMES, START_WINDOW, Stack, TOP, audit_status, forget_login,
                     install_program, is_sanitized, test_users, wait_until)
from report import Report

LIVE = TOP / "tests" / "live"
BOUND_US = 50_000      # the longest that auditd's dispatcher may wait for us
FIRST_ALERT = 1.0      # seconds
RSS_BOUND_KB = 48 * 1024  # stream 8 MiB, outbox 16 MiB, and the judge's tables
TOGGLED = 13           # cap_net_raw, the flood's
# Events a second for a build with sanitizers, which costs some four times the CPU: as fast as it is taken would
# measure those. More than the real auditd of this machine passes on of a capset in a loop.
SANITIZED_RATE = {"capset": 1000, "open": 4000}
OTHERS = 3             # gains of another kind, while the flood goes on
THROWN_AWAY = re.compile(r"(\d+) records were thrown away")
QUEUE_FULL = "queue to plugins is full"

PLAYED_YAML = """\
user: {user}
courier_user: {courier_user}
baseline: {dir}/empty.d
start_window: 100ms
spool: {{dir: {dir}/alerts/spool}}
control: {dir}/control
sinks:
  - {{type: file, path: {dir}/alerts/alerts.jsonl}}
"""


class Lateness(threading.Thread):
    """How late this machine wakes a process that waits for nothing but the clock: the worst of it, in seconds."""

    def __init__(self):
        super().__init__(daemon=True)
        self.worst, self.on = 0.0, True

    def run(self):
        while self.on:
            before = time.monotonic()
            time.sleep(0.01)
            self.worst = max(self.worst, time.monotonic() - before - 0.01)

    def end(self):
        self.on = False
        self.join()
        return self.worst


def compile_programs(folder):
    common = ["cc", "-std=gnu11", "-Wall", "-Wextra", "-O2", f"-I{TOP}"]
    for name in ("dispatcher", "flooder", "actor"):
        subprocess.run([*common, "-o", folder / name, LIVE / f"{name}.c", LIVE / "act.c", "-pthread"], check=True)


def counted(alerts):
    """Occurrences that these alerts stand for: summaries count those beyond the first."""
    return sum(alert.get("count", 1) for alert in alerts)


def thrown_away(alerts):
    return sum(int(match[1]) for alert in alerts
               if (match := THROWN_AWAY.search((alert.get("coverage") or {}).get("lost") or "")))


def check_counts(alerts, flooded, gains):
    """Each gain is counted, or the records that it would have taken are said to be lost."""
    found, lost = counted(flooded), thrown_away(alerts)
    if found > gains:
        return [f"{found} gains counted, of {gains}"]
    if found + lost < gains:
        return [f"{gains - found} gains are counted nowhere, and {lost} records said to be lost"]
    return []


def check_firsts(arrivals, late):
    """arrivals: (what, seconds until its first alert was in the file, or None)."""
    allowed = FIRST_ALERT + 3 * late  # three processes pass it on, each as late as the machine makes it
    return [f"{what}: its first alert came " + (f"after {took:.2f} s, not {allowed:.2f}" if took is not None else "never")
            for what, took in arrivals if took is None or took > allowed]


# ---- auditd played ----------------------------------------------------------------------------------------------

class Played:
    """A folder with the plugin, its configuration, and the programs that this needs."""

    def __init__(self, build, folder):
        self.dir = pathlib.Path(folder)
        os.chmod(self.dir, 0o755)
        for name in ("plugin", "alerters", "alerts", "empty.d"):
            (self.dir / name).mkdir()
        compile_programs(self.dir)
        self.plugin = self.dir / "plugin" / "audisp-capwatch"
        install_program(build / "plugin" / "audisp-capwatch", self.plugin)
        install_program(build / "alerters" / "capwatch-courier", self.dir / "alerters" / "capwatch-courier")
        os.chmod(self.dir / "alerters" / "capwatch-courier", 0o755)
        user, courier_user = test_users()
        os.chown(self.dir / "alerts", pwd.getpwnam(courier_user).pw_uid, -1)
        (self.dir / "capwatch.yaml").write_text(
            PLAYED_YAML.format(dir=self.dir, user=user, courier_user=courier_user))

    def feed(self, command, kind, seconds, rate=0):
        """What the dispatcher printed, as numbers by name, and its other gains as (capability, time)."""
        done = subprocess.run(
            [self.dir / "dispatcher", "--kind", kind, "--seconds", str(seconds), "--rate", str(rate), "--other",
             str(OTHERS), *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False,
            env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
        if done.returncode != 0:
            raise RuntimeError(f"the dispatcher ended with {done.returncode}: {done.stdout[-500:]}")
        pairs = [line.split("=", 1) for line in done.stdout.splitlines() if "=" in line]
        others = [value.split() for name, value in pairs if name == "other"]
        return ({name: int(value) for name, value in pairs if name != "other"},
                [(int(cap), int(when) / 1000) for cap, _, when in others])

    def feed_cat(self, kind, seconds, rate=0):
        return self.feed(["/bin/sh", "-c", "exec cat >/dev/null"], kind, seconds, rate)[0]

    def feed_plugin(self, kind, seconds, rate=0):
        """Figures, others and [(arrival, alert)]."""
        (self.dir / "alerts" / "alerts.jsonl").unlink(missing_ok=True)
        sink = FileSink(self.dir / "alerts" / "alerts.jsonl")
        figures, others = self.feed([self.plugin, "--config", self.dir / "capwatch.yaml"], kind, seconds, rate)
        sink.close()
        return figures, others, sink.all()


def summary(name, figures):
    seconds = figures["took_us"] / 1e6
    return (f"#   {name}: {figures['events'] / seconds:.0f} events/s, {figures['records'] / seconds:.0f} records/s; "
            f"longest wait {figures['longest_us'] / 1e3:.1f} ms, ours of it at most {figures['longest_ours_us'] / 1e3:.1f} ms; "
            f"{figures['over_50ms']} over 50 ms; reader {figures['reader_cpu_us'] / max(1, figures['events']):.1f} us of CPU "
            f"an event, {figures['reader_rss_kb']} kB")


def gained_any(alert, number):
    """Whether the alert is of this capability's gain in effective, alone or with others."""
    return NAMES[number] in ((alert.get("capabilities") or {}).get("effective") or {}).get("gained", [])


def check_played(played, kind, figures, others, arrived):
    alerts = [alert for _, alert in arrived]
    flooded = [alert for alert in alerts if gained_any(alert, TOGGLED)]
    problems = check_counts(alerts, flooded, figures["gains"])
    if figures["longest_ours_us"] > BOUND_US:
        problems.append(f"auditd would have waited {figures['longest_ours_us'] / 1e3:.1f} ms for us")
    if not is_sanitized(played.plugin) and figures["reader_rss_kb"] > RSS_BOUND_KB:
        problems.append(f"the sensor has taken {figures['reader_rss_kb']} kB")
    if len(others) != OTHERS:
        problems.append(f"{len(others)} other gains were written, not {OTHERS}")
    if kind == "capset" and not flooded:
        problems.append("the flood itself gave no alert")
    if kind == "capset" and len(flooded) > 2:
        problems.append(f"{len(flooded)} alerts of the flood, which are the first and a summary")
    return problems


def first_arrivals(others, arrived):
    found = []
    for cap, when in others:
        times = [arrival - when for arrival, alert in arrived if gained_any(alert, cap)]
        found.append((f"the gain of capability {cap}", min(times) if times else None))
    return found


def run_played(report, options):
    """Every kind of flood, each beside cat; as fast as it is taken, and with --long at rates too."""
    with tempfile.TemporaryDirectory(prefix="capwatch-flood-") as folder:
        played = Played(options.build, folder)
        for kind in ("capset", "open"):
            name = f"played-{kind}"
            if not report.wants(name):
                continue
            problems = []
            short = SANITIZED_RATE[kind] if is_sanitized(played.plugin) else 0
            for rate in (0, 10000, 50000) if options.long else (short,):
                problems += play(played, kind, rate, 20 if options.long else 4)
            report.result(name, problems)


def play(played, kind, rate, seconds):
    label = f"{kind}, {rate or 'all it takes'} a second"
    print(summary(f"cat, {label}", played.feed_cat(kind, seconds, rate)), flush=True)
    lateness = Lateness()
    lateness.start()
    figures, others, arrived = played.feed_plugin(kind, seconds, rate)
    late = lateness.end()
    print(summary(f"capwatch, {label}", figures), flush=True)
    print(f"#   the machine was {late * 1e3:.0f} ms late at the worst; first alerts after "
          + ", ".join(f"{took:.3f} s" if took else "never" for _, took in first_arrivals(others, arrived)), flush=True)
    return check_played(played, kind, figures, others, arrived) + check_firsts(first_arrivals(others, arrived), late)


# ---- auditd itself ----------------------------------------------------------------------------------------------

class CatStack(Stack):
    """With cat as the plugin, which only reads."""

    def write_configuration(self):
        super().write_configuration()
        copy = self.dir / "bin" / "copy"
        copy.write_text("#!/bin/sh\nexec cat >/dev/null\n")
        copy.chmod(0o750)
        conf = self.dir / "plugins.d" / "capwatch.conf"
        conf.write_text(f"active = yes\ndirection = out\npath = {copy}\ntype = always\nformat = string\n")

    def await_plugin(self):
        time.sleep(0.3)


def flood_live(kind_of_stack, options):
    """A flood on every core through a real auditd, three other gains meanwhile: what became of it."""
    seconds = 20 if options.long else 5
    with kind_of_stack(options.build, prepare=lambda stack: compile_programs(stack.dir)) as stack:
        others = [stack.actor([stack.copy_program(stack.dir / "actor", f"other-{number}"), "capset"], None, forget_login)
                  for number in range(OTHERS)]
        flooder = stack.actor([stack.dir / "flooder", str(os.cpu_count() or 1)], None, forget_login)
        for actor in (*others, flooder):
            actor.await_word("READY")
        time.sleep(START_WINDOW + 0.5)
        lateness = Lateness()
        lateness.start()
        lost, began = audit_status()["lost"], time.monotonic()
        flooder.act()
        for actor in others:
            time.sleep(seconds / (OTHERS + 1))
            actor.act()
            actor.await_word("DONE")
        time.sleep(seconds / (OTHERS + 1))
        flooder.act()
        done = flooder.await_word("DONE", 30)
        took = time.monotonic() - began
        result = {"gains": done[2] if done else 0, "late": lateness.end(), "seconds": took,
                  "lost": audit_status()["lost"] - lost}
        # an auditd that ends leaves behind what waits in the kernel: no plugin ever sees that
        wait_until(lambda: audit_status()["backlog"] == 0, 10)
        stack.stop()
        result["queue_full"] = sum(QUEUE_FULL in line for line in stack.log_lines() or [])
        time.sleep(0.2)
        alerts = stack.alerts()
    result["alerts"] = [alert for _, alert in alerts]
    result["firsts"] = []
    for number, actor in enumerate(others):
        times = [arrival - actor.said("ACT")[1] for arrival, alert in alerts
                 if (alert["process"] or {}).get("pid") == actor.process.pid]
        result["firsts"].append((f"the gain by other-{number}", min(times) if times else None))
    print(f"#   {kind_of_stack.__name__}: {2 * result['gains'] / took:.0f} capset/s for {took:.1f} s, lost {result['lost']}, "
          f"queue full {result['queue_full']} times; the machine was {result['late'] * 1e3:.0f} ms late at the worst; "
          "first alerts after " + ", ".join(f"{t:.3f} s" if t else "never" for _, t in result["firsts"]), flush=True)
    return result


def run_live(report, options):
    cat, ours = flood_live(CatStack, options), flood_live(Stack, options)
    problems = []
    if ours["lost"] and not cat["lost"]:
        problems.append(f"the kernel lost {ours['lost']} records, and none with cat")
    if ours["queue_full"] and not cat["queue_full"]:
        problems.append(f"auditd's queue was full {ours['queue_full']} times, and never with cat")
    problems += check_firsts(ours["firsts"], ours["late"])
    if not ours["lost"] and not ours["queue_full"]:  # else auditd itself has dropped some
        flooded = [alert for alert in ours["alerts"] if gained_any(alert, TOGGLED)]
        problems += check_counts(ours["alerts"], flooded, ours["gains"])
    report.result("live-capset", problems)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", "--build-dir", default=str(TOP / "build"))
    parser.add_argument("--only", default="")
    parser.add_argument("--long", action="store_true", help="20 s each, at several rates: for the figures")
    options = parser.parse_args()
    options.build = pathlib.Path(options.build).resolve()
    report = Report("flood", options.only)
    try:
        if os.geteuid() != 0:
            raise CannotRun("needs root")
        if report.wants("played-capset") or report.wants("played-open"):
            run_played(report, options)
        if report.wants("live-capset"):
            run_live(report, options)
    except CannotRun as why:
        report.skip("flood", str(why))
    report.finish()


if __name__ == "__main__":
    main()

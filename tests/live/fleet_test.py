#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""fleet_test: a collector as docs/fleet.md has it, fed over TCP by the audisp-remotes of two other hosts.

usage: fleet_test.py --build DIR [--only NAME]
The configuration is the document's own, but for Kerberos; a network namespace has the addresses and the ports. What the
nodes send is recorded, and moved so that the first act of each has the same serial and time, and the pid of a process that
lives on the collector. A node's alerts must be those that `capwatch replay` gives of its records alone.
Owns: senders, a stream's moving, the collector. Must not own: how many nodes are told apart (tests/replay/fleet.py).
"""
import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import acts_test
import cases
from harness import (AUDITD_CONF, CannotRun, SETTLE, START_WINDOW, Stack, TOP, in_own_mounts, schema_validator,
                     silence_kernel, wait_until)
from report import Report

sys.path.insert(0, str(TOP / "tests" / "replay"))

import fleet  # noqa: E402
import variants  # noqa: E402

DOCUMENT = TOP / "docs" / "fleet.md"
REMOTE = "/sbin/audisp-remote"
REMOTE_CONF = "/etc/audit/audisp-remote.conf"  # it reads no other
STREAMS = {"web1.example": "debian12-nginx-transparent", "db1.example": "debian12-sudo-daemon"}
PATIENCE = 8.0
PROMPT = 1.0    # seconds from a node's last record to its alerts
GRACE = 2.0     # coverage_grace
PULSE = 15.0    # the sensor tells the courier of itself every 10 s
OLDEST = 60     # seconds ago the nodes' first acts were
ROUND = 5       # seconds, each round is later by
SERIALS = 100         # of each round
OTHER_PIDS = 100_000  # of each round's processes that are not the acting one
HALF = 11             # the round of what is sent by half
HEARTBEATS = """\
heartbeat: 1s
sinks:
  - type: file
    name: heartbeats
    path: {dir}/alerts/heartbeats.jsonl
    min_severity: critical
    heartbeat: true
"""
WHERE = re.compile(rb"msg=audit\((\d+)\.(\d+):(\d+)\)")
PIDS = re.compile(rb"\b(p?pid)=(\d+)")
JUDGED = ("observed_time", "host_id")  # differ between live and replay, beside what names the node
# What is known no more of a process that began while capwatch was away (judge/observe.c, guess_sets()).
BEFORE = re.compile(r"previous|capabilities\.\w+\.(before|lost)")


def documented(after):
    """The text of the file that the document shows next after these words."""
    return re.search(rf"{re.escape(after)}.*?^```\w*\n(.*?)^```$", DOCUMENT.read_text(), re.M | re.S)[1]


def without_kerberos(text):
    return re.sub(r"^transport = krb5$", "transport = tcp", text, flags=re.M)


def settings(text):
    """Of an auditd.conf."""
    return dict(line.split(" = ", 1) for line in text.splitlines())


def make_network():
    """Of our own, with no way out: each sender reaches the collector from an address of its own."""
    def ip(*words):
        subprocess.run(["ip", *words], check=True)
    ip("link", "set", "lo", "up")
    for number in range(len(STREAMS)):
        ip("address", "add", f"10.0.0.{number + 1}/32", "dev", "lo")
        ip("route", "add", "local", f"10.0.1.{number + 1}/32", "dev", "lo", "src", f"10.0.0.{number + 1}")


class Sender:
    """One host's audisp-remote, with files of its own, whose standard input is what its auditd would write to."""

    def __init__(self, stack, number, node):
        self.node = node
        self.process = self.input = None
        self.folder = stack.dir / node
        (self.folder / "spool" / "audit").mkdir(parents=True)
        (self.folder / "conf").write_text(without_kerberos(documented(REMOTE_CONF)))
        (self.folder / "hosts").write_text(f"10.0.1.{number + 1} collector.example\n")
        stack.undo.append(self.end)

    def start(self):
        self.input, theirs = socket.socketpair()  # as auditd does
        script = (f'mount --bind "$0/conf" {REMOTE_CONF} && mount --bind "$0/hosts" /etc/hosts && '
                  f'mount --bind "$0/spool" /var/spool && exec {REMOTE}')
        self.process = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sh", "-c", script,
                                         str(self.folder)], stdin=theirs)
        theirs.close()

    def send(self, lines):
        self.input.sendall(b"".join(b"node=%s %s" % (self.node.encode(), line) for line in lines))

    def end(self, by=signal.SIGTERM):
        if self.process:
            self.process.send_signal(by)
            self.process.wait(10)
            self.input.close()
            self.process = None


class Story:
    """What a node sends in one round: its stream, where the first alert's event has the round's serial and time, and this
    pid."""

    def __init__(self, collector, sender, pid, number):
        self.sender = sender
        path = TOP / "tests" / "replay" / "streams" / f"{STREAMS[sender.node]}.stream"
        first = collector.replayed(path)[0]
        self.acting, self.pid, self.others = first["process"]["pid"], pid, OTHER_PIDS * number
        self.serial = SERIALS * number - first["audit"]["serial"]
        self.ms = round((collector.began - OLDEST + ROUND * number - float(first["audit"]["time"])) * 1000)
        self.events = [[self.moved(line) for line in event] for event in variants.events_of(path.read_bytes())]
        self.act = next(event for event in self.events if b":%d)" % (SERIALS * number) in event[0])
        alone = collector.dir / "alone.stream"
        alone.write_bytes(b"".join(b"".join(event) for event in self.events))
        self.wanted = collector.replayed(alone)

    def where(self, match):
        ms = int(match[1]) * 1000 + int(match[2]) + self.ms
        return b"msg=audit(%d.%03d:%d)" % (ms // 1000, ms % 1000, int(match[3]) + self.serial)

    def who(self, match):
        pid = int(match[2])
        return b"%s=%d" % (match[1], self.pid if pid == self.acting else pid + self.others)

    def moved(self, line):
        return PIDS.sub(self.who, WHERE.sub(self.where, line))


class Collector(Stack):
    """Its auditd as the document has it, its senders, and what it must have said of them."""

    def __init__(self, build, local_events):
        super().__init__(build, prepare=type(self).prepare_own, repeat_window="0",
                         more=f"coverage_grace: {GRACE:.0f}s\n")
        self.local_events = local_events
        self.validator = schema_validator()
        self.began, self.rounds = None, 0
        self.away = set()  # rounds that are caught up with
        self.wanted = {node: [] for node in STREAMS}

    def prepare_own(self):
        """What its own process holds no record tells: it is older than capwatch."""
        acts_test.prepare_files(self)
        self.own = self.waiting_actor("own")
        self.began = time.time()

    def start(self):
        super().start()
        self.senders = [Sender(self, number, node) for number, node in enumerate(STREAMS)]
        for sender in self.senders:
            sender.start()

    def write_configuration(self):
        super().write_configuration()
        conf = settings(AUDITD_CONF.format(dir=self.dir))
        conf |= settings(without_kerberos(documented("Collector, /etc/audit/auditd.conf")))
        conf["local_events"] = "yes" if self.local_events else "no"
        (self.dir / "auditd.conf").write_text("".join(f"{name} = {value}\n" for name, value in conf.items()))
        (self.dir / "conf.d").mkdir()
        (self.dir / "conf.d" / "heartbeats.yaml").write_text(HEARTBEATS.format(dir=self.dir))
        if not self.local_events:
            (self.dir / "conf.d" / "collector.yaml").write_text(documented("**With local_events = no**"))

    def auditd_is_up(self):
        """Without the host's own events it says nothing to the kernel."""
        return not self.local_events or super().auditd_is_up()

    def waiting_actor(self, name):
        actor = self.actor([self.copy_program(self.dir / "actor", name), "capset"])
        actor.await_word("READY")
        return actor

    def replayed(self, path):
        """What the same capwatch says of these records alone."""
        done = subprocess.run([self.build / "cli" / "capwatch", "replay", "--format", "json", "--config",
                               self.dir / "capwatch.yaml", path], stdout=subprocess.PIPE, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def of_host(self, host):
        return [(when, alert) for when, alert in self.alerts() if alert["host"] == host]

    def tell(self, senders, actor=None, away=False):
        """The next round of these nodes, event by event in turn, in the middle of which the actor acts that has the pid.
        Returns when it was sent."""
        self.rounds += 1
        self.away |= {self.rounds} if away else set()
        pid = (actor or self.waiting_actor(f"resident{self.rounds}")).process.pid
        stories = [Story(self, sender, pid, self.rounds) for sender in senders]
        longest = max(len(story.events) for story in stories)
        for index in range(longest):
            for story in stories:
                story.sender.send(story.events[index] if index < len(story.events) else [])
            if actor and index == longest // 2:
                actor.act()
        for story in stories:
            self.wanted[story.sender.node] += story.wanted
        return time.time()

    def all_came(self):
        return all(len(self.of_host(node)) >= len(self.wanted[node]) for node in STREAMS)

    def check_nodes(self, sent=None):
        """Problems of all that was alerted of the nodes so far. sent: when the last of it was, if it must have been prompt."""
        wait_until(self.all_came, PATIENCE)
        time.sleep(SETTLE)
        problems = []
        for node, wanted in self.wanted.items():
            got = self.of_host(node)
            late = [when - sent for when, _ in got if sent and when - sent > PROMPT]
            problems += [f"{node}: an alert came after {max(late):.1f} s"] if late else []
            problems += [f"{node}: schema: {error.message[:200]}" for _, alert in got
                         for error in self.validator.iter_errors(alert)]
            problems += [f"{node}: audit.node is {alert['audit'].get('node')}" for _, alert in got
                         if alert["audit"].get("node") != node]
            problems += [f"{node}: {problem}" for problem in self.differences([normal(alert) for _, alert in got],
                                                                              [normal(alert) for alert in wanted])]
        return problems

    def differences(self, got, wanted):
        """Of two lists of alerts; field by field as far as they go."""
        problems = [] if len(got) == len(wanted) else [
            f"{len(got)} alerts, {len(wanted)} wanted; got serials {[alert['audit.serial'] for alert in got]}"]
        for one, other in zip(got, wanted):
            is_away = other["audit.serial"] // SERIALS in self.away
            problems += [f"serial {other['audit.serial']}: {path} is {one.get(path)}, not {other.get(path)}"
                         for path in sorted(one.keys() | other.keys())
                         if one.get(path) != other.get(path) and not (is_away and BEFORE.fullmatch(path))]
        return problems

    def check_own(self, actor):
        """The act of the collector's own process, by its /proc, though the nodes' have the same pid."""
        pid = actor.process.pid
        context = {"dir": self.dir, "exe": os.readlink(f"/proc/{pid}/exe"), "actor_pid": pid}

        def own():
            return [(when, alert) for when, alert in self.alerts(pid) if alert["host"] == socket.gethostname()]
        wait_until(own, PATIENCE)
        return acts_test.check_alerts(self, own(), [cases.raised(previous=("known",))], context)


def normal(alert):
    """The alert's fields by their paths, without what differs between live and replay, and without its host's name."""
    flat, waiting = {}, [("", alert)]
    while waiting:
        path, value = waiting.pop()
        if path in fleet.NAMES + JUDGED:
            continue
        if isinstance(value, dict):
            waiting += [(f"{path}.{name}".lstrip("."), part) for name, part in value.items()]
        else:
            flat[path] = value
    return flat


def nodes_alone(collector):
    """The pid of their acts is here a process that holds everything and does nothing."""
    sent = collector.tell(collector.senders)
    own = [alert["message"] for _, alert in collector.of_host(socket.gethostname())]
    return collector.check_nodes(sent) + [f"of the collector: {message}" for message in own]


def blindness_is_told(collector):
    """Auditing off and no rules: low, and high after the grace, once each. At a start that takes a minute
    (LOOKOUT_SETTLED_MS), but for rules that were there."""
    began = time.time()
    silence_kernel()

    def told():
        return [(when, alert) for when, alert in collector.alerts() if alert["reason"] == "coverage-loss"]
    wait_until(lambda: len(told()) >= 4, GRACE + PATIENCE)
    time.sleep(SETTLE)
    problems = []
    for words in ("auditing is switched off", "rules are not loaded"):
        got = [(when, alert["severity"]) for when, alert in told() if words in alert["message"]]
        if [severity for _, severity in got] != ["low", "high"]:
            problems.append(f"{words}: {got}")
        elif got[1][0] - began < GRACE - 0.5:
            problems.append(f"{words}: high after {got[1][0] - began:.1f} s already")
    return problems + ([] if len(told()) == 4 else [alert["message"] for _, alert in told()])


def heartbeats_count_it(collector):
    path = collector.dir / "alerts" / "heartbeats.jsonl"

    def losses():
        lines = path.read_text().splitlines() if path.exists() else []
        return json.loads(lines[-1])["coverage"]["losses"] if lines else None
    found = wait_until(lambda: losses() == 2, PULSE, 0.2)
    return [] if found else [f"coverage.losses is {losses()}, not 2"]


def nodes_and_own(collector):
    wait_until(lambda: time.time() > collector.began + START_WINDOW + 0.5, PATIENCE)
    sent = collector.tell(collector.senders, collector.own)
    collector.own.await_word("DONE")
    return collector.check_nodes(sent) + collector.check_own(collector.own)


def sender_killed_within_an_event(collector):
    """The half of an event that it sent gives nothing; the other node is alerted meanwhile, it itself when it is back."""
    lost, other = collector.senders
    half = Story(collector, lost, os.getpid(), HALF).act[:1]
    lost.send(half)
    log = collector.dir / "log" / "audit.log"
    if not wait_until(lambda: f":{SERIALS * HALF}): " in log.read_text(), PATIENCE):
        return ["the half did not come"]
    lost.end(signal.SIGKILL)
    collector.tell([other])
    problems = collector.check_nodes()
    lost.start()
    sent = collector.tell(collector.senders)
    return problems + collector.check_nodes(sent)


def collector_restarted(collector):
    """What the nodes do meanwhile waits on their disks; they connect again with the next record, and all is alerted once."""
    collector.stop()
    collector.tell(collector.senders, away=True)
    collector.start_auditd()
    collector.tell(collector.senders, away=True)
    return collector.check_nodes()


def capwatch_killed(collector):
    """What the nodes do meanwhile is in the collector's log: more than is read of it at a time (CATCHUP_PIECE_MAX), and older
    than the collector's own last record."""
    ours = collector.plugin_processes()
    for pid in ours:
        os.kill(pid, signal.SIGSTOP)
    for _ in range(3):
        collector.tell(collector.senders, away=True)
    log = collector.dir / "log" / "audit.log"
    wait_until(lambda: log.read_text().count(f":{SERIALS * collector.rounds}): ") >= 2 * 3, PATIENCE)
    for pid in ours:
        os.kill(pid, signal.SIGKILL)
    collector.tell(collector.senders, away=True)
    return collector.check_nodes()


def nothing_else(collector):
    """What is pending is judged at the end, and none of it deserves an alert."""
    collector.stop()
    host = socket.gethostname()
    problems = collector.check_nodes()
    problems += [f"of {alert['host']}: {alert['message']}" for _, alert in collector.alerts()
                 if alert["host"] not in STREAMS and alert["host"] != host]
    ours = str(collector.dir)
    own = [alert for _, alert in collector.of_host(host) if not alert["process"] or ours in (alert["process"]["exe"] or "")]
    if len(own) != 1:
        problems += [f"of the collector: {alert['message']}" for alert in own]
    return problems


def run_collector(report, options, local_events, tests):
    def name(test):
        return f"fleet-local-events-{'yes' if local_events else 'no'}-{test.__name__.replace('_', '-')}"
    chosen = [test for test in tests if report.wants(name(test))]
    if not chosen:
        return
    with Collector(options.build, local_events) as collector:
        for test in chosen:
            problems = test(collector)
            details = [f"log: {line}" for line in (collector.log_lines() or [])[-8:]] if problems else []
            report.result(name(test), problems, details)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", "--build-dir", default=str(TOP / "build"))
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    options.build = os.path.abspath(options.build)
    report = Report("fleet", options.only)
    try:
        if not os.path.exists(REMOTE):
            raise CannotRun(f"{REMOTE} is not here: it is in audispd-plugins")
        if os.geteuid() == 0:
            in_own_mounts("--net")
            make_network()
        run_collector(report, options, False, (nodes_alone, blindness_is_told, heartbeats_count_it))
        run_collector(report, options, True, (nodes_and_own, sender_killed_within_an_event, collector_restarted,
                                              capwatch_killed, nothing_else))
    except CannotRun as why:
        report.skip("fleet", str(why))
    report.finish()


if __name__ == "__main__":
    main()

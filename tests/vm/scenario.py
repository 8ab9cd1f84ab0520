# SPDX-License-Identifier: Apache-2.0
"""scenario: the words that scenario files are written in. Guest and host both read the same file.

Owns: what a step, a case and an expected alert are, and when an alert fits one. Must not own: how
steps are run (agent) or what is printed about them (verdict).

A scenario file is Python that builds one SCENARIO = Scenario(...). Commands are bash, run with
`set -euo pipefail` by an administrator who is logged in over SSH (root, a session of its own), in
the folder of the payload's tools (PATH has it first). At the end of a pipe grep counts (-c): with -q
it ends early, and the other side's SIGPIPE would fail the step.
"""
import fnmatch
import importlib
import os
import sys
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

PATIENCE_S = 240
EARLY_S = 0.5  # an event may carry a coarse clock's time, some ms before the step's own


def _release():
    """VERSION_ID of the host that the scenario is for: given by the runner, or the machine's own."""
    if os.environ.get("CAPWATCH_VM_RELEASE"):
        return os.environ["CAPWATCH_VM_RELEASE"]
    for line in Path("/etc/os-release").read_text().splitlines():
        if line.startswith("VERSION_ID="):
            return line.partition("=")[2].strip('"')
    raise SystemExit("/etc/os-release has no VERSION_ID; set CAPWATCH_VM_RELEASE to 12 or 13")


RELEASE = int(_release())


@dataclass(frozen=True)
class Alert:
    """An alert that must come, or may: globs over fields of docs/alert.schema.json. None: not looked at.

    service fits the alert's service name, its template, its unit, or its container's id.
    """
    reason: str
    service: str = None
    exe: str = None
    mechanism: str = None
    severity: str = None
    gained: str = None  # a capability that must be among the gained, of any set
    what: str = None  # in the alert's message

    def fits(self, alert):
        service, process = alert.get("service") or {}, alert.get("process") or {}
        names = [service.get(key) for key in ("name", "template", "unit")]
        names.append((service.get("container") or {}).get("id"))
        gained = [cap for caps in (alert.get("capabilities") or {}).values()
                  for cap in (caps or {}).get("gained", [])]
        return (_fits(self.reason, [alert["reason"]]) and _fits(self.service, names)
                and _fits(self.exe, [process.get("exe")])
                and _fits(self.mechanism, [alert.get("mechanism")])
                and _fits(self.severity, [alert.get("severity")])
                and _fits(self.gained, gained)
                and (self.what is None or self.what in alert.get("message", "")))

    def __str__(self):
        return " ".join(f"{key}={value}" for key, value in vars(self).items() if value)


def _fits(glob, values):
    return glob is None or any(value and fnmatch.fnmatchcase(value, glob) for value in values)


def alert_time(alert):
    """Seconds since the epoch of the event behind an alert."""
    return datetime.fromisoformat(alert["time"].replace("Z", "+00:00")).timestamp()


@dataclass(frozen=True)
class Step:
    """A quiet step: work of a healthy host. services: the units that it starts or finds started, between blanks."""
    name: str
    run: str
    services: str = ""
    releases: tuple = (12, 13)
    timeout: int = 60


@dataclass(frozen=True)
class Case:
    """A loud case: run does the act, expect must come between its begin and `within` seconds after
    its end, and prepare comes before; nothing is expected of it. also: further alerts that may come."""
    name: str
    run: str
    expect: tuple
    prepare: str = ""
    also: tuple = ()
    releases: tuple = (12, 13)
    within: int = 10
    timeout: int = 60


@dataclass(frozen=True)
class Reboot:
    """The host boots again; the steps after it go on there."""
    name: str
    releases: tuple = (12, 13)


@dataclass(frozen=True)
class Declared:
    """An alert that the quiet scenario may give (must, where it is required), and why that is right."""
    alert: Alert
    why: str
    required: bool = False


@dataclass(frozen=True)
class Elsewhere:
    """A shipped baseline entry that this host does not need, and which host or test does."""
    entry: str
    why: str
    releases: tuple = (12, 13)


@dataclass(frozen=True)
class Scenario:
    name: str
    steps: tuple  # of Step, Case or Reboot, in order
    before_boot: tuple = ()  # of Step, run before capwatch is installed; then the host is rebooted
    after_install: tuple = ()  # of Step, before that boot
    declared: tuple = ()
    entries_needed: bool = False  # each shipped baseline entry must keep an alert away here,
    elsewhere: tuple = ()  # but these
    compared: str = ""  # of the results: a suggested baseline, to be compared with the shipped one
    walked: str = ""  # of the results: what the commands of docs/tuning.md printed, a file each
    reboot: bool = False  # boot again after the installation, so that capwatch sees a boot

    def of_release(self):
        return tuple(step for step in self.steps if RELEASE in step.releases)

    def before_of_release(self):
        return tuple(step for step in self.before_boot + self.after_install if RELEASE in step.releases)


def patient(steps):
    """The same with more time: a guest beside others is many times slower than alone."""
    return tuple(replace(step, timeout=max(step.timeout, PATIENCE_S)) for step in steps)


def load(folder, name):
    """The SCENARIO of folder/NAME.py, which may import its neighbours."""
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    return importlib.import_module(name).SCENARIO

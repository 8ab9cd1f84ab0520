# SPDX-License-Identifier: Apache-2.0
"""expect: one alert as a test wants it, and the comparison with what came.

Owns: what is compared, and saying how it differs. Must not own: any case.
"""
from dataclasses import dataclass, field

SETS = ("permitted", "effective", "inheritable", "ambient")
LATENCY = 1.0


@dataclass
class Expected:
    """Fields of docs/alert.schema.json; what is None or empty is not compared, except gained: a set
    that is not named must have gained nothing. {dir} in a path is the stack's folder."""
    reason: str
    severity: str
    mechanism: str
    gained: dict = field(default_factory=dict)
    before: dict = field(default_factory=dict)
    phase: str = "running"
    previous: tuple = ()
    outcome: str = "success"
    count: tuple = (1,)
    securebits: tuple = ()
    file: str = ""
    exe: str = ""
    comm: str = ""
    arch: str = ""
    unit: str = ""
    service_kind: tuple = ()
    parent_is_actor: bool = False
    gained_at_least: bool = False  # other sets may show a gain too (threads that differ)


def differences(expected, alert, context):
    """How the alert differs from what was expected, as lines. context: dir, exe, pid, actor_pid."""
    found = []

    def compare(name, got, *wanted):
        if got not in wanted:
            found.append(f"{expected.reason}: {name} is {got!r}, not {' or '.join(map(repr, wanted))}")

    process, service = alert["process"] or {}, alert["service"] or {}
    for name in ("reason", "severity", "mechanism", "phase", "outcome"):
        compare(name, alert[name], getattr(expected, name))
    compare("disposition", alert["disposition"], "alert")
    compare("count", alert["count"], *expected.count)
    compare("process.exe", process.get("exe"), (expected.exe or context["exe"]).format(dir=context["dir"]))
    if expected.previous:
        compare("previous", alert["previous"], *expected.previous)
    if expected.comm:
        compare("process.comm", process.get("comm"), expected.comm)
    if expected.arch:
        compare("audit.arch", alert["audit"].get("arch"), expected.arch)
    if expected.unit:
        compare("service.unit", service.get("unit"), expected.unit)
    if expected.service_kind:
        compare("service.kind", service.get("kind"), *expected.service_kind)
    if expected.parent_is_actor:
        compare("process.ppid", process.get("ppid"), context["actor_pid"])
    if expected.file:
        compare("file.path", (alert.get("file") or {}).get("path"), expected.file.format(dir=context["dir"]))
    if expected.securebits:
        got = alert.get("securebits") or {}
        compare("securebits", (got.get("before"), got.get("after")), expected.securebits)
    return found + set_differences(expected, alert)


def set_differences(expected, alert):
    """Of the four sets: the gain named, no other, and the state before."""
    found = []
    sets = alert.get("capabilities") or {}
    for name in SETS:
        wanted = expected.gained.get(name, [])
        got = (sets.get(name) or {}).get("gained", [])
        if sorted(got) != sorted(wanted) and not (expected.gained_at_least and not wanted):
            found.append(f"{expected.reason}: {name} gained {brief(got)}, not {brief(wanted)}")
        if name in expected.before:
            before = (sets.get(name) or {}).get("before")
            if before is None or sorted(before) != sorted(expected.before[name]):
                found.append(f"{expected.reason}: {name} before is {brief(before)}, "
                             f"not {brief(expected.before[name])}")
    return found + inconsistencies(alert)


def inconsistencies(alert):
    """gained and lost must be the difference of before and after."""
    found = []
    for name, sets in (alert.get("capabilities") or {}).items():
        if sets["before"] is None:
            continue
        before, after = set(sets["before"]), set(sets["after"])
        if set(sets["gained"]) != after - before or set(sets["lost"]) != before - after:
            found.append(f"{name}: gained and lost are not the difference of before and after: {sets}")
    return found


def brief(names):
    """A long set in few words."""
    if names is None or len(names) <= 6:
        return names
    return f"[{len(names)} capabilities: {names[0]} .. {names[-1]}]"

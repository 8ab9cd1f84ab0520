# SPDX-License-Identifier: Apache-2.0
"""cases: what each act must give. Data: how the actor is run, and the alerts expected of it.

Owns: expectations. Must not own: how a case is run (acts_test.py) or checked (expect.py).
"""
from dataclasses import dataclass, field
from typing import Optional

from expect import Expected
from harness import bounding_set

PTRACE = ["cap_sys_ptrace"]
RAW = ["cap_net_raw"]
FULL = bounding_set()
FILE_SYSTEM = [name for name in FULL if name in (
    "cap_chown", "cap_dac_override", "cap_dac_read_search", "cap_fowner", "cap_fsetid",
    "cap_linux_immutable", "cap_mknod", "cap_mac_override")]
NOBODY = 65534
STRANGE = b'a"b\\\n\x01\xff}'


def without(names, removed):
    return [name for name in names if name not in removed]


@dataclass
class Case:
    """One actor. arguments: its command line, {dir} being the stack's folder. expected: its alerts, in
    order; empty: it must stay quiet."""
    name: str
    arguments: str
    expected: list = field(default_factory=list)
    child_expected: Optional[list] = None  # of the process that says CHILD
    wait: bool = True    # until the start window is over
    result: int = 0      # what DONE must say
    program: str = ""    # run this instead of an own copy of the actor
    mount: tuple = ()    # (file, over): a copy of file bind-mounted over another, in an own mount namespace
    speaks: bool = True  # the program is the actor or the preloaded object, not a stranger
    environment: dict = field(default_factory=dict)
    unit: str = ""       # the unit that a launcher starts it as; arguments are then the launcher's
    allowed: tuple = ()  # reasons that may come besides


def raised(**changes):
    """cap_sys_ptrace into effective, by a service that runs."""
    return Expected(**{"reason": "expansion-after-start", "severity": "high", "mechanism": "capset",
                       "gained": {"effective": PTRACE},
                       "before": {"effective": without(FULL, PTRACE), "permitted": FULL},
                       "previous": ("known", "inferred"), **changes})


def raised_admin(**changes):
    """What preload.c does."""
    return raised(gained={"effective": ADMIN}, before={"effective": without(FULL, ADMIN)}, **changes)


AT_START_INHERITABLE = Expected("expansion-at-start", "medium", "capset", {"inheritable": PTRACE},
                                before={"inheritable": []}, phase="starting")
INHERITABLE = Expected("expansion-after-start", "high", "capset", {"inheritable": PTRACE},
                       before={"inheritable": []})
AMBIENT = Expected("ambient-raise", "high", "ambient", {"ambient": PTRACE}, before={"ambient": []})
LOOSENED = Expected("securebits-change", "high", "securebits", securebits=(["noroot"], []))
KEEP_CAPS = Expected("securebits-change", "high", "securebits", securebits=([], ["keep-caps"]))
SETEUID = Expected("setuid-gain", "high", "setuid", {"effective": FULL}, before={"effective": []})
SETFSUID = Expected("setuid-gain", "high", "setuid", {"effective": FILE_SYSTEM},
                    before={"effective": without(FULL, FILE_SYSTEM)})
EVERYTHING = {"permitted": FULL, "effective": FULL}
EMPTY = {"permitted": [], "effective": []}
DENIED = Expected("gain-denied", "low", "capset", outcome="denied")
LAST_CAP = Expected("cap-last-cap-write", "high", "cap-last-cap", outcome="denied",
                    file="/proc/sys/kernel/cap_last_cap")
USERNS = Expected("userns-gain", "low", "userns")
ADMIN = ["cap_sys_admin"]
ADMIN_INHERITABLE = Expected("expansion-after-start", "high", "capset", {"inheritable": ADMIN})
ADMIN_AMBIENT = Expected("ambient-raise", "high", "ambient", {"ambient": ADMIN})
EPERM, EACCES, ENOSYS = -1, -13, -38

MECHANISMS = [
    Case("capset-self", "capset", [raised(previous=("known",))]),
    Case("capset-child", "--in child capset", [raised(parent_is_actor=True)]),
    Case("capset-orphan-that-exits", "--in orphan capset", [raised()]),
    Case("capset-thread", "--in thread capset", [raised(
        previous=("known", "inferred", "unknown"), before={"permitted": FULL})]),
    Case("capset-int80", "--abi 32 capset", [raised(arch="i386")]),
    Case("capset-int80-child", "--abi 32 --in child capset", [raised(arch="i386")]),
    Case("capset-medium", "--cap 13 capset", [raised(
        severity="medium", gained={"effective": RAW},
        before={"effective": without(FULL, RAW), "permitted": FULL})]),
    Case("capset-sibling-dropped", "sibling", [raised(
        previous=("known", "inferred", "unknown"), before={}, gained_at_least=True)]),
    Case("capset-at-start", "capset", [raised(
        reason="expansion-at-start", severity="medium", phase="starting")], wait=False),
    Case("inheritable", "inheritable", [INHERITABLE]),
    Case("inheritable-int80", "--abi 32 inheritable", [INHERITABLE]),
    Case("ambient", "ambient", [AT_START_INHERITABLE, AMBIENT]),
    Case("ambient-int80", "--abi 32 ambient", [AT_START_INHERITABLE, AMBIENT]),
    Case("inheritable-then-ambient", "inheritable-ambient", [INHERITABLE, AMBIENT]),
    Case("securebits-loosened", "securebits", [LOOSENED]),
    Case("securebits-full-width-argument", "securebits-wide", [LOOSENED]),
    Case("securebits-int80", "--abi 32 securebits", [LOOSENED]),
    Case("keep-caps", "keep-caps", [KEEP_CAPS]),
    Case("keep-caps-int80", "--abi 32 keep-caps", [KEEP_CAPS]),
    Case("exec-set-user-id", "--in child --uid 65534 --file {dir}/bin/helper-suid exec", [Expected(
        "exec-gain", "high", "exec", EVERYTHING, before=EMPTY, file="{dir}/bin/helper-suid",
        exe="{dir}/bin/helper-suid")]),
    Case("exec-file-capability", "--in child --uid 65534 --file {dir}/bin/helper-fcap exec", [Expected(
        "exec-gain", "high", "exec", {"permitted": RAW, "effective": RAW}, before=EMPTY,
        file="{dir}/bin/helper-fcap", exe="{dir}/bin/helper-fcap")]),
    Case("capset-to-nothing-then-exec-as-root", "exec-self", [Expected(
        "exec-gain", "high", "exec", EVERYTHING, before=EMPTY)]),
    Case("seteuid-root", "seteuid", [SETEUID]),
    Case("seteuid-root-int80", "--abi 32 seteuid", [SETEUID]),
    Case("setfsuid-root", "setfsuid", [SETFSUID], result=NOBODY),
    Case("setfsuid-root-int80", "--abi 32 setfsuid", [SETFSUID], result=NOBODY),
    Case("capset-refused", "--uid 65534 capset", [DENIED], result=EPERM),
    Case("capset-refused-int80", "--abi 32 --uid 65534 capset", [DENIED], result=EPERM),
    Case("capset-refused-as-root", "capset-denied", [DENIED], result=EPERM),
    Case("ambient-refused", "ambient-denied", [Expected(
        "gain-denied", "low", "ambient", outcome="denied")], result=EPERM),
    Case("cap-last-cap-absolute", "last-cap", [LAST_CAP], result=EACCES),
    Case("cap-last-cap-relative", "last-cap-relative", [LAST_CAP], result=EACCES),
    Case("cap-last-cap-openat", "last-cap-at", [LAST_CAP], result=EACCES),
    Case("userns-unshare", "userns", [USERNS]),
    Case("userns-unshare-nobody", "--uid 65534 userns", [USERNS]),
    # who alerts, the parent that made the namespace or the child in it, is open; both would be twice
    Case("userns-clone", "userns-clone", [USERNS], child_expected=[]),
    Case("userns-clone3", "userns-clone3", [], child_expected=[], allowed=("userns-gain",)),
    Case("file-capability-set", "--file {dir}/bin/given file-caps", [Expected(
        "file-caps-set", "medium", "file-caps", file="{dir}/bin/given")]),
    Case("file-capability-set-and-taken-off", "--file {dir}/bin/taken file-caps-taken-off", [Expected(
        "file-caps-set", "medium", "file-caps", file="{dir}/bin/taken")]),
]

# One alert at once, and when the stream ends a summary of the four others.
REPEATED = Case("repeats-become-a-count", "repeat", [raised(), raised(count=(4, 5))])
REPEATED_EACH = Case("repeats-alert-each-time-without-window", "repeat", [raised()] * 5)

EVASIONS = [
    Case("comm-of-runc", f"--comm {b'runc:[2:INIT]'.hex()} capset", [raised(comm="runc:[2:INIT]")]),
    Case("comm-of-systemd-child", f"--comm {b'(nginx)'.hex()} capset", [raised(comm="(nginx)")]),
    Case("comm-of-strange-bytes", f"--comm {STRANGE.hex()} capset",
         [raised(comm=STRANGE.decode("utf-8", "replace"))]),
    Case("moved-into-another-cgroup", "{cgroups:capwatch-victim.service} capset", [raised(
        service_kind=("program", "unknown"))]),
    Case("orphan-in-a-unit-of-its-own", "{cgroups:capwatch-own.service} --in resident capset", [raised(
        phase="running", service_kind=("unit",), previous=("known", "inferred", "unknown"))]),
    Case("forged-service-start", "--forge capwatch-forged.service", [raised(
        unit="capwatch-forged.service")], unit="capwatch-forged.service"),
    Case("forged-service-start-holding-a-record", "--forge capwatch-forged2 --split", [raised(
        unit="capwatch-forged2.service")], unit="capwatch-forged2.service"),
    Case("our-own-binary-by-preload", "--version", [raised_admin()], program="{dir}/build/plugin/audisp-capwatch",
         environment={"CAPWATCH_ACT": "raise"}),
    Case("systemd-by-preload-under-pid-1", "--version", [raised_admin(comm="(nginx)")],
         program="/usr/lib/systemd/systemd",
         environment={"CAPWATCH_ACT": "raise", "CAPWATCH_FORK": "orphan", "CAPWATCH_COMM": "(nginx)"}),
    Case("systemd-by-preload-ambient", "--version", [ADMIN_INHERITABLE, ADMIN_AMBIENT],
         program="/usr/lib/systemd/systemd",
         environment={"CAPWATCH_ACT": "ambient", "CAPWATCH_FORK": "orphan", "CAPWATCH_COMM": "(nginx)"}),
    Case("crun-by-preload-in-a-cgroup-of-its-own", "--version", [raised_admin()], program="/usr/bin/crun",
         environment={"CAPWATCH_ACT": "raise", "CAPWATCH_FORK": "child",
                      "CAPWATCH_CGROUP": "{cgroups:capwatch-container.service}"}),
    Case("crun-by-preload-ambient", "--version", [ADMIN_INHERITABLE, ADMIN_AMBIENT], program="/usr/bin/crun",
         environment={"CAPWATCH_ACT": "ambient", "CAPWATCH_FORK": "child",
                      "CAPWATCH_CGROUP": "{cgroups:capwatch-container.service}"}),
    Case("actor-mounted-over-ping", "--cap 13 capset", [raised(
        severity="medium", gained={"effective": RAW}, before={"effective": without(FULL, RAW)})],
         program="/usr/bin/ping", mount=("{dir}/actor", "/usr/bin/ping")),
    Case("ping-mounted-over-another", "-q -c 1 127.0.0.1", [Expected(
        "expansion-at-start", "medium", "capset", {"effective": RAW}, before={"effective": []},
        phase="starting")], program="/usr/bin/who", mount=("/usr/bin/ping", "/usr/bin/who"), speaks=False),
    Case("forged-short-unit-name", "--forge capwatch-forged3", [raised(
        unit="capwatch-forged3.service")], unit="capwatch-forged3.service"),
]

# What the baseline below allows, and ordinary work: none may alert.
QUIET = [
    Case("quiet-drop", "drop"),
    Case("quiet-no-op", "no-op"),
    Case("quiet-bounding-drop", "bounding"),
    Case("quiet-securebits-tightened", "tighten"),
    Case("quiet-drop-uid", "drop-uid"),
    Case("quiet-mount-namespace", "mount-namespace"),
    Case("quiet-setns-mount", "setns-mount"),
    Case("quiet-cap-last-cap-read", "last-cap-read"),
    Case("quiet-other-sysctl", "other-sysctl"),
    Case("quiet-other-xattr", "--file {dir}/bin/given other-xattr"),
    Case("quiet-other-xattr-by-descriptor", "--file {dir}/bin/given-other other-xattr-by-descriptor"),
    Case("quiet-exec-by-nobody", "--in child --uid 65534 --file {dir}/bin/helper-plain exec"),
    Case("quiet-allowed-by-exe", "capset"),
    Case("quiet-allowed-by-exe-in-child", "--in child capset"),
    Case("quiet-allowed-by-unit", "", unit="capwatch-victim.service"),
    Case("quiet-observed", "capset"),
    Case("quiet-allowed-at-start", "capset", wait=False),
    # the kernel may have no x32; where it has, the raise must be seen
    Case("x32-refused-by-this-kernel", "--abi x32 capset", result=ENOSYS),
]

# DIR is the stack's folder.
BASELINE = """\
services:
  - name: test-allowed-by-exe
    match: {exe: [DIR/bin/quiet-allowed-by-exe, DIR/bin/quiet-allowed-by-exe-in-child]}
    running: {effective: [cap_sys_ptrace]}
  - name: test-allowed-by-unit
    match: {unit: capwatch-victim.service}
    running: {effective: [cap_sys_ptrace]}
  - name: test-allowed-while-starting
    match: {unit: [capwatch-forged.service, capwatch-forged2.service, capwatch-forged3.service]}
    start: {effective: [cap_sys_ptrace]}
  - name: test-allowed-at-start-by-exe
    match: {exe: DIR/bin/quiet-allowed-at-start}
    start: {effective: [cap_sys_ptrace]}
  - name: test-observed
    match: {exe: DIR/bin/quiet-observed}
    mode: observe
launchers:
  - name: test-launcher
    match: {exe: DIR/bin/launcher}
"""

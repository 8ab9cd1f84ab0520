#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""rules_test: the audit rules on this kernel, alone and beside a site's own rules.

usage: tests/live/rules_test.py [--build DIR] [--only NAME]
Runs in a mount namespace of its own, with an /etc/audit of its own: the host's files are not touched.
The kernel's rules are, under the lock that all live tests share, and are gone afterwards.
"""
import argparse
import ctypes
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile

from harness import (AUDITD_CONF, TOP, AuditLock, CannotRun, audit_status, has_i386_abi, in_own_mounts, run, silence_kernel,
                     wait_until)
from report import Report

HERE = pathlib.Path(__file__).resolve().parent
RULES_D = pathlib.Path("/etc/audit/rules.d")
UNSET, PERSON, NOBODY = 4294967295, 1000, 65534
PR_SET_PDEATHSIG = 1
NEWUSER, NEWNET = 0x10000000, 0x40000000
CAPS_V2 = struct.pack("<IIIII", 0x02000001, 1 << 13, 0, 0, 0).hex()        # cap_net_raw=ep, 20 bytes
CAPS_V3 = struct.pack("<IIIIII", 0x03000001, 1 << 13, 0, 0, 0, 0).hex()    # the same, 24 bytes
CAPSET_HEADER = struct.pack("<Ii", 0x20080522, 0).hex()

HAS_I386 = has_i386_abi()

# (name, key, 64-bit number, 32-bit number, arguments, calls before it): each must be recorded by our
# rules, by both ABIs. {dir} is the test's folder. Calls that come first are by the 64-bit ABI.
SETRESUID = 117
ACTS = [
    ("capset", "capwatch_capset", 126, 185, [f"x:{CAPSET_HEADER}", "x:" + "00" * 24], []),
    ("securebits", "capwatch_securebits", 157, 172, [28, 0], []),
    ("securebits-in-full-width", "capwatch_securebits", 157, None, [0xdeadbeef0000001c, 0], []),
    ("keep-caps", "capwatch_keepcaps", 157, 172, [8, 1], []),
    ("ambient-raise", "capwatch_ambient", 157, 172, [47, 2, 13], []),
    ("unshare-user", "capwatch_userns", 272, 310, [NEWUSER], []),
    ("clone-user", "capwatch_userns", 56, 120, [NEWUSER | 17], []),
    ("setns-user", "capwatch_userns", 308, 346, ["fd:/proc/self/ns/user", NEWUSER], []),
    ("setns-any", "capwatch_userns", 308, 346, ["fd:/proc/self/ns/user", 0], []),
    ("cap-last-cap-open", "capwatch_lastcap", 2, 5, ["s:/proc/sys/kernel/cap_last_cap", 1], []),
    ("cap-last-cap-creat", "capwatch_lastcap", 85, 8, ["s:/proc/sys/kernel/cap_last_cap", 0o644], []),
    ("cap-last-cap-truncate", "capwatch_lastcap", 76, 92, ["s:/proc/sys/kernel/cap_last_cap", 0], []),
    ("cap-last-cap-openat", "capwatch_lastcap", 257, 295, [-100, "s:/proc/sys/kernel/cap_last_cap", 2], []),
    ("cap-last-cap-openat2", "capwatch_lastcap", 437, 437,
     [-100, "s:/proc/sys/kernel/cap_last_cap", "x:" + struct.pack("<QQQ", 1, 0, 0).hex(), 24], []),
    ("cap-last-cap-truncate64", "capwatch_lastcap", None, 193, ["s:/proc/sys/kernel/cap_last_cap", 0, 0], []),
    ("cap-last-cap-chmod", "capwatch_lastcap", 90, 15, ["s:/proc/sys/kernel/cap_last_cap", 0o644], []),
    ("cap-last-cap-fchmod", "capwatch_lastcap", 91, 94, ["fd:/proc/sys/kernel/cap_last_cap", 0o644], []),
    ("cap-last-cap-fchmodat", "capwatch_lastcap", 268, 306, [-100, "s:/proc/sys/kernel/cap_last_cap", 0o644], []),
    ("cap-last-cap-fchmodat2", "capwatch_lastcap", 452, 452,
     [-100, "s:/proc/sys/kernel/cap_last_cap", 0o644, 0], []),
    ("service-exec", "capwatch_exec", 59, 11, ["s:/bin/true", "v:true", "e:"], []),
    ("service-execveat", "capwatch_exec", 322, 358, [-100, "s:/bin/true", "v:true", "e:", 0], []),
    ("setuid-0", "capwatch_setuid", 105, 213, [0], []),
    ("drop-with-saved-0", "capwatch_setuid", SETRESUID, 208, [-1, NOBODY, -1], []),
    ("drop-with-real-0", "capwatch_setuid", SETRESUID, 208, [0, NOBODY, NOBODY], []),
    ("seteuid-0-from-saved", "capwatch_setuid", SETRESUID, 208, [-1, 0, -1],
     [(SETRESUID, [NOBODY, NOBODY, 0])]),
    ("seteuid-0-from-real", "capwatch_setuid", SETRESUID, 208, [-1, 0, -1],
     [(SETRESUID, [0, NOBODY, NOBODY])]),
    ("setreuid-0", "capwatch_setuid", 113, 203, [-1, 0], [(SETRESUID, [-1, NOBODY, 0])]),
    ("setfsuid-away", "capwatch_setuid", 122, 215, [NOBODY], []),
    ("setfsuid-back", "capwatch_setuid", 122, 215, [0], [(122, [NOBODY])]),
    ("setuid-16-bit", "capwatch_setuid", None, 23, [0], []),
    ("setreuid-16-bit", "capwatch_setuid", None, 70, [65535, 0], []),
    ("setresuid-16-bit", "capwatch_setuid", None, 164, [65535, 0, 65535], []),
    ("setfsuid-16-bit", "capwatch_setuid", None, 138, [0], []),
    ("setxattr-v2", "capwatch_filecaps", 188, 226,
     ["s:{dir}/given", "s:security.capability", f"x:{CAPS_V2}", 20, 0], []),
    ("setxattr-v3", "capwatch_filecaps", 188, 226,
     ["s:{dir}/given", "s:security.capability", f"x:{CAPS_V3}", 24, 0], []),
    ("lsetxattr-v2", "capwatch_filecaps", 189, 227,
     ["s:{dir}/given", "s:security.capability", f"x:{CAPS_V2}", 20, 0], []),
    ("fsetxattr-v2", "capwatch_filecaps", 190, 228,
     ["fd:{dir}/given", "s:security.capability", f"x:{CAPS_V2}", 20, 0], []),
    ("setxattrat", "capwatch_filecaps", 463, 463,
     [-100, "s:{dir}/given", 0, "s:security.capability", "x:" + "00" * 16, 16], []),
]

# What must not be recorded: the volume that the rules leave out on purpose.
QUIET = [
    ("seccomp-is-not-securebits", 157, [22, 0]),
    ("keep-caps-cleared", 157, [8, 0]),
    ("ambient-asked", 157, [47, 1, 13]),
    ("ambient-cleared", 157, [47, 4]),
    ("bounding-drop", 157, [24, 13]),
    ("unshare-net", 272, [NEWNET]),
    ("setns-net", 308, ["fd:/proc/self/ns/net", NEWNET]),
    ("other-sysctl-write", 257, [-100, "s:/proc/sys/kernel/printk", 1]),
    ("chmod", 90, ["s:{dir}/given", 0o644]),
    ("cap-last-cap-read", 257, [-100, "s:/proc/sys/kernel/cap_last_cap", 0]),
    ("other-xattr", 188, ["s:{dir}/given", "s:user.note", "x:6869", 2, 0]),
    ("drop-for-good", SETRESUID, [NOBODY, NOBODY, NOBODY]),
]


class Host:
    """A private /etc/audit, a private auditd that only writes its log, and capwatch beside it."""

    def __init__(self, build):
        self.build = pathlib.Path(build).resolve()
        self.capwatch = self.build / "cli" / "capwatch"
        self.marks = 0
        self.auditd = None

    def __enter__(self):
        if os.geteuid() != 0:
            raise CannotRun("needs root")
        if not shutil.which("augenrules", path="/usr/sbin:/sbin"):
            raise CannotRun("there is no augenrules")
        self.lock = AuditLock()
        # who held the lock before may have left an auditd that is still ending
        wait_until(lambda: not audit_status().get("pid"), 20, 0.5)
        self.lock.__enter__()
        os.umask(0o022)
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="capwatch-rules-"))
        try:
            os.chmod(self.dir, 0o755)
            self.prepare()
        except BaseException:
            self.__exit__()
            raise
        return self

    def prepare(self):
        silence_kernel()
        for name in ("etc/rules.d", "log", "plugins.d", "sbin", "libexec", "shipped", "selinux", "sudoers.d"):
            (self.dir / name).mkdir(parents=True)
        subprocess.run(["mount", "--bind", self.dir / "etc", "/etc/audit"], check=True)
        for name in ("given", "localtime", "passwd", "shadow", "sudoers", "secret"):
            (self.dir / name).write_text("x\n")
        self.helper = self.dir / "rules_call"
        subprocess.run(["cc", "-O1", "-o", self.helper, HERE / "rules_call.c"], check=True)
        for name, mode in (("setuid-program", 0o4755), ("caps-program", 0o755)):
            shutil.copyfile("/bin/true", self.dir / name)
            os.chmod(self.dir / name, mode)
        os.setxattr(self.dir / "caps-program", "security.capability", bytes.fromhex(CAPS_V2))
        self.make_shipped()
        self.start_auditd()

    def make_shipped(self):
        """The shipped rules with the paths of this test's copies in the never rules."""
        environment = {**os.environ, "SBINDIR": str(self.dir / "sbin"),
                       "COURIER": str(self.dir / "libexec" / "capwatch-courier")}
        for source in (TOP / "rules" / "profiles").iterdir():
            name = source.name.removesuffix(".in")
            subprocess.run(["sh", TOP / "rules" / "substitute.sh", source, self.dir / "shipped" / name],
                           env=environment, check=True)

    def start_auditd(self):
        (self.dir / "auditd.conf").write_text(AUDITD_CONF.format(dir=self.dir).replace("ENRICHED", "RAW"))
        os.chmod(self.dir / "auditd.conf", 0o640)
        self.auditd = subprocess.Popen(["/usr/sbin/auditd", "-n", "-s", "nochange", "-c", str(self.dir)],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, preexec_fn=end_with_parent)
        if not wait_until(lambda: audit_status().get("pid") == self.auditd.pid, 5):
            raise RuntimeError("auditd did not come up")
        run("auditctl", "-e", "1")

    def __exit__(self, *_):
        silence_kernel()
        if self.auditd:
            self.auditd.terminate()
            self.auditd.wait(10)
        subprocess.run(["umount", "/etc/audit"], check=False, stderr=subprocess.DEVNULL)
        run("auditctl", "-b", "64")
        self.lock.__exit__()
        shutil.rmtree(self.dir, ignore_errors=True)

    # rules

    def rules(self, *words):
        return run(str(self.capwatch), "rules", "--rules-dir", str(self.dir / "shipped"), *words)

    def loaded(self):
        """The kernel's rules as auditctl prints them."""
        return [line for line in run("auditctl", "-l").stdout.splitlines() if line.startswith("-")]

    def load(self):
        return run("/usr/sbin/augenrules", "--load")

    def reset(self, site=(), without=""):
        """rules.d with these files of the site's, and nothing loaded."""
        for path in RULES_D.iterdir():
            path.unlink()
        for name in site:
            text = (HERE / "rules_site" / name).read_text().replace("@DIR@", str(self.dir))
            if without:
                text = re.sub(without, "", text, flags=re.M)
            (RULES_D / name).write_text(text)
        run("auditctl", "-D")
        run("auditctl", "-e", "1")

    # events

    def mark(self):
        """A record of our own; what was recorded before it is in the log once it is."""
        self.marks += 1
        word = f"capwatch-mark-{os.getpid()}-{self.marks}"
        run("auditctl", "-m", word)
        log = self.dir / "log" / "audit.log"
        wait_until(lambda: word in log.read_text(errors="replace"), 5)
        return log.read_text(errors="replace").split(word)[0]

    def events(self, pid):
        """(syscall, arch, key, record) of each SYSCALL record of a process."""
        found = []
        for line in self.mark().splitlines():
            if line.startswith("type=SYSCALL") and f" pid={pid} " in line:
                field = dict(re.findall(r"(\w+)=(\S+)", line))
                found.append((int(field["syscall"]), field["arch"], field.get("key", "").strip('"'), line))
        return found

    def call(self, abi, number, arguments, before=(), auid=UNSET):
        """Runs the helper; returns its pid."""
        calls = []
        for first_number, first_arguments in before:
            calls += ["64", str(first_number), *map(str, first_arguments), "--"]
        calls += [str(abi), str(number), *(str(word).format(dir=self.dir) for word in arguments)]
        return self.start([str(self.helper), *calls], auid)

    def start(self, command, auid=UNSET):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, preexec_fn=lambda: set_auid(auid))
        process.wait(10)
        return process.pid


def end_with_parent():
    """However this test ends, its auditd goes with it: a second one would find the kernel taken."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def end_in_order(*_):
    raise SystemExit("ended by a signal")


def set_auid(auid):
    with open("/proc/self/loginuid", "w", encoding="ascii") as file:
        file.write(str(auid))


def rule_lines(path):
    """How many rules a file has."""
    return sum(line.startswith(("-a", "-A", "-w")) for line in path.read_text().splitlines())


SITE = ("audit.rules", "privileged.rules", "stig.rules", "zz-site.rules")

# What the site's rules record of a person: (name, key, the calls)
SITE_ACTS = [
    ("chmod", "perm_mod", (90, ["s:{dir}/given", 0o644])),
    ("chown", "perm_mod", (92, ["s:{dir}/given", 0, 0])),
    ("file-capabilities", "perm_mod",
     (188, ["s:{dir}/given", "s:security.capability", f"x:{CAPS_V2}", 20, 0])),
    ("access-denied", "access", (257, [-100, "s:/proc/sys/kernel/cap_last_cap", 1])),
    ("unlink", "delete", (87, ["s:{dir}/not-there"])),
    ("identity-watch", "identity", (257, [-100, "s:{dir}/passwd", 1])),
    ("folder-watch", "MAC-policy", (257, [-100, "s:{dir}/selinux/x", 0o101, 0o644])),
    ("privileged-exec", "privileged", (59, ["s:{dir}/setuid-program", "v:x", "e:"])),
    ("privileged-caps-exec", "privileged", (59, ["s:{dir}/caps-program", "v:x", "e:"])),
    ("exec-all", "exec_all", (59, ["s:/bin/true", "v:true", "e:"])),
    ("time-change", "time-change", (159, ["x:" + "00" * 208])),
]


class Suite:
    """The tests, each a method test_...; each leaves the host as reset() makes it."""

    def __init__(self, host, report):
        self.host, self.report = host, report

    def run(self):
        for name in [name for name in dir(self) if name.startswith("test_")]:
            if self.report.only in name:
                getattr(self, name)(name.removeprefix("test_"))

    def check(self, name, *conditions):
        """conditions: (true, what is wrong otherwise)"""
        self.report.result(f"rules-{name}", [why for holds, why in conditions if not holds])

    def install(self, *words):
        return self.host.rules("install", *words)

    def test_everything_loads_before_with_and_after_ours(self, name):
        host = self.host
        host.reset(SITE)
        before = host.load()
        site = host.loaded()
        files = {path.name: path.read_text() for path in RULES_D.iterdir()}
        install = self.install()
        both = host.loaded()
        difference = host.rules("diff")
        ours = sum(rule_lines(path) for path in RULES_D.iterdir() if path.name not in files)
        remove = host.rules("remove")
        never = len([rule for rule in both if "never,exit" in rule])
        self.check(
            name,
            (before.returncode == 0, f"augenrules alone: {before.stdout}"),
            (len(site) == sum(rule_lines(RULES_D / file) for file in SITE), f"the site's: {len(site)}"),
            (install.returncode == 0, f"install: {install.stdout}"),
            ("hides" not in install.stdout, f"nothing hides ours: {install.stdout}"),
            (ours > 40 and len(both) == len(site) + ours, f"{len(both)} loaded, {ours} of ours"),
            (all("never,exit" in rule for rule in both[:never]), "the never rules come first"),
            (both[never:never + len(site)] == site, "then the site's, in their order"),
            (difference.returncode == 0, f"diff: {difference.stdout}"),
            (remove.returncode == 0, f"remove: {remove.stdout}"),
            (host.loaded() == site, "afterwards the kernel has the site's rules alone"),
            ({path.name: path.read_text() for path in RULES_D.iterdir()} == files, "and rules.d its files"))

    def test_keys_stay_on_the_sites_events(self, name):
        host = self.host
        host.reset(SITE)
        host.load()
        keys = [self.site_keys(), None]
        installed = self.install()
        keys[1] = self.site_keys()
        self.check(name,
                   (installed.returncode == 0, installed.stdout),
                   *((keys[1][act] == keys[0][act] == key, f"{act}: {keys[0][act]} became {keys[1][act]}")
                     for act, key, _ in SITE_ACTS))

    def site_keys(self):
        """The key of each act's event, as the site's rules are loaded now."""
        found = {}
        for act, _, (number, arguments) in SITE_ACTS:
            pid = self.host.call(64, number, arguments, auid=PERSON)
            # the helper's own exec is the first event of a process, its act the last
            found[act] = [key for nr, _, key, _ in self.host.events(pid) if nr == number][-1:]
            found[act] = found[act][0] if found[act] else None
        return found

    def test_each_mechanism_is_recorded_by_both_abis(self, name):
        self.host.reset()
        self.install()
        self.expect_acts(name, keys=True)

    def test_each_mechanism_is_recorded_beside_the_sites(self, name):
        self.host.reset(SITE)
        self.install()
        self.expect_acts(name, keys=False)

    def expect_acts(self, name, keys):
        for act, key, number64, number32, arguments, before in ACTS:
            for abi, number, arch in ((64, number64, "c000003e"), (32, number32, "40000003")):
                if number is None or (abi == 32 and not HAS_I386):
                    continue
                events = self.host.events(self.host.call(abi, number, arguments, before))
                met = [event for event in events if event[0] == number and event[1] == arch]
                # the helper's own exec is an event too; its act comes last
                self.check(f"{name}-{act}-{abi}",
                           (met, f"not recorded; events: {[event[:3] for event in events]}"),
                           (not keys or (met and met[-1][2] == key), f"key {met[-1][2] if met else None}"))

    def test_what_only_reduces_or_asks_is_left_out(self, name):
        self.host.reset()
        self.install()
        for act, number, arguments in QUIET:
            events = self.host.events(self.host.call(64, number, arguments))
            self.check(f"{name}-{act}",
                       (not [event for event in events if event[0] == number],
                        f"recorded: {[event[:3] for event in events]}"))

    def test_exec_that_gains_is_recorded_in_a_session_and_in_a_service(self, name):
        host = self.host
        host.reset()
        # files with capabilities are looked for where programs lie
        target = pathlib.Path("/usr/local/bin/capwatch-test-caps")
        shutil.copyfile("/bin/true", target)
        try:
            os.chmod(target, 0o755)
            os.setxattr(target, "security.capability", bytes.fromhex(CAPS_V2))
            self.install()
            for auid, where in ((PERSON, "session"), (UNSET, "service")):
                for program, what in ((host.dir / "setuid-program", "setuid"), (target, "caps")):
                    pid = host.start(["setpriv", "--reuid", "65534", "--clear-groups", str(program)], auid)
                    events = [event for event in host.events(pid) if event[0] == 59]
                    self.check(f"{name}-{what}-{where}",
                               (events and f'exe="{program}"' in events[-1][3], f"events {events}"))
        finally:
            target.unlink()

    def test_ordinary_exec_in_a_session_is_left_out(self, name):
        self.host.reset()
        self.install()
        pid = self.host.start(["/bin/true"], PERSON)
        execs = [event for event in self.host.events(pid) if event[0] == 59]  # the login itself is one too
        self.check(name, (not execs, f"recorded: {execs}"))

    def test_cap_last_cap_is_seen_after_its_inode_was_dropped(self, name):
        self.host.reset()
        self.install()
        missed = []
        for turn in range(12):
            for _ in range(3):  # a folder goes after what is in it
                pathlib.Path("/proc/sys/vm/drop_caches").write_text("3\n")
            number, arguments = ((257, [-100, "s:/proc/sys/kernel/cap_last_cap", 1]),
                                 (85, ["s:/proc/sys/kernel/cap_last_cap", 0o644]),
                                 (90, ["s:/proc/sys/kernel/cap_last_cap", 0o644]),
                                 (76, ["s:/proc/sys/kernel/cap_last_cap", 0]))[turn % 4]
            pid = self.host.call(64, number, arguments)
            found = [event for event in self.host.events(pid) if event[0] == number]
            if not found or f"success=no exit={-1 if number == 90 else -13} " not in found[-1][3]:
                missed.append(found)
        self.check(name, (not missed, f"{len(missed)} of 12 attempts unseen"))

    def test_never_hides_our_loop_and_nothing_else(self, name):
        host = self.host
        host.reset()
        (RULES_D / "50-all.rules").write_text(
            "-a always,exit -F arch=b64 -S openat,open,read,sendto,write,readlink,connect -k site_all\n")
        program = host.dir / "sbin" / "audisp-capwatch"
        shutil.copyfile(host.helper, program)
        os.chmod(program, 0o750)
        self.install()

        def seen(abi, number, arguments, which=program):
            pid = host.start([str(which), str(abi), str(number), *map(str, arguments)])
            # before its exec the child is still the interpreter, which opens this and that
            return [event for event in host.events(pid)
                    if event[0] == number and (number == 59 or f'exe="{which}"' in event[3])]

        secret = f"s:{host.dir}/secret"
        self.check(
            name,
            (not seen(64, 257, [-100, secret, 0x80000]), "a read-only open of ours is recorded"),
            (seen(64, 257, [-100, secret, 0x80000], host.helper), "of another it must be"),
            (not seen(64, 257, [-100, secret, 0x280000]), "an open that only names is recorded"),
            (not seen(64, 257, [-100, f"s:{host.dir}", 0x90800]), "a folder's open is recorded"),
            (seen(64, 257, [-100, f"s:{host.dir}", 0x490002]), "an unnamed file's making is hidden"),
            (not seen(64, 0, [99, 0, 0]), "a read of ours is recorded"),
            (not seen(64, 89, ["s:/proc/self/exe", 0, 0]), "a readlink of ours is recorded"),
            (not seen(64, 44, [99, 0, 0, 0, 0]), "a sendto of ours is recorded"),
            (seen(64, 257, [-100, secret, 0x80001]), "an open for writing is hidden"),
            (seen(64, 257, [-100, secret, 0x80002]), "an open for reading and writing is hidden"),
            (seen(64, 1, [99, 0, 0]), "a write is hidden"),
            (seen(64, 42, [99, 0, 0]), "a connect is hidden"),
            (seen(64, 126, [f"x:{CAPSET_HEADER}", "x:" + "00" * 24]), "a capset is hidden"),
            (not HAS_I386 or seen(32, 185, [f"x:{CAPSET_HEADER}", "x:" + "00" * 24]), "a 32-bit capset is hidden"),
            (seen(64, 157, [28, 0]), "securebits are hidden"),
            (seen(64, SETRESUID, [-1, 0, -1]), "a seteuid is hidden"),
            (len(seen(64, 59, ["s:/bin/true", "v:true", "e:"])) == 2, "an exec is hidden"),
            (seen(64, 308, ["fd:/proc/self/ns/user", 0]), "a setns is hidden"),
            (seen(64, 188, [f"s:{host.dir}/given", "s:security.capability", f"x:{CAPS_V2}", 20, 0]),
             "a setxattr is hidden"))

    def test_rules_deleted_from_inside_our_program_are_recorded(self, name):
        """sendto is among the never calls, and rules are deleted by it: the kernel's own record stays."""
        host = self.host
        host.reset()
        program = host.dir / "sbin" / "audisp-capwatch"
        shutil.copyfile("/usr/sbin/auditctl", program)
        os.chmod(program, 0o750)
        self.install()
        host.mark()
        host.start([str(program), "-d", "always,exit", "-F", "arch=b64", "-S", "capset", "-F",
                    "key=capwatch_capset"])
        log = host.mark().split(f"{host.marks - 1}'", 1)[-1]
        self.check(name, (re.search(r"type=CONFIG_CHANGE .*op=remove_rule key=\"capwatch_capset\"", log),
                          log[-500:]))

    def test_names_sort_around_any_sites(self, name):
        self.host.reset(SITE)
        self.install()
        for other in ("0.rules", "00.rules", "00-a.rules", "-x.rules", "99-finalize.rules", "ZZ.rules",
                      "zz~.rules", "_site.rules", "{x.rules", "zzz-capwatch.rules"):
            (RULES_D / other).write_text("")
        order = run("ls", "-1v", str(RULES_D)).stdout.split()
        ours = [file for file in order if "__capwatch" in file]
        order.remove("{x.rules")  # nobody's name; it shows where the end is
        self.check(name,
                   (order[0] == "00~capwatch-never.rules", f"first: {order[:3]}"),
                   (len(ours) == 5 and order[-5:] == ours, f"last: {order[-6:]}"))

    def test_ours_are_before_a_sites_immutability(self, name):
        self.host.reset(SITE)
        (RULES_D / "10-early.rules").write_text("-e 2\n")
        self.install("--no-load")
        made = run("/usr/sbin/augenrules")  # without --load: this kernel must not become immutable
        lines = [line for line in pathlib.Path("/etc/audit/audit.rules").read_text().splitlines() if line]
        pathlib.Path("/etc/audit/audit.rules").unlink()
        self.check(name,
                   (made.returncode == 0, made.stdout),
                   (lines[-1] == "-e 2", f"last: {lines[-1]}"),
                   (sum("key=capwatch_" in line for line in lines) > 35, "ours are joined before it"))

    def test_rules_without_a_delete_all_load_too(self, name):
        host = self.host
        host.reset(SITE, without=r"^-D$")
        host.load()
        site = host.loaded()
        install = self.install()
        difference = host.rules("diff")
        again = self.install()
        remove = host.rules("remove")
        self.check(name,
                   (install.returncode == 0, install.stdout), (again.returncode == 0, again.stdout),
                   ("one by one" in install.stdout, f"it says what it did: {install.stdout}"),
                   (difference.returncode == 0, difference.stdout),
                   (remove.returncode == 0 and host.loaded() == site, f"after remove: {remove.stdout}"))

    def test_a_sites_broken_rule_does_not_keep_ours_out(self, name):
        host = self.host
        host.reset(SITE)
        (RULES_D / "broken.rules").write_text("-a always,exit -F path=/nonexistent/x/y -F perm=wa -k gone\n")
        install = self.install()
        difference = host.rules("diff")
        self.check(name,
                   ("exit code 1" in install.stdout and "broken" not in difference.stdout, install.stdout),
                   (install.returncode == 0, install.stdout),
                   (difference.returncode == 0, difference.stdout))

    def test_diff_names_what_is_missing_hidden_and_extra(self, name):
        host = self.host
        host.reset(SITE)
        self.install("--profile", "core")
        fewer = host.rules("diff")
        run("auditctl", "-d", "always,exit", "-F", "arch=b32", "-S", "capset", "-F", "key=capwatch_capset")
        run("auditctl", "-A", "never,exit", "-F", "arch=b64", "-S", "prctl")
        run("auditctl", "-a", "always,exit", "-F", "arch=b64", "-S", "capget", "-k", "capwatch_old")
        found = host.rules("diff")
        mended = self.install("--profile", "core")
        after = host.rules("diff")
        self.check(name,
                   (fewer.returncode == 0, f"the profiles installed decide: {fewer.stdout}"),
                   (found.returncode == 1, found.stdout),
                   (re.search(r"missing: -a always,exit -F arch=b32 -S capset", found.stdout), found.stdout),
                   (re.search(r"hidden by: -a never,exit -F arch=b64 -S prctl\n    all: .*a0=0x1c",
                              found.stdout), found.stdout),
                   (re.search(r"extra: .*capget", found.stdout), found.stdout),
                   (mended.returncode == 0 and after.returncode == 0, mended.stdout + after.stdout))

    def test_without_the_capability_it_says_which(self, name):
        self.host.reset(SITE)
        found = {}
        for action in ("diff", "install", "remove"):
            found[action] = run("setpriv", "--bounding-set", "-audit_control", "--inh-caps", "-audit_control",
                                str(self.host.capwatch), "rules", "--rules-dir", str(self.host.dir / "shipped"),
                                action)
        self.check(name,
                   *((done.returncode == 2 and "CAP_AUDIT_CONTROL" in done.stdout, f"{action}: {done.stdout}")
                     for action, done in found.items()),
                   (sorted(path.name for path in RULES_D.iterdir()) == sorted(SITE), "no file was written"))

    def test_root_never_touches_the_kernel(self, name):
        host = self.host
        host.reset(SITE)
        host.load()
        before = host.loaded()
        package = host.dir / "package"
        package.mkdir()
        install = self.install("--root", str(package))
        self.check(name,
                   (install.returncode == 0, install.stdout), (host.loaded() == before, "rules were loaded"),
                   (len(list((package / "etc/audit/rules.d").iterdir())) == 6, "six files are there"),
                   (sorted(path.name for path in RULES_D.iterdir()) == sorted(SITE), "the host's are untouched"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", "--build-dir", default=str(TOP / "build"))
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    if os.geteuid() == 0:
        in_own_mounts()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, end_in_order)
    report = Report("rules", options.only)
    try:
        with Host(options.build) as host:
            Suite(host, report).run()
    except CannotRun as reason:
        report.skip("rules", str(reason))
    report.finish()


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""loud: everything that an intruder may do with capabilities on a whole host, and what must come of it.

Owns: the acts and the alerts that DESIGN's model asks for, with service and program. Must not own: how
an act is done (tools/villain.c, tools/takeover.c, tests/live/actor.c).

Most victims are services of their own, victim-NAME.service (tools/victim.bash): they drop a capability,
wait until their start is over, and act when their case comes.
"""
import shlex
from dataclasses import replace

from scenario import RELEASE, Alert, Case, Declared, Scenario, Step

ACTOR, VILLAIN, TOOLS = "/usr/local/sbin/victimd", "/usr/local/sbin/villain", "/opt/payload/tools"
ORPHANED = "/usr/local/sbin/orphand"  # nobody else's file: only by it an orphan that has gone is known
SYSTEMD, PLUGIN = "/usr/lib/systemd/systemd", "/usr/sbin/audisp-capwatch"
START_WINDOW_S = 5
LIBRARY = ". victim.bash\n"
PTRACE, RAW, ADMIN = "cap_sys_ptrace", "cap_net_raw", "cap_sys_admin"
EPERM, EACCES, NOBODY = -1, -13, 65534

VICTIMS = []


def made(name, command, extra=""):
    """The line that makes a victim."""
    return (f"victim_extra={shlex.quote(extra)} " if extra else "") + f"victim {name} {shlex.quote(command)}"


def victim(name, command, extra=""):
    """A victim that the next victims_start() starts; its service's name."""
    VICTIMS.append(made(name, command, extra))
    return f"victim-{name}.service"


def victims_start(title):
    """Steps that start the victims made since the last such call, and wait until their start is over."""
    lines = [f"{LIBRARY}victim_patience=600", *VICTIMS, "victims_start"]
    VICTIMS.clear()
    return (Step(f"victims start: {title}", "\n".join(lines), timeout=180),
            Step(f"victims run: {title}", f"sleep {START_WINDOW_S + 1}"))


def gain(service, exe=ACTOR, reason="expansion-after-start", mechanism="capset", severity="high", gained=PTRACE):
    return Alert(reason, service=service, exe=exe, mechanism=mechanism, severity=severity, gained=gained)


def acting(title, name, command, *expect, result=0, extra="", also=(), releases=(12, 13)):
    """A victim that acts by a line on its stdin. Without alerts given: it raises cap_sys_ptrace."""
    service = victim(name, command, extra) if RELEASE in releases else f"victim-{name}.service"
    program = command.split()[0]
    alerts = tuple(alert(service) for alert in expect) or (gain(service, program),)
    return Case(title, f"{LIBRARY}act {name} {result}", alerts, also=tuple(alert(service) for alert in also),
                releases=releases)


def told(**words):
    """What a case expects of the victim's own service."""
    return lambda service: gain(service, **words)


def other(reason, mechanism, exe=ACTOR, severity="high", gained=None):
    return lambda service: Alert(reason, service=service, exe=exe, mechanism=mechanism, severity=severity,
                                 gained=gained)


def preloaded(fork=False, comm="", act="raise"):
    """Lines of [Service] that put an intruder's object into a program of the host."""
    words = [f"LD_PRELOAD={TOOLS}/preload.so", f"CAPWATCH_ACT={act}"]
    words += (["CAPWATCH_FORK=1"] if fork else []) + ([f"CAPWATCH_COMM={comm}"] if comm else [])
    return f"Environment={' '.join(words)}" + (f"\n{ORPHAN}" if fork else "")


ORPHAN = "ExitType=cgroup"
USERNS = other("userns-gain", "userns", severity="low")
KEEP_CAPS = other("securebits-change", "securebits")
LOOSENED = other("securebits-change", "securebits")
EXEC = other("exec-gain", "exec", gained=PTRACE)
AS_NOBODY = "User=nobody"


def villain(act, argument=""):
    return f"{VILLAIN} {act} {argument}".strip()


def by_villain(reason="expansion-after-start", mechanism="capset", **words):
    return other(reason, mechanism, exe=VILLAIN, **words)


OWN = (
    acting("capset: a service raises what it dropped", "self", f"{ACTOR} capset"),
    acting("capset: a capability that is not root's equivalent", "medium", f"{ACTOR} --cap 13 capset",
           told(severity="medium", gained=RAW)),
    acting("capset: a child just forked by a service that runs", "child", f"{ACTOR} --in child capset"),
    acting("capset: an orphan that ends at once", "orphan", f"{ORPHANED} --in orphan capset"),
    acting("capset: a thread of its own", "thread", f"{ACTOR} --in thread capset"),
    acting("capset: a thread raises what its sibling dropped", "sibling", f"{ACTOR} sibling", told(gained=None)),
    acting("capset: the 32-bit call", "int80", f"{ACTOR} --abi 32 capset"),
    acting("capset: the 32-bit call, in a child", "int80-child", f"{ACTOR} --abi 32 --in child capset"),
    acting("capset: a child made by vfork", "vfork", villain("vfork")),
    acting("capset: a child whose parent is another's (CLONE_PARENT)", "clone-parent", villain("clone-parent")),
    acting("capset: a child whose parent leaves for a user namespace", "parent-leaves", villain("parent-leaves"),
           by_villain(gained=PTRACE), by_villain("userns-gain", "userns", severity="low")),
    acting("capset: after it renamed its own file", "rename", "/usr/local/sbin/villain-renamed rename",
           told(exe="/usr/local/sbin/villain-renamed*")),
    acting("capset: beside a thread of another user", "thread-user", villain("thread-user"),
           by_villain(gained=PTRACE)),
    acting("capset: into inheritable", "inheritable", f"{ACTOR} inheritable"),
    acting("ambient: raised by a service that runs", "ambient", f"{ACTOR} inheritable-ambient",
           told(), other("ambient-raise", "ambient", gained=PTRACE)),
    acting("ambient: by the 32-bit calls", "ambient-int80", f"{ACTOR} --abi 32 inheritable-ambient",
           told(), other("ambient-raise", "ambient", gained=PTRACE)),
    acting("securebits: noroot taken back", "securebits", f"{ACTOR} securebits", LOOSENED),
    acting("securebits: by an argument of more than 32 bits", "securebits-wide", f"{ACTOR} securebits-wide", LOOSENED),
    acting("securebits: keep-caps by a service that runs", "keep-caps", f"{ACTOR} keep-caps", KEEP_CAPS),
    acting("keep-caps, setuid, capset", "keep-setuid", villain("keep-setuid"),
           by_villain("securebits-change", "securebits"), by_villain(gained=PTRACE)),
    acting("setuid: back to root", "seteuid", f"{ACTOR} seteuid", other("setuid-gain", "setuid", gained=ADMIN)),
    acting("setuid: back to root by the 32-bit call", "seteuid-int80", f"{ACTOR} --abi 32 seteuid",
           other("setuid-gain", "setuid", gained=ADMIN)),
    acting("setuid: setfsuid back to root", "setfsuid", f"{ACTOR} setfsuid",
           other("setuid-gain", "setuid", gained="cap_dac_override"), result=NOBODY),
    acting("denied: capset", "denied", f"{ACTOR} capset", other("gain-denied", "capset", severity="low"),
           result=EPERM, extra=AS_NOBODY),
    acting("denied: ambient", "denied-ambient", f"{ACTOR} ambient-denied",
           other("gain-denied", "ambient", severity="low"), result=EPERM),
    acting("cap_last_cap: opened for writing", "last-cap", f"{ACTOR} last-cap",
           other("cap-last-cap-write", "cap-last-cap"), result=EACCES),
    acting("cap_last_cap: by a relative path", "last-cap-relative", f"{ACTOR} last-cap-relative",
           other("cap-last-cap-write", "cap-last-cap"), result=EACCES),
    acting("cap_last_cap: below a folder's descriptor", "last-cap-at", f"{ACTOR} last-cap-at",
           other("cap-last-cap-write", "cap-last-cap"), result=EACCES),
)

OWN = (*victims_start("own acts"), *OWN)

EXECUTIONS = (
    acting("exec: a set-user-ID program, by a service's user", "exec-suid",
           f"{ACTOR} --in child --uid {NOBODY} --file /usr/local/sbin/helper-suid exec",
           other("exec-gain", "exec", exe="/usr/local/sbin/helper-suid", gained=ADMIN)),
    acting("exec: a program with file capabilities, by a service's user", "exec-file-caps",
           f"{ACTOR} --in child --uid {NOBODY} --file /usr/local/sbin/helper-caps exec",
           other("exec-gain", "exec", exe="/usr/local/sbin/helper-caps", gained=RAW)),
    acting("exec: root that holds nothing runs its own file again", "exec-self", f"{ACTOR} exec-self", EXEC),
    acting("exec: what lies in memory alone", "exec-memory", villain("memory-exec", ACTOR),
           other("exec-gain", "exec", exe="/memfd:memory*", gained=PTRACE)),
    acting("exec: a file that is deleted", "exec-deleted", villain("deleted-exec", ACTOR),
           other("exec-gain", "exec", exe="/var/tmp/deleted-*", gained=PTRACE)),
    acting("exec: hidden from the rules by a login id of its own", "exec-login", villain("login-exec", ACTOR),
           lambda service: Alert("expansion-after-start", service=service, exe=ACTOR, gained=ADMIN)),
    acting("exec: su, by an orphan that made a session of itself", "exec-session",
           villain("login-orphan", "/usr/bin/su"), other("exec-gain", "exec", exe="/usr/bin/su", gained=ADMIN),
           extra=ORPHAN),
)

EXECUTIONS = (*victims_start("executions"), *EXECUTIONS)

FILE_CAPS = (
    acting("file: given capabilities by a service", "file-caps", f"{ACTOR} --file /var/tmp/given file-caps",
           other("file-caps-set", "file-caps", severity="medium")),
    acting("file: given and taken off again at once", "file-caps-hidden", villain("hide-file-caps", "/var/tmp/given2"),
           by_villain("file-caps-set", "file-caps", severity="medium")),
    # no rule can tell what io_uring sets; that the file has capabilities shows when a service executes it
    acting("file: given capabilities by io_uring and executed", "file-caps-ring",
           villain("ring-file-caps", "/var/tmp/given3"), other("exec-gain", "exec", exe="/var/tmp/given3", gained=PTRACE)),
)

NAMESPACES = (
    acting("user namespace: by unshare", "userns", f"{ACTOR} userns", USERNS),
    acting("user namespace: by unshare, a service's user", "userns-nobody", f"{ACTOR} userns", USERNS, extra=AS_NOBODY),
    acting("user namespace: by clone", "userns-clone", f"{ACTOR} userns-clone", USERNS),
    acting("user namespace: by clone3", "userns-clone3", f"{ACTOR} userns-clone3", USERNS),
    acting("user namespace: another's, by setns that names its kind", "userns-setns",
           villain("setns-named", "/run/victims/neighbour"), by_villain("userns-gain", "userns", severity="low")),
    acting("user namespace: another's, by setns of any kind", "userns-setns-any",
           villain("setns-unnamed", "/run/victims/neighbour"), by_villain("userns-gain", "userns", severity="low")),
)
NEIGHBOUR = Step("a user namespace to join", """
pid=$(systemctl show -P MainPID victim-userns.service)
touch /run/victims/neighbour
mount --bind "/proc/$pid/ns/user" /run/victims/neighbour
""")

PIDS = (
    acting("pid given anew: of one that held everything", "reuse-sets", villain("reuse-sets"),
           by_villain(gained=PTRACE)),
    acting("pid given anew: of one that went into a user namespace", "reuse-userns", villain("reuse-userns"),
           by_villain(gained=PTRACE), by_villain("userns-gain", "userns", severity="low")),
)

FILES_AND_SPACES = (*victims_start("files and namespaces"), *FILE_CAPS, *NAMESPACES[:4], NEIGHBOUR, *NAMESPACES[4:], *PIDS)

SPOOFING = (
    acting("spoofed: the name of systemd's child stage", "comm-systemd",
           f"{ACTOR} --comm {b'(nginx)'.hex()} capset"),
    acting("spoofed: the name of runc's init", "comm-runc", f"{ACTOR} --comm {b'runc:[2:INIT]'.hex()} capset"),
    acting("spoofed: argv of systemd", "argv-systemd", f"/bin/bash -c 'exec -a /lib/systemd/systemd-executor {ACTOR} capset'",
           told(exe=ACTOR)),
    acting("spoofed: SERVICE_START of its own unit", "forged-start",
           f"{ACTOR} --forge victim-forged-start capset"),
    acting("spoofed: SERVICE_START that holds a record", "forged-record",
           f"{ACTOR} --forge victim-forged-record --split capset"),
    acting("moved: into the cgroup of another service", "cgroup-other",
           f"{ACTOR} --cgroup /sys/fs/cgroup/system.slice/nginx.service/cgroup.procs capset"),
    acting("moved: into a cgroup of its own making", "cgroup-own",
           f"{ACTOR} --cgroup /sys/fs/cgroup/system.slice/intruder.service/cgroup.procs capset"),
    acting("moved: a child in a new cgroup, as a manager starts a unit", "cgroup-launch",
           f"{ACTOR} --cgroup /sys/fs/cgroup/system.slice/intruder2.service/cgroup.procs --file {ACTOR} launch"),
    acting("preload: runc in a service's cgroup", "preload-runc", "/usr/sbin/runc --version",
           told(exe="/usr/sbin/runc", gained=ADMIN), extra=preloaded()),
    acting("preload: an orphan of runc", "preload-runc-orphan", "/usr/sbin/runc --version",
           told(exe="/usr/sbin/runc", gained=ADMIN), extra=preloaded(fork=True, comm="runc:[2:INIT]")),
    acting("preload: systemd, an orphan under init", "preload-systemd", f"{SYSTEMD} --version",
           told(exe=SYSTEMD, gained=ADMIN), extra=preloaded(fork=True, comm="(nginx)")),
    acting("preload: systemd, ambient", "preload-systemd-ambient", f"{SYSTEMD} --version",
           told(exe=SYSTEMD, gained=ADMIN), other("ambient-raise", "ambient", exe=SYSTEMD, gained=ADMIN),
           extra=preloaded(fork=True, act="ambient")),
    acting("preload: systemd-executor, an orphan under init", "preload-executor", f"{SYSTEMD}-executor --version",
           told(exe=f"{SYSTEMD}-executor", gained=ADMIN), extra=preloaded(fork=True, comm="(nginx)"), releases=(13,)),
    acting("preload: ping", "preload-ping", "/usr/bin/ping -c1 127.0.0.1", told(exe="/usr/bin/ping", gained=ADMIN),
           extra=preloaded()),
    acting("preload: sudo as root", "preload-sudo", "/usr/bin/sudo -V", told(exe="/usr/bin/sudo", gained=ADMIN),
           extra=preloaded()),
    acting("preload: su as root", "preload-su", "/usr/bin/su --version", told(exe="/usr/bin/su", gained=ADMIN),
           extra=preloaded()),
    acting("preload: setpriv, running", "preload-setpriv", "/usr/bin/setpriv --version",
           told(exe="/usr/bin/setpriv", gained=ADMIN), extra=preloaded()),
    acting("preload: capwatch's own plugin", "preload-capwatch", f"{PLUGIN} --version", told(exe=PLUGIN, gained=ADMIN),
           extra=preloaded()),
    acting("a copy of runc under another path", "copy-runc", "/var/tmp/runc --version",
           told(exe="/var/tmp/runc", gained=ADMIN), extra=preloaded(fork=True)),
)


SPOOFING = (*victims_start("spoofing"), *SPOOFING)


def in_shell(title, command, *expect, name="shell", status=0, also=(), prepare="", **words):
    """An intruder's shell in a service that has run for long."""
    return Case(title, f"{LIBRARY}in_shell {name} {shlex.quote(command)} {status}",
                tuple(alert(f"victim-{name}.service") for alert in expect),
                also=tuple(alert(f"victim-{name}.service") for alert in also), prepare=prepare, **words)


victim("shell", f"{TOOLS}/victim-shell")
victim("shell-nobody", f"{TOOLS}/victim-shell", AS_NOBODY)
DUMP_HELPER, MODULE_HELPER = "/var/tmp/dump/at-once", "/var/tmp/module/at-once"


def by_kernel(helper):
    """A program of the kernel's own starting belongs to no service but itself, and that begins with it."""
    return lambda service: gain(helper, helper, reason="expansion-at-start", severity="medium")


PING_KEEPS = other("securebits-change", "securebits", exe="*ping*")

SHELLS = (
    in_shell("shell: an own program in the service's cgroup", f"{VILLAIN} at-once </dev/null",
             by_villain(gained=PTRACE)),
    in_shell("shell: a copy of ping under another path", "/var/tmp/ping -c1 127.0.0.1 >/dev/null",
             told(exe="/var/tmp/ping", severity="medium", gained=RAW), also=(PING_KEEPS,)),
    in_shell("shell: the file of ping after another took its place",
             "exec 9</usr/bin/ping; mv -f /usr/bin/ping.new /usr/bin/ping; /proc/self/fd/9 -c1 127.0.0.1 >/dev/null",
             told(exe="/usr/bin/ping*", severity="medium", gained=RAW), also=(PING_KEEPS,),
             prepare="ln /usr/bin/ping /usr/bin/ping.old; cp /usr/bin/ping /usr/bin/ping.new"),
    in_shell("shell: setpriv raises ambient", "setpriv --inh-caps +net_raw --ambient-caps +net_raw true",
             other("ambient-raise", "ambient", exe="/usr/bin/setpriv", gained=RAW),
             told(exe="/usr/bin/setpriv", severity="medium", gained=RAW),
             other("securebits-change", "securebits", exe="/usr/bin/setpriv")),
    in_shell("shell: su, by a service's user", "su --version >/dev/null",
             other("exec-gain", "exec", exe="/usr/bin/su", gained=ADMIN), name="shell-nobody"),
    in_shell("shell: sudo, by a service's user", "sudo -V >/dev/null",
             other("exec-gain", "exec", exe="/usr/bin/sudo", gained=ADMIN), name="shell-nobody"),
    Case("T1548.001: a program made set-user-ID by root's service, executed by another's",
         LIBRARY + "in_shell shell 'cp /usr/local/sbin/villain /var/tmp/hello; chown root /var/tmp/hello; "
         "chmod u+s /var/tmp/hello'\nin_shell shell-nobody '/var/tmp/hello become-root </dev/null'",
         (Alert("exec-gain", service="victim-shell-nobody.service", exe="/var/tmp/hello", mechanism="exec",
                severity="high", gained=ADMIN),)),
    in_shell("T1548.001: a program made set-group-ID and set-user-ID, executed by the service's user",
             "/var/tmp/evilbinary become-root </dev/null",
             other("exec-gain", "exec", exe="/var/tmp/evilbinary", gained=ADMIN), name="shell-nobody",
             also=(other("setuid-gain", "setuid", exe="/var/tmp/evilbinary"),),
             prepare="cp /usr/local/sbin/villain /var/tmp/evilbinary; chmod 6755 /var/tmp/evilbinary"),
    in_shell("T1548.001: cap_setuid given to a program", "cp /usr/local/sbin/villain /var/tmp/cap; setcap cap_setuid=ep /var/tmp/cap",
             other("file-caps-set", "file-caps", exe="/usr/sbin/setcap", severity="medium")),
    in_shell("T1548.001: the program with cap_setuid executed", "/var/tmp/cap become-root </dev/null",
             other("exec-gain", "exec", exe="/var/tmp/cap", gained="cap_setuid"), name="shell-nobody",
             also=(other("setuid-gain", "setuid", exe="/var/tmp/cap"),)),
    in_shell("T1548.001: a Python with cap_setuid becomes root and runs a shell",
             "/var/tmp/python -c 'import os; os.setuid(0); os.execl(\"/bin/sh\", \"sh\", \"-c\", \"exit 0\")'",
             other("exec-gain", "exec", exe="/var/tmp/python", gained="cap_setuid"),
             other("exec-gain", "exec", exe="/usr/bin/dash", gained=ADMIN), name="shell-nobody",
             also=(other("setuid-gain", "setuid", exe="/var/tmp/python"),)),
    in_shell("file: given capabilities through a bind mount",
             "mkdir -p /var/tmp/bound; mount --bind /usr/local /var/tmp/bound; setcap cap_net_raw=ep /var/tmp/bound/sbin/bound-helper; umount /var/tmp/bound",
             other("file-caps-set", "file-caps", exe="/usr/sbin/setcap", severity="medium"),
             prepare="cp /usr/local/sbin/villain /usr/local/sbin/bound-helper"),
    in_shell("kernel: core_pattern has the kernel run an own program as root",
             f"echo '|{DUMP_HELPER}' >/proc/sys/kernel/core_pattern; {VILLAIN} crash </dev/null >/dev/null; sleep 1; "
             "echo core >/proc/sys/kernel/core_pattern", by_kernel(DUMP_HELPER)),
    in_shell("kernel: modprobe's path has the kernel run an own program as root",
             f"saved=$(cat /proc/sys/kernel/modprobe); echo {MODULE_HELPER} >/proc/sys/kernel/modprobe; /var/tmp/unknown; "
             "sleep 1; echo $saved >/proc/sys/kernel/modprobe", by_kernel(MODULE_HELPER)),
)

SHELLS = (*victims_start("shells"), *SHELLS)

NGINX = "nginx.service"
PACKAGED = (
    Case("nginx: its master is taken over and raises", LIBRARY + "take_over $(< /run/nginx.pid) raise",
         (gain(NGINX, "/usr/sbin/nginx"),)),
    Case("nginx: a worker tries to raise what it has not",
         LIBRARY + f"take_over $(pgrep -u www-data -o nginx) refused {EPERM}",
         (Alert("gain-denied", service=NGINX, exe="/usr/sbin/nginx", mechanism="capset", severity="low"),)),
    Case("nginx: a worker enters a user namespace", LIBRARY + "take_over $(pgrep -u www-data -o nginx) userns",
         (Alert("userns-gain", service=NGINX, exe="/usr/sbin/nginx", mechanism="userns", severity="low"),)),
    Case("nginx: a shell of a worker executes a set-user-ID program",
         LIBRARY + "take_over $(pgrep -u www-data -o nginx) '/usr/local/sbin/helper-suid drop </dev/null'",
         (Alert("exec-gain", service=NGINX, exe="/usr/local/sbin/helper-suid", mechanism="exec", severity="high",
                gained=ADMIN),)),
    Case("nginx: a shell of its master runs an own program that raises",
         LIBRARY + f"take_over $(< /run/nginx.pid) '{VILLAIN} at-once </dev/null >/run/takeover/out'",
         (gain(NGINX, VILLAIN),)),
    Case("worker in Python: taken over, raises", LIBRARY + "act worker",
         (gain("victim-worker.service", "/usr/bin/python3*", gained=ADMIN),)),
    Case("smbd: a command run for a client", "smbclient -N //127.0.0.1/loud -c exit",
         (gain("smbd.service"),), timeout=90,
         also=(Alert("exec-gain", service="smbd.service", exe="/usr/bin/dash", mechanism="exec", gained="cap_mknod"),)),
    Case("cron: a job's shell runs what raises", LIBRARY + "victim_wait cron READY && sleep 2 && act cron",
         (gain("session*"),), timeout=90),
    Case("cron: taken over by a debugger", f"{VILLAIN} inject $(systemctl show -P MainPID cron) </dev/null",
         (gain("cron.service", "/usr/sbin/cron"),)),
)
victim("worker", f"{TOOLS}/worker.py")
PACKAGED = (*victims_start("a worker"), *PACKAGED)

CONTAINER = "/var/lib/loud"


def container(name, program, *arguments):
    return victim(name, f"/usr/sbin/runc run --bundle {CONTAINER}/{name} {name}", "Delegate=yes")


container("c-raise", "/victimd")
container("c-ping", "/usr/bin/ping")
CONTAINERS = (
    Case("container: its program raises", LIBRARY + "act c-raise",
         (gain("c-raise", "/victimd", severity="high", gained="cap_setuid"),)),
    Case("container: a program at the host's path of ping raises", LIBRARY + "act c-ping",
         (gain("c-ping", "/usr/bin/ping", severity="medium", gained=RAW),)),
    Case("container: a program at the host's path of chronyd raises while it starts",
         LIBRARY + made("c-chronyd", f"/usr/sbin/runc run --bundle {CONTAINER}/c-chronyd c-chronyd")
         + "\nvictim_at_once=1 victims_start && victim_wait c-chronyd DONE",
         (gain("c-chronyd", "/usr/sbin/chronyd", reason="expansion-at-start", severity="medium", gained="cap_sys_time"),)),
    Case("container: runc exec with more than it was given",
         "runc exec --cap CAP_SYS_ADMIN c-raise /victimd no-op </dev/null",
         (Alert("above-ceiling", service="c-raise", exe="/victimd", severity="medium"),)),
)

CONTAINERS = (*victims_start("containers"), *CONTAINERS)

SESSIONS = (
    Case("a user's unit named like a system service", "runuser -u alice -- env XDG_RUNTIME_DIR=/run/user/1000 systemctl --user start allowed.service; "
         "for i in $(seq 100); do grep -q DONE /run/victims/user.out && exit 0; sleep 0.1; done; exit 1",
         (Alert("expansion-*", exe="/usr/local/sbin/helper-permitted", mechanism="capset", gained=RAW),), timeout=60,
         also=(Alert("exec-gain", exe="/usr/local/sbin/helper-permitted", mechanism="exec", severity="low"),)),
    Case("T1548.001: a set-user-ID program made by root, in a login session",
         "ssh -i /root/.ssh/id_ed25519 -o StrictHostKeyChecking=no -o LogLevel=ERROR alice@127.0.0.1 '/usr/local/sbin/helper-suid drop </dev/null' ",
         (Alert("exec-gain", service="session*", exe="/usr/local/sbin/helper-suid", mechanism="exec", severity="low", gained=ADMIN),)),
)

STARTS = (
    Case("start: a raise right after SERVICE_START that no entry lists",
         LIBRARY + made("early", f"{ACTOR} capset") + "\nvictim_at_once=1 victims_start && victim_wait early DONE",
         (gain("victim-early.service", reason="expansion-at-start", severity="medium"),)),
    Case("ceiling: a service that keeps more than its entry lets it",
         LIBRARY + made("ceiling", f"{ACTOR} no-op") + f"\nvictims_start; sleep {START_WINDOW_S}",
         (Alert("above-ceiling", service="victim-ceiling.service", exe=ACTOR, mechanism="sweep", severity="medium"),)),
    Case("daemon-reexec: a raise after it", LIBRARY + "systemctl daemon-reexec; act reexec",
         (gain(victim("reexec", f"{ACTOR} capset")),)),
)

STARTS = (*STARTS[:2], *victims_start("daemon-reexec"), *STARTS[2:])

REPEATED = (
    Case("denied: again and again",
         "sed -i 's/repeat_window: 0/repeat_window: 2s/' /etc/capwatch/conf.d/loud.yaml; auditctl --signal HUP; sleep 1\n"
         f"{LIBRARY}in_shell shell-nobody 'for i in 1 2 3; do {ACTOR} capset </dev/null >/dev/null; done'",
         (Alert("gain-denied", service="victim-shell-nobody.service", exe=ACTOR, mechanism="capset", severity="low"),
          Alert("gain-denied", service="victim-shell-nobody.service", exe=ACTOR, mechanism="capset", severity="medium"))),
)

CONFIG = (
    Case("config: settings edited and read anew", f"""
cat >/etc/capwatch/conf.d/loud.yaml <<END
start_window: {START_WINDOW_S}s
repeat_window: 0
coverage_grace: 4s
sweep: 5s
END
capwatch check && auditctl --signal HUP""", (Alert("config-change", mechanism="config", severity="medium"),)),
    Case("config: a baseline edited and read anew", """
cat >/etc/capwatch/baseline.d/loud.yaml <<END
services:
  - name: loud-ceiling
    match: {unit: victim-ceiling.service}
    ceiling: [cap_net_raw]
  - name: loud-allowed
    match: {unit: allowed.service}
    running: {effective: [cap_net_raw], permitted: same, mechanisms: [capset, exec]}
END
capwatch check && auditctl --signal HUP""", (Alert("config-change", mechanism="config", severity="medium"),)),
)

LOSS = Alert("coverage-loss", mechanism="audit")
CAPSET_RULE = "always,exit -F arch=b64 -S capset -F key=capwatch_capset"
EXCLUDE, HIDE_CAPSET, HIDE_EXEC = ("never,exclude -F msgtype=CAPSET", "never,exit -F arch=b64 -S capset",
                                   "never,exit -F arch=b64 -S execve")
SWEEP_S = 30


def unexplained(service):
    return gain(service, reason="unexplained-gain", mechanism="sweep")


HIDDEN = Case("coverage: capset hidden by a never rule",
              f"{LIBRARY}auditctl -A {HIDE_CAPSET}; act hidden; auditctl -d {HIDE_CAPSET}",
              (unexplained(victim("hidden", f"{ACTOR} capset")),), also=(LOSS,), within=SWEEP_S)
EXCLUDED = Case("coverage: capset's record hidden by an exclude rule",
                f"{LIBRARY}auditctl -a {EXCLUDE}; act excluded; auditctl -d {EXCLUDE}",
                (LOSS, unexplained(victim("excluded", f"{ACTOR} capset"))), within=SWEEP_S)
IMPOSSIBLE = Case("impossible: root that held nothing holds everything, and no exec was recorded",
                  f"{LIBRARY}auditctl -A {HIDE_EXEC}; act impossible; auditctl -d {HIDE_EXEC}",
                  (Alert("impossible-transition", service=victim("impossible", f"{ACTOR} exec-self"), exe=ACTOR,
                         severity="critical"),), also=(LOSS,))
COVERAGE = (
    *victims_start("coverage"), IMPOSSIBLE, HIDDEN, EXCLUDED,
    Case("coverage: a rule taken out and not put back", f"auditctl -d {CAPSET_RULE}; sleep 10",
         (Alert("coverage-loss", mechanism="audit", severity="high"),), also=(LOSS,), within=20),
    Case("coverage: auditing switched off and on again", "auditctl -e 0; sleep 5; auditctl -e 1; id >/dev/null", (LOSS,),
         prepare=f"auditctl -a {CAPSET_RULE}; sleep 6", within=20),
    Case("coverage: the sensor killed", "kill -9 $(pgrep -u capwatch -x audisp-capwatch)", (LOSS,), within=20),
)

UNSEEN_TASK = "never,task"
SWEPT = Case("sweep: a raise while auditing is off",
             LIBRARY + "sleep 6; auditctl -e 0; act swept; auditctl -e 1",
             (unexplained(victim("swept", f"{ACTOR} capset")), LOSS), within=SWEEP_S)
SWEEP = (
    *victims_start("what records will not tell of"), SWEPT,
    Case("sweep: a raise by a process that is never recorded",
         f"{LIBRARY}auditctl -a {UNSEEN_TASK}; {made('never-task', f'{ACTOR} capset')}\n"
         f"{made('never-task-exec', f'{ACTOR} exec-self')}\nvictims_start\n"
         f"auditctl -d {UNSEEN_TASK}; sleep 12; act never-task",
         (replace(unexplained("victim-never-task.service"), what="hold cap_sys_ptrace in effective"),),
         # what they were started with is on no record either
         also=(LOSS, unexplained("victim-never-task.service"), unexplained("victim-never-task-exec.service")),
         within=SWEEP_S),
    Case("sweep: a process that is never recorded, and held nothing, holds everything",
         f"{LIBRARY}act never-task-exec", (unexplained("victim-never-task-exec.service"),), within=SWEEP_S),
)

FILES = Step("files of the intruder", f"""
install -m 0755 {TOOLS}/actor {ACTOR}
install -m 0755 {TOOLS}/actor {ORPHANED}
install -m 0755 {TOOLS}/villain {VILLAIN}
install -m 0755 {TOOLS}/villain /usr/local/sbin/villain-renamed
install -m 4755 {ACTOR} /usr/local/sbin/helper-suid
install -m 0755 {ACTOR} /usr/local/sbin/helper-caps
setcap cap_net_raw=ep /usr/local/sbin/helper-caps
install -m 0755 {ACTOR} /usr/local/sbin/helper-permitted
setcap cap_net_raw=p /usr/local/sbin/helper-permitted
install -m 0755 /usr/sbin/runc /usr/bin/ping /var/tmp/
install -D -m 0755 {VILLAIN} {DUMP_HELPER}
install -D -m 0755 {VILLAIN} {MODULE_HELPER}
install -m 0755 /usr/bin/python3 /var/tmp/python
setcap cap_setuid=ep /var/tmp/python
printf '\\377\\377\\377\\377' >/var/tmp/unknown
chmod 0755 /var/tmp/unknown
touch /var/tmp/given /var/tmp/given2
install -m 0755 /usr/bin/true /var/tmp/given3
install -d -m 1777 /run/takeover /run/victims
""")

BUNDLES = Step("bundles of containers", f"""
mkdir -p /sys/fs/cgroup/system.slice/intruder.service /sys/fs/cgroup/system.slice/intruder2.service
bundle() {{
	local name=$1
	mkdir -p {CONTAINER}/$name/rootfs/{{proc,dev,sys,bin}} "{CONTAINER}/$name/rootfs/${{2%/*}}"
	cp /bin/busybox {CONTAINER}/$name/rootfs/bin/
	cp {ACTOR} "{CONTAINER}/$name/rootfs/$2"
	(cd {CONTAINER}/$name && runc spec && python3 - "$@" <<'END'
import json, sys
name, *words = sys.argv[1:]
config = json.load(open("config.json"))
config["process"]["args"] = words
config["process"]["terminal"] = False
config["root"]["readonly"] = False
for kind in ("bounding", "effective", "permitted"):
    config["process"]["capabilities"][kind] += ["CAP_SETUID", "CAP_NET_RAW", "CAP_SYS_TIME"]
json.dump(config, open("config.json", "w"))
END
	)
}}
bundle c-raise /victimd --cap 7 capset
bundle c-ping /usr/bin/ping --cap 13 capset
bundle c-chronyd /usr/sbin/chronyd --cap 25 capset
""")

# The packaged services: nginx with the intruder's object in it, a share whose clients have a command run, a
# job, and a user whose services go on without a login.
SERVICES = Step("services to be taken over", f"""
mkdir -p /run/systemd/system/nginx.service.d
printf '[Service]\nEnvironment=LD_PRELOAD={TOOLS}/takeover.so\n' >/run/systemd/system/nginx.service.d/takeover.conf
cat >/etc/samba/smb.conf <<END
[global]
map to guest = bad user
disable netbios = yes
server min protocol = SMB2
[loud]
path = /srv
guest ok = yes
root preexec = {ACTOR} capset
root preexec close = yes
END
echo '* * * * * root mkdir /run/loud-cron 2>/dev/null && exec {TOOLS}/victim cron {ACTOR} capset' >/etc/cron.d/loud
install -d -o alice -g alice /home/alice/.config/systemd/user
cat >/home/alice/.config/systemd/user/allowed.service <<END
[Service]
ExecStart=/bin/sh -c 'exec /usr/local/sbin/helper-permitted --cap 13 capset </dev/null >/run/victims/user.out'
END
chown -R alice:alice /home/alice/.config
loginctl enable-linger alice
systemctl daemon-reload
systemctl start --no-block nginx smbd
""", timeout=120)

CONFIG_DECLARED = Declared(Alert("config-change"),
                           "of the settings that the first cases change; they may be told when the next is on")

SCENARIO = Scenario(
    name="loud",
    before_boot=(FILES,),
    steps=(*CONFIG, BUNDLES, SERVICES, *OWN, *EXECUTIONS, *FILES_AND_SPACES, *SPOOFING, *SHELLS, *PACKAGED, *CONTAINERS,
           *SESSIONS, *STARTS, *REPEATED, *COVERAGE, *SWEEP),
    declared=(
        CONFIG_DECLARED,
        Declared(Alert("above-ceiling", service="victim-preload-ping.service", exe="/usr/bin/ping"),
                 "a ping that stays and holds all that root holds is above its entry's ceiling, even before it acts"),
        Declared(Alert("above-ceiling", service="victim-ceiling.service", exe=ACTOR),
                 "a sensor that is started anew finds it anew"),
    ))

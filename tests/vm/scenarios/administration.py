# SPDX-License-Identifier: Apache-2.0
"""administration: quiet steps of people and of systemd: users, packages, cron and timers, logins, unit
features, auditd's own care, and what a desktop session has. Every step checks what it got.

Owns: STEPS and BEFORE_BOOT for quiet.py. Must not own: packaged services, containers.

The first steps start what needs time (cron's minute), the last ones look whether it came.
"""
from scenario import Alert, Declared, Step, patient

STATE = "/var/lib/capwatch-test"
WANTS = "/etc/systemd/system/multi-user.target.wants"
CAP_NET_RAW = 1 << 13
CAP_NET_BIND_SERVICE = 1 << 10


def unit(name, *lines, enable=False):
    """Shell that writes a unit file; enabled without systemctl, each of whose calls takes seconds here."""
    text = "\n".join(lines)
    words = f"cat >/etc/systemd/system/{name} <<'END'\n{text}\nEND\n"
    return words + (f"ln -sf ../{name} {WANTS}/\n" if enable else "")


UNITS = "".join((
    unit("capwatch-ambient.service", "[Service]", "User=bob", "ExecStart=/bin/sleep infinity",
         "AmbientCapabilities=CAP_NET_RAW CAP_NET_BIND_SERVICE", "ExecReload=/bin/grep CapAmb /proc/self/status",
         "ExecStop=/bin/true", "ExecStopPost=/bin/true", enable=True),
    unit("capwatch-dynamic.service", "[Service]", "DynamicUser=yes", "StateDirectory=capwatch-dynamic",
         "ExecStart=/bin/sleep infinity", "ExecReload=/bin/true", enable=True),
    unit("capwatch-bits.service", "[Service]", "User=bob", "SecureBits=noroot noroot-locked keep-caps",
         "AmbientCapabilities=CAP_NET_RAW", "ExecStart=/bin/sleep infinity"),
    unit("capwatch-noroot.service", "[Service]", "SecureBits=noroot no-setuid-fixup",
         "ExecStart=/bin/sleep infinity"),
    unit("capwatch-users.service", "[Service]", "PrivateUsers=yes", "ExecStart=/bin/sleep infinity"),
    unit("capwatch-users-bob.service", "[Service]", "PrivateUsers=yes", "User=bob", "ExecStart=/bin/sleep infinity"),
    unit("capwatch-bounded.service", "[Service]", "CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_SETUID CAP_SETGID",
         "ExecStart=/bin/sh -c '/bin/true; exec sleep infinity'", "ExecReload=/bin/true", enable=True),
    unit("capwatch-hard.service", "[Service]", "User=bob", "NoNewPrivileges=yes", "ProtectSystem=strict",
         "PrivateTmp=yes", "PrivateDevices=yes", "PrivateNetwork=yes", "RestrictNamespaces=yes",
         "SystemCallFilter=@system-service", "CapabilityBoundingSet=", "ProtectHome=yes", "LockPersonality=yes",
         "ExecStartPre=+/bin/mkdir -p /run/capwatch-hard", "ExecStartPre=!/bin/true", "ExecStart=/bin/sleep infinity",
         "ExecReload=+/bin/true"),
    unit("capwatch-pam.service", "[Service]", "User=alice", "PAMName=login", "ExecStart=/bin/sleep infinity",
         "StandardInput=null"),
    unit("capwatch-again.service", "[Service]", "Restart=always", "RestartSec=200ms", "User=bob",
         "AmbientCapabilities=CAP_NET_RAW", "StartLimitIntervalSec=0",
         f"ExecStart=/bin/sh -c 'echo >>/run/capwatch-again/count; sleep 0.5'", "RuntimeDirectory=capwatch-again",
         "RuntimeDirectoryPreserve=yes"),
    unit("capwatch-template@.service", "[Service]", "User=bob", "AmbientCapabilities=CAP_NET_BIND_SERVICE",
         "ExecStart=/bin/sh -c 'exec sleep infinity' %i"),
    unit("capwatch-echo.socket", "[Socket]", "ListenStream=/run/capwatch-echo", "Accept=yes"),
    unit("capwatch-echo@.service", "[Service]", "DynamicUser=yes", "StandardInput=socket", "ExecStart=/bin/cat"),
    unit("capwatch-single.socket", "[Socket]", "ListenStream=127.0.0.1:4711"),
    unit("capwatch-single.service", "[Service]", "DynamicUser=yes", "AmbientCapabilities=CAP_NET_RAW",
         "ExecStart=/usr/bin/python3 -c 'import socket; s = socket.socket(fileno=3); c, _ = s.accept(); c.sendall(b\"here\\\\n\"); c.close()'"),
    unit("capwatch-tick.service", "[Service]", "Type=oneshot", "User=bob", "AmbientCapabilities=CAP_NET_RAW",
         "ExecStart=/bin/sh -c 'grep CapAmb /proc/self/status >>/run/capwatch-tick/ticks'",
         "RuntimeDirectory=capwatch-tick", "RuntimeDirectoryPreserve=yes"),
    unit("capwatch-tick.timer", "[Timer]", "OnActiveSec=1", "OnUnitActiveSec=30", "AccuracySec=1"),
))

CRON = r"""
cat >/etc/cron.d/capwatch-test <<'END'
* * * * * root echo root $(id -u) >>/run/capwatch-cron
* * * * * alice sudo -n sh -c 'echo alice by sudo >>/run/capwatch-cron'
* * * * * root su alice -c 'echo alice by su $(id -u)' >>/run/capwatch-cron
END
printf '* * * * * id -u >$HOME/cron-ran\n' | crontab -u bob -
"""

# Debian's polkit knows no rule for a person who may do everything.
POLKIT = r"""
install -d /etc/polkit-1/rules.d
cat >/etc/polkit-1/rules.d/10-alice.rules <<'END'
polkit.addRule(function(action, subject) {
	if (subject.user == "alice" && action.id == "org.freedesktop.policykit.exec")
		return polkit.Result.YES;
});
END
"""

# Hashing a password costs this host seconds: as few rounds as yescrypt has. pam_pwquality, which comes
# with sssd, refuses every password without a dictionary of words.
CHEAP_PASSWORDS = """
pam-auth-update --package --remove pwquality
sed -i 's/yescrypt/yescrypt rounds=1/' /etc/pam.d/common-password
echo root:root | chpasswd
"""

BEFORE_BOOT = patient((
    Step("passwords that are quick to check", CHEAP_PASSWORDS),
    Step("units with systemd's features", f"install -d {WANTS}\n" + UNITS + "systemctl daemon-reload"),
    Step("crontabs", CRON),
    Step("what alice may do by polkit, and her lingering user manager", POLKIT + "loginctl enable-linger alice"),
))


def has_caps(name, field, mask):
    """Shell: the main process of a unit holds exactly these, once it has executed its program."""
    return (f"pid=$(systemctl show -P MainPID {name}); [ $pid -gt 1 ]\n"
            "for wait in $(seq 50); do\n"
            f"	held=$((16#$(sed -n 's/^{field}:.//p' /proc/$pid/status)))\n"
            f"	if [ $held = {mask} ]; then break; fi\n"
            "	sleep 0.1\n"
            "done\n"
            f"[ $held = {mask} ]\n")


CLOCKS = (
    Step("start a timer, an at job, a transient timer", """
systemctl start cron.service capwatch-tick.timer atd.service
echo 'id -u >$HOME/at-ran; sudo -n id -u >>$HOME/at-ran' | ssh alice@127.0.0.1 at now
echo 'id -u >/run/at-ran' | at now
systemd-run --quiet --on-active=3 --unit=capwatch-later sh -c 'echo >/run/capwatch-later-ran'
"""),
)

CLOCKS_LATER = (
    Step("the timer has fired more than once, by itself", """
sleep 1
[ $(grep -c 'CapAmb:.*2000$' /run/capwatch-tick/ticks) -ge 2 ]
[ -e /run/capwatch-later-ran ]
systemctl stop capwatch-tick.timer
"""),
    Step("at jobs ran as their users", """
for wait in $(seq 100); do
	if [ -s /run/at-ran ] && grep -qsx 0 /home/alice/at-ran; then break; fi
	sleep 0.5
done
[ "$(cat /run/at-ran)" = 0 ]
[ "$(cat /home/alice/at-ran)" = "$(printf '1000\n0')" ]
systemctl stop atd
""", services="atd.service"),
    Step("cron's minute has come: root's, alice's with sudo, root's with su, bob's own crontab", """
for wait in $(seq 130); do
	if [ -s /home/bob/cron-ran ] && [ "$(sort -u /run/capwatch-cron | wc -l)" = 3 ]; then break; fi
	sleep 0.5
done
[ "$(cat /home/bob/cron-ran)" = 1001 ]
grep -q 'root 0' /run/capwatch-cron
grep -q 'alice by sudo' /run/capwatch-cron
grep -q 'alice by su 1000' /run/capwatch-cron
""", timeout=90, services="cron.service"),
)

USERS = (
    Step("add a user, set a password, groups", """
useradd --create-home --shell /bin/bash carol
printf 'carol:one-first-word\\n' | chpasswd
groupadd work
usermod --append --groups work carol
gpasswd --add bob work >/dev/null
gpasswd --administrators carol work
chage --maxdays 90 carol
id carol | grep -c work
install -d -m 0700 -o carol -g carol /home/carol/.ssh
install -m 0600 -o carol -g carol /root/.ssh/id_ed25519.pub /home/carol/.ssh/authorized_keys
printf 'carol ALL=(ALL) ALL\\n' >/etc/sudoers.d/carol
"""),
    Step("passwd, chsh, chfn, chage, gpasswd, newgrp, sudo with a password, by the user", """
ssh carol@127.0.0.1 'set -e
printf "one-first-word\\na-Second-2-word\\na-Second-2-word\\n" | passwd
printf "a-Second-2-word\\n" | chsh -s /bin/sh
printf "a-Second-2-word\\n" | chfn -r 12
chage --list carol >/dev/null
gpasswd --delete bob work >/dev/null
echo "id -gn" | newgrp work | grep -cx work
sg work "id -gn" | grep -cx work
printf "a-Second-2-word\\n" | sudo -S -p "" id -un | grep -cx root'
getent passwd carol | grep -c ':/bin/sh$'
if id bob | grep -c work; then exit 1; fi
"""),
    Step("su and su - by a user who knows the password", """
ssh bob@127.0.0.1 'set -e
echo a-Second-2-word | su carol -c "id -un" | grep -cx carol
echo a-Second-2-word | su - carol -c "id -un" | grep -cx carol
echo root | su -c "id -un" | grep -cx root
if echo wrong | su carol -c id; then exit 1; fi' 2>/dev/null
"""),
    Step("su, su -, runuser, setpriv, sudo -u by root", """
su bob -c 'id -un' | grep -cx bob
su - bob -c 'id -un' | grep -cx bob
runuser -u bob -- id -un | grep -cx bob
setpriv --reuid bob --regid bob --init-groups id -un | grep -cx bob
sudo -u bob id -un | grep -cx bob
sudo -i -u bob id -un | grep -cx bob
"""),
    Step("alice logs in and works with sudo", """
ssh -tt alice@127.0.0.1 'set -e
sudo -n id -un | tr -d "\\r" | grep -cx root
sudo -n -u bob id -un | tr -d "\\r" | grep -cx bob
sudo -n -l >/dev/null
sudo -n sh -c "su bob -c id" | grep -c bob
sudo -n systemctl restart capwatch-dynamic.service
tmux -L test new-session -d "sleep 1; sudo -n id -un >tmux-ran"' </dev/null
for wait in $(seq 60); do
	if [ -s /home/alice/tmux-ran ]; then break; fi
	sleep 0.25
done
grep -qx root /home/alice/tmux-ran
"""),
    Step("a login on a console", """
install -d /etc/systemd/system/getty@tty5.service.d
printf '%s\\n' '[Service]' 'ExecStart=' 'ExecStart=-/sbin/agetty --autologin alice --noclear %I linux' \\
	>/etc/systemd/system/getty@tty5.service.d/alice.conf
printf '%s\\n' 'case $(tty) in /dev/tty5) sudo -n id -un >$HOME/console-ran; sleep 1; exit ;; esac' >>/home/alice/.profile
systemctl daemon-reload
systemctl start getty@tty5.service
for wait in $(seq 100); do
	if [ -s /home/alice/console-ran ]; then break; fi
	sleep 0.25
done
systemctl stop getty@tty5.service
grep -qx root /home/alice/console-ran
"""),
    Step("remove users", """
pkill -KILL -u carol || true
userdel --remove carol 2>/dev/null
groupdel work
if id carol 2>/dev/null; then exit 1; fi
"""),
)

PACKAGE = """
rm -rf /tmp/pkg && mkdir -p /tmp/pkg/DEBIAN /tmp/pkg/usr/bin /tmp/pkg/lib/systemd/system
printf '%s\\n' 'Package: capwatch-sample' 'Version: 1.0' 'Architecture: all' 'Maintainer: Nobody <nobody@localhost>' \\
	'Description: a package of a file, a user and a service' >/tmp/pkg/DEBIAN/control
printf '%s\\n' '#!/bin/sh' 'set -e' 'useradd --system --no-create-home capwatch-sample || true' \\
	'systemctl daemon-reload' 'systemctl restart capwatch-sample.service' >/tmp/pkg/DEBIAN/postinst
printf '%s\\n' '#!/bin/sh' 'set -e' 'systemctl stop capwatch-sample.service' >/tmp/pkg/DEBIAN/prerm
printf '%s\\n' '#!/bin/sh' 'set -e' 'userdel capwatch-sample 2>/dev/null || true' >/tmp/pkg/DEBIAN/postrm
chmod 0755 /tmp/pkg/DEBIAN/p*
printf '%s\\n' '#!/bin/sh' 'exec sleep infinity' >/tmp/pkg/usr/bin/capwatch-sample
chmod 0755 /tmp/pkg/usr/bin/capwatch-sample
printf '%s\\n' '[Service]' 'User=capwatch-sample' 'AmbientCapabilities=CAP_NET_BIND_SERVICE' \\
	'ExecStart=/usr/bin/capwatch-sample' >/tmp/pkg/lib/systemd/system/capwatch-sample.service
dpkg-deb --root-owner-group --build /tmp/pkg /tmp/capwatch-sample.deb >/dev/null
"""

PACKAGES = (
    Step("build a package, install it from the file, remove it", PACKAGE + """
apt-get install -y -qq /tmp/capwatch-sample.deb >/dev/null
""" + has_caps("capwatch-sample.service", "CapAmb", CAP_NET_BIND_SERVICE) + """
dpkg -i /tmp/capwatch-sample.deb >/dev/null
systemctl is-active --quiet capwatch-sample.service
apt-get remove -y -qq --purge capwatch-sample >/dev/null
if [ -e /usr/bin/capwatch-sample ]; then exit 1; fi
""", timeout=120),
)

# Reinstalled while their daemons run, which policy-rc.d leaves alone: they go on from deleted files.
REINSTALL = (
    Step("reinstall the packages kept in the image, restarting nothing", f"""
printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d
dpkg -i {STATE}/debs/*.deb >/var/log/capwatch-reinstall.log 2>&1 || {{
	rm /usr/sbin/policy-rc.d
	tail -20 /var/log/capwatch-reinstall.log
	exit 1
}}
rm /usr/sbin/policy-rc.d
[ $(grep -c '^Setting up' /var/log/capwatch-reinstall.log) -ge 25 ]
""", timeout=900),
    Step("daemons now run from deleted files", """
deleted=$({ readlink /proc/[0-9]*/exe 2>/dev/null || true; } | grep -c '(deleted)$')
echo "$deleted processes"
[ "$deleted" -ge 5 ]
readlink /proc/$(systemctl show -P MainPID ssh.service)/exe | grep -c '(deleted)$'
readlink /proc/$(systemctl show -P MainPID cron.service)/exe | grep -c '(deleted)$'
rm -f /run/capwatch-cron /home/bob/cron-ran
"""),
    Step("logins and programs work on after the reinstallation", """
ssh alice@127.0.0.1 'sudo -n id -un' | grep -cx root
ssh bob@127.0.0.1 'echo root | su -c "id -un"' 2>/dev/null | grep -cx root
ping -c 1 -q 127.0.0.1 >/dev/null
ssh alice@127.0.0.1 ping -c 1 -q 127.0.0.1 >/dev/null
su bob -c id | grep -c bob
busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus GetId >/dev/null
logger reinstalled
"""),
)

SYSTEMD = (
    Step("AmbientCapabilities= was granted at boot; reload, restart, stop, start", has_caps(
        "capwatch-ambient.service", "CapAmb", CAP_NET_RAW | CAP_NET_BIND_SERVICE) + """
systemctl reload capwatch-ambient.service
journalctl -b -u capwatch-ambient.service | grep -c 'CapAmb:.*2400$'
systemctl restart capwatch-ambient.service
""" + has_caps("capwatch-ambient.service", "CapAmb", CAP_NET_RAW | CAP_NET_BIND_SERVICE) + """
systemctl stop capwatch-ambient.service
systemctl start capwatch-ambient.service
"""),
    Step("DynamicUser=", """
pid=$(systemctl show -P MainPID capwatch-dynamic.service)
[ $(stat -c %u /proc/$pid) -ge 61184 ]
systemctl reload capwatch-dynamic.service
systemctl restart capwatch-dynamic.service
systemd-run --quiet --wait --pipe -p DynamicUser=yes id -u | grep -c '^6'
"""),
    Step("SecureBits=", "systemctl start capwatch-bits.service capwatch-noroot.service\n" + has_caps(
        "capwatch-bits.service", "CapEff", CAP_NET_RAW) + has_caps("capwatch-noroot.service", "CapEff", 0) + """
systemctl restart capwatch-bits.service
systemctl stop capwatch-bits.service capwatch-noroot.service
"""),
    Step("PrivateUsers=", """
systemctl start capwatch-users.service capwatch-users-bob.service
for name in capwatch-users capwatch-users-bob; do
	# "systemctl start" is done before systemd's child stage has entered it
	for try in $(seq 100); do
		[ "$(readlink /proc/$(systemctl show -P MainPID $name.service)/ns/user)" = "$(readlink /proc/self/ns/user)" ] || break
		sleep 0.1
	done
	[ $try -lt 100 ]
done
systemctl stop capwatch-users.service capwatch-users-bob.service
"""),
    Step("CapabilityBoundingSet=", has_caps("capwatch-bounded.service", "CapBnd", CAP_NET_BIND_SERVICE | 0xC0) + """
systemctl reload capwatch-bounded.service
systemctl restart capwatch-bounded.service
"""),
    Step("a hardened service, with privileged ExecStartPre=", """
systemctl start capwatch-hard.service
systemctl reload capwatch-hard.service
""" + has_caps("capwatch-hard.service", "CapBnd", 0) + """
[ -d /run/capwatch-hard ]
systemctl restart capwatch-hard.service
systemctl stop capwatch-hard.service
"""),
    Step("PAMName= opens a session in a unit", """
systemctl start capwatch-pam.service
pid=$(systemctl show -P MainPID capwatch-pam.service)
for wait in $(seq 100); do # started counts from the fork on
	if [ "$(cat /proc/$pid/loginuid)" = 1000 ]; then break; fi
	sleep 0.2
done
[ "$(cat /proc/$pid/loginuid)" = 1000 ]
systemctl stop capwatch-pam.service
"""),
    Step("a template's instances", """
systemctl start capwatch-template@a.service capwatch-template@b.service
""" + has_caps("capwatch-template@a.service", "CapAmb", CAP_NET_BIND_SERVICE) + has_caps(
        "capwatch-template@b.service", "CapAmb", CAP_NET_BIND_SERVICE) + """
systemctl restart 'capwatch-template@*'
systemctl stop 'capwatch-template@*'
"""),
    Step("a service that is restarted again and again", """
systemctl start capwatch-again.service
for wait in $(seq 100); do
	if [ $(wc -l </run/capwatch-again/count) -ge 3 ]; then break; fi
	sleep 0.2
done
[ $(wc -l </run/capwatch-again/count) -ge 3 ]
systemctl stop capwatch-again.service
"""),
    Step("socket activation, a process a connection and one for all", """
systemctl start capwatch-echo.socket capwatch-single.socket
python3 - <<'END'
import socket
for turn in range(2):
    with socket.socket(socket.AF_UNIX) as line:
        line.connect("/run/capwatch-echo")
        line.sendall(b"word")
        line.shutdown(socket.SHUT_WR)
        assert line.recv(100) == b"word"
    with socket.create_connection(("127.0.0.1", 4711)) as line:
        assert line.recv(100) == b"here\\n"
END
systemctl stop capwatch-echo.socket capwatch-single.socket
"""),
    Step("transient units", """
run="systemd-run --quiet --wait --pipe"
$run -p User=bob -p AmbientCapabilities=CAP_NET_RAW grep -q 'CapAmb:.*2000$' /proc/self/status
$run -p AmbientCapabilities=CAP_NET_RAW -p DynamicUser=yes grep -q 'CapEff:.*2000$' /proc/self/status
$run -p SecureBits=keep-caps -p User=bob id -un | grep -cx bob
$run -p PrivateUsers=yes cat /proc/self/uid_map | grep -c '^ *0 *0 *1$'
$run -p CapabilityBoundingSet=CAP_NET_RAW grep -q 'CapPrm:.*2000$' /proc/self/status
$run runuser -u alice -- id -un | grep -cx alice
$run su - alice -c 'id -un' | grep -cx alice
$run setpriv --reuid bob --clear-groups id -un | grep -cx bob
systemd-run --quiet --scope id -u | grep -cx 0
systemd-run --quiet --scope -p MemoryMax=200M sh -c 'su bob -c id' | grep -c bob
"""),
    Step("daemon-reload, daemon-reexec, and starts, reloads and restarts after it", """
systemctl daemon-reload
systemctl daemon-reexec
systemctl reload capwatch-ambient.service
systemctl restart capwatch-ambient.service capwatch-dynamic.service capwatch-bounded.service
systemctl start capwatch-users-bob.service capwatch-bits.service
""" + has_caps("capwatch-ambient.service", "CapAmb", CAP_NET_RAW | CAP_NET_BIND_SERVICE) + """
systemctl stop capwatch-users-bob.service capwatch-bits.service
systemctl restart cron.service
systemd-run --quiet --wait --pipe -p AmbientCapabilities=CAP_NET_RAW -p User=bob id -un | grep -cx bob
ssh alice@127.0.0.1 sudo -n id -un | grep -cx root
"""),
)

USER_MANAGER = (
    Step("a lingering user's manager and its services", """
[ "$(loginctl show-user alice -P Linger)" = yes ]
systemctl is-active --quiet user@1000.service
ssh alice@127.0.0.1 'set -e
systemd-run --user --quiet --wait --pipe id -un | grep -cx alice
systemd-run --user --quiet --unit=long sleep 1000
systemd-run --user --quiet --wait --pipe sudo -n id -un | grep -cx root
systemd-run --user --quiet --scope sudo -n id -un | grep -cx root
systemd-run --user --quiet --wait --pipe -p PrivateUsers=yes id -un | grep -cx alice
systemd-run --user --quiet --wait --pipe -p PrivateTmp=yes -p ProtectSystem=strict id -un | grep -cx alice
systemctl --user daemon-reexec
systemctl --user is-active --quiet long.service
systemctl --user stop long.service'
"""),
    Step("the user's message bus", """
ssh alice@127.0.0.1 'set -e
systemctl --user start dbus.service
gdbus call --session --dest org.freedesktop.DBus --object-path / --method org.freedesktop.DBus.GetId | grep -c "("'
"""),
    Step("a keyring", """
ssh alice@127.0.0.1 'set -e
printf secret-word | gnome-keyring-daemon --unlock --components=secrets >/dev/null
printf value | secret-tool store --label=test key word
[ "$(secret-tool lookup key word)" = value ]
pgrep -u alice gnome-keyring >/dev/null'
pid=$(pgrep -o -u alice gnome-keyring)
[ "$(stat -c %u /proc/$pid)" = 1000 ] || [ "$(sed -n 's/^Uid:.\\([0-9]*\\).*/\\1/p' /proc/$pid/status)" = 1000 ]
pkill -u alice gnome-keyring
"""),
    Step("pkexec, allowed by a rule", """
ssh alice@127.0.0.1 'pkexec id -un' | grep -cx root
ssh alice@127.0.0.1 'pkexec --user bob id -un' | grep -cx bob
ssh alice@127.0.0.1 'systemd-run --user --quiet --scope pkexec id -un' | grep -cx root
"""),
    Step("a browser's sandbox", """
ssh alice@127.0.0.1 'timeout 220 chromium --headless --disable-gpu --disable-extensions --disable-background-networking \\
	--disable-component-update --no-first-run --dump-dom "data:text/html,<p>seen</p>" 2>/dev/null' | grep -c seen
""", releases=(12,)),
)

AUDIT = (
    Step("augenrules --load, twice", """
augenrules --load >/dev/null
augenrules --load >/dev/null
auditctl -l | grep -c capwatch_capset
"""),
    Step("auditd restarted", """
systemctl restart auditd.service
for wait in $(seq 100); do
	if pgrep -f capwatch-courier >/dev/null; then break; fi
	sleep 0.2
done
pgrep -f capwatch-courier >/dev/null
""", services="auditd.service"),
    Step("logs rotated", """
kill -USR1 $(pidof auditd)
kill -HUP $(pidof auditd)
systemctl start logrotate.service
logrotate --force /etc/logrotate.d/rsyslog
logrotate --force /etc/logrotate.d/capwatch
sleep 1
[ -e /var/log/audit/audit.log.1 ]
pgrep -f capwatch-courier >/dev/null
auditctl -l | grep -c capwatch_capset
"""),
)

STEPS = patient((*CLOCKS, *SYSTEMD, *USERS, *USER_MANAGER, *PACKAGES, *AUDIT, *CLOCKS_LATER))
AFTER_SERVICES = patient(REINSTALL)  # where the packaged services still run

DECLARED = (
    Declared(Alert("file-caps-set", exe="/usr/sbin/setcap", service="session*", severity="medium"),
             "the package of ping gives its program a capability when it is installed: a lasting privilege, which is told "
             "whoever gives it"),
)

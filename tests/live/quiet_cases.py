# SPDX-License-Identifier: Apache-2.0
"""quiet_cases: real programs that start, do real work and stop, and none of it is a finding.

Owns: how each is run: a script for bash, {dir} its own folder, {ports} from 20000 on; python3 there is the
helper's interpreter. Must not own: what is asserted (quiet_test.py).
Everything listens on the loopback; the clock is not set; files replaced get the very same content.
"""
from dataclasses import dataclass

# What a script that fails has started ends with it.
HEAD = """set -e
trap '[ $? = 0 ] || kill $(jobs -p) $(cat {dir}/pid) 2>/dev/null || true' EXIT
"""
CHRONY = """
cat >{dir}/chrony.conf <<X
local stratum 10
allow 127.0.0.1
port {port}
cmdport 0
bindaddress 127.0.0.1
bindcmdaddress {dir}/socket
pidfile {dir}/pid
driftfile {dir}/drift
user _chrony
X
chown _chrony: {dir} && chmod 0770 {dir}
"""
CHRONYC = "chronyc -h {dir}/socket -n"
NGINX = """
mkdir {dir}/html && echo hello >{dir}/html/index.html
cat >{dir}/nginx.conf <<X
user www-data;
worker_processes 2;
pid {dir}/pid;
error_log {dir}/error.log;
events {{ worker_connections 64; }}
http {{
 access_log off;
 client_body_temp_path {dir}/t1; proxy_temp_path {dir}/t2; fastcgi_temp_path {dir}/t3;
 uwsgi_temp_path {dir}/t4; scgi_temp_path {dir}/t5;
 server {{ listen 127.0.0.1:{port}; root {dir}/html; }}
}}
X
"""
GET = "python3 -c 'import urllib.request as u; print(u.urlopen(\"http://127.0.0.1:{port}/\").read())'\n"
UNBOUND = """
cat >{dir}/unbound.conf <<X
server:
 interface: 127.0.0.1
 port: {port}
 username: unbound
 chroot: ""
 directory: {dir}
 pidfile: {dir}/pid
 use-syslog: no
 logfile: {dir}/log
 local-zone: "test." static
 local-data: "a.test. A 127.0.0.9"
 do-daemonize: yes
remote-control:
 control-enable: no
X
chown unbound {dir}
"""
ASK = """python3 - <<'X'
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(3)
question = struct.pack('>HHHHHH', 77, 0x0100, 1, 0, 0, 0) + b'\\1a\\4test\\0' + struct.pack('>HH', 1, 1)
s.sendto(question, ('127.0.0.1', {port}))
assert s.recv(512)[-4:] == bytes((127, 0, 0, 9))
X
"""
DNSMASQ = ("dnsmasq --conf-file=/dev/null --port={port} --interface=lo --bind-interfaces --user=dnsmasq --no-resolv "
           "--no-hosts --address=/a.test/127.0.0.9 --pid-file={dir}/pid ")
DHCP = "--dhcp-range=127.0.0.50,127.0.0.60,1h --dhcp-leasefile={dir}/leases --dhcp-script=/bin/true "
STOP = """
p=$(cat {dir}/pid)
kill $p
while kill -0 $p 2>/dev/null; do sleep 0.05; done
"""
# The new file beside the old, then over it, as dpkg does; what runs keeps the old one.
REPLACE = """
cp -p --preserve=all /usr/sbin/{program} /usr/sbin/{program}.capwatch-test
mv /usr/sbin/{program}.capwatch-test /usr/sbin/{program}
readlink /proc/$(cat {dir}/pid)/exe | grep deleted
"""
READY = "for i in $(seq 60); do [ -s {dir}/pid ] && break; sleep 0.05; done; sleep 0.2\n"
RUNC = """
mkdir -p {dir}/bundle/rootfs/bin && cd {dir}/bundle
cp $(command -v busybox) rootfs/bin/busybox && ln -s busybox rootfs/bin/sh
runc spec
python3 - <<'X'
import json
spec = json.load(open('config.json'))
spec['process']['terminal'] = False
spec['process']['args'] = {arguments}
spec['process']['user'] = {{'uid': {uid}, 'gid': {uid}}}
if {docker}:
    names = ('CAP_CHOWN CAP_DAC_OVERRIDE CAP_FSETID CAP_FOWNER CAP_MKNOD CAP_NET_RAW CAP_SETGID CAP_SETUID CAP_SETFCAP '
             'CAP_SETPCAP CAP_NET_BIND_SERVICE CAP_SYS_CHROOT CAP_KILL CAP_AUDIT_WRITE').split()
    spec['process']['capabilities'] = {{s: names for s in ('bounding', 'effective', 'permitted')}}
json.dump(spec, open('config.json', 'w'))
X
"""
# Becomes nobody as a daemon's child does: by set*id alone, without touching a capability itself.
AS_NOBODY = "{dir}/../as-nobody "
# A login session, as pam_loginuid makes one.
LOGIN = "echo 65534 >/proc/self/loginuid\n"


AS_NOBODY_PROGRAM = """#!/usr/bin/python3 -I
import os, sys
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
os.execvp(sys.argv[1], sys.argv[1:])
"""


@dataclass
class Quiet:
    name: str
    script: str
    needs: tuple
    program: str = ""  # of /usr/sbin, what REPLACE replaces
    values: tuple = ()  # more values for the script, as pairs


QUIET = [
    Quiet("chronyd", CHRONY + "chronyd -f {dir}/chrony.conf\n" + READY + CHRONYC + " tracking\n" + CHRONYC +
          " makestep\nsleep 1.2\n" + CHRONYC + " sources\n" + STOP, ("chronyd", "chronyc")),
    Quiet("chronyd-in-foreground", CHRONY + "chronyd -d -f {dir}/chrony.conf & p=$!\n" + READY + CHRONYC +
          " tracking\n" + STOP + "wait $p\n", ("chronyd", "chronyc")),
    Quiet("chronyd-replaced", CHRONY + "chronyd -f {dir}/chrony.conf\n" + READY + REPLACE + CHRONYC +
          " makestep\nsleep 1.2\n" + CHRONYC + " tracking\n" + STOP, ("chronyd", "chronyc"), "chronyd"),
    Quiet("nginx", NGINX + "nginx -c {dir}/nginx.conf\n" + READY + GET + "kill -HUP $(cat {dir}/pid)\nsleep 1.2\n" +
          GET + STOP, ("nginx",)),
    Quiet("nginx-replaced", NGINX + "nginx -c {dir}/nginx.conf\n" + READY + REPLACE + GET +
          "kill -HUP $(cat {dir}/pid)\nsleep 1.2\n" + GET + STOP, ("nginx",), "nginx"),
    Quiet("unbound", UNBOUND + "unbound -c {dir}/unbound.conf\n" + READY + ASK + "kill -HUP $(cat {dir}/pid)\n"
          "sleep 1.2\n" + ASK + STOP, ("unbound",)),
    Quiet("unbound-replaced", UNBOUND + "unbound -c {dir}/unbound.conf\n" + READY + REPLACE + ASK +
          "kill -HUP $(cat {dir}/pid)\nsleep 1.2\n" + ASK + STOP, ("unbound",), "unbound"),
    Quiet("dnsmasq", DNSMASQ + "\n" + READY + ASK + "kill -HUP $(cat {dir}/pid)\nsleep 1.2\n" + ASK + STOP,
          ("dnsmasq",)),
    Quiet("dnsmasq-with-dhcp", DNSMASQ + DHCP + "\n" + READY + ASK + STOP, ("dnsmasq",)),
    Quiet("dnsmasq-replaced", DNSMASQ + "\n" + READY + REPLACE + "kill -HUP $(cat {dir}/pid)\nsleep 1.2\n" + ASK +
          STOP, ("dnsmasq",), "dnsmasq"),
    Quiet("tcpdump", "tcpdump -i lo -c 2 -n -w {dir}/t.pcap icmp & p=$!\nsleep 1.3\nping -q -c 2 -i 0.2 127.0.0.1\n"
          "wait $p\n", ("tcpdump", "ping")),
    Quiet("tcpdump-as-root", "tcpdump -Z root -i lo -c 1 -n icmp & p=$!\nsleep 0.7\nping -q -c 1 127.0.0.1\nwait $p\n",
          ("tcpdump", "ping")),
    Quiet("ping-root", "ping -q -c 3 -i 0.5 127.0.0.1\n", ("ping",)),
    Quiet("ping-nobody", AS_NOBODY + "ping -q -c 3 -i 0.5 127.0.0.1\n", ("ping",)),
    Quiet("ping-nobody-by-su", "su -s /bin/sh nobody -c 'ping -q -c 2 -i 0.2 127.0.0.1'\n", ("ping", "su")),
    Quiet("ping-nobody-in-a-session", LOGIN + AS_NOBODY + "ping -q -c 2 -i 0.2 127.0.0.1\n", ("ping",)),
    Quiet("su", "su -s /bin/sh nobody -c 'id; sleep 1.2'\nsu -s /bin/sh - nobody -c 'id; sleep 1.2'\n", ("su",)),
    Quiet("su-in-a-session-refused", LOGIN + AS_NOBODY + "su root -c id </dev/null || true\n", ("su",)),
    Quiet("sudo-root", "sudo -n id\nsudo -n -u nobody sh -c 'id; sleep 1.2'\n", ("sudo",)),
    Quiet("sudo-in-a-session", "mkdir -p {dir}/sudoers.d\n"
          "echo 'nobody ALL=(ALL:ALL) NOPASSWD: ALL' >{dir}/sudoers.d/test && chmod 0440 {dir}/sudoers.d/test\n"
          "mount --bind {dir}/sudoers.d /etc/sudoers.d\n" + LOGIN + AS_NOBODY + "sudo -n id\n" +
          AS_NOBODY + "sudo -n -u nobody sh -c 'id; sleep 1.2'\n", ("sudo",)),
    Quiet("bwrap-root", "bwrap --ro-bind / / --unshare-all true\n", ("bwrap",)),
    Quiet("bwrap-root-user-namespace", "bwrap --ro-bind / / --unshare-user --unshare-pid sh -c 'sleep 1.2; id'\n",
          ("bwrap",)),
    Quiet("bwrap-in-a-session", LOGIN + AS_NOBODY + "bwrap --ro-bind / / --proc /proc --dev /dev --unshare-all "
          "sh -c 'sleep 1.2; id'\n", ("bwrap",)),
    Quiet("bwrap-by-a-service", AS_NOBODY + "bwrap --ro-bind / / --unshare-all true\n", ("bwrap",)),
    Quiet("runc", RUNC + "runc run capwatch-test-$$ </dev/null\n", ("runc", "busybox"), values=(
        ("arguments", "['sh', '-c', '/bin/busybox id; /bin/busybox sleep 1.2']"), ("uid", 0), ("docker", False))),
    Quiet("runc-docker-capabilities", RUNC + "runc run capwatch-test-$$ </dev/null\n", ("runc", "busybox"), values=(
        ("arguments", "['sh', '-c', '/bin/busybox id; /bin/busybox sleep 1.2']"), ("uid", 0), ("docker", True))),
    Quiet("runc-detached-user-1000", RUNC + "runc run -d capwatch-test-$$ </dev/null >/dev/null 2>&1\nsleep 1.2\n"
          "runc exec capwatch-test-$$ /bin/busybox id\nrunc kill capwatch-test-$$ KILL\nsleep 0.3\n"
          "runc delete capwatch-test-$$\n", ("runc", "busybox"), values=(
              ("arguments", "['/bin/busybox', 'sleep', '30']"), ("uid", 1000), ("docker", True))),
    Quiet("runc-create-start", RUNC + "runc create capwatch-test-$$ </dev/null >/dev/null 2>&1\nsleep 0.3\n"
          "runc start capwatch-test-$$\nsleep 1.2\nrunc exec capwatch-test-$$ /bin/busybox id\n"
          "runc kill capwatch-test-$$ KILL\nsleep 0.3\nrunc delete capwatch-test-$$\n", ("runc", "busybox"), values=(
              ("arguments", "['/bin/busybox', 'sleep', '30']"), ("uid", 0), ("docker", False))),
]

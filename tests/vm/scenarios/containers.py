# SPDX-License-Identifier: Apache-2.0
"""containers: quiet steps with container runtimes and sandboxes, from an administrator's shell, from
units, and as an ordinary user. Every step checks what it got.

Owns: STEPS, BEFORE_BOOT and DECLARED for quiet.py. Must not own: anything about services and administration.
"""
from scenario import Alert, Declared, Step, patient

BASE = "/var/lib/capwatch-test/containers"

# A root file system of busybox alone, and a bundle a runtime. Nobody but root may write either.
BUILD = f"""
install -d {BASE} {BASE}/rootfs
cd {BASE}/rootfs
rm -rf bin
mkdir -p bin etc proc sys dev tmp root run usr/bin var/tmp
cp /usr/bin/busybox bin/ 2>/dev/null || cp /bin/busybox bin/
for name in cat grep hostname id kill ls mount sh sleep touch true; do
	ln -s busybox bin/$name
done
printf 'root:x:0:0:root:/root:/bin/sh\\nuser:x:1000:1000::/:/bin/sh\\n' >etc/passwd
printf 'root:x:0:\\nuser:x:1000:\\n' >etc/group
printf 'ID=busybox\\n' >etc/os-release
for runtime in runc crun; do
	install -d {BASE}/$runtime {BASE}/$runtime-user
	cd {BASE}/$runtime
	rm -f config.json
	$runtime spec
	python3 - {BASE} $runtime <<'END'
import json, sys
base, runtime = sys.argv[1:]
spec = json.load(open("config.json"))
spec["root"] = {{"path": base + "/rootfs", "readonly": True}}
spec["process"].update(terminal=False, args=["sleep", "1000"])
json.dump(spec, open("config.json", "w"))
spec["process"]["user"] = {{"uid": 1000, "gid": 1000}}
json.dump(spec, open(base + "/" + runtime + "-user/config.json", "w"))
END
done
# alice's own copy: rootless podman writes into it
cp -a {BASE}/rootfs /home/alice/rootfs
chown -R alice:alice /home/alice/rootfs
grep -q '^alice:' /etc/subuid || usermod --add-subuids 200000-265535 --add-subgids 200000-265535 alice
install -d /etc/containers
[ -e /etc/containers/policy.json ] || echo '{{"default": [{{"type": "insecureAcceptAnything"}}]}}' >/etc/containers/policy.json
"""

CONTAINER_UNIT = f"""
runc=$(command -v runc)
printf '%s\\n' '[Service]' "ExecStart=$runc run -b {BASE}/runc boxed" "ExecStop=$runc kill boxed KILL" \\
	"ExecStopPost=-$runc delete -f boxed" KillMode=mixed TimeoutStopSec=10 >/etc/systemd/system/capwatch-box.service
"""

BEFORE_BOOT = patient((
    Step("a root file system and bundles for containers", BUILD + CONTAINER_UNIT),
))


def runtime_steps(runtime):
    """What one OCI runtime does in a day: run, exec, health checks, a user's container, a short-lived one."""
    return (
        Step(f"{runtime} run, detached", f"""
{runtime} run --detach -b {BASE}/{runtime} {runtime}-web >/dev/null
{runtime} state {runtime}-web | grep -c '"status": "running"'
{runtime} exec {runtime}-web grep -q '^CapEff:.*20000420$' /proc/1/status
"""),
        Step(f"{runtime} exec into a running container, again and again", f"""
for turn in 1 2 3; do
	[ "$({runtime} exec {runtime}-web sh -c 'id -u; hostname')" = "$(printf '0\\n{runtime}')" ]
	sleep 0.3
done
"""),
        Step(f"{runtime} exec as a user", f"""
[ "$({runtime} exec --user 1000:1000 {runtime}-web id -u)" = 1000 ]
if {runtime} exec --user 1000:1000 {runtime}-web sh -c "sleep 0.3; kill -0 1" 2>/dev/null; then exit 1; fi
"""),
        Step(f"{runtime} kill and delete", f"""
{runtime} kill {runtime}-web KILL
for wait in $(seq 50); do
	{runtime} state {runtime}-web | grep -c '"status": "running"' || break
	sleep 0.1
done
{runtime} delete {runtime}-web
if {runtime} state {runtime}-web 2>/dev/null; then exit 1; fi
"""),
        Step(f"{runtime} run of a user's container", f"""
{runtime} run --detach -b {BASE}/{runtime}-user {runtime}-user >/dev/null
{runtime} exec {runtime}-user id -u >/dev/null # as the container's user by runc, as root by crun 1.8
{runtime} exec {runtime}-user grep -q '^Uid:.1000' /proc/1/status
{runtime} delete -f {runtime}-user
"""),
    )


STEPS = (
    *runtime_steps("runc"),
    *runtime_steps("crun"),
    Step("a container as a service, exec into it from a shell", """
systemctl daemon-reload
systemctl start capwatch-box.service
for wait in $(seq 50); do
	if runc exec boxed true 2>/dev/null; then break; fi
	sleep 0.2
done
[ "$(runc exec boxed id -u)" = 0 ]
systemctl stop capwatch-box.service
"""),
    Step("podman as root: run, exec, a health check", """
podman rm -f -t 0 rooted >/dev/null 2>&1 || true
podman run --detach --name rooted --network none --rootfs /var/lib/capwatch-test/containers/rootfs sleep 1000
[ "$(podman exec rooted id -u)" = 0 ]
podman exec rooted true
podman exec --user 1000 rooted id | grep -c uid=1000
podman rm -f -t 0 rooted
"""),
    Step("podman as alice, rootless", """
ssh alice@127.0.0.1 'set -e
podman rm -f -t 0 mine >/dev/null 2>&1 || true
podman run --detach --name mine --network none --rootfs $HOME/rootfs sleep 1000
[ "$(podman exec mine id -u)" = 0 ]
podman unshare cat /proc/self/uid_map | grep -c 65536
podman rm -f -t 0 mine'
"""),
    Step("bwrap as root and as alice", """
bwrap --ro-bind / / --dev /dev --proc /proc --unshare-all id | grep -c uid=0
ssh alice@127.0.0.1 'bwrap --ro-bind / / --dev /dev --proc /proc --unshare-all --die-with-parent id -u' | grep -c 1000
ssh alice@127.0.0.1 'systemd-run --user --scope --quiet bwrap --ro-bind / / --dev /dev --proc /proc --unshare-user \\
	--unshare-pid sh -c "id -u; exit"' | grep -c 1000
"""),
    Step("unshare", """
[ "$(unshare --user --map-root-user id -u)" = 0 ]
ssh alice@127.0.0.1 'unshare -r id -u' | grep -c '^0$'
ssh alice@127.0.0.1 'unshare -r --mount --pid --fork sh -c "mount -t tmpfs none /mnt && touch /mnt/x && ls /mnt"' | grep -c x
unshare --mount --uts --ipc --net --pid --fork sh -c 'mount -t tmpfs none /mnt && hostname inside && hostname' | grep -c inside
"""),
    Step("systemd-nspawn", f"""
nspawn="systemd-nspawn --quiet --pipe --register=no --resolv-conf=off --timezone=off --link-journal=no"
$nspawn -D {BASE}/rootfs --read-only id -u | grep -cx 0
$nspawn --private-users=200000:65536 --private-users-ownership=map -D {BASE}/rootfs --read-only \
	cat /proc/self/uid_map | grep -c 65536
systemd-run --quiet --wait --pipe $nspawn --keep-unit -D / --volatile=yes id -u |
	grep -cx 0
"""),
)

STEPS = patient(STEPS)

DECLARED = (
    Declared(Alert("userns-gain", exe="/usr/bin/unshare", mechanism="userns", severity="low"),
             "a user namespace made by hand is what kernel exploits begin with: low, and nothing allows it"),
)

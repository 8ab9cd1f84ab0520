# SPDX-License-Identifier: Apache-2.0
"""brief: what ./check vm runs on a whole host, in one boot: a part of quiet, in which nothing may alert, then a
part of loud, in which all must. The whole of both takes far longer (CONTRIBUTING.md).
"""
import administration
import containers
import loud
import services
from scenario import Scenario, Step

STARTED = ("named", "unbound", "dnsmasq", "chrony", "nginx", "haproxy", "squid", "dovecot",
           "proftpd", "smbd", "redis-server", "memcached", "keepalived", "avahi-daemon", "cups")
CONFIGURED = ("the network", "name services", "the clock", "web servers and proxies", "mail", "file services", "routing",
              "discovery and printing")
WORKED = ("a query to named", "a query to unbound", "a page from nginx", "a page through haproxy", "a page through squid",
          "an FTP login with a transfer each way", "a key in redis", "a value in memcached",
          "the clock from chrony", "ping as root and as alice", "keepalived holds the address", "avahi finds a service")
ADMINISTERED = ("su, su -, runuser, setpriv, sudo -u by root", "AmbientCapabilities= was granted at boot; reload, restart, stop, start",
                "transient units", "augenrules --load, twice", "auditd restarted", "logs rotated")


def chosen(steps, names):
    """Those steps, in their order; an unknown name is an error."""
    found = tuple(step for step in steps if step.name in names)
    missing = set(names) - {step.name for step in found}
    if missing:
        raise KeyError(f"brief: no step is named {missing}")
    return found


QUIET = (
    Step("the network starts", "systemctl start systemd-networkd && networkctl up lan0 lan1", services="systemd-networkd.service"),
    Step("services start", f"systemctl start {' '.join(STARTED)} capwatch-ambient",
         services=" ".join(f"{name}.service" for name in STARTED), timeout=240),
    *chosen(services.WORK, WORKED),
    Step("services are restarted", f"systemctl restart {' '.join(STARTED)}", timeout=240),
    *containers.runtime_steps("runc"),
    *chosen(administration.STEPS, ADMINISTERED),
)

SCENARIO = Scenario(
    name="brief",
    before_boot=(*chosen(services.BEFORE_BOOT, CONFIGURED), *containers.BEFORE_BOOT,
                 *chosen(administration.BEFORE_BOOT, ("units with systemd's features",)), loud.FILES),
    steps=(*QUIET, *loud.CONFIG, *loud.OWN),
    declared=(*containers.DECLARED, loud.CONFIG_DECLARED),
)

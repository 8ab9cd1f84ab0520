# SPDX-License-Identifier: Apache-2.0
"""learnt: a test host writes its own baseline. The shipped entries of the network services are taken away; a boot,
work and a restart of each service are learnt; what `capwatch suggest` makes of it is installed; and after another
boot the days of quiet may not alert. (learnt_loud.py: and every case of loud still must.)

What is not a service's (launchers, logins, administration, containers) stays as shipped: nobody learns by being
logged in to.
"""
import quiet
import services
from scenario import Alert, Declared, Reboot, Scenario, Step

TAKEN_AWAY = "30-network.yaml 31-files.yaml 32-mail.yaml 33-web.yaml"
LEARNT = "/etc/capwatch/baseline.d/learnt.yaml"


def restart(names):
    """Each once, some at a time: under emulation a start takes seconds."""
    return tuple(Step(f"restart of {', '.join(part)}", f"systemctl restart {' '.join(part)}\nsystemctl is-active {' '.join(part)}",
                      services=" ".join(f"{name}.service" for name in part), timeout=300)
                 for part in (names[i:i + 8] for i in range(0, len(names), 8)))


BEGIN = (
    Step("the services' entries are taken away, and learning begins", f"""
cd /usr/share/capwatch/baseline.d
mkdir /var/lib/capwatch-test/taken-away
mv {TAKEN_AWAY} /var/lib/capwatch-test/taken-away/
auditctl --signal HUP
capwatch learn start --for 24h
capwatch learn status
"""),
)

LEARN = (
    Step("learning has survived the boot", "capwatch learn status | grep -c '^learning, of all services, since'"),
    *services.AT_WORK,
    *restart(services.AT_BOOT),
    Step("their starts are over", "sleep 15"),
    *services.WORK_ON,
    # whoever asks first starts samba's RPC services: smbd at boot, winbind after the restarts, or smbd again
    Step("smbd starts its RPC services itself", """
systemctl stop winbind smbd
pkill -x samba-dcerpcd || true
systemctl start smbd
sleep 15
smbclient -t 60 -L //127.0.0.1 -U alice%alice-password | grep -c files
systemctl start winbind
""", timeout=150),
    *services.EXCHANGE,
    Step("the last starts are over", "sleep 15"),
    Step("what was learnt", """
capwatch learn status | tee /var/lib/capwatch-test/results/learn-status
capwatch learn export >/var/lib/capwatch-test/results/learnt.jsonl
[ $(wc -l </var/lib/capwatch-test/results/learnt.jsonl) -ge 50 ]
"""),
    Step("suggest is a valid baseline, and the same twice", f"""
capwatch suggest >/tmp/learnt.yaml
capwatch suggest >/tmp/again.yaml
cmp /tmp/learnt.yaml /tmp/again.yaml
capwatch suggest | capwatch check -
install -m 0644 /tmp/learnt.yaml {LEARNT}
capwatch check
auditctl --signal HUP
cp /tmp/learnt.yaml /var/lib/capwatch-test/results/
capwatch suggest --diff >/var/lib/capwatch-test/results/learnt.diff
"""),
    Step("learning ends", "capwatch learn stop && ! capwatch learn status"),
    Reboot("to judge by what was learnt"),
)

DECLARED = (
    Declared(Alert("config-change", what="learning was switched on"), "capwatch learn start", required=True),
    Declared(Alert("config-change", what="learning was switched off"), "capwatch learn stop", required=True),
    Declared(Alert("config-change", what="SIGHUP"), "the entries were taken away, and what was learnt was installed",
             required=True),
)

SCENARIO = Scenario(
    name="learnt",
    before_boot=quiet.SCENARIO.before_boot,
    after_install=BEGIN,
    steps=(*LEARN, *quiet.SCENARIO.steps),
    declared=(*DECLARED, *quiet.SCENARIO.declared),
    compared="learnt.yaml",
    reboot=True,
)

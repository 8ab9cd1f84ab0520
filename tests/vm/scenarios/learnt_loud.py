# SPDX-License-Identifier: Apache-2.0
"""learnt_loud: by a baseline that the host has written itself (learnt.py), every case of loud still alerts."""
import learnt
import loud
import quiet
from scenario import Alert, Declared, Scenario, Step

# what loud starts with an intruder in it; /run is another since the boot
BETWEEN = (Step("nginx and smbd are stopped", "systemctl stop nginx smbd\ninstall -d -m 1777 /run/takeover /run/victims"),)

SCENARIO = Scenario(
    name="learnt_loud",
    before_boot=(*quiet.SCENARIO.before_boot, *loud.SCENARIO.before_boot),
    after_install=learnt.BEGIN,
    steps=(*learnt.LEARN, *BETWEEN, *loud.SCENARIO.steps),
    declared=(
        *learnt.DECLARED,
        Declared(Alert("securebits-change", service="smbd.service", exe="/usr/sbin/smbd"),
                 "loud has smbd execute a command for its clients, which it never did while it was learnt"),
        *loud.SCENARIO.declared,
    ),
    compared="learnt.yaml",
    reboot=True,
)

# SPDX-License-Identifier: Apache-2.0
"""smoke: the shortest run."""
from scenario import Alert, Case, Scenario, Step  # noqa: F401

SCENARIO = Scenario(name="smoke", steps=(Step("id", "id; cat /proc/self/cgroup"), Step("restart cron", "systemctl restart cron", service="cron.service"), Step("sudo", "ssh -o StrictHostKeyChecking=no -i /root/.ssh/id_ed25519 alice@127.0.0.1 sudo id")), reboot=False)

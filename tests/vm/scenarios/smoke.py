# SPDX-License-Identifier: Apache-2.0
"""smoke: the shortest run that shows a host at work: for trying the harness, and for --shell."""
from scenario import Scenario, Step

SCENARIO = Scenario(name="smoke", steps=(
    Step("an administrator's session", "grep -q session- /proc/self/cgroup"),
    Step("restart cron", "systemctl restart cron", services="cron.service"),
))

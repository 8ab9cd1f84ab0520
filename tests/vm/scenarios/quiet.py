# SPDX-License-Identifier: Apache-2.0
"""quiet: days of a healthy host, condensed. Nothing of it may alert, but what is declared here."""
import administration
import containers
import services
from scenario import Scenario

SCENARIO = Scenario(
    name="quiet",
    before_boot=services.BEFORE_BOOT + containers.BEFORE_BOOT + administration.BEFORE_BOOT,
    steps=(services.AT_WORK + administration.AFTER_SERVICES + services.WORK_ON + services.CHANGES
           + containers.STEPS + administration.STEPS),
    declared=containers.DECLARED,
    reboot=True,
)

# SPDX-License-Identifier: Apache-2.0
"""ecs_fields: the fields of the Elastic Common Schema (Apache-2.0) that an alert uses, with their types, and the
words that ECS allows where it allows only some. Compared with @elastic/ecs by tests/formats/consumers where that is
to be had; capwatch writes what has stood in ECS since 8.17 and still does."""

KEYWORDS = (
    "ecs.version log.level event.kind event.module event.dataset event.provider event.id event.action event.outcome "
    "host.name host.hostname host.id host.os.type observer.vendor observer.product observer.type observer.version "
    "process.name process.executable process.user.id process.real_user.id process.real_user.name process.parent.name "
    "process.parent.executable user.id user.name user.effective.id service.name service.type container.id "
    "container.name container.runtime container.image.name orchestrator.type orchestrator.namespace "
    "orchestrator.resource.type orchestrator.resource.id orchestrator.resource.name file.path file.name file.mode "
    "rule.id rule.name threat.framework").split()
ARRAYS = ("event.category event.type process.thread.capabilities.effective process.thread.capabilities.permitted "
          "threat.technique.id threat.technique.subtechnique.id related.user related.hosts").split()
LONGS = "event.severity event.sequence process.pid process.parent.pid".split()
DATES = "@timestamp event.created event.start event.end process.start".split()
TEXTS = ["message", "process.command_line"]  # match_only_text, wildcard
TYPES = {**dict.fromkeys(KEYWORDS, "keyword"), **dict.fromkeys(ARRAYS, "array"), **dict.fromkeys(LONGS, "long"),
         **dict.fromkeys(DATES, "date"), **dict.fromkeys(TEXTS, "text")}
ALLOWED = {
    "event.kind": {"alert", "state"},
    "event.category": {"process", "configuration", "file", "host"},
    "event.type": {"change", "info"},
    "event.outcome": {"success", "failure"},
    "host.os.type": {"linux"},
}
CUSTOM = ("capwatch", "labels")  # labels: an object of keywords, whatever their names

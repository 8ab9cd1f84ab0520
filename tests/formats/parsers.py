# SPDX-License-Identifier: Apache-2.0
"""parsers: what a receiver makes of each format, written from the specifications alone. A fault is an AssertionError."""
import datetime
import json
import re
import urllib.parse

import ecs_fields

CAPABILITY = re.compile(r"CAP_[A-Z_]+|\d+")
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def milliseconds(text):
    return round(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def printable(code):
    """False for what can make a line read as another: controls, and what ends, hides or turns it."""
    return not (code < 0x20 or 0x7f <= code <= 0x9f or code == 0x61c or 0x200b <= code <= 0x200f or
                0x2028 <= code <= 0x202e or 0x2060 <= code <= 0x206f or code == 0xfeff or
                0xfff9 <= code <= 0xfffb or 0xe0000 <= code <= 0xe007f)


def visible(text, keep=""):
    return "".join(c if c in keep or printable(ord(c)) else f"\\u{ord(c):04x}" for c in text)


def no_control(line):
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", line), f"a control character in {line!r}"


def strict_json(line):
    def no_twice(pairs):
        assert len(dict(pairs)) == len(pairs), f"a key twice among {[key for key, _ in pairs]}"
        return dict(pairs)
    no_control(re.sub(r"[\x7f-\x9f]", "", line))
    return json.loads(line, object_pairs_hook=no_twice)


def is_heartbeat(alert):
    return str(alert.get("schema", "")).startswith("capwatch.heartbeat/")


def get(tree, path):
    for key in path.split("."):
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def same(what, found, expected):
    assert found == expected, f"{what}: {found!r}, not {expected!r}"


# ---- native, and what carries it whole ------------------------------------------------------------

def check_native(line, alert):
    same("native", strict_json(line), alert)


def check_splunk(line, alert):
    """docs.splunk.com: "Format events for HTTP Event Collector"."""
    event = strict_json(line)
    assert set(event) <= {"time", "host", "source", "sourcetype", "index", "fields", "event"}, set(event)
    same("event", event["event"], alert)
    if alert.get("time"):
        same("time", round(event["time"] * 1000), milliseconds(alert["time"]))
    same("sourcetype", event["sourcetype"], "capwatch:heartbeat" if is_heartbeat(alert) else "capwatch:alert")
    for name, value in event.get("fields", {}).items():
        assert isinstance(value, str) and value == visible(value), f"fields.{name}: {value!r}"


CLOUDEVENT = {  # cloudevents/spec, formats/cloudevents.json, without its descriptions
    "type": "object",
    "properties": {
        "id": {"type": "string", "minLength": 1}, "source": {"type": "string", "minLength": 1},
        "specversion": {"const": "1.0"}, "type": {"type": "string", "minLength": 1},
        "datacontenttype": {"type": ["string", "null"], "minLength": 1},
        "dataschema": {"type": ["string", "null"], "minLength": 1},
        "subject": {"type": ["string", "null"], "minLength": 1}, "time": {"type": ["string", "null"], "minLength": 1},
        "data": {"type": ["object", "string", "number", "array", "boolean", "null"]},
        "data_base64": {"type": ["string", "null"]},
    },
    "required": ["id", "source", "specversion", "type"],
}


def check_cloudevents(line, alert):
    event = strict_json(line)
    try:
        import jsonschema
        jsonschema.validate(event, CLOUDEVENT)
    except ImportError:
        assert set(CLOUDEVENT["required"]) <= set(event)
    same("data", event["data"], alert)
    for name, value in event.items():
        assert re.fullmatch(r"[a-z0-9]{1,20}", name), f"attribute name {name}"
        if name != "data" and isinstance(value, str):
            assert value == visible(value), f"{name}: {value!r}"
    same("source", urllib.parse.unquote(event["source"]), "urn:capwatch:host:" + (alert.get("host") or ""))
    assert re.fullmatch(r"[A-Za-z0-9:._~%-]+", event["source"]), event["source"]
    if event.get("time"):
        assert DATE.fullmatch(event["time"]), event["time"]
    if isinstance(alert.get("id"), str) and alert["id"]:
        same("id", event["id"], visible(alert["id"]))


# ---- ECS -----------------------------------------------------------------------------------------

ECS_TYPES = {
    "keyword": lambda value: isinstance(value, str),
    "text": lambda value: isinstance(value, str),
    "date": lambda value: isinstance(value, str) and DATE.fullmatch(value),
    "long": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "array": lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value),
}


def leaves(tree, path=()):
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, path + (key,))
        else:
            yield ".".join(path + (key,)), value


def check_ecs(line, alert):
    event = strict_json(line)
    for path, value in leaves({key: value for key, value in event.items() if key not in ecs_fields.CUSTOM}):
        assert path in ecs_fields.TYPES, f"no field of ECS: {path}"
        assert ECS_TYPES[ecs_fields.TYPES[path]](value), f"{path} is no {ecs_fields.TYPES[path]}: {value!r}"
        words = set(value if isinstance(value, list) else [value])
        assert words <= ecs_fields.ALLOWED.get(path, words), f"{path}: {words}"
    same("event.kind", get(event, "event.kind"), "state" if is_heartbeat(alert) else "alert")
    same("@timestamp", event.get("@timestamp"), alert["time"])
    same("event.id", get(event, "event.id"), alert.get("id"))
    if is_heartbeat(alert):
        same("capwatch", event["capwatch"], alert)
        return
    for theirs, ours in (("event.action", "reason"), ("process.pid", "process.pid"), ("process.name", "process.comm"),
                         ("process.executable", "process.exe"), ("host.name", "host"), ("message", "message"),
                         ("capwatch.capabilities", "capabilities"), ("capwatch.baseline", "baseline")):
        same(theirs, get(event, theirs), get(alert, ours))
    for name in ("effective", "permitted"):
        after = get(alert, f"capabilities.{name}.after")
        listed = get(event, f"process.thread.capabilities.{name}")
        same(name, listed, [word.upper() for word in after] if after is not None else None)
        assert all(CAPABILITY.fullmatch(word) for word in listed or ()), listed


# ---- OCSF ----------------------------------------------------------------------------------------

OCSF_REQUIRED = {  # 1.4.0: attributes with "requirement": "required", by object
    "": ["activity_id", "category_uid", "class_uid", "finding_info", "metadata", "severity_id", "time", "type_uid"],
    "metadata": ["product", "version"],
    "metadata.product": ["vendor_name"],
    "finding_info": ["uid", "title"],
    "finding_info.analytic": ["type_id"],
    "device": ["type_id"],
    "device.os": ["name", "type_id"],
}
OCSF_KNOWN = {  # attributes that the class and its objects have there, as far as an alert uses any
    "": {"activity_id", "activity_name", "category_uid", "category_name", "class_uid", "class_name", "type_uid",
         "severity_id", "severity", "status_id", "status", "is_alert", "time", "start_time", "end_time", "count",
         "message", "metadata", "finding_info", "device", "resources", "evidences", "unmapped"},
    "metadata": {"version", "product", "uid", "event_code", "correlation_uid", "log_name", "original_time"},
    "finding_info": {"uid", "title", "desc", "types", "analytic", "attacks", "data_sources", "created_time",
                     "first_seen_time", "last_seen_time"},
    "device": {"hostname", "uid", "type_id", "os"},
}
OCSF_EVIDENCE = {"process", "file", "container", "data"}
OCSF_PROCESS = {"pid", "name", "cmd_line", "created_time", "file", "user", "parent_process"}
OCSF_FILE = {"name", "path", "type_id", "type"}
SEVERITY_IDS = {"low": 2, "medium": 3, "high": 4, "critical": 5}


def check_ocsf_process(process):
    assert set(process) <= OCSF_PROCESS, set(process)
    assert isinstance(process.get("pid"), int), process
    for name in ("file",):
        if name in process:
            check_ocsf_file(process[name])
    if "parent_process" in process:
        check_ocsf_process(process["parent_process"])


def check_ocsf_file(file):
    assert set(file) <= OCSF_FILE and isinstance(file["name"], str) and file["type_id"] == 1, file


def check_ocsf(line, alert):
    event = strict_json(line)
    if is_heartbeat(alert):
        same("class", (event["class_uid"], event["category_uid"], event["type_uid"]), (0, 0, 99))
        same("unmapped", event["unmapped"], alert)
        return
    for path, names in OCSF_REQUIRED.items():
        there = get(event, path) if path else event
        assert there is not None and set(names) <= set(there), f"{path}: {set(names) - set(there or ())} missing"
    for path, names in OCSF_KNOWN.items():
        there = get(event, path) if path else event
        assert set(there) <= names, f"{path}: {set(there) - names} are no attributes"
    same("class", (event["class_uid"], event["category_uid"]), (2004, 2))
    same("type_uid", event["type_uid"], 200400 + event["activity_id"])
    assert event["activity_id"] in (1, 2, 3)
    same("severity_id", event["severity_id"], SEVERITY_IDS[alert["severity"]])
    same("time", event["time"], milliseconds(alert["observed_time"]))
    for name in ("start_time", "end_time", "time"):
        assert isinstance(event[name], int)
    same("finding_info.uid", event["finding_info"]["uid"], alert["id"])
    for attack in event["finding_info"].get("attacks", ()):
        assert re.fullmatch(r"T\d{4}", attack["technique"]["uid"]), attack
        sub = attack.get("sub_technique")
        assert sub is None or re.fullmatch(attack["technique"]["uid"] + r"\.\d{3}", sub["uid"]), attack
    evidence, = event["evidences"]
    assert set(evidence) <= OCSF_EVIDENCE, set(evidence)
    assert evidence.get("data") or evidence.get("process")
    if alert["process"]:
        check_ocsf_process(evidence["process"])
        same("comm", evidence["process"]["name"], alert["process"]["comm"])
    if "file" in evidence:
        check_ocsf_file(evidence["file"])
    if "container" in evidence:
        assert set(evidence["container"]) <= {"uid", "name", "runtime", "pod_uuid", "image"}, evidence["container"]
        assert "uid" in evidence["container"].get("image", {"uid": ""}), evidence["container"]


# ---- Alertmanager --------------------------------------------------------------------------------

VOLATILE = {"pid", "id", "time", "count", "timestamp"}


def check_alertmanager(line, alert):
    """prometheus/alertmanager, api/v2/openapi.yaml: postableAlerts."""
    posted, = strict_json(line)
    assert set(posted) <= {"labels", "annotations", "startsAt", "endsAt", "generatorURL"}, set(posted)
    for name, value in {**posted["labels"], **posted["annotations"]}.items():
        assert re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name), name
        assert isinstance(value, str) and value, f"{name}: {value!r}"
        same(name, value, visible(value))
    assert posted["labels"]["alertname"].startswith("Capwatch")
    assert not VOLATILE & set(posted["labels"]), set(posted["labels"])
    for volatile in (str(get(alert, "process.pid")), alert.get("id")):
        if volatile and len(volatile) > 3:
            assert all(volatile not in value for name, value in posted["labels"].items() if name != "fingerprint")
    assert DATE.fullmatch(posted["endsAt"]) and posted["endsAt"] > posted.get("startsAt", "")
    if not is_heartbeat(alert):
        same("severity", posted["labels"]["severity"], alert["severity"])
        same("reason", posted["labels"]["reason"], alert["reason"])


# ---- Slack ---------------------------------------------------------------------------------------

def check_slack(line, alert):
    message = strict_json(line)
    same("keys", set(message), {"text"})
    text = message["text"]
    assert text.count("```") == 2 and text.endswith("\n```"), text
    assert "`" not in text.replace("```", ""), "a backtick that could end the block"
    assert "<" not in text and ">" not in text, "Slack's control characters"
    assert not re.search(r"&(?!amp;|lt;|gt;)", text), "an ampersand that is no entity"
    for one in text.split("\n"):
        same("line", one, visible(one))
    assert len(text.split("\n")) <= 12, "more lines than there are fields"


# ---- CEF -----------------------------------------------------------------------------------------

CEF_KEYS = ("externalId rt start end cnt dvchost cat act outcome sproc spid suid suser filePath cs1 cs2 cs3 cs4 cs5 cs6 "
            "cn1 cn2 msg").split()
CEF_LABELS = {"cs1Label": "service", "cs2Label": "gained", "cs3Label": "mechanism", "cs4Label": "file",
              "cs5Label": "baseline", "cs6Label": "fingerprint", "cn1Label": "auid", "cn2Label": "euid"}
UNESCAPED = r"(?<!\\)(?:\\\\)*"


def parse_cef(line):
    parts = re.split(rf"({UNESCAPED})\|", line)
    fields = [parts[0]]
    for tail, part in zip(parts[1::2], parts[2::2]):
        fields[-1] += tail
        fields.append(part)
    header, rest = fields[:7], "|".join(fields[7:]) if len(fields) > 7 else ""
    rest = line[len(line) - len(rest):] if rest else rest
    header = [re.sub(r"\\([|\\])", r"\1", field) for field in header]
    marks = list(re.finditer(rf"(?:^| )(\w+){UNESCAPED}=", rest))
    extension = {}
    for mark, following in zip(marks, marks[1:] + [None]):
        value = rest[mark.end():following.start() if following else len(rest)]
        assert mark.group(1) not in extension, f"{mark.group(1)} twice"
        extension[mark.group(1)] = re.sub(
            r"\\(.)", lambda match: {"n": "\n", "r": "\r"}.get(match.group(1), match.group(1)), value)
    return header, extension


def cut(found, expected):
    """A value that is too long is cut and ends in dots."""
    return found == expected or (found.endswith("...") and expected.startswith(found[:-4]))


def check_cef(line, alert):
    no_control(line)
    header, extension = parse_cef(line)
    same("header", header[:3], ["CEF:0", "capwatch", "capwatch"])
    assert 0 <= int(header[6]) <= 10
    assert set(extension) <= {*CEF_KEYS, *CEF_LABELS}, set(extension)
    for key, label in CEF_LABELS.items():
        same(key, extension.get(key, label), label)
    if is_heartbeat(alert):
        same("id", header[4], "heartbeat")
        return
    same("id", header[4], alert["reason"])
    for theirs, ours in (("externalId", "id"), ("dvchost", "host"), ("sproc", "process.comm"), ("cs4", "file.path"),
                         ("filePath", "process.exe"), ("cs1", "service.name"), ("msg", "message"),
                         ("suser", "process.user"), ("spid", "process.pid"), ("cat", "reason")):
        expected = get(alert, ours)
        if expected not in (None, ""):
            assert cut(extension[theirs], visible(str(expected), "\n\r")), f"{theirs}: {extension[theirs]!r}"
    same("rt", int(extension["rt"]), milliseconds(alert["time"]))


# ---- RFC 5424 ------------------------------------------------------------------------------------

PRINTUSASCII = r"[\x21-\x7e]"
FRAME = re.compile(rf"<(\d{{1,3}})>1 (-|{DATE.pattern}) (-|{PRINTUSASCII}{{1,255}}) (-|{PRINTUSASCII}{{1,48}}) "
                   rf"(-|{PRINTUSASCII}{{1,128}}) (-|{PRINTUSASCII}{{1,32}}) (.*)", re.S)
PARAM = re.compile(r' ([!#-<>-\\^-~]{1,32})="((?:[^"\\\]]|\\.)*)"', re.S)


def parse_frame(line):
    head = FRAME.fullmatch(line)
    assert head, f"no frame: {line!r}"
    rest = head.group(7)
    if rest.startswith("- "):
        return head.groups()[:6], {}, rest[2:]
    assert rest.startswith("[capwatch@32473"), rest
    at, params = len("[capwatch@32473"), {}
    while rest[at] == " ":
        param = PARAM.match(rest, at)
        assert param and param.group(1) not in params, rest[at:]
        params[param.group(1)] = re.sub(r'\\(["\\\]])', r"\1", param.group(2))
        at = param.end()
    assert rest[at:at + 2] == "] ", rest[at:]
    return head.groups()[:6], params, rest[at + 2:]


PRIORITY = {"critical": 2, "high": 3, "medium": 4, "low": 5}
PARAMS = set("id severity reason mechanism outcome disposition phase service pid ppid uid euid auid comm exe gained sets "
             "file baseline count fingerprint".split())


def check_rfc5424(line, alert):
    no_control(line)
    assert len(line.encode()) < 8192
    head, params, message = parse_frame(line)
    assert set(params) <= PARAMS, set(params)
    assert message.isascii() and message.isprintable()
    if is_heartbeat(alert):
        same("severity", int(head[0]) & 7, 6)
        return
    same("severity", int(head[0]) & 7, PRIORITY[alert["severity"]])
    same("msgid", head[5], alert["reason"])
    for theirs, ours in (("id", "id"), ("severity", "severity"), ("comm", "process.comm"), ("exe", "process.exe"),
                         ("service", "service.name"), ("file", "file.path"), ("pid", "process.pid")):
        expected = get(alert, ours)
        if expected not in (None, ""):
            assert cut(params[theirs], visible(str(expected))), f"{theirs}: {params[theirs]!r}"


def check_syslog_cef(line, alert):
    no_control(line)
    assert len(line.encode()) < 8192
    _, params, event = parse_frame(line)
    same("structured data", params, {})
    check_cef(event, alert)


JSON_FORMATS = ("native", "ecs", "ocsf", "cloudevents", "splunk-hec", "alertmanager", "slack")
CHECKS = {
    "native": check_native, "ecs": check_ecs, "ocsf": check_ocsf, "cloudevents": check_cloudevents,
    "splunk-hec": check_splunk, "alertmanager": check_alertmanager, "slack": check_slack, "cef": check_cef,
    "rfc5424": check_rfc5424, "syslog-rfc5424": check_rfc5424, "syslog-cef": check_syslog_cef,
}

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""seeds: what fuzzing begins with, made from what the repository has, and the words of its vocabularies.

usage: tests/fuzz/seeds.py FOLDER        writes FOLDER/NAME/* and FOLDER/NAME.dict for each harness
Owns: how each harness's inputs are put together (the forms are said at the top of fuzz_NAME.c). Must not own:
what is found (corpus/, which is copied in as well).
"""
import hashlib
import json
import pathlib
import random
import re
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path.insert(0, str(TOP / "tests" / "hostile"))

import streams  # noqa: E402

PART_MAX = 0xffff
EVENTS_A_SEED = 3       # of a stream that is cut
SEEDS_A_STREAM = 12
MEND, TO_SENSOR = 1, 8  # fuzz_wire.c's flags
MAGIC = 0x31777063
ALERT, LOG, ACK, NOTICE, RELOAD, COURIER_FD, STATE = range(1, 8)
(SPOOLED, SPOOLED_WHOLE, DEAD, DEAD_WHOLE, CORRUPT, WHY, DROPPED, HELD_BACK, STATUS) = range(9)


def save(folder, seed):
    (folder / hashlib.sha1(seed).hexdigest()).write_bytes(seed)


def part(kind, seed):
    return struct.pack("<BH", kind, len(seed[:PART_MAX])) + seed[:PART_MAX]


# ---- streams

def cut_stream(text):
    """Its events, in the order of their first records."""
    events = {}
    for line in text.splitlines(keepends=True):
        found = re.search(rb"msg=audit\(([^)]*)\)", line)
        events.setdefault(found[1] if found else b"", []).append(line)
    return [b"".join(lines) for lines in events.values()]


def make_streams(folder):
    source = random.Random(1)
    for path in [*sorted((TOP / "tests/replay/streams").glob("*.stream")), TOP / "examples/standin.stream"]:
        events = cut_stream(path.read_bytes())
        starts = range(0, len(events), EVENTS_A_SEED)
        for start in source.sample(starts, min(len(starts), SEEDS_A_STREAM)):
            save(folder, b"".join(events[start:start + EVENTS_A_SEED]))
    for hostile in (streams.spoofed(), streams.odd_numbers(), streams.eight_ways(), [streams.finding(7, 1)]):
        for block in hostile:
            save(folder, block[:20_000])
    save(folder, b"".join(streams.between([b"node=a " + streams.finding(9, 7)])))
    for block in streams.long_lines():
        save(folder, block[:18_000])


# ---- configuration

def make_conf(folder):
    shipped = sorted((TOP / "conf/dist/baseline.d").glob("*.yaml"))
    configuration = (TOP / "conf/dist/capwatch.yaml").read_bytes()
    texts = [path.read_bytes() for path in shipped] + [configuration]
    texts += [b"".join(re.findall(r'^\s*"(.*?)(?:\\n)?"', source, re.M) and
                       (line.encode() + b"\n" for line in re.findall(r'^\t*"(.*?)(?:\\n)?";?$', source, re.M)))
              for source in [(TOP / "tests/unit/test_conf_mutations.c").read_text()]]
    for page in ("man/capwatch.yaml.5", "man/capwatch-baseline.5"):
        texts += [block.encode() for block in re.findall(r"^\.EX\n(.*?)^\.EE", (TOP / page).read_text(), re.M | re.S)]
    for text in texts:
        save(folder, text)
        for entry in re.split(rb"\n(?=  - )", text):
            save(folder, b"services:\n" + entry)
    for first, second in zip(texts, texts[1:]):
        save(folder, first + b"\0" + second)
    save(folder, texts[0] + b"\0" + re.sub(rb"- name: (\S+)", rb"- name: \1\n    extends: \1", texts[0]))


# ---- alerts, as the spool and the wire have them

def alerts():
    found = [json.dumps(json.loads(path.read_text()), separators=(",", ":")).encode()
             for path in sorted((TOP / "tests/formats/alerts").glob("*.json"))]
    for path in sorted((TOP / "tests/replay/golden").glob("*.jsonl")):
        found += path.read_bytes().splitlines()[:4]
    return found


def whole(alert, severity=2):
    """fuzz_spool.c's store_whole()."""
    return struct.pack("<BBHHH", severity, 0, 1, 0, 0) + alert[:95].ljust(95, b"\0") + alert


STATUS_TEXT = json.dumps({
    "schema": "capwatch.status/1", "time": "2026-11-22T02:13:09.123Z", "pid": 7, "version": "0.1.0", "mode": "alert",
    "configuration": "ab", "unacknowledged": 1, "sensor": {"connected": True, "age_seconds": 1, "alerts": 2,
                                                          "events": 3, "losses": 0},
    "sinks": [{"name": "siem", "type": "webhook", "healthy": False, "waiting": 1, "oldest_seconds": 2, "unsafe": 0,
               "delivered": 1, "retried": 1, "given_up": 0, "dropped": 0, "held_back": 0, "last_error": "no \\u001b",
               "last_error_time": "2026-11-22T02:13:09.123Z", "next_try_seconds": 3}]}).encode()


def make_spool(folder):
    every = alerts()
    header = struct.pack("<8sHBBIQq96sIIIIq", b"cwspool\n", 1, 2, 0, 2, 1, 0, b"id", 0, 0, 0, 0, 0)
    for alert in every:
        save(folder, part(SPOOLED_WHOLE, whole(alert)))
    save(folder, part(SPOOLED, header + b"{}") + part(CORRUPT, header[:60]) + part(WHY, b"HTTP status 400\n"))
    save(folder, part(STATUS, STATUS_TEXT) + part(DROPPED, b"%020d\n" % 3) + part(HELD_BACK, b"-1"))
    save(folder, b"".join(part(SPOOLED_WHOLE, whole(alert, number % 4)) for number, alert in enumerate(every[:12])))
    save(folder, part(DEAD_WHOLE, whole(every[0])) + part(WHY, b"no\x1b[2J such host\n") + part(STATUS, b"{}"))


def message(kind, body, number=1, severity=2):
    return struct.pack("<IHBBQII", MAGIC, kind, severity, 0, number, len(body), 0) + body


def make_wire(folder):
    state = b'{"alerts":1,"events":2,"losses":0,"configuration":"ab","baseline":"cd","rules":"ef","queue":0}'
    for alert in alerts():
        save(folder, part(MEND, message(ALERT, alert)))
    for kind, body in ((LOG, b"a line"), (STATE, state), (NOTICE, b"courier ended by signal 9"), (RELOAD, b"")):
        save(folder, part(MEND, message(kind, body)))
    save(folder, part(MEND | 1 << 1, message(COURIER_FD, b"")) + part(MEND | 3 << 1, message(COURIER_FD, b"")))
    save(folder, part(TO_SENSOR | MEND, message(ACK, b"", 1)) + part(TO_SENSOR, message(ACK, b"", 3)))
    save(folder, b"".join(part(0, message(ALERT, b"{}", number)) for number in range(5)))


# ---- replies

def make_reply(folder):
    waits = (b"", b"120", b"Wed, 21 Oct 2026 07:28:00 GMT", b"99999999999999999999", b"-1", b"Sunday 6-Nov-94 08:49:37")
    bodies = (b"", b'{"text":"Success","code":0,"ackId":7}', b'{"acks":{"0":true,"7":true}}', b"<html>\x1b[2J",
              b"Bearer hunter2-hunter2 is wrong\r\n", b'[{"labels":{"a":"b"},"endsAt":"2026-11-22T02:13:09.123Z"}]')
    for number, status in enumerate((200, 204, 301, 400, 404, 408, 410, 425, 429, 500, 503, 0)):
        for body in bodies:
            save(folder, b"%d\n%s\n%s" % (status, waits[number % len(waits)], body))
    for path in sorted((TOP / "tests/formats/golden").glob("*.alertmanager")):
        save(folder, b"200\n\n" + path.read_bytes())


# ---- words

def words_of(*paths):
    """The strings of the vocabularies: they are tables in these files."""
    found = set()
    for path in paths:
        found |= set(re.findall(r'"([\w./ =:-]{2,30})"', (TOP / path).read_text()))
    return found


def write_dictionary(path, words):
    lines = ("\"%s\"" % "".join(chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else "\\x%02x" % byte
                                for byte in word.encode("latin-1")) for word in sorted(words) if word)
    path.write_text("\n".join(lines) + "\n")


def make_dictionaries(folder):
    text = b"".join(path.read_bytes() for path in sorted((TOP / "tests/replay/streams").glob("*.stream"))).decode("latin-1")
    records = set(re.findall(r"^type=\w+ ", text, re.M)) | set(re.findall(r" \w+=", text))
    write_dictionary(folder / "stream.dict", records | words_of("judge/event.c", "judge/coverage.c", "judge/intake.c")
                     | {"node=a ", "\x1d", "\n", "arch=c000003e", "arch=40000003", "msg=audit(1795315000.000:1): "})
    keys = words_of("conf/settings.c", "conf/baseline_parse.c", "common/vocab.c")
    write_dictionary(folder / "conf.dict", keys | {key + ": " for key in keys} |
                     {"  - ", "{", "}", "[", "]", "&a ", "*a", "<<: ", "!!str ", "|\n", "%YAML 1.2\n", "---\n", "\0",
                      "cap_net_raw", "\\x", "0x10", "10s", "~"})
    fields = set(re.findall(r'"(\w+)":', (TOP / "docs/alert.schema.json").read_text()))
    quoted = {'"%s":' % field for field in fields} | words_of("common/vocab.c")
    write_dictionary(folder / "wire.dict", quoted | {"cpw1", "\\u0000", "\\u001b", "\\ud800", "null", "true"})
    write_dictionary(folder / "spool.dict", quoted | words_of("alerters/status.c", "alerters/sink_report.c") |
                     {"cwspool\n", '"schema":"capwatch.status/1"', "-1", "18446744073709551615"})
    write_dictionary(folder / "reply.dict", {"\n", '{"ackId":', '{"acks":{"', '":true', "GMT", "Mon, ", "Nov", " 00:00:00 ",
                                             "hunter2-hunter2", "Bearer ", '"labels":{', '"endsAt":"', "9223372036854775807",
                                             "429", "503", "200"})


def main():
    top = pathlib.Path(sys.argv[1])
    for name, make in {"stream": make_streams, "conf": make_conf, "spool": make_spool, "wire": make_wire,
                       "reply": make_reply}.items():
        folder = top / name
        folder.mkdir(parents=True, exist_ok=True)
        make(folder)
        for kept in sorted((HERE / "corpus" / name).glob("*")):
            save(folder, kept.read_bytes())
    make_dictionaries(top)


main()

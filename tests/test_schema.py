"""The public form is what its JSON Schema says, and the schema says enough to refuse what it is not."""

from __future__ import annotations

import copy
import json
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from detector.model import Coverage, Device, Finding, Gap, Reason, Refused, SenseResult, Track
from detector.report import Report, Source, as_dict
from detector.verdict import judge

SCHEMA = json.loads(files("detector").joinpath("schema/roomsweep-1.schema.json").read_text(encoding="utf-8"))
CHECK = Draft202012Validator(SCHEMA)
WHY = (Reason("lit", "It shines in the lamp's light only", 0.9, "of saturation"), Reason("name", "It says so", "IPC"), Reason("still", "It stays"))
LENS = Finding(Track(((0, 1.5, 2.0), (4, 1.6, 2.1))), True, 0.97, WHY, "Look.")
DEVICE = Finding(Device("44:19:b6:00:00:01", ("10.0.0.5",), "Hikvision"), False, 0.4, WHY, "Look.", None)
NAMELESS = Finding(Device(None, ("10.0.0.9",)), True, 0.8, WHY, "Look.", "an A9 family camera")
FATAL = Gap("no device", "There is no camera.", fatal=True)


def whole():
    lens = SenseResult(Coverage("lens", {"frames": 5, "what": "a room"}, (), ("limit",)), (LENS,), (), Refused({"moves": 1}, (("moves", Track(((0, 1.0, 1.0),))),)))
    network = SenseResult(Coverage("network", {"packets": 9}, (Gap("lost", "It stopped."),)), (DEVICE, NAMELESS), (Device("00:11:22:33:44:55"), Device(None)))
    return Report("0.1.0", "2026-11-22T10:00:00Z", judge((lens, network), ("lens", "network")), (lens, network), (Source("lens", "x", replay=True),), "guest")


def empty(requested):
    results = tuple(SenseResult(Coverage(name, gaps=(FATAL,))) for name in requested)
    return Report("0.1.0", "2026-11-22T10:00:00.25Z", judge(results, requested), results)


def test_the_schema_itself_is_valid():
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("report", [whole(), empty(("lens", "network")), empty(("network",)), empty(("lens",))], ids=["whole", "both", "network", "lens"])
def test_a_report_is_what_the_schema_says(report):
    CHECK.validate(as_dict(report))


def test_every_field_that_is_written_is_described():
    def described(node, value, where="report"):
        node = SCHEMA["$defs"][node["$ref"].rsplit("/", 1)[1]] if "$ref" in node else node
        if isinstance(value, dict) and "properties" in node:
            assert not set(value) - set(node["properties"]), where
            for name, part in value.items():
                described(node["properties"][name], part, f"{where}.{name}")
        elif isinstance(value, list) and "oneOf" in node.get("items", {}):
            for part in value:
                described({"$ref": f"#/$defs/{part['kind']}"}, part, f"{where}[{part['kind']}]")
        elif isinstance(value, list) and "prefixItems" not in node.get("items", {}):
            for part in value:
                described(node["items"], part, f"{where}[]")

    described(SCHEMA, as_dict(whole()))


def change(path, value):
    made = copy.deepcopy(as_dict(whole()))
    *parents, last = path
    node = made
    for step in parents:
        node = node[step]
    if value is ...:
        del node[last]
    else:
        node[last] = value
    return made


KINDS = [finding["kind"] for finding in as_dict(whole())["findings"]]
FIRST = {kind: KINDS.index(kind) for kind in ("lens", "device")}


@pytest.mark.parametrize("field", SCHEMA["required"])
def test_no_field_of_the_public_form_may_be_missing(field):
    assert not CHECK.is_valid(change([field], ...))


@pytest.mark.parametrize("kind", ["lens", "device"])
def test_no_field_of_a_finding_may_be_missing(kind):
    for name in SCHEMA["$defs"][kind]["required"]:
        assert not CHECK.is_valid(change(["findings", FIRST[kind], name], ...)), name


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["schema"], "roomsweep/2"),
        (["verdict"], "SAFE"),
        (["senses"], {}),
        (["senses", "lens"], "CLEAN"),
        (["senses", "nose"], "NOTHING SEEN"),
        (["started_utc"], "2026-11-22 10:00"),
        (["findings", FIRST["lens"], "probability"], 1.01),
        (["findings", FIRST["lens"], "alarm"], 1),
        (["findings", FIRST["lens"], "track"], []),
        (["findings", FIRST["lens"], "track", 0], [0.5, 1, 2]),
        (["findings", FIRST["lens"], "track", 0], [0, 1]),
        (["findings", FIRST["lens"], "reasons"], []),
        (["findings", FIRST["lens"], "next"], ""),
        (["findings", FIRST["device"], "mac"], "44-19-B6-00-00-01"),
        (["devices", 0, "mac"], "00:11:22:33:44:55"),
        (["refused", "counts", "moves"], -1),
        (["authority"], "thief"),
    ],
)
def test_the_schema_refuses_what_the_form_is_not(path, value):
    assert not CHECK.is_valid(change(path, value))

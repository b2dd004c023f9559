"""The report for programs: the public form `roomsweep/1`.

`detector/schema/roomsweep-1.schema.json` describes it; fields may be added within version 1, none is
removed or given another meaning.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from detector.model import Completeness, Coverage, Device, Finding, Reason, Refused, Track
from detector.report import privacy
from detector.report.record import SCHEMA, Report

KNOWN_PER_DEVICE = 40  # facts of one device that is no finding; more is a flood, not knowledge


def as_dict(report: Report) -> dict[str, Any]:
    """The report as plain dicts, lists, strings and numbers, in the order in which it is written."""
    return {
        "schema": SCHEMA,
        "tool": report.tool,
        "started_utc": report.started_utc,
        "verdict": str(report.verdict.word),
        "headline": report.headline,
        "replay": report.replay,
        "senses": {name: str(word) for name, word in report.verdict.senses.items()},
        "findings": [finding_as_dict(finding) for finding in report.findings],
        "devices": [_other(device) for device in report.others],
        "refused": _refused([result.refused for result in report.results]),
        "coverage": {result.coverage.sense: _coverage(result.coverage) for result in report.results},
        "authority": report.authority,
        "sources": [{"sense": s.sense, "name": privacy.plain(s.name), "replay": s.replay} for s in report.sources],
    }


def as_json(report: Report) -> str:
    """The report as JSON text (RFC 8259: no NaN), with a newline at the end."""
    return json.dumps(as_dict(report), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def finding_as_dict(finding: Finding) -> dict[str, Any]:
    """One finding; a device keeps its whole MAC, since whoever follows it up needs it."""
    head = {"kind": finding.kind, "alarm": finding.alarm, "probability": round(finding.probability, 4)}
    tail = {"reasons": [_reason(reason) for reason in finding.reasons], "next": finding.next}
    if isinstance(finding.where, Track):
        return head | {"track": _track(finding.where)} | tail
    device = finding.where
    identity = {
        "mac": device.mac,
        "addresses": [privacy.plain(address) for address in device.addresses],
        "vendor": _shown(device.vendor),
        "camera": _shown(finding.camera),
        "note": device.note,
    }
    return head | identity | tail


def _reason(reason: Reason) -> dict[str, Any]:
    measured: float | str | None = reason.measured
    if isinstance(measured, str):
        measured = privacy.plain(measured)
    elif measured is not None:
        measured = round(float(measured), 6) if math.isfinite(measured) else None
    return {"kind": reason.kind, "says": privacy.plain(reason.says), "measured": measured, "unit": reason.unit}


def _track(track: Track) -> list[list[float]]:
    return [[int(frame), round(float(x), 2), round(float(y), 2)] for frame, x, y in track.points]


def _other(device: Device) -> dict[str, Any]:
    facts = dict.fromkeys((sighting.field, _of_other(sighting.value, device)) for sighting in device.sightings)
    return {
        "mac": privacy.redact_mac(device.mac),
        "addresses": [privacy.address_for_report(address) for address in device.addresses],
        "vendor": _shown(device.vendor),
        "called": _of_other(device.called, device),
        "note": device.note,
        "known": [{"field": name, "value": value} for name, value in list(facts)[:KNOWN_PER_DEVICE]],
    }


def _of_other(value: str, device: Device) -> str:
    return privacy.without_mac(privacy.plain(value), device.mac)


def _shown(text: str | None) -> str | None:
    return None if text is None else privacy.plain(text)


def _refused(parts: list[Refused]) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for part in parts:
        for reason, number in part.counts.items():
            counts[reason] = counts.get(reason, 0) + int(number)
    examples = [{"reason": reason, "track": _track(track)} for part in parts for reason, track in part.examples]
    return {"counts": counts, "examples": examples}


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "completed": coverage.completed,
        "checked": coverage.checked,
        "examined": examined(coverage.examined),
        "gaps": [{"reason": g.reason, "says": privacy.plain(g.says), "fatal": g.fatal} for g in coverage.gaps],
        "limits": list(coverage.limits),
    } | ({} if coverage.completeness is None else {"completeness": _completeness(coverage.completeness)})


def _completeness(told: Completeness) -> dict[str, Any]:
    return {
        "says": told.says,
        "assumed": told.assumed,
        "recovered": [
            {"aperture_mm": row.aperture_mm, "distance_m": row.distance_m, "share": row.share, "margin": row.margin} for row in told.recovered
        ],
        "left_out": dict(told.left_out),
        "nearest_m": told.nearest_m,
        "farthest_m": told.farthest_m,
        "injected": told.injected,
    }


def examined(facts: Mapping[str, float | int | str]) -> dict[str, float | int | str | None]:
    """What a sense examined, fit to be written: finite numbers to four digits, harmless words."""
    return {name: _fact(value) for name, value in facts.items()}


def _fact(value: float | str) -> float | int | str | None:
    if isinstance(value, str):
        return privacy.plain(value)
    number = float(value)
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else round(number, 4)

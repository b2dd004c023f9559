"""The report as one HTML file: no script, nothing from elsewhere, readable on a phone and on paper.

Made to be handed on, so it says less of other devices than the JSON: no names, no whole addresses.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from typing import TYPE_CHECKING, Any

from detector.model import Coverage, Device, Finding, Track
from detector.report import advice, privacy
from detector.report.illustrations import Illustrations, illustrate
from detector.report.record import TITLE, Report
from detector.report.text import completeness_of, examined_of, probability_of, reason_of, refused_of, where_of

if TYPE_CHECKING:
    from jinja2 import Template

OTHERS_SHOWN = 200  # rows of the table of other devices; a hotel's network can hold thousands


def as_html(report: Report, pictures: Illustrations | None = None) -> str:
    """The whole report as one HTML document; every word from outside is escaped.

    pictures: as `illustrate` drew them, where the caller has them already.
    """
    drawn = pictures or illustrate(report)
    return _template().render(
        report=report,
        tone=report.verdict.word.value.lower().replace(" ", "-"),
        senses=_senses(report),
        findings=[_finding(number, f, drawn) for number, f in enumerate(report.findings, 1)],
        mosaic="" if drawn.mosaic is None else _inline(drawn.mosaic),
        stills={frame: _inline(jpeg) for frame, jpeg in drawn.stills.items()},
        others=[_other(device) for device in report.others[:OTHERS_SHOWN]],
        others_left_out=max(len(report.others) - OTHERS_SHOWN, 0),
        absent=[title for name, title in TITLE.items() if name not in report.verdict.senses],
        advice=advice,
    )


@cache
def _template() -> Template:
    # Here, since most sweeps make no page.
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415

    loader = PackageLoader("detector.report", "templates")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["plain"] = privacy.plain
    return environment.get_template("report.html.j2")


def _senses(report: Report) -> list[dict[str, Any]]:
    by_sense = {result.coverage.sense: result for result in report.results}
    return [
        {
            "title": TITLE[name],
            "word": word.value,
            "tone": word.value.lower().replace(" ", "-"),
            "examined": examined_of(by_sense[name].coverage) if name in by_sense else "",
            "gaps": [gap.says for gap in by_sense[name].coverage.gaps] if name in by_sense else [],
            "limits": by_sense[name].coverage.limits if name in by_sense else (),
            "refused": refused_of(by_sense[name]) if name in by_sense else [],
            "completeness": completeness_of(by_sense[name].coverage) if name in by_sense else [],
            "recovered": _recovered(by_sense[name].coverage) if name in by_sense else {},
        }
        for name, word in report.verdict.senses.items()
    ]


def _recovered(coverage: Coverage) -> dict[str, Any]:
    """Shares as a table: a row an aperture, a column a distance."""
    if coverage.completeness is None:
        return {}
    rows = coverage.completeness.recovered
    shares = {(row.aperture_mm, row.distance_m): f"{round(100 * row.share)} %" for row in rows}
    distances = list(dict.fromkeys(row.distance_m for row in rows))
    apertures = list(dict.fromkeys(row.aperture_mm for row in rows))
    return {"distances": [f"{d:g} m" for d in distances], "rows": [(f"{a:g} mm", [shares[a, d] for d in distances]) for a in apertures]}


def _finding(number: int, finding: Finding, drawn: Illustrations) -> dict[str, Any]:
    device = None if isinstance(finding.where, Track) else finding.where
    return {
        "number": number,
        "where": where_of(finding),
        "alarm": finding.alarm,
        "probability": probability_of(finding),
        "reasons": [{"says": reason_of(reason), "source": reason.source} for reason in finding.reasons],
        "note": device.note if device else "",
        "next": finding.next,
        "crop": _inline(drawn.crops[number]) if number in drawn.crops else "",
        "strip": _inline(drawn.strips[number]) if number in drawn.strips else "",
        "clip": drawn.clips.get(number, ""),
    }


def _other(device: Device) -> dict[str, Any]:
    return {
        "vendor": device.vendor or "unknown",
        "mac": privacy.redact_mac(device.mac) or "",
        "addresses": ", ".join(dict.fromkeys(privacy.redact_address(address) for address in device.addresses)),
        "told": ", ".join(dict.fromkeys(sighting.field for sighting in device.sightings)),
        "note": device.note,
    }


def _inline(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{b64encode(jpeg).decode('ascii')}"

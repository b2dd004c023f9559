"""The report for the terminal: the verdict first, then why, then what was not covered."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator

from detector.model import Coverage, Finding, Reason, SenseResult, Track
from detector.report import advice, privacy
from detector.report.machine import examined
from detector.report.record import TITLE, Report

WIDTH = 88  # fits a terminal of 90 columns; a wider line is hard to read back
OTHERS_LISTED = 12  # vendors of other devices worth a line each


def as_text(report: Report) -> str:
    """The whole report as lines of plain text, with a newline at the end."""
    parts = [_top(report), _senses(report), *_findings(report), _rest(report), _completeness(report), _coverage(report), _advice(report)]
    return "\n\n".join(part for part in parts if part) + "\n"


def where_of(finding: Finding) -> str:
    """Which lens or device it is, in a few words."""
    if isinstance(finding.where, Track):
        frame, x, y = finding.where.points[len(finding.where.points) // 2]
        return f"A glint like a lens at x {x:.0f}, y {y:.0f} of frame {frame}"
    device = finding.where
    name = finding.camera or device.vendor or "unknown vendor"
    identity = [part for part in (device.mac, *device.addresses[:3]) if part]
    return privacy.plain(f"A device on the network: {name} ({', '.join(identity) or 'no address'})")


def reason_of(reason: Reason) -> str:
    """One reason with its measurement, unless the sentence tells it: `says (0.93 of saturation)`."""
    says = privacy.plain(reason.says[:1].upper() + reason.says[1:])
    if reason.measured is None:
        return says
    value = reason.measured if isinstance(reason.measured, str) else f"{reason.measured:.4g}"
    if value in reason.says:
        return says
    return f"{says.rstrip('.')} ({privacy.plain(f'{value} {reason.unit}'.strip())})"


def probability_of(finding: Finding) -> str:
    """In whole per cent, and never as a certainty."""
    percent = min(max(round(100 * finding.probability), 1), 99)
    return f"{'over ' if finding.probability > 0.995 else ''}{percent} %"


def examined_of(coverage: Coverage) -> str:
    """What the sense examined as one line: `frames 90, seconds 3`."""
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in examined(coverage.examined).items())


def completeness_of(coverage: Coverage) -> list[str]:
    """What the search would have found, in sentences; none where that was not measured."""
    told = coverage.completeness
    if told is None:
        return []
    reach = [] if told.nearest_m is None else [f"With this light lenses show best from {told.nearest_m:g} to {told.farthest_m:g} m."]
    margin = max((row.margin for row in told.recovered), default=0.0)
    how = f"Measured by drawing {told.injected} lenses into these pictures and searching them once more (within {round(100 * margin)} points)."
    return [told.says, *reach, how, told.assumed]


def others_of(report: Report) -> list[str]:
    """Makes, or the MACs' vendors, of the devices that are no findings, with how many of each."""
    vendors = Counter(privacy.plain(device.called or device.vendor or "unknown vendor") for device in report.others)
    listed = [f"{vendor} ({number})" for vendor, number in vendors.most_common(OTHERS_LISTED)]
    more = len(vendors) - len(listed)
    return [*listed, f"and {more} more"] if more > 0 else listed


def refused_of(result: SenseResult) -> list[str]:
    """Why candidates were let go, the commonest reason first."""
    counts = sorted(result.refused.counts.items(), key=lambda item: -item[1])
    return [f"{reason.replace('-', ' ').replace('_', ' ')} ({number})" for reason, number in counts]


def _top(report: Report) -> str:
    return "\n".join(_wrapped(line) for line in (report.headline, report.origin) if line)


def _senses(report: Report) -> str:
    by_sense = {result.coverage.sense: result.coverage for result in report.results}
    lines = []
    for name, word in report.verdict.senses.items():
        what = examined_of(by_sense[name]) if name in by_sense else ""
        lines.append(f"{TITLE[name]:<15} {word:<14} {what}".rstrip())
    return "\n".join(_wrapped(line, " " * 31) for line in lines)


def _findings(report: Report) -> Iterator[str]:
    first_with: dict[str, int] = {}
    for number, finding in enumerate(report.findings, 1):
        weight = "alarm" if finding.alarm else "worth a look"
        head = f"{number}. {where_of(finding)}: {weight}, probability {probability_of(finding)}"
        note = [] if isinstance(finding.where, Track) or not finding.where.note else [finding.where.note]
        lines = [*(reason_of(reason) for reason in finding.reasons), *map(privacy.plain, note)]
        body = [_wrapped(f"   - {line}", "     ") for line in lines]
        same = first_with.setdefault(finding.next, number)
        then = finding.next if same == number else f"the same as for {same}."
        yield "\n".join([_wrapped(head, "   "), *body, _wrapped(f"   Next: {privacy.plain(then)}", "   ")])


def _rest(report: Report) -> str:
    lines = [
        f"Looked at and let go by the {TITLE[result.coverage.sense].lower()}: {', '.join(refused)}."
        for result in report.results
        if (refused := refused_of(result))
    ]
    if report.others:
        lines.append(f"Other devices on the network: {', '.join(others_of(report))}.")
    return "\n".join(_wrapped(line, "  ") for line in lines)


def _completeness(report: Report) -> str:
    lines = [f"  - {line}" for result in report.results for line in completeness_of(result.coverage)]
    return "\n".join(_wrapped(line, "    ") for line in ["What a lens would have shown", *lines]) if lines else ""


def _coverage(report: Report) -> str:
    lines = ["What was not covered"]
    for result in report.results:
        title = TITLE[result.coverage.sense]
        lines += [f"  - {title}, this time: {privacy.plain(gap.says)}" for gap in result.coverage.gaps]
        lines += [f"  - {title}: {limit}" for limit in result.coverage.limits]
    absent = [title for name, title in TITLE.items() if name not in report.verdict.senses]
    lines += [f"  - {title}: not asked for." for title in absent]
    return "\n".join(_wrapped(line, "    ") for line in [*lines, f"  {advice.NOT_PROOF}"])


def _advice(report: Report) -> str:
    steps = [f"  {number}. {step}" for number, step in enumerate(advice.IF_FOUND, 1)]
    about = [f"  {advice.SUSPICION}"] if report.findings else []
    return "\n".join(_wrapped(line, "     ") for line in ["If you find a camera", *steps, *about])


def _wrapped(line: str, hanging: str = "") -> str:
    return textwrap.fill(line, WIDTH, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False)

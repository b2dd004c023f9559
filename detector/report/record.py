"""The report of one sweep as a noun; the other files of this package only say it in their own form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from detector.model import Device, Finding, SenseName, SenseResult, Still
from detector.report.privacy import plain
from detector.verdict import Verdict

SCHEMA = "roomsweep/1"

TITLE: Mapping[SenseName, str] = {"lens": "Lens search", "network": "Network search"}


@dataclass(frozen=True, slots=True)
class Source:
    """One thing that a sense examined; `replay` is true for a recording."""

    sense: SenseName
    name: str
    replay: bool


@dataclass(frozen=True, slots=True)
class Report:
    """All that a sweep has to say.

    tool: the program's version.  started_utc: ISO 8601 in UTC.  authority: by which right the
    network was asked (`owner`, `guest`, `official`), None where the user gave none.
    """

    tool: str
    started_utc: str
    verdict: Verdict
    results: tuple[SenseResult, ...]
    sources: tuple[Source, ...] = ()
    authority: str | None = None

    @property
    def replay(self) -> bool:
        """True when anything in it comes from a recording."""
        return any(source.replay for source in self.sources)

    @property
    def headline(self) -> str:
        """The verdict in a sentence or two, with REPLAY before it when it is about a recording."""
        return f"REPLAY · {self.verdict.headline}" if self.replay else self.verdict.headline

    @property
    def origin(self) -> str:
        """A sentence on what a replayed report is about; empty for a live one."""
        recorded = [plain(source.name) for source in self.sources if source.replay]
        if not recorded:
            return ""
        live = "" if len(recorded) == len(self.sources) else " in part"
        return f"Made{live} from recordings ({', '.join(recorded)}), not from this room as it is now."

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Findings of all senses: those that alarm first, then the more probable."""
        found = [finding for result in self.results for finding in result.findings]
        return tuple(sorted(found, key=lambda finding: (not finding.alarm, -finding.probability)))

    @property
    def others(self) -> tuple[Device, ...]:
        """Devices that are not among the findings."""
        return tuple(device for result in self.results for device in result.others)

    @property
    def stills(self) -> tuple[Still, ...]:
        """Pictures that the senses kept for the report."""
        return tuple(still for result in self.results for still in result.stills)

"""The networks in earshot, without monitor mode and without sending anything: a `SightingSource`.

NetworkManager is read where it runs, `iw` elsewhere.  Neither is made to ask for networks by name or to
join one: what is looked at are the beacons that access points send by themselves.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence

from detector.model import Gap, Sighting
from detector.network import earshot
from hardware import iw, network_manager
from hardware.sensor import SensorUnavailable, Unavailable
from hardware.survey import STALE_S, Survey

NAME = "networks in earshot"

Way = Callable[[], Survey]
WAYS: tuple[Way, ...] = (network_manager.survey, iw.survey)
"""In order of precedence; the last one's reason is told where none can be gone."""

JOINED = "A camera joined to a network shows among the devices of that network only, not among the networks in earshot."

NOT_HERE = (
    "Networks in earshot can be looked for on Linux only for now: look at the list of Wi-Fi networks yourself, "
    "for names such as those of cameras."
)


EVERY_S = 5.0
"""Systems look around every 10 to 120 s by themselves; looking at their list costs nothing."""


class AccessPoints:
    """Looks at the list of networks until the time is over and tells what is new in it.

    A machine that cannot hear them at all, or has not listened lately, has done all that it could: that
    is a limit in `coverage_limits` and no gap, which would keep every sweep by cable from its verdict.
    What a person can change (Wi-Fi is off), or what breaks in the middle, is a gap.  `examined` tells
    how many were heard.
    """

    replay = False

    def __init__(
        self,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        *,
        ways: Sequence[Way] = WAYS,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = NAME
        self.gaps: list[Gap] = []
        self.coverage_limits = [JOINED]
        self.examined: dict[str, float | int | str] = {}
        self._seconds, self._clock, self._pause = seconds, clock, pause
        self._ways = ways

    def sightings(self) -> Iterator[Sighting]:
        """Facts about access points, each once; ends with the time.

        Raises `SensorUnavailable`: BUSY where Wi-Fi is off, LOST where it breaks in the middle.
        """
        told: set[tuple[str | None, str, str]] = set()
        names: dict[str, bool] = {}
        for survey in self._looks():
            names |= {point.bssid: point.hidden for point in survey.points}
            self._account(names, survey)
            for fact in earshot.facts(survey.points, self._clock()):
                if (key := (fact.mac, fact.field, fact.value)) not in told:
                    told.add(key)
                    yield fact

    def _looks(self) -> Iterator[Survey]:
        """One look now, one every few seconds, one at the end; none where nothing can be heard here."""
        end = self._clock() + self._seconds
        try:
            first = self.look()
        except SensorUnavailable as error:
            if error.reason not in {Unavailable.NO_DEVICE, Unavailable.NOT_SUPPORTED}:
                raise
            self.coverage_limits = [error.says]
            return
        yield first
        while (left := end - self._clock()) > 0:
            self._pause(min(left, EVERY_S))
            yield self.look()

    def look(self) -> Survey:
        """What is heard now.  The first way that can be gone is gone from then on; of the reasons why none
        can (`SensorUnavailable`), that which a person can change goes before the last.
        """
        refusals: list[SensorUnavailable] = []
        for number, way in enumerate(self._ways):
            try:
                survey = way()
            except SensorUnavailable as refusal:
                refusals.append(refusal)
            else:
                self._ways = self._ways[number:]
                return survey
        raise next((one for one in refusals if one.reason is Unavailable.BUSY), refusals[-1])

    def _account(self, names: dict[str, bool], survey: Survey) -> None:
        self.examined = {"networks in earshot": len(names), "of them without a name": sum(names.values())}
        self.coverage_limits = [JOINED]
        if survey.age_s is None or survey.age_s > STALE_S:
            when = "not yet" if survey.age_s is None else f"{survey.age_s:.0f} s ago"
            says = f"This machine last listened for Wi-Fi networks {when}: open its list of networks, which makes it listen, and sweep again."
            self.coverage_limits.append(says)


def open_here(seconds: float, clock: Callable[[], float]) -> AccessPoints:
    """The networks in earshot of this machine."""
    return AccessPoints(seconds, clock, ways=WAYS if sys.platform == "linux" else (_not_here,))


def _not_here() -> Survey:
    raise SensorUnavailable(Unavailable.NOT_SUPPORTED, NOT_HERE)

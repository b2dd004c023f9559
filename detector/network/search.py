"""The network sense: packets and sightings in, findings out."""

from __future__ import annotations

from dataclasses import replace

from detector.model import Coverage, Device, Finding, Gap, Packet, SenseResult, Sighting
from detector.network.batch import Batch
from detector.network.devices import Devices
from detector.network.judge import judge
from detector.network.naming import called
from detector.network.signatures import Signatures
from detector.network.traffic import Traffic
from detector.network.vendors import Vendors

METHOD_LIMITS = (
    "A camera that only records to a card, or that is off, sends nothing and does not show.",
    "A camera on another network, on a cable of its own or with a SIM card does not show.",
    "A camera that says nothing of itself while it is listened to looks like any other device.",
)


class NetworkSearch:
    """Hears packets and takes notes until `finish` tells what they say.

    `ours` are MACs and addresses of the computer that sweeps: never findings, nor devices.
    `vendor_table` replaces the packaged snapshot of the MAC registry.
    """

    def __init__(self, ours: frozenset[str] = frozenset(), vendor_table: bytes | None = None) -> None:
        self._ours = ours
        self._devices = Devices(Vendors(vendor_table))
        self._traffic = Traffic(self._devices.note)
        self._asked = 0

    def hear(self, packet: Packet) -> None:
        """One packet, live or recorded."""
        self._traffic.hear(packet)

    def hear_all(self, batch: Batch) -> None:
        """Many packets at once, which is how captures and a busy network are read."""
        self._traffic.hear_all(batch)

    def note(self, sighting: Sighting) -> None:
        """One fact that was asked for or heard elsewhere."""
        self._asked += 1
        self._devices.note(sighting)

    def finish(self) -> SenseResult:
        """All that was found; call once."""
        self._traffic.finish()
        signatures = Signatures()
        devices = [device for device in self._devices.finish() if not self._is_ours(device)]
        findings: list[Finding] = []
        others: list[Device] = []
        for device in devices:
            finding = judge(device, signatures)
            if finding is None:
                others.append(replace(device, called=called(device)))
            else:
                findings.append(finding)
        findings.sort(key=lambda finding: (not finding.alarm, -finding.probability))
        return SenseResult(self._coverage(len(devices)), tuple(findings), tuple(others))

    def _is_ours(self, device: Device) -> bool:
        return device.mac in self._ours or any(address in self._ours for address in device.addresses)

    def _coverage(self, devices: int) -> Coverage:
        heard = self._traffic.heard
        examined: dict[str, float | int | str] = {
            "packets": heard.packets,
            "bytes": heard.size,
            "seconds": round(max(0.0, heard.last_s - heard.first_s), 1),
            "facts asked for": self._asked,
            "devices": devices,
        }
        return Coverage("network", examined, self._gaps(), METHOD_LIMITS)

    def _gaps(self) -> tuple[Gap, ...]:
        heard = self._traffic.heard
        if not heard.packets and not self._asked:
            return (Gap("nothing heard", "Not one packet was heard and nothing answered.", fatal=True),)
        if heard.packets and heard.unread == heard.packets and not self._asked:
            return (Gap("not supported", "The capture is of a kind of link that cannot be read.", fatal=True),)
        return ()

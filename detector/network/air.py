"""Frames of the air within a batch: their networks' names, who sends how much, what open ones carry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.network import frames
from detector.network.batch import Batch
from detector.network.columns import Links
from detector.network.groups import Groups
from detector.network.text import tidy

AIR_LINKS = (frames.WIFI, frames.WIFI_RADIOTAP, frames.PPI, frames.WIFI_PRISM, frames.WIFI_AVS)


@dataclass(frozen=True, slots=True)
class Aired:
    """One frame of the air.  name: of the network it announces or looks for, with the word for that;
    named: whether an access point told it, None where no access point speaks of its network.
    """

    row: int
    sender: bytes
    name: tuple[str, str] | None = None
    signal_dbm: int | None = None
    key: bytes | None = None
    """Sender and receiver within a network, as a flow; `owned` where the sender is a station of it."""
    owned: bool = False
    named: bool | None = None


def of_the_air(batch: Batch) -> NDArray[np.bool_]:
    """Which frames are of the air."""
    first = int(batch.links[0]) if len(batch) else frames.WIFI
    if first not in AIR_LINKS and (batch.links == first).all():
        return np.zeros(len(batch), bool)
    return np.isin(batch.links, AIR_LINKS)


def take_apart(batch: Batch, heads: Links) -> list[Aired]:
    """All readable frames of the air; what unprotected ones carry is entered into `heads`."""
    rows = np.flatnonzero(of_the_air(batch))
    found: list[Aired] = []
    whole = memoryview(batch.data.data)
    starts, kept, kinds = batch.starts[rows].tolist(), batch.kept[rows].tolist(), batch.links[rows].tolist()
    for row, start, size, link in zip(rows.tolist(), starts, kept, kinds, strict=True):
        data = bytes(whole[start : start + size])
        frame = frames.air_frame(data, link)
        if frame is not None and len(frame.sender) == 6 and any(frame.sender) and not frame.sender[0] & 1:
            found.append(_aired(row, data, frame))
            if frame.sort == "data" and not frame.protected:
                _carry(heads, row, data, frame)
    return found


def _aired(row: int, data: bytes, frame: frames.AirFrame) -> Aired:
    if frame.sort != "data":
        name = frames.network_name(data, frame)
        word = "probe_ssid" if frame.sort == "probe request" else "ssid"
        named = None if name is None or word != "ssid" else bool(name)
        return Aired(row, frame.sender, (word, tidy(name)) if name else None, frame.signal_dbm, named=named)
    if not frame.network:
        return Aired(row, frame.sender)
    if frame.up:
        return Aired(row, frame.sender, key=frame.sender + frame.network, owned=True)
    return Aired(row, frame.sender, key=frame.network + frame.receiver)


def _carry(heads: Links, row: int, data: bytes, frame: frames.AirFrame) -> None:
    inside = frames.carried(data, frame.body)
    if inside is None:
        return
    heads.known[row] = True
    heads.mac[row] = int.from_bytes(frame.sender, "big")
    heads.group[row] = bool(frame.receiver[0] & 1)
    heads.kind[row] = inside[0]
    heads.at[row] += inside[1]


def by_flow(aired: list[Aired]) -> tuple[list[bytes], Groups, NDArray[np.int64]]:
    """Frames that belong to a flow: its keys, the frames by flow, and the place of each in `aired`."""
    places = [place for place, one in enumerate(aired) if one.key is not None]
    numbers: dict[bytes, int] = {}
    which = np.array([numbers.setdefault(aired[place].key or b"", len(numbers)) for place in places], np.int64)
    order = np.argsort(which, kind="stable")
    begins = np.searchsorted(which[order], np.arange(len(numbers)))
    return list(numbers), Groups(order, begins, which[order]), np.array(places, np.int64)

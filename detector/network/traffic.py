"""Captured frames -> sightings: who is there, what each gives away, which flows look like video.

Frames are read many at a time: headers as columns, flows as sums; only what is new takes its turn one
by one, in the order of the frames: a MAC, an address that changes hands, a payload not read before.
A fact is about the sender of a payload, and only where the sender is a host of this network (see
`senders`): answers of internet servers come with the router's MAC and are not about the router.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address
from itertools import chain
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from detector.model import Packet, Sighting
from detector.network import air, claims, columns, dhcp, services
from detector.network.air import Aired
from detector.network.batch import Batch
from detector.network.claims import Claim
from detector.network.columns import NO_MAC, TCP, UDP, Links
from detector.network.disguise import Disguises
from detector.network.earshot import Beacons
from detector.network.flows import Flows
from detector.network.groups import MOST_ROWS, by_number
from detector.network.inside import look_inside
from detector.network.parts import Part, Spans, Whole, part, whole
from detector.network.payloads import Payload, Payloads, Reader
from detector.network.push import pushes
from detector.network.rendezvous import meetings
from detector.network.senders import MOST_SENDERS, NOBODY, Senders

TCP_LOOKS, UDP_LOOKS = 40, 200  # payloads of one flow that are read: banners stand at its start
MOST_WAITING = 1 << 20  # bytes of single packets that wait to be read together
MOST_CUTS = 64  # of one batch: an address that changes hands at every frame is read less exactly
LEAST_REACH = 256  # frames tried after a cut: where one is, the next is not far

# Ports that say something where a host accepts a connection on them, even if nothing is read of it.
_TELLS = np.zeros(1 << 16, bool)
_TELLS[[554, 8554, 10554, 37777, 37778, 34567, 6123, 8899]] = True
_ACCEPTED = 0x12  # SYN and ACK

Event = tuple[int, int, Callable[[], object]]
"""Row, order within the row, what is to be done."""

_MET, _ACCEPTS, _SAYS = 0, 3, 4
_GROUP_BIT = np.uint64(1 << 40)
_ODD = np.uint64(0x9E3779B97F4A7C15)  # spreads MACs of one maker over a table


@dataclass(slots=True)
class Heard:
    """What was examined, for the coverage."""

    packets: int = 0
    size: int = 0
    unread: int = 0
    first_s: float = 0.0
    last_s: float = 0.0


class Traffic:
    """Reads frames and hands each new sighting to `note`."""

    def __init__(self, note: Callable[[Sighting], None]) -> None:
        self._senders = Senders(note)
        self._flows = Flows(_back)
        self._reader = Reader()
        self._disguises = Disguises()
        self._macs = _Macs()
        self._beacons = Beacons()
        self._waiting: list[Packet] = []
        self._waiting_size = 0
        self.heard = Heard()

    def hear(self, packet: Packet) -> None:
        """One packet; it may wait until more have come."""
        self._waiting.append(packet)
        self._waiting_size += len(packet.data)
        if self._waiting_size > MOST_WAITING or len(self._waiting) >= MOST_ROWS >> 4:
            self._catch_up()

    def hear_all(self, batch: Batch) -> None:
        """Many frames; what cannot be read is counted and left."""
        self._catch_up()
        for start in range(0, len(batch), MOST_ROWS):
            self._batch(columns.padded(batch.part(slice(start, start + MOST_ROWS))))

    def finish(self) -> None:
        """Judges the flows, and the networks that told no name; call once after the last packet."""
        self._catch_up()
        for bssid, place, signal_dbm in self._beacons.finish():
            number = self._senders.link(bytes.fromhex(bssid.replace(":", "")), self.heard.last_s)
            if number != NOBODY:
                self._senders.tell(number, ("hidden_ssid", place), self.heard.last_s, signal_dbm)
        for owner, fact in chain(self._flows.finish(), meetings(self._flows.ends()), pushes(self._flows.ends())):
            self._flow_fact(owner, fact)

    def _catch_up(self) -> None:
        waiting, self._waiting, self._waiting_size = self._waiting, [], 0
        if waiting:
            self._batch(Batch.of(waiting))

    def _batch(self, batch: Batch) -> None:
        heads = columns.links(batch)
        aired = air.take_apart(batch, heads)
        self._examined(batch, heads)
        all_of_it = whole(batch, heads)
        lo, cuts, reach = 0, 0, len(batch)
        while lo < len(batch):
            some, said = self._part(all_of_it, lo, min(lo + reach, len(batch)), exact=cuts < MOST_CUTS)
            self._read(some, said, [one for one in aired if lo <= one.row < some.hi])
            cut = some.hi < min(lo + reach, len(batch))
            reach = max(LEAST_REACH, 2 * (some.hi - lo)) if cut else 4 * reach
            lo, cuts = some.hi, cuts + cut
        self._air_flows(batch, aired)
        for owner, fact in self._flows.overfull():
            self._flow_fact(owner, fact)

    def _examined(self, batch: Batch, heads: Links) -> None:
        heard = self.heard
        if not heard.packets:
            heard.first_s = float(batch.at_s[0])
        heard.packets += len(batch)
        heard.size += int(batch.lengths.sum())
        heard.unread += int(np.count_nonzero(~(heads.known | air.of_the_air(batch))))
        heard.last_s = float(batch.at_s[-1])

    def _flow_fact(self, owner: int, fact: tuple[str, str]) -> None:
        if owner != NOBODY:
            self._senders.tell(owner, fact, self.heard.last_s)

    # --- who sends what -------------------------------------------------------------------------

    def _part(self, batch: Whole, lo: int, hi: int, *, exact: bool) -> tuple[Part, Iterable[Claim]]:
        """The rows from `lo` to `hi`, or, if `exact`, as many of them as their senders stay for; and who
        claims which address in them.
        """
        some = part(batch, lo, hi)
        names = some.names
        known = self._senders.settled(names)
        new = {name: place for place, name in enumerate(names) if known[place] is None} if None in known else {}
        fresh = [some.origin(int(some.leaders[place]), name) for name, place in new.items()]
        plan = claims.plan(some, fresh, self._senders.holder)
        if exact and plan.cut is not None and plan.cut < hi:
            return self._part(batch, lo, plan.cut, exact=False)
        for origin in fresh:
            self._senders.settle(origin)
        some.resolved(self._senders.settled(names) if fresh else known)
        return some, plan.claims

    def _read(self, some: Part, said: Iterable[Claim], aired: Iterable[Aired]) -> None:
        """Everything new that some rows hold, in their order, and the sums of their flows."""
        events = [*self._met(some), *self._claimed(some, said), *self._accepted(some), *self._said(some)]
        events += [(one.row, _MET, partial(self._aired, one, some.at_s(one.row))) for one in aired]
        events.sort(key=itemgetter(0, 1))
        for _, _, happens in events:
            happens()

    def _met(self, some: Part) -> Iterator[Event]:
        """MACs not seen before."""
        heads = some.whole.heads
        macs, known = heads.mac[some.lo : some.hi], heads.known[some.lo : some.hi]
        for row in self._macs.new(macs, known & (macs != NO_MAC) & (macs & _GROUP_BIT == 0)):
            mac = int(macs[row]).to_bytes(6, "big")
            yield some.lo + row, _MET, partial(self._senders.link, mac, some.at_s(some.lo + row))

    def _claimed(self, some: Part, said: Iterable[Claim]) -> Iterator[Event]:
        for one in said:
            yield one.row, one.step, partial(self._senders.claim, one.mac, one.ip, one.how, some.at_s(one.row))

    def _accepted(self, some: Part) -> Iterator[Event]:
        """Connections accepted on a port that tells something."""
        ip = some.whole.ip
        places = some.of_entries((ip.kind == TCP) & _TELLS[ip.sport] & (some.sender != NOBODY))
        places = places[some.flags(places) & _ACCEPTED == _ACCEPTED]
        for row, entry in zip(some.row[places].tolist(), some.entry[places].tolist(), strict=True):
            fact = ("open_port", str(ip.sport[entry]))
            yield row, _ACCEPTS, partial(self._senders.tell, int(some.sender[entry]), fact, some.at_s(row))

    def _said(self, some: Part) -> Iterator[Event]:
        """Payloads worth reading; counts all packets into their flows."""
        if not some.groups.rows.size:
            return
        places, spans = self._flowed(some)
        if not places.size:
            return
        ip, batch, entry = some.whole.ip, some.whole.batch, some.entry[places]
        payloads = Payloads(some.sender[entry], ip.kind[entry], ip.sport[entry], ip.dport[entry], spans.payload, spans.end)
        worth = self._reader.worth(batch.data, payloads)
        rows = some.row[places[worth]]
        for row, at_s, one in zip(rows.tolist(), batch.at_s[rows].tolist(), payloads.part(worth).each(), strict=True):
            yield row, _SAYS, partial(self._payload, batch.data, one, at_s)

    def _flowed(self, some: Part) -> tuple[NDArray[np.int64], Spans]:
        """Counts packets into their flows; tells the places, in order, of those whose payloads stand near a
        flow's beginning, and where.
        """
        groups, batch = some.groups, some.whole.batch
        rows = some.row[groups.rows]
        size, at_s = batch.lengths[rows], batch.at_s[rows]
        slots = self._flows.slots(some.keys, some.sender[some.entry[groups.first]], at_s[groups.begins], np.argsort(groups.first))
        self._flows.add(slots, groups, size, at_s)
        ip, flow = some.whole.ip, np.empty(some.row.size, np.int64)
        flow[groups.rows] = groups.which
        read_out = (ip.kind[some.entry[groups.first]] == TCP) & (self._flows.looked(slots) >= TCP_LOOKS)
        places = some.of_entries(ip.carried & (some.sender != NOBODY))
        places = places[~read_out[flow[places]]]
        spans = some.spans(places)
        says = np.flatnonzero(spans.payload < spans.end)
        places, spans = places[says], spans.part(says)
        udp = ip.kind[some.entry[places]] == UDP
        self._look_inside(some, slots[flow[places[udp]]], spans.part(np.flatnonzero(udp)))
        near = self._near(slots, flow[places], udp)
        return places[near], spans.part(near)

    def _look_inside(self, some: Part, slots: NDArray[np.int64], spans: Spans) -> None:
        """Counts what the datagrams of flows look like."""
        if slots.size:
            self._flows.add_inside(slots, look_inside(some.whole.batch.data, spans.payload, spans.end))

    def _near(self, slots: NDArray[np.int64], flow: NDArray[np.int64], udp: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Which payloads, each of the flow at `slots[flow]` and in their order, stand near its beginning."""
        by_flow = by_number(flow, slots.size)
        which = flow[by_flow.rows]
        rank = np.arange(1, which.size + 1) - by_flow.begins[by_flow.which] + self._flows.looked(slots)[which]
        self._flows.offered(slots[which[by_flow.begins]], by_flow.ends - by_flow.begins)
        near: NDArray[np.int64] = np.sort(by_flow.rows[rank <= np.where(udp[by_flow.rows], UDP_LOOKS, TCP_LOOKS)])
        return near

    def _payload(self, data: NDArray[np.uint8], one: Payload, at_s: float) -> None:
        """Reads one payload."""
        sender, kind, sport, dport, begin, end = one
        payload = data[begin:end].tobytes()
        if kind == TCP:
            facts = services.from_tcp(payload, sport, dport)
        else:
            if sport in (dhcp.CLIENT_PORT, dhcp.SERVER_PORT):
                sender = self._dhcp(payload, sender, at_s)
            facts = services.from_udp(payload, sport, dport) or list(self._disguises.hear(sender, sport, dport, payload))
        for fact in facts:
            self._senders.tell(sender, fact, at_s)

    def _dhcp(self, payload: bytes, sender: int, at_s: float) -> int:
        """Notes a lease; facts of a client's message are the client's even where a relay passes it on."""
        if lease := dhcp.lease(payload):
            self._senders.claim(bytes.fromhex(lease.mac.replace(":", "")), IPv4Address(lease.ip).packed, "dhcp", at_s)
        if client := dhcp.client_mac(payload):
            number = self._senders.link(bytes.fromhex(client.replace(":", "")), at_s)
            return sender if number == NOBODY else number
        return sender

    # --- the air --------------------------------------------------------------------------------

    def _aired(self, one: Aired, at_s: float) -> None:
        """A frame of the air: who sent it, and the name of the network that it speaks of."""
        number = self._senders.link(one.sender, at_s)
        if one.name and number != NOBODY:
            self._senders.tell(number, one.name, at_s, one.signal_dbm)
        if one.named is not None:
            self._beacons.hear(one.sender.hex(":"), one.signal_dbm, named=one.named)

    def _air_flows(self, batch: Batch, aired: list[Aired]) -> None:
        keys, groups, rows = air.by_flow(aired)
        if not keys:
            return
        first = [aired[place] for place in rows[groups.first].tolist()]
        at_row = np.array([one.row for one in aired], np.int64)[rows[groups.rows]]
        owners = np.array([self._senders.number(one.sender, b"") if one.owned else NOBODY for one in first])
        at_s = batch.at_s[at_row]
        slots = self._flows.slots(keys, owners, at_s[groups.begins], np.arange(len(keys)))
        self._flows.add(slots, groups, batch.lengths[at_row], at_s)


def _back(key: bytes) -> bytes:
    """The key of the other direction: of a pair of MACs of the air, or of a flow with ports."""
    return key[6:] + key[:6] if len(key) == 12 else columns.back_bytes(key)


class _Macs:
    """MACs that were met.  Most frames are told by a table of one place for each hash, the rest by a set."""

    def __init__(self) -> None:
        self._met: set[int] = set()
        self._table = np.full(1 << 12, NO_MAC)

    def new(self, macs: NDArray[np.uint64], wanted: NDArray[np.bool_]) -> list[int]:
        """The rows, of those wanted, of MACs not met before."""
        place = (macs * _ODD) >> np.uint64(52)
        found = []
        for row in np.flatnonzero(wanted & (self._table[place] != macs)).tolist():
            mac = int(macs[row])
            self._table[place[row]] = mac
            if mac not in self._met and len(self._met) < MOST_SENDERS:
                self._met.add(mac)
                found.append(row)
        return found

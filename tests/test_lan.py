"""Asking the joined network: what may be asked, what is told, and what becomes a gap.

The network itself is played here; tests/test_live_network.py asks a real one.
"""

from __future__ import annotations

import asyncio
import dataclasses
import socket
from ipaddress import IPv4Address, IPv4Network

import pytest
from zeroconf import DNSOutgoing, DNSPointer

from detector.model import Gap, Sighting
from detector.network import questions
from hardware import asking, groups, lan, mdns, presence
from hardware.feeds import Accountable
from hardware.interfaces import Joined
from hardware.lan import Lan
from hardware.limits import AskLimits
from hardware.pace import Pace
from hardware.sensor import SensorUnavailable, Unavailable

CAMERA, CAMERA_MAC = "192.168.7.21", "44:19:b6:00:00:01"
HELLO = (
    b'<?xml version="1.0"?><s:Envelope><s:Body><d:Hello><d:Types>dn:NetworkVideoTransmitter</d:Types>'
    b"<d:Scopes>onvif://www.onvif.org/hardware/X1</d:Scopes></d:Hello></s:Body></s:Envelope>"
)
QUICK = AskLimits(listen_s=0.02, again_s=0.01, deadline_s=5.0, per_s=1e6)


def joined(network="192.168.7.0/24"):
    block = IPv4Network(network)
    return Joined("test0", block[2], block, "02:00:00:00:00:02", 1)


def here(ip=CAMERA, mac=CAMERA_MAC):
    return Sighting("address", "arp", 1.0, mac, ip, via="asked")


class World:
    """A played network: who answers ARP, who says what by multicast, and what was asked of whom."""

    def __init__(self):
        self.present, self.said, self.known, self.asked, self.followed, self.gaps, self.scopes = [], [], [], [], [], [], []
        self.leaves, self.probed, self.fault, self.hang = [], [], None, False

    def install(self, monkeypatch, network="192.168.7.0/24"):
        world = self

        class PlayedGroups:
            sent = 0

            def __init__(self, *_, leave, heard, do):
                self.gaps, self._heard = [], heard
                world.leaves.append(leave)

            async def ask_one(self, ip):
                world.probed.append(ip)

            async def ask(self, all_met):
                if world.fault:
                    raise world.fault
                for datagram in world.said:
                    self._heard(*datagram)
                if world.hang:
                    await asyncio.Event().wait()
                await all_met.wait()

        class PlayedHosts:
            tried = open = 0

            def __init__(self, *_):
                pass

            async def ask(self, ip):
                world.asked.append(ip)

            async def follow(self, ip, facts):
                world.followed.append((ip, *facts))

        async def presence_ask(joined, scope, *_, meet, clock):
            world.scopes.append(scope)
            for one in world.present:
                meet(one)
            return world.gaps

        monkeypatch.setattr(asking, "Groups", PlayedGroups)
        monkeypatch.setattr(asking, "Hosts", PlayedHosts)
        monkeypatch.setattr(asking.presence, "ask", presence_ask)
        monkeypatch.setattr(asking.presence, "known", lambda *_: world.known)
        monkeypatch.setattr(asking.interfaces, "ours", lambda: frozenset({"192.168.7.2", "02:00:00:00:00:02"}))
        monkeypatch.setattr(lan.interfaces, "joined", lambda _: joined(network))
        return self


@pytest.fixture
def world(monkeypatch):
    return World().install(monkeypatch)


def asked_by(authority="owner", limits=QUICK):
    one = Lan("test0", authority, limits, clock=lambda: 9.0)
    return one, list(one.sightings())


def facts(sightings):
    return [(one.ip, one.mac, one.field, one.value) for one in sightings]


# --- what may be asked ------------------------------------------------------------------------


def test_without_authority_no_address_is_asked_and_coverage_says_so(world):
    world.said, world.known = [(HELLO, CAMERA, 3702, False)], [here()]
    one, found = asked_by(None)
    assert world.scopes == world.asked == world.followed == world.probed == []
    assert world.leaves == [False]
    assert [gap.reason for gap in one.gaps] == ["no authority"]
    assert "--authority" in one.gaps[0].says
    assert (CAMERA, CAMERA_MAC, "address", "arp") in facts(found)
    assert one.examined["addresses asked"] == 0


@pytest.mark.parametrize("authority", ["owner", "guest", "official"])
def test_with_any_authority_the_whole_joined_subnet_is_asked(world, authority):
    one, _ = asked_by(authority)
    assert world.scopes == [IPv4Network("192.168.7.0/24")]
    assert world.leaves == [True]
    assert one.gaps == []
    assert one.examined["addresses asked"] == 254


def test_a_subnet_too_wide_is_asked_only_around_us(monkeypatch):
    world = World().install(monkeypatch, "10.0.0.0/8")
    one, _ = asked_by()
    assert world.scopes == [IPv4Network("10.0.0.0/22")]
    assert [gap.reason for gap in one.gaps] == ["subnet too wide"]
    assert "16777216 addresses" in one.gaps[0].says


def test_the_widest_subnet_is_a_limit(monkeypatch):
    world = World().install(monkeypatch, "10.0.0.0/20")
    asked_by(limits=dataclasses.replace(QUICK, widest=20))
    assert world.scopes == [IPv4Network("10.0.0.0/20")]


@pytest.mark.parametrize("network", ["8.8.8.0/24", "100.64.0.0/24"])
def test_addresses_that_are_not_private_are_never_asked_one_by_one(monkeypatch, network):
    world = World().install(monkeypatch, network)
    world.known = [here(str(IPv4Network(network)[9]))]
    one, _ = asked_by()
    assert world.scopes == world.asked == []
    assert [gap.reason for gap in one.gaps] == ["not private"]


def test_hosts_beyond_the_asked_part_are_heard_but_not_asked(monkeypatch):
    world = World().install(monkeypatch, "10.0.0.0/8")
    world.said = [(HELLO, "10.9.9.9", 3702, True)]
    _, found = asked_by()
    assert "wsd_type" in {one.field for one in found}
    assert world.asked == world.followed == []


def test_the_network_keeps_an_account():
    assert isinstance(Lan(), Accountable)


def test_no_network_is_said_before_anything_is_asked(monkeypatch):
    def none(_):
        raise SensorUnavailable(Unavailable.NO_NETWORK, "This machine has joined no network.")

    monkeypatch.setattr(lan.interfaces, "joined", none)
    with pytest.raises(SensorUnavailable, match="no network"):
        list(Lan(None, "owner").sightings())


# --- what is told -----------------------------------------------------------------------------


def test_a_host_that_is_there_is_told_and_asked_once(world):
    world.present, world.known = [here(), here()], [here()]
    _, found = asked_by()
    assert facts(found) == [(CAMERA, CAMERA_MAC, "address", "arp")]
    assert world.asked == world.probed == [CAMERA]


def test_a_host_that_speaks_is_asked_although_arp_missed_it(world):
    world.said = [(HELLO, CAMERA, 3702, True)]
    asked_by()
    assert world.asked == [CAMERA]
    assert world.followed[0][0] == CAMERA


def test_a_datagram_becomes_facts_with_mac_time_and_how_it_was_learnt(world):
    world.said, world.known = [(HELLO, CAMERA, 3702, False)], [here()]
    _, found = asked_by()
    (scope,) = [one for one in found if one.field == "wsd_scope"]
    assert (scope.value, scope.mac, scope.ip, scope.at_s, scope.via) == ("onvif://www.onvif.org/hardware/X1", CAMERA_MAC, CAMERA, 9.0, "heard")


def test_the_same_fact_is_told_once(world):
    world.said = [(HELLO, CAMERA, 3702, True)] * 5
    _, found = asked_by()
    assert len(facts(found)) == len(set(facts(found))) > 0


def test_an_address_that_changes_hands_is_told_again(world):
    world.present = [here(), here(mac="aa:bb:cc:dd:ee:ff"), here()]
    _, found = asked_by()
    assert [one.mac for one in found] == [CAMERA_MAC, "aa:bb:cc:dd:ee:ff"]


@pytest.mark.parametrize("most_facts", [1, 2])
def test_one_host_may_tell_only_so_much(world, most_facts):
    world.said = [(HELLO, CAMERA, 3702, True)]
    _, found = asked_by(limits=dataclasses.replace(QUICK, most_facts=most_facts))
    assert len(found) == most_facts


def test_this_machine_is_never_met(world):
    world.present = [here("192.168.7.2", "02:00:00:00:00:02")]
    assert asked_by()[1] == []
    assert world.asked == []


def test_broken_datagrams_tell_nothing_and_hurt_nobody(world):
    world.said = [(payload, CAMERA, port, True) for port in (1900, 3702, 5353) for payload in (b"", b"\xff" * 70, HELLO[:40])]
    assert asked_by()[1] == []


# --- how it ends ------------------------------------------------------------------------------


def test_at_the_deadline_what_was_found_is_kept_and_a_gap_says_so(world):
    world.present, world.hang = [here()], True
    one, found = asked_by(limits=dataclasses.replace(QUICK, deadline_s=0.1))
    assert len(found) == 1
    assert [gap.reason for gap in one.gaps] == ["out of time"]


def test_gaps_of_presence_are_handed_on(world):
    world.gaps = [Gap("no permission", "Raw frames need a privilege.")]
    assert asked_by()[0].gaps == world.gaps


def test_a_fault_of_ours_is_raised_not_swallowed(world):
    world.fault = ZeroDivisionError("ours")
    with pytest.raises(ExceptionGroup) as caught:
        asked_by()
    assert caught.value.subgroup(ZeroDivisionError)


def test_stopping_early_keeps_the_account(world):
    world.present, world.hang = [here()], True
    one = Lan("test0", "owner", QUICK)
    found = one.sightings()
    assert next(found).ip == CAMERA
    found.close()
    assert one.examined["hosts met"] == 1


# --- everybody at once ------------------------------------------------------------------------


class Sockets:
    """Stands where the multicast sockets stand."""

    busy: tuple[int, ...] = ()

    def __init__(self, _, heard, failed):
        self.heard, self.failed, self.sent, self.closed, self.to, self.ears = heard, failed, [], False, [], []

    async def open(self, question):
        if question.ports[0] in self.busy or question.own_port in self.busy:
            raise OSError(98, "Address already in use")

    async def hear(self, to, port):
        if port in self.busy:
            raise OSError(98, "Address already in use")
        self.ears.append((to, port))

    def ask(self, question, payload, *, to=None, from_its_port=False):
        self.sent.append((question.name, payload, from_its_port))
        self.to.append(to)
        return True

    def close(self):
        self.closed = True


@pytest.fixture
def everybody(monkeypatch):
    """`ask(datagrams)` runs one round in which these are heard; gives the sockets, the gaps, what was heard."""
    monkeypatch.setattr(groups, "Multicast", Sockets)
    monkeypatch.setattr(groups.interfaces, "ours", lambda: frozenset({"192.168.7.2"}))

    def ask(*datagrams, limits=QUICK, leave=False, of=None, all_met=True):
        async def round_of_asking():
            async with asyncio.TaskGroup() as tasks:
                one = groups.Groups(joined(), limits, Pace(1e6), leave=leave, heard=lambda *a: heard.append(a), do=tasks.create_task)
                over = asyncio.Event()
                asked = tasks.create_task(one.ask(over))
                await asyncio.sleep(0)
                if not all_met:
                    await asyncio.sleep(limits.listen_s * 2)
                    assert not one._everybody.closed
                over.set()
                for datagram in datagrams:
                    one._everybody.heard(*datagram)
                if of:
                    await one.ask_one(of)
                await asked
            return one

        heard = []
        one = asyncio.run(round_of_asking())
        return one, one._everybody.sent, heard

    return ask


@pytest.mark.parametrize("leave", [False, True])
def test_every_question_to_everybody_is_put_twice_and_is_on_the_list(everybody, leave):
    one, sent, _ = everybody(leave=leave)
    names = [name for name, *_ in sent]
    assert {name: names.count(name) for name in names} == {question.name: 2 for question in questions.load().to_everybody(leave=leave)}
    assert all(questions.load()[name].matches(payload) for name, payload, _ in sent)
    assert one.sent == len(sent)
    assert one._everybody.closed


def test_makers_are_asked_only_with_leave_and_everybody_is_heard_without(everybody):
    one, sent, _ = everybody()
    assert {name for name, *_ in sent}.isdisjoint({"sadp", "dhip", "pppp", "kasa"})
    assert {("255.255.255.255", 62976), ("234.55.55.56", 23456)} <= set(one._everybody.ears)
    assert {"sadp", "dhip", "pppp", "kasa"} <= {name for name, *_ in everybody(leave=True)[1]}


def test_a_host_that_was_met_is_asked_itself_what_it_may_have_missed(everybody):
    one, sent, _ = everybody(leave=True, of=CAMERA)
    asked = [name for (name, *_), to in zip(sent, one._everybody.to, strict=True) if to == CAMERA]
    assert asked == [question.name for question in questions.load().to_each()]
    assert {"wsd-video", "wsd-device", "pppp", "kasa", "tapo", "dhip-everybody"} <= set(asked)


def test_ears_stay_open_while_hosts_are_still_being_met(everybody):
    one, *_ = everybody(leave=True, of=CAMERA, all_met=False, limits=dataclasses.replace(QUICK, last_s=0.02))
    assert [to for to in one._everybody.to if to] == [CAMERA] * len(questions.load().to_each())
    assert one._everybody.closed


def test_multicast_dns_asks_once_from_its_port_and_once_from_ours(everybody):
    _, sent, _ = everybody()
    assert [own for name, _, own in sent if name == "mdns"] == [True, False]
    assert not any(own for name, _, own in sent if name != "mdns")


def test_two_probes_never_share_an_identity(everybody):
    _, sent, _ = everybody()
    probes = [payload for name, payload, _ in sent if name.startswith("wsd")]
    assert len(set(probes)) == len(probes)


def test_what_multicast_dns_points_to_is_asked_after_once(everybody):
    found = [("_services._dns-sd._udp.local.", "_dhnap._tcp.local."), ("_services._dns-sd._udp.local.", "_acme._tcp.local."),
             ("_acme._tcp.local.", "Eye._acme._tcp.local.")]  # fmt: skip
    payload = pointers(*found)
    _, sent, heard = everybody((payload, CAMERA, 5353, True), (payload, CAMERA, 5353, True))
    later = b"".join(payload for name, payload, own in sent if name == "mdns")
    assert later.count(b"\x05_acme") == 2  # browsed once, and once within the instance's name
    assert later.count(b"\x03Eye") == 1
    assert len(heard) == 2


@pytest.mark.parametrize("room", [0, 5])
def test_names_without_end_are_followed_up_only_so_far(everybody, room):
    limits = dataclasses.replace(QUICK, most_names=len(mdns.CAMERA_TYPES) + 1 + room)
    payload = pointers(*(("_http._tcp.local.", f"n{n}._http._tcp.local.") for n in range(40)))
    _, sent, _ = everybody((payload, CAMERA, 5353, True), limits=limits)
    asked = [one for name, payload, _ in sent if name == "mdns" for one in mdns.DNSIncoming(payload).questions]
    assert len({one.name for one in asked if one.name.startswith("n")}) == room


def test_datagrams_of_ourselves_and_from_elsewhere_are_not_heard(everybody):
    assert everybody((HELLO, "192.168.7.2", 3702, True), (HELLO, "192.168.8.9", 3702, True))[2] == []


def test_a_port_that_another_program_holds_is_a_gap_and_the_rest_goes_on(everybody, monkeypatch):
    monkeypatch.setattr(Sockets, "busy", (1900,))
    one, sent, _ = everybody()
    assert [gap.reason for gap in one.gaps] == [Unavailable.BUSY]
    assert "1900" in one.gaps[0].says
    assert sent


def test_a_port_of_a_maker_that_is_taken_is_named_once(everybody, monkeypatch):
    monkeypatch.setattr(Sockets, "busy", (7711, 6667))
    one, *_ = everybody(leave=True)
    assert [gap.says for gap in one.gaps] == [f"What is said on UDP port {port} could not be heard: Address already in use." for port in (7711, 6667)]


def test_questions_that_could_not_be_sent_are_one_gap(everybody, monkeypatch):
    def ask(self, *_, **__):
        self.failed(OSError(100, "Network is down"))
        return True

    monkeypatch.setattr(Sockets, "ask", ask)
    one, *_ = everybody()
    assert [(gap.reason, gap.says) for gap in one.gaps] == [
        (Unavailable.LOST, "Questions to everybody could not be sent: Network is down.")
    ]


def pointers(*found):
    out = DNSOutgoing(0x8400)
    for name, alias in found:
        out.add_answer_at_time(DNSPointer(name, 12, 1, 4500, alias), 0)
    return out.packets()[0]


# --- presence ---------------------------------------------------------------------------------

LOOPBACK = Joined("lo", IPv4Address("127.0.0.1"), IPv4Network("127.0.0.0/29"), None, 772)


def presence_of(where, scope, limits=QUICK):
    met = []
    gaps = asyncio.run(_presence(where, scope, limits, met))
    return gaps, met


async def _presence(where, scope, limits, met):
    gaps = await presence.ask(where, scope, limits, Pace(limits.per_s), meet=met.append, clock=lambda: 4.0)
    await asyncio.sleep(0)
    return gaps


def test_arp_answers_are_met_as_they_come(monkeypatch):
    monkeypatch.setattr(presence.radio, "arp_sweep", lambda *_: iter([here()]))
    assert presence_of(joined(), joined().network) == ([], [here()])


def test_without_privilege_each_address_gets_an_empty_datagram_and_a_gap_says_so(monkeypatch):
    def forbidden(*_):
        raise SensorUnavailable(Unavailable.NO_PERMISSION, "Raw frames need a privilege.")

    monkeypatch.setattr(presence.radio, "arp_sweep", forbidden)
    limits = dataclasses.replace(QUICK, arp=dataclasses.replace(QUICK.arp, patience_s=0.0))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as discard:
        hold(discard, ("127.0.0.3", 9))
        gaps, _ = presence_of(LOOPBACK, LOOPBACK.network, limits)
        assert discard.recv(100) == b""
    assert [gap.reason for gap in gaps] == [Unavailable.NO_PERMISSION]
    assert "privilege" in gaps[0].says
    assert not gaps[0].fatal


def hold(sock, address):
    try:
        sock.bind(address)
    except PermissionError:
        pytest.skip("needs root to hold the discard port")
    sock.settimeout(5)


def test_when_the_interface_goes_away_nothing_more_is_sent_there(monkeypatch):
    def lost(*_):
        raise SensorUnavailable(Unavailable.LOST, "The network interface stopped: Network is down.")

    monkeypatch.setattr(presence.radio, "arp_sweep", lost)
    gaps, _ = presence_of(joined(), joined().network)
    assert gaps == [Gap(Unavailable.LOST, "The network interface stopped: Network is down.")]


def test_whom_the_kernel_met_elsewhere_is_not_on_this_subnet(monkeypatch):
    monkeypatch.setattr(presence.interfaces, "neighbours", lambda _: {CAMERA: CAMERA_MAC, "10.0.0.1": "aa:bb:cc:dd:ee:ff"})
    assert presence.known(joined(), lambda: 2.0) == [Sighting("address", "arp", 2.0, CAMERA_MAC, CAMERA)]

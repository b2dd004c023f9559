"""Makers' discovery replies: real samples read whole, the rest in their documented form, nothing said of questions."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from detector.network import questions, services
from detector.network.discovery import discovery_facts
from detector.network.said import said
from detector.network.signatures import Signatures, vocabulary
from tests.peers import replier, repliers

SAMPLES = Path(__file__).parent.parent.parent / "shared/data/discovery_replies"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the shared discovery replies are not here")
FIELDS = set(vocabulary()["fields"])
MAC = ("said_mac", "00:11:22:33:44:55")
TABLE = questions.load()

# What a real reply says, whole and in order: (port, facts).
WHOLE = {
    "360Vision": (3600, [("discovery", "360 Vision"), ("camera_model", "IPDOME"), ("said_model", "IPDOME"), MAC]),
    "Bosch.bin": (1757, [("discovery", "Bosch"), MAC]),
    "Bosch.xml": (1757, [("discovery", "Bosch"), ("said_name", "Virtual (XML)"), MAC, ("said_serial", "…678")]),
    "Dahua1": (5050, [("discovery", "Dahua discovery"), ("camera_model", "Virtual"), ("said_model", "Virtual"), MAC, ("said_serial", "…789")]),
    "Dahua2": (37810, [
        ("said_make", "General"), ("discovery", "Dahua DHIP"), ("camera_model", "Virtual (JSON)"), ("said_model", "Virtual (JSON)"),
        ("said_name", "Virtual"), MAC, ("said_firmware", "1.0000,"), ("said_serial", "…789"),
    ]),  # its author broke the JSON behind the version
    "Foscam": (10000, [("discovery", "Foscam"), ("said_name", "Virtual device"), ("said_serial", "…789")]),
    "Hanwha": (7701, [("discovery", "Hanwha"), ("camera_model", "Virtual"), ("said_model", "Virtual"), MAC]),
    "Hikvision": (37020, [
        ("discovery", "Hikvision SADP"), ("camera_model", "Virtual"), ("said_model", "Virtual"), MAC,
        ("said_firmware", "V1.0build 200101"), ("said_serial", "…789"),
    ]),
    "NiceVision": (2007, [("discovery", "NICE Vision"), ("camera_model", "Virtual"), ("said_model", "Virtual"), MAC]),
    "Panasonic": (10669, [("discovery", "Panasonic"), ("camera_model", "Virtual"), ("said_model", "Virtual"), MAC, ("said_firmware", "1.46")]),
    "Sony": (2380, [
        ("discovery", "Sony"), ("camera_model", "Virtual"), ("said_model", "Virtual"), ("said_mac", "aa:bb:cc:dd:ee:ff"),
        ("said_firmware", "3.0.0"), ("said_serial", "…789"),
    ]),
    "Ubiquiti": (10001, [("discovery", "Ubiquiti"), ("said_model", "VIRTUAL"), ("said_name", "UBNT"), MAC, ("said_firmware", "Firmware_version.1.0")]),
    "Vivotek": (10000, [("discovery", "Vivotek"), ("camera_model", "Virtual-Virtual-1"), ("said_model", "Virtual-Virtual-1"), MAC]),
    "Vstarcam": (8600, [
        ("discovery", "VStarcam"), ("said_name", "Virtual Camera"), ("said_firmware", "1.0"), ("said_serial", "…789"),
    ]),  # the MAC of this sample has the bit of a group, which no device has
}  # fmt: skip


def sample(name):
    return (SAMPLES / f"{name}.selftest").read_bytes()


@needs_samples
@pytest.mark.parametrize("name", WHOLE)
def test_a_real_reply_is_read_whole(name):
    port, facts = WHOLE[name]
    assert discovery_facts(sample(name), port, port) == facts


@needs_samples
@pytest.mark.parametrize("name", WHOLE)
def test_every_byte_of_a_real_reply_may_be_anything(name):
    """Each byte in turn becomes several others: facts stay printable, known and short, nothing breaks."""
    whole, (port, _) = sample(name), WHOLE[name]
    rng = random.Random(name)
    for at in range(len(whole)):
        for value in {0, 0xFF, 0x80, ord("<"), ord('"'), rng.randrange(256)}:
            for field, text in discovery_facts(whole[:at] + bytes([value]) + whole[at + 1 :], port, port):
                assert field in FIELDS
                assert text.isprintable()
                assert 0 < len(text) <= 200


@needs_samples
@pytest.mark.parametrize("name", WHOLE)
def test_a_reply_cut_anywhere_breaks_nothing_and_invents_nothing(name):
    whole, (port, _) = sample(name), WHOLE[name]
    protocols = {dict(discovery_facts(whole[:cut], port, port)).get("discovery") for cut in range(len(whole))}
    assert len(protocols - {None}) <= 1


@needs_samples
@pytest.mark.parametrize("name", WHOLE)
def test_no_whole_serial_number_is_kept(name):
    port, _ = WHOLE[name]
    assert "23456" not in str(discovery_facts(sample(name), port, port))


OURS = {
    "pppp": {("p2p", "PPPP answers a search"), ("p2p_prefix", "BATD")},
    "pppp-hidden": {("p2p", "PPPP answers a search, hidden")},
    "xiongmai": {("discovery", "Xiongmai DVRIP"), ("said_mac", "00:12:17:00:00:01")},
    "tvt": {("discovery", "TVT")},
    "v380": {("discovery", "V380"), ("said_mac", "00:1b:21:00:00:02")},
    "hichip": {("discovery", "HiChip HDS"), ("said_name", "IPCAM"), ("said_mac", "00:1b:21:00:00:03")},
    "kasa-cam": {("tp_link_type", "IOT.IPCAMERA"), ("camera_model", "KC100(EU)")},
    "kasa-plug": {("tp_link_type", "IOT.SMARTPLUGSWITCH"), ("said_model", "HS110(EU)")},
    "tapo-cam": {("tp_link_type", "SMART.IPCAMERA"), ("camera_model", "C200"), ("said_mac", "00:1b:21:00:00:01")},
    "tapo-plug": {("tp_link_type", "SMART.TAPOPLUG"), ("said_model", "P110")},
    "xiaomi": {("discovery", "Xiaomi miIO")},
}


@pytest.mark.parametrize("one", repliers.OUR_OWN, ids=lambda one: one.name)
def test_a_reply_in_its_documented_form_is_read(one):
    port = replier.PROTOCOLS[one.protocol][0]
    facts = set(services.from_udp(one.bytes, port, port))
    assert OURS[one.name] <= facts
    if one.name.endswith("plug"):
        assert "camera_model" not in dict(facts)
        assert "Camera plug" not in str(facts)  # what its owner called it


@pytest.mark.parametrize("one", repliers.OUR_OWN, ids=lambda one: one.name)
def test_such_a_reply_may_be_damaged_anywhere(one):
    port, rng = replier.PROTOCOLS[one.protocol][0], random.Random(one.name)
    for at in range(len(one.bytes)):
        damaged = bytearray(one.bytes)
        damaged[at] = rng.randrange(256)
        for payload in (bytes(damaged), one.bytes[:at]):
            assert all(field in FIELDS and text.isprintable() for field, text in services.from_udp(payload, port, port))


MAKERS = [question for question in TABLE.to_everybody(leave=True) if question.leave]
HOLES = {"loud_uuid": "1B4E28BA-2FA1-41D2-883F-0016D3CCA427", "session": "07", "transaction": "0a0b0c0d", "address": "0a4d0002"}


@pytest.mark.parametrize("question", MAKERS, ids=lambda question: question.name)
def test_our_own_question_heard_by_another_sweep_says_nothing_of_us(question):
    payload = question.fill(**HOLES)
    assert services.from_udp(payload, question.ports[0], question.ports[0]) == []
    assert services.from_udp(payload, 50000, question.ports[0]) == []


@pytest.mark.parametrize("question", MAKERS, ids=lambda question: question.name)
def test_a_device_that_follows_its_maker_understands_our_question(question):
    name = {"dhip-everybody": "dhip", "pppp-extended": "pppp"}.get(question.name, question.name)
    port, group, is_asked, _ = replier.PROTOCOLS[name]
    assert question.ports == (port,)
    assert question.to in {group, questions.EVERYBODY}
    assert is_asked(question.fill(**HOLES))


def dhip(**info):
    text = json.dumps({"mac": "00:1b:21:00:00:04", "method": "client.notifyDevInfo", "params": {"deviceInfo": info}}).encode()
    return b"\x20\0\0\0DHIP" + b"\0" * 8 + len(text).to_bytes(8, "little") * 2 + text


@pytest.mark.parametrize(("vendor", "make"), [("Amcrest", "Amcrest"), ("General", None), ("Lorex", "Lorex"), ("", None)])
def test_a_brand_that_dahua_builds_for_is_named(vendor, make):
    facts = discovery_facts(dhip(Vendor=vendor, DeviceType="IP8M-2496E"), 37810, 37810)
    match = Signatures().match("said_make", dict(facts).get("said_make", ""))
    assert (match.make if match else None) == make
    assert ("camera_model", "IP8M-2496E") in facts


def test_a_quote_within_a_value_does_not_end_it():
    facts = discovery_facts(dhip(DeviceType='IPC "mini"', Version="2.8"), 37810, 37810)
    assert ("said_model", 'IPC "mini"') in facts
    assert ("said_firmware", "2.8") in facts


def test_the_key_of_a_xiaomi_device_that_is_not_set_up_is_never_kept():
    key = bytes(range(0x41, 0x51))
    facts = services.from_udp(bytes.fromhex("21310020 00000000 00000001 00000001") + key, 54321, 54321)
    assert facts == [("discovery", "Xiaomi miIO")]


@pytest.mark.parametrize(("serial", "shown"), [("123456789", "…789"), ("12345", None), ("", None)])
def test_of_a_serial_number_only_the_end_is_kept(serial, shown):
    assert dict(said("X", serial=serial)).get("said_serial") == shown


@pytest.mark.parametrize("port", [10000, 5050, 37810, 9999, 8002, 3702, 54321])
def test_noise_on_a_makers_port_is_nobody(port):
    rng = random.Random(port)
    for length in (0, 1, 4, 20, 32, 200, 1400):
        assert discovery_facts(rng.randbytes(length), port, port) == []

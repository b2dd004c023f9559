"""Recorders' own protocols over TCP, the calls and searches of Topsee, DoorBird and home control: the serving end is told from the one that asks.

No real capture is at hand: but for DoorBird's event, the bytes are made from what public clients state, and are self-written evidence.
"""

from __future__ import annotations

import pytest

from detector.network import services
from detector.network.recorders import recorder_facts
from tests.network_scenes import searched

XML = b'<?xml version="1.0" encoding="GB2312" ?>\n<XML_TOPSEE>\n'
HIEASY = bytes.fromhex("0501115400001001") + bytes(28) + b"<Command"
SERVED = {
    "HiEasy serves": (HIEASY, 5050),
    "TVT greets": (b"head" + bytes((1, 0, 2, 0)) + b"HVR" + bytes(53), 5000),
    "NetViewer serves": (b"Tq\x62\x03" + bytes(40), 9000),
    "Zmodo answers": (bytes.fromhex("5555aaaa2000000000003696") + b"0123456789abcdef" * 2, 8000),
    "Tapo streams": (b"----device-stream-boundary--\r\nContent-Type: video/mp2t\r\nContent-Length: 1300\r\n\r\n" + bytes(1000), 8800),
    "Topsee serves": (b"\x58\x91\x58\x51" + len(XML).to_bytes(4, "little") + XML, 8091),
}


def topsee(code, body=b""):
    head = f'<MESSAGE_HEADER\nMsg_type="SYSTEM_SEARCHIPC_MESSAGE"\nMsg_code="{code}"\nMsg_flag="0"\n/>\n<MESSAGE_BODY>\n'
    return XML + head.encode() + body + b"</MESSAGE_BODY>\n</XML_TOPSEE>"


ANSWER = topsee(
    3,
    b'<IPC_SERIALNUMBER SerialNumber="TH38A1234567" DevID="12345678"/>\n<DEVICE_TYPE DeviceType="1" DeviceModule="TS38AB"/>\n'
    b'<VERSION FileSystemVersion="3.2.1"/>\n<LANConfig IPAddress="192.168.2.22" MacAddress="00:1b:21:00:00:04" DHCP="1"/>\n'
    b'<Account Username="admin" Password="123456" Status="1"/>\n',
)


@pytest.mark.parametrize("says", SERVED)
def test_the_serving_end_is_heard(says):
    payload, port = SERVED[says]
    assert services.from_tcp(payload, port, 50000) == [("p2p", says)]


@pytest.mark.parametrize("says", SERVED)
def test_it_alarms(says):
    (found,) = searched(("p2p", says)).findings
    assert found.alarm


@pytest.mark.parametrize(
    ("payload", "sport"),
    [
        *((payload, 50000) for says, (payload, _) in SERVED.items() if says not in {"TVT greets", "Zmodo answers", "Tapo streams"}),
        (bytes.fromhex("5555aaaa0000000000003696"), 50000), (bytes.fromhex("5555aaaa0400000000006690") + bytes(4), 50000),
        (bytes.fromhex("5555aaaa2000000000003696") + bytes(31), 8000), (bytes.fromhex("5555aaaa0000000000000050"), 8000),
        (b"----client-stream-boundary--\r\nContent-Type: audio/mp2t\r\n\r\n", 50000),
        (b"Tq\x02\x00" + bytes(40), 9000), (b"Tq\x62\x10" + bytes(40), 9000), (b"Tqb", 9000),
        (b"header of a table, and some more text of sixty-four bytes in all", 80), (b"head" + bytes(61), 5000), (b"head", 5000),
        (HIEASY[:20], 5050), (b"\x58\x91\x58\x51\0\0\0\0", 8091), (b"", 5050),
    ],
)  # fmt: skip
def test_callers_and_strangers_give_nothing_away(payload, sport):
    assert services.from_tcp(payload, sport, 443) == []
    assert recorder_facts(payload, sport) == []


def test_topsee_answers_a_search_with_what_it_is():
    facts = services.from_udp(ANSWER, 3001, 3001)
    assert dict(facts) == {
        "discovery": "Topsee", "camera_model": "TS38AB", "said_model": "TS38AB", "said_mac": "00:1b:21:00:00:04",
        "said_firmware": "3.2.1", "said_serial": "…567",
    }  # fmt: skip


def test_neither_a_serial_number_nor_a_password_is_kept():
    kept = str(services.from_udp(ANSWER, 3001, 3001))
    assert "TH38" not in kept
    assert "123456" not in kept


@pytest.mark.parametrize("payload", [topsee(1), topsee(4), XML, ANSWER.replace(b"XML_TOPSEE", b"XML_OTHER"), b"", b"<?xml"])
def test_who_looks_for_topsee_gives_nothing_away(payload):
    assert services.from_udp(payload, 3001, 3001) == []


def test_an_answer_cut_anywhere_breaks_nothing_and_invents_nothing():
    told = {dict(services.from_udp(ANSWER[:cut], 3001, 3001)).get("discovery") for cut in range(len(ANSWER))}
    assert told == {None, "Topsee"}


DOORBIRD = bytes.fromhex(  # a guide's example
    "deadbe02961380d4622ebee72a9fc3ff0bef6264f2ae919492148bbd30eb05bdce367c33d4293fafe060459e6510"
)


@pytest.mark.parametrize("port", [6524, 35344])
def test_doorbird_calls_out_that_somebody_rang(port):
    assert services.from_udp(DOORBIRD, 50000, port) == [("discovery", "DoorBird")]


@pytest.mark.parametrize("payload", [DOORBIRD[:-1], DOORBIRD + b"\0", b"\xde\xad\xbe\x03" + DOORBIRD[4:], b"", b"\xde\xad\xbe\x02"])
def test_what_is_no_event_of_doorbird_is_nothing(payload):
    assert services.from_udp(payload, 50000, 6524) == []


def sddp(first, kind, proxies, make, model):
    """An announcement in the form of a projector's, as a published test has it."""
    return (
        f'{first}\r\nFrom: "192.168.4.237:1902"\r\nHost: "{model}-E0DADC000001"\r\nMax-Age: 1800\r\nType: "{kind}"\r\n'
        f'Primary-Proxy: "{proxies}"\r\nProxies: "{proxies}"\r\nManufacturer: "{make}"\r\nModel: "{model}"\r\nDriver: "x.c4i"\r\n'
    ).encode()


@pytest.mark.parametrize("first", ["NOTIFY ALIVE SDDP/1.0", "NOTIFY IDENTIFY SDDP/1.0", "SDDP/1.0 200 OK"])
def test_a_camera_announces_itself_to_home_control(first):
    facts = services.from_udp(sddp(first, "Slomins:VD05", "camera", "Slomins", "VD05"), 1902, 1902)
    assert facts == [
        ("upnp_manufacturer", "Slomins"), ("discovery", "SDDP camera"), ("camera_model", "VD05"), ("said_model", "VD05"), ("said_name", "VD05-E0DADC000001"),
    ]  # fmt: skip
    (found,) = searched(*facts).findings
    assert found.alarm
    assert found.camera == "Slomins VD05"


def test_a_projector_announces_itself_and_is_no_camera():
    facts = services.from_udp(sddp("NOTIFY ALIVE SDDP/1.0", "JVCKENWOOD:Projector", "projector", "JVCKENWOOD", "DLA-RS3100_NZ8"), 1902, 1902)
    assert ("discovery", "SDDP") in facts
    assert "camera_model" not in dict(facts)
    assert searched(*facts).findings == ()


@pytest.mark.parametrize("payload", [b'SEARCH * SDDP/1.0\r\nHost: "192.168.4.1:1902"\r\n', b"NOTIFY OFFLINE SDDP/1.0\r\n", b"SDDP/1.0 404", b""])
def test_who_looks_by_sddp_gives_nothing_away(payload):
    assert services.from_udp(payload, 1902, 1902) == []

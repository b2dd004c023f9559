"""The peer-to-peer protocols of cheap Wi-Fi cameras, told by their bytes on any port.

PPPP (also CS2, iLnkP2P, Yi's TNP): first byte F1, second the kind, then the payload length.  This
length law held for every one of 1,607 datagrams of a Yi camera and for none of 99,315 datagrams of
captures without a camera.  Who says which kind tells the camera from the telephone that watches it.

iLnk, one of its dialects, has kinds of its own behind A1.  CS2's cameras may lay bytes of a table over
the whole datagram; each but the first depends on the one sent before it, so that under one key the
head of a kind with its length is always the same.
"""

from __future__ import annotations

import re

from detector.network.text import tidy

Fact = tuple[str, str]

DATA, SEARCH = 0xD0, 0x30

# Kinds that only the camera's end sends: logging in to its maker's servers, answering a search.
_CAMERA_SAYS = {
    0x10: "logs in", 0x12: "logs in", 0x14: "logs in", 0x16: "logs in",
    0x31: "announces itself", 0x33: "answers a search",
}
_ANSWER = 0x41  # from the search port it answers a search; from any other both ends say it to open a way
SEARCH_PORT, MEETING_PORT = 32108, 32100
_UID_KINDS = (0x31, 0x33, 0x41)
_PREFIX = re.compile(rb"[A-Z]{3}[A-Z0-9]{0,5}")
_ILNK_KINDS = (b"\xa1\x00\0\x14", b"\xa1\x01\0\x14")  # a camera that is awake, or asleep, tells its server so
_ILNK_SIZE = 24

# What the heads of a log-in (10 with 40 bytes, 12 with 40 or 44) and of an answer (41 with 20) go out as
# under the keys that many apps share.  Known pairs: a search (F1 30 00 00) goes out as 2C BA 5F 5D
# (HDWiFiCamPro, 365Cam and others), 49 B5 73 D5 (VStarcam) or 9F A1 EE B9 (a variant of the A9).
_HIDDEN_LOGINS = frozenset(map(bytes.fromhex, (
    "2c9a54c5", "2c989cf6", "2c989cf2", "4995ddb6", "4997e018", "4997e01c", "9f81b5fd", "9f832426", "9f832422",
)))  # fmt: skip
_HIDDEN_ANSWERS = frozenset(map(bytes.fromhex, ("2ccb6293", "49c4ea36", "9fd030f8")))

NAXCLOW_PORT = 6123
XIONGMAI_PORT = 34567
DAHUA_PORT = 37777
BAICHUAN_PORT = 9000

_DVRIP_HEAD, _DVRIP_MESSAGES = 20, range(1000, 4000)  # numbers of messages in public clients (python-dvr): 1000 to 3502

# Foscam's older cameras, Netwave's and Wi-Fi toys with a lens: a head of 23 bytes, its operation as a
# little-endian number behind the four letters, the length of what follows at 15.  What only the camera's end says:
# answers to a log-in, a password, a start of video, audio or talk, parameters, alarms; and its video and audio.
_FOSCAM_HEAD, _FOSCAM_MOST = 23, 1 << 20
_FOSCAM_SAYS = {b"MO_O": frozenset((1, 3, 5, 9, 12, 17, 18, 25)), b"MO_V": frozenset((1, 2))}

# The IWFCam app's cameras: a digit and TEG, the kind at 4, the length of what follows at 6.  Who watches sends
# kinds 0, 1 and 4 of 2TEG; kind 3 carries video, a picture in numbered parts, and sound (marked at 14) in parts of
# 516 bytes.  Of 1TEG kind 11 is a search; its answer, 12, tells the port for video.
_TEG = (b"1TEG", b"2TEG")
_TEG_HEAD, _TEG_SOUND = 24, 516
_TEG_ANSWER, _TEG_MEDIA = b"\x0c\0", b"\x03\0"

# Lewei's boards in toy drones and endoscopes: ten letters, then the number of a command; what only the lens' end says.
_LEWEI, _LEWEI_PORTS = b"lewei_cmd\0", (7060, 8060)
_LEWEI_SAYS = frozenset((257, 259, 261, 262))  # a stream, a replay, its end, a file

# Dahua: what a device says first when it calls a server by itself.
_DAHUA_REGISTERS, _DAHUA_HEAD = b"\xb4\0\0", 32

# EZVIZ and Hik-Connect: a mark and the version, then numbers; on two ports the camera serves it to the app beside it.
_EZVIZ, _EZVIZ_HEAD, _EZVIZ_PORTS, _EZVIZ_MOST = b"\x9e\xba\xac\xe9\x01\0\0\0", 32, (9010, 9020), 1 << 20

BAICHUAN_UDP_PORTS = (2015, 2018)
_BAICHUAN_UDP = (b"\x3a\xcf\x87\x2a", b"\x20\xcf\x87\x2a", b"\x10\xcf\x87\x2a")


def is_pppp(data: bytes) -> bool:
    """The length law: F1, a kind, and exactly as many bytes as the head says."""
    return len(data) >= 4 and data[0] == 0xF1 and (data[2] << 8 | data[3]) == len(data) - 4


def pppp_facts(data: bytes, sport: int) -> list[Fact]:
    """`p2p` where only a camera's end would say this; the maker's prefix of its id, never the id,
    because a whole id is a handle for remote access.
    """
    says = "answers a search" if data[1] == _ANSWER and sport == SEARCH_PORT else _CAMERA_SAYS.get(data[1])
    if says is None:
        return []
    facts = [("p2p", f"PPPP {says}")]
    prefix = _PREFIX.match(data[4:12]) if data[1] in _UID_KINDS and len(data) >= 24 else None
    return [*facts, ("p2p_prefix", tidy(prefix[0]))] if prefix else facts


def ilnk_facts(data: bytes) -> list[Fact]:
    """What an iLnk camera tells its server, awake or asleep."""
    return [("p2p", "PPPP logs in")] if len(data) == _ILNK_SIZE and data[:4] in _ILNK_KINDS else []


def hidden_facts(data: bytes, sport: int) -> list[Fact]:
    """PPPP under a key that is known: who logs in at a server, or answers a search, is a camera's end."""
    if data[:4] in _HIDDEN_LOGINS:
        return [("p2p", "PPPP logs in, hidden")]
    return [("p2p", "PPPP answers a search, hidden")] if data[:4] in _HIDDEN_ANSWERS and sport == SEARCH_PORT else []


def naxclow_facts(data: bytes, sport: int, dport: int) -> list[Fact]:
    """Naxclow (A9, V720): JSON behind a head of 20 bytes on port 6123; the camera names itself."""
    if NAXCLOW_PORT not in (sport, dport) or data[20:21] != b"{" or b'"code"' not in data[:200]:
        return []
    return [("p2p", "Naxclow")] if b'"uid"' in data or b'"dev' in data else []


def private_facts(data: bytes, sport: int) -> list[Fact]:
    """The private protocols of Xiongmai, Dahua, Foscam, Lewei and Lefun, from the side that serves them."""
    if sport == XIONGMAI_PORT and _is_dvrip(data):
        return [("p2p", "DVRIP")]
    if sport == DAHUA_PORT and data[:1] in (b"\xb0", b"\xb1", b"\xf6") and len(data) >= 32:
        return [("p2p", "Dahua private")]
    if data[:3] == _DAHUA_REGISTERS and _is_dahua_registration(data):
        return [("p2p", "Dahua registers")]
    if data[:4] in _FOSCAM_SAYS and _is_foscam(data):
        return [("p2p", "Foscam serves")]
    if data[:10] == _LEWEI and _is_lewei(data, sport):
        return [("p2p", "Lewei serves")]
    return [("p2p", "mrmt")] if b"mrmt_hello" in data[:64] else []


def _is_dahua_registration(data: bytes) -> bool:
    """A head of 32 bytes, mostly zeros, before as many bytes as it says: the device calls the server set in it and gives its number."""
    size = len(data) - _DAHUA_HEAD
    return 16 <= size <= 512 and int.from_bytes(data[4:8], "little") == size and not any(data[12:_DAHUA_HEAD])


def _is_dvrip(data: bytes) -> bool:
    """A head of 20 bytes before JSON, or before as many other bytes as it says: a dialect of some boards answers so."""
    if data[:1] != b"\xff" or len(data) <= _DVRIP_HEAD:
        return False
    message, size = int.from_bytes(data[14:16], "little"), int.from_bytes(data[16:20], "little")
    return data[20:21] == b"{" or (message in _DVRIP_MESSAGES and size == len(data) - _DVRIP_HEAD)


def _is_foscam(data: bytes) -> bool:
    """A whole head of what only the camera's end says."""
    if len(data) < _FOSCAM_HEAD:
        return False
    operation, size = int.from_bytes(data[4:6], "little"), int.from_bytes(data[15:19], "little")
    return operation in _FOSCAM_SAYS[data[:4]] and not any(data[6:15]) and size <= _FOSCAM_MOST


def dahua_facts(data: bytes) -> list[Fact]:
    """Dahua's way through the internet: requests in the form of HTTP by UDP, of cameras and of who watches."""
    return [("p2p", "Dahua P2P")] if data.startswith((b"DHGET /", b"DHPOST /")) else []


def ezviz_facts(data: bytes, sport: int) -> list[Fact]:
    """EZVIZ' and Hik-Connect's own protocol: on the camera's ports its word, by others also that of who watches."""
    if data[:8] != _EZVIZ or len(data) < _EZVIZ_HEAD or any(data[12:16]) or int.from_bytes(data[24:28], "big") > _EZVIZ_MOST:
        return []
    return [("p2p", "EZVIZ serves" if sport in _EZVIZ_PORTS else "EZVIZ talks")]


def iwfcam_facts(data: bytes) -> list[Fact]:
    """The cameras of the IWFCam app, by the two things that only their end says."""
    if data[:4] not in _TEG or len(data) <= _TEG_HEAD or int.from_bytes(data[6:8], "little") != len(data) - 8:
        return []
    if data[:1] == b"1":
        return [("p2p", "IWFCam answers a search")] if data[4:6] == _TEG_ANSWER else []
    size = int.from_bytes(data[20:24], "little")
    video = data[4:6] == _TEG_MEDIA and data[14:16] == b"\0\0" and _TEG_SOUND < size <= len(data) - _TEG_HEAD
    return [("p2p", "IWFCam sends video")] if video else []


def _is_lewei(data: bytes, sport: int) -> bool:
    """What Lewei's boards send: anything from their own ports, or an answer by its number."""
    return sport in _LEWEI_PORTS or int.from_bytes(data[10:14], "little") in _LEWEI_SAYS


def baichuan_facts(data: bytes, sport: int) -> list[Fact]:
    """Reolink's own protocol from the side that serves it."""
    if data[:4] in (b"\xf0\xde\xbc\x0a", b"\xa0\xcd\xed\x0f"):
        return [("p2p", "Baichuan")] if sport == BAICHUAN_PORT else []
    if data[:4] in _BAICHUAN_UDP and sport in BAICHUAN_UDP_PORTS:
        return [("p2p", "Baichuan")]
    return []

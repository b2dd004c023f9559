"""HeKai's cameras (HK, Plug2Cam, Time2): dictionaries as text by UDP.  No web page, no RTSP; the port for finding them is 2627.

Who looks for them says `userType=hkclient`; cameras give a number there.  To a client's ping they answer on port
5000 with 13 bytes of which half are fixed.
"""

from __future__ import annotations

Fact = tuple[str, str]

SEARCH_PORT, TALK_PORT = 2627, 5000
_ANNOUNCED, _CLIENT = b"MainCmd=LocalData;", b"userType=hkclient"
_MOST = 1200
_ANSWER_BEGINS, _ANSWER_SIZE, _ANSWERS, _ANSWER_LENGTH = b"\0\0\xd0\0", 13, 0x92, b"\x09\0"


def hekai_facts(data: bytes, sport: int, dport: int) -> list[Fact]:
    """`p2p` for what only the camera's end says."""
    if sport == TALK_PORT and len(data) == _ANSWER_SIZE and data[:4] == _ANSWER_BEGINS:
        return [("p2p", "HeKai answers")] if data[4] == _ANSWERS and data[7:9] == _ANSWER_LENGTH else []
    if not {sport, dport} & {SEARCH_PORT, TALK_PORT}:
        return []
    head = data[:_MOST]
    return [("p2p", "HeKai announces itself")] if _ANNOUNCED in head and b"userType=" in head and _CLIENT not in head else []

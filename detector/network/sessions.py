"""Descriptions of streams (SDP): their title, tool and media, and the lines that tell a camera's firmware from a film.

What a camera adds to its pictures gives it away: sound as telephones code it, a stream of ONVIF's events, marks of
its maker, an origin that its firmware states to everybody.  A film has an end, a programme has packets of television.
"""

from __future__ import annotations

import re

from detector.network.text import tidy

Fact = tuple[str, str]

MOST_LINES, MOST_TOLD = 60, 12
BEGINS = b"v=0"

# Lines that rules look at; the rest (addresses, parameters of pictures) is nobody's business.
_TELLING = re.compile(
    rb"^(?:a=(?:rtpmap:\d+ (?:vnd\.|TP-LINK|stream-assist)|range:(?:npt|clock)=|Media_header:|packetization-supported:|rtppayload-supported:|appversion:)|m=video \d+ RTP/AVP 33)",
    re.IGNORECASE,
)
_ORIGIN = re.compile(rb"^o=(\S{1,20} \d{6,20}) \d+ IN IP4 ([a-z.]+|[\d.]+)")
_LONG = re.compile(rb"=[0-9A-Fa-f]{16,}.*")
_MOST_SHOWN = 48  # bytes of a line

# G.711 and G.726: formats of telephones, by their numbers or names.  Films and programmes never carry them.
_TELEPHONE_SOUND = re.compile(rb"^(?:m=audio \d+ RTP/AVP(?:/TCP)? [08](?: |\s*$)|a=rtpmap:\d+ (?:PCM[AU]|G726-\d+|G711[AU]?)/)", re.IGNORECASE)


def session_facts(body: bytes) -> list[Fact]:
    """What the lines of a description say of the server that made it."""
    if not body.startswith(BEGINS):
        return []
    lines = body.splitlines()[:MOST_LINES]
    facts = [fact for line in lines if (fact := _named(line)) and fact[1]]
    told = [("sdp_line", tidy(telling)) for line in lines if (telling := _telling(line))]
    if ("sdp_media", "video") in facts and any(_TELEPHONE_SOUND.match(line) for line in lines):
        told.append(("sdp_line", "telephone sound beside video"))
    return facts + told[:MOST_TOLD]


def _named(line: bytes) -> Fact | None:
    """Title, tool, and kind of media."""
    if line.startswith(b"s="):
        return "sdp_session", tidy(line[2:])
    if line.startswith(b"a=tool:"):
        return "sdp_tool", tidy(line[7:])
    return ("sdp_media", tidy(line[2:7])) if line.startswith((b"m=video", b"m=audio")) else None


def _telling(line: bytes) -> bytes:
    """A line that rules may know, without long numbers; an origin without its address, unless that is a word."""
    if origin := _ORIGIN.match(line):
        return b"o=" + origin[1] + (b"" if origin[2][:1].isdigit() else b" at " + origin[2])
    return _LONG.sub(b"", line)[:_MOST_SHOWN] if _TELLING.match(line) else b""

"""One TCP conversation with one device: a few questions, each with its bounded reply."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from ipaddress import IPv4Address

_END_OF_HEAD = b"\r\n\r\n"
_TLS_HANDSHAKE, _TLS_ALERT = b"\x16\x03", b"\x15\x03"
_HELLO_DONE = b"\x0e\x00\x00\x00"  # the server has said all, its certificate included
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,9})", re.IGNORECASE)
# A page may turn out to be a picture or a stream of pictures: its head says so, and we stop there.
_PICTURE = re.compile(rb"\r\ncontent-type:[ \t]*(?:image|video|audio|multipart)/", re.IGNORECASE)
# Where the icon of a page was asked for, a picture is what we want, but no stream of them.
_STREAM = re.compile(rb"\r\ncontent-type:[ \t]*(?:video|audio|multipart)/", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DialogueLimits:
    """Bounds of one conversation."""

    connect_s: float = 1.5  # a sleeping Wi-Fi camera takes up to a second for its first answer
    reply_s: float = 2.5  # cheap cameras build a page slowly; closed ports answer at once anyway
    reply_bytes: int = 65536  # the titles and descriptions we read stand in the first few kilobytes


async def converse(
    source: IPv4Address,
    host: str,
    port: int,
    questions: Sequence[bytes],
    limits: DialogueLimits,
    *,
    room: asyncio.Semaphore | None = None,
    icon: bool = False,
) -> list[bytes] | None:
    """The replies to `questions` in turn, fewer when the device stops; None when the port is not open.

    Without questions the connection is opened and closed.  `room` is entered once the port has answered:
    knocking costs a device nothing, talking does.  `icon` tells that a small picture is asked for.
    """
    try:
        async with asyncio.timeout(limits.connect_s):
            reader, writer = await asyncio.open_connection(host, port, local_addr=(str(source), 0), limit=limits.reply_bytes)
    except OSError:  # refused, filtered (TimeoutError), or no way there
        return None
    try:
        async with room or nullcontext():
            return await _ask_in_turn(reader, writer, questions, limits, _STREAM if icon else _PICTURE)
    finally:
        writer.transport.abort()


async def _ask_in_turn(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    questions: Sequence[bytes],
    limits: DialogueLimits,
    unwanted: re.Pattern[bytes],
) -> list[bytes]:
    replies: list[bytes] = []
    for question in questions:
        reply = bytearray()
        try:
            async with asyncio.timeout(limits.reply_s):
                writer.write(question)
                await _read(reader, reply, limits.reply_bytes, unwanted)
        except OSError:  # reset, or out of patience: what came before counts
            pass
        if not reply:
            break
        replies.append(bytes(reply))
    return replies


async def _read(reader: asyncio.StreamReader, reply: bytearray, most: int, unwanted: re.Pattern[bytes]) -> None:
    """Reads one message into `reply`: as much as it turns out to need."""
    while len(reply) < min(most, _needed(reply, unwanted)) and await _more(reader, reply, most):
        pass


async def _more(reader: asyncio.StreamReader, reply: bytearray, most: int) -> bool:
    """Adds what has come in; False at the end of the connection."""
    chunk = await reader.read(min(4096, most - len(reply)))
    reply += chunk
    return bool(chunk)


def _needed(reply: bytearray, unwanted: re.Pattern[bytes]) -> float:
    """Bytes of the whole message, as far as its beginning tells; what has come when that is enough.

    Without a length RTSP has no body, and HTTP one up to the end of the connection.
    """
    if reply[:2] == _TLS_HANDSHAKE:
        return len(reply) if reply.endswith(_HELLO_DONE) else math.inf
    head, end, _ = reply.partition(_END_OF_HEAD)
    if reply[:2] == _TLS_ALERT or (end and unwanted.search(head)):
        return len(reply)
    found = _LENGTH.search(head)
    if end and (found or head.startswith(b"RTSP/")):
        return len(head) + len(end) + (int(found[1]) if found else 0)
    return math.inf

"""One conversation over TCP, with real servers on the loopback that behave well, badly or not at all."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import ExitStack, suppress
from ipaddress import IPv4Address

import pytest

from hardware.dialogue import DialogueLimits, converse

HERE = IPv4Address("127.0.0.1")
QUICK = DialogueLimits(connect_s=0.5, reply_s=0.3, reply_bytes=2000)
OPTIONS = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: DESCRIBE\r\n\r\n"
DESCRIBED = b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 4\r\n\r\nv=0\n"


def talk(answers, questions, limits=QUICK, *, close=True, **how):
    """What `converse` brings home from a server that gives one answer a question; and what it was asked."""
    asked, over = [], asyncio.Event()

    async def serve(reader, writer):
        with suppress(OSError):
            await _answer(reader, writer, answers, asked)
            if not close:
                asked.append(await reader.read(4096))  # until the other side hangs up
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        over.set()

    async def both():
        server = await asyncio.start_server(serve, str(HERE), 0)
        async with server, asyncio.timeout(20):
            port = server.sockets[0].getsockname()[1]
            replies = await converse(HERE, str(HERE), port, questions, limits, **how)
            await over.wait()
            return replies

    return asyncio.run(both()), asked


async def _answer(reader, writer, answers, asked):
    for answer in answers:
        asked.append(await reader.read(4096))
        for part in answer if isinstance(answer, list) else [answer]:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0)


def test_each_question_gets_its_own_reply_on_one_connection():
    replies, asked = talk([OPTIONS, DESCRIBED], [b"one", b"two"])
    assert replies == [OPTIONS, DESCRIBED]
    assert asked == [b"one", b"two"]


def test_a_reply_in_pieces_is_put_together():
    replies, _ = talk([[DESCRIBED[:9], DESCRIBED[9:50], DESCRIBED[50:]]], [b"one"])
    assert replies == [DESCRIBED]


def test_a_page_without_length_is_read_to_its_end():
    page = b"HTTP/1.0 200 OK\r\n\r\n<html><title>IP Camera</title>"
    assert talk([page], [b"one"])[0] == [page]


def test_rtsp_without_length_has_no_body_to_wait_for():
    began = time.monotonic()
    assert talk([OPTIONS], [b"one"], DialogueLimits(reply_s=30), close=False)[0] == [OPTIONS]
    assert time.monotonic() - began < 10


def test_a_reply_stops_at_its_stated_length():
    assert talk([DESCRIBED + b"more"], [b"one"], DialogueLimits(reply_s=30), close=False)[0][0].startswith(DESCRIBED)


@pytest.mark.parametrize("kind", [b"multipart/x-mixed-replace;boundary=x", b"image/jpeg", b"video/mp4"])
def test_nothing_of_a_picture_or_stream_is_waited_for(kind):
    head = b"HTTP/1.0 200 OK\r\nContent-Type: " + kind + b"\r\n\r\n"
    began = time.monotonic()
    replies, _ = talk([head], [b"one"], DialogueLimits(reply_s=30), close=False)
    assert replies == [head]
    assert time.monotonic() - began < 10


def test_an_icon_that_was_asked_for_is_read_to_its_stated_length():
    reply = b"HTTP/1.1 200 OK\r\nContent-Type: image/x-icon\r\nContent-Length: 4\r\n\r\nicon"
    assert talk([[reply[:-4], b"ic", b"on"]], [b"one"], DialogueLimits(reply_s=30), close=False, icon=True)[0] == [reply]


@pytest.mark.parametrize("kind", [b"multipart/x-mixed-replace;boundary=x", b"video/mp4"])
def test_a_stream_where_an_icon_was_asked_for_is_not_waited_for(kind):
    head = b"HTTP/1.0 200 OK\r\nContent-Type: " + kind + b"\r\n\r\n"
    assert talk([head], [b"one"], DialogueLimits(reply_s=30), close=False, icon=True)[0] == [head]


def test_a_room_that_is_full_is_waited_for_before_a_word_is_said():
    async def visit():
        room, asked = asyncio.Semaphore(1), []

        async def serve(reader, writer):
            asked.append(await reader.read(4096))
            writer.write(OPTIONS)
            writer.close()

        async with await asyncio.start_server(serve, str(HERE), 0) as server:
            port = server.sockets[0].getsockname()[1]
            await room.acquire()
            visitor = asyncio.create_task(converse(HERE, str(HERE), port, [b"one"], QUICK, room=room))
            for _ in range(50):
                await asyncio.sleep(0)
            before = list(asked)
            room.release()
            return before, await visitor, asked

    assert asyncio.run(visit()) == ([], [OPTIONS], [b"one"])


def test_a_tls_server_is_heard_to_the_end_of_its_greeting():
    greeting = [b"\x16\x03\x03\x00\x04" + b"\x02\x00\x00\x00", b"\x16\x03\x03\x00\x04\x0e\x00\x00\x00"]
    assert talk([greeting], [b"hello"], DialogueLimits(reply_s=30), close=False)[0] == [b"".join(greeting)]


def test_a_tls_alert_is_the_end():
    alert = b"\x15\x03\x03\x00\x02\x02\x46"
    assert talk([alert], [b"hello"], DialogueLimits(reply_s=30), close=False)[0] == [alert]


def test_an_endless_page_is_cut_at_the_limit():
    replies, _ = talk([b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 100_000], [b"one"])
    assert len(replies[0]) == QUICK.reply_bytes


def test_an_endless_head_is_cut_at_the_limit():
    assert len(talk([b"HTTP/1.0 200 OK\r\n" + b"a: b\r\n" * 9000], [b"one"])[0][0]) == QUICK.reply_bytes


def test_a_stated_length_that_lies_costs_only_the_patience():
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\nshort"
    assert talk([reply], [b"one"], close=False)[0] == [reply]


def test_a_server_that_says_nothing_is_open_and_gave_nothing():
    replies, asked = talk([b""], [b"one", b"two"], close=False)
    assert replies == []
    assert asked[0] == b"one"


def test_a_server_that_hangs_up_keeps_what_it_said():
    assert talk([OPTIONS], [b"one", b"two"])[0] == [OPTIONS]


def test_without_questions_not_a_byte_is_sent():
    replies, asked = talk([], [], close=False)
    assert replies == []
    assert asked in ([], [b""])


def test_a_closed_port_is_none():
    with socket.create_server((str(HERE), 0)) as server:
        port = server.getsockname()[1]
    assert asyncio.run(converse(HERE, str(HERE), port, [b"one"], QUICK)) is None


def test_a_port_that_never_answers_is_none_after_the_patience():
    with socket.socket() as server:
        server.bind((str(HERE), 0))
        server.listen(0)
        with ExitStack() as queue:  # a full queue makes the kernel drop what comes next, as a filter does
            for _ in range(4):
                waiting = queue.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(server.getsockname())
            assert asyncio.run(converse(HERE, str(HERE), server.getsockname()[1], [], DialogueLimits(connect_s=0.2))) is None

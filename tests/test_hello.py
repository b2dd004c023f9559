"""The one TLS message that we send, against a real server of OpenSSL with a certificate of the day."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
import time
from ipaddress import IPv4Address

import pytest

from detector.network import questions, services
from hardware.dialogue import DialogueLimits, converse
from hardware.hello import client_hello

SUBJECT = "/CN=axis-accc8e000001/O=Axis Communications AB"


def test_the_hello_is_on_the_list_and_names_no_server():
    hello = client_hello()
    assert questions.load().recognise(hello, "tcp").name == "tls-hello"
    assert services.from_tcp(hello, 50000, 443) == []


def test_each_hello_is_one_whole_record_of_its_own():
    one, other = client_hello(), client_hello()
    assert one != other
    assert len(one) == 5 + int.from_bytes(one[3:5])


def test_no_later_message_of_a_handshake_is_on_the_list():
    for kind in (0x14, 0x15, 0x17):
        assert questions.load().recognise(bytes([kind]) + client_hello()[1:], "tcp") is None
    key_exchange = client_hello()[:5] + b"\x10" + client_hello()[6:]
    assert questions.load().recognise(key_exchange, "tcp") is None


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_names_in_a_certificate_are_read_and_nothing_is_agreed(tmp_path, newest):
    context = certified(tmp_path)
    context.maximum_version = newest
    began = time.monotonic()
    replies, agreed = asyncio.run(greet(context))
    assert time.monotonic() - began < 10
    facts = services.from_tcp(replies[0], 443, 50000)
    assert ("tls_subject", "CN=axis-accc8e000001") in facts
    assert ("tls_subject", "O=Axis Communications AB") in facts
    assert not agreed


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
def test_a_server_that_wants_something_newer_says_nothing_of_itself(tmp_path):
    context = certified(tmp_path)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    replies, agreed = asyncio.run(greet(context))
    assert [fact for reply in replies for fact in services.from_tcp(reply, 443, 50000)] == []
    assert not agreed


def certified(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", SUBJECT, "-keyout", "key", "-out", "cert"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert", folder / "key")
    return context


async def greet(context):
    """What a server says to our hello, and whether it came to an agreement with us."""
    agreed = []

    def serve(reader, writer):
        agreed.append(writer)
        writer.close()

    asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # the server's view of a dropped connection
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        port, here = server.sockets[0].getsockname()[1], IPv4Address("127.0.0.1")
        replies = await converse(here, str(here), port, [client_hello()], DialogueLimits(reply_s=30))
    return replies, bool(agreed)

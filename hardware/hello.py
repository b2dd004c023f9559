"""The first and only thing that we say in TLS: a ClientHello of version 1.2 or older.

Up to 1.2 a server answers it with its certificate in the clear, so the names in it can be read and
the connection dropped before anything is agreed.
"""

from __future__ import annotations

import ssl
from contextlib import suppress

from detector.network import questions


def client_hello() -> bytes:
    """A fresh ClientHello as OpenSSL writes it, which names no server and trusts anybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")  # cheap cameras know nothing newer; no secret is ever sent
    outgoing = ssl.MemoryBIO()
    with suppress(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), outgoing).do_handshake()
    hello = outgoing.read()
    if not questions.load()["tls-hello"].matches(hello):
        raise ValueError(f"not a ClientHello of ours: {hello.hex()}")
    return hello

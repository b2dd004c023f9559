"""Names in certificates made by OpenSSL today, whole, cut and damaged."""

from __future__ import annotations

import random
import shutil
import ssl
import subprocess

import pytest

from detector.network import services, tls
from detector.network.certificates import certificate_facts
from detector.network.signatures import Signatures, vocabulary

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make certificates")
FIELDS = set(vocabulary()["fields"])


def openssl(folder, *words):
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """`made(subject, names, signer)` is a certificate in DER; without a signer it signs itself."""
    folder = tmp_path_factory.mktemp("certificates")
    openssl(folder, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "key")

    def make(subject, names="", signer=""):
        addition = ["-addext", f"subjectAltName={names}"] if names else []
        if not signer:
            openssl(folder, "req", "-x509", "-key", "key", "-days", "1", "-subj", subject, *addition, "-out", "out.pem")
        else:
            openssl(folder, "req", "-x509", "-key", "key", "-days", "1", "-subj", signer, "-out", "ca.pem")
            openssl(folder, "req", "-new", "-key", "key", "-subj", subject, *addition, "-out", "out.csr")
            openssl(folder, "x509", "-req", "-in", "out.csr", "-CA", "ca.pem", "-CAkey", "key", "-CAcreateserial", "-copy_extensions", "copy", "-out", "out.pem")
        return ssl.PEM_cert_to_DER_cert((folder / "out.pem").read_text())

    return make


def handshake(*certificates, split=16000):
    """A server's Certificate message, in one record or several."""
    chain = b"".join(len(one).to_bytes(3) + one for one in certificates)
    message = b"\x0b" + (len(chain) + 3).to_bytes(3) + len(chain).to_bytes(3) + chain
    parts = [message[at : at + split] for at in range(0, len(message), split)]
    return b"".join(b"\x16\x03\x03" + len(part).to_bytes(2) + part for part in parts)


def test_a_self_signed_certificate_says_so_and_tells_each_name_once(made):
    facts = certificate_facts(made("/CN=axis-accc8e000001/O=Axis Communications AB/L=Lund", "DNS:axis-accc8e000001.local,IP:10.77.0.9"))
    assert facts == [
        ("tls_subject", "CN=axis-accc8e000001"), ("tls_subject", "O=Axis Communications AB"),
        ("tls_issuer", "CN=axis-accc8e000001"), ("tls_issuer", "O=Axis Communications AB"),
        ("tls_signed", "self"), ("tls_san", "axis-accc8e000001.local"),
    ]  # fmt: skip


def test_who_signed_is_told_from_who_is_meant(made):
    facts = certificate_facts(made("/CN=camera-7", "", "/O=HIKVISION/OU=DVRNVR"))
    assert facts == [("tls_subject", "CN=camera-7"), ("tls_issuer", "O=HIKVISION"), ("tls_issuer", "OU=DVRNVR")]
    assert Signatures().match("tls_issuer", "O=HIKVISION").make == "HIKVISION"


@pytest.mark.parametrize("split", [16000, 300, 50])
def test_a_certificate_is_found_within_a_servers_greeting(made, split):
    one, other = made("/CN=ipc/O=Dahua"), made("/CN=root/O=Elsewhere")
    greeting = b"\x16\x03\x03\x00\x06\x02\x00\x00\x02\x03\x03" + handshake(one, other, split=split)
    facts = services.from_tcp(greeting, 443, 50000)
    assert ("tls_subject", "CN=ipc") in facts
    assert ("tls_signed", "self") in facts
    assert "Elsewhere" not in str(facts)  # the chain above is no device's


def test_of_a_cut_certificate_the_parts_that_are_there_are_told(made):
    whole = handshake(made("/CN=ipc/O=Dahua"))
    assert tls.tls_facts(whole[:150])[0][0] == "tls_subject"
    assert ("tls_signed", "self") not in tls.tls_facts(whole[:-40])


def test_a_certificate_damaged_anywhere_or_cut_anywhere_breaks_nothing(made):
    whole, rng = made("/CN=ipc/O=Dahua/OU=DVRNVR", "DNS:ipc.local"), random.Random(7)
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] = rng.randrange(256)
        for der in (bytes(damaged), whole[:at]):
            for field, text in (*certificate_facts(der), *services.from_tcp(handshake(der), 443, 50000)):
                assert field in FIELDS
                assert text.isprintable()
                assert len(text) <= 210


@pytest.mark.parametrize("der", [b"", b"\x30", b"\x30\x80\x00\x00", b"\x30\x84\xff\xff\xff\xff", b"\x30\x82\x00\x02\x30\x00", b"\x04\x01\x00", b"\x30\x00"])
def test_what_is_no_certificate_has_no_names(der):
    assert certificate_facts(der) == []


def test_endless_further_names_are_cut(made):
    facts = certificate_facts(made("/CN=x1", ",".join(f"DNS:n{n}.local" for n in range(60))))
    assert sum(field == "tls_san" for field, _ in facts) == 8


def test_a_name_of_128_bytes_and_more_is_read(made):
    names = ",".join(f"DNS:{'a' * 40}{n}.local" for n in range(6))
    assert sum(field == "tls_san" for field, _ in certificate_facts(made("/CN=" + "c" * 60 + "/O=" + "o" * 60, names))) == 6

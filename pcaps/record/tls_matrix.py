#!/usr/bin/env python3
"""Makes captures of one mail login each, in every kind of TLS that OpenSSL 3 and GnuTLS still
speak: versions, suites, key exchanges, extensions, resumption, renegotiation, early data.

Usage: tls_matrix.py [--talks] DIRECTORY [CASE...]
(needs openssl, libssl.so.3, libgnutls.so.30)

Writes DIRECTORY/CASE/input.pcapng, keys.log, and server.pem where the server's RSA key opens the
session. With --talks: DIRECTORY/CASE as tests/support/talk.h has it for fuzzing, the last
connection of the case alone, and DIRECTORY.keys with the keys of all. The handshakes are real, the network is not: what the two ends hand each other is written
as TCP segments. Randoms differ from run to run.
"""
import struct
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests" / "support"))
import capture  # noqa: E402
import handshake  # noqa: E402
from handshake import (  # noqa: E402
    NO_ENCRYPT_THEN_MAC, NO_EXTENDED_MASTER, NO_TICKET, GnuTLS, OpenSSL, Unavailable, Wire)

START = 1_794_906_000 * capture.NS  # 2026-11-17 09:00:00 UTC
CLIENT, SERVER = ("10.20.0.109", 50993), ("192.0.2.25", 993)
USER, PASSWORD = "bob@contoso.example", "Tr0mbone-Planted-9"
GREETING = b"* OK IMAP4rev1 ready\r\n"
LOGIN = f'a1 LOGIN {USER} "{PASSWORD}"\r\n'.encode()
ACCEPTED = b"a1 OK logged in\r\n"


class Case(NamedTuple):
    name: str
    make: object  # (Lab) -> list of Wires, one a connection
    by_rsa: bool = False  # the server's RSA key alone opens it
    logins: int = 1
    client: str = CLIENT[0]


class Lab:
    """The libraries, and keys in a folder."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.openssl = handshake.openssl()
        self.rsa = handshake.make_key(self.folder, "rsa")
        self.ec = handshake.make_key(self.folder, "ec")

    def ends(self, *, client=None, server=None, key="rsa", client_keys=(), **both):
        """Two ends of OpenSSL."""
        keys = [self.ec if key == "ec" else self.rsa]
        return Wire(OpenSSL(self.openssl, False, client_keys, **{**both, **(client or {})}),
                    OpenSSL(self.openssl, True, keys, **{**both, **(server or {})}))

    def gnutls_ends(self, priority, key="rsa", **both):
        library = handshake.gnutls()
        keys = [self.ec if key == "ec" else self.rsa]
        return Wire(GnuTLS(library, False, [], priority, **both),
                    GnuTLS(library, True, keys, priority, **both))


def log_in(wire):
    """Handshake, login, farewell."""
    wire.shake_hands()
    wire.settle()
    say_login(wire)
    wire.close()
    return [wire]


def say_login(wire):
    wire.say("s", GREETING)
    wire.say("c", LOGIN)
    wire.say("s", ACCEPTED)


def plain(**options):
    return lambda lab: log_in(lab.ends(**options))


def with_gnutls(priority, **options):
    return lambda lab: log_in(lab.gnutls_ends(priority, **options))


# --- more than one handshake ---------------------------------------------------------------------


def again(lab, first, **options):
    """A second connection of the same two programs that takes up the session of the first."""
    session = first.client.sessions[-1]
    wire = lab.ends(client={"context": first.client.ctx, "ticket_session": session},
                    server={"context": first.server.ctx}, **options)
    return wire


def resumed(**options):
    def make(lab):
        first = lab.ends(**options)
        log_in(first)
        second = again(lab, first)
        log_in(second)
        if not second.client.facts[2]:
            raise Unavailable("the session was not resumed")
        return [first, second]
    return make


def renegotiated(by="c", **options):
    def make(lab):
        wire = lab.ends(**options)
        wire.shake_hands()
        wire.say("s", GREETING)
        end = wire.client if by == "c" else wire.server
        end.renegotiate()
        for _ in range(6):
            wire.settle()
        wire.say("c", LOGIN)
        wire.say("s", ACCEPTED)
        wire.close()
        return [wire]
    return make


def updated(by, both, make_ends):
    """KeyUpdate before the login, and once more before its answer."""
    def make(lab):
        wire = make_ends(lab)
        wire.shake_hands()
        wire.settle()
        wire.say("s", GREETING)
        end = wire.client if by == "c" else wire.server
        end.update_key(both)
        wire.settle()
        wire.say("c", LOGIN)
        end.update_key(both)
        wire.say("s", ACCEPTED)
        wire.close()
        return [wire]
    return make


def early(is_accepted, **options):
    """The login is early data; a server that refuses it hears it again afterwards."""
    def make(lab):
        first = lab.ends(version="1.3", early=16384, **options)
        log_in(first)
        server = {"context": first.server.ctx}
        if not is_accepted:  # another server: it cannot take up the session
            server = {"early": 16384}
        wire = lab.ends(version="1.3", server=server, client={
            "context": first.client.ctx, "ticket_session": first.client.sessions[-1]})
        wire.client.write_early(LOGIN)
        wire.carry("c")
        got, done = b"", False
        for _ in range(6):
            part, done = wire.server.read_early() if not done else (b"", True)
            got += part
            wire.carry("s")
            wire.client.handshake()
            wire.carry("c")
        wire.shake_hands()
        if (got == LOGIN) != is_accepted:
            raise Unavailable("the server decided otherwise about early data")
        wire.settle()
        wire.say("s", GREETING)
        if not is_accepted:
            wire.say("c", LOGIN)
        wire.say("s", ACCEPTED)
        wire.close()
        return [first, wire]
    return make


def asked_later(lab):
    """A client certificate, wanted after the handshake (RFC 8446, section 4.6.2)."""
    wire = lab.ends(version="1.3", client_keys=[lab.ec], asks_later=True)
    wire.shake_hands()
    wire.say("s", GREETING)
    wire.server.ask_certificate()
    wire.settle()
    wire.say("c", LOGIN)
    wire.say("s", ACCEPTED)
    wire.close()
    return [wire]


# --- the cases -----------------------------------------------------------------------------------

CBC = ("AES128-SHA", "AES256-SHA", "AES128-SHA256", "AES256-SHA256")
AEAD = ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-CCM", "AES256-CCM", "AES128-CCM8",
        "AES256-CCM8")
GNUTLS_3DES = "NORMAL:-CIPHER-ALL:+3DES-CBC:+SHA1:+RSA:+DHE-RSA:%VERIFY_ALLOW_BROKEN"


def suite_cases():
    for version in ("1.0", "1.1"):
        for cipher in ("AES128-SHA", "AES256-SHA"):
            yield Case(f"{version}-{cipher}", plain(version=version, cipher=cipher), by_rsa=True)
            for exchange in ("DHE-RSA", "ECDHE-RSA"):
                yield Case(f"{version}-{exchange}-{cipher}",
                           plain(version=version, cipher=f"{exchange}-{cipher}"))
    for cipher in CBC + AEAD:
        yield Case(f"1.2-{cipher}", plain(version="1.2", cipher=cipher), by_rsa=True)
        yield Case(f"1.2-DHE-RSA-{cipher}", plain(version="1.2", cipher=f"DHE-RSA-{cipher}"))
    yield Case("1.2-DHE-RSA-CHACHA20", plain(version="1.2", cipher="DHE-RSA-CHACHA20-POLY1305"))
    for cipher in ("AES128-SHA", "AES256-SHA", "AES128-SHA256", "AES256-SHA384",
                   "AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"):
        yield Case(f"1.2-ECDHE-RSA-{cipher}", plain(version="1.2", cipher=f"ECDHE-RSA-{cipher}"))
    for cipher in ("AES256-SHA384", "AES128-CCM", "AES256-CCM8", "CHACHA20-POLY1305"):
        yield Case(f"1.2-ECDHE-ECDSA-{cipher}",
                   plain(version="1.2", cipher=f"ECDHE-ECDSA-{cipher}", key="ec"))
    for cipher in ("ADH-AES128-SHA", "AECDH-AES256-SHA", "ADH-AES128-GCM-SHA256"):
        yield Case(f"1.2-{cipher}", plain(version="1.2", cipher=cipher))
    for cipher in ("NULL-SHA256", "NULL-SHA", "NULL-MD5"):
        yield Case(f"1.2-{cipher}", plain(version="1.2", cipher=cipher), by_rsa=True)
    yield Case("1.2-ECDHE-RSA-NULL-SHA", plain(version="1.2", cipher="ECDHE-RSA-NULL-SHA"))
    for suite in ("AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256",
                  "AES_128_CCM_SHA256", "AES_128_CCM_8_SHA256"):
        yield Case(f"1.3-{suite}", plain(version="1.3", suites=f"TLS_{suite}"))


def mode_cases():
    mac_first = NO_ENCRYPT_THEN_MAC
    for version, cipher in (("1.0", "AES128-SHA"), ("1.1", "AES256-SHA"), ("1.2", "AES128-SHA"),
                            ("1.2", "AES256-SHA256"), ("1.2", "ECDHE-RSA-AES256-SHA384")):
        is_rsa = not cipher.startswith("ECDHE")
        yield Case(f"{version}-{cipher}-mac-then-encrypt",
                   plain(version=version, cipher=cipher, options=mac_first), by_rsa=is_rsa)
        yield Case(f"{version}-{cipher}-no-extended-master",
                   plain(version=version, cipher=cipher, options=NO_EXTENDED_MASTER),
                   by_rsa=is_rsa)
        yield Case(f"{version}-{cipher}-neither",
                   plain(version=version, cipher=cipher, options=mac_first | NO_EXTENDED_MASTER),
                   by_rsa=is_rsa)
    yield Case("1.2-client-certificate", lambda lab: log_in(lab.ends(
        version="1.2", cipher="ECDHE-RSA-AES128-GCM-SHA256", client_keys=[lab.ec],
        server={"asks": True})))
    yield Case("1.2-client-certificate-rsa", lambda lab: log_in(lab.ends(
        version="1.2", cipher="AES128-GCM-SHA256", client_keys=[lab.ec],
        server={"asks": True})), by_rsa=True)
    yield Case("1.3-client-certificate", lambda lab: log_in(lab.ends(
        version="1.3", client_keys=[lab.ec], server={"asks": True})))
    yield Case("1.3-client-certificate-later", asked_later)
    yield Case("1.2-split", plain(version="1.2", cipher="ECDHE-RSA-AES128-GCM-SHA256", split=3))
    yield Case("1.3-split", plain(version="1.3", split=3))
    yield Case("1.3-padding", plain(version="1.3", padding=4096))
    yield Case("1.3-padding-and-split", plain(version="1.3", padding=512, split=3))
    yield Case("1.3-retry", plain(version="1.3", client={"groups": "X25519:P-256"},
                                  server={"groups": "P-256"}))


def session_cases():
    for version, cipher in (("1.0", "AES128-SHA"), ("1.2", "AES128-GCM-SHA256"),
                            ("1.2", "AES256-SHA256"), ("1.2", "ECDHE-RSA-AES256-GCM-SHA384")):
        is_rsa = not cipher.startswith("ECDHE")
        for how, options in (("id", NO_TICKET), ("ticket", 0),
                             ("id-no-extended-master", NO_TICKET | NO_EXTENDED_MASTER)):
            yield Case(f"{version}-{cipher}-resumed-by-{how}", resumed(
                version=version, cipher=cipher, options=options), by_rsa=is_rsa, logins=2)
    yield Case("1.3-resumed", resumed(version="1.3"), logins=2)
    yield Case("1.3-resumed-sha256", resumed(version="1.3", suites="TLS_AES_128_GCM_SHA256"),
               logins=2)
    for cipher in ("AES128-SHA", "AES128-GCM-SHA256", "ECDHE-RSA-CHACHA20-POLY1305"):
        for by in "cs":
            yield Case(f"1.2-{cipher}-renegotiated-by-{by}",
                       renegotiated(by, version="1.2", cipher=cipher),
                       by_rsa=not cipher.startswith("ECDHE"))
    yield Case("1.0-AES128-SHA-renegotiated", renegotiated(version="1.0", cipher="AES128-SHA"),
               by_rsa=True)
    for by in "cs":
        for both in (False, True):
            yield Case(f"1.3-key-update-{by}{'-both' if both else ''}",
                       updated(by, both, lambda lab: lab.ends(version="1.3")))
    yield Case("1.3-early-data", early(True), logins=2)
    yield Case("1.3-early-data-sha384", early(True, suites="TLS_AES_256_GCM_SHA384"), logins=2)
    yield Case("1.3-early-data-refused", early(False), logins=2)
    yield Case("1.3-early-data-retry", early(False, client={"groups": "X25519:P-256"},
                                             server={"groups": "P-256"}), logins=2)


def gnutls_cases():
    none = "NONE:+COMP-NULL:+SIGN-ALL:+GROUP-ALL:+CTYPE-X509:%VERIFY_ALLOW_BROKEN"
    for version in ("1.0", "1.1", "1.2"):
        for exchange in ("RSA", "DHE-RSA", "ECDHE-RSA"):
            yield Case(f"gnutls-{version}-{exchange}-3DES", with_gnutls(
                f"{none}:+VERS-TLS{version}:+{exchange}:+3DES-CBC:+SHA1"),
                by_rsa=exchange == "RSA")
        yield Case(f"gnutls-{version}-RSA-AES256-SHA-mac-then-encrypt", with_gnutls(
            f"{none}:%NO_ETM:+VERS-TLS{version}:+RSA:+AES-256-CBC:+SHA1"), by_rsa=True)
    for cipher in ("AES-128-CCM", "AES-256-CCM", "AES-128-CCM-8", "AES-256-CCM-8",
                   "CHACHA20-POLY1305", "AES-256-GCM"):
        yield Case(f"gnutls-1.2-{cipher}", with_gnutls(
            f"{none}:+VERS-TLS1.2:+ECDHE-ECDSA:+{cipher}:+AEAD", key="ec"))
    for cipher in ("AES-128-GCM", "AES-256-GCM", "CHACHA20-POLY1305", "AES-128-CCM",
                   "AES-128-CCM-8"):
        yield Case(f"gnutls-1.3-{cipher}", with_gnutls(
            f"{none}:+VERS-TLS1.3:+ECDHE-RSA:+{cipher}:+AEAD:+SHA256:+SHA384"))
    yield Case("gnutls-1.3-padding", with_gnutls("NORMAL:-VERS-ALL:+VERS-TLS1.3", padding=700))
    for by in "cs":
        yield Case(f"gnutls-1.3-key-update-{by}", updated(
            by, True, lambda lab: lab.gnutls_ends("NORMAL:-VERS-ALL:+VERS-TLS1.3")))


def unreadable_cases():
    """Keys or not, these are not read."""
    none = "NONE:+COMP-NULL:+SIGN-ALL:+GROUP-ALL:+CTYPE-X509:%VERIFY_ALLOW_BROKEN"
    yield Case("gnutls-1.0-RC4", with_gnutls(f"{none}:+VERS-TLS1.0:+RSA:+ARCFOUR-128:+SHA1"),
               logins=0)
    yield Case("1.2-ARIA", plain(version="1.2", cipher="ECDHE-ARIA128-GCM-SHA256"), logins=0)
    yield Case("1.2-CAMELLIA", plain(version="1.2", cipher="CAMELLIA128-SHA256"), logins=0)


def cases():
    """All of them, each with a client of its own."""
    groups = (suite_cases, mode_cases, session_cases, gnutls_cases, unreadable_cases)
    for number, case in enumerate(case for group in groups for case in group()):
        yield case._replace(client=f"10.20.{1 + number // 250}.{1 + number % 250}")


# --- captures ------------------------------------------------------------------------------------


def packets_of(wires, client=CLIENT[0]):
    """The connections one after another, as TCP."""
    packets = []
    for number, wire in enumerate(wires):
        talk = capture.Talk((client, CLIENT[1] + number), SERVER, START + number * capture.NS)
        for side, data in wire.pieces:
            (talk.client if side == "c" else talk.server)(data, handshake.PIECE)
        packets += talk.close().packets
    return packets


def keys_of(wires):
    return "".join(dict.fromkeys(line + "\n" for wire in wires
                                 for line in wire.keys.splitlines()))


def record(case, lab, folder):
    """Unavailable: the libraries of this machine do not speak it."""
    wires = case.make(lab)
    folder.mkdir(parents=True, exist_ok=True)
    capture.write(folder / "input.pcapng", packets_of(wires, case.client))
    (folder / "keys.log").write_text(keys_of(wires))
    if case.by_rsa:
        (folder / "server.pem").write_bytes(lab.rsa[1].read_bytes())
    return wires


def segments_of(wire):
    """What each side sends, in pieces as TCP has them."""
    for side, data in wire.pieces:
        for at in range(0, len(data), handshake.PIECE):
            yield side, data[at:at + handshake.PIECE]


def record_talks(directory, names):
    directory.mkdir(parents=True, exist_ok=True)
    keys = ""
    with tempfile.TemporaryDirectory() as scratch:
        lab = Lab(scratch)
        for case in cases():
            if case.name in names:
                wire = case.make(lab)[-1]
                (directory / case.name).write_bytes(b"".join(
                    struct.pack("!BH", side == "s", len(data)) + data
                    for side, data in segments_of(wire)))
                keys += keys_of([wire])
    directory.with_suffix(".keys").write_text(keys)


def main(directory, names):
    with tempfile.TemporaryDirectory() as scratch:
        lab = Lab(scratch)
        for case in cases():
            if names and case.name not in names:
                continue
            try:
                record(case, lab, Path(directory) / case.name)
                print(case.name)
            except Unavailable as error:
                print(f"{case.name}: left out: {error}", file=sys.stderr)


if __name__ == "__main__":
    if sys.argv[1] == "--talks":
        record_talks(Path(sys.argv[2]), sys.argv[3:])
    else:
        main(sys.argv[1], sys.argv[2:])

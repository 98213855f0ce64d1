#!/usr/bin/env python3
"""Makes captures of one login each, in TLS that lies in something else.

Usage: nested.py DIRECTORY
(needs openssl)

Writes DIRECTORY/CASE/input.pcapng and keys.log, and tells the frame that holds the credential. The
handshakes are real, the network is not: what the two ends hand each other is written as TCP
segments. Randoms differ from run to run.
"""
import base64
import ssl
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests" / "support"))
import capture  # noqa: E402
import handshake  # noqa: E402

START = 1_794_906_000 * capture.NS  # 2026-11-17 09:00:00 UTC
CLIENT, SERVER = ("10.20.0.109", 50993), "192.0.2.25"
NAME = "mail.contoso.example"
USER, PASSWORD = "bob@contoso.example", "Tr0mbone-Planted-9"
OTHER = {"c": "s", "s": "c"}


class Wire:
    """What both sides say, as TCP segments."""

    def __init__(self, port):
        self.talk = capture.Talk(CLIENT, (SERVER, port), START)

    def say(self, side, text):
        (self.talk.client if side == "c" else self.talk.server)(text)
        return len(self.talk.packets)


class Tls:
    """A session on a wire, which is a wire itself."""

    def __init__(self, lower, lab, name):
        self.lower = lower
        self.bios = {side: (ssl.MemoryBIO(), ssl.MemoryBIO()) for side in "cs"}
        self.ends = {"c": lab.client.wrap_bio(*self.bios["c"], server_hostname=name),
                     "s": lab.server.wrap_bio(*self.bios["s"], server_side=True)}
        for side in "cscs":
            try:
                self.ends[side].do_handshake()
            except ssl.SSLWantReadError:
                pass
            self.flush(side)

    def flush(self, side):
        text = self.bios[side][1].read()
        self.bios[OTHER[side]][0].write(text)
        return self.lower.say(side, text) if text else None

    def say(self, side, text):
        self.ends[side].write(text)
        frame = self.flush(side)
        if self.ends[OTHER[side]].read(len(text)) != text:
            raise RuntimeError("not what was said")
        return frame


class Lab:
    """Both programs, and the key log of the client."""

    def __init__(self, folder, log):
        certificate, key = handshake.make_key(folder, "rsa")
        self.client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.client.check_hostname = False
        self.client.verify_mode = ssl.CERT_NONE
        self.client.keylog_filename = log
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.load_cert_chain(certificate, key)


def exchange(wire, *lines):
    """Lines of client and server by turns, the client's first; an empty one is not said. The frame
    of the client's last."""
    frame = None
    for number, line in enumerate(lines):
        if line and number % 2 == 0:
            frame = wire.say("c", line)
        elif line:
            wire.say("s", line)
    return frame


def connect(wire, port):
    target = f"{NAME}:{port}"
    exchange(wire, f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode(),
             b"HTTP/1.1 200 Connection established\r\n\r\n")


def start_tls(wire, command):
    exchange(wire, b"", b"220 mail ESMTP\r\n", b"EHLO pc\r\n", b"250-mail\r\n250 " + command + b"\r\n",
             command + b"\r\n", b"220 go ahead\r\n")


def submit(wire):
    plain = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode())
    return exchange(wire, b"EHLO pc\r\n", b"250-mail\r\n250 AUTH PLAIN\r\n",
                    b"AUTH PLAIN " + plain + b"\r\n", b"235 2.7.0 accepted\r\n")


def starttls_through_https_proxy(wire, lab):
    proxy = Tls(wire, lab, "proxy.contoso.example")
    connect(proxy, 587)
    start_tls(proxy, b"STARTTLS")
    return submit(Tls(proxy, lab, NAME))


def tls_through_socks(wire, lab):
    exchange(wire, b"\5\1\0", b"\5\0",
             b"\5\1\0\3" + bytes([len(NAME)]) + NAME.encode() + (993).to_bytes(2, "big"),
             b"\5\0\0\1\0\0\0\0\0\0")
    session = Tls(wire, lab, NAME)
    return exchange(session, b"", b"* OK IMAP4rev1 ready\r\n",
                    f'a1 LOGIN {USER} "{PASSWORD}"\r\n'.encode(), b"a1 OK logged in\r\n")


def anonymous_tls(wire, lab):
    start_tls(wire, b"X-ANONYMOUSTLS")
    return submit(Tls(wire, lab, NAME))


CASES = {
    "starttls-through-https-proxy": (starttls_through_https_proxy, 3128),
    "through-socks": (tls_through_socks, 1080),
    "smtp-anonymoustls": (anonymous_tls, 25),
}


def main(folder):
    for name, (make, port) in CASES.items():
        case = Path(folder) / name
        case.mkdir(parents=True, exist_ok=True)
        (case / "keys.log").unlink(missing_ok=True)
        wire = Wire(port)
        with tempfile.TemporaryDirectory() as scratch:
            frame = make(wire, Lab(Path(scratch), case / "keys.log"))
        capture.write(case / "input.pcapng", wire.talk.close().packets)
        print(f"{name}: frame {frame}")


if __name__ == "__main__":
    main(*sys.argv[1:])

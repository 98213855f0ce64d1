"""What a recording holds, read back from it with its keys: by basictap, and by tshark.

Only what both say, or what tshark cannot open and basictap can, becomes a line of the manifest.
"""
import json
import re
import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import network  # noqa: F401 (puts tests/support on the path)
import capture  # isort: skip



WORDS = {"imap-login": "LOGIN-CMD", "pop-user-pass": "USER/PASS", "http-basic": "BASIC",
         "http-bearer": "BEARER", "http-ntlm": "NTLM",
         "unknown": "none", "none": "none"}
SUITES = {0x1301: "TLS_AES_128_GCM_SHA256", 0x1302: "TLS_AES_256_GCM_SHA384",
          0x1303: "TLS_CHACHA20_POLY1305_SHA256", 0xC02F: "ECDHE-RSA-AES128-GCM-SHA256",
          0xC030: "ECDHE-RSA-AES256-GCM-SHA384", 0xCCA8: "ECDHE-RSA-CHACHA20-POLY1305",
          0xC027: "ECDHE-RSA-AES128-SHA256", 0xC028: "ECDHE-RSA-AES256-SHA384",
          0xC013: "ECDHE-RSA-AES128-SHA", 0xC014: "ECDHE-RSA-AES256-SHA", 0x2F: "AES128-SHA",
          0x35: "AES256-SHA", 0xC09C: "AES128-CCM", 0xC09D: "AES256-CCM"}
VERSIONS = {0x0301: "1.0", 0x0302: "1.1", 0x0303: "1.2", 0x0304: "1.3"}
FIELDS = ["frame.number", "ip.src", "tcp.srcport", "ip.dst", "tcp.dstport", "imap.line",
          "pop.request.command", "pop.request.parameter", "smtp.command_line", "http.authorization",
          "http2.headers.authorization", "tls.handshake.type", "tls.handshake.version",
          "tls.handshake.extensions.supported_version", "tls.handshake.ciphersuite"]
BASIC = {"LOGIN-CMD", "USER/PASS", "PLAIN", "LOGIN", "BASIC"}


class Attempt(NamedTuple):
    client_port: int
    mech: str
    outcome: str
    user: str


class Session(NamedTuple):
    client_port: int
    server: str
    server_port: int
    version: str
    cipher: str


class Opinion(NamedTuple):
    """Of tshark on one recording."""
    asked: Counter  # mechanisms that a client asked for
    sessions: list


def word_of(mechanism):
    if mechanism.startswith("http-negotiate"):
        return "NEGOTIATE"
    return WORDS.get(mechanism, mechanism.removeprefix("sasl-").upper())


def basictap(program, path, keys):
    """(attempts, readings) of one recording: readings counts its TLS sessions by how they were
    read, where "decrypted" is what is wanted."""
    done = subprocess.run([program, "replay", "-q", "--keylog", str(keys), "--each", "--format",
                           "ecs", str(path)], capture_output=True, text=True, check=False)
    attempts, readings = [], Counter()
    for line in done.stdout.splitlines():
        said = json.loads(line)
        tap = said["basictap"]
        if tap["kind"] == "coverage":
            for service in tap["coverage"]["sessions"].values():
                readings.update(service.get("tls", {}) if isinstance(service, dict) else {})
        elif tap["kind"] == "auth" and tap["service"] != "proxy":
            attempts.append(Attempt(said["source"]["port"], word_of(tap["mechanism"]),
                                    said["event"]["reason"], said.get("user", {}).get("name", "")))
    return attempts, readings


def tshark(recordings):
    """An Opinion of each recording; all in one run."""
    found = [Opinion(Counter(), []) for _ in recordings]
    with tempfile.TemporaryDirectory() as folder:
        ends, every, keys = [], [], ""
        for path, key_path in recordings:
            every += capture.read(path)
            ends.append(len(every))
            keys += key_path.read_text()
        capture.write(Path(folder) / "all.pcapng", every)
        (Path(folder) / "keys").write_text(keys)
        words = ["tshark", "-n", "-r", f"{folder}/all.pcapng", "-o",
                 f"tls.keylog_file:{folder}/keys", "-Y",
                 "imap.line || pop.request || smtp || http.authorization || "
                 "http2.headers.authorization || tls.handshake.type == 2", "-T", "fields", "-E",
                 "aggregator=\x1f", "-E", "separator=/t"]
        for field in FIELDS:
            words += ["-e", field]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    for line in done.stdout.split("\n"):
        said = line.split("\t")
        if len(said) != len(FIELDS):  # a line of the dialogue that holds odd bytes
            continue
        cells = dict(zip(FIELDS, said))
        number = int(cells["frame.number"])
        at = next(n for n, end in enumerate(ends) if number <= end)
        found[at].asked.update(asked_in(cells))
        if cells["tls.handshake.ciphersuite"] and "2" in cells["tls.handshake.type"].split("\x1f"):
            found[at].sessions.append(session_of(cells))
    return found


def session_of(cells):
    """The session that a ServerHello begins."""
    version = cells["tls.handshake.extensions.supported_version"] or cells["tls.handshake.version"]
    number = int(cells["tls.handshake.ciphersuite"].split("\x1f")[-1], 0)
    said = int(version.split("\x1f")[-1], 0)
    return Session(int(cells["tcp.dstport"]), cells["ip.src"], int(cells["tcp.srcport"]),
                   VERSIONS.get(said, hex(said)), SUITES.get(number, hex(number)))


def asked_in(cells):
    """The mechanisms that the client asks for in one frame, as tshark dissects it."""
    made = []
    to_server = cells["tcp.dstport"] in ("143", "993", "110", "995", "587", "465", "25", "3128")
    if to_server:
        for line in cells["imap.line"].split("\x1f"):
            found = re.match(r'\S+ (LOGIN|AUTHENTICATE) "?([\w-]*)', line, re.I)
            if found:
                made.append("LOGIN-CMD" if found[1].upper() == "LOGIN" else found[2].upper())
        for line in cells["smtp.command_line"].split("\x1f"):
            found = re.match(r"AUTH ([\w-]+)", line, re.I)
            made += [found[1].upper()] if found else []
        for verb, rest in zip(cells["pop.request.command"].split("\x1f"),
                              cells["pop.request.parameter"].split("\x1f")):
            if verb.upper() == "PASS":
                made.append("USER/PASS")
            elif verb.upper() == "AUTH" and rest:
                made.append(re.match(r"[\w-]*", rest)[0].upper())
    for line in (cells["http.authorization"] + "\x1f"
                 + cells["http2.headers.authorization"]).split("\x1f"):
        if line:
            made.append(line.split()[0].upper())
    return made


def agree(attempts, asked):
    """Whether tshark's count of mechanisms supports what basictap found. The several legs of NTLM
    and Negotiate are one attempt; SCRAM's hash is tshark's to tell."""
    def plain(words):
        return {("SCRAM" if word.startswith("SCRAM") else
                 "NTLM" if word in ("NTLM", "NEGOTIATE") else word) for word in words}
    return plain(attempt.mech for attempt in attempts if attempt.mech != "none") == plain(asked)

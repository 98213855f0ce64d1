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
         "http-bearer": "BEARER", "http-ntlm": "NTLM", "http-negotiate": "NEGOTIATE",
         "unknown": "none"}
FIELDS = ["frame.number", "ip.src", "tcp.srcport", "ip.dst", "tcp.dstport", "imap.line",
          "pop.request.command", "pop.request.parameter", "smtp.command_line", "http.authorization",
          "http2.headers.authorization"]
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
    service: str
    version: str
    cipher: str
    transport: str
    decrypted: bool


def word_of(mechanism):
    return WORDS.get(mechanism, mechanism.removeprefix("sasl-").upper())


def basictap(program, path, keys):
    """(attempts, sessions) of one recording."""
    done = subprocess.run([program, "replay", "-q", "--keylog", str(keys), "--each", "--format",
                           "ecs", str(path)], capture_output=True, text=True, check=False)
    attempts, sessions = [], []
    for line in done.stdout.splitlines():
        said = json.loads(line)
        tap = said["basictap"]
        if tap["kind"] == "tls":
            tls = said["tls"]
            if tls.get("established"):
                sessions.append(Session(
                    said["source"]["port"], said["destination"]["ip"], said["destination"]["port"],
                    tap["service"], tls.get("version", ""), tls.get("cipher", ""),
                    tap["transport"], tap["tls"]["reading"] == "decrypted"))
        elif tap["kind"] == "auth" and tap["service"] != "proxy":
            attempts.append(Attempt(said["source"]["port"], word_of(tap["mechanism"]),
                                    said["event"]["reason"], said.get("user", {}).get("name", "")))
    return attempts, sessions


def tshark(recordings):
    """Of each recording the mechanisms, counted, that tshark sees asked for; all in one run."""
    found = [Counter() for _ in recordings]
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
                 "http2.headers.authorization", "-T", "fields", "-E", "aggregator=\x1f",
                 "-E", "separator=/t"]
        for field in FIELDS:
            words += ["-e", field]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        cells = dict(zip(FIELDS, line.split("\t")))
        number = int(cells["frame.number"])
        at = next(n for n, end in enumerate(ends) if number <= end)
        found[at].update(asked_in(cells))
    return found


def asked_in(cells):
    """The mechanisms that the client asks for in one frame, as tshark dissects it."""
    made = []
    to_server = cells["tcp.dstport"] in ("143", "993", "110", "995", "587", "465", "25", "3128")
    if to_server:
        for line in cells["imap.line"].split("\x1f"):
            found = re.match(r"\S+ (LOGIN|AUTHENTICATE) (\S+)", line, re.I)
            if found:
                made.append("LOGIN-CMD" if found[1].upper() == "LOGIN" else found[2].upper())
        for line in cells["smtp.command_line"].split("\x1f"):
            found = re.match(r"AUTH (\S+)", line, re.I)
            made += [found[1].upper().replace("\\R\\N", "")] if found else []
        for verb, rest in zip(cells["pop.request.command"].split("\x1f"),
                              cells["pop.request.parameter"].split("\x1f")):
            if verb.upper() == "PASS":
                made.append("USER/PASS")
            elif verb.upper() == "AUTH" and rest:
                made.append(rest.split()[0].upper())
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

#!/usr/bin/env python3
"""Made captures with thousands of logins: every Basic login is found, nothing else is called Basic,
and no password comes out anywhere.

Usage: bench_truth_test.py PROGRAM MAKER   (of tests/bench/makecapture; Redis is checked where it is)
"""
import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import capture  # noqa: E402
import program  # noqa: E402

SESSIONS = "3000"
HARD = ["--split", "0.5", "--wild", "--reorder", "0.02", "--retrans", "0.02"]
KINDS = [("logins", "1", []), ("hard", "2", HARD), ("logins", "77", []), ("hard", "78", HARD)]
SERVICES = {"pop3": "pop"}


# --- what is in the captures ---------------------------------------------------------------------


def make(maker, folder, kind, seed, options):
    base = folder / f"{kind}{seed}"
    made, truth = base.with_suffix(".pcap"), base.with_suffix(".jsonl")
    subprocess.run([maker, "--profile", "logins", "--sessions", SESSIONS, "--seed", seed, *options,
                    "--out", made, "--truth", truth], check=True, capture_output=True)
    with open(truth, encoding="utf-8") as lines:
        return made, [json.loads(line) for line in lines]


def check_logins(report, name, events, answer):
    """Every Basic login once, by client address and port, with its user; and no more."""
    wanted = Counter(login_of(event) for event in events if event["basic"])
    found = Counter((login["source.ip"], login["source.port"], login["basictap.service"],
                     login.get("user.name", ""))
                    for login in answer.logins if login["basictap.family"] == "basic")
    missing, surplus = set(wanted) - set(found), set(found) - set(wanted)
    report.check(not missing, f"{name}: {len(missing)} of {len(wanted)} missing: {some(missing)}")
    report.check(not surplus, f"{name}: {len(surplus)} surplus: {some(surplus)}")
    report.check(len(wanted) > 2000, f"{name}: hardly anything to find")


def login_of(event):
    service = SERVICES.get(event["proto"], event["proto"])
    return (event["src"], event["sport"], service, event["user"])


def some(keys):
    return sorted(keys)[:5]


def check_devices(report, name, events, answer):
    """A request that names an EAS DeviceId is that device's."""
    named = {(event["src"], event["sport"]): event["device"] for event in events
             if event["basic"] and event.get("device")}
    for login in answer.logins:
        device = named.get((login["source.ip"], login["source.port"]))
        if device and login["basictap.family"] == "basic":
            report.check(login["device.id"] == f"eas:{device}",
                         f"{name}: {login['device.id']} instead of eas:{device}")


def check_outcomes(report, name, events, answer):
    words = {"ok": {"accepted"}, "fail": {"rejected", "blocked"}, "none": {"unknown", "abandoned"}}
    wanted = {(event["src"], event["sport"]): words[event["result"]] for event in events
              if event["basic"]}
    basic = [login for login in answer.logins if login["basictap.family"] == "basic"]
    wrong = [login for login in basic if login["event.reason"] not in
             wanted.get((login["source.ip"], login["source.port"]), ())]
    report.check(not wrong, f"{name}: {len(wrong)} outcomes, such as {some(map(brief, wrong))}")


def brief(login):
    return (login["source.ip"], login["source.port"], login["basictap.service"],
            login["event.reason"], login.get("basictap.server_code", ""))


# --- what must not come out ----------------------------------------------------------------------


# What both makers of secrets below write, and what base64 may hide it in.
SECRET = re.compile(rb"Pw-[0-9a-f]{8}!|PLANTED-\w+-7f3a9c")
BASE64 = re.compile(rb"[A-Za-z0-9+/]{8,}={0,2}")


def secrets_of(report, events):
    """All secrets have one shape, so that one search finds any of them."""
    secrets = {event["secret"].encode() for event in events if event["secret"]}
    report.check(all(SECRET.fullmatch(secret) for secret in secrets), "secrets of another shape")
    return secrets


def leaks(text):
    """Secrets in a text, as they are or in base64."""
    words = (decoded(word[skip:]) for word in set(BASE64.findall(text)) for skip in range(4))
    return SECRET.findall(text) + [secret for word in words for secret in SECRET.findall(word)]


def decoded(word):
    """A word of base64, whatever its padding says; a word that is none gives some bytes or none."""
    bare = word.rstrip(b"=")
    bare = bare[:-1] if len(bare) % 4 == 1 else bare
    return base64.b64decode(bare + b"=" * (-len(bare) % 4))


def check_silent(report, name, *texts):
    for text in texts:
        found = leaks(text)
        report.check(not found, f"{name}: {len(found)} secrets, such as {found[:1]}")


def run(executable, *arguments, data=None):
    return subprocess.run([executable, "replay", *map(str, arguments)], input=data, timeout=300,
                          capture_output=True, check=False)


def check_table(report, executable, name, made):
    plain = run(executable, made)
    report.check(plain.returncode == 0, f"{name}: exit status {plain.returncode}: {plain.stderr}")
    check_silent(report, f"{name}, table", plain.stdout, plain.stderr)


def check_redis(report, executable, name, made, folder):
    """A Redis of our own on a socket; afterwards all that it keeps is searched."""
    socket = folder / "redis.sock"
    server = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", str(socket), "--dir",
                               str(folder), "--save", "", "--appendonly", "no"],
                              stdout=subprocess.DEVNULL)
    try:
        wait_for(socket)
        sent = run(executable, "--quiet", "--redis", f"unix://{socket}", made)
        report.check(sent.returncode == 0, f"{name}: Redis: {sent.stderr}")
        keys = redis(socket, ["keys *"]).split()
        report.check(len(keys) > 10, f"{name}: Redis has {len(keys)} keys")
        check_silent(report, f"{name}, Redis", b"\n".join(keys), sent.stderr,
                     contents(socket, keys))
    finally:
        server.terminate()
        server.wait()


def wait_for(path):
    for _ in range(100):
        if path.exists():
            return
        time.sleep(0.05)
    raise TimeoutError(path)


def contents(socket, keys):
    """All that the keys hold."""
    reads = {b"stream": "xrange %s - +", b"hash": "hgetall %s", b"zset": "zrange %s 0 -1",
             b"list": "lrange %s 0 -1", b"set": "smembers %s", b"string": "get %s"}
    kinds = redis(socket, [f"type {quoted(key)}" for key in keys]).split()
    return redis(socket, [reads[kind] % quoted(key) for kind, key in zip(kinds, keys, strict=True)])


def quoted(key):
    return '"' + key.decode().replace("\\", "\\\\").replace('"', '\\"') + '"'


def redis(socket, commands):
    """One client for all commands, one command a line."""
    return subprocess.run(["redis-cli", "-s", socket], input="\n".join(commands).encode() + b"\n",
                          check=True, capture_output=True).stdout


# --- error paths ---------------------------------------------------------------------------------

PLANT = "PLANTED-%s-7f3a9c"


def planted_capture():
    """Logins of every clear protocol, each with a password of its own (%s; %b in base64), as they
    should be and broken ones."""
    talks = [
        (143, "imap", [b"* OK ready\r\n", b"a LOGIN bob %s\r\n", b"a NO failed\r\n"]),
        (143, "imap2", [b"* OK ready\r\n", b"a LOGIN {3}\r\n", b"+ go\r\n", b"bob {20}\r\n",
                       b"+ go\r\n", b"%s\r\n", b"a NO %s\r\n"]),
        (143, "imap3", [b"* OK ready\r\n", b"a AUTHENTICATE PLAIN %s\r\n", b"a BAD %b\r\n"]),
        (143, "imap4", [b"* OK ready\r\n", b"a AUTHENTICATE PLAIN %b\r\n", b"a BAD %b\r\n"]),
        (110, "pop", [b"+OK ready\r\n", b"USER bob\r\n", b"+OK\r\n", b"PASS %s\r\n",
                      b"-ERR no\r\n"]),
        (110, "pop2", [b"+OK ready\r\n", b"PASS %s\r\n", b"-ERR %s is no command\r\n"]),
        (110, "pop3", [b"+OK ready\r\n", b"USER bob\0\r\n", b"-ERR\r\n", b"PASS  %s \0\r\n"]),
        (25, "smtp", [b"220 x ESMTP\r\n", b"EHLO x\r\n", b"250-x\r\n250 AUTH LOGIN PLAIN\r\n",
                      b"AUTH PLAIN %s\r\n", b"501 %s\r\n"]),
        (80, "http", [None, b"GET /EWS/Exchange.asmx HTTP/1.1\r\nHost: x\r\n"
                            b"Authorization: Basic %s\r\n\r\n", b"HTTP/1.1 400 %s\r\n\r\n"]),
        (80, "query", [None, b"GET /EWS/Exchange.asmx?password=%s HTTP/1.1\r\nHost: x\r\n"
                             b"Authorization: Bearer %s\r\nCookie: %s\r\n\r\n",
                       b"HTTP/1.1 200 OK\r\n\r\n"]),
    ]
    packets = []
    for number, (port, name, lines) in enumerate(talks):
        secret = (PLANT % name).encode()
        packets += planted_session(number, port, [planted(line, secret) for line in lines])
    return packets


def planted(line, secret):
    encoded = base64.b64encode(b"\0bob\0" + secret)
    return line and line.replace(b"%s", secret).replace(b"%b", encoded)


def planted_session(number, port, lines):
    """The first line is the server's, the rest alternate."""
    session = capture.Talk(("10.0.0.9", 40000 + number), ("10.0.1.1", port),
                           (1_794_819_600 + number) * capture.NS)
    for at, line in enumerate(lines):
        if line:
            (session.client if at % 2 else session.server)(line)
    return session.close().packets


def check_error_paths(report, executable, folder):
    whole = capture.pcapng(planted_capture())
    for size in range(0, len(whole), 191):
        answer = program.replay(executable, "--each", "-", data=whole[:size])
        report.check(not answer.crashed, f"crashed on the first {size} bytes: {answer.err}")
        check_silent(report, f"the first {size} bytes", answer.out, answer.err.encode())
    path = folder / "planted.pcapng"
    path.write_bytes(whole)
    for options in (["--format", "xml"], ["--output", "/nonexistent/x"], ["--bpf", "no filter"],
                    ["--redis", "redis://127.0.0.1:1"], ["--config", path], ["--rules", path],
                    ["--each"], ["--format", "ecs"]):
        answer = run(executable, *options, path)
        check_silent(report, f"with {options}", answer.stdout, answer.stderr)


# --- all -----------------------------------------------------------------------------------------


def check_capture(report, executable, maker, folder, kind):
    name, seed, options = kind
    made, events = make(maker, folder, name, seed, options)
    label = f"{name}, seed {seed}"
    answer = program.replay(executable, "--each", made)
    report.check(answer.status == 0, f"{label}: exit status {answer.status}: {answer.err}")
    check_logins(report, label, events, answer)
    check_devices(report, label, events, answer)
    check_outcomes(report, label, events, answer)
    report.check(len(secrets_of(report, events)) > 2000, f"{label}: hardly a secret")
    check_silent(report, label, answer.out, answer.err.encode())
    return made


def main(executable, maker):
    report = program.Report()
    sample = b"Pw-0123abcd! AGJvYgBQTEFOVEVELWEtN2YzYTlj Ym9iOlBMQU5URUQtYS03ZjNhOWM="
    report.check(len(leaks(sample)) == 3, "leaks are not seen")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.chmod(folder, 0o755)
        made = [check_capture(report, executable, maker, folder, kind) for kind in KINDS]
        check_table(report, executable, "hard", made[1])
        if shutil.which("redis-server"):
            check_redis(report, executable, "hard", made[1], folder)
        check_error_paths(report, executable, folder)
    report.end()


if __name__ == "__main__":
    main(*sys.argv[1:])

#!/usr/bin/env python3
"""Made captures with thousands of logins: every Basic login is found, nothing else is called Basic,
and no password comes out anywhere.

Usage: bench_truth_test.py PROGRAM MAKER   (of tests/bench/makecapture; Redis is checked where it is)
"""
import json
import os
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
    return (event["src"], event["sport"], SERVICES.get(event["proto"], event["proto"]), event["user"])


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
    wrong = [login for login in answer.logins if login["basictap.family"] == "basic" and
             login["event.reason"] not in wanted.get((login["source.ip"], login["source.port"]), ())]
    report.check(not wrong, f"{name}: {len(wrong)} outcomes, such as {some(map(brief, wrong))}")


def brief(login):
    return (login["source.ip"], login["source.port"], login["basictap.service"],
            login["event.reason"], login.get("basictap.server_code", ""))


# --- what must not come out ----------------------------------------------------------------------


def secrets_of(events):
    return {event["secret"].encode() for event in events if len(event["secret"]) >= 8}


def leaks(secrets, text):
    """Secrets in a text; the captures' own begin with a mark, so that most texts need no search."""
    return [secret for secret in secrets if secret in text]


def check_silent(report, name, secrets, *texts):
    for text in texts:
        found = leaks(secrets, text)
        report.check(not found, f"{name}: {len(found)} secrets, such as {found[:1]}")


def run(executable, *arguments, data=None):
    return subprocess.run([executable, "replay", *map(str, arguments)], input=data, timeout=300,
                          capture_output=True, check=False)


def check_table(report, executable, name, made, secrets):
    plain = run(executable, made)
    report.check(plain.returncode == 0, f"{name}: exit status {plain.returncode}: {plain.stderr}")
    check_silent(report, f"{name}, table", secrets, plain.stdout, plain.stderr)


def check_redis(report, executable, name, made, secrets, folder):
    """A Redis of our own on a socket; afterwards all that it keeps is searched."""
    socket = folder / "redis.sock"
    server = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", str(socket), "--dir",
                               str(folder), "--save", "", "--appendonly", "no"],
                              stdout=subprocess.DEVNULL)
    try:
        wait_for(socket)
        sent = run(executable, "--quiet", "--redis", f"unix://{socket}", made)
        report.check(sent.returncode == 0, f"{name}: Redis: {sent.stderr}")
        subprocess.run(["redis-cli", "-s", socket, "save"], check=True, capture_output=True)
        keys = subprocess.run(["redis-cli", "-s", socket, "keys", "*"], check=True,
                              capture_output=True).stdout.split()
        report.check(len(keys) > 10, f"{name}: Redis has {len(keys)} keys")
        check_silent(report, f"{name}, Redis keys", secrets, b"\n".join(keys), sent.stderr)
        dump = [redis_text(socket, key) for key in keys]
        check_silent(report, f"{name}, Redis values", secrets, b"\n".join(dump))
    finally:
        server.terminate()
        server.wait()


def wait_for(path):
    for _ in range(100):
        if path.exists():
            return
        time.sleep(0.05)
    raise TimeoutError(path)


def redis_text(socket, key):
    """All that a key holds."""
    kind = redis(socket, "type", key).strip()
    commands = {b"stream": ["xrange", key, "-", "+"], b"hash": ["hgetall", key],
                b"zset": ["zrange", key, "0", "-1"], b"list": ["lrange", key, "0", "-1"],
                b"set": ["smembers", key], b"string": ["get", key]}
    return redis(socket, *commands[kind])


def redis(socket, *command):
    return subprocess.run(["redis-cli", "-s", socket, *command], check=True,
                          capture_output=True).stdout


# --- error paths ---------------------------------------------------------------------------------

PLANT = "PLANTED-%s-7f3a9c"


def planted_capture():
    """Logins of every clear protocol, each with a password of its own, and broken ones."""
    talks = [
        (143, "imap", [b"* OK ready\r\n", b"a LOGIN bob %s\r\n", b"a NO failed\r\n"]),
        (143, "imap2", [b"* OK ready\r\n", b"a LOGIN {3}\r\n", b"+ go\r\n", b"bob {23}\r\n"]),
        (143, "imap3", [b"* OK ready\r\n", b"a AUTHENTICATE PLAIN %s\r\n", b"a BAD\r\n"]),
        (110, "pop", [b"+OK ready\r\n", b"USER bob\r\n", b"+OK\r\n", b"PASS %s\r\n", b"-ERR no\r\n"]),
        (110, "pop2", [b"+OK ready\r\n", b"PASS %s\r\n", b"-ERR %s is no command\r\n"]),
        (110, "pop3", [b"+OK ready\r\n", b"USER %s\0\r\n", b"-ERR\r\n"]),
        (25, "smtp", [b"220 x ESMTP\r\n", b"EHLO x\r\n", b"250-x\r\n250 AUTH LOGIN PLAIN\r\n",
                      b"AUTH PLAIN %s\r\n", b"501 %s\r\n"]),
        (80, "http", [None, b"GET /EWS/Exchange.asmx HTTP/1.1\r\nHost: x\r\n"
                            b"Authorization: Basic %s\r\n\r\n", b"HTTP/1.1 400 %s\r\n\r\n"]),
        (80, "query", [None, b"GET /EWS/Exchange.asmx?password=%s HTTP/1.1\r\nHost: x\r\n"
                             b"Authorization: Bearer %s\r\nCookie: %s\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"]),
    ]
    packets, secrets = [], set()
    for number, (port, name, lines) in enumerate(talks):
        secret = (PLANT % name).encode()
        secrets.add(secret)
        packets += planted_session(number, port, [line and line.replace(b"%s", secret) for line in lines])
    return packets, secrets


def planted_session(number, port, lines):
    """The first line is the server's, the rest alternate."""
    session = capture.Talk(("10.0.0.9", 40000 + number), ("10.0.1.1", port),
                           (1_794_819_600 + number) * capture.NS)
    for at, line in enumerate(lines):
        if line:
            (session.client if at % 2 else session.server)(line)
    return session.close().packets


def check_error_paths(report, executable, folder):
    packets, secrets = planted_capture()
    whole = capture.pcapng(packets)
    for size in range(0, len(whole), 97):
        answer = program.replay(executable, "--each", "-", data=whole[:size])
        report.check(not answer.crashed, f"crashed on the first {size} bytes: {answer.err}")
        check_silent(report, f"the first {size} bytes", secrets, answer.out, answer.err.encode())
    path = folder / "planted.pcapng"
    path.write_bytes(whole)
    for options in (["--format", "xml"], ["--output", "/nonexistent/x"], ["--bpf", "no filter"],
                    ["--redis", "redis://127.0.0.1:1"], ["--config", path], ["--rules", path],
                    ["--each"], ["--format", "ecs"]):
        answer = run(executable, *options, path)
        check_silent(report, f"with {options}", secrets, answer.stdout, answer.stderr)


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
    secrets = secrets_of(events)
    check_silent(report, label, secrets, answer.out, answer.err.encode())
    return made, secrets


def main(executable, maker):
    report = program.Report()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.chmod(folder, 0o755)
        made = [check_capture(report, executable, maker, folder, kind) for kind in KINDS]
        check_table(report, executable, "hard", *made[1])
        if shutil.which("redis-server"):
            check_redis(report, executable, "hard", *made[1], folder)
        check_error_paths(report, executable, folder)
    report.end()


if __name__ == "__main__":
    main(*sys.argv[1:])

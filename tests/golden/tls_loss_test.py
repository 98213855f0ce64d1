#!/usr/bin/env python3
"""Packets of encrypted sessions are missing, come twice or out of order: with keys nothing is found
that is not true, and sessions go on behind the hole.

Usage: tls_loss_test.py PROGRAM   (bulk downloads need libssl.so.3, recordings ../shared/lab)
"""
import base64
import os
import random
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import capture  # noqa: E402
import change  # noqa: E402
import handshake  # noqa: E402
import lab  # noqa: E402
import program  # noqa: E402
from capture import Frame  # noqa: E402

sys.path.insert(0, str(program.ROOT / "pcaps" / "record"))
import tls_matrix  # noqa: E402

BODY = 400_000
WRITE = 16_384  # octets that the server writes at once
STEP = 30  # one segment in so many of a download is dropped in turn
SEEDS = 3
RECORDINGS = (
    "imap-tls-login-pyimaplib", "imap-tls-plain-curl", "imap-tls12-plain-curl",
    "imap-starttls-login-curl", "imap-tls-plain-curl-rejected", "pop3-tls-userpass-getmail",
    "pop3-starttls-login-curl", "smtp-tls-login-swaks", "smtp-starttls-plain-msmtp",
    "smtp-starttls12-login-swaks-onprem", "smtp-proxy-starttls-plain-curl",
    "eas-tls-basic-curl-ios", "eas-tls12-basic-curl-ios", "ews-tls-ntlm-curl",
    "ews-tls12-basic-curl-macmail", "ews-tls-basic-anyauth-curl", "mapi-tls-basic-curl-outlook",
    "imap-tls-oauthbearer-curl", "smtp-tls12-cram-swaks", "rpc-tls-basic-impacket",
)


def replay(executable, packets, keys, scratch):
    path = scratch / f"{random.getrandbits(64):x}.pcapng"
    capture.write(path, packets)
    answer = program.replay(executable, "--keylog", keys, "--each", path)
    path.unlink()
    return answer


# --- downloads -----------------------------------------------------------------------------------


def request(user):
    secret = base64.b64encode(f"{user}:{tls_matrix.PASSWORD}".encode()).decode()
    return (f"GET /EWS/Exchange.asmx HTTP/1.1\r\nHost: mail.contoso.example\r\n"
            f"Authorization: Basic {secret}\r\n\r\n").encode()


def download(wire):
    """A long answer to one user, a short one to the other, on one connection."""
    wire.shake_hands()
    wire.settle()
    wire.say("c", request("alice"))
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {BODY}\r\n\r\n".encode()
    wire.say("s", head)
    body = random.Random(1).randbytes(BODY)
    first = len(wire.pieces)
    for at in range(0, BODY, WRITE):
        wire.say("s", body[at:at + WRITE])
    wire.say("c", request("carol"))
    wire.say("s", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    wire.close()
    return first


def body_frames(packets):
    """Numbers of the frames with the long answer: full segments of the server."""
    full = [number for number, packet in enumerate(packets, 1)
            if len(Frame(packet.data).rest) == handshake.PIECE
            and change.is_said_by(Frame(packet.data), "server")]
    return full[2:]  # certificates come before


def losses(frames):
    """(words, numbers of lost frames) """
    for number in frames[::STEP]:
        yield f"frame {number}", [number]
    for seed in range(SEEDS):
        yield f"5 % by seed {seed}", [number for number in frames
                                      if random.Random(seed * 1_000_003 + number).random() < 0.05]
    third = len(frames) // 3
    yield "a third in a row", frames[third:2 * third]
    yield "nearly all", frames[1:-1]


def users_of(answer):
    return [(finding.get("user.name"), finding["event.reason"]) for finding in answer.logins]


def check_download(report, executable, scratch, name, options):
    wire = tls_matrix.Lab(scratch).ends(**options)
    download(wire)
    packets = tls_matrix.packets_of([wire])
    keys = scratch / f"{name}.keys"
    keys.write_text(wire.keys)
    truth = [("alice", "accepted"), ("carol", "accepted")]
    report.check(users_of(replay(executable, packets, keys, scratch)) == truth, f"{name} whole")
    cases = list(losses(body_frames(packets)))
    found = answered = 0
    for words, lost in cases:
        answer = replay(executable, change.without(packets, *lost), keys, scratch)
        users = users_of(answer)
        answered += users == truth
        found += [user for user, _ in users] == ["alice", "carol"]
        report.check(answer.status == 0 and not answer.crashed and
                     {user for user, _ in users} <= {"alice", "carol"} and len(users) <= 2,
                     f"{name}, {words} lost: {users} {answer.err}")
        report.check([user for user, _ in users] == ["alice", "carol"],
                     f"{name}, {words} lost: the request behind the hole is not found: {users}")
    print(f"{name}: {len(cases)} losses, both requests found {found} times, "
          f"with both answers {answered} times")
    report.check(answered > len(cases) * 3 // 4, f"{name}: answered only {answered} times")


DOWNLOADS = {
    "1.3 GCM": {"version": "1.3"},
    "1.3 ChaCha20": {"version": "1.3", "suites": "TLS_CHACHA20_POLY1305_SHA256"},
    "1.2 GCM": {"version": "1.2", "cipher": "ECDHE-RSA-AES128-GCM-SHA256"},
    "1.2 CBC": {"version": "1.2", "cipher": "ECDHE-RSA-AES256-SHA384"},
    "1.0 CBC": {"version": "1.0", "cipher": "AES128-SHA"},
}


# --- recordings ----------------------------------------------------------------------------------


def truth_of(recording):
    return {found[:3] + found[4:] for found in lab.expected(recording)} | {
        lab.PROXY_LOGIN[:3] + lab.PROXY_LOGIN[4:]}


def is_true(finding, truth):
    """A user that is not known is less than the truth, another one is false."""
    service, mechanism, family, reason, user = lab.group(finding)
    reasons = ("accepted", "rejected", "blocked", "challenged")
    return any((service, mechanism, family) == known[:3] and user in ("", known[3])
               for known in truth) and reason in reasons + ("unknown", "abandoned")


def check_recording(report, executable, scratch, recording):
    packets = capture.read(recording.path)
    truth = truth_of(recording)
    carrying = [number for number, packet in enumerate(packets, 1)
                if Frame(packet.data).is_tcp and Frame(packet.data).rest]
    found = 0
    for number in carrying:
        answer = replay(executable, change.without(packets, number), recording.keys, scratch)
        logins = [finding for finding in answer.logins if lab.is_login(finding)]
        report.check(answer.status == 0 and not answer.crashed,
                     f"{recording.name} without {number}: {answer.status} {answer.err}")
        wrong = [lab.group(finding) for finding in logins if not is_true(finding, truth)]
        report.check(not wrong, f"{recording.name} without {number}: {wrong}")
        wrong = [lab.group(finding) for finding in logins
                 if finding["event.reason"] in ("accepted", "rejected", "blocked")
                 and lab.group(finding)[0] == recording.service
                 and finding["event.reason"] != recording.outcome]
        report.check(not wrong, f"{recording.name} without {number}, outcome: {wrong}")
        found += bool(logins)
    changed = {
        "twice": change.twice(packets),
        "shuffled": change.shuffled_in_runs(packets),
    }
    for words, other in changed.items():
        answer = replay(executable, other, recording.keys, scratch)
        groups = {lab.group(finding) for finding in answer.logins if lab.is_login(finding)}
        report.check(groups == lab.expected(recording), f"{recording.name} {words}: {groups}")
    for side in ("client", "server"):
        answer = replay(executable, change.said_by(packets, side), recording.keys, scratch)
        wrong = [lab.group(finding) for finding in answer.logins
                 if not is_true(finding, truth) and lab.is_login(finding)]
        report.check(not wrong, f"{recording.name}, {side} alone: {wrong}")
    return len(carrying), found


def check_recordings(report, executable, scratch):
    wanted = [recording for recording in lab.recordings() if Path(recording.name).stem in RECORDINGS]
    report.check(len(wanted) == len(RECORDINGS), "recordings are missing")
    with ThreadPoolExecutor(2) as pool:
        counts = list(pool.map(lambda recording: check_recording(
            report, executable, scratch, recording), program.sample(wanted)))
    print(f"{sum(num for num, _ in counts)} segments lost one by one, "
          f"the login found {sum(found for _, found in counts)} times")


def main(executable):
    report = program.Report()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        try:
            for name, options in DOWNLOADS.items():
                check_download(report, executable, scratch, name, options)
        except (handshake.Unavailable, FileNotFoundError) as error:
            print(f"no downloads: {error}")
        if lab.LAB.exists():
            check_recordings(report, executable, scratch)
    if report.num_checks == 0:
        program.skip("neither OpenSSL 3 nor recordings")
    report.end()


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))

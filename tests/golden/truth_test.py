#!/usr/bin/env python3
"""Public captures with known answers: all that is there is found, and no Basic that is not there.

Usage: truth_test.py PROGRAM   (needs ../shared/captures)

Every capture is replayed with --each. What differs from the known answer stands in DIFFERENCES with
its reason; a difference that is not listed fails, and so does one that no longer happens.
"""
import csv
import json
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import program  # noqa: E402

CAPTURES = program.SHARED / "captures"

# (file, frame) of the truth's line: why we say otherwise.
DIFFERENCES = {
    ("OISF+suricata-verify/tests__smtp-bug-5989__input.pcap", 7):
        "the server's bytes overlap with different content, which the truth calls ambiguous: the "
        "235 is there only if the retransmission wins, and with us the first copy does",
}

MECHANISMS = {
    ("IMAP", "LOGIN"): {"imap-login", "sasl-login"}, ("SMTP", "LOGIN"): {"sasl-login"},
    ("POP3", "LOGIN"): {"sasl-login"}, ("POP3", "USER/PASS"): {"pop-user-pass"},
    ("POP3", "APOP"): {"pop-apop"}, ("HTTP", "HTTP Basic"): {"http-basic"},
    ("HTTP", "Bearer"): {"http-bearer"}, ("HTTP", "NTLM"): {"http-ntlm"},
    ("HTTP", "Digest"): {"http-digest"},
    ("HTTP", "Negotiate"): {"http-negotiate-kerberos", "http-negotiate-ntlm"},
}
MAIL_MECHANISMS = {"PLAIN": {"sasl-plain"}, "CRAM-MD5": {"sasl-cram-md5"}}
SERVICES = {"IMAP": "imap", "POP3": "pop", "SMTP": "smtp"}
NO_LOGINS = {"STARTTLS", "STLS"}
OUTCOMES = {"aborted": "abandoned"}
EXIT_DONE, EXIT_PARTLY = 0, 1


def catalogue():
    with open(CAPTURES / "catalogue.tsv", newline="", encoding="utf-8") as lines:
        return [row["file"] for row in csv.DictReader(lines, delimiter="\t")]


def truth():
    events = defaultdict(list)
    with open(CAPTURES / "truth.ndjson", encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            if event["mechanism"] not in NO_LOGINS:
                events[event["file"]].append(event)
    return events


def mechanisms_of(event):
    """What we may call it. A header without a scheme of any name is none of ours."""
    pair = (event["proto"], event["mechanism"])
    return MECHANISMS.get(pair) or MAIL_MECHANISMS.get(event["mechanism"], {"other", "unknown"})


def is_of(event, login):
    """Same session, mechanism and moment: that of the credential, which the truth tells apart from
    the command's where it comes later."""
    service = SERVICES.get(event["proto"])
    return (login["source.ip"] == event["src"] and login["source.port"] == event["sport"] and
            login["basictap.mechanism"] in mechanisms_of(event) and
            (service is None or login["basictap.service"] == service) and
            login["basictap.evidence.frame"] == event.get("frame_secret", event["frame"]))


def says_otherwise(event, login):
    """In what a finding differs from the truth's event; empty: in nothing."""
    differences = []
    if event["user"] and not same_user(event["user"], login):
        differences.append(f"user {login.get('user.name', '')!r} instead of {event['user']!r}")
    outcome = OUTCOMES.get(event["outcome"], event["outcome"])
    if outcome != "unknown" and login["event.reason"] != outcome:
        differences.append(f"{login['event.reason']} instead of {outcome}")
    return ", ".join(differences)


def same_user(user, login):
    """The truth writes NTLM's as domain\\user, we publish the two apart."""
    name, domain = login.get("user.name", ""), login.get("user.domain", "")
    return user in (name, f"{domain}\\{name}")


def differences_of(name, events, logins):
    """(file, frame) and words for each event missing or different, and each surplus Basic."""
    left = list(logins)
    for event in events:
        match = next((login for login in left if is_of(event, login)), None)
        if match is None:
            yield (name, event["frame"]), f"missing: {event['proto']} {event['mechanism']}"
            continue
        left.remove(match)
        words = says_otherwise(event, match)
        if words:
            yield (name, event["frame"]), words
    for login in left:
        if login["basictap.family"] == "basic":
            yield (name, login["basictap.evidence.frame"]), (
                f"surplus: {login['basictap.service']} {login['basictap.mechanism']}"
                f" as {login.get('user.name', '')!r}")


def check_file(executable, name):
    return name, program.replay(executable, "--each", CAPTURES / name)


def main(executable):
    if not CAPTURES.exists():
        program.skip(f"{CAPTURES} is missing")
    report = program.Report()
    events = truth()
    seen = {}
    with ThreadPoolExecutor(2) as pool:
        for name, answer in pool.map(lambda name: check_file(executable, name), catalogue()):
            report.check(answer.status in (EXIT_DONE, EXIT_PARTLY) and not answer.crashed,
                         f"{name}: exit status {answer.status}: {answer.err[-2000:]}")
            seen.update(differences_of(name, events[name], answer.logins))
    for key in sorted(seen.keys() | DIFFERENCES.keys()):
        if key not in DIFFERENCES:
            report.check(False, f"{key[0]} frame {key[1]}: {seen[key]}")
        else:
            report.check(key in seen, f"{key[0]} frame {key[1]} is listed, but no longer differs")
    report.check(sum(map(len, events.values())) > 80, "the truth is short")
    report.end()


if __name__ == "__main__":
    main(sys.argv[1])

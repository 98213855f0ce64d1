#!/usr/bin/env python3
"""Every recording of the lab: clear ones match the manifest exactly, encrypted ones say nothing.

Usage: lab_test.py PROGRAM   (needs ../shared/lab)
"""
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import lab  # noqa: E402
import program  # noqa: E402
from lab import PROXY_LOGIN, expected, group, is_login  # noqa: E402


def expected_in_clear(recording):
    """Through encryption nothing is found but what a proxy is told before it."""
    if recording.transport == "clear":
        return expected(recording)
    return expected(recording) & {PROXY_LOGIN}


def check(report, executable, recording):
    answer = program.replay(executable, recording.path)
    report.check(answer.status == 0 and not answer.crashed,
                 f"{recording.name}: exit status {answer.status}: {answer.err}")
    logins = [finding for finding in answer.logins if is_login(finding)]
    found = {group(finding) for finding in logins}
    report.check(found == expected_in_clear(recording),
                 f"{recording.name}: expected {sorted(expected_in_clear(recording))}, found {sorted(found)}")
    check_evidence(report, recording, logins)
    if recording.transport != "clear":
        check_silence(report, recording, answer.findings)
        check_handshakes(report, recording, answer.findings)


def check_evidence(report, recording, logins):
    for login in logins:
        report.check(login["source.ip"] == recording.address and
                     login["source.mac"] == recording.mac.upper().replace(":", "-"),
                     f"{recording.name}: client is {login['source.ip']}, {login['source.mac']}")
        how = (login["basictap.certainty"], login["basictap.transport"])
        report.check(how == ("observed", "clear"), f"{recording.name}: {how}")


def check_silence(report, recording, findings):
    """Of what is encrypted nothing was observed or decrypted, not even an anonymous request."""
    seen = [group(finding) for finding in findings
            if finding.get("basictap.certainty") in ("observed", "decrypted")
            and group(finding) != PROXY_LOGIN]
    report.check(not seen, f"{recording.name}: seen through encryption: {seen}")


def check_handshakes(report, recording, findings):
    """Without keys a session still says its version, who the client is, and why no more was read."""
    sessions = [finding for finding in findings if finding.get("basictap.kind") == "tls"]
    facts = {(finding.get("tls.version"), finding.get("basictap.tls.reading"))
             for finding in sessions}
    is_exchange = recording.service != "http"  # sessions with others are counted, not told
    report.check(facts == ({(recording.version, "no-key")} if is_exchange else set()),
                 f"{recording.name}: {facts}")
    for session in sessions:
        whole = (len(session.get("tls.client.ja3", "")) == 32 and
                 len(session.get("tls.client.ja4", "")) == 36 and
                 len(session.get("tls.server.ja3s", "")) == 32 and "tls.cipher" in session)
        report.check(whole and session["source.ip"] == recording.address,
                     f"{recording.name}: {session}")


def main(executable):
    if not lab.LAB.exists():
        program.skip(f"{lab.LAB} is missing")
    report = program.Report()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda recording: check(report, executable, recording),
                      program.sample(lab.recordings())))
    report.end()


if __name__ == "__main__":
    main(sys.argv[1])

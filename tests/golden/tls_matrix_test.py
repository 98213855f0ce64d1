#!/usr/bin/env python3
"""One mail login in every kind of TLS that the libraries of this machine speak: found with the key
log, with the log late, with the server's RSA key alone where that opens it, and not without.

Usage: tls_matrix_test.py PROGRAM [CASE...]   (needs openssl, libssl.so.3; libgnutls.so.30 for some)
"""
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import capture  # noqa: E402
import handshake  # noqa: E402
import program  # noqa: E402

sys.path.insert(0, str(program.ROOT / "pcaps" / "record"))
import tls_matrix  # noqa: E402

PAUSE = 0.3  # seconds: what was written by then has been read
LEAST = 100  # cases that any OpenSSL 3 of Debian 12 makes


def says_login(finding):
    return tuple(finding.get(name, "") for name in
                 ("basictap.service", "basictap.mechanism", "event.reason", "user.name",
                  "basictap.certainty", "basictap.transport"))


LOGIN = ("imap", "imap-login", "accepted", tls_matrix.USER, "decrypted", "tls")


def late(executable, captures, keys, scratch):
    """All packets come before the first key."""
    log = scratch / "late.log"
    log.write_text("")
    packets = [packet for path in captures for packet in capture.read(path)]
    with subprocess.Popen([executable, "replay", "--quiet", "--format", "ecs", "--each",
                           "--keylog", log, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as run:
        run.stdin.write(capture.pcapng(packets))
        run.stdin.flush()
        time.sleep(PAUSE)
        log.write_text(keys)
        out, err = run.communicate(timeout=120)
    return program.Answer(subprocess.CompletedProcess([], run.returncode, out, err))


def check(report, way, answer, wanted):
    """wanted: how many logins of each case are to be found."""
    report.check(answer.status == 0 and not answer.crashed,
                 f"{way}: exit status {answer.status}: {answer.err}")
    report.check(tls_matrix.PASSWORD.encode() not in answer.out + answer.err.encode(),
                 f"{way}: the password is said")
    found = defaultdict(list)
    for finding in answer.logins:
        found[finding["source.ip"]].append(says_login(finding))
    for case, num in wanted.items():
        logins = found.pop(case.client, [])
        report.check(logins == [LOGIN] * num, f"{case.name} {way}: {logins}")
    report.check(not found, f"{way}: of nobody: {dict(found)}")


def check_inferred(report, answer, made):
    """From outside each is a password under any cipher, or nothing that is said with confidence."""
    told = {finding["source.ip"]: finding for finding in answer.inferred}
    for case in made:
        finding = told.get(case.client, {})
        verdict = finding.get("basictap.inference.verdict")
        report.check(verdict in {"password", "undecided"} or
                     finding.get("basictap.confidence", 1) < 0.9,
                     f"{case.name} from outside: {verdict}")


def check_readings(report, answer, made):
    """What cannot be read is named."""
    readings = {finding["source.ip"]: finding.get("basictap.tls.reading")
                for finding in answer.findings if finding.get("basictap.kind") == "tls"}
    for case in made:
        if case.logins == 0:
            reading = readings.get(case.client)
            report.check(reading == "unsupported", f"{case.name}: {reading}")


def record_all(lab, scratch, names):
    """The cases, each with its capture in a folder of its own."""
    made = []
    for case in tls_matrix.cases():
        if not names or case.name in names:
            try:
                tls_matrix.record(case, lab, scratch / case.name)
                made.append(case)
            except handshake.Unavailable as error:
                print(f"{case.name}: left out: {error}")
    return made


def main(executable, names):
    report = program.Report()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        try:
            lab = tls_matrix.Lab(scratch)
        except (handshake.Unavailable, FileNotFoundError) as error:
            program.skip(f"no OpenSSL 3 to shake hands with: {error}")
        made = record_all(lab, scratch, names)
        captures = [scratch / case.name / "input.pcapng" for case in made]
        log = scratch / "all.log"
        log.write_text("".join((scratch / case.name / "keys.log").read_text() for case in made))
        with_keys = {case: case.logins for case in made}
        answer = program.replay(executable, "--keylog", log, "--each", *captures)
        check(report, "with the key log", answer, with_keys)
        check_readings(report, answer, made)
        check(report, "with the log late", late(executable, captures, log.read_text(), scratch),
              with_keys)
        check(report, "with the RSA key alone",
              program.replay(executable, "--rsa-key", lab.rsa[1], "--each", *captures),
              {case: case.logins if case.by_rsa else 0 for case in made})
        answer = program.replay(executable, "--each", *captures)
        check(report, "without keys", answer, {case: 0 for case in made})
        check_inferred(report, answer, made)
    report.check(names or len(made) >= LEAST, f"{len(made)} cases could be made")
    report.end()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

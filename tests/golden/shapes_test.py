#!/usr/bin/env python3
"""What the shape of encrypted logins says of the lab's recordings is as their keys show: wrong
nowhere where it is sure, and hardly ever undecided. The same sessions without keys make findings
that are inferred, and never one that was read.

Usage: shapes_test.py PROGRAM   (needs ../shared/lab)
"""
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import lab  # noqa: E402
import program  # noqa: E402

MAIL = ("imap", "pop", "smtp")
# of the targets that the README of rules reports on
LEAST_RIGHT, MOST_UNDECIDED = 0.995, 0.03
SURE = 0.9
FAMILIES = {"password": "basic", "basic-likely": "basic", "token": "modern", "none": "none"}


def numbers(group, title):
    """decided, all, wrong"""
    found = re.search(rf"^  {title} +(\d+) of (\d+) decided.*\((\d+) wrong\)$", group, re.M)
    return [int(number) for number in found.groups()] if found else [0, 0, 0]


def surely_wrong(text):
    """The lines of sessions that were judged wrongly and with confidence."""
    tokens = {recording.name for recording in lab.recordings() if recording.holds_token}
    lines = re.findall(r"^.*/([^/]+): frame \d+: (.* (\d\.\d\d), held .*: wrong;.*)$", text, re.M)
    return [f"{name}: {words}" for name, words, confidence in lines
            if float(confidence) >= SURE and not (name in tokens and " token" in words)]


def check_tables(report, executable):
    done = subprocess.run([executable, "shapes", "--check", "--quiet", lab.LAB],
                          capture_output=True, text=True, timeout=600, check=False)
    report.check(done.returncode == 0, f"exit status {done.returncode}: {done.stderr}")
    groups = {group.split(":")[0].split("\n")[0]: group for group in done.stdout.split("\n\n")}
    report.check(surely_wrong(done.stdout) == [], surely_wrong(done.stdout))
    decided, everything, wrong = numbers(groups["mail together"], "passwords and tokens")
    report.check(decided > 0 and wrong <= (1 - LEAST_RIGHT) * decided, done.stdout)
    report.check(everything - decided <= MOST_UNDECIDED * everything, done.stdout)
    decided, _, wrong = numbers(groups["http"], "token or none")
    report.check(decided > 0 and wrong == 0, done.stdout)


def check_finding(report, recording, finding):
    verdict = finding["basictap.inference.verdict"]
    report.check((verdict == "undecided" or 0 < finding["basictap.confidence"] <= 1) and
                 finding["basictap.inference.evidence"] != "" and
                 finding["basictap.family"] == FAMILIES.get(verdict, "unknown") and
                 "user.name" not in finding,
                 f"{recording.name}: {finding}")


def check_without_keys(report, executable, recording):
    answer = program.replay(executable, recording.path)
    report.check(recording.service not in MAIL or recording.sends_nothing or answer.inferred != [],
                 f"{recording.name}: nothing is inferred")
    for finding in answer.inferred:
        check_finding(report, recording, finding)


def main(executable):
    if not lab.LAB.exists():
        program.skip(f"{lab.LAB} is missing")
    report = program.Report()
    encrypted = [recording for recording in program.sample(lab.recordings())
                 if recording.transport in ("tls", "starttls")]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda recording: check_without_keys(report, executable, recording),
                      encrypted))
    check_tables(report, executable)
    report.end()


if __name__ == "__main__":
    main(sys.argv[1])

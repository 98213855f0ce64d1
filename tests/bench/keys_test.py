#!/usr/bin/env python3
"""The captures of sealed sessions: with their key log every login is found, those behind a download
too, with its outcome; without it, or with that of another seed, none is.

Usage: keys_test.py BASICTAP MAKER
"""
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import program  # noqa: E402

SESSIONS = 40
# Downloads of some records and of a part of one; segments out of order, which is no loss.
PROFILES = {
    "tlsbulk": ["--bytes", "150000"],
    "tlslogins": [],
    "tlsbulk, reordered": ["--bytes", "150000", "--reorder", "0.05", "--retrans", "0.05"],
}
OUTCOMES = {"ok": "accepted", "fail": "rejected"}


class Made:
    """A capture, what is in it, and the key log of its sessions."""

    def __init__(self, maker, folder, name, seed):
        base = folder / f"{name}-{seed}"
        self.capture, self.keys = base.with_suffix(".pcap"), base.with_suffix(".keys")
        truth = base.with_suffix(".jsonl")
        subprocess.run([maker, "--profile", name.split(",")[0], "--sessions", str(SESSIONS), "--seed",
                        str(seed), *PROFILES[name], "--out", self.capture, "--truth", truth,
                        "--keys", self.keys], check=True, capture_output=True)
        self.logins = [json.loads(line) for line in truth.read_text().splitlines()]

    @property
    def wanted(self):
        """How often each login is in the capture."""
        return Counter({(login["src"], login["sport"], login["proto"], login["user"],
                         OUTCOMES[login["result"]], "decrypted"): login.get("times", 1)
                        for login in self.logins})


def found(answer):
    return Counter((login["source.ip"], login["source.port"], login["basictap.service"],
                    login.get("user.name"), login["event.reason"], login["basictap.certainty"])
                   for login in answer.logins if login["basictap.family"] == "basic")


def reason(name, options):
    """What the coverage calls the sessions: one that keys are waited for and that is longer than
    tls.max_waiting is given up before the end."""
    late = options and name.startswith("tlsbulk")
    return "basictap.coverage.sessions.http.tls." + ("late" if late else "no_key")


def check_profile(report, executable, maker, folder, name):
    made, other = Made(maker, folder, name, 1), Made(maker, folder, name, 2)
    times = 2 if name.startswith("tlsbulk") else 1
    report.check(sum(made.wanted.values()) == times * SESSIONS, f"{name}: not {times} in a session")
    opened = program.replay(executable, "--each", "--keylog", made.keys, made.capture)
    report.check(opened.status == 0, f"{name}: exit status {opened.status}: {opened.err}")
    surplus, missing = found(opened) - made.wanted, made.wanted - found(opened)
    report.check(not surplus and not missing, f"{name}: missing {missing}, surplus {surplus}")
    for what, options in (("no keys", []), ("another key log", ["--keylog", other.keys])):
        closed = program.replay(executable, "--each", *options, made.capture)
        report.check(closed.status == 0, f"{name}, {what}: exit status {closed.status}")
        report.check(not closed.logins, f"{name}, {what}: {found(closed)}")
        report.check(closed.documents[-1].get(reason(name, options)) == SESSIONS,
                     f"{name}, {what}: {closed.documents[-1]}")


def main(executable, maker):
    report = program.Report()
    with tempfile.TemporaryDirectory() as folder:
        for name in PROFILES:
            check_profile(report, executable, maker, Path(folder), name)
    report.end()


if __name__ == "__main__":
    main(*sys.argv[1:])

#!/usr/bin/env python3
"""The maker of benchmark captures: same seed, same bytes; and what its truth says can be found.

Usage: makecapture_test.py BASICTAP MAKER
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import program  # noqa: E402

PROFILES = {
    "mixed": ["--packets", "3000", "--live", "100"],
    "flows": ["--flows", "500"],
    "logins": ["--sessions", "300", "--split", "0.5", "--wild", "--reorder", "0.1", "--retrans", "0.1"],
    "tlsbulk": ["--sessions", "3", "--bytes", "50000"],
    "anybulk": ["--sessions", "3", "--bytes", "50000"],
    "tlslogins": ["--sessions", "20"],
}
HEADER_LEN = 24


def make(maker, folder, profile, seed):
    """The bytes of a capture and of its truth."""
    made, truth = folder / f"{profile}.pcap", folder / f"{profile}.jsonl"
    subprocess.run([maker, "--profile", profile, "--seed", seed, *PROFILES[profile], "--out", made,
                    "--truth", truth], check=True, capture_output=True)
    return made.read_bytes(), truth.read_bytes()


def check_profile(report, maker, folder, profile):
    first = make(maker, folder, profile, "7")
    report.check(len(first[0]) > HEADER_LEN, f"{profile}: there are packets")
    report.check(first == make(maker, folder, profile, "7"), f"{profile}: same seed, same bytes")
    report.check(first[0] != make(maker, folder, profile, "8")[0], f"{profile}: another seed, others")


def check_logins(report, executable, maker, folder):
    made, truth = make(maker, folder, "logins", "7")
    events = [json.loads(line) for line in truth.splitlines()]
    wanted = {(event["src"], event["sport"], event["user"]) for event in events if event["basic"]}
    answer = program.replay(executable, "--each", "-", data=made)
    found = {(login["source.ip"], login["source.port"], login.get("user.name"))
             for login in answer.logins if login["basictap.family"] == "basic"}
    report.check(len(events) == 300, f"{len(events)} logins in the truth of 300 sessions")
    report.check(len(wanted) > 200, f"only {len(wanted)} of them are Basic")
    report.check(wanted == found, f"missing {sorted(wanted - found)}, surplus {sorted(found - wanted)}")


def check_usage(report, maker):
    for arguments in ([], ["--out", "-", "--profile", "none"], ["--out", "-", "--seed", "x"]):
        status = subprocess.run([maker, *arguments], capture_output=True, check=False).returncode
        report.check(status == 2, f"{arguments}: exit status {status}")


def main(executable, maker):
    report = program.Report()
    with tempfile.TemporaryDirectory() as name:
        for profile in PROFILES:
            check_profile(report, maker, Path(name), profile)
        check_logins(report, executable, maker, Path(name))
    check_usage(report, maker)
    report.end()


if __name__ == "__main__":
    main(*sys.argv[1:])

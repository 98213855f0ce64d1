#!/usr/bin/env python3
"""The lab's clear recordings, changed in ways that must change nothing of the answer.

Usage: lab_changed_test.py PROGRAM   (needs ../shared/lab)
"""
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import capture  # noqa: E402
import change  # noqa: E402
import lab  # noqa: E402
import lab_test  # noqa: E402
import program  # noqa: E402

RAW_IP, SLL2 = 101, 276

CHANGES = {
    "one byte a segment": lambda packets: capture.pcapng(change.both_in_pieces(packets, 1)),
    "segments out of order": lambda packets: capture.pcapng(change.shuffled_in_runs(packets)),
    "every packet twice": lambda packets: capture.pcapng(change.twice(packets)),
    "every packet again later": lambda packets: capture.pcapng(change.sent_again(packets)),
    "joined in the middle": lambda packets: capture.pcapng(change.without_handshake(packets)),
    "neighbours swapped": lambda packets: capture.pcapng(change.neighbours_swapped(packets, 5)),
    "neighbours swapped, 11": lambda packets: capture.pcapng(change.neighbours_swapped(packets, 11)),
    "neighbours swapped, 15": lambda packets: capture.pcapng(change.neighbours_swapped(packets, 15)),
    "no link layer": lambda packets: capture.pcapng(change.as_raw_ip(packets), RAW_IP),
    "Linux, any interface": lambda packets: capture.pcapng(change.as_sll2(packets), SLL2),
    "big endian": capture.classic_big_endian,
}

def check(report, executable, name, recording):
    data = CHANGES[name](capture.read(recording.path))
    answer = program.replay(executable, "-", data=data)
    found = {lab_test.group(finding) for finding in answer.logins if lab_test.is_login(finding)}
    report.check(answer.status == 0 and found == lab_test.expected(recording),
                 f"{name}: {recording.name}: found {sorted(found)} {answer.err}")


def main(executable):
    if not lab.LAB.exists():
        program.skip(f"{lab.LAB} is missing")
    report = program.Report()
    clear = program.sample(
        recording for recording in lab.recordings() if recording.transport == "clear")
    jobs = [(name, recording) for name in CHANGES for recording in clear]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda job: check(report, executable, *job), jobs))
    report.end()


if __name__ == "__main__":
    main(sys.argv[1])

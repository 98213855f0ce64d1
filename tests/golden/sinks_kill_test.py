#!/usr/bin/env python3
"""Killed at any moment while it writes files, small ones that are rotated: after a last whole run every
finding is in them, once, and every line is whole.

Usage: sinks_kill_test.py PROGRAM MAKER   (bench_makecapture)
"""
import json
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import cef  # noqa: E402
import program  # noqa: E402
import bench_truth_test as bench  # noqa: E402

KILLS = 24
CONFIGURATION = """sinks:
  - {{type: file, path: {0}/findings.ecs, max_bytes: 200000, hours: 0, keep: 1000}}
  - {{type: file, path: {0}/findings.cef, format: cef, max_bytes: 0, hours: 1, keep: 1000}}
"""


def run(executable, folder, path, seconds=None):
    """How long it took; with seconds it is killed after so many."""
    started = time.monotonic()
    process = subprocess.Popen(
        [executable, "replay", "--quiet", "--each", "--config", folder / "sinks.yml", "--store",
         folder / "journal.db", path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _, words = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        _, words = process.communicate()
    return time.monotonic() - started, process.returncode, words


def lines(folder, name):
    """Of all files of a sink, oldest first."""
    paths = [path for path in folder.glob(f"findings.{name}*")
             if re.fullmatch(rf"findings\.{name}(\.\d+)?", path.name)]
    number = {path: int(path.suffix[1:]) if path.suffix[1:].isdigit() else 0 for path in paths}
    for path in sorted(paths, key=number.get, reverse=True):
        text = path.read_text(encoding="utf-8")
        yield from text.removesuffix("\n").split("\n") if text else ()


def ids_of(folder):
    yield "ecs", [json.loads(line)["event"]["id"] for line in lines(folder, "ecs")]
    yield "cef", [cef.parse(line)[1]["externalId"] for line in lines(folder, "cef")]


def check(report, executable, maker, folder):
    path, _ = bench.make(maker, folder, *bench.KINDS[1])
    (folder / "sinks.yml").write_text(CONFIGURATION.format(folder))
    wanted = [finding["event.id"] for finding in program.replay(executable, "--each", path).findings]
    whole = folder / "whole"
    whole.mkdir()
    (whole / "sinks.yml").write_text(CONFIGURATION.format(whole))
    takes, status, words = run(executable, whole, path)
    report.check(status == 0, f"exit status {status}: {words}")
    chance = random.Random(5)
    killed = 0
    for _ in range(KILLS):
        killed += run(executable, folder, path, chance.uniform(0.02, takes / 2))[1] == -signal.SIGKILL
    report.check(killed > KILLS / 2, f"killed only {killed} times")
    _, status, words = run(executable, folder, path)
    report.check(status == 0, f"exit status {status}: {words}")
    for name, ids in ids_of(folder):
        report.check(len(ids) == len(set(ids)), f"{name}: {len(ids) - len(set(ids))} doubled")
        report.check(set(ids) == set(wanted), f"{name}: {len(set(wanted) - set(ids))} missing")
    names = [path.name for path in folder.glob("findings.*")]
    report.check(len(names) > 8, f"hardly rotated: {names}")


def main(executable, maker):
    report = program.Report()
    with tempfile.TemporaryDirectory() as name:
        check(report, executable, maker, Path(name))
    report.end()


if __name__ == "__main__":
    main(*sys.argv[1:])

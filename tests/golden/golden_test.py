#!/usr/bin/env python3
"""One golden case: the findings of input.pcapng are those of expected.jsonl, however it is read;
with keys.log, where the case has one.

Usage: golden_test.py PROGRAM CASE
"""
import gzip
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import program  # noqa: E402

# What every expectation says. A line may say more (source.domain, network.vlan.id, ...): then that
# is compared for the whole case.
FIELDS = {
    "basictap.service", "basictap.mechanism", "basictap.family", "event.reason", "user.name",
    "basictap.transport", "basictap.tunnel", "basictap.certainty", "basictap.count", "device.id",
    "basictap.evidence.frame", "basictap.server_code", "basictap.server_reason",
}


def expectation(case):
    with open(case / "expected.jsonl", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def projected(finding, names):
    """A member that is left out says nothing: the empty text."""
    return {name: finding.get(name, "") for name in names}


def check_sessions(report, case, answer):
    """What is said of TLS sessions, where the case has sessions.jsonl; by the names that it uses."""
    path = case / "sessions.jsonl"
    if not path.exists():
        return
    wanted = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    names = set().union(*wanted)
    sessions = [finding for finding in answer.findings if finding["basictap.kind"] == "tls"]
    expected, found = as_lines(wanted, names), as_lines(sessions, names)
    report.check(expected == found, "other sessions" + difference(expected, found))


def check_inferred(report, case, answer):
    """What the shape of sessions says, where the case has inferred.jsonl; by the names it uses."""
    path = case / "inferred.jsonl"
    if not path.exists():
        return
    wanted = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    names = set().union(*wanted)
    expected, found = as_lines(wanted, names), as_lines(answer.inferred, names)
    report.check(expected == found, "something else is inferred" + difference(expected, found))


def as_lines(findings, names):
    return sorted(json.dumps(projected(finding, names), sort_keys=True) for finding in findings)


def difference(expected, found):
    """Both lists without what they share, the nearest lines under each other."""
    missing, surplus = list(expected), list(found)
    for line in expected:
        if line in surplus:
            surplus.remove(line)
            missing.remove(line)
    lines = [f"\n  missing: {line}" for line in missing]
    lines += [f"\n  surplus: {line}" for line in surplus]
    if len(missing) == 1 == len(surplus):
        lines += changed(json.loads(missing[0]), json.loads(surplus[0]))
    return "".join(lines)


def changed(expected, found):
    return [f"\n  {name}: expected {expected[name]!r}, found {found[name]!r}"
            for name in sorted(expected) if expected[name] != found[name]]


def main(executable, case):
    report = program.Report()
    wanted = expectation(case)
    names = FIELDS.union(*wanted) if wanted else FIELDS
    complete = all(FIELDS <= set(line) for line in wanted)
    report.check(complete, f"{case}: every expectation says {', '.join(sorted(FIELDS))}")
    capture = case / "input.pcapng"

    keys = ["--keylog", case / "keys.log"] if (case / "keys.log").exists() else []

    first = program.replay(executable, *keys, capture)
    report.check(first.status == 0, f"exit status {first.status}: {first.err}")
    expected, found = as_lines(wanted, names), as_lines(first.logins, names)
    report.check(expected == found, "other findings" + difference(expected, found))
    check_sessions(report, case, first)
    check_inferred(report, case, first)
    second = program.replay(executable, *keys, capture)
    report.check(second.out == first.out, "a second run says otherwise")
    for how, answer in other_ways(executable, keys, capture):
        report.check(as_lines(answer.logins, names) == found, f"other findings {how}: {answer.err}")
    report.end()


def other_ways(executable, keys, capture):
    yield "from a pipe", program.replay(executable, *keys, "-", data=capture.read_bytes())
    with tempfile.NamedTemporaryFile(suffix=".pcapng.gz") as packed:
        packed.write(gzip.compress(capture.read_bytes(), mtime=0))
        packed.flush()
        yield "from a gzip file", program.replay(executable, *keys, packed.name)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

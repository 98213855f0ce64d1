#!/usr/bin/env python3
"""The day at the office: the program's answer is the recordings' truth, and make.py makes the day.

Usage: office_test.py PROGRAM
"""
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import lab  # noqa: E402
import program  # noqa: E402

OFFICE = program.ROOT / "pcaps" / "office"
KEY = ("source.mac", "source.ip", "basictap.service", "basictap.mechanism", "basictap.family",
       "user.name", "event.reason")
SURE = 0.9
SPRAYER = "10.20.0.102"
IPHONE = "A4-83-E7-10-00-03"


def truth_rows():
    with open(OFFICE / "truth.jsonl", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def truth():
    return {tuple(row[name] for name in KEY): (row["basictap.count"], row["first"], row["last"])
            for row in truth_rows()}


def devices():
    """Who logged in readably: MACs, but the phones by the DeviceIds that their requests name (no
    MAC stands for the iPhone alone; behind the Samsung's is a laptop)."""
    macs = {row["source.mac"] for row in truth_rows()} - {IPHONE}
    return {f"mac:{mac}" for mac in macs} | {"eas:APPLF17", "eas:APPLSEC19C2"}


def summary(findings):
    """Findings by KEY: count, minute of the first and of the last. Several findings may share a
    key: servers differ. A challenge, as the first leg of NTLM gets it, is no login."""
    groups = defaultdict(list)
    for finding in findings:
        if finding["event.reason"] != "challenged":
            groups[tuple(finding.get(name, "") for name in KEY)].append(finding)
    return {key: (sum(finding["basictap.count"] for finding in group),
                  min(finding["event.start"] for finding in group)[11:16],
                  max(finding["event.end"] for finding in group)[11:16])
            for key, group in groups.items()}


def check_answer(report, executable):
    answer = program.replay(executable, OFFICE / "input.pcapng")
    report.check(answer.status == 0, f"exit status {answer.status}: {answer.err}")
    expected, found = truth(), summary(answer.logins)
    for key in sorted(expected.keys() | found.keys()):
        report.check(expected.get(key) == found.get(key),
                     f"{key}: expected {expected.get(key)}, found {found.get(key)}")
    known = {finding["device.id"] for finding in answer.logins}
    report.check(known == devices(), f"devices: {sorted(known ^ devices())}")
    for finding in answer.logins:
        report.check(finding["basictap.certainty"] == "observed", f"not observed: {finding}")
    unsent = [finding for finding in answer.logins if finding.get("source.port") == 587]
    report.check(not unsent, f"something on port 587, where nothing is sent: {unsent}")


def group_of(service):
    """The service, as far as the lengths of encrypted messages show it."""
    return service if service in ("imap", "pop", "smtp") else "http"


def encrypted_truth():
    """Families by address and service, from the table of what cannot be read."""
    rows = [[cell.strip() for cell in line.strip("|\n").split("|")]
            for line in (OFFICE / "README.md").read_text(encoding="utf-8").splitlines()
            if line.startswith("| 10.20.") and "tls" in line]
    families = defaultdict(set)
    for address, service, _, mechanism, _, _ in rows:
        families[address, group_of(service)].add(lab.family_of(mechanism))
    families[SPRAYER, "pop"].add("none")  # Hydra first asks what there is, in a session of its own
    return families


def check_inferred(report, executable):
    """What the shape of a session says with confidence is what its makers know."""
    truth = encrypted_truth()
    report.check(len(truth) > 10, "the README's table of what cannot be read is not found")
    inferred = program.replay(executable, OFFICE / "input.pcapng").inferred
    report.check(any(finding["basictap.family"] == "basic" for finding in inferred) and
                 any(finding["basictap.family"] == "modern" for finding in inferred),
                 "neither a password nor a token is inferred")
    for finding in inferred:
        known = truth[finding["source.ip"], group_of(finding["basictap.service"])]
        report.check(finding["basictap.confidence"] < SURE or
                     finding["basictap.family"] in known | {"unknown"},
                     f"inferred, and not one of {known}: {finding}")


def check_table(report, executable):
    """Each device and each user stands in the table."""
    run = subprocess.run([executable, "replay", "--quiet", OFFICE / "input.pcapng"],
                         capture_output=True, check=False)
    table = run.stdout.decode()
    for _, address, service, _, _, user, _ in truth():
        report.check(user in table, f"{user} ({address}, {service}) is not in the table")


def check_making(report):
    """The committed day is what make.py makes."""
    if not lab.LAB.exists():
        print(f"not compared with its recordings: {lab.LAB} is missing")
        return
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, OFFICE / "make.py", folder], check=True)
        for name in ("input.pcapng", "truth.jsonl", "README.md"):
            same = (Path(folder) / name).read_bytes() == (OFFICE / name).read_bytes()
            report.check(same, f"make.py makes another {name}")


def main(executable):
    report = program.Report()
    data = (OFFICE / "input.pcapng").read_bytes()
    report.check(len(data) < 2_000_000, "the day is larger than 2 MB")
    check_answer(report, executable)
    check_inferred(report, executable)
    check_table(report, executable)
    check_making(report)
    report.end()


if __name__ == "__main__":
    main(sys.argv[1])

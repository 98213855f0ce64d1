#!/usr/bin/env python3
"""The inputs of the golden cases are what make-variants.py makes, and none holds a key.

Usage: variants_test.py   (needs ../shared/lab)
"""
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import lab  # noqa: E402
import program  # noqa: E402

PCAPS = program.ROOT / "pcaps"
SECRETS_BLOCK = b"\x0a\0\0\0"  # pcapng's Decryption Secrets Block, little endian
KEY_LOG_WORDS = (b"CLIENT_RANDOM", b"_TRAFFIC_SECRET", b"PRIVATE KEY")


def check_keys(report, path):
    data = path.read_bytes()
    report.check(not any(word in data for word in KEY_LOG_WORDS), f"{path}: key material")
    report.check(all(kind != SECRETS_BLOCK for kind in kinds_of_blocks(data)), f"{path}: secrets")


def kinds_of_blocks(data):
    at = 0
    while at + 8 <= len(data):
        yield data[at:at + 4]
        at += int.from_bytes(data[at + 4:at + 8], "little")


def check_case(report, case, made):
    report.check((case / "expected.jsonl").exists(), f"{case}: nothing is expected")
    report.check((case / "README.md").exists(), f"{case}: no README.md")
    same = not made.exists() or made.read_bytes() == (case / "input.pcapng").read_bytes()
    report.check(same, f"{case}: make-variants.py makes another input")


def main():
    report = program.Report()
    for path in sorted(PCAPS.glob("**/*.pcapng")):
        check_keys(report, path)
    if not lab.LAB.exists():
        program.skip(f"{lab.LAB} is missing")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, PCAPS / "make-variants.py", folder], check=True)
        for path in sorted(PCAPS.glob("*/*/input.pcapng")):
            check_case(report, path.parent, Path(folder, path.relative_to(PCAPS)))
    report.end()


if __name__ == "__main__":
    main()

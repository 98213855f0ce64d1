#!/usr/bin/env python3
"""The configurations that we ship: each says whether it is tested, and names only fields that there are.

Usage: integrations_test.py
"""
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import program  # noqa: E402

FOLDER = program.ROOT / "export" / "integrations"
FIELDS = program.ROOT / "export" / "FIELDS.md"
NAME = re.compile(r"\b(?:basictap|event|device|user|rule|source|destination)\.[a-z_]+(?:\.[a-z_]+)*\b")
NO_FIELDS = {"basictap.yml"}


def main():
    report = program.Report()
    published = set(re.findall(r"^\| `([^`]+)`", FIELDS.read_text(), re.MULTILINE))
    table = (FOLDER / "README.md").read_text()
    report.check(len(published) > 50, f"only {len(published)} fields")
    for path in sorted(FOLDER.iterdir()):
        if path.name == "README.md":
            continue
        text = path.read_text()
        tested = re.search(r"\b(Not tested|Tested): ", text)
        report.check(tested is not None, f"{path.name} does not say whether it is tested")
        line = next((line for line in table.splitlines() if f"`{path.name}`" in line), "")
        wanted = "| yes: " if tested and tested[1] == "Tested" else "| no |"
        report.check(wanted in line, f"README.md says something else of {path.name}: {line}")
        unknown = set(NAME.findall(text)) - published - NO_FIELDS
        report.check(not unknown, f"{path.name}: no such fields: {unknown}")
        if path.suffix == ".json":
            report.check("panels" in json.loads(text), f"{path.name}: no panels")
    report.end()


if __name__ == "__main__":
    main()

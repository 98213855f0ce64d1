"""Runs basictap and reads what it says."""
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
SKIP = 77


def skip(reason):
    print(f"SKIP: {reason}")
    sys.exit(SKIP)


def sample(items):
    """Every BASICTAP_EVERYth of many, where the program is slow; all of them otherwise."""
    return list(items)[::int(os.environ.get("BASICTAP_EVERY", "1"))]


class Answer:
    """What one run gave."""

    def __init__(self, run):
        self.status = run.returncode
        self.out = run.stdout
        self.err = run.stderr.decode(errors="replace")

    @property
    def documents(self):
        """The JSON lines, nested objects flattened to dotted names."""
        return [flat(json.loads(line)) for line in self.out.splitlines()]

    @property
    def findings(self):
        return [document for document in self.documents
                if document.get("event.dataset") == "basictap.finding"]

    @property
    def logins(self):
        """What was read of authentication: no correlations, no sessions that stayed opaque."""
        return [finding for finding in self.findings if finding.get("basictap.kind") == "auth"
                and finding["basictap.certainty"] != "inferred"]

    @property
    def inferred(self):
        """What the shapes of encrypted sessions said of authentication."""
        return [finding for finding in self.findings
                if finding.get("basictap.certainty") == "inferred"]

    @property
    def crashed(self):
        """Killed, or stopped by a sanitizer (whose exit status may be a damaged file's 1)."""
        return (self.status < 0 or self.status > 128 or "Sanitizer" in self.err
                or "runtime error:" in self.err)


def replay(program, *arguments, data=None, timeout=120):
    """Replays with JSON lines; data goes to standard input."""
    command = [program, "replay", "--quiet", "--format", "ecs", *map(str, arguments)]
    return Answer(subprocess.run(command, input=data, capture_output=True, timeout=timeout,
                                 check=False))


def flat(value, prefix=""):
    """{"a": {"b": 1}} as {"a.b": 1}; dotted names stay."""
    if not isinstance(value, dict):
        return {prefix: value}
    pairs = {}
    for name, inner in value.items():
        pairs.update(flat(inner, f"{prefix}.{name}" if prefix else name))
    return pairs


class Report:
    """Counts what was checked, prints what failed, and says so in the exit status."""

    def __init__(self):
        self.num_checks = 0
        self.failures = []

    def check(self, is_right, complaint):
        self.num_checks += 1
        if not is_right:
            self.failures.append(complaint)
            print(f"FAIL: {complaint}")
        return is_right

    def end(self):
        print(f"{self.num_checks} checks, {len(self.failures)} failures")
        sys.exit(1 if self.failures or self.num_checks == 0 else 0)

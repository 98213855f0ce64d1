#!/usr/bin/env python3
"""Every encrypted recording of the lab is read with its key log as the manifest says: with the log
as a file, in the capture itself, growing while packets come, and later than all packets. A wrong
log opens nothing.

Usage: lab_keys_test.py PROGRAM   (needs ../shared/lab and editcap)
"""
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import lab  # noqa: E402
import program  # noqa: E402
from lab import PROXY_LOGIN, expected, group, is_login  # noqa: E402

PAUSE = 0.3  # seconds: what was written by then has been read


def with_file(executable, recording, _):
    return program.replay(executable, "--keylog", recording.keys, recording.path)


def with_secrets_block(executable, recording, scratch):
    merged = scratch / recording.name
    subprocess.run(["editcap", "--inject-secrets", f"tls,{recording.keys}", recording.path, merged],
                   check=True, capture_output=True)
    return program.replay(executable, merged)


def feed(executable, keylog, steps):
    """Replays standard input; steps write to it and to the key log, with a pause after each."""
    with subprocess.Popen([executable, "replay", "--quiet", "--format", "ecs", "--keylog", keylog,
                           "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as run:
        for packets, keys in steps:
            run.stdin.write(packets)
            run.stdin.flush()
            with open(keylog, "ab") as log:
                log.write(keys)
            time.sleep(PAUSE)
        out, err = run.communicate(timeout=120)
    return program.Answer(subprocess.CompletedProcess([], run.returncode, out, err))


def growing(executable, recording, scratch):
    """Packets and keys in two parts each; the log's first part ends within a line."""
    keylog = scratch / (recording.name + ".growing")
    keylog.write_bytes(b"")
    packets, keys = recording.path.read_bytes(), recording.keys.read_bytes()
    return feed(executable, keylog, [(packets[:len(packets) // 2], keys[:len(keys) // 2]),
                                     (packets[len(packets) // 2:], keys[len(keys) // 2:])])


def late(executable, recording, scratch):
    keylog = scratch / (recording.name + ".late")
    keylog.write_bytes(b"# nothing yet\n")
    return feed(executable, keylog, [(recording.path.read_bytes(), b""),
                                     (b"", recording.keys.read_bytes())])


def with_wrong_log(executable, recording, scratch):
    """The same sessions, other secrets."""
    keylog = scratch / (recording.name + ".wrong")
    lines = [line.split() for line in recording.keys.read_text().splitlines()
             if line and not line.startswith("#")]
    keylog.write_text("".join(f"{label} {name} {secret[::-1]}\n" for label, name, secret in lines))
    return program.replay(executable, "--keylog", keylog, recording.path)


def transports_of(recording):
    return {"proxy": {("decrypted", "tls", "connect"), ("decrypted", "starttls", "connect")},
            "starttls": {("decrypted", "starttls", "")},
            "tls": {("decrypted", "tls", "")}}[recording.transport]


def check_how(report, recording, way, logins):
    for login in logins:
        if group(login) == PROXY_LOGIN:
            continue
        how = tuple(login.get(name, "") for name in
                    ("basictap.certainty", "basictap.transport", "basictap.tunnel"))
        report.check(how in transports_of(recording), f"{recording.name}, {way.__name__}: {how}")
        report.check(login["source.ip"] == recording.address and
                     login.get("tls.version", "") != "",
                     f"{recording.name}, {way.__name__}: {login}")


def check(report, executable, recording, way, scratch):
    answer = way(executable, recording, scratch)
    wanted = expected(recording)
    if way is with_wrong_log:
        wanted = wanted & {PROXY_LOGIN}
    report.check(answer.status == 0 and not answer.crashed,
                 f"{recording.name}, {way.__name__}: exit status {answer.status}: {answer.err}")
    logins = [finding for finding in answer.logins if is_login(finding)]
    found = {group(finding) for finding in logins}
    report.check(found == wanted, f"{recording.name}, {way.__name__}: "
                 f"expected {sorted(wanted)}, found {sorted(found)}")
    check_how(report, recording, way, logins)


def main(executable, names):
    if not lab.LAB.exists():
        program.skip(f"{lab.LAB} is missing")
    if shutil.which("editcap") is None:
        program.skip("editcap is missing")
    report = program.Report()
    ways = (with_file, with_secrets_block, growing, late, with_wrong_log)
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda pair: check(report, executable, *pair, Path(scratch)),
                      [(recording, way) for recording in program.sample(lab.recordings())
                       for way in ways
                       if recording.transport != "clear"
                       and (not names or recording.name in names)]))
    report.end()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

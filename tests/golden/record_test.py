#!/usr/bin/env python3
"""The recorder (pcaps/record): its plan holds together, and where it can run, it records a login.

Usage: record_test.py PROGRAM   (records only as root, with the servers, and BASICTAP_RECORD set)
"""
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import program  # noqa: E402

sys.path.insert(0, str(program.ROOT / "pcaps" / "record"))
import clients  # noqa: E402
import jobs  # noqa: E402

SEED = 4
SERVERS = ("/usr/sbin/dovecot", "/usr/sbin/postfix", "/usr/sbin/nginx", "/usr/bin/tcpdump")
ONE = "imap-python3-imaplib-login-cmd-tls-*"


def check_plan(report):
    users = jobs.users(SEED)
    planned = jobs.all_jobs(SEED, users)
    names = Counter(job.name for job in planned)
    report.check(max(names.values()) == 1, "no two recordings have one name")
    report.check([job.name for job in jobs.all_jobs(SEED, users)] == list(names),
                 "one seed gives one plan")
    report.check({job.client.set for job in planned} == {"design", "test"}, "there are two sets")
    lengths = {len(password) for password in users.values()}
    report.check(min(lengths) == 8 and max(lengths) == 127, "passwords have 8 to 127 characters")
    report.check(all(abs(len(jobs.token("bob@contoso.com", length)) - length) <= 2
                     for length in jobs.TOKEN_LENGTHS), "tokens are as long as they are asked for")


def check_sets(report):
    """What shares a library is on one side, or the test set would not be new to the model."""
    for relatives in (("mutt", "neomutt"), ("msmtp", "mpop"), ("curl", "curl http", "php curl"),
                      ("perl Net::SMTP", "git send-email")):
        sets = {client.set for client in clients.CLIENTS if client.name in relatives}
        report.check(len(sets) == 1, f"{', '.join(relatives)} are in one set")


def check_recording(report, executable):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program.ROOT / "pcaps/record/record.py", "--out", folder, "--only", ONE,
                        "--workers", "1", "--basictap", executable], check=False, timeout=300)
        manifest = Path(folder) / "manifest.tsv"
        lines = manifest.read_text().splitlines()[1:] if manifest.exists() else []
        report.check(any("\tLOGIN-CMD\t" in line and "\taccepted\t" in line for line in lines),
                     "a login was recorded and decrypted")


def main(executable):
    report = program.Report()
    check_plan(report)
    check_sets(report)
    able = os.geteuid() == 0 and all(map(os.path.exists, SERVERS)) and shutil.which("tshark")
    if able and os.environ.get("BASICTAP_RECORD"):
        check_recording(report, executable)
    report.end()


if __name__ == "__main__":
    main(sys.argv[1])

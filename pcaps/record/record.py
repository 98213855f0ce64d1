#!/usr/bin/env python3
"""Records real client programs logging in at real servers, with the keys, on one machine.

Usage: record.py --out DIR [--only PATTERN] [--seed N] [--workers N] [--basictap PROGRAM]
(as root on Debian 12; README.md names the packages)

Writes DIR/captures/NAME.pcapng and NAME.keys, DIR/manifest.tsv (a line a recording),
DIR/sessions.tsv (a line a TLS session) and DIR/rejected.tsv (what was thrown away, and why).
Recordings that DIR already has are left as they are: a run that was ended goes on.
"""
import argparse
import csv
import fnmatch
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import jobs as plan
import tls_profiles
import truth
from network import SERVERS, Names, Network, Tap, inside, run
from servers import HOSTS, Servers

import capture  # isort: skip (network.py has put tests/support on the path)



HERE = Path(__file__).resolve().parent
COLUMNS = ["file", "protocol", "mechanism", "basic", "transport", "tls", "client", "package",
           "server", "outcome", "username", "client_ip", "client_mac", "keylog", "connections",
           "verified", "note", "set", "cipher", "case", "attempts"]
SESSION_COLUMNS = ["file", "set", "client", "client_port", "server_ip", "server_port", "service",
                   "transport", "tls", "cipher", "attempts"]
PROTOCOLS = {"imap": "IMAP", "pop": "POP", "smtp": "SMTP"}
SERVER_WORDS = {"office": "stub (Exchange Online)", "onprem": "stub (Exchange 2019)",
                "blocked": "stub (Exchange Online, Basic disabled)",
                "no-ir": "dovecot 2.3 (no SASL-IR)"}
BATCH = 40
PATIENCE_S = 14
EXTRACTED = ("nullmailer", "ssmtp")  # they conflict with postfix, so they are only unpacked


class Recorder:
    def __init__(self, out, seed, workers, basictap):
        self.out, self.seed, self.basictap = out, seed, basictap
        self.captures = out / "captures"
        self.captures.mkdir(parents=True, exist_ok=True)
        self.work = Path(tempfile.mkdtemp(prefix="bt-record-"))
        self.work.chmod(0o755)
        self.users = plan.users(seed)
        self.network = Network(workers)
        self.servers = Servers(self.work / "servers", self.users)
        self.lock = threading.Lock()
        self.waiting = []  # recorded, not yet compared with tshark
        self.ending = False

    def start(self):
        build_helpers(self.work)
        self.servers.start()
        self.names = Names()
        self.tap = Tap(self.network)

    def stop(self):
        self.tap.close()
        self.servers.stop()
        self.network.close()
        shutil.rmtree(self.work, ignore_errors=True)

    # --- one recording ---------------------------------------------------------------------------

    def record(self, job, namespace):
        address = self.network.address[namespace]
        home = self.work / "homes" / job.name
        etc = self._etc(home)
        self.names.meaning[address] = meaning(job)
        words, said, more = told(job, home, self.work)
        environment = {**clean_environment(home, etc), **more,
                       **tls_profiles.variables(job.client.library, job.profile, home)}
        if job.mech in ("GSSAPI", "NEGOTIATE"):
            self._get_ticket(namespace, environment)
        keys_from = self.servers.keylog.stat().st_size
        self.tap.start(address)
        ended = run_client(inside(namespace, *words), said, environment, home)
        time.sleep(0.3)
        packets = self.tap.take(address)
        with open(self.servers.keylog, "rb") as file:
            file.seek(keys_from)
            keys = file.read()
        (home / "output").write_bytes(ended)
        self._keep(job, namespace, packets, keys, ended)
        shutil.rmtree(home, ignore_errors=True)

    def _etc(self, home):
        etc = home / "etc"
        etc.mkdir(parents=True, exist_ok=True)
        (etc / "resolv.conf").write_text(f"nameserver {SERVERS['dns']}\n")
        (etc / "hosts").write_text("127.0.0.1 localhost desktop-4.contoso.com desktop-4 vm\n")
        shutil.copy(self.work / "servers" / "ca.pem", etc / "ca.pem")
        if self.servers.kerberos:
            shutil.copy(self.work / "servers" / "krb5" / "krb5.conf", etc / "krb5.conf")
        return etc

    def _get_ticket(self, namespace, environment):
        run(*inside(namespace, "kinit", plan.CLIENT_PRINCIPAL), env=environment,
            input="ticket-please\n")

    def _keep(self, job, namespace, packets, keys, ended):
        path = self.captures / f"{job.name}.pcapng"
        key_path = path.with_suffix(".keys")
        capture.write(path, packets)
        key_path.write_bytes(keys_of(packets, keys))
        attempts, readings = truth.basictap(self.basictap, path, key_path)
        why = self._fault(job, attempts, readings, ended)
        with self.lock:
            if why:
                self.reject(job, path, why)
                return
            self.waiting.append((job, namespace, path, attempts))
            batch, self.waiting = (self.waiting, []) if len(self.waiting) >= BATCH \
                else ([], self.waiting)
        self.settle(batch)

    @staticmethod
    def _fault(job, attempts, readings, ended):
        """Why a recording is of no use; empty if it is."""
        lines = ended.decode("utf-8", "replace").strip().splitlines() or ["nothing"]
        if not readings:
            return f"no TLS session; the client said {lines[-1][:120]}"
        if set(readings) != {"decrypted"}:
            return f"not decrypted: {dict(readings)}; the client said {lines[-1][:120]}"
        if not attempts and job.mech != "none":
            return f"no login was attempted; the client said {lines[-1][:120]}"
        return ""

    def reject(self, job, path, why):
        for name in (path, path.with_suffix(".keys")):
            name.unlink(missing_ok=True)
        append(self.out / "rejected.tsv", ["recording", "why"], [job.name, why])

    # --- the manifest ----------------------------------------------------------------------------

    def settle(self, batch):
        """Asks tshark about a batch, and enters into the manifest what it does not contradict."""
        if not batch:
            return
        opinions = truth.tshark([(path, path.with_suffix(".keys")) for _, _, path, _ in batch])
        with self.lock:
            for (job, namespace, path, attempts), opinion in zip(batch, opinions):
                verified = "decrypted (basictap, tshark)"
                seen = opinion.asked
                if not truth.agree(attempts, seen):
                    if seen or not (job.tunnel or job.case.startswith("odd")):
                        said = sorted({attempt.mech for attempt in attempts})
                        self.reject(job, path, f"basictap {said}, tshark {sorted(seen)}")
                        continue
                    verified = "decrypted (basictap)"
                self.enter(job, namespace, path, attempts, opinion, verified)

    def enter(self, job, namespace, path, attempts, opinion, verified):
        seen, sessions = opinion
        mechs = [exact(attempt.mech, seen) for attempt in attempts] or ["none"]
        outcomes = [attempt.outcome for attempt in attempts] or ["none"]
        users = [attempt.user for attempt in attempts if attempt.user]
        version, cipher = sessions[0][3:] if sessions else ("", "")  # tshark fails on some tunnels
        way = "tls" if job.transport == "h1" else job.transport
        row = [path.name, job.service or PROTOCOLS[job.proto], once(mechs),
               "yes" if truth.BASIC & set(mechs) else "no",
               f"proxy {way}" if job.tunnel else way, version, job.client.name, job.client.package,
               server_words(job), once(outcomes), users[0] if users else "",
               self.network.address[namespace], self.network.mac[namespace],
               path.with_suffix(".keys").name, max(len(sessions), 1), verified, "", job.client.set,
               cipher, job.case, len(attempts)]
        append(self.out / "manifest.tsv", COLUMNS, row)
        for session in sessions:
            said = [f"{exact(attempt.mech, seen)}:{attempt.outcome}" for attempt in attempts
                    if attempt.client_port == session.client_port]
            append(self.out / "sessions.tsv", SESSION_COLUMNS,
                   [path.name, job.client.set, job.client.name, session.client_port, session.server,
                    session.server_port, job.service or PROTOCOLS[job.proto], way, session.version,
                    session.cipher, " ".join(said) or "none"])


def exact(mech, seen):
    """SCRAM with its hash, as tshark saw it asked for."""
    hashes = sorted(word for word in seen if word.startswith("SCRAM"))
    return hashes[0] if mech == "SCRAM" and hashes else mech


def once(words):
    """The words without repetition, in their order."""
    return ",".join(dict.fromkeys(words))


def server_words(job):
    if job.proto == "http":
        return "nginx 1.22 + stub"
    if job.server in SERVER_WORDS and not (job.server == "no-ir" and job.proto != "imap"):
        return SERVER_WORDS[job.server]
    return "postfix 3.7 + dovecot 2.3" if job.proto == "smtp" else "dovecot 2.3"


def append(path, columns, row):
    new = not path.exists()
    with open(path, "a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE,
                            escapechar="\\")
        if new:
            writer.writerow(columns)
        writer.writerow([str(cell).replace("\t", " ").replace("\n", " ") for cell in row])


def keys_of(packets, keys):
    """The lines of the key log that belong to sessions in the packets."""
    every = b"".join(packet.data for packet in packets)
    wanted = []
    for line in keys.splitlines(keepends=True):
        words = line.split()
        if len(words) == 3 and bytes.fromhex(words[1].decode()) in every:
            wanted.append(line)
    return b"".join(dict.fromkeys(wanted))


def meaning(job):
    """What the names of the servers mean to the client of this job."""
    address = SERVERS[job.server]
    if job.proto == "http" and job.server == "no-ir":
        address = SERVERS["contoso"]
    return {**{name: address for name in HOSTS}, "login.microsoftonline.com": SERVERS["login"],
            "proxy.contoso.com": SERVERS["proxy"]}


def told(job, home, work):
    said = job.client.tell(job, home)
    words, typed, more = said if isinstance(said, tuple) and len(said) == 3 else \
        (*said, {}) if isinstance(said, tuple) else (said, "", {})
    places = {"@go@": str(work / "extracted" / "go" / "client"),
              "@java@": f"{work}/extracted/java:/usr/share/java/javax.mail.jar"}
    return [places.get(word, word) for word in words], typed, more


def clean_environment(home, etc):
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(home), "ETC": str(etc),
            "CA": str(etc / "ca.pem"), "TERM": "xterm", "HELOHOST": "desktop-4.contoso.com",
            "GIT_COMMITTER_EMAIL": "a@contoso.com", "GIT_AUTHOR_EMAIL": "a@contoso.com",
            "LANG": "C.UTF-8", "TMPDIR": str(home), "KRB5CCNAME": f"FILE:{home}/tickets",
            "KRB5_CONFIG": str(etc / "krb5.conf"), "NODE_TLS_REJECT_UNAUTHORIZED": "0",
            "NODE_PATH": "/usr/share/nodejs", "PYTHONWARNINGS": "ignore"}


def run_client(words, said, environment, home):
    """Runs a client to its end, or ends it; what it said."""
    with open(home / "said", "wb") as out:
        process = subprocess.Popen(words, env=environment, cwd=home, stdin=subprocess.PIPE,
                                   stdout=out, stderr=out, start_new_session=True)
        try:
            process.communicate(said.encode(), timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return (home / "said").read_bytes()[-4000:]


def build_helpers(work):
    """What has to be compiled or unpacked before it can be run. What fails is missing later."""
    target = work / "extracted"
    (target / "java").mkdir(parents=True)
    (target / "go").mkdir()
    steps = [["javac", "-cp", "/usr/share/java/javax.mail.jar", "-d", str(target / "java"),
              str(HERE / "clients/java/Mail.java"), str(HERE / "clients/java/Web.java")],
             ["go", "build", "-o", str(target / "go/client"), str(HERE / "clients/go/main.go")]]
    for package in EXTRACTED:
        steps += [["apt-get", "download", "-q", package]]
    environment = {**os.environ, "GOCACHE": str(work / "gocache"), "GOFLAGS": "-mod=mod",
                   "GO111MODULE": "off"}
    for step in steps:
        if shutil.which(step[0]):
            subprocess.run(step, cwd=target, env=environment, check=False, capture_output=True)
    for package in target.glob("*.deb"):
        subprocess.run(["dpkg", "-x", str(package), str(target)], check=False)


def is_missing(job, work):
    """Whether the client's program is not on this machine."""
    if job.client.needs:
        return not (work / "extracted" / job.client.needs).exists()
    return False


def choose(recorder, only):
    done = set()
    for name in ("manifest.tsv", "rejected.tsv"):
        if (recorder.out / name).exists():
            lines = (recorder.out / name).read_text().splitlines()
            done |= {line.split("\t")[0].removesuffix(".pcapng") for line in lines}
    return [job for job in plan.all_jobs(recorder.seed, recorder.users)
            if fnmatch.fnmatch(job.name, only) and job.name not in done
            and not is_missing(job, recorder.work)]


def work_off(recorder, namespace, todo):
    while not recorder.ending:
        try:
            job = todo.get_nowait()
        except queue.Empty:
            return
        try:
            recorder.record(job, namespace)
        except Exception as error:  # one recording less, and the rest goes on
            with recorder.lock:
                recorder.reject(job, recorder.captures / f"{job.name}.pcapng", repr(error)[:200])


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--only", default="*", help="a pattern of names, as a shell has them")
    options.add_argument("--seed", type=int, default=4)
    options.add_argument("--workers", type=int, default=3)
    options.add_argument("--list", action="store_true", help="only say what would be recorded")
    options.add_argument("--basictap", default=str(HERE.parents[1] / "build/dev/basictap"))
    args = options.parse_args()
    if args.list:
        for job in plan.all_jobs(args.seed, plan.users(args.seed)):
            if fnmatch.fnmatch(job.name, args.only):
                print(job.client.set, job.name)
        return 0
    if os.geteuid() != 0:
        sys.exit("record.py: needs root, for network namespaces")
    recorder = Recorder(args.out, args.seed, args.workers, args.basictap)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    threads = []
    try:
        recorder.start()
        todo = queue.Queue()
        for job in choose(recorder, args.only):
            todo.put(job)
        print(f"{todo.qsize()} to record", file=sys.stderr)
        threads = [threading.Thread(target=work_off, args=(recorder, name, todo), daemon=True)
                   for name in recorder.network.clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        recorder.ending = True
        for thread in threads:
            thread.join(2 * PATIENCE_S)
        recorder.settle(recorder.waiting)
        recorder.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())

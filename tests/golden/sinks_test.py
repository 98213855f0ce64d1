#!/usr/bin/env python3
"""What files and syslog servers get: the findings of all golden cases, in each format, by the rules of
that format; the same bytes every time; and no password, whatever the capture.

Usage: sinks_test.py PROGRAM MAKER   (bench_makecapture)
"""
import json
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import capture  # noqa: E402
import cef  # noqa: E402
import ocsf  # noqa: E402
import program  # noqa: E402
import bench_truth_test as bench  # noqa: E402

FORMATS = ("ecs", "ocsf", "cef")
WAYS = ("udp", "tcp", "tls")
# RFC 5424, section 6: header, structured data, message.
MESSAGE = re.compile(
    rb"<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z) ([\x21-\x7e]{1,255}) "
    rb"([\x21-\x7e]{1,48}) - ([\x21-\x7e]{1,32}) "
    rb"((?:\[[\x21-\x7e]+(?: [\x21-\x7e]+?=\"(?:[^\"\\\]]|\\[\"\\\]])*\")*\])+)(?: (.*))?", re.DOTALL)


# --- receivers -----------------------------------------------------------------------------------


class Receiver:
    """A server for one way that keeps whatever comes."""

    def __init__(self, way, folder):
        self.way = way
        self.streams = []
        self.datagrams = []
        self.served = threading.Event()
        kind = socket.SOCK_DGRAM if way == "udp" else socket.SOCK_STREAM
        self.socket = socket.socket(socket.AF_INET, kind)
        for option in (socket.SO_RCVBUF, 33):  # SO_RCVBUFFORCE, for root
            try:
                self.socket.setsockopt(socket.SOL_SOCKET, option, 16 << 20)
            except OSError:
                pass
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.context = server_context(folder) if way == "tls" else None
        if way != "udp":
            self.socket.listen()
        self.socket.settimeout(60)
        self.thread = threading.Thread(target=self._receive, daemon=True)
        self.thread.start()

    def _receive(self):
        try:
            if self.way == "udp":
                while data := self.socket.recv(65536):
                    self.datagrams.append(data)
                return
            while True:
                self._serve(self.socket.accept()[0])
        except OSError:
            pass  # the end

    def _serve(self, stream):
        """A connection; the sender comes again if it thinks that one has failed."""
        data = b""
        try:
            with stream if self.way == "tcp" else self.context.wrap_socket(
                    stream, server_side=True) as opened:
                self.served.set()
                while part := opened.recv(65536):
                    data += part
        except OSError as error:
            print(f"{self.way}: {error}")
        self.streams.append(data)

    def messages(self):
        """After the sender has ended; each once, because some may come again."""
        if self.way == "udp":
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
                end.sendto(b"", ("127.0.0.1", self.port))
            self.thread.join(30)
            self.socket.close()
            return self.datagrams
        self.served.wait(30)
        self.socket.shutdown(socket.SHUT_RDWR)  # what is being served is served to its end
        self.thread.join(30)
        self.socket.close()
        return list(dict.fromkeys(message for data in self.streams for message in frames(data)))


def frames(data):
    """RFC 6587, section 3.4.1: MSG-LEN SP SYSLOG-MSG. A broken connection may end within one."""
    while data:
        length, _, rest = data.partition(b" ")
        if not re.fullmatch(rb"[1-9]\d*", length):
            raise ValueError(f"no frame: {data[:40]}")
        if len(rest) < int(length):
            return
        yield rest[:int(length)]
        data = rest[int(length):]


def make_certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / "server.key", "-out",
                    folder / "server.pem", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost", "-days", "2"], check=True, capture_output=True)


def server_context(folder):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    return context


# --- running -------------------------------------------------------------------------------------


class Run:
    """One replay into files of every format, and to a server for each way."""

    def __init__(self, executable, folder, captures, options=(), way_format="ecs"):
        self.folder = folder
        folder.mkdir()
        make_certificate(folder)
        self.receivers = {way: Receiver(way, folder) for way in WAYS}
        (folder / "sinks.yml").write_text(self._configuration(way_format))
        self.answer = program.replay(executable, "--config", folder / "sinks.yml", *options,
                                     *captures, timeout=300)
        self.messages = {way: receiver.messages() for way, receiver in self.receivers.items()}

    def _configuration(self, way_format):
        lines = ["sinks:"]
        for name in FORMATS:
            lines.append(f"  - {{type: file, path: {self.folder}/findings.{name}, format: {name}, "
                         "hours: 0, max_bytes: 0, sync: false}")
        for way, receiver in self.receivers.items():
            tls = f", ca: {self.folder}/server.pem" if way == "tls" else ""
            lines.append(f"  - {{type: syslog, url: '{way}://localhost:{receiver.port}', "
                         f"format: {way_format}, max_message: 32768{tls}}}")
        return "\n".join(lines) + "\n"

    def lines(self, name):
        data = (self.folder / f"findings.{name}").read_bytes()
        return data.decode().splitlines() if data else []

    def everything(self):
        """All bytes that left, wherever they went."""
        yield from (path.read_bytes() for path in self.folder.glob("findings.*"))
        yield from (b"\n".join(messages) for messages in self.messages.values())
        yield self.answer.out + self.answer.err.encode()


# --- checks --------------------------------------------------------------------------------------


def without_sequence(finding):
    """The journal numbers findings by itself."""
    return {name: value for name, value in finding.items() if name != "event.sequence"}


def check_ecs(report, run):
    found = [program.flat(json.loads(line)) for line in run.lines("ecs")]
    report.check([without_sequence(one) for one in found] ==
                 [without_sequence(one) for one in run.answer.findings], "ECS: other findings")
    report.check([one["event.sequence"] for one in found] == list(range(1, len(found) + 1)),
                 "ECS: the sequence has holes")
    return found


def check_ocsf(report, run, findings):
    events = [json.loads(line) for line in run.lines("ocsf")]
    report.check(len(events) == len(findings), f"OCSF: {len(events)} of {len(findings)}")
    for event, finding in zip(events, findings):
        wrong = list(ocsf.complaints(event))
        report.check(not wrong, f"OCSF: {wrong} in {json.dumps(event)[:600]}")
        report.check(event["metadata"]["uid"] == finding["event.id"], "OCSF: another event")
        check_values(report, "OCSF", all_values(event), finding)


def all_values(value):
    if isinstance(value, dict):
        return set().union(*map(all_values, value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*map(all_values, value)) if value else set()
    return {str(value)}


def check_values(report, label, values, finding):
    """Nothing that people look for may get lost on the way."""
    for name in ("user.name", "device.id", "source.ip", "destination.ip", "basictap.mechanism",
                 "basictap.family", "basictap.certainty", "basictap.switch", "event.reason"):
        report.check(str(finding.get(name, "")) in values | {""}, f"{label}: {name} is lost")


def check_cef(report, run, findings):
    lines = run.lines("cef")
    report.check(len(lines) == len(findings), f"CEF: {len(lines)} of {len(findings)}")
    for line, finding in zip(lines, findings):
        try:
            header, pairs = cef.parse(line)
            wrong = list(cef.complaints(header, pairs))
        except ValueError as error:
            header, pairs, wrong = {}, {}, [error]
        report.check(not wrong, f"CEF: {wrong} in {line}")
        report.check(pairs.get("externalId") == finding["event.id"], "CEF: another event")
        check_values(report, "CEF", set(pairs.values()), finding)


def check_syslog(report, run, findings):
    wanted = {finding["event.id"]: (finding, line)
              for finding, line in zip(findings, run.lines("ecs"))}
    for way, messages in run.messages.items():
        # Datagrams may get lost, on a busy machine on the loopback too.
        report.check(len(findings) / 2 < len(messages) <= len(findings) if way == "udp"
                     else len(messages) == len(findings),
                     f"{way}: {len(messages)} of {len(findings)}")
        for message in messages:
            check_message(report, way, message, wanted)


def check_message(report, way, message, wanted):
    parts = MESSAGE.fullmatch(message)
    if not report.check(parts is not None, f"{way}: not RFC 5424: {message[:300]}"):
        return
    finding, line = wanted[json.loads(parts[7])["event"]["id"]]
    report.check(parts[7] == line.encode(), f"{way}: another document")
    report.check(parts[2].decode() == finding["@timestamp"], f"{way}: another time")
    report.check(parts[4] == b"basictap" and parts[5].decode() == finding["basictap.kind"],
                 f"{way}: {message[:200]}")


def check_formats(report, executable, folder, captures):
    run = Run(executable, folder / "formats", captures)
    report.check(run.answer.status == 0, f"exit status {run.answer.status}: {run.answer.err}")
    findings = check_ecs(report, run)
    kinds = {finding["basictap.kind"] for finding in findings}
    report.check(kinds == {"auth", "tls", "alert"}, f"only {kinds} were seen")
    check_ocsf(report, run, findings)
    check_cef(report, run, findings)
    check_syslog(report, run, findings)
    again = Run(executable, folder / "again", captures)
    for name in FORMATS:
        report.check(run.lines(name) == again.lines(name), f"{name}: other bytes the second time")
    for way in ("tcp", "tls"):
        report.check(run.messages[way] == again.messages[way],
                     f"{way}: other messages the second time")


def check_secrets(report, executable, folder, maker):
    """A large capture of logins, one of odd and broken ones; each attempt by itself."""
    made, _ = bench.make(maker, folder, *bench.KINDS[1])
    odd = folder / "planted.pcapng"
    odd.write_bytes(capture.pcapng(bench.planted_capture()))
    for number, (path, way_format) in enumerate(((odd, "ecs"), (odd, "cef"), (odd, "structured"),
                                                 (odd, "ocsf"), (made, "cef"))):
        run = Run(executable, folder / f"secrets-{number}", [path], ["--each"], way_format)
        report.check(len(run.lines("ecs")) > 8, f"{path.name}: hardly a finding")
        for data in run.everything():
            bench.check_silent(report, f"{path.name}, {way_format}", data)


def main(executable, maker):
    if shutil.which("openssl") is None:
        program.skip("no openssl")
    report = program.Report()
    captures = sorted(program.ROOT.glob("pcaps/*/*/input.pcapng"))
    with tempfile.TemporaryDirectory() as name:
        check_formats(report, executable, Path(name), captures)
        check_secrets(report, executable, Path(name), maker)
    report.end()


if __name__ == "__main__":
    main(*sys.argv[1:])

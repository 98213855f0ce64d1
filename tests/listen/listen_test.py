#!/usr/bin/env python3
"""basictap listen on a mirrored interface: real clients, a real Redis, in network namespaces.

Usage: listen_test.py PROGRAM   (needs root, ip, tc, sysctl, curl and redis-server)
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import network  # noqa: E402
import program  # noqa: E402

REDIS_PORT = 6390
PATIENCE = 2.0  # seconds within which a login must be everywhere
UPLOAD = 4 << 20
FLOOD_SECONDS = 1.5

SNIFF = """
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind(("watch0", 0)); s.settimeout(3); most = 0
print("ready", flush=True)
try:
    while most < 60000: most = max(most, len(s.recv(1 << 17)))
except TimeoutError: pass
print(most, flush=True)
"""

FLOOD = """
import socket, sys, time
s = socket.create_connection((sys.argv[1], 9)); end = time.time() + float(sys.argv[2])
block = b"x" * (1 << 20)
while time.time() < end: s.sendall(block)
"""


# --- the parts -----------------------------------------------------------------------------------


class Sensor:
    """A running basictap listen; what it prints is kept with the time at which it came."""

    def __init__(self, executable, net, folder):
        config = folder / "listen.yml"
        config.write_text("capture:\n  buffer_mib: 2\n")
        self.process = net.start(net.sensor, executable, "listen", "-i", net.WATCH, "--config",
                                 config, "--store", folder / "journal.db", "--redis", f"redis://127.0.0.1:{REDIS_PORT}",
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0)
        self.lines = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.decode(errors="replace").rstrip())

    def said(self, pattern, since=0):
        return [line for line in self.lines[since:] if re.search(pattern, line)]

    def end(self, number):
        self.process.send_signal(number)
        status = self.process.wait(10)
        self.reader.join(5)
        return status


class Redis:
    def __init__(self, net, folder):
        self.net = net
        self.process = net.start(net.sensor, "redis-server", "--port", REDIS_PORT, "--bind",
                                 "127.0.0.1", "--save", "", "--dir", folder,
                                 stdout=subprocess.DEVNULL)

    def ask(self, *words):
        command = self.net.inside(self.net.sensor, "redis-cli", "-p", REDIS_PORT, *words)
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    def findings(self):
        """The JSON documents of the findings stream."""
        reply = self.ask("--json", "xrange", "basictap:v1:findings", "-", "+")
        entries = json.loads(reply) if reply.strip() else []
        fields = [dict(zip(pairs[::2], pairs[1::2])) for _, pairs in entries or []]
        return [program.flat(json.loads(field["json"])) for field in fields]

    def has(self, user):
        return any(finding.get("user.name") == user for finding in self.findings())


def wait_until(condition, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def start_servers(net):
    process = net.start(net.server, sys.executable, HERE / "servers.py", net.SERVER,
                        stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    return process


# --- the clients ---------------------------------------------------------------------------------


def curl(net, user, url, *options):
    net.run(net.client, "curl", "-sS", "--max-time", "10", "-o", "/dev/null", "-u",
            f"{user}:{secret()}", *options, url)


def secret():
    return "PLANTED-7f3a9c"


def python(net, code):
    net.run(net.client, sys.executable, "-c", code)


def check_login(report, sensor, redis, user, log_in):
    """A login is in Redis, and printed, within the time."""
    begun = time.monotonic()
    log_in(user)
    done = time.monotonic()
    found = wait_until(lambda: redis.has(user), PATIENCE - (time.monotonic() - done))
    print(f"{user}: {'in Redis' if found else 'NOT in Redis'} {time.monotonic() - begun:.2f} s "
          f"after its client began")
    report.check(found, f"{user} is not in Redis after {PATIENCE} s")
    report.check(wait_until(lambda: sensor.said(user), 1), f"{user} was not printed as it came")


def check_clients(report, net, sensor, redis):
    server = net.SERVER
    logins = {
        "curl-imap": lambda user: curl(net, user, f"imap://{server}/INBOX"),
        "curl-pop": lambda user: curl(net, user, f"pop3://{server}/"),
        "curl-ews": lambda user: curl(net, user, f"http://{server}/EWS/Exchange.asmx"),
        "curl-smtp": lambda user: curl(net, user, f"smtp://{server}", "--mail-from",
                                       "a@contoso.com", "--mail-rcpt", "b@contoso.com", "-T",
                                       "/dev/null"),
        "imaplib": lambda user: python(net, f"import imaplib; c = imaplib.IMAP4('{server}'); "
                                            f"c.login('{user}', '{secret()}'); c.logout()"),
    }
    for user, log_in in logins.items():
        check_login(report, sensor, redis, user, log_in)
    for finding in redis.findings():
        if finding.get("user.name") in logins:
            report.check(finding["basictap.family"] == "basic" and
                         finding["event.reason"] == "accepted" and
                         finding["source.ip"] == net.CLIENT, f"{finding}")


# --- the checks ----------------------------------------------------------------------------------


def check_offload(report, net, sensor, redis, folder):
    """Frames of up to 64 KiB: a login that follows 4 MiB in the same connection is found."""
    body = folder / "body"
    body.write_bytes(b"x" * UPLOAD)
    sniffer = net.start(net.sensor, sys.executable, "-c", SNIFF, stdout=subprocess.PIPE, text=True)
    sniffer.stdout.readline()
    url = f"http://{net.SERVER}/EWS/Exchange.asmx"

    def upload(user):
        net.run(net.client, "curl", "-sS", "--max-time", "10", "-o", "/dev/null", "-T", body, "-u",
                f"before-{user}:{secret()}", "-H", "Expect:", url, "--next", "-sS", "-o",
                "/dev/null", "-u", f"{user}:{secret()}", url)

    check_login(report, sensor, redis, "after-megabytes", upload)
    most = int(sniffer.communicate(timeout=10)[0])
    print(f"largest mirrored frame: {most} bytes")
    report.check(most > 60000, f"no large frames were mirrored, {most} at most: nothing tested")


def check_interface(report, net, sensor, redis):
    """The interface goes down and comes back."""
    net.set_watch("down")
    report.check(wait_until(lambda: sensor.said("is down"), 3), "not told that it is down")
    net.set_watch("up")
    report.check(wait_until(lambda: sensor.said("is back"), 3), "not told that it is back")
    check_login(report, sensor, redis, "after-the-gap",
                lambda user: curl(net, user, f"pop3://{net.SERVER}/"))


def check_drops(report, net, sensor):
    """What the kernel drops while the sensor sleeps is shown."""
    sensor.process.send_signal(signal.SIGSTOP)
    python_flood = net.inside(net.client, sys.executable, "-c", FLOOD, net.SERVER, FLOOD_SECONDS)
    subprocess.run(python_flood, check=True)
    sensor.process.send_signal(signal.SIGCONT)
    lines = ask_for_table(report, sensor)
    drops = [line for line in lines if re.search(r"drop", line, re.IGNORECASE)]
    counts = [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", " ".join(drops))]
    print(f"drops: {drops}")
    report.check(any(count > 0 for count in counts), f"no drops are shown: {drops}")


def ask_for_table(report, sensor):
    """SIGUSR1 prints the table so far."""
    since = len(sensor.lines)
    sensor.process.send_signal(signal.SIGUSR1)
    done = wait_until(lambda: sensor.said("drop", since), 5)
    report.check(done, "no table after SIGUSR1")
    lines = sensor.lines[since:]
    report.check(any("curl-imap" in line for line in lines), "the table lacks a user")
    return lines


def check_end(report, sensor, number):
    since = len(sensor.lines)
    begun = time.monotonic()
    status = sensor.end(number)
    name = signal.Signals(number).name
    report.check(status == 0, f"exit status {status} after {name}: {sensor.lines[-5:]}")
    report.check(time.monotonic() - begun < 3, f"took {time.monotonic() - begun:.1f} s to end")
    return sensor.lines[since:]


def check_silence(report, sensor, redis):
    """No password was printed, and none is in Redis."""
    report.check(not sensor.said(secret()), "a password was printed")
    for key in redis.ask("keys", "*").split():
        for command in (["xrange", key, "-", "+"], ["hgetall", key], ["zrange", key, "0", "-1"]):
            report.check(secret() not in redis.ask(*command), f"a password is in Redis: {key}")
        report.check(secret() not in key, f"a password is a key in Redis: {key}")


def listening(executable, net, folder):
    sensor = Sensor(executable, net, folder)
    if not wait_until(lambda: sensor.said("listening on"), 10):
        raise RuntimeError(f"does not listen: {sensor.lines}")
    return sensor


def check_all(report, executable, net, folder):
    redis = Redis(net, folder)
    with network.stopping(redis.process), network.stopping(start_servers(net)):
        assert wait_until(lambda: "PONG" in redis.ask("ping"), 5)
        sensor = listening(executable, net, folder)
        with network.stopping(sensor.process):
            check_clients(report, net, sensor, redis)
            check_offload(report, net, sensor, redis, folder)
            check_interface(report, net, sensor, redis)
            check_drops(report, net, sensor)
            lines = check_end(report, sensor, signal.SIGINT)
            report.check(any("curl-imap" in line for line in lines), "no table at the end")
            check_silence(report, sensor, redis)
        sensor = listening(executable, net, folder)
        with network.stopping(sensor.process):
            check_end(report, sensor, signal.SIGTERM)


def main(executable):
    if os.geteuid() != 0:
        program.skip("not root")
    for tool in ("ip", "tc", "sysctl", "curl", "redis-server", "redis-cli"):
        if not shutil.which(tool):
            program.skip(f"{tool} is missing")
    report = program.Report()
    with tempfile.TemporaryDirectory() as folder, network.lan() as net:
        os.chmod(folder, 0o755)
        check_all(report, executable, net, Path(folder))
    report.end()


if __name__ == "__main__":
    main(sys.argv[1])

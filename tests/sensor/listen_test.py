"""listen on a mirrored interface without an address, in a network namespace of its own:
listen_test.py PROGRAM RULES_DIRECTORY. Skipped where a namespace may not be made."""
import json
import os
import pathlib
import pwd
import queue
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import frames

PROGRAM, RULES = sys.argv[1], sys.argv[2]
PASSWORD = "planted-Pa55word"
INSIDE = "BASICTAP_TEST_NAMESPACE"
SKIPPED = 77
TAP, WIRE = "tap0", "wire0"
START_S = 60  # sanitized programs on a busy machine start slowly
SOON_S = 2  # what the sensor promises


def enter_namespace():
    """Starts this program again in a namespace; comes back only inside of it."""
    if os.environ.get(INSIDE):
        return
    unshare = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-r", "-n"]
    if shutil.which("ip") is None or subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode:
        print("SKIP: no network namespace can be made here")
        sys.exit(SKIPPED)
    os.environ[INSIDE] = "yes"
    os.execvp(unshare[0], [*unshare, sys.executable, *sys.argv])


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def key_line(octet):
    return f"CLIENT_RANDOM {octet * 32} {'5e' * 48}\n"


class Lines:
    """The lines of a stream, as they come."""

    def __init__(self, stream):
        self.seen = []
        self.queue = queue.Queue()
        threading.Thread(target=self.read, args=(stream,), daemon=True).start()

    def read(self, stream):
        for line in stream:
            self.queue.put(line.decode())
        self.queue.put(None)

    def wait(self, part, seconds):
        """The first line from now on that holds part; fails when it does not come in time."""
        until = time.monotonic() + seconds
        while True:
            try:
                line = self.queue.get(timeout=max(0.01, until - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                raise AssertionError(f"no {part!r} within {seconds} s; seen: {self.seen}")
            self.seen.append(line)
            if part in line:
                return line

    def rest(self):
        while (line := self.queue.get(timeout=START_S)) is not None:
            self.seen.append(line)
        return "".join(self.seen)


class Listen(unittest.TestCase):
    def setUp(self):
        ip("link", "add", TAP, "type", "veth", "peer", "name", WIRE)
        self.addCleanup(ip, "link", "delete", TAP)
        for name in (TAP, WIRE):
            ip("link", "set", name, "up")
        self.wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.addCleanup(self.wire.close)
        self.wire.bind((WIRE, 0))
        folder = tempfile.TemporaryDirectory(prefix="basictap-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def start(self, *arguments, **more):
        self.process = subprocess.Popen(
            [PROGRAM, "listen", "-i", TAP, "--rules", RULES, "--name", "test",
             "--store", self.folder / "journal.db", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **more})
        self.addCleanup(self.stop)
        self.out, self.err = Lines(self.process.stdout), Lines(self.process.stderr)
        self.err.wait(f"listening on {TAP}", START_S)

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    def end(self):
        """Ends the program and gives what it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(START_S), 0)
        return time.monotonic() - began

    def login(self, user, port=40000):
        for frame in frames.imap_login(user, PASSWORD, port):
            self.wire.send(frame)

    def test_a_login_is_told_at_once_and_answered_at_the_end(self):
        self.start()
        self.login("bob")
        self.out.wait("bob", SOON_S)
        self.process.send_signal(signal.SIGUSR1)
        self.out.wait("bob", SOON_S)
        self.login("eve", 40001)
        self.out.wait("eve", SOON_S)
        self.assertLess(self.end(), 1)
        told = self.out.rest() + self.err.rest()
        self.assertNotIn(PASSWORD, told)

    def test_json_lines_come_at_once(self):
        self.start("--format", "ecs")
        self.login("bob")
        record = json.loads(self.out.wait("bob", SOON_S))
        self.assertEqual(record["basictap"]["mechanism"], "imap-login")
        self.assertEqual(record["observer"]["name"], "test")
        self.assertLess(self.end(), 1)
        last = self.out.rest().splitlines()[-1]
        self.assertEqual(json.loads(last)["event"]["dataset"], "basictap.coverage")

    def test_an_interface_that_goes_down_and_comes_back_is_survived(self):
        self.start()
        ip("link", "set", TAP, "down")
        self.err.wait("is down", START_S)
        ip("link", "set", TAP, "up")
        self.err.wait("is back", START_S)
        self.login("bob")
        self.out.wait("bob", SOON_S)
        self.assertLess(self.end(), 1)

    def test_an_interface_that_is_made_anew_is_found(self):
        self.start()
        ip("link", "delete", TAP)
        self.err.wait("is down", START_S)
        ip("link", "add", TAP, "type", "veth", "peer", "name", WIRE)
        for name in (TAP, WIRE):
            ip("link", "set", name, "up")
        self.err.wait("is back", START_S)
        self.wire.bind((WIRE, 0))
        self.login("bob")
        self.out.wait("bob", SOON_S)
        self.assertLess(self.end(), 1)

    def test_only_the_right_to_listen_is_kept(self):
        self.start()
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        values = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        net_raw = 1 << 13
        self.assertEqual(int(values["CapEff"], 16), net_raw)
        self.assertEqual(int(values["CapPrm"], 16), net_raw)
        self.assertEqual(values["NoNewPrivs"], "1")
        self.end()

    def test_a_key_log_that_only_root_may_read_is_followed_by_whom_listen_becomes(self):
        if "4294967295" not in pathlib.Path("/proc/self/uid_map").read_text():
            self.skipTest("nobody else to become here")
        keys = self.folder / "fleet.keys"
        keys.write_text(key_line("a1"))
        keys.chmod(0o600)
        config = self.folder / "tap.yml"
        config.write_text(f"user: nobody\ntls:\n  keylog: [{keys}]\n")
        self.start("--config", str(config), "--format", "ecs")
        self.assertEqual(self.sessions_with_keys(), 1)
        with keys.open("a") as log: # grows, and is never opened again
            log.write(key_line("b2"))
        self.wait_for_sessions(2)
        (self.folder / "next").write_text(key_line("c3"))
        (self.folder / "next").chmod(0o600)
        (self.folder / "next").rename(keys) # nobody may open that one
        self.err.wait("fleet.keys: Permission denied; the key log was replaced", START_S)
        self.assertLess(self.end(), 1)
        self.assertNotIn("5e5e5e5e", self.out.rest() + self.err.rest())

    def sessions_with_keys(self):
        self.process.send_signal(signal.SIGUSR1)
        line = self.out.wait("basictap.coverage", START_S)
        return json.loads(line)["basictap"]["coverage"]["keys"]["sessions"]

    def wait_for_sessions(self, num):
        until = time.monotonic() + START_S
        while (found := self.sessions_with_keys()) != num:
            self.assertLess(time.monotonic(), until, f"{found} sessions, not {num}")
            time.sleep(0.2)

    def test_an_interface_that_does_not_exist_is_told(self):
        done = subprocess.run([PROGRAM, "listen", "-i", "none0", "--rules", RULES],
                              capture_output=True, timeout=START_S, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"none0", done.stderr)

    def test_files_that_were_moved_away_are_begun_anew_on_sighup(self):
        lines = self.folder / "findings.cef"
        moved = self.folder / "moved.cef"
        config = self.folder / "tap.yml"
        config.write_text(f"sinks:\n  - {{type: file, path: {lines}, format: cef}}\n")
        self.start("--config", str(config))
        self.login("bob")
        self.wait_for_text(lines, "duser=bob", SOON_S)
        lines.rename(moved)
        self.process.send_signal(signal.SIGHUP)
        time.sleep(1.5)  # the sink's thread looks once a second
        self.login("eve", 40001)
        self.wait_for_text(lines, "duser=eve", SOON_S)
        self.assertLess(self.end(), 1)
        self.assertNotIn("eve", moved.read_text())
        self.assertNotIn(PASSWORD, moved.read_text() + lines.read_text())

    def test_files_belong_to_whom_listen_becomes_also_when_findings_waited(self):
        if "4294967295" not in pathlib.Path("/proc/self/uid_map").read_text():
            self.skipTest("nobody else to become here")
        self.start()  # a first run, as root, leaves findings in the journal
        self.login("bob")
        self.out.wait("bob", SOON_S)
        self.end()
        self.stop()
        nobody = pwd.getpwnam("nobody")
        for path in (self.folder, *self.folder.iterdir()):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
        lines = self.folder / "findings.cef"
        config = self.folder / "tap.yml"
        config.write_text(f"user: nobody\nsinks:\n  - {{type: file, path: {lines}, format: cef}}\n")
        self.start("--config", str(config))
        self.wait_for_text(lines, "duser=bob", START_S)
        self.assertEqual(lines.stat().st_uid, nobody.pw_uid)
        self.assertLess(self.end(), 1)

    def wait_for_text(self, path, text, seconds):
        until = time.monotonic() + seconds
        while not path.exists() or text not in path.read_text():
            self.assertLess(time.monotonic(), until, f"no {text} in {path}")
            time.sleep(0.05)

    @unittest.skipIf(shutil.which("redis-server") is None, "redis-server is not installed")
    def test_a_login_is_in_redis_within_two_seconds(self):
        place = self.folder / "redis.sock"
        server = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", str(place), "--save", "",
                                   "--appendonly", "no", "--dir", str(self.folder), "--requirepass", "sesame"],
                                  stdout=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)

        def redis(*words):
            done = subprocess.run(["redis-cli", "-s", str(place), "--no-auth-warning", "-a", "sesame", *words],
                                  capture_output=True, check=False)
            return done.stdout.decode()

        while "PONG" not in redis("PING"):
            time.sleep(0.1)
        self.start("--redis", f"unix://{place}", BASICTAP_REDIS_PASSWORD="sesame")
        self.login("bob")
        until = time.monotonic() + SOON_S
        while redis("XLEN", "basictap:v1:findings").strip() in ("", "0") and time.monotonic() < until:
            time.sleep(0.05)
        found = redis("XRANGE", "basictap:v1:findings", "-", "+")
        self.assertIn("bob", found)
        self.assertNotIn(PASSWORD, found)
        time.sleep(5.5)  # a sign of life comes every five seconds
        self.assertNotEqual(redis("HLEN", "basictap:v1:sensor:test").strip(), "0")
        self.assertLess(self.end(), 1)


if __name__ == "__main__":
    enter_namespace()
    unittest.main(argv=sys.argv[:1], verbosity=2)

"""What the program leaves in a Redis of its own.

Usage: redis_test.py PROGRAM RULES_DIRECTORY
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import frames

PROGRAM, RULES = sys.argv[1:3]
PASSWORD = "planted-Pa55word"
SECRET = "sesame-of-redis"
TIMEOUT_S = 120


class Redis(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="basictap-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.socket = self.folder / "redis.sock"
        self.server = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", str(self.socket), "--save", "", "--appendonly", "yes",
             "--dir", str(self.folder), "--logfile", "log", "--slowlog-log-slower-than", "0",
             "--requirepass", SECRET], stdout=subprocess.DEVNULL)
        self.addCleanup(self.server.wait)
        self.addCleanup(self.server.terminate)
        while "PONG" not in self.ask("PING"):
            time.sleep(0.1)

    def ask(self, *words):
        done = subprocess.run(["redis-cli", "-s", str(self.socket), "--no-auth-warning", "-a", SECRET, *words],
                              capture_output=True, check=False)
        return done.stdout.decode().rstrip("\n")

    def replay(self, *files, more=()):
        configuration = self.folder / "basictap.yml"
        configuration.write_text("redis:\n  list: true\n  live: true\n")
        done = subprocess.run(
            [PROGRAM, "replay", "--rules", RULES, "--config", str(configuration),
             "--redis", f"unix://{self.socket}", *more, *map(str, files)],
            capture_output=True, timeout=TIMEOUT_S, env={**os.environ, "BASICTAP_REDIS_PASSWORD": SECRET}, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def login(self, user, port):
        path = self.folder / f"{user}.pcap"
        path.write_bytes(frames.pcap(frames.imap_login(user, PASSWORD, port)))
        return path

    def test_a_capture_that_is_replayed_again_adds_nothing(self):
        files = self.login("bob", 40000), self.login("zoe", 40001)
        self.replay(*files)
        keys = ("XLEN findings", "LLEN findings:list", "ZCARD seen", "ZCARD devices")
        before = [self.ask(*f"{key}".replace(" ", " basictap:v1:").split()) for key in keys]
        self.assertEqual(before[0], "2")
        self.replay(*files)
        self.assertEqual([self.ask(*f"{key}".replace(" ", " basictap:v1:").split()) for key in keys], before)

    def test_a_planted_password_is_nowhere(self):
        done = self.replay(self.login("bob", 40000), more=("--store", str(self.folder / "journal.db")))
        self.assertIn("bob", self.ask("XRANGE", "basictap:v1:findings", "-", "+"))
        for secret in (PASSWORD, SECRET):
            self.assertNotIn(secret.encode(), done.stdout + done.stderr)
            self.assertNotIn(secret, self.ask("SLOWLOG", "GET", "-1"))
            for path in self.folder.rglob("*"):
                if path.is_file() and path.suffix != ".pcap":
                    self.assertNotIn(secret.encode(), path.read_bytes(), path)


if __name__ == "__main__":
    if shutil.which("redis-server") is None:
        print("redis-server is not installed")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1], verbosity=2)

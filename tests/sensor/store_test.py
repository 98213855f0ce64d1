"""What the journal keeps, whatever happens to the sensor and its disk.

Usage: store_test.py PROGRAM RULES_DIRECTORY MAKER

MAKER makes captures (tests/bench). BASICTAP_KILLS says how often a replay is killed (5).
"""
import collections
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import frames

PROGRAM, RULES, MAKER = sys.argv[1:4]
KILLS = int(os.environ.get("BASICTAP_KILLS", "5"))
PASSWORD = "planted-Pa55word"
TIMEOUT_S = 120  # of one run; sanitized programs on a busy machine are slow


def run(*arguments, status=0, data=b"", **more):
    done = subprocess.run([PROGRAM, *map(str, arguments)], input=data, capture_output=True,
                          timeout=TIMEOUT_S, env={**os.environ, **more}, check=False)
    if done.returncode != status:
        raise AssertionError(f"{arguments}: {done.returncode}, not {status}: {done.stderr}")
    return done


class Store(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="basictap-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.store = self.folder / "journal.db"

    def login(self, user="bob", port=40000):
        path = self.folder / f"{user}.pcap"
        path.write_bytes(frames.pcap(frames.imap_login(user, PASSWORD, port)))
        return path

    def replay(self, *arguments, **more):
        return run("replay", "--rules", RULES, *arguments, **more)

    def findings(self, store=None):
        """The event.ids in the order of their numbers, which must ascend."""
        lines = run("report", "--format", "ecs", "--store", store or self.store).stdout.splitlines()
        events = [json.loads(line)["event"] for line in lines]
        numbers = [event["sequence"] for event in events]
        self.assertEqual(numbers, sorted(set(numbers)))
        return [event["id"] for event in events]

    def table(self, store=None):
        return run("report", "--store", store or self.store).stdout

    # ---- what it is good for ----

    def test_a_report_says_what_the_replays_said(self):
        first = self.replay("--store", self.store, self.login("bob"))
        second = self.replay("--store", self.store, self.login("zoe", 40001))
        self.assertIn(b"bob", first.stdout)
        self.assertIn(b"zoe", second.stdout)
        self.assertNotIn(b"bob", second.stdout)
        self.assertEqual(self.store.stat().st_mode & 0o777, 0o600)
        whole = self.replay(self.folder / "bob.pcap", self.folder / "zoe.pcap").stdout
        self.assertEqual(self.table().split(b"\nFrom the journal")[0].rstrip(),
                         whole.split(b"\nWhat this answer rests on")[0].rstrip())

    def test_a_file_that_is_replayed_again_changes_nothing(self):
        self.replay("--store", self.store, self.login())
        before = self.table()
        again = self.replay("--store", self.store, self.login())
        self.assertIn(b"1 repeats", again.stdout)
        self.assertEqual(self.table(), before)
        self.assertEqual(len(self.findings()), 1)

    def test_no_password_is_in_the_journal(self):
        sensor = subprocess.Popen([PROGRAM, "replay", "--rules", RULES, "--each", "--store", self.store,
                                   "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        sensor.stdin.write(frames.pcap(frames.imap_login("bob", PASSWORD)) + b"\0" * 8)
        sensor.stdin.flush()
        log = pathlib.Path(f"{self.store}-wal")
        until = time.monotonic() + TIMEOUT_S
        while not (log.exists() and b"bob" in log.read_bytes()):
            self.assertLess(time.monotonic(), until, "the finding is not in the log")
            time.sleep(0.05)
        sensor.kill()  # so that the log stays
        sensor.wait()
        sensor.stdin.close()
        for path in self.folder.glob("journal.db*"):
            self.assertNotIn(PASSWORD.encode(), path.read_bytes(), path)
        self.assertEqual(len(self.findings()), 1)

    def test_what_is_no_journal_is_told(self):
        done = run("report", "--store", self.folder / "none.db", status=2)
        self.assertIn(b"No such file", done.stderr)
        capture = self.login()
        before = capture.read_bytes()
        done = self.replay("--store", capture, capture, status=2)
        self.assertIn(b"both read and written", done.stderr)
        self.assertEqual(capture.read_bytes(), before)
        done = self.replay("--store", self.folder / "no" / "folder.db", capture, status=2)
        self.assertIn(b"No such file", done.stderr)

    def test_a_damaged_journal_is_set_aside_and_told(self):
        self.replay("--store", self.store, self.login())
        damaged = b"x" * 5000
        self.store.write_bytes(damaged)
        done = self.replay("--store", self.store, self.login())
        aside = self.folder / "journal.db.damaged-1"
        self.assertIn(f"it is kept as {aside}".encode(), done.stderr)
        self.assertEqual(aside.read_bytes(), damaged)
        self.assertEqual(len(self.findings()), 1)

    # ---- the end that comes at any moment ----

    def make_capture(self):
        capture = self.folder / "logins.pcap"
        subprocess.run([MAKER, "--profile", "logins", "--sessions", "2000", "--seed", "11", "--out",
                        capture], check=True, capture_output=True)
        return capture

    def check_kills(self, *options):
        """A replay that is killed, or asked to end, time and again, and then runs to its end, leaves
        what one leaves that was never stopped."""
        capture = self.make_capture()
        config = self.folder / "few-windows.yml"
        config.write_text("devices:\n  max_windows: 100\n")  # or all would be told at the end
        command = ["replay", "--quiet", "--rules", RULES, "--config", config, *options]
        whole = self.folder / "whole.db"
        begun = time.monotonic()
        run(*command, "--store", whole, capture)
        took = time.monotonic() - begun
        chance = random.Random(5)
        killed = 0
        for _ in range(4 * KILLS):  # some are over before
            begun = time.monotonic()
            sensor = subprocess.Popen([PROGRAM, *map(str, command), "--store", self.store, capture],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            time.sleep(chance.uniform(0.1, 0.9) * took)
            sensor.send_signal(chance.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM)))
            if sensor.wait() in (-signal.SIGKILL, 128 + signal.SIGTERM):
                killed += 1
            else:
                took = min(took, time.monotonic() - begun)  # the machine is less busy than before
            sensor.stderr.close()
            if killed == KILLS:
                break
        self.assertEqual(killed, KILLS, "the runs were over before they were killed")
        self.assertGreater(len(self.findings()), 0, "every run was killed before it wrote anything")
        done = run(*command, "--store", self.store, capture)
        self.assertNotIn(b"damaged", done.stderr)
        self.assertEqual(collections.Counter(self.findings()),
                         collections.Counter(self.findings(whole)))
        self.assertGreater(len(self.findings(whole)), 1500)
        self.assertEqual(self.table(), self.table(whole))

    def test_a_killed_sensor_loses_and_doubles_nothing_of_each_attempt(self):
        self.check_kills("--each")

    def test_a_killed_sensor_loses_and_doubles_nothing_that_is_merged(self):
        self.check_kills()

    # ---- the disk ----

    def mount(self, size):
        """A small disk of its own, or the test is skipped."""
        disk = self.folder / "disk"
        disk.mkdir()
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "basictap",
                                                disk], capture_output=True, check=False).returncode:
            self.skipTest("no right to mount")
        self.addCleanup(subprocess.run, ["umount", "--lazy", disk], check=False)
        return disk

    def feed(self, *arguments):
        with (self.folder / "err").open("wb") as err:
            sensor = subprocess.Popen([PROGRAM, "replay", "--each", "--rules", RULES,
                                       *map(str, arguments), "-"], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, stderr=err)
        self.addCleanup(sensor.stdout.close)
        self.addCleanup(sensor.kill)
        return sensor

    def wait_for_words(self, words):
        until = time.monotonic() + TIMEOUT_S
        while words not in (self.folder / "err").read_bytes():
            self.assertLess(time.monotonic(), until, (self.folder / "err").read_bytes())
            time.sleep(0.05)

    def test_a_disk_that_fills_and_empties_costs_nothing(self):
        disk = self.mount("16m")
        capture = self.make_capture().read_bytes()
        sensor = self.feed("--store", disk / "journal.db")
        filler = disk / "filler"
        sensor.stdin.write(capture[:1 << 20])
        sensor.stdin.flush()
        with filler.open("wb") as file:
            try:
                while True:
                    os.write(file.fileno(), b"\0" * 4096)
            except OSError:
                pass
        sensor.stdin.write(capture[1 << 20:])
        sensor.stdin.flush()
        self.wait_for_words(b"findings wait in memory")
        filler.unlink()
        self.wait_for_words(b"is written again")
        out = sensor.communicate(timeout=TIMEOUT_S)[0]
        self.assertEqual(sensor.returncode, 0)
        self.assertIn(b"failures", out)
        whole = self.folder / "whole.db"
        self.replay("--each", "--store", whole, "-", data=capture)
        self.assertEqual(self.findings(disk / "journal.db"), self.findings(whole))

    def test_a_disk_that_cannot_be_written_costs_no_answer(self):
        disk = self.mount("3m")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        done = self.replay("--store", disk / "journal.db", self.login(), status=1)
        self.assertIn(b"bob", done.stdout)
        self.assertIn(b"Read-only file system", done.stderr)
        self.assertIn(b"1 records could not be delivered", done.stderr)
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
        self.replay("--store", disk / "journal.db", self.login())
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        done = self.replay("--store", disk / "journal.db", self.login("zoe", 40001), status=1)
        self.assertIn(b"zoe", done.stdout)
        self.assertIn(b"findings wait in memory", done.stderr)

    # ---- the receiver ----

    @unittest.skipIf(shutil.which("redis-server") is None, "redis-server is not installed")
    def test_what_redis_does_not_have_is_sent_by_the_next_run(self):
        place = self.folder / "redis.sock"
        url = f"unix://{place}"
        done = self.replay("--store", self.store, "--redis", url, self.login("bob"))
        self.assertIn(b"1 records wait in the journal for the next run", done.stderr)
        server = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", place, "--save", "",
                                   "--dir", self.folder], stdout=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)

        def ask(*words):
            return subprocess.run(["redis-cli", "-s", place, *words], capture_output=True,
                                  check=False).stdout.strip()

        until = time.monotonic() + TIMEOUT_S
        while ask("PING") != b"PONG":
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)
        self.replay("--store", self.store, "--redis", url, self.login("zoe", 40001))
        found = ask("XRANGE", "basictap:v1:findings", "-", "+")
        self.assertEqual(ask("XLEN", "basictap:v1:findings"), b"2")
        self.assertLess(found.index(b"bob"), found.index(b"zoe"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])

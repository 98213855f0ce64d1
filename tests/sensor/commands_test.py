"""What the program says and how it exits: commands_test.py PROGRAM RULES_DIRECTORY."""
import json
import os
import pathlib
import pty
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import frames

PROGRAM, RULES = sys.argv[1], sys.argv[2]
PASSWORD = "planted-Pa55word"
LAB = pathlib.Path(__file__).resolve().parents[3] / "shared" / "lab" / "captures"
TIMEOUT_S = 60 # of one run; sanitized programs on a busy machine are slow


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BASICTAP_")}
    return {**kept, **more}


def run(*arguments, data=b"", **more):
    return subprocess.run([PROGRAM, *map(str, arguments)], input=data, capture_output=True,
                          timeout=TIMEOUT_S, env=environment(**more), check=False)


def key_log(octet):
    """A line for a session whose client random is that octet over and over."""
    return b"CLIENT_RANDOM " + octet.hex().encode() * 32 + b" " + b"5e" * 48 + b"\n"


class Commands(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="basictap-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.capture = self.write("good.pcap", frames.pcap(frames.imap_login("bob", PASSWORD)))

    def write(self, name, data):
        path = self.folder / name
        path.write_bytes(data)
        return path

    def replay(self, *arguments, **more):
        return run("replay", "--rules", RULES, *arguments, **more)

    def check_login(self, out, user=b"bob"):
        self.assertIn(user, out)
        self.assertIn(b"imap", out)
        self.assertNotIn(PASSWORD.encode(), out)

    # ---- usage ----

    def test_help_and_version_go_to_standard_output(self):
        for arguments in (["--help"], ["replay", "--help"], ["listen", "-h"],
                          ["shapes", "--help"], ["--version"]):
            done = run(*arguments)
            self.assertEqual(done.returncode, 0)
            self.assertIn(b"basictap", done.stdout)
            self.assertEqual(done.stderr, b"")

    def test_a_wrong_command_line_is_explained(self):
        for arguments, hint in ((["replay"], b"basictap replay --help"), ([], b"basictap --help"),
                                (["listen", "-z"], b"basictap listen --help")):
            done = run(*arguments)
            self.assertEqual(done.returncode, 2)
            self.assertEqual(done.stdout, b"")
            self.assertIn(hint, done.stderr)

    def test_a_wrong_configuration_is_told_with_line_and_column(self):
        config = self.write("bad.yml", b"flow:\n  maximum: 3\n")
        done = self.replay("--config", config, self.capture)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"bad.yml:2:3: unknown key 'flow.maximum'", done.stderr)

    def test_a_filter_that_does_not_compile_is_told(self):
        done = self.replay("--bpf", "no such filter", self.capture)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stdout, b"")

    # ---- shapes ----

    def test_shapes_says_of_captures_without_sessions_that_there_was_nothing_to_judge(self):
        self.write("other.pcapng.txt", b"")
        done = run("shapes", "--check", "--rules", RULES, self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, b"1 capture\n")
        self.assertEqual(done.stderr, b"")

    def test_shapes_tells_what_it_cannot_read(self):
        done = run("shapes", "--check", "--rules", RULES, self.folder / "absent")
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"absent: No such file or directory", done.stderr)
        self.capture.write_bytes(self.capture.read_bytes()[:-10])
        done = run("shapes", "--check", "--rules", RULES, self.folder)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, b"1 capture, 1 of them damaged\n")

    # ---- keys ----

    def test_a_key_file_that_is_not_there_is_told_by_name(self):
        for option in ("--keylog", "--rsa-key"):
            done = self.replay(option, self.folder / "absent.keys", self.capture)
            self.assertEqual(done.returncode, 2)
            self.assertEqual(done.stdout, b"")
            self.assertIn(b"absent.keys: No such file or directory", done.stderr)

    def test_a_file_that_is_no_rsa_key_stops_the_start(self):
        done = self.replay("--rsa-key", self.capture, self.capture)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"good.pcap: ", done.stderr)

    def test_keys_of_the_configuration_and_of_the_command_line_are_read_both(self):
        first = self.write("first.keys", key_log(b"\xa1"))
        second = self.write("second.keys", key_log(b"\xb2"))
        config = self.write("keys.yml", f"tls:\n  keylog: [{first}]\n".encode())
        done = self.replay("--format", "ecs", "--config", config, "--keylog", second, self.capture)
        self.assertEqual(done.returncode, 0)
        coverage = json.loads(done.stdout.splitlines()[-1])["basictap"]["coverage"]
        self.assertEqual(coverage["keys"]["sessions"], 2)

    def test_a_bad_line_of_a_key_log_is_told_by_its_place_once_and_counted(self):
        keys = self.write("odd.keys", key_log(b"\xa1") + b"CLIENT_RANDOM facade\n" * 3)
        done = self.replay("--format", "ecs", "--keylog", keys, self.capture)
        self.assertEqual(done.returncode, 0)
        self.check_login(done.stdout)
        self.assertEqual(done.stderr.count(b"odd.keys:2: not a line of a key log"), 1)
        self.assertEqual(done.stderr.count(b"not a line"), 1)
        self.assertNotIn(b"facade", done.stderr)
        coverage = json.loads(done.stdout.splitlines()[-1])["basictap"]["coverage"]
        self.assertEqual(coverage["keys"]["malformed"], 3)

    def test_no_key_material_is_in_what_is_said(self):
        """With keys that open a session, with keys that do not, and with lines that are none."""
        if not LAB.exists():
            self.skipTest(f"{LAB} is missing")
        for name in ("imap-tls-login-getmail", "eas-h2-basic-curl-ios"):
            log = (LAB / f"{name}.keys").read_bytes()
            broken = log.replace(b" ", b"  ff", 1) + key_log(b"\xa1") + log[:-40]
            for text in (log, broken):
                keys = self.write("lab.keys", text)
                output = self.folder / "out"
                for shape in (["--format", "ecs"], ["--format", "table"], ["--each", "--output", output]):
                    done = self.replay("--keylog", keys, *shape, LAB / f"{name}.pcapng")
                    self.assertEqual(done.returncode, 0)
                    said = done.stdout + done.stderr
                    said += output.read_bytes() if output.exists() else b""
                    self.check_no_keys(said.lower(), text.lower())

    def check_no_keys(self, said, log):
        words = [word for line in log.splitlines() for word in line.split() if len(word) >= 32]
        self.assertGreater(len(words), 2)
        for word in words:
            if not word.startswith((b"client_", b"server_", b"exporter_")):
                self.assertNotIn(word[:16], said)
                self.assertNotIn(word[-16:], said)

    def test_rules_that_are_not_there_are_told(self):
        done = run("replay", "--rules", self.folder / "none", self.capture)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"none", done.stderr)

    def test_a_password_in_the_url_is_refused_and_not_repeated(self):
        done = self.replay("--redis", f"redis://bob:{PASSWORD}@localhost", self.capture)
        self.assertEqual(done.returncode, 2)
        self.assertNotIn(PASSWORD.encode(), done.stderr + done.stdout)
        self.assertIn(b"password", done.stderr)

    # ---- answers ----

    def test_a_login_is_in_the_table(self):
        done = self.replay(self.capture)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.check_login(done.stdout)
        self.assertEqual(done.stderr, b"")

    def test_each_json_line_is_whole_and_the_last_is_coverage(self):
        done = self.replay("--format", "ecs", self.capture)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.check_login(done.stdout)
        records = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(records[-1]["event"]["dataset"], "basictap.coverage")
        self.assertEqual(records[-1]["basictap"]["coverage"]["packets"], 7)
        logins = [record for record in records if record["event"]["dataset"] == "basictap.finding"
                  and record["basictap"]["kind"] == "auth"]
        self.assertEqual([record["user"]["name"] for record in logins], ["bob"])
        self.assertEqual(logins[0]["basictap"]["mechanism"], "imap-login")
        self.assertEqual(logins[0]["observer"]["name"], "replay")

    def test_the_same_capture_gives_the_same_bytes(self):
        first, second = (self.replay("--format", "ecs", self.capture) for _ in range(2))
        self.assertEqual(first.stdout, second.stdout)

    def test_standard_input_is_read(self):
        done = self.replay("-", data=self.capture.read_bytes())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.check_login(done.stdout)

    def test_the_output_goes_to_a_file(self):
        for form in ("table", "ecs"):
            output = self.folder / f"out.{form}"
            output.write_text("old")
            done = self.replay("--format", form, "--output", output, self.capture)
            self.assertEqual((done.returncode, done.stdout), (0, b""), done.stderr)
            self.check_login(output.read_bytes())
            self.assertFalse(output.read_bytes().startswith(b"old"))

    def test_equal_attempts_are_merged_unless_each_is_asked_for(self):
        twice = [frame for port in (40000, 40001) for frame in frames.imap_login("bob", PASSWORD, port)]
        capture = self.write("twice.pcap", frames.pcap(twice))
        for arguments, counts in (([], [2]), (["--each"], [1, 1])):
            done = self.replay("--format", "ecs", *arguments, capture)
            records = [json.loads(line) for line in done.stdout.splitlines()]
            found = [record["basictap"]["count"] for record in records
                     if record["basictap"]["kind"] == "auth"]
            self.assertEqual(found, counts)

    # ---- inputs and outputs that fail ----

    def test_a_missing_file_is_told_and_the_next_is_read(self):
        done = self.replay(self.folder / "none.pcap", self.capture)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"none.pcap", done.stderr)
        self.check_login(done.stdout)

    def test_a_truncated_file_counts_up_to_its_damage(self):
        whole = self.capture.read_bytes()
        done = self.replay(self.write("cut.pcap", whole[:-10]))
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"cut.pcap: frame 7", done.stderr)
        self.check_login(done.stdout)

    def test_an_input_is_never_overwritten(self):
        before = self.capture.read_bytes()
        done = self.replay("--output", self.capture, self.capture)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(self.capture.read_bytes(), before)

    def test_an_answer_that_cannot_be_written_is_an_error(self):
        for form in ("table", "ecs"):
            done = self.replay("--format", form, "--output", "/dev/full", self.capture)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertNotEqual(done.stderr, b"")

    def test_a_redis_that_is_away_does_not_cost_the_answer(self):
        done = self.replay("--redis", f"unix://{self.folder}/none.sock", self.capture,
                           BASICTAP_REDIS_PASSWORD=PASSWORD)
        self.assertEqual(done.returncode, 1)
        self.check_login(done.stdout)
        self.assertIn(b"warning: redis ", done.stderr)
        self.assertIn(b"1 records could not be delivered", done.stderr)
        self.assertNotIn(PASSWORD.encode(), done.stderr)

    # ---- while it works ----

    def test_progress_is_shown_on_a_terminal_and_erased(self):
        try:
            ours, theirs = pty.openpty()
        except OSError as error: # a container without /dev/pts
            self.skipTest(str(error))
        self.addCleanup(os.close, ours)
        with subprocess.Popen([PROGRAM, "replay", "--rules", RULES, "-"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=theirs, env=environment()) as process:
            os.close(theirs)
            process.stdin.write(self.capture.read_bytes())
            process.stdin.flush()
            time.sleep(2)
            out, _ = process.communicate(timeout=TIMEOUT_S)
        shown = os.read(ours, 65536).decode()
        self.assertEqual(process.returncode, 0)
        self.check_login(out)
        self.assertIn("7 packets", shown)
        self.assertTrue(shown.endswith("\r\x1b[K"), shown)

    def test_a_signal_ends_a_replay_with_the_answer_so_far(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with subprocess.Popen([PROGRAM, "replay", "--rules", RULES, "-"], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  env=environment()) as process:
                process.stdin.write(self.capture.read_bytes())
                process.stdin.flush()
                time.sleep(2) # the pipe stays open: the program waits for more
                process.send_signal(number)
                out, err = process.communicate(timeout=TIMEOUT_S)
            self.assertEqual(process.returncode, 128 + number, err)
            self.check_login(out)
            self.assertIn(b"ended early", err)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)

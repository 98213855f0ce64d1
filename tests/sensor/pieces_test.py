"""The answer does not depend on how the bytes of a pipe are cut.

Usage: pieces_test.py PROGRAM RULES_DIRECTORY
"""

import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import capture  # noqa: E402 (found by the path above)

START = 1767225600 * capture.NS
STEP = 700 * 1000 * 1000  # connections come so fast, and each is silent after its greeting
CONNECTIONS = 2000  # the first ones time out long before the last ones come
MACS = ("02:00:00:00:00:01", "02:00:00:00:00:02")
TIMEOUT_S = 60


def greetings():
    packets = []
    for i in range(CONNECTIONS):
        client = (f"10.0.{i // 250}.{i % 250 + 1}", 40000 + i % 1000)
        talk = capture.Talk(client, ("192.0.2.10", 143), START + i * STEP, MACS)
        packets += talk.server(b"* OK ready\r\n").packets
    return sorted(packets, key=lambda packet: packet.time)


def answer(data, size):
    """What is said of data that comes in pieces of a size."""
    program = subprocess.Popen([PROGRAM, "replay", "--quiet", "--rules", RULES, "--format", "ecs", "-"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def feed():
        for at in range(0, len(data), size):
            program.stdin.write(data[at:at + size])
            program.stdin.flush()
        program.stdin.close()

    feeder = threading.Thread(target=feed)
    feeder.start()
    said = program.stdout.read()
    feeder.join(TIMEOUT_S)
    assert program.wait(TIMEOUT_S) == 0
    return said


class Pieces(unittest.TestCase):
    def test_pieces_of_any_size_give_one_answer(self):
        with tempfile.TemporaryDirectory(prefix="basictap-") as folder:
            path = pathlib.Path(folder) / "input.pcapng"
            capture.write(path, greetings())
            data = path.read_bytes()
        whole = answer(data, len(data))
        self.assertRegex(whole, rb'"timed_out":[1-9]')
        for size in (40, 50, 60, 70, 80, 90, 100, 999, 5000):
            self.assertEqual(answer(data, size), whole, size)


if __name__ == "__main__":
    PROGRAM, RULES = sys.argv[1:]
    unittest.main(argv=sys.argv[:1])

"""Planted names are in no output, the same pseudonym is in all of them, and resolve maps it back.

Usage: pseudonym_test.py PROGRAM RULES_DIRECTORY
"""
import base64
import hashlib
import hmac
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import capture  # noqa: E402

PROGRAM, RULES = sys.argv[1:3]
TIMEOUT_S = 120
START = 1_763_800_000 * capture.NS
KEY = bytes(range(1, 33))
KEY_ID = hashlib.sha256(b"basictap key id " + KEY).hexdigest()[:8]

USER, DOMAIN = "Zoe.Planted@contoso.example", "contoso.example"
MAC, ADDRESS = "02:be:ef:12:34:56", "10.77.66.55"
FAR_ADDRESS = "10.77.66.99"  # behind a router: known by its address alone
ROUTER, SERVER = "02:00:00:00:00:02", ("192.0.2.10", 143)

USER_FORMS = [b"zoe.planted", DOMAIN.encode()]
MAC_FORMS = [b"02be ef12 3456".replace(b" ", b""), b"02-be-ef-12-34-56", b"02:be:ef:12:34:56",
             bytes.fromhex("02beef123456")]
IP_FORMS = [form for text in (ADDRESS, FAR_ADDRESS)
            for form in (text.encode(), text.replace(".", "-").encode(), capture.address(text),
                         capture.address(text).hex().encode())]
ALL_FORMS = USER_FORMS + MAC_FORMS + IP_FORMS


def pseudonym(kind, name):
    return f"{kind}:{KEY_ID}:{hmac.new(KEY, name.encode(), hashlib.sha256).hexdigest()[:20]}"


USER_HASH = pseudonym("u1", USER.lower())
MAC_HASH = pseudonym("m1", "mac " + MAC.upper().replace(":", "-"))
IP_HASH = pseudonym("a1", "ip " + ADDRESS)
FAR_HASH = pseudonym("a1", "ip " + FAR_ADDRESS)


def name_of(text):
    return b"".join(bytes([len(part)]) + part.encode() for part in text.split(".")) + b"\0"


def dns_answer():
    """The client's own name, which spells its address."""
    name = name_of(f"pc-{ADDRESS.replace('.', '-')}.{DOMAIN}")
    body = (b"\x12\x34\x81\x80\0\1\0\1\0\0\0\0" + name + b"\0\1\0\1" + b"\xc0\x0c\0\1\0\1\0\0\x0e\x10\0\4"
            + capture.address(ADDRESS))
    packet = capture.ipv4("192.0.2.53", ADDRESS, capture.UDP, capture.udp(53, 5353, body))
    return [capture.Packet(START, capture.ethernet(ROUTER, MAC, 0x0800, packet))]


def imap(address, port, seconds, ttl=64):
    talk = capture.Talk((address, port), SERVER, START + seconds * capture.NS, (MAC if ttl == 64 else ROUTER, ROUTER))
    talk.server(b"* OK ready\r\n").client(b"a1 LOGIN %s planted-Pa55word\r\n" % USER.encode())
    talk.server(b"a1 OK done\r\n").close()
    packets = []
    for packet in talk.packets:
        frame = capture.Frame(packet.data)
        frame.ip[8] = ttl
        packets.append(capture.Packet(packet.time, frame.packed()))
    return packets


def ews():
    """A path and a program that name the user."""
    talk = capture.Talk((ADDRESS, 40002), ("192.0.2.10", 80), START + 20 * capture.NS, (MAC, ROUTER))
    basic = base64.b64encode(f"{USER}:planted-Pa55word".encode())
    talk.client(b"GET /ews/%s/exchange.asmx HTTP/1.1\r\nHost: mail.fabrikam.example\r\n"
                b"User-Agent: Script of zoe.planted\r\nAuthorization: Basic %s\r\n\r\n" % (USER.encode(), basic))
    talk.server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").close()
    return talk.packets


class Redis:
    """One of our own, whose files are readable text."""

    def __init__(self, folder):
        self.folder = folder / "redis"
        self.folder.mkdir()
        self.socket = self.folder / "s"
        self.server = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", str(self.socket), "--save", "", "--appendonly", "yes",
             "--appenddirname", "aof", "--dir", str(self.folder)], stdout=subprocess.DEVNULL)
        until = time.monotonic() + TIMEOUT_S
        while b"PONG" not in self.ask("PING"):
            if time.monotonic() > until:
                raise AssertionError("redis-server does not answer")
            time.sleep(0.1)

    def ask(self, *words):
        return subprocess.run(["redis-cli", "-s", str(self.socket), *words], capture_output=True,
                              check=False).stdout

    def end(self):
        self.server.terminate()
        self.server.wait()

    def contents(self):
        """Every key, and every command that was ever written."""
        files = b"".join(path.read_bytes() for path in sorted(self.folder.glob("aof/*")))
        return self.ask("KEYS", "*") + files


class Pseudonyms(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="basictap-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.key = self.folder / "key"
        self.key.write_bytes(KEY)
        self.key.chmod(0o600)
        self.capture = self.folder / "input.pcapng"
        capture.write(self.capture, dns_answer() + imap(ADDRESS, 40000, 1) + imap(FAR_ADDRESS, 40001, 10, ttl=61)
                      + ews())

    def run_program(self, *arguments, status=0, data=b""):
        done = subprocess.run([PROGRAM, *map(str, arguments)], input=data, capture_output=True, timeout=TIMEOUT_S,
                              check=False)
        self.assertEqual(done.returncode, status, (arguments, done.stderr))
        return done

    def configured(self, **ways):
        config = self.folder / "config.yml"
        lines = [f"  {name}: {way}\n" for name, way in ways.items()]
        config.write_text(f"pseudonyms:\n  key_file: {self.key}\n" + "".join(lines))
        return config

    def replay(self, config, *arguments, status=0):
        return self.run_program("replay", "--rules", RULES, "--config", config, *arguments, self.capture,
                                status=status)

    def outputs(self, **ways):
        """All that a run leaves anywhere, by place."""
        config = self.configured(**ways)
        where = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        store = where / "journal.db"
        redis = Redis(where) if shutil.which("redis-server") else None
        more = ["--redis", f"unix://{redis.socket}"] if redis else []
        try:
            lines = self.replay(config, "--format", "ecs", "--store", store, *more)
            left = {"ecs": lines.stdout, "messages": lines.stderr}
            if redis:
                left["redis"] = redis.contents()
        finally:
            if redis:
                redis.end()
        table = self.replay(config)
        left["table"] = table.stdout + table.stderr
        left["report"] = self.run_program("report", "--store", store).stdout
        left["journal"] = b"".join(path.read_bytes() for path in sorted(where.glob("journal.db*")))
        return left

    def assert_nowhere(self, forms, outputs):
        for place, text in outputs.items():
            for form in forms:
                self.assertNotIn(form, text.lower(), place)

    # ---- what is hidden ----

    def test_in_clear_the_planted_names_are_found(self):
        left = self.outputs()
        for place, text in left.items():
            if place != "messages":
                for form in (b"zoe.planted", b"02-be-ef-12-34-56", b"10.77.66.99"):
                    self.assertIn(form, text.lower(), place)
        self.assertIn(b"pc-10-77-66-55", left["ecs"])
        self.assertIn(b"script of zoe.planted", left["ecs"].lower())

    def test_hashed_names_are_nowhere_and_pseudonyms_everywhere(self):
        left = self.outputs(users="hmac", mac="hmac", ip="hmac")
        self.assert_nowhere(ALL_FORMS, left)
        for place, text in left.items():
            if place != "messages":
                for shown in (USER_HASH, f"mac:{MAC_HASH}", f"ip:{FAR_HASH}"):
                    self.assertIn(shown.encode(), text, place)
        for place in ("ecs", "journal"):
            self.assertIn(IP_HASH.encode(), left[place])
        if "redis" in left:
            self.assertIn(f"basictap:v1:device:mac:{MAC_HASH}".encode(), left["redis"])

    def test_dropped_names_are_nowhere(self):
        left = self.outputs(users="drop", mac="drop", ip="drop")
        self.assert_nowhere(ALL_FORMS + [USER_HASH.encode(), MAC_HASH.encode(), IP_HASH.encode(), FAR_HASH.encode()],
                            left)
        for place in left.keys() - {"messages"}:
            self.assertIn(b"ip:dropped", left[place], place)

    def test_each_kind_is_hidden_by_itself(self):
        kinds = {"users": USER_FORMS[:1], "mac": MAC_FORMS, "ip": IP_FORMS}
        for hidden, forms in kinds.items():
            left = self.replay(self.configured(**{hidden: "hmac"}), "--format", "ecs").stdout.lower()
            self.assert_nowhere(forms, {hidden: left})
            for other, shown in {"users": b"zoe.planted", "mac": MAC_FORMS[1], "ip": b"10.77.66.99"}.items():
                if other != hidden:
                    self.assertIn(shown, left, f"{other} while {hidden} is hidden")

    def test_ids_cannot_be_found_by_trying_names(self):
        clear = self.replay(self.configured(), "--format", "ecs").stdout
        hidden = self.replay(self.configured(ip="drop"), "--format", "ecs").stdout
        for name in (b'"community_id":"', b'"id":"', b'"pairs":"'):
            values = {part.split(b'"')[0] for part in clear.split(name)[1:]}
            self.assertTrue(values)
            kept = {value for value in values if name + value + b'"' in hidden}
            self.assertEqual({value for value in kept if len(value) == 32 or value.startswith(b"1:")}, set())

    def test_the_same_key_gives_the_same_answer_and_another_another(self):
        config = self.configured(users="hmac", mac="hmac", ip="hmac")
        first = self.replay(config, "--format", "ecs").stdout
        self.assertEqual(self.replay(config, "--format", "ecs").stdout, first)
        self.key.write_bytes(KEY + b"\n")  # every byte counts
        other = self.replay(config, "--format", "ecs").stdout
        self.assertNotIn(KEY_ID.encode(), other)
        self.assertEqual(len(other), len(first))

    # ---- the key ----

    def test_without_a_key_nothing_begins(self):
        for way in ("hmac", "drop"):
            config = self.folder / "config.yml"
            config.write_text(f"pseudonyms:\n  ip: {way}\n")
            self.assertIn(b"pseudonyms.key_file", self.replay(config, status=2).stderr)
        config = self.configured(users="hmac")
        self.key.write_bytes(b"x" * 31)
        self.assertIn(b"32 to 4096 bytes, not 31", self.replay(config, status=2).stderr)
        self.key.write_bytes(b"x" * 4097)
        self.assertIn(b"not 4097", self.replay(config, status=2).stderr)
        self.key.unlink()
        self.assertIn(b"No such file", self.replay(config, status=2).stderr)

    def test_a_key_that_everyone_can_read_is_told(self):
        config = self.configured(users="hmac")
        self.assertNotIn(b"can be read by everyone", self.replay(config).stderr)
        self.key.chmod(0o644)
        self.assertIn(b"can be read by everyone", self.replay(config).stderr)

    # ---- the way back ----

    def test_names_are_resolved(self):
        names = self.folder / "names"
        names.write_text(f"ann@{DOMAIN}\r\n\n  {USER}\n{MAC}\n{ADDRESS}\n")
        expected = [f"{pseudonym('u1', 'ann@' + DOMAIN)}\tann@{DOMAIN}", f"{USER_HASH}\t{USER}", f"{MAC_HASH}\t{MAC}",
                    f"{IP_HASH}\t{ADDRESS}"]
        by_file = self.run_program("resolve", "--key", self.key, names).stdout.decode().splitlines()
        self.assertEqual(by_file, expected)
        piped = self.run_program("resolve", "--key", self.key, data=names.read_bytes()).stdout.decode()
        self.assertEqual(piped.splitlines(), expected)
        by_config = self.run_program("resolve", "--config", self.configured(), "-", data=names.read_bytes()).stdout
        self.assertEqual(by_config.decode().splitlines(), expected)

    def test_only_what_occurs_is_resolved_where_that_is_asked_for(self):
        lines = self.folder / "lines.json"
        lines.write_bytes(self.replay(self.configured(users="hmac", mac="hmac", ip="hmac"), "--format", "ecs").stdout)
        names = f"ann@{DOMAIN}\n{USER}\n{FAR_ADDRESS}\n10.1.1.1\n".encode()
        done = self.run_program("resolve", "--key", self.key, "--match", lines, data=names)
        self.assertEqual(done.stdout.decode().splitlines(), [f"{USER_HASH}\t{USER}", f"{FAR_HASH}\t{FAR_ADDRESS}"])
        self.assertIn(b"2 of 4 pseudonyms have a name", done.stderr)

    def test_a_mailbox_is_found_under_its_other_names(self):
        seen = self.folder / "seen"
        seen.write_text(f"as {pseudonym('u1', 'zoe')}, {pseudonym('u1', 'fabrikam' + chr(92) + 'zoe')};"
                        f" u1:00000000:{'0' * 20} of another key")
        done = self.run_program("resolve", "--key", self.key, "--match", seen, data=b"Zoe@Fabrikam.example\n")
        self.assertEqual(done.stdout.decode().splitlines(), [
            f"{pseudonym('u1', 'zoe')}\tZoe@Fabrikam.example\tZoe",
            f"{pseudonym('u1', 'fabrikam' + chr(92) + 'zoe')}\tZoe@Fabrikam.example\tFabrikam\\Zoe"])
        self.assertIn(b"another key", done.stderr)

    def test_what_cannot_be_resolved_is_told(self):
        self.run_program("resolve", status=2)
        self.assertIn(b"No such file", self.run_program("resolve", "--key", self.folder / "no", status=2).stderr)
        self.assertIn(b"No such file", self.run_program("resolve", "--key", self.key, self.folder / "no",
                                                        status=2).stderr)
        self.assertIn(b"No such file", self.run_program("resolve", "--key", self.key, "--match", self.folder / "no",
                                                        status=2).stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)

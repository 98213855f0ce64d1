"""The network of the recordings: client, router and server namespaces, and the tap on the router.

Everything is named bt-*, lives in its own namespaces, and is gone after Network.close().
"""
import ctypes
import os
import re
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "support"))
from capture import Packet  # noqa: E402

LAN = "10.30.0"
ROUTER_MAC = "00:09:0f:30:00:01"
# The prefixes are of Dell, Apple, Raspberry Pi, Dell again, Ricoh, Brother.
CLIENT_MACS = ["18:66:da:30:00:{:02x}", "3c:07:54:30:00:{:02x}", "b8:27:eb:30:00:{:02x}",
               "d4:81:d7:30:00:{:02x}", "00:26:73:30:00:{:02x}", "3c:2a:f4:30:00:{:02x}"]
SERVERS = {
    "contoso": "192.0.2.25",  # dovecot, postfix, nginx
    "no-ir": "192.0.2.26",  # dovecot without SASL-IR
    "office": "52.96.0.10",  # Exchange Online, as the stub plays it
    "onprem": "192.0.2.27",  # Exchange on premises, as the stub plays it
    "blocked": "52.96.0.11",  # Exchange Online with Basic Authentication disabled
    "login": "20.190.128.10",  # the token endpoint
    "proxy": "192.0.2.80",
    "kdc": "192.0.2.88",
    "dns": "192.0.2.53",
}
CLONE_NEWNET = 0x40000000


def run(*words, **options):
    return subprocess.run(words, check=True, capture_output=True, text=True, **options)


def enter(namespace):
    """Moves the calling thread, and no other, into the namespace."""
    with open(f"/run/netns/{namespace}", encoding="ascii") as file:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(file.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")


class Network:
    def __init__(self, clients=6):
        self.clients = [f"bt-c{n}" for n in range(clients)]
        self.address = {name: f"{LAN}.{101 + n}" for n, name in enumerate(self.clients)}
        self.mac = {name: CLIENT_MACS[n % len(CLIENT_MACS)].format(n + 1)
                    for n, name in enumerate(self.clients)}
        self.close()
        self._build()

    def _build(self):
        for name in ["bt-r", "bt-s", *self.clients]:
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "-n", "bt-r", "link", "add", "lan", "address", ROUTER_MAC, "type", "bridge")
        run("ip", "-n", "bt-r", "addr", "add", f"{LAN}.1/24", "dev", "lan")
        run("ip", "-n", "bt-r", "link", "set", "lan", "up")
        self._wire("bt-r", "wan", "bt-s", "eth0")
        run("ip", "-n", "bt-r", "addr", "add", "198.51.100.1/30", "dev", "wan")
        run("ip", "-n", "bt-s", "addr", "add", "198.51.100.2/30", "dev", "eth0")
        run("ip", "-n", "bt-s", "route", "add", "default", "via", "198.51.100.1")
        for address in SERVERS.values():
            run("ip", "-n", "bt-s", "addr", "add", f"{address}/32", "dev", "lo")
        run("ip", "-n", "bt-r", "route", "add", "default", "via", "198.51.100.2")
        run("ip", "netns", "exec", "bt-r", "sysctl", "-qw", "net.ipv4.ip_forward=1")
        for number, name in enumerate(self.clients):
            self._wire("bt-r", f"port{number}", name, "eth0")
            run("ip", "-n", "bt-r", "link", "set", f"port{number}", "master", "lan")
            run("ip", "-n", name, "link", "set", "eth0", "address", self.mac[name])
            run("ip", "-n", name, "addr", "add", f"{self.address[name]}/24", "dev", "eth0")
            run("ip", "-n", name, "route", "add", "default", "via", f"{LAN}.1")

    @staticmethod
    def _wire(one, port, other, other_port):
        """A cable, with no offloading: what is recorded are the segments of a real network."""
        run("ip", "-n", one, "link", "add", port, "type", "veth",
            "peer", "name", other_port, "netns", other)
        for name, interface in ((one, port), (other, other_port)):
            run("ip", "-n", name, "link", "set", interface, "up")
            run("ip", "netns", "exec", name, "ethtool", "-K", interface,
                "tso", "off", "gso", "off", "gro", "off", "tx", "off")

    def close(self):
        listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True)
        for name in re.findall(r"^(bt-(?:r|s|c\d+))\b", listed.stdout, re.M):
            run("ip", "netns", "del", name)


class Tap:
    """tcpdump on the router's inner side; each client's packets go to the recording in progress."""

    def __init__(self, network):
        self.network = network
        self.kept = {}  # client address -> packets
        self.lock = threading.Lock()
        self.dump = subprocess.Popen(
            ["ip", "netns", "exec", "bt-r", "tcpdump", "-i", "lan", "-n", "-p", "-U", "-s", "0",
             "--immediate-mode", "--time-stamp-precision=nano", "-w", "-", "ip"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.dump.stdout.read(24)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            head = self.dump.stdout.read(16)
            if len(head) < 16:
                return
            seconds, part, caught, length = struct.unpack("<IIII", head)
            data = self.dump.stdout.read(caught)
            ends = {socket.inet_ntoa(data[26:30]), socket.inet_ntoa(data[30:34])}
            with self.lock:
                for address in ends & self.kept.keys():
                    self.kept[address].append(Packet(seconds * 10 ** 9 + part, data, length))

    def start(self, address):
        with self.lock:
            self.kept[address] = []

    def take(self, address):
        with self.lock:
            return self.kept.pop(address)

    def close(self):
        self.dump.terminate()
        self.dump.wait()


class Names:
    """A name server of A records, in the server namespace. What a name means may differ by
    client: that is how one name leads to dovecot today and to the stub tomorrow."""

    def __init__(self):
        self.meaning = {}  # client address -> {name: address}
        ready = threading.Event()
        threading.Thread(target=self._serve, args=(ready,), daemon=True).start()
        ready.wait(5)

    def _serve(self, ready):
        enter("bt-s")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
            door.bind((SERVERS["dns"], 53))
            ready.set()
            while True:
                question, peer = door.recvfrom(512)
                answer = self._answer(question, self.meaning.get(peer[0], {}))
                if answer:
                    door.sendto(answer, peer)

    @staticmethod
    def _answer(question, meaning):
        labels, at = [], 12
        while at < len(question) and question[at]:
            labels.append(question[at + 1:at + 1 + question[at]].decode("ascii", "replace"))
            at += 1 + question[at]
        asked = question[12:at + 5]
        if len(asked) < 5:
            return None
        address = meaning.get(".".join(labels).lower())
        kind = struct.unpack("!H", asked[-4:-2])[0]
        record = b""
        if address and kind == 1:
            record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 300, 4) + socket.inet_aton(address)
        flags = 0x8180 if address else 0x8183
        return (question[:2] + struct.pack("!HHHHH", flags, 1, 1 if record else 0, 0, 0)
                + asked + record)


def inside(namespace, *words):
    """The words that run a command in a client's namespace, with the client's own resolv.conf,
    hosts and Kerberos configuration, seen by nobody else."""
    here = Path(__file__).resolve().parent
    return ["nsenter", f"--net=/run/netns/{namespace}", "unshare", "-m", "--propagation", "private",
            "sh", str(here / "enter.sh"), *words]


def write_private(folder, name, text):
    path = folder / name
    path.write_text(text)
    os.chmod(path, 0o600)
    return path

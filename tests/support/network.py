"""Network namespaces for tests: made by name, removed whatever happens."""
import os
import signal
import subprocess
import sys
from contextlib import contextmanager


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class Lan:
    """A client and a server on one wire, and a sensor that sees a mirror of it.

        client --- server ==mirror==> sensor (watch0: up, no address)
    """

    CLIENT, SERVER, NET = "10.77.0.9", "10.77.0.25", 24
    WATCH = "watch0"

    def __init__(self):
        mark = f"bt{os.getpid()}"
        self.client, self.server, self.sensor = mark + "c", mark + "s", mark + "w"
        self.names = [self.client, self.server, self.sensor]

    def make(self):
        for name in self.names:
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
            self.run(name, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
                     "net.ipv6.conf.default.disable_ipv6=1")
        self._wire()
        self._mirror()

    def _wire(self):
        ip("-n", self.client, "link", "add", "wire0", "type", "veth", "peer", "name", "wire0",
           "netns", self.server)
        for name, address in ((self.client, self.CLIENT), (self.server, self.SERVER)):
            ip("-n", name, "address", "add", f"{address}/{self.NET}", "dev", "wire0")
            ip("-n", name, "link", "set", "wire0", "up")

    def _mirror(self):
        ip("-n", self.server, "link", "add", "span0", "type", "veth", "peer", "name", self.WATCH,
           "netns", self.sensor)
        ip("-n", self.server, "link", "set", "span0", "up")
        self.set_watch("up")
        tc = ["tc", "-n", self.server]
        everything = ["protocol", "all", "u32", "match", "u32", "0", "0"]
        mirror = ["action", "mirred", "egress", "mirror", "dev", "span0"]
        subprocess.run([*tc, "qdisc", "add", "dev", "wire0", "clsact"], check=True)
        for way in ("ingress", "egress"):
            subprocess.run([*tc, "filter", "add", "dev", "wire0", way, *everything, *mirror],
                           check=True)

    def set_watch(self, state):
        ip("-n", self.sensor, "link", "set", self.WATCH, state)

    @staticmethod
    def inside(name, *command):
        return ["ip", "netns", "exec", name, *map(str, command)]

    def run(self, name, *command, **options):
        return subprocess.run(self.inside(name, *command), check=True, **options)

    def start(self, name, *command, **options):
        return subprocess.Popen(self.inside(name, *command), **options)

    def remove(self):
        for name in self.names:
            subprocess.run(["ip", "netns", "del", name], check=False, stderr=subprocess.DEVNULL)


def remove_left_over():
    """Namespaces of a run that was killed before it could clean up."""
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        name = line.split()[0]
        if name[:2] == "bt" and name[2:-1].isdigit() and not os.path.exists(f"/proc/{name[2:-1]}"):
            subprocess.run(["ip", "netns", "del", name], check=False)


@contextmanager
def lan():
    """A Lan for a with statement; also removed when the test is told to stop."""
    remove_left_over()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    net = Lan()
    try:
        net.make()
        yield net
    finally:
        net.remove()


@contextmanager
def stopping(process):
    """Ends a process that the test started, gently first."""
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

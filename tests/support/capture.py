"""Capture files and frames for tests and for the scripts that make captures.

Reads pcapng and pcap into Packet tuples, writes pcapng with one Ethernet interface and nanosecond
times. What is written holds packets alone: no names, no comments, no decryption secrets, so that
the same packets always give the same bytes.
"""
import ipaddress
import struct
from pathlib import Path
from typing import NamedTuple

ETHERNET = 1
TCP = 6
UDP = 17
NS = 1_000_000_000


class Packet(NamedTuple):
    time: int  # nanoseconds since the epoch
    data: bytes
    length: int = 0  # on the wire; 0: as long as the data


# --- files ---------------------------------------------------------------------------------------


def read(path):
    """The packets of a capture file, in file order."""
    return packets(Path(path).read_bytes())


def packets(data):
    """The packets of a capture file's bytes."""
    if data[:4] == b"\x0a\x0d\x0d\x0a":
        return list(_read_pcapng(data))
    return list(_read_pcap(data))


def _read_pcap(data):
    magic = data[:4]
    order = "<" if magic in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    unit = 1 if magic in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d") else 1000
    at = 24
    while at + 16 <= len(data):
        seconds, part, caught, length = struct.unpack_from(order + "IIII", data, at)
        yield Packet(seconds * NS + part * unit, data[at + 16:at + 16 + caught], length)
        at += 16 + caught


def _read_pcapng(data):
    order = "<"
    units = []
    at = 0
    while at + 12 <= len(data):
        if data[at:at + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if data[at + 8:at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            units = []
        kind, total = struct.unpack_from(order + "II", data, at)
        body = data[at + 8:at + total - 4]
        if kind == 1:
            units.append(_nanoseconds_per_tick(body[8:], order))
        elif kind == 6:
            yield _enhanced_packet(body, order, units)
        at += total


def _nanoseconds_per_tick(options, order):
    at = 0
    while at + 4 <= len(options):
        code, length = struct.unpack_from(order + "HH", options, at)
        if code == 9:
            return NS // 10 ** options[at + 4]
        at += 4 + (length + 3) // 4 * 4
    return 1000


def _enhanced_packet(body, order, units):
    interface, high, low, caught, length = struct.unpack_from(order + "IIIII", body)
    return Packet((high << 32 | low) * units[interface], body[20:20 + caught], length)


def pcapng(packets, linktype=ETHERNET):
    """A pcapng file of these packets, little endian, nanoseconds."""
    section = _block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    resolution = struct.pack("<HHB3xHH", 9, 1, 9, 0, 0)
    interface = _block(1, struct.pack("<HHI", linktype, 0, 262144) + resolution)
    return b"".join([section, interface] + [_packet_block(packet) for packet in packets])


def classic_big_endian(packets):
    """A classic capture file as another machine writes it: big endian, microseconds."""
    head = struct.pack(">IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, ETHERNET)
    return head + b"".join(_classic_record(packet) for packet in packets)


def _classic_record(packet):
    return struct.pack(">IIII", packet.time // NS, packet.time % NS // 1000, len(packet.data),
                       packet.length or len(packet.data)) + packet.data


def _packet_block(packet):
    head = struct.pack("<IIIII", 0, packet.time >> 32, packet.time & 0xFFFFFFFF, len(packet.data),
                       packet.length or len(packet.data))
    return _block(6, head + packet.data + b"\0" * (-len(packet.data) % 4))


def _block(kind, body):
    total = len(body) + 12
    return struct.pack("<II", kind, total) + body + struct.pack("<I", total)


def write(path, packets, linktype=ETHERNET):
    Path(path).write_bytes(pcapng(packets, linktype))


# --- frames --------------------------------------------------------------------------------------


class Frame:
    """An Ethernet frame with IPv4 and TCP or UDP inside, taken apart so that it can be changed."""

    def __init__(self, data):
        self.to_mac, self.from_mac = data[:6], data[6:12]
        self.ether_type = struct.unpack_from("!H", data, 12)[0]
        self.ip = bytearray()
        self.transport = bytearray()
        self.protocol = 0
        self.rest = data[14:]
        if self.ether_type == 0x0800:
            self._take_ip(data[14:])

    def _take_ip(self, data):
        head = (data[0] & 15) * 4
        total = struct.unpack_from("!H", data, 2)[0]
        self.ip = bytearray(data[:head])
        self.protocol = data[9]
        body = data[head:total]
        size = {TCP: (body[12] >> 4) * 4 if len(body) > 12 else 0, UDP: 8}.get(self.protocol, 0)
        self.transport = bytearray(body[:size])
        self.rest = body[size:]

    @property
    def is_tcp(self):
        return self.protocol == TCP

    @property
    def source(self):
        return text_of(self.ip[12:16]), self._port(0)

    @property
    def destination(self):
        return text_of(self.ip[16:20]), self._port(2)

    def _port(self, at):
        return struct.unpack_from("!H", self.transport, at)[0] if self.transport else 0

    def set_port(self, at, port):
        struct.pack_into("!H", self.transport, at, port)

    @property
    def sequence(self):
        return struct.unpack_from("!I", self.transport, 4)[0]

    @sequence.setter
    def sequence(self, value):
        struct.pack_into("!I", self.transport, 4, value & 0xFFFFFFFF)

    @property
    def flags(self):
        return self.transport[13]

    def packed(self):
        ether = self.to_mac + self.from_mac + struct.pack("!H", self.ether_type)
        if not self.ip:
            return ether + self.rest
        struct.pack_into("!H", self.ip, 2, len(self.ip) + len(self.transport) + len(self.rest))
        self._set_checksums()
        return ether + bytes(self.ip) + bytes(self.transport) + self.rest

    def _set_checksums(self):
        self.ip[10:12] = b"\0\0"
        self.ip[10:12] = checksum(self.ip)
        at = {TCP: 16, UDP: 6}.get(self.protocol)
        if at is None:
            return
        length = len(self.transport) + len(self.rest)
        if self.protocol == UDP:
            struct.pack_into("!H", self.transport, 4, length)
        self.transport[at:at + 2] = b"\0\0"
        pseudo = bytes(self.ip[12:20]) + struct.pack("!BBH", 0, self.protocol, length)
        self.transport[at:at + 2] = checksum(pseudo + self.transport + self.rest)


def checksum(data):
    """The Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data = bytes(data) + b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", ~total & 0xFFFF)


def client_bytes(path, client):
    """What an address sends over TCP, in file order, segments put together."""
    frames = [Frame(packet.data) for packet in read(path)]
    return b"".join(frame.rest for frame in frames if frame.is_tcp and frame.source[0] == client)


def address(text):
    return ipaddress.ip_address(text).packed


def text_of(packed):
    return str(ipaddress.ip_address(bytes(packed))) if len(packed) in (4, 16) else ""


def mac(text):
    return bytes.fromhex(text.replace(":", "").replace("-", ""))


def ethernet(from_mac, to_mac, ether_type, body):
    return mac(to_mac) + mac(from_mac) + struct.pack("!H", ether_type) + body


def ipv4(source, destination, protocol, body, ttl=64):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 0, 0x4000, ttl, protocol, 0,
                       address(source), address(destination))
    return head[:10] + checksum(head) + head[12:] + body


def udp(source_port, destination_port, body):
    """A UDP datagram that says that it has no checksum."""
    return struct.pack("!HHHH", source_port, destination_port, 8 + len(body), 0) + body


def tcp(source_port, destination_port, sequence, acknowledged, flags, body=b""):
    return struct.pack("!HHIIBBHHH", source_port, destination_port, sequence & 0xFFFFFFFF,
                       acknowledged & 0xFFFFFFFF, 0x50, flags, 65535, 0, 0) + body


def tagged(data, *tags):
    """The frame with 802.1Q tags, the outermost first: (type, id)."""
    head = b"".join(struct.pack("!HH", kind, number) for kind, number in tags)
    return data[:12] + head + data[12:]


class Talk:
    """Writes a TCP session from what each side says: handshake, data with answers, farewell."""

    FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16

    def __init__(self, client, server, start, macs=("02:00:00:00:00:01", "02:00:00:00:00:02")):
        self.ends = {"c": client, "s": server}
        self.macs = {"c": macs[0], "s": macs[1]}
        self.next = {"c": 1000, "s": 5_000_000}
        self.time = start
        self.packets = []
        self._send("c", self.SYN)
        self._send("s", self.SYN | self.ACK)
        self._send("c", self.ACK)

    def _send(self, side, flags, body=b""):
        other = "s" if side == "c" else "c"
        (source, source_port), (destination, destination_port) = self.ends[side], self.ends[other]
        acknowledged = self.next[other] if flags & self.ACK else 0
        segment = tcp(source_port, destination_port, self.next[side], acknowledged, flags, body)
        frame = Frame(ethernet(self.macs[side], self.macs[other], 0x0800,
                               ipv4(source, destination, TCP, segment)))
        self.packets.append(Packet(self.time, frame.packed()))
        self.next[side] += len(body) + (1 if flags & (self.SYN | self.FIN) else 0)
        self.time += 1_000_000
        return self

    def client(self, body, pieces=0):
        return self._say("c", body, pieces)

    def server(self, body, pieces=0):
        return self._say("s", body, pieces)

    def _say(self, side, body, pieces):
        size = pieces or max(len(body), 1)
        for at in range(0, len(body), size):
            self._send(side, self.PSH | self.ACK, body[at:at + size])
        return self

    def close(self):
        self._send("c", self.FIN | self.ACK)
        self._send("s", self.FIN | self.ACK)
        return self._send("c", self.ACK)

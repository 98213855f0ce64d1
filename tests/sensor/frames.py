"""frames: small TCP conversations as Ethernet frames and pcap files, for tests of the whole program."""
import struct

CLIENT, SERVER = 0, 1
PORTS = (40000, 143)
ADDRESSES = (bytes([10, 20, 0, 101]), bytes([10, 20, 9, 1]))
MACS = (bytes.fromhex("001122000101"), bytes.fromhex("001122000909"))
FIN, SYN, PSH, ACK = 1, 2, 8, 16


def segment(sender, seq, ack, flags, payload, client_port):
    """One Ethernet frame. Checksums are left out, as capture on a sending host does."""
    ports = (client_port, PORTS[SERVER])
    receiver = 1 - sender
    tcp = struct.pack("!HHIIBBHHH", ports[sender], ports[receiver], seq, ack, 5 << 4, flags, 65535, 0, 0)
    length = 20 + len(tcp) + len(payload)
    ip = struct.pack("!BBHHHBBH", 0x45, 0, length, 0, 0x4000, 64, 6, 0) + ADDRESSES[sender] + ADDRESSES[receiver]
    return MACS[receiver] + MACS[sender] + b"\x08\x00" + ip + tcp + payload


def conversation(pieces, client_port=PORTS[CLIENT]):
    """Frames of a whole connection; pieces are pairs of side and bytes."""
    seq = [1000, 9000]
    frames = [
        segment(CLIENT, seq[CLIENT], 0, SYN, b"", client_port),
        segment(SERVER, seq[SERVER], seq[CLIENT] + 1, SYN | ACK, b"", client_port),
    ]
    seq = [number + 1 for number in seq]
    for side, payload in pieces:
        frames.append(segment(side, seq[side], seq[1 - side], PSH | ACK, payload, client_port))
        seq[side] += len(payload)
    for side in (CLIENT, SERVER):
        frames.append(segment(side, seq[side], seq[1 - side], FIN | ACK, b"", client_port))
        seq[side] += 1
    return frames


def imap_login(user, password, client_port=PORTS[CLIENT]):
    return conversation(
        [
            (SERVER, b"* OK ready\r\n"),
            (CLIENT, b"a1 LOGIN %s %s\r\n" % (user.encode(), password.encode())),
            (SERVER, b"a1 OK LOGIN completed\r\n"),
        ],
        client_port,
    )


def pcap(frames, start=1700000000):
    """A classic capture file, one millisecond between frames."""
    parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)]
    for number, frame in enumerate(frames):
        parts.append(struct.pack("<IIII", start, number * 1000, len(frame), len(frame)) + frame)
    return b"".join(parts)

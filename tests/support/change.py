"""Changes to the packets of a capture, as networks and span ports make them."""
import random
import struct

from capture import Frame, Packet


def without(packets, *frames):
    """The packets but those of these numbers."""
    return [packet for number, packet in enumerate(packets, 1) if number not in frames]


def said_by(packets, side):
    """One direction of the TCP sessions: "client" or "server". The client has the higher port."""
    return [packet for packet in packets if is_said_by(Frame(packet.data), side)]


def is_said_by(frame, side):
    return frame.is_tcp and (frame.source[1] > frame.destination[1]) == (side == "client")


def cut(packets, most):
    """As a capture with a snap length would have it."""
    return [Packet(packet.time, packet.data[:most], packet.length or len(packet.data))
            for packet in packets]


def in_pieces(packets, size, side="client"):
    """One side's segments split: the payload of each becomes segments of so many bytes."""
    pieces = []
    for packet in packets:
        frame = Frame(packet.data)
        if not is_said_by(frame, side) or len(frame.rest) <= size:
            pieces.append(packet)
            continue
        body, sequence = frame.rest, frame.sequence
        for at in range(0, len(body), size):
            frame.rest, frame.sequence = body[at:at + size], sequence + at
            pieces.append(Packet(packet.time + at, frame.packed()))
    return pieces


def shuffled(packets, first, last, seed=1):
    """Frames first to last in another order, times kept in order."""
    some = packets[first - 1:last]
    mixed = random.Random(seed).sample(some, len(some))
    moved = [Packet(time.time, packet.data) for time, packet in zip(some, mixed)]
    return packets[:first - 1] + moved + packets[last:]


def swapped(packets, *frames):
    """Each frame of these numbers after the one that follows it, times kept in order."""
    moved = list(packets)
    for number in frames:
        early, late = moved[number - 1:number + 1]
        moved[number - 1:number + 1] = [Packet(early.time, late.data), Packet(late.time, early.data)]
    return moved


def twice(packets):
    """Every packet seen a second time, ten microseconds later."""
    return [copy for packet in packets
            for copy in (packet, Packet(packet.time + 10_000, packet.data))]


# --- changes that must change nothing ------------------------------------------------------------


def both_in_pieces(packets, size):
    """As in_pieces, for both sides."""
    return in_pieces(in_pieces(packets, size), size, "server")


def shuffled_in_runs(packets, size=9):
    """Both sides in pieces, and each run of segments of one side in another order."""
    pieces = both_in_pieces(packets, size)
    first = 0
    for at in range(1, len(pieces) + 1):
        if at == len(pieces) or run_of(pieces[at]) != run_of(pieces[first]):
            pieces = shuffled(pieces, first + 1, at) if run_of(pieces[first]) else pieces
            first = at
    return pieces


def run_of(packet):
    """Whose payload it is; None: it has none."""
    frame = Frame(packet.data)
    return frame.source if frame.is_tcp and frame.rest else None


def sent_again(packets, later=3_000_000):
    """Every packet a second time, three milliseconds later."""
    again = [Packet(packet.time + later, packet.data) for packet in packets]
    return sorted(packets + again, key=lambda packet: packet.time)


def without_handshake(packets):
    """Joined at the client's first words."""
    first = next(at for at, packet in enumerate(packets) if run_of(packet) and
                 is_said_by(Frame(packet.data), "client"))
    return packets[first:]


def neighbours_swapped(packets, seed):
    """Some packets before their neighbour, as a port that mirrors from two queues delivers them:
    also an answer before its question."""
    draw = random.Random(seed)
    order = sorted(range(len(packets)), key=lambda at: at + draw.uniform(0, 2))
    return [Packet(slot.time, packets[at].data) for slot, at in zip(packets, order, strict=True)]


def as_raw_ip(packets):
    """Without a link layer (LINKTYPE_RAW)."""
    return [Packet(packet.time, packet.data[14:]) for packet in packets if is_ip(packet)]


def as_sll2(packets):
    """As Linux captures on all interfaces at once (LINKTYPE_LINUX_SLL2)."""
    head = b"\x08\0" + struct.pack("!HIHBB", 0, 1, 1, 0, 6)
    return [Packet(packet.time, head + packet.data[6:12] + b"\0\0" + packet.data[14:])
            for packet in packets if is_ip(packet)]


def is_ip(packet):
    return Frame(packet.data).ether_type == 0x0800

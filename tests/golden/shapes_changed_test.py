#!/usr/bin/env python3
"""The lab's encrypted logins, told anew with other lengths: padded, split, joined, with commands
that nobody needs, with holes. What is inferred may become undecided; where it is sure, it is right.

No key is used, so that records can be made up: of a record its type and its length are all that is
looked at.

Usage: shapes_changed_test.py PROGRAM   (needs ../shared/lab)
"""
import random
import sys
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import capture  # noqa: E402
import lab  # noqa: E402
import program  # noqa: E402
from capture import Frame, Talk  # noqa: E402

SURE = 0.9
SEEDS = 1
START = 1_795_000_000 * capture.NS
OVERHEAD = 17  # of a record of TLS 1.3 (RFC 8446, section 5.2): inner type and tag
PROTECTED = 23
# The families of the sessions that a verdict is right of.
RIGHT = {
    "password": {"basic"}, "basic-likely": {"basic"}, "token": {"modern"},
    "token-or-ticket": {"modern", "integrated"}, "challenge-response": {"challenge", "integrated"},
    "none": {"none"},
}


class Piece(NamedTuple):
    """What a side says: bytes as they are, or a protected record of so many bytes of content."""
    side: str  # c, s
    data: bytes
    content: int = -1


class Session(NamedTuple):
    recording: lab.Recording
    server: tuple
    pieces: list


# --- from recordings to pieces -------------------------------------------------------------------


def said(packets):
    """By connection: the server's end, and what each side says, in order."""
    connections, following = defaultdict(list), {}
    for frame in (Frame(packet.data) for packet in packets):
        if not frame.is_tcp or not frame.rest:
            continue
        ends = frame.source, frame.destination
        client, server = sorted(ends, key=lambda end: end[1], reverse=True)
        begin = following.setdefault(ends, frame.sequence)
        known = begin - frame.sequence & 0xFFFFFFFF
        if known < len(frame.rest):
            connections[client, server].append(("c" if ends[0] == client else "s",
                                                frame.rest[known:]))
            following[ends] = frame.sequence + len(frame.rest) & 0xFFFFFFFF
    return [(server, parts) for (_, server), parts in connections.items()]


def pieces_of(parts):
    """The clear beginning as it is, then record for record."""
    pieces, waiting = [], {}
    for side, data in parts:
        if side not in waiting and data[:2] != b"\x16\x03":
            pieces.append(Piece(side, data))
            continue
        waiting[side] = waiting.get(side, b"") + data
        while len(waiting[side]) >= 5:
            length = 5 + int.from_bytes(waiting[side][3:5], "big")
            record, rest = waiting[side][:length], waiting[side][length:]
            if len(record) < length:
                break
            waiting[side] = rest
            protected = record[0] == PROTECTED and length - 5 > OVERHEAD
            pieces.append(Piece(side, record, length - 5 - OVERHEAD if protected else -1))
    return pieces


def sessions():
    """Of TLS 1.3: there every suite adds the same, and records may be padded."""
    for recording in lab.recordings():
        if recording.version != "1.3" or recording.transport not in ("tls", "starttls"):
            continue
        for server, parts in said(capture.read(recording.path)):
            pieces = pieces_of(parts)
            if any(piece.content >= 0 for piece in pieces):
                yield Session(recording, server, pieces)


# --- changes -------------------------------------------------------------------------------------


def protected(side, content):
    body = content + OVERHEAD
    return Piece(side, bytes((PROTECTED, 3, 3)) + body.to_bytes(2, "big") + bytes(body), content)


def each(change):
    """Applies a change of one length to lengths to all protected records."""
    def apply(pieces, draw):
        return [new for piece in pieces for new in
                ([piece] if piece.content < 0 else
                 [protected(piece.side, content) for content in change(piece.content, draw)])]
    return apply


def padded_to(block):
    return each(lambda content, _: [-(-content // block) * block])


def padded_by(most):
    return each(lambda content, draw: [content + draw.randrange(most + 1)])


def one_padded_by(most):
    """Only the longest that the client says is padded, as if it hid a password."""
    def apply(pieces, draw):
        own = [at for at, piece in enumerate(pieces) if piece.side == "c" and piece.content >= 0][1:9]
        if not own:
            return pieces
        longest = max(own, key=lambda at: pieces[at].content)
        more = protected("c", min(pieces[longest].content + draw.randrange(most + 1), 1 << 14))
        return [*pieces[:longest], more, *pieces[longest + 1:]]
    return apply


def side_padded_by(side, most):
    return lambda pieces, draw: [
        protected(side, piece.content + draw.randrange(most + 1))
        if piece.side == side and piece.content >= 0 else piece for piece in pieces]


def in_parts_of(size):
    return each(lambda content, _: [min(size, content - at) for at in range(0, content, size)])


def cut_somewhere(content, draw):
    at = draw.randrange(content)
    return [part for part in (at, content - at) if part > 0]


def joined(pieces, _draw):
    """What a side says until the other speaks is one record."""
    made = []
    for piece in pieces:
        if made and made[-1].side == piece.side and min(made[-1].content, piece.content) >= 0:
            together = min(made[-1].content + piece.content, 1 << 14)
            made[-1] = protected(piece.side, together)
        else:
            made.append(piece)
    return made


def with_more(question, answer, num):
    """A client that asks for more than it needs, before any of its records but the first (which
    is its Finished)."""
    def apply(pieces, draw):
        made = list(pieces)
        for _ in range(num):
            places = [at for at, piece in enumerate(made)
                      if piece.side == "c" and piece.content >= 0][1:]
            if places:
                at = draw.choice(places)
                made[at:at] = [protected("c", draw.randint(*question)),
                               protected("s", draw.randint(*answer))]
        return made
    return apply


def repeated(pieces, draw):
    """A question and its answers come again, as after a refusal."""
    starts = [at for at in range(1, len(pieces)) if pieces[at].content >= 0 and
              pieces[at].side == "c" and pieces[at - 1].side == "s"][1:]
    if len(starts) < 2:
        return pieces
    at = draw.randrange(len(starts) - 1)
    return pieces[:starts[at + 1]] + pieces[starts[at]:]


CHANGES = {
    "as it was": lambda pieces, _: pieces,
    "padded to 16": padded_to(16), "padded to 128": padded_to(128), "padded to 1024": padded_to(1024),
    "padded by up to 30": padded_by(30), "padded by up to 255": padded_by(255),
    "padded by up to 1500": padded_by(1500),
    "the longest padded by up to 3000": one_padded_by(3000),
    "the longest padded by up to 300": one_padded_by(300),
    "the server's padded by up to 60": side_padded_by("s", 60),
    "the client's padded by up to 60": side_padded_by("c", 60),
    "one byte a record": in_parts_of(1), "16 bytes a record": in_parts_of(16),
    "512 bytes a record": in_parts_of(512),
    "every record cut in two": each(cut_somewhere),
    "joined": joined,
    "one short command more": with_more((6, 20), (4, 60), 1),
    "three short commands more": with_more((6, 20), (4, 60), 3),
    "a command as long as a password": with_more((20, 160), (4, 60), 1),
    "a long command more": with_more((200, 900), (20, 300), 1),
    "a turn repeated": repeated,
}


def lossy(packets, draw):
    """Two segments are missing that carry something."""
    speaking = [at for at, packet in enumerate(packets) if Frame(packet.data).rest]
    missing = draw.sample(speaking, min(2, len(speaking)))
    return [packet for at, packet in enumerate(packets) if at not in missing]


def joined_late(packets, draw):
    return packets[draw.randrange(len(packets) // 2):]


LOSSES = {"two segments lost": lossy, "joined in the middle": joined_late}


# --- what is said of them ------------------------------------------------------------------------


def address_of(number):
    return f"10.77.{number // 250}.{number % 250 + 1}"


def told(number, session, change, lose, draw):
    """The packets of a session, of a client of its own."""
    talk = Talk((address_of(number), 40_000 + number), session.server,
                START + number * capture.NS, (f"02:00:00:01:{number >> 8:02x}:{number & 255:02x}",
                                              "02:00:00:00:00:02"))
    for piece in change(session.pieces, draw):
        (talk.client if piece.side == "c" else talk.server)(piece.data, 1400)
    packets = talk.close().packets
    return lose(packets, draw) if lose else packets


def check_finding(report, name, session, finding):
    verdict = finding["basictap.inference.verdict"]
    truth = {session.recording.family}
    if session.recording.holds_token:
        truth.add("modern")
    if session.recording.connections > 1:
        truth.add("none")  # not every one of them is a login
    report.check(verdict == "undecided" or finding["basictap.confidence"] < SURE or
                 RIGHT[verdict] & truth,
                 f"{name}: {session.recording.name}: {verdict} {finding['basictap.confidence']}, "
                 f"held {session.recording.mechanism}: {finding['basictap.inference.evidence']}")


def check(report, executable, all_sessions, job):
    name, seed = job
    draw = random.Random(f"{name} {seed}")
    change, lose = CHANGES.get(name, CHANGES["as it was"]), LOSSES.get(name)
    by_address = {address_of(number): session for number, session in enumerate(all_sessions)}
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "changed.pcapng"
        capture.write(path, [packet for number, session in enumerate(all_sessions)
                             for packet in told(number, session, change, lose, draw)])
        answer = program.replay(executable, "--each", path)
    report.check(answer.status == 0 and not answer.crashed, f"{name}: {answer.status} {answer.err}")
    for finding in answer.inferred:
        check_finding(report, name, by_address[finding["source.ip"]], finding)
    decided = sum(finding["basictap.inference.verdict"] != "undecided"
                  for finding in answer.inferred)
    print(f"{name}: {decided} of {len(answer.inferred)} decided, {len(all_sessions)} sessions")
    report.check(name != "as it was" or decided > len(all_sessions) // 3, f"{name}: few decided")


def main(executable):
    if not lab.LAB.exists():
        program.skip(f"{lab.LAB} is missing")
    report = program.Report()
    all_sessions = program.sample(sessions())
    jobs = [(name, seed) for name in (*CHANGES, *LOSSES) for seed in range(SEEDS)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda job: check(report, executable, all_sessions, job), jobs))
    report.end()


if __name__ == "__main__":
    main(sys.argv[1])

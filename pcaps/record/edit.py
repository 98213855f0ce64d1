#!/usr/bin/env python3
"""Makes from recordings what networks and span ports make of them: loss, other order, segments
seen twice, frames cut short, and a start in the middle.

Usage: edit.py DIR [--every N] [--seed N]

Takes every Nth recording of DIR/manifest.tsv and writes NAME.EDIT.pcapng beside it, with the same
keys, and a line in DIR/edited.tsv: the manifest's, with the edit in the note. The truth stays that
of the whole dialogue: what happened, not what can still be seen of it.
"""
import argparse
import csv
import random
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "support"))
import capture  # noqa: E402
import change  # noqa: E402


def speaking(packets, after=4):
    """The numbers of the TCP frames with payload, but for the first few."""
    numbers = [number for number, packet in enumerate(packets, 1)
               if change.is_ip(packet) and change.run_of(packet)]
    return numbers[after:]


def lost(packets, draw):
    """One to three frames that carry something are missing, anywhere."""
    numbers = speaking(packets, 0)
    return change.without(packets, *draw.sample(numbers, min(draw.randint(1, 3), len(numbers))))


def lost_late(packets, draw):
    """One frame after the first four that carry something is missing: most likely of the login."""
    numbers = speaking(packets)
    return change.without(packets, draw.choice(numbers)) if numbers else packets


def reordered(packets, draw):
    return change.neighbours_swapped(packets, draw.random())


def twice(packets, _draw):
    return change.sent_again(packets)


def started_late(packets, draw):
    """Joined somewhere in the first two thirds of what is said."""
    numbers = speaking(packets, 1)
    first = draw.choice(numbers[:max(1, len(numbers) * 2 // 3)]) if numbers else 1
    return packets[first - 1:]


def ended_early(packets, draw):
    numbers = speaking(packets)
    return packets[:draw.choice(numbers)] if numbers else packets


def cut(packets, _draw):
    """The capture kept only 128 bytes of each frame."""
    return change.cut(packets, 128)


def in_pieces(packets, _draw):
    """The client's segments in pieces, as over a path with a small MTU."""
    return change.in_pieces(packets, 400)


EDITS = {"lost": lost, "lost-late": lost_late, "reordered": reordered, "twice": twice,
         "started-late": started_late, "ended-early": ended_early, "cut": cut,
         "in-pieces": in_pieces}


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    options.add_argument("directory", type=Path)
    options.add_argument("--every", type=int, default=8)
    options.add_argument("--seed", type=int, default=4)
    args = options.parse_args()
    with open(args.directory / "manifest.tsv", encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE, escapechar="\\")
        columns, rows = reader.fieldnames, sorted(reader, key=lambda row: row["file"])
    with open(args.directory / "edited.tsv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, delimiter="\t", quoting=csv.QUOTE_NONE,
                                escapechar="\\", lineterminator="\n")
        writer.writeheader()
        for number, row in enumerate(rows[::args.every]):
            name = list(EDITS)[number % len(EDITS)]
            writer.writerow(edited(args, row, name))
    return 0


def edited(args, row, name):
    """Writes one edited recording; its line."""
    path = args.directory / "captures" / row["file"]
    new = path.with_name(f"{path.stem}.{name}.pcapng")
    packets = EDITS[name](capture.read(path), random.Random(f"{args.seed} {new.name}"))
    capture.write(new, packets)
    shutil.copy(path.with_suffix(".keys"), new.with_suffix(".keys"))
    return {**row, "file": new.name, "keylog": new.with_suffix(".keys").name,
            "note": f"edited: {name}"}


if __name__ == "__main__":
    sys.exit(main())

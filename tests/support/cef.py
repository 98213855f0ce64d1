"""Reads lines of CEF, and checks them against the standard's extension dictionary.

Source: "ArcSight Common Event Format (CEF) Implementation Standard", version 25: header, escaping, and
of the dictionary the keys that we use, with their types and longest values.
"""
import ipaddress
import re

HEADER = ("vendor", "product", "version", "event class", "name", "severity")
KEYS = {  # (type, characters)
    "rt": ("time", 0), "start": ("time", 0), "end": ("time", 0), "externalId": ("text", 40),
    "cnt": ("integer", 0), "cat": ("text", 1023), "act": ("text", 63), "dvchost": ("text", 100),
    "outcome": ("text", 63), "reason": ("text", 1023), "msg": ("text", 1023), "app": ("text", 31),
    "proto": ("text", 31), "src": ("ipv4", 0), "dst": ("ipv4", 0), "c6a2": ("ipv6", 0),
    "c6a3": ("ipv6", 0), "spt": ("port", 0), "dpt": ("port", 0), "smac": ("mac", 0),
    "shost": ("text", 1023), "dhost": ("text", 1023), "destinationServiceName": ("text", 1023),
    "duser": ("text", 1023), "duid": ("text", 1023), "dntdom": ("text", 255),
    "request": ("text", 1023), "requestMethod": ("text", 1023),
    "requestClientApplication": ("text", 1023), "deviceInboundInterface": ("text", 128),
    "flexString1": ("text", 1023), "flexString2": ("text", 1023), "cfp1": ("real", 0),
    "cn1": ("integer", 0), "cn2": ("integer", 0),
} | {f"cs{number}": ("text", 4000) for number in range(1, 7)}
CUSTOM = re.compile(r"(cs|cn|cfp|flexString|c6a)\d$")
PATTERNS = {
    "time": r"\d{1,13}", "integer": r"-?\d+", "real": r"-?\d+(\.\d+)?(e-?\d+)?", "port": r"\d{1,5}",
    "mac": r"([0-9A-F]{2}:){5}[0-9A-F]{2}",
}


def parse(line):
    """(header, extension), unescaped; ValueError: not CEF."""
    if not line.startswith("CEF:0|"):
        raise ValueError("no CEF:0")
    header, rest = [], line[len("CEF:0|"):]
    for _ in HEADER:
        part = re.match(r"((?:[^|\\]|\\[|\\])*)\|", rest)
        if part is None:
            raise ValueError("too few parts of a header, or a wrong escape in one")
        header.append(re.sub(r"\\(.)", r"\1", part.group(1)))
        rest = rest[part.end():]
    return dict(zip(HEADER, header, strict=True)), extension(rest)


def extension(text):
    """A value ends before the next " key="; in it stand only \\\\ \\= \\n \\r."""
    pairs = {}
    keys = list(re.finditer(r"(?:^| )([A-Za-z0-9_]+)=", text))
    # An equals sign that is escaped has a backslash before it, which no key has.
    for this, following in zip(keys, keys[1:] + [None], strict=True):
        value = text[this.end():following.start() if following else len(text)]
        if re.fullmatch(r"(?:[^\\=\n\r]|\\[\\=nr])*", value) is None:
            raise ValueError(f"a wrong escape in {this.group(1)}={value}")
        if this.group(1) in pairs:
            raise ValueError(f"{this.group(1)} twice")
        pairs[this.group(1)] = re.sub(r"\\(.)", lambda found: found.group(1), value)
    if (keys and keys[0].start() != 0) or (text and not keys):
        raise ValueError("text before the first key")
    return pairs


def complaints(header, pairs):
    if not all(header[name] for name in HEADER):
        yield f"an empty part in {header}"
    if not header["severity"].isdigit() or int(header["severity"]) > 10:
        yield f"severity {header['severity']}"
    for key, value in pairs.items():
        if key.endswith("Label") and key[:-5] in pairs:
            continue
        if key not in KEYS:
            yield f"{key} is not in the dictionary"
            continue
        if CUSTOM.match(key) and key + "Label" not in pairs:
            yield f"{key} has no label"
        yield from value_complaints(key, *KEYS[key], value)


def value_complaints(key, kind, longest, value):
    if not value or (longest and len(value) > longest):
        yield f"{key} has {len(value)} characters"
    if kind in PATTERNS and re.fullmatch(PATTERNS[kind], value) is None:
        yield f"{key} is {value}"
    if kind in ("ipv4", "ipv6") and ipaddress.ip_address(value).version != int(kind[-1]):
        yield f"{key} is {value}"

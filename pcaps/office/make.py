#!/usr/bin/env python3
"""Makes "a day at the office" out of the lab's recordings: input.pcapng, truth.jsonl, README.md.

Usage: make.py [DIRECTORY]   (default: the folder of this script; needs ../shared/lab)

A recording is replayed by the device whose part it plays: addresses, names such as
pc09.corp.contoso.com and client ports are changed, checksums are set anew, all else stays as it
was recorded. Same recordings, same bytes. The truth comes from the lab's manifest and from the
number of runs, never from what a sensor said.
"""
import json
import sys
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "support"))
import capture  # noqa: E402
import lab  # noqa: E402

HERE = Path(__file__).resolve().parent
DAY = datetime(2026, 11, 16, tzinfo=timezone.utc)
PROXY_USER = "proxyuser"
MAX_SIZE = 2_000_000

# Number in the network (10.20.0.1NN, pcNN.corp.contoso.com), what it is. The MACs are the lab's.
CAST = {
    1: "Alice's MacBook", 2: "a laptop that nobody knows", 3: "Bob's iPhone", 4: "Grace's Mac",
    5: "Bob's laptop, and his Samsung phone behind it", 6: "monitoring on a Raspberry Pi",
    7: "Charlotte's PC", 8: "Frank's PC", 9: "Ricoh copier", 10: "Brother printer",
    11: "Alice's PC", 12: "build server",
}


def at(*times):
    """Seconds of the day for "HH:MM"."""
    return [int(time[:2]) * 3600 + int(time[3:]) * 60 for time in times]


def every(minutes, first, last):
    start, end = at(first, last)
    return list(range(start, end + 1, minutes * 60))


# Device, recording (without .pcapng), when. The order is the order of the README.
PROGRAMME = [
    (1, "imap-plain-plain-curl-rejected", at("08:01")),
    (1, "imap-plain-plain-curl", at("08:03", "11:40", "16:55")),
    (1, "imap-plain-login-mutt", at("09:20")),
    (1, "smtp-plain-xoauth2-curl", at("10:12", "15:31")),
    (1, "imap-tls-oauthbearer-curl", at("12:45")),
    (1, "imap-starttls-xoauth2-curl", at("17:05")),
    (2, "smtp-plain-hydra-spray", at("03:12", "03:13", "03:14")),
    (2, "imap-tls-hydra-spray", at("03:20")),
    (2, "pop3-tls-hydra-spray", at("03:22")),
    (2, "http-spray-eas-hydra", at("03:25")),
    (3, "eas-plain-basic-curl-ios-rejected", at("07:31")),
    (3, "eas-plain-basic-curl-ios-blocked", at("07:40", "08:40", "09:40", "10:40", "11:40")),
    (3, "eas-plain-bearer-curl-ios", at("12:31", "14:30", "16:30")),
    (3, "eas-h2-bearer-curl-ios", at("18:30", "20:30")),
    (4, "ews-plain-basic-curl-macmail", every(90, "08:15", "17:30")),
    (4, "smtp-plain-login-curl", at("09:02", "13:44", "16:09")),
    (4, "ews-tls-bearer-curl-macmail", at("10:50", "15:50")),
    (4, "smtp-starttls-login-msmtp", at("11:11")),
    (5, "imap-plain-login-curl", at("08:22", "13:05")),
    (5, "imap-plain-ntlm-curl", at("08:25")),
    (5, "rpc-plain-basic-impacket", at("09:09")),
    (5, "eas-plain-basic-curl-sam", at("06:50", "12:10", "19:45")),
    (5, "eas-tls12-basic-curl-ios", at("14:14")),
    (6, "imap-plain-login-getmail", every(60, "00:05", "23:05")),
    (6, "ews-tls-basic-pyrequests", every(120, "00:35", "22:35")),
    (6, "pop3-plain-xoauth2-curl", every(360, "01:15", "19:15")),
    (7, "autodiscover-plain-basic-curl-outlook", at("08:31")),
    (7, "autodiscover-plain-bearer-curl-outlook", at("08:32")),
    (7, "autodiscover-tls-none-curl-v2json", at("08:33")),
    (7, "pop3-plain-plain-curl", at("08:40", "12:40", "16:40")),
    (7, "smtp-starttls-xoauth2-curl", at("09:50", "14:50")),
    (8, "mapi-plain-basic-curl-outlook", at("08:05", "10:05")),
    (8, "mapi-plain-bearer-curl-outlook", at("12:05", "14:05", "16:05")),
    (8, "smtp-plain-plain-curl", at("11:30")),
    (8, "mapi-tls-bearer-curl-outlook", at("17:15")),
    (9, "smtp-plain-login-swaks", every(45, "07:45", "18:15")),
    (9, "imap-plain-login-blocked-tlsonly", at("08:50", "13:50")),
    (9, "imap-plain-logincmd-rejected-py", at("09:55")),
    (9, "pop3-plain-blocked", at("10:55")),
    (10, "smtp-plain-plain-swaks", at("08:12", "09:48", "11:21", "14:02", "15:37")),
    (10, "smtp-blocked-plain587-swaks", at("10:20", "13:20", "16:20")),
    (10, "pop3-plain-userpass-curl-rejected", at("12:00")),
    (11, "autodiscover-plain-ntlm-curl", at("07:58")),
    (11, "ews-plain-ntlm-curl", at("08:00", "12:00", "16:00")),
    (11, "smtp-plain-ntlm-curl", at("10:33")),
    (11, "oab-plain-basic-curl-bits", at("08:10")),
    (11, "oab-tls-basic-wget-challenge", at("08:11")),
    (12, "imap-plain-login-mbsync", every(40, "00:20", "23:40")),
    (12, "pop3-plain-login-curl", at("02:00", "14:00")),
    (12, "ps-plain-basic-pywinrm", at("05:30")),
    (12, "winrm-plain-basic-pywinrm", at("05:45")),
    (12, "ps-tls-basic-convert-bearer-curl", at("06:00")),
    (12, "imap-plain-login-pyimaplib", at("06:10", "18:10")),
    (12, "imap-plain-plain-pyimaplib", at("06:15")),
    (12, "pop3-plain-userpass-pypoplib", at("06:20")),
    (12, "smtp-plain-login-pysmtplib", at("06:25")),
    (12, "smtp-plain-plain-pysmtplib", at("06:30")),
    (12, "imap-plain-xoauth2-curl", at("06:35")),
    (12, "imap-plain-xoauth2-pyimaplib", at("06:40")),
    (12, "smtp-plain-xoauth2-pysmtplib", at("06:45")),
    (12, "eas-proxyauth-bearer-curl-ios", at("10:00", "15:00")),
    (12, "eas-proxy-basic-curl-ios", at("11:00")),
    (12, "imap-proxy-xoauth2-curl", at("13:00")),
    (12, "smtp-proxy-starttls-plain-curl", at("16:00")),
]


class Device(NamedTuple):
    number: int
    mac: str
    address: str
    name: str  # as in pc09.corp.contoso.com


class Run(NamedTuple):
    device: Device
    recording: lab.Recording
    second: int  # of the day


# --- the capture ---------------------------------------------------------------------------------


def devices(recordings):
    macs = {recording.address: recording.mac for recording in recordings}
    return {number: device_at(f"10.20.0.{100 + number}", macs) for number in CAST}


def device_at(address, macs):
    number = int(address.rsplit(".", 1)[1]) - 100
    return Device(number, macs[address], address, f"pc{number:02d}")


def runs(recordings):
    named = {recording.name: recording for recording in recordings}
    cast = devices(recordings)
    return [Run(cast[number], named[name + ".pcapng"], second)
            for number, name, seconds in PROGRAMME for second in seconds]


def packets_of(run, ports):
    """The packets of a run: the recording's, as if this device had done it at this time."""
    packets = capture.read(run.recording.path)
    shift = int(DAY.timestamp() + run.second) * capture.NS - packets[0].time
    actor = device_at(run.recording.address, {run.recording.address: run.recording.mac})
    moved = {}
    for packet in packets:
        frame = capture.Frame(packet.data)
        replace_device(frame, actor, run.device)
        if frame.is_tcp:
            move_port(frame, run.device, moved, ports)
        yield capture.Packet(packet.time + shift, frame.packed())


def replace_device(frame, old, new):
    swap = {capture.mac(old.mac): capture.mac(new.mac)}
    frame.from_mac = swap.get(frame.from_mac, frame.from_mac)
    frame.to_mac = swap.get(frame.to_mac, frame.to_mac)
    for here in (12, 16):
        if capture.text_of(frame.ip[here:here + 4]) == old.address:
            frame.ip[here:here + 4] = capture.address(new.address)
    for before, after in ((old.address, new.address), (old.name, new.name)):
        frame.rest = frame.rest.replace(before.encode(), after.encode())


def move_port(frame, device, moved, ports):
    """A client port is used once a day by a device and server."""
    is_client = frame.source[0] == device.address
    server = frame.destination if is_client else frame.source
    port = frame.source[1] if is_client else frame.destination[1]
    if (server, port) not in moved:
        free = port
        while (device.address, free, server) in ports:
            free = free + 1 if free < 60999 else 32768
        ports.add((device.address, free, server))
        moved[server, port] = free
    frame.set_port(0 if is_client else 2, moved[server, port])


def make_capture(programme):
    ports = set()
    packets = [packet for run in sorted(programme, key=lambda run: run.second)
               for packet in packets_of(run, ports)]
    return capture.pcapng(sorted(packets, key=lambda packet: packet.time))


# --- the truth -----------------------------------------------------------------------------------


def logins(recording):
    """How often each user's credential was sent in a recording, by what the client says."""
    said = capture.client_bytes(recording.path, recording.address)
    if recording.sends_nothing:
        return Counter()
    if recording.mechanism == "http-ntlm":
        return Counter({recording.users[0]: said.count(b"Authorization: NTLM TlRMTVNTUAAD")})
    if recording.mechanism.startswith("http-"):
        count = said.count(b"\r\nAuthorization: ")
        return Counter({recording.users[0] if recording.names_user else "": count})
    return Counter(recording.users)


def truth(programme):
    """One row for each device, service, mechanism, user and outcome that is readable."""
    rows = {}
    for run in programme:
        for key, count in findings(run).items():
            row = rows.setdefault((run.device.number,) + key, {"count": 0, "seconds": []})
            row["count"] += count
            row["seconds"].append(run.second)
    return [truth_row(programme, key, row) for key, row in sorted(rows.items())]


def findings(run):
    recording = run.recording
    if recording.name.startswith("eas-proxyauth-"):
        return {("proxy", "http-basic", PROXY_USER, "accepted"): 1}
    if recording.transport != "clear":
        return {}
    return {(recording.service, recording.mechanism, user, recording.outcome): count
            for user, count in logins(recording).items()}


def truth_row(programme, key, row):
    number, service, mechanism, user, outcome = key
    device = next(run.device for run in programme if run.device.number == number)
    return {"source.mac": device.mac.upper().replace(":", "-"), "source.ip": device.address,
            "basictap.service": service, "basictap.mechanism": mechanism,
            "basictap.family": lab.family_of(mechanism), "user.name": user,
            "event.reason": outcome, "basictap.count": row["count"],
            "first": clock(min(row["seconds"])), "last": clock(max(row["seconds"]))}


def clock(second):
    return f"{second // 3600:02d}:{second // 60 % 60:02d}"


def encrypted(programme):
    """Sessions that nobody can read without keys: device, recording's facts, how many."""
    count = Counter()
    for run in programme:
        if run.recording.transport != "clear":
            count[run.device.number, run.recording] += run.recording.connections
    return count


# --- the page ------------------------------------------------------------------------------------


INTRO = """# A day at the office

Monday, 16 November 2026 (UTC), twelve devices behind one span port: people read mail, printers
send scans, pollers run round the clock, one laptop sprays passwords at night, one phone is refused
all morning until it is moved to modern authentication. {packets} packets, {size} bytes.

`make.py` made it from recordings of real clients against real servers (Dovecot, Postfix, SOGo,
Squid; Exchange's HTTP layer is a stub with Exchange's codes and headers). Each recording was given
to the device whose part it plays: addresses, host names and client ports were changed, nothing
else; that is why `Date` headers tell of another day. There is no key in it, so what is encrypted
stays so. All names and passwords were invented for the recordings.

The tables are the truth as the recordings' manifest tells it, not what the program said. `make.py`
writes them, and `tests/golden/office_test.py` compares the program's answer with `truth.jsonl`.

## Who is who

| device | MAC | address |
|---|---|---|
{cast}

The phones say who they are themselves, `APPLF17` the iPhone and `APPLSEC19C2` the Samsung, though
not with every request: `OPTIONS` names no DeviceId, and belongs to what follows it on its
connection. So there are thirteen devices, of which one, the Samsung, has no MAC of its own. The
iPhone's two encrypted sessions tell nothing but its MAC: to a sensor without keys that is a
fourteenth.

## What can be read

An HTTP request with credentials is one login. A bearer token names nobody. First and last are the
minutes in which a recording begins. The proxy's credentials open the proxy, not a mailbox.

| device | service | mechanism | user | outcome | logins | first | last |
|---|---|---|---|---|---|---|---|
{readable}

The printer 10.20.0.110 also calls on port 587 three times, is offered no mechanism before STARTTLS
and hangs up: nothing is sent, nothing is reported.

## What cannot be read

These sessions are encrypted; the mechanism is known from their makers alone. A sensor without keys
counts them as unreadable.

| device | service | transport | mechanism | outcome | sessions |
|---|---|---|---|---|---|
{unreadable}
"""


def page(programme, rows, data):
    cast = {run.device for run in programme}
    return INTRO.format(
        packets=sum(1 for _ in capture.packets(data)), size=len(data),
        cast="\n".join(f"| {CAST[device.number]} | {device.mac} | {device.address} |"
                       for device in sorted(cast)),
        readable="\n".join(readable_line(row) for row in rows),
        unreadable="\n".join(unreadable_line(key, count)
                             for key, count in sorted(encrypted(programme).items())))


def readable_line(row):
    names = ("source.ip", "basictap.service", "basictap.mechanism", "user.name", "event.reason",
             "basictap.count", "first", "last")
    return "| " + " | ".join(str(row[name]) for name in names) + " |"


def unreadable_line(key, count):
    number, recording = key
    transport = {"proxy": "tls or starttls, through CONNECT"}.get(recording.transport,
                                                                  recording.transport)
    return (f"| 10.20.0.{100 + number} | {recording.service} | {transport} | "
            f"{recording.mechanism} | {recording.outcome} | {count} |")


def main(folder):
    programme = runs(lab.recordings())
    data = make_capture(programme)
    assert len(data) < MAX_SIZE, len(data)
    rows = truth(programme)
    (folder / "input.pcapng").write_bytes(data)
    (folder / "truth.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "README.md").write_text(page(programme, rows, data))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)

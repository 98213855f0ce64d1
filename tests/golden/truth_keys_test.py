#!/usr/bin/env python3
"""Public captures with keys: as many sessions are opened as tshark opens, but for those that we
refuse, and what is in them is no login.

Usage: truth_keys_test.py PROGRAM   (needs ../shared/captures)
"""
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import program  # noqa: E402

CAPTURES = program.SHARED / "captures"
COUNTER = "basictap.coverage.sessions."

# What tshark 4.0 opens with the same key log (streams with a protocol above TLS), and of these what
# is refused here and why, counted by the hellos: unsupported is SSL 3, RC2, RC4, DES, IDEA, SEED,
# Camellia; compressed is DEFLATE. No session of these captures logs in with Basic, as tshark has it.
CASES = {
    "FoxIO-LLC+ja4/pcap__chrome-cloudflare-quic-with-secrets.pcapng": (1, {}),
    "Lekensteyn+wireshark-notes/all__dump.pcapng": (70, {"compressed": 70}),
    "Lekensteyn+wireshark-notes/ssl3__dump.pcapng": (39, {"unsupported": 39}),
    "Lekensteyn+wireshark-notes/tls__broken__dump.pcapng": (33, {"unsupported": 15}),
    "Lekensteyn+wireshark-notes/tls__smtp-ssl.pcapng": (1, {}),
    "OISF+suricata-verify/tests__ja4-rules__input.pcap": (1, {}),
    "packetpioneer+youtube/DoH-Sample-ChrisGreer.pcapng": (8, {}),
    "stanford-esrg+retina/traces__tls_ciphers.pcap": (70, {"compressed": 70}),
    "syncsynchalt+illustrated-tls12/captures__capture.pcap": (1, {}),
    "wireshark+wireshark/test__captures__http2_follow_multistream.pcapng": (1, {}),
    "wireshark+wireshark/test__captures__tls12-chacha20poly1305.pcap": (7, {}),
    "wireshark+wireshark/test__captures__tls12-dsb.pcapng": (2, {}),
    "wireshark+wireshark/test__captures__tls13-rfc8446.pcap": (2, {}),
}
# Three more of these two (RC4 and RC2, not compressed) tshark does not open either.
UNOPENED = {
    "Lekensteyn+wireshark-notes/all__dump.pcapng": {"unsupported": 3},
    "stanford-esrg+retina/traces__tls_ciphers.pcap": {"unsupported": 3},
}


def readings(answer):
    """How many sessions were read, or why not, by all services together."""
    found = {}
    for document in answer.documents:
        for name, value in document.items():
            if name.startswith(COUNTER) and ".tls." in name and int(value) > 0:
                reading = name.rsplit(".", 1)[1]
                found[reading] = found.get(reading, 0) + int(value)
    return found


def wanted(name):
    opened, refused = CASES[name]
    counts = {"decrypted": opened - sum(refused.values())}
    for reasons in (refused, UNOPENED.get(name, {})):
        for reason, num in reasons.items():
            counts[reason] = counts.get(reason, 0) + num
    return {reason: num for reason, num in counts.items() if num > 0}


def check(report, executable, name):
    answer = program.replay(executable, "--each", "--keylog", CAPTURES / "keys.log",
                            CAPTURES / name)
    report.check(answer.status == 0 and not answer.crashed, f"{name}: {answer.status} {answer.err}")
    report.check(readings(answer) == wanted(name),
                 f"{name}: expected {wanted(name)}, found {readings(answer)}")
    basic = [login for login in answer.logins if login["basictap.family"] == "basic"]
    report.check(not basic, f"{name}: {basic}")


def main(executable):
    if not CAPTURES.exists():
        program.skip(f"{CAPTURES} is missing")
    report = program.Report()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda name: check(report, executable, name), CASES))
    report.end()


if __name__ == "__main__":
    main(sys.argv[1])

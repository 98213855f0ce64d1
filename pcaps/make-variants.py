#!/usr/bin/env python3
"""Makes the inputs of the golden cases: pcaps/<protocol>/<case>/input.pcapng.

Usage: make-variants.py [DIRECTORY]   (default: the folder of this script; needs ../shared/lab)

Some are recordings of the lab as they are, some are the same with packets lost, cut, shuffled or
wrapped, and some are written here packet by packet. What is to be found in them stands in
expected.jsonl beside each, written by hand. Frame numbers count from 1, as Wireshark does.
"""
import base64
import struct
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "support"))
import capture  # noqa: E402
import lab  # noqa: E402
from capture import Frame, Packet, Talk  # noqa: E402
from change import (cut, in_pieces, is_said_by, said_by, shuffled, swapped, twice,  # noqa: E402
                    without)

START = 1_794_819_600 * capture.NS  # 2026-11-16 09:00:00 UTC
CLIENT_MAC, SERVER_MAC = "00:26:73:10:00:09", "00:1b:54:aa:00:01"
CLIENT, SERVER = "10.20.0.109", "192.0.2.25"


# --- changes -------------------------------------------------------------------------------------


def recording(name):
    return capture.read(lab.LAB / "captures" / f"{name}.pcapng")


def retagged(packets, tags_of):
    """tags_of(packet, frame, number) gives the tags of each packet, the outermost first."""
    return [Packet(packet.time, capture.tagged(packet.data, *tags_of(Frame(packet.data), number)))
            for number, packet in enumerate(packets, 1)]


def wrapped(packets, wrap):
    """Each frame inside what wrap(frame bytes) puts around it."""
    return [Packet(packet.time, wrap(packet.data)) for packet in packets]


def outer(protocol, body):
    """Between two switches that send copies to the sensor."""
    return capture.ethernet("02:00:5e:00:00:01", "02:00:5e:00:00:02", 0x0800,
                            capture.ipv4("198.51.100.1", "198.51.100.2", protocol, body))


def vxlan(data):
    head = struct.pack("!II", 0x08000000, 42 << 8)
    return outer(capture.UDP, capture.udp(49152, 4789, head + data))


def gre(data):
    """IP straight in GRE (RFC 2784): no Ethernet inside."""
    return outer(47, struct.pack("!HH", 0, 0x0800) + data[14:])


def erspan2(data):
    """ERSPAN type II in GRE with a sequence number: version 1, VLAN 0, session 7."""
    head = struct.pack("!HHI", 0x1000, 0x88BE, 1) + struct.pack("!HHI", 0x1000, 7, 0)
    return outer(47, head + data)


def mpls(data):
    """Two labels in front of IP."""
    labels = struct.pack("!II", 16 << 12 | 64, 17 << 12 | 0x100 | 64)
    return data[:12] + struct.pack("!H", 0x8847) + labels + data[14:]


def fragmented(packets, number, size):
    """One frame's IP packet in fragments of so many bytes, the last one first."""
    packet = packets[number - 1]
    pieces = list(fragments(packet.data, size))
    split = [Packet(packet.time + at, data) for at, data in enumerate(reversed(pieces))]
    return packets[:number - 1] + split + packets[number:]


def fragments(data, size):
    frame = Frame(data)
    body = bytes(frame.transport) + frame.rest
    for at in range(0, len(body), size):
        more = 0x2000 if at + size < len(body) else 0
        head = bytearray(frame.ip)
        struct.pack_into("!HHH", head, 2, 20 + len(body[at:at + size]), 0x1234, more | at // 8)
        head[10:12] = b"\0\0"
        head[10:12] = capture.checksum(head)
        yield data[:14] + bytes(head) + body[at:at + size]


# --- sessions written here -----------------------------------------------------------------------


def talk(port, server=SERVER, client_port=50001, start=START):
    return Talk((CLIENT, client_port), (server, port), start, (CLIENT_MAC, SERVER_MAC))


def imap_login(literal):
    """LOGIN with literals, whose bytes follow at once (LITERAL+) or after the server's "+"."""
    mark = b"+" if literal == "plus" else b""
    session = talk(143).server(b"* OK The Microsoft Exchange IMAP4 service is ready.\r\n")
    session.client(b"a1 LOGIN {19" + mark + b"}\r\n")
    if not mark:
        session.server(b"+ Ready for additional command text.\r\n")
    session.client(b"scanner@contoso.com {10" + mark + b"}\r\n")
    if not mark:
        session.server(b"+ Ready for additional command text.\r\n")
    session.client(b"LAB pw 01!\r\n").server(b"a1 OK LOGIN completed.\r\n")
    session.client(b"a2 LOGOUT\r\n").server(b"* BYE\r\na2 OK LOGOUT completed.\r\n")
    return session.close().packets


def imap_malformed():
    """Nonsense, a literal of 2^64 bytes and a line of 20,000; then somebody logs in."""
    session = talk(143).server(b"* OK The Microsoft Exchange IMAP4 service is ready.\r\n")
    session.client(b"\0\0\xff\r\n").server(b"* BAD Command Argument Error.\r\n")
    session.client(b"a1 LOGIN {18446744073709551616}\r\n")
    session.server(b"a1 BAD Command Argument Error.\r\n")
    session.client(b"a2 NOOP " + b"x" * 20000 + b"\r\n", 1400).server(b"a2 BAD Too long.\r\n")
    session.client(b'a3 LOGIN "scanner@contoso.com" "LAB pw 01!"\r\n')
    session.server(b"a3 NO LOGIN failed.\r\n")
    return session.close().packets


def pop_malformed():
    """PASS without USER, a line without end of 5,000 bytes, NULs; then somebody logs in."""
    session = talk(110).server(b"+OK The Microsoft Exchange POP3 service is ready.\r\n")
    session.client(b"PASS LAB-pw-02\r\n").server(b"-ERR Command is not valid in this state.\r\n")
    session.client(b"CAPA \0\0\0\r\n").server(b"-ERR Protocol error. 14\r\n")
    session.client(b"X" * 5000, 1000).client(b"\r\n").server(b"-ERR Protocol error. 14\r\n")
    session.client(b"USER scanner@contoso.com\r\n").server(b"+OK\r\n")
    session.client(b"PASS LAB-pw-02\r\n").server(b"+OK User successfully logged on.\r\n")
    return session.client(b"QUIT\r\n").server(b"+OK bye\r\n").close().packets


def smtp_malformed():
    """Lines ended by LF alone, an EHLO answer cut by a hang-up; then a login in a new session."""
    first = talk(587).server(b"220 smtp.contoso.com Microsoft ESMTP MAIL Service ready\r\n")
    first.client(b"EHLO \xff\xfe\n").server(b"501 5.5.4 Invalid domain name\r\n")
    first.client(b"EHLO x\r\n").server(b"250-smtp.contoso.com Hello\r\n250-AU").close()
    second = talk(587, client_port=50002, start=START + capture.NS)
    second.server(b"220 smtp.contoso.com Microsoft ESMTP MAIL Service ready\r\n")
    second.client(b"EHLO mfp\r\n").server(b"250-smtp.contoso.com Hello\r\n250 AUTH LOGIN\r\n")
    second.client(b"AUTH LOGIN\n").server(b"334 VXNlcm5hbWU6\r\n")
    second.client(encoded("scanner@contoso.com") + b"\n").server(b"334 UGFzc3dvcmQ6\r\n")
    second.client(encoded("LAB-pw-03") + b"\n")
    second.server(b"535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled "
                  b"for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more "
                  b"information.\r\n")
    return first.packets + second.close().packets


def encoded(text):
    return base64.b64encode(text.encode())


def basic(user, password):
    return b"Authorization: Basic " + encoded(f"{user}:{password}") + b"\r\n"


EWS_REQUEST = b"POST /EWS/Exchange.asmx HTTP/1.1\r\nHost: mail.contoso.com\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def http_pipelined():
    """Two requests at once, the first anonymous: the answers come in the same order."""
    session = talk(80)
    session.client(EWS_REQUEST + b"Content-Length: 3\r\n\r\none" +
                   EWS_REQUEST + basic("scanner@contoso.com", "LAB-pw-04") +
                   b"Content-Length: 3\r\n\r\ntwo")
    session.server(b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"mail\"\r\n"
                   b"Content-Length: 0\r\n\r\n").server(OK)
    return session.close().packets


def http_chunked():
    """A body in chunks that looks like a request with credentials; the second request has some."""
    decoy = b"GET / HTTP/1.1\r\n" + basic("decoy@contoso.com", "LAB-pw-05") + b"\r\n"
    session = talk(80)
    session.client(EWS_REQUEST + b"Transfer-Encoding: chunked\r\n\r\n")
    session.client(b"%x\r\n" % len(decoy) + decoy + b"\r\n0\r\n\r\n").server(OK)
    session.client(EWS_REQUEST + b"authorization:basic   " +
                   encoded("scanner@contoso.com:LAB-pw-05") + b"\r\nContent-Length: 0\r\n\r\n")
    return session.server(OK).close().packets


def http_malformed():
    """A length that is no number, a header of 70,000 bytes; then a new session with a login."""
    first = talk(80).client(EWS_REQUEST + b"Content-Length: -1\r\n\r\n")
    first.server(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").close()
    second = talk(80, client_port=50002, start=START + capture.NS)
    second.client(EWS_REQUEST + b"X: " + b"x" * 70000 + b"\r\n\r\n", 1400)
    second.server(b"HTTP/1.1 431 Too Large\r\nConnection: close\r\n\r\n").close()
    third = talk(80, client_port=50003, start=START + 2 * capture.NS)
    third.client(EWS_REQUEST + basic("scanner@contoso.com", "LAB-pw-06") +
                 b"Content-Length: 0\r\n\r\n")
    third.server(b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"mail\"\r\n"
                 b"Content-Length: 0\r\n\r\n")
    return first.packets + second.packets + third.close().packets


H2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
H2_GET, H2_200 = b"\x82\x86", b"\x88"  # GET with scheme http; status 200
H2_PATH = (b":path", b"/EWS/Exchange.asmx")
H2_HOST = (b":authority", b"mail.contoso.com")


def h2_frame(kind, flags, stream, body=b""):
    return len(body).to_bytes(3, "big") + bytes((kind, flags)) + struct.pack("!I", stream) + body


def h2_headers(stream, *parts):
    """A block that is whole and ends the stream; a part is bytes or a field, added to the table."""
    block = b"".join(part if isinstance(part, bytes) else
                     bytes((0x40, len(part[0]))) + part[0] + bytes((len(part[1]),)) + part[1]
                     for part in parts)
    return h2_frame(1, 5, stream, block)


def h2_login(password):
    return b"authorization", b"Basic " + encoded("scanner@contoso.com:" + password)


def h2_talk(port=50001, start=START):
    session = talk(80, client_port=port, start=start)
    return session.client(H2_PREFACE + h2_frame(4, 0, 0)).server(h2_frame(4, 0, 0))


def http2_indexed():
    """A client that adds its login to the table, as Go's does, and refers to it; then once more."""
    session, login = h2_talk(), h2_login("LAB-pw-07")
    session.client(h2_headers(1, H2_GET, H2_PATH, H2_HOST, login)).server(h2_headers(1, H2_200))
    session.client(h2_headers(3, H2_GET, b"\xc0\xbf\xbe"))
    session.server(h2_headers(3, (b":status", b"401"), (b"www-authenticate", b"Basic realm=mail")))
    session.client(h2_headers(5, H2_GET, b"\xc0\xbf\xbe")).server(h2_headers(5, H2_200))
    session.client(h2_headers(7, H2_GET, b"\xc0\xbf", login)).server(h2_headers(7, H2_200))
    session.client(h2_headers(9, H2_GET, H2_PATH, H2_HOST, b"\xc0")).server(h2_headers(9, H2_200))
    return session.close().packets


def http2_malformed():
    """Three logins that no server would read: padding beyond the frame, an index of zero, a block
    that goes on in another stream. Then a new session with a login."""
    login = h2_login("LAB-pw-08")
    block = h2_headers(1, H2_GET, H2_PATH, H2_HOST, login)[9:]
    broken = (h2_frame(1, 0x0d, 1, b"\xff" + block), h2_frame(1, 5, 1, block + b"\x80"),
              h2_frame(1, 1, 1, block[:30]) + h2_frame(9, 4, 3, block[30:]))
    packets = []
    for number, frames in enumerate(broken):
        session = h2_talk(50001 + number, START + number * capture.NS)
        packets += session.client(frames).server(h2_frame(7, 0, 0, bytes(8))).close().packets
    last = h2_talk(50010, START + 10 * capture.NS)
    last.client(h2_headers(1, block)).server(h2_headers(1, (b":status", b"401")))
    return packets + last.close().packets


def http_token_as_password():
    """Exchange Online PowerShell V2: scheme Basic, but the password is a bearer token."""
    session = talk(80)
    session.client(b"POST /powershell-liveid?BasicAuthToOAuthConversion=true HTTP/1.1\r\n"
                   b"Host: outlook.office365.com\r\nUser-Agent: Microsoft WinRM Client\r\n" +
                   basic("admin@contoso.com", "Bearer eyJ0eXAiOiJKV1QifQ.e30.bm9ib2R5") +
                   b"Content-Length: 0\r\n\r\n")
    return session.server(OK).close().packets


def proxied():
    """A proxy wants Basic; inside the tunnel a mailbox is opened by IMAP in clear."""
    session = talk(3128, "192.0.2.80")
    connect = b"CONNECT outlook.office365.com:143 HTTP/1.1\r\nHost: outlook.office365.com:143\r\n"
    session.client(connect + b"\r\n")
    session.server(b"HTTP/1.1 407 Proxy Authentication Required\r\n"
                   b"Proxy-Authenticate: Basic realm=\"squid\"\r\nContent-Length: 0\r\n\r\n")
    session.client(connect + b"Proxy-" + basic("proxyuser", "LAB-pw-07") + b"\r\n")
    session.server(b"HTTP/1.1 200 Connection established\r\n\r\n")
    return imap_inside(session)


def imap_inside(session):
    session.server(b"* OK The Microsoft Exchange IMAP4 service is ready.\r\n")
    session.client(b'a1 LOGIN "scanner@contoso.com" "LAB-pw-08"\r\n')
    session.server(b"a1 OK LOGIN completed.\r\n")
    return session.close().packets


# --- SOCKS ---------------------------------------------------------------------------------------


def socks5_target():
    name = b"outlook.office365.com"
    return b"\5\1\0\3" + bytes([len(name)]) + name + struct.pack("!H", 143)


SOCKS5_GRANTED = b"\5\0\0\1" + capture.address("52.96.0.10") + struct.pack("!H", 143)


def socks5():
    session = talk(1080, "192.0.2.80").client(b"\5\1\0").server(b"\5\0")
    return imap_inside(session.client(socks5_target()).server(SOCKS5_GRANTED))


def socks5_with_password():
    """RFC 1929: the proxy's own user name and password, which open no mailbox."""
    session = talk(1080, "192.0.2.80").client(b"\5\2\0\2").server(b"\5\2")
    session.client(b"\1\x09proxyuser\x09LAB-pw-09").server(b"\1\0")
    return imap_inside(session.client(socks5_target()).server(SOCKS5_GRANTED))


def socks4a():
    session = talk(1080, "192.0.2.80")
    session.client(b"\4\1\0\x8f\0\0\0\1clerk\0outlook.office365.com\0")
    session.server(b"\0\x5a\0\0\0\0\0\0")
    return imap_inside(session)


def socks_malformed():
    """A method count that promises more than comes, an answer of no version; then a good one."""
    first = talk(1080, "192.0.2.80").client(b"\5\xff\0").server(b"\7\0").close()
    second = talk(1080, "192.0.2.80", 50002, START + capture.NS)
    second.client(b"\5\1\0").server(b"\5\0").client(socks5_target()).server(SOCKS5_GRANTED)
    return first.packets + imap_inside(second)


# --- names ---------------------------------------------------------------------------------------


def dhcp(kind, options, client_mac=CLIENT_MAC, given="0.0.0.0"):
    """A DHCP message (RFC 2131) as the body of a UDP datagram."""
    head = struct.pack("!BBBBIHH4s4s8s16s", 2 if kind in (2, 5) else 1, 1, 6, 0, 0x3903F326, 0, 0,
                       bytes(4), capture.address(given), bytes(8), capture.mac(client_mac))
    listed = b"".join(bytes([code, len(value)]) + value for code, value in options)
    return head + bytes(192) + b"\x63\x82\x53\x63" + bytes([53, 1, kind]) + listed + b"\xff"


def lease(name=b"ricoh-3rd-floor", address=CLIENT, client_mac=CLIENT_MAC):
    """REQUEST and ACK; the names stand in the request, the address in the answer."""
    asked = dhcp(3, [(12, name), (60, b"RICOH MFP"), (50, capture.address(address))], client_mac)
    options = [(51, struct.pack("!I", 86400)), (54, capture.address("10.20.0.1"))]
    given = dhcp(5, options, client_mac, address)
    return [datagram(START - 2 * capture.NS, ("0.0.0.0", 68), ("255.255.255.255", 67), asked,
                     client_mac),
            datagram(START - capture.NS, ("10.20.0.1", 67), (address, 68), given, SERVER_MAC)]


def datagram(time, source, destination, body, from_mac):
    packet = capture.ipv4(source[0], destination[0], capture.UDP,
                          capture.udp(source[1], destination[1], body))
    return Packet(time, capture.ethernet(from_mac, "ff:ff:ff:ff:ff:ff", 0x0800, packet))


def pop_login():
    session = talk(110).server(b"+OK The Microsoft Exchange POP3 service is ready.\r\n")
    session.client(b"USER scanner@contoso.com\r\n").server(b"+OK\r\n")
    session.client(b"PASS LAB-pw-10\r\n").server(b"+OK User successfully logged on.\r\n")
    return session.client(b"QUIT\r\n").server(b"+OK bye\r\n").close().packets


def broken_lease():
    """An option that runs over the end, a host name of no length, a magic cookie of another."""
    good = dhcp(3, [(12, b"ricoh-3rd-floor")])
    bodies = [good[:-1] + b"\x0c\xff" + b"abc", dhcp(3, [(12, b"")]),
              good.replace(b"\x63\x82\x53\x63", b"\x63\x82\x53\x00"), good[:100]]
    return [datagram(START - (9 - at) * capture.NS, ("0.0.0.0", 68), ("255.255.255.255", 67), body,
                     CLIENT_MAC) for at, body in enumerate(bodies)]


def dns_answer(question, answers, time=START - capture.NS):
    """An answer from the office's resolver to the client."""
    head = struct.pack("!HHHHHH", 0x1234, 0x8180, 1, len(answers), 0, 0)
    return datagram(time, ("10.20.0.1", 53), (CLIENT, 40000), head + question + b"".join(answers),
                    SERVER_MAC)


def labels(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


def a_record(owner, address, ttl=300):
    return owner + struct.pack("!HHIH", 1, 1, ttl, 4) + capture.address(address)


def cname_record(owner, name, ttl=300):
    target = labels(name)
    return owner + struct.pack("!HHIH", 5, 1, ttl, len(target)) + target


def dns_through_alias():
    """The name that was asked for counts, not the one that it is an alias of."""
    question = labels("mail.contoso.com") + struct.pack("!HH", 1, 1)
    answers = [cname_record(b"\xc0\x0c", "pop.hoster.example"),
               a_record(labels("pop.hoster.example"), SERVER)]
    return [dns_answer(question, answers)] + pop_login()


def dns_malformed():
    """A name that points at itself, a record longer than its message, counts that lie."""
    question = labels("mail.contoso.com") + struct.pack("!HH", 1, 1)
    loop = a_record(b"\xc0\x22", SERVER)  # 12 + 18 + 4: points at its own first byte
    long = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 300, 4000) + capture.address(SERVER)
    lies = struct.pack("!HHHHHH", 1, 0x8180, 65535, 65535, 65535, 65535) + question
    return [dns_answer(question, [loop], START - 3 * capture.NS),
            dns_answer(question, [long], START - 2 * capture.NS),
            datagram(START - capture.NS, ("10.20.0.1", 53), (CLIENT, 40000), lies, SERVER_MAC),
            *pop_login()]


# --- DCE/RPC -------------------------------------------------------------------------------------


EMSMDB = bytes.fromhex("00dbf1a447ca6710b31f00dd010662da") + struct.pack("<HH", 0, 81)
NDR = bytes.fromhex("045d888aeb1cc9119fe808002b104860") + struct.pack("<I", 2)


def rpc_pdu(kind, body, token=b""):
    """A connection-oriented PDU (C706, 12.6) with an NTLM verifier (type 10, level 6)."""
    verifier = struct.pack("<BBBBI", 10, 6, 0, 0, 0) + token if token else b""
    body += b"\0" * (-len(body) % 4) if token else b""
    return struct.pack("<BBBB4sHHI", 5, 0, kind, 3, b"\x10\0\0\0", 16 + len(body) + len(verifier),
                       len(token), 1) + body + verifier


def rpc_session(bind_body):
    """Outlook asks a mailbox server directly, with NTLM; the tokens are those of a recording."""
    tokens = [base64.b64decode(line.split()[-1]) for line in ntlm_lines()]
    ack = struct.pack("<HHIH", 5840, 5840, 0, 5) + b"6001\0\0"
    ack += struct.pack("<BxxxHH", 1, 0, 0) + NDR
    session = talk(6001).client(rpc_pdu(11, bind_body, tokens[0]))
    session.server(rpc_pdu(12, ack, tokens[1])).client(rpc_pdu(16, b"\0\0\0\0", tokens[2]))
    session.client(rpc_pdu(0, struct.pack("<IHH", 8, 0, 10) + bytes(8)))
    session.server(rpc_pdu(2, struct.pack("<IHH", 8, 0, 0) + bytes(8)))
    return session.close().packets


def ntlm_lines():
    frames = [Frame(packet.data).rest for packet in recording("smtp-plain-ntlm-curl")]
    return [line for line in frames if b"TlRMTVNTUAA" in line]


def rpc_bind_body():
    return struct.pack("<HHIB3xHBx", 5840, 5840, 0, 1, 0, 1) + EMSMDB + NDR


def rpc_malformed():
    """A bind whose context count and fragment length lie."""
    body = struct.pack("<HHIB3xHBx", 5840, 5840, 0, 255, 0, 255) + EMSMDB[:9]
    session = talk(6001).client(rpc_pdu(11, body)).server(rpc_pdu(13, b"\4\0\0\0"))
    session.client(struct.pack("<BBBB4sHHI", 5, 0, 11, 3, b"\x10\0\0\0", 8, 65535, 1)).close()
    return session.packets


# --- the cases -----------------------------------------------------------------------------------


def vlan_one_way(frame, number):
    """Some span ports tag what comes from the server and leave the rest alone."""
    return [] if is_said_by(frame, "client") else [(0x8100, 20)]


def vlan_twice(frame, number):
    return [(0x8100, 20 if number % 2 else 30)]


def qinq(frame, number):
    return [(0x88A8, 100), (0x8100, 20)]


CASES = {
    "imap/login-command": lambda: recording("imap-plain-login-getmail"),
    "imap/authenticate-login": lambda: recording("imap-plain-login-curl"),
    "imap/authenticate-plain-in-two-packets": lambda: recording("imap-plain-plain-pyimaplib"),
    "imap/oauthbearer": lambda: recording("imap-plain-xoauth2-curl"),
    "imap/ntlm": lambda: recording("imap-plain-ntlm-curl"),
    "imap/rejected": lambda: recording("imap-plain-plain-curl-rejected"),
    "imap/privacy-required": lambda: recording("imap-plain-login-blocked-tlsonly"),
    "imap/literals": lambda: imap_login("synchronising"),
    "imap/literals-plus": lambda: imap_login("plus"),
    "imap/login-lost": lambda: without(recording("imap-plain-login-getmail"), 13),
    "imap/answer-lost": lambda: without(recording("imap-plain-login-getmail"), 15),
    "imap/joined-in-the-middle": lambda: recording("imap-plain-login-getmail")[12:],
    "imap/client-side-only": lambda: said_by(recording("imap-plain-login-getmail"), "client"),
    "imap/shuffled": lambda: shuffled(in_pieces(recording("imap-plain-login-getmail"), 10), 13, 23),
    "imap/malformed": imap_malformed,
    "pop/user-pass": lambda: recording("pop3-plain-userpass-pypoplib"),
    "pop/auth-plain": lambda: recording("pop3-plain-plain-curl"),
    "pop/auth-login": lambda: recording("pop3-plain-login-curl"),
    "pop/oauthbearer": lambda: recording("pop3-plain-xoauth2-curl"),
    "pop/rejected": lambda: recording("pop3-plain-userpass-curl-rejected"),
    "pop/refused-after-user": lambda: recording("pop3-plain-blocked"),
    "pop/answer-lost": lambda: without(recording("pop3-plain-userpass-pypoplib"), 15),
    "pop/one-byte-segments": lambda: in_pieces(recording("pop3-plain-userpass-pypoplib"), 1),
    "pop/client-side-only":
        lambda: said_by(recording("pop3-plain-userpass-curl-rejected"), "client"),
    "pop/prompt-late": lambda: swapped(recording("pop3-plain-login-curl"), 17),
    "pop/malformed": pop_malformed,
    "smtp/auth-login": lambda: recording("smtp-plain-login-swaks"),
    "smtp/auth-plain": lambda: recording("smtp-plain-plain-swaks"),
    "smtp/xoauth2": lambda: recording("smtp-plain-xoauth2-pysmtplib"),
    "smtp/ntlm": lambda: recording("smtp-plain-ntlm-curl"),
    "smtp/spray": lambda: recording("smtp-plain-hydra-spray"),
    "smtp/nothing-offered": lambda: recording("smtp-blocked-plain587-swaks"),
    "smtp/cut-after-160-bytes": lambda: cut(recording("smtp-plain-plain-swaks"), 160),
    "smtp/mail-lost": lambda: without(recording("smtp-plain-login-swaks"), 31),
    "smtp/answer-first": lambda: swapped(recording("smtp-plain-plain-swaks"), 19),
    "smtp/malformed": smtp_malformed,
    "http/eas": lambda: recording("eas-plain-basic-curl-sam"),
    "http/eas-blocked": lambda: recording("eas-plain-basic-curl-ios-blocked"),
    "http/eas-bearer": lambda: recording("eas-plain-bearer-curl-ios"),
    "http/ews": lambda: recording("ews-plain-basic-curl-macmail"),
    "http/ews-ntlm": lambda: recording("ews-plain-ntlm-curl"),
    "http/mapi": lambda: recording("mapi-plain-basic-curl-outlook"),
    "http/oab": lambda: recording("oab-plain-basic-curl-bits"),
    "http/autodiscover": lambda: recording("autodiscover-plain-basic-curl-outlook"),
    "http/powershell": lambda: recording("ps-plain-basic-pywinrm"),
    "http/powershell-token-as-password": http_token_as_password,
    "http/pipelined": http_pipelined,
    "http/chunked-decoy": http_chunked,
    "http/body-lost": lambda: without(recording("ps-plain-basic-pywinrm"), 17),
    "http/proxy": proxied,
    "http/malformed": http_malformed,
    "http2/indexed": http2_indexed,
    "http2/joined-in-the-middle": lambda: http2_indexed()[7:],
    "http2/request-lost": lambda: without(http2_indexed(), 8),
    "http2/malformed": http2_malformed,
    "shape/imap-starttls": lambda: recording("imap-starttls-plain-curl"),
    "shape/imap-token-through-proxy": lambda: recording("imap-proxy-xoauth2-curl"),
    "shape/imap-cram-md5": lambda: recording("imap-tls12-cram-md5-curl"),
    "shape/pop-user-pass": lambda: recording("pop3-tls12-userpass-pypoplib-onprem"),
    "shape/smtp-token": lambda: recording("smtp-starttls-xoauth2-curl"),
    "shape/in-pieces": lambda: in_pieces(recording("imap-starttls-plain-curl"), 10),
    "shape/credential-lost": lambda: without(recording("imap-starttls-plain-curl"), 29),
    "tls/imap": lambda: recording("imap-tls-login-getmail"),
    "tls/smtp-starttls": lambda: recording("smtp-starttls-login-swaks"),
    "tls/eas-http2": lambda: recording("eas-h2-basic-curl-ios"),
    "tls/through-proxy": lambda: recording("eas-proxyauth-bearer-curl-ios"),
    "tls/hello-cut": lambda: cut(recording("imap-tls-login-getmail"), 120),
    "tls/hello-malformed": lambda: with_broken_hello(recording("imap-tls-login-getmail")),
    "dns/alias": dns_through_alias,
    "dns/cut": lambda: cut(dns_through_alias()[:1], 70) + pop_login(),
    "dns/malformed": dns_malformed,
    "dhcp/lease": lambda: lease() + pop_login(),
    "dhcp/cut": lambda: cut(lease(), 200) + pop_login(),
    "dhcp/malformed": lambda: broken_lease() + pop_login(),
    "socks/socks5": socks5,
    "socks/socks5-password": socks5_with_password,
    "socks/socks4a": socks4a,
    "socks/answer-lost": lambda: without(socks5(), 7),
    "socks/malformed": socks_malformed,
    "rpc/over-http": lambda: recording("rpc-plain-basic-impacket"),
    "rpc/tcp-ntlm": lambda: rpc_session(rpc_bind_body()),
    "rpc/one-side": lambda: said_by(rpc_session(rpc_bind_body()), "client"),
    "rpc/malformed": rpc_malformed,
    "tunnels/vlan-one-way": lambda: retagged(recording("imap-plain-login-getmail"), vlan_one_way),
    "tunnels/two-vlans": lambda: retagged(twice(recording("imap-plain-login-getmail")), vlan_twice),
    "tunnels/qinq": lambda: retagged(recording("imap-plain-login-getmail"), qinq),
    "tunnels/vxlan": lambda: wrapped(recording("imap-plain-login-getmail"), vxlan),
    "tunnels/gre": lambda: wrapped(recording("imap-plain-login-getmail"), gre),
    "tunnels/erspan2": lambda: wrapped(recording("imap-plain-login-getmail"), erspan2),
    "tunnels/mpls": lambda: wrapped(recording("imap-plain-login-getmail"), mpls),
    "tunnels/fragments": lambda: fragmented(recording("imap-plain-login-getmail"), 13, 48),
    "tunnels/fragment-lost": lambda: without(
        fragmented(recording("imap-plain-login-getmail"), 13, 48), 14),
    "tunnels/malformed": lambda: wrapped(recording("imap-plain-login-getmail"), nested_too_deep),
}


def with_broken_hello(packets):
    """The ClientHello's inner lengths point behind its end."""
    frames = [Frame(packet.data) for packet in packets]
    number = next(at for at, frame in enumerate(frames)
                  if frame.is_tcp and frame.rest[:1] == b"\x16")
    frame = frames[number]
    frame.rest = frame.rest[:43] + b"\xff\xff\xff" + frame.rest[46:]
    return packets[:number] + [Packet(packets[number].time, frame.packed())] + packets[number + 1:]


def nested_too_deep(data):
    """VXLAN in VXLAN in VXLAN ...: sixteen times."""
    for _ in range(16):
        data = vxlan(data)
    return data


def main(folder):
    for name, packets in CASES.items():
        case = folder / name
        case.mkdir(parents=True, exist_ok=True)
        capture.write(case / "input.pcapng", packets())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)

#!/usr/bin/env python3
"""Plays Exchange: IMAP, POP, SMTP with its words and lengths, and the HTTP applications behind
nginx with its status codes and headers. Usage: stub.py FOLDER (users.json, chain.pem, key.pem).

The texts are what Exchange Online and Exchange 2019 say on the wire; nothing is stored or sent.
"""
import base64
import json
import random
import socket
import socketserver
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from network import SERVERS

FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(".")


def ntlm_challenge():
    """An NTLM CHALLENGE_MESSAGE ([MS-NLMP] 2.2.1.2) with target and target information."""
    def pair(kind, text):
        data = text if isinstance(text, bytes) else text.encode("utf-16-le")
        return kind.to_bytes(2, "little") + len(data).to_bytes(2, "little") + data

    def place(data, at):
        return len(data).to_bytes(2, "little") * 2 + at.to_bytes(4, "little")

    target = "CONTOSO".encode("utf-16-le")
    about = (pair(2, "CONTOSO") + pair(1, "EX019") + pair(4, "contoso.com")
             + pair(3, "ex019.contoso.com") + pair(7, bytes(8)) + pair(0, b""))
    return base64.b64encode(
        b"NTLMSSP\0" + (2).to_bytes(4, "little") + place(target, 56)
        + (0xA2898205).to_bytes(4, "little") + b"\x11\x22\x33\x44\x55\x66\x77\x88" + bytes(8)
        + place(about, 56 + len(target)) + b"\x0a\x00\x63\x45\x00\x00\x00\x0f"
        + target + about).decode()


NTLM_CHALLENGE = ntlm_challenge()


def from_base64(text):
    try:
        return base64.b64decode(text, validate=False)
    except ValueError:
        return b""


class Personality:
    """Where it stands, and what it lets people use."""

    def __init__(self, users, cloud, blocked=False):
        self.users, self.cloud, self.blocked = users, cloud, blocked
        self.draw = random.Random(4)
        self.mechanisms = ["PLAIN", "XOAUTH2"] if cloud else ["PLAIN", "NTLM", "LOGIN"]

    def server_name(self):
        """The name in Exchange Online's greetings: of 36 to 39 characters, encoded."""
        text = "".join(self.draw.choice("ABCDEFGHIJKLMNOPRSTUVWXYZ0123456789") for _ in range(12))
        name = f"{text}.namprd0{self.draw.randint(1, 9)}.prod.outlook.com"
        return base64.b64encode(name.encode("utf-16-le")).decode()

    def passes(self, user, password):
        return not self.blocked and bool(user) and self.users.get(user) == password

    def passes_plain(self, answer):
        parts = from_base64(answer).decode("utf-8", "replace").split("\0")
        return len(parts) == 3 and self.passes(parts[1], parts[2])

    @staticmethod
    def passes_token(answer):
        return b"Bearer eyJ" in from_base64(answer)


class Talk(socketserver.StreamRequestHandler):
    """What the three line protocols have in common."""
    timeout = 20

    @property
    def who(self):
        return self.server.personality

    def handle(self):
        self.secure = self.server.implicit
        if self.secure:
            self.start_tls()
        try:
            self.talk()
        except (OSError, ValueError):
            pass

    def start_tls(self):
        self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.secure = True

    def say(self, *lines):
        self.connection.sendall("".join(line + "\r\n" for line in lines).encode())

    def hear(self):
        line = self.rfile.readline(20000)
        if not line:
            raise OSError("gone")
        return line.decode("utf-8", "replace").rstrip("\r\n")

    def finish(self):
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        super().finish()

    def sasl(self, mechanism, first, prompt):
        """Whether the exchange ends well. `prompt` says what asks for the next answer."""
        who = self.who
        if mechanism == "LOGIN":
            if not first:  # some send the name with the command
                self.say(prompt("VXNlcm5hbWU6"))
                first = self.hear()
            self.say(prompt("UGFzc3dvcmQ6"))
            return who.passes(from_base64(first).decode(), from_base64(self.hear()).decode())
        if not first:
            self.say(prompt(""))
            first = self.hear()
        if mechanism == "NTLM":
            self.say(prompt(NTLM_CHALLENGE))
            return b"NTLMSSP\0\x03" in from_base64(self.hear())
        if mechanism == "XOAUTH2":
            if who.passes_token(first):
                return True
            self.say(prompt(base64.b64encode(
                b'{"status":"401","schemes":"Bearer","scope":"https://outlook.office365.com/"}'
            ).decode()))
            self.hear()
            return False
        return mechanism == "PLAIN" and who.passes_plain(first)


class Imap(Talk):
    def talk(self):
        name = f" [{self.who.server_name()}]" if self.who.cloud else ""
        self.say(f"* OK The Microsoft Exchange IMAP4 service is ready.{name}")
        self.inside = False
        while True:
            tag, _, rest = self.hear().partition(" ")
            verb, _, rest = rest.partition(" ")
            if not self.command(tag, verb.upper(), rest):
                return

    def capability(self):
        words = " ".join(f"AUTH={mechanism}" for mechanism in self.who.mechanisms)
        words = words if self.secure else "LOGINDISABLED"
        tls = "" if self.secure else " STARTTLS"
        move = " MOVE" if self.who.cloud else ""
        return (f"* CAPABILITY IMAP4 IMAP4rev1 {words}{tls} SASL-IR UIDPLUS{move} ID UNSELECT"
                " CHILDREN IDLE NAMESPACE LITERAL+")

    def command(self, tag, verb, rest):
        if verb == "LOGOUT":
            self.say("* BYE Microsoft Exchange Server IMAP4 server signing off.",
                     f"{tag} OK LOGOUT completed.")
            return False
        if verb == "STARTTLS":
            self.say(f"{tag} OK Begin TLS negotiation now.")
            self.start_tls()
        elif verb == "LOGIN":
            self.end(tag, "LOGIN", self.login(rest))
        elif verb == "AUTHENTICATE":
            mechanism, _, first = rest.partition(" ")
            if mechanism.upper() not in self.who.mechanisms:
                self.say(f"{tag} NO Unsupported authentication mechanism.")
                return True
            first = "" if first == "=" else first
            self.end(tag, "AUTHENTICATE", self.sasl(mechanism.upper(), first,
                                                    lambda text: f"+ {text}"))
        else:
            self.other(tag, verb, rest)
        return True

    def end(self, tag, verb, passed):
        if passed:
            self.inside = True
            self.say(f"{tag} OK {verb} completed.")
        elif self.who.blocked and verb == "LOGIN":
            self.say(f"{tag} NO Basic authentication is disabled.")
        else:
            self.say(f"{tag} NO {verb} failed.")

    def login(self, rest):
        words = []
        while rest:
            rest = rest.lstrip()
            if rest.startswith('"'):
                end = 1
                while rest[end] != '"':
                    end += 2 if rest[end] == "\\" else 1
                words.append(rest[1:end].replace("\\", ""))
                rest = rest[end + 1:]
            elif rest.startswith("{"):
                size, plus = rest[1:].split("}")[0], "+}" in rest
                if not plus:
                    self.say("+ Ready for additional command text.")
                words.append(self.rfile.read(int(size.rstrip("+"))).decode())
                rest = self.hear()
            else:
                word, _, rest = rest.partition(" ")
                words.append(word)
        return len(words) == 2 and self.who.passes(*words)

    def other(self, tag, verb, rest):
        said = {
            "CAPABILITY": [self.capability()],
            "ID": ['* ID ("name" "Microsoft.Exchange.Imap4.Imap4Server" "version" "15.20")'],
            "NAMESPACE": ['* NAMESPACE (("" "/")) NIL NIL'],
            "LIST": ['* LIST (\\HasNoChildren) "/" INBOX'] if "INBOX" in rest or "*" in rest
                    or "%" in rest else ['* LIST (\\Noselect) "/" ""'],
            "LSUB": ['* LSUB (\\HasNoChildren) "/" INBOX'],
            "STATUS": ["* STATUS INBOX (MESSAGES 0 RECENT 0 UNSEEN 0 UIDNEXT 1 UIDVALIDITY 14)"],
            "SELECT": ["* 0 EXISTS", "* 0 RECENT", "* FLAGS (\\Seen \\Answered \\Deleted)",
                       "* OK [PERMANENTFLAGS (\\Seen \\Answered \\Deleted)] Permanent flags",
                       "* OK [UIDVALIDITY 14] UIDVALIDITY value",
                       "* OK [UIDNEXT 1] The next unique identifier value"],
            "SEARCH": ["* SEARCH"], "NOOP": [],
        }
        said["EXAMINE"] = said["SELECT"]
        if verb == "UID" and rest.upper().startswith("SEARCH"):
            said["UID"] = ["* SEARCH"]
        needs_login = verb in ("SELECT", "LIST", "LSUB", "STATUS", "EXAMINE", "UID", "SEARCH")
        if needs_login and not self.inside:
            self.say(f"{tag} BAD Command received in Invalid state.")
            return
        self.say(*said.get(verb, []), f"{tag} OK {verb} completed.")


class Pop(Talk):
    def talk(self):
        name = f" [{self.who.server_name()}]" if self.who.cloud else ""
        self.say(f"+OK The Microsoft Exchange POP3 service is ready.{name}")
        user = ""
        while True:
            verb, _, rest = self.hear().partition(" ")
            verb = verb.upper()
            if verb == "QUIT":
                self.say("+OK Microsoft Exchange Server POP3 server signing off.")
                return
            if verb == "STLS":
                self.say("+OK Begin TLS negotiation.")
                self.start_tls()
            elif verb == "CAPA":
                tls = [] if self.secure else ["STLS"]
                sasl = "SASL " + " ".join(self.who.mechanisms)
                self.say("+OK", "TOP", "UIDL", sasl, "USER", *tls, ".")
            elif verb == "USER":
                user = rest
                self.say("+OK")
            elif verb == "PASS":
                self.end(self.who.passes(user, rest), "User successfully logged on.",
                         "Logon failure: unknown user name or bad password.")
            elif verb == "AUTH" and rest:
                mechanism, _, first = rest.partition(" ")
                self.end(self.sasl(mechanism.upper(), "" if first == "=" else first,
                                   lambda text: f"+ {text}"),
                         "User successfully authenticated.",
                         "Authentication failure: unknown user name or bad password.")
            elif verb in ("LIST", "UIDL"):
                self.say("+OK", ".")
            elif verb == "STAT":
                self.say("+OK 0 0")
            else:
                self.say("-ERR Protocol error. 14" if verb == "AUTH" else "+OK")

    def end(self, passed, good, bad):
        self.say(f"+OK {good}" if passed else f"-ERR {bad}")


class Smtp(Talk):
    def talk(self):
        self.name = "BN0PR03CA0024.outlook.office365.com" if self.who.cloud else "EX019.contoso.com"
        self.say(f"220 {self.name} Microsoft ESMTP MAIL Service ready at Sun, 22 Nov 2026 09:14:25"
                 " +0000" + (f" [{self.who.server_name()}]" if self.who.cloud else ""))
        self.inside = False
        while True:
            verb, _, rest = self.hear().partition(" ")
            if not self.command(verb.upper(), rest):
                return

    def command(self, verb, rest):
        if verb == "QUIT":
            self.say("221 2.0.0 Service closing transmission channel")
            return False
        if verb == "EHLO":
            auth = ["AUTH " + " ".join(dict.fromkeys(["LOGIN", *self.who.mechanisms]))]
            lines = [f"{self.name} Hello [{self.client_address[0]}]", "SIZE 157286400",
                     "PIPELINING", "DSN", "ENHANCEDSTATUSCODES",
                     *(auth if self.secure else ["STARTTLS"]), "8BITMIME", "BINARYMIME",
                     "CHUNKING", "SMTPUTF8"]
            self.say(*[f"250-{line}" for line in lines[:-1]], f"250 {lines[-1]}")
        elif verb == "HELO":
            self.say(f"250 {self.name} Hello [{self.client_address[0]}]")
        elif verb == "STARTTLS":
            self.say("220 2.0.0 SMTP server ready")
            self.start_tls()
        elif verb == "AUTH":
            mechanism, _, first = rest.partition(" ")
            self.end(self.sasl(mechanism.upper(), first, lambda text: f"334 {text}"))
        elif verb in ("MAIL", "RCPT", "DATA", "BDAT") and not self.inside:
            self.say("530 5.7.57 Client not authenticated to send mail. "
                     f"[{self.name} 2026-11-22T09:14:25.103Z 08DE2711AABBCCDD]")
        elif verb == "DATA":
            self.say("354 Start mail input; end with <CRLF>.<CRLF>")
            while self.hear() != ".":
                pass
            self.say("250 2.0.0 OK <20261122091425.1@contoso.com> [Hostname=BN0PR03MB1234]")
        elif verb == "BDAT":
            self.rfile.read(int(rest.split()[0]))
            self.say("250 2.0.0 OK")
        else:
            self.say({"MAIL": "250 2.1.0 Sender OK", "RCPT": "250 2.1.5 Recipient OK",
                      "RSET": "250 2.0.0 Resetting", "NOOP": "250 2.0.0 OK"}.get(
                          verb, "500 5.3.3 Unrecognized command"))
        return True

    def end(self, passed):
        trailer = f"[{self.name} 2026-11-22T09:14:25.103Z 08DE2711AABBCCDD]"
        if passed:
            self.inside = True
            self.say("235 2.7.0 Authentication successful")
        elif self.who.blocked:
            self.say("535 5.7.139 Authentication unsuccessful, basic authentication is disabled. "
                     + trailer)
        else:
            self.say(f"535 5.7.3 Authentication unsuccessful {trailer}")


class Door(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, where, talk, personality, context, implicit):
        self.personality, self.context, self.implicit = personality, context, implicit
        super().__init__(where, talk)


class Web(BaseHTTPRequestHandler):
    """Behind nginx. The Host and the path say which application is asked."""
    protocol_version = "HTTP/1.1"
    users = {}
    server_version, sys_version = "Microsoft-IIS/10.0", ""

    def handle_any(self):
        size = int(self.headers.get("Content-Length") or 0)
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            while int(self.rfile.readline().split(b";")[0] or b"0", 16):
                self.rfile.readline()
            self.rfile.readline()
        body = self.rfile.read(size)
        if "/oauth2/" in self.path:
            token = "eyJ" + "x" * 1800
            self.answer(200, json.dumps({"token_type": "Bearer", "expires_in": 3599,
                                         "access_token": token}))
        elif self.path.startswith(("/open", "/autodiscover/autodiscover.json")):
            self.answer(200, '{"Protocol":"EWS","Url":"https://outlook.office365.com/EWS"}')
        elif self.path.startswith("/owa"):
            self.owa(body)
        else:
            self.application()

    do_GET = do_POST = do_OPTIONS = do_HEAD = do_PROPFIND = do_PUT = handle_any

    def owa(self, body):
        if "cadata=" in self.headers.get("Cookie", ""):
            self.answer(200, "<html><title>Mail</title>" + "x" * 4000)
        elif b"password=" in body:
            self.answer(302, "", {"Location": "/owa/", "Set-Cookie": "cadata=" + "Q" * 344
                                  + "; path=/; secure; HttpOnly"})
        else:
            self.answer(302, "", {"Location": "/owa/auth/logon.aspx?url=https%3a%2f%2fmail"})

    def application(self):
        words = self.headers.get("Authorization", "").split(" ", 1)
        kind, value = words[0].lower(), (words[1:] or [""])[0]
        if "X-BackEndCookie=" in self.headers.get("Cookie", "") and not kind:
            self.accept()
        elif kind == "basic":
            user, _, password = from_base64(value).decode("utf-8", "replace").partition(":")
            blocked = self.headers.get("X-Real-Server") == SERVERS["blocked"]
            self.accept() if not blocked and self.users.get(user) == password else self.refuse()
        elif kind == "bearer":
            self.accept() if value.startswith("eyJ") else self.refuse()
        elif kind in ("ntlm", "negotiate"):
            said = from_base64(value)
            if said.startswith(b"NTLMSSP\0\x01"):
                self.answer(401, "", {"WWW-Authenticate": f"{words[0]} {NTLM_CHALLENGE}"})
            elif b"NTLMSSP\0\x03" in said or said.startswith(b"\x60"):
                self.accept()
            else:
                self.refuse()
        else:
            self.refuse()

    def accept(self):
        cookie = ("X-BackEndCookie=S-1-5-21-1111=u56Lnp2ejJqBzp7NzcnHnMzSz8nHm9LLz8fL0seayMnSx"
                  "5rKnc%2fLzc2agYHNz83J0s7N0s3Mq8%2fHxcvJxczI; expires=Tue, 22-Dec-2026 09:14:25 "
                  "GMT; path=/EWS; secure; HttpOnly")
        self.answer(200, "<s:Envelope>" + "x" * random.Random(self.path).randint(200, 3000),
                    {"Set-Cookie": cookie, "X-CalculatedBETarget": "bn0pr03mb1234.prod.outlook.com",
                     "X-AspNet-Version": "4.0.30319"})

    def refuse(self):
        cloud = self.headers.get("Host", "").endswith("office365.com")
        offers = ['Bearer client_id="00000002-0000-0ff1-ce00-000000000000", trusted_issuers='
                  '"00000001-0000-0000-c000-000000000000@*", token_types="app_asserted_user_v1"',
                  'Basic realm=""'] if cloud else \
                 ['Basic realm="mail.contoso.com"', "NTLM", "Negotiate"]
        self.answer(401, "", {"WWW-Authenticate": offers})

    def answer(self, code, text, headers=None):
        data = text.encode()
        self.send_response(code)
        self.send_header("request-id", "7c5f2f2f-7a43-4d1e-9a61-5ad4f3a1c0de")
        for name, values in (headers or {}).items():
            for value in [values] if isinstance(values, str) else values:
                self.send_header(name, value)
        self.send_header("Content-Type", "text/xml; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *_):
        pass


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(FOLDER / "chain.pem", FOLDER / "key.pem")
    made.minimum_version = ssl.TLSVersion.TLSv1
    made.set_ciphers("ALL:!aNULL:!eNULL:@SECLEVEL=0")
    made.keylog_filename = str(FOLDER / "server.keys")
    return made


def main():
    users = json.loads((FOLDER / "users.json").read_text())
    Web.users = users
    doors = [ThreadingHTTPServer(("127.0.0.1", 8080), Web)]
    tls = context()
    for name in ("office", "onprem", "blocked"):
        who = Personality(users, cloud=name != "onprem", blocked=name == "blocked")
        for port, talk, implicit in ((143, Imap, False), (993, Imap, True), (110, Pop, False),
                                     (995, Pop, True), (587, Smtp, False), (465, Smtp, True)):
            doors.append(Door((SERVERS[name], port), talk, who, tls, implicit))
    for door in doors:
        threading.Thread(target=door.serve_forever, daemon=True).start()
    threading.Event().wait()


if __name__ == "__main__":
    main()

"""IMAP, POP and SMTP logins with Python's own libraries, and the odd ones that no library makes:
literals, pipelining, records of one byte, several logins, commands before the login.
Job in the environment: PROTO HOST PORT USER SECRET MECH TRANSPORT CASE PROXY WRONG."""
import base64
import imaplib
import os
import poplib
import smtplib
import socket
import ssl
import time

E = os.environ
USER, SECRET, MECH, CASE = E["USER"], E["SECRET"], E["MECH"], E.get("CASE", "")
WHERE = (E["HOST"], int(E["PORT"]))
IMPLICIT = E["TRANSPORT"] == "tls"
CONTEXT = ssl.create_default_context(cafile=E["CA"])
CONTEXT.check_hostname = False


def to64(text):
    return base64.b64encode(text.encode()).decode()


def answer():
    return {"PLAIN": f"\0{USER}\0{SECRET}",
            "XOAUTH2": f"user={USER}\1auth=Bearer {SECRET}\1\1",
            "OAUTHBEARER": f"n,a={USER},\1host={WHERE[0]}\1port={WHERE[1]}\1auth=Bearer {SECRET}"
                           "\1\1"}[MECH]


def connect():
    if not E.get("PROXY"):
        return socket.create_connection(WHERE, 10)
    host, port = E["PROXY"].split(":")
    made = socket.create_connection((host, int(port)), 10)
    made.sendall(f"CONNECT {WHERE[0]}:{WHERE[1]} HTTP/1.1\r\nHost: {WHERE[0]}\r\n\r\n".encode())
    while b"\r\n\r\n" not in made.recv(4096):
        pass
    return made


def imap():
    class Client(imaplib.IMAP4_SSL if IMPLICIT else imaplib.IMAP4):
        def _create_socket(self, timeout=None):
            made = connect()
            return CONTEXT.wrap_socket(made, server_hostname=WHERE[0]) if IMPLICIT else made

    client = Client(*WHERE, ssl_context=CONTEXT) if IMPLICIT else Client(*WHERE)
    if not IMPLICIT:
        client.starttls(CONTEXT)
    if "id" in CASE:
        imaplib.Commands["ID"] = ("NONAUTH", "AUTH", "SELECTED")
        client._simple_command("ID", '("name" "Contoso Mail" "version" "16.0.14326.20454" "os" '
                               '"Windows NT" "os-version" "10.0" "vendor" "Contoso Software Inc")')
    if "namespace" in CASE:
        imaplib.Commands["NAMESPACE"] = ("NONAUTH", "AUTH", "SELECTED")
        try:
            client._simple_command("NAMESPACE")
        except imaplib.IMAP4.error:
            pass
    if "noop" in CASE:
        for _ in range(3):
            client.noop()
    if MECH == "none":
        client.logout()
        return
    for attempt in range(2 if "retry" in CASE else 1):
        secret = "Wrong-" + SECRET[:9] if "retry" in CASE and attempt == 0 else SECRET
        try:
            if MECH == "LOGIN-CMD":
                client.login(USER, secret)
            elif MECH == "CRAM-MD5":
                client.login_cram_md5(USER, secret)
            else:
                client.authenticate(MECH, lambda _: answer().encode())
        except imaplib.IMAP4.error:
            continue
    if client.state == "AUTH":
        client.select()
        client.search(None, "ALL")
    client.logout()


def pop():
    if IMPLICIT:
        client = poplib.POP3_SSL(*WHERE, context=CONTEXT)
    else:
        client = poplib.POP3(*WHERE)
        client.stls(CONTEXT)
    if "capa" in CASE:
        client.capa()
    for attempt in range(2 if "retry" in CASE else 1):
        secret = "Wrong-" + SECRET[:9] if "retry" in CASE and attempt == 0 else SECRET
        try:
            if MECH == "none":
                break
            if MECH == "USER/PASS":
                client.user(USER)
                client.pass_(secret)
            elif "ir" in CASE:
                client._shortcmd(f"AUTH {MECH} {to64(answer())}")
            else:
                client._shortcmd(f"AUTH {MECH}")
                client._shortcmd(to64(answer()))
            client.stat()
        except poplib.error_proto:
            continue
    client.quit()


def smtp():
    made = smtplib.SMTP_SSL if IMPLICIT else smtplib.SMTP
    options = {"context": CONTEXT} if IMPLICIT else {}
    client = made(*WHERE, local_hostname=E.get("HELO", "desktop-4.contoso.com"), timeout=10, **options)
    if not IMPLICIT:
        client.starttls(context=CONTEXT)
    client.ehlo()
    client.user, client.password = USER, SECRET
    try:
        if MECH == "none":
            pass
        elif MECH in ("XOAUTH2", "OAUTHBEARER"):
            client.auth(MECH, lambda challenge=None: answer(), initial_response_ok="ir" in CASE)
        else:
            method = getattr(client, "auth_" + MECH.lower().replace("-", "_"))
            client.auth(MECH, method, initial_response_ok="ir" in CASE)
        body = "x" * 70 + "\r\n"
        to = [f"someone-with-a-long-name-{n:03}@department.contoso.com"
              for n in range(30 if "envelope" in CASE else 1)]
        client.sendmail("printer@contoso.com", to,
                        "Subject: Scan\r\n\r\n" + body * (600 if "body" in CASE else 3))
    except smtplib.SMTPException:
        pass
    client.quit()


def raw(lines, size):
    """Lines said as given, in TLS records of `size` bytes; a lone "." waits for the answer."""
    made = connect()
    if not IMPLICIT:
        made.recv(500)
        word = {"imap": "s1 STARTTLS", "pop": "STLS", "smtp": "STARTTLS"}[E["PROTO"]]
        if E["PROTO"] == "smtp":
            made.sendall(b"EHLO old.contoso.com\r\n")
            time.sleep(0.2)
            made.recv(2000)
        made.sendall(word.encode() + b"\r\n")
        made.recv(500)
    secure = CONTEXT.wrap_socket(made, server_hostname=WHERE[0])
    secure.settimeout(3)
    if IMPLICIT:
        secure.recv(2000)
    for line in lines:
        if line == ".":
            try:
                secure.recv(4000)
            except TimeoutError:
                pass
            time.sleep(0.05)
            continue
        data = line.encode()
        for at in range(0, len(data), size):
            secure.sendall(data[at:at + size])
    try:
        secure.recv(4000)
    except OSError:
        pass
    secure.close()


def odd():
    size = 1 if "bytes" in CASE else int(CASE.split("pieces")[1]) if "pieces" in CASE else 16000
    literal = f"{{{len(USER)}}}\r\n", f"{USER} {{{len(SECRET)}}}\r\n", f"{SECRET}\r\n"
    plus = f"{{{len(USER)}+}}\r\n{USER} {{{len(SECRET)}+}}\r\n{SECRET}\r\n"
    token = MECH in ("XOAUTH2", "OAUTHBEARER")
    if E["PROTO"] == "imap" and token:
        lines = [f"a2 AUTHENTICATE {MECH} {to64(answer())}\r\n"]
        if "noir" in CASE:
            lines = [f"a2 AUTHENTICATE {MECH}\r\n", ".", f"{to64(answer())}\r\n"]
        lines.append(".")
    elif E["PROTO"] == "imap" and MECH == "PLAIN":
        lines = [f"a2 AUTHENTICATE PLAIN {to64(answer())}\r\n", "."]
    elif E["PROTO"] == "imap":
        lines = [f'a1 LOGIN {USER} "{SECRET}"\r\n', "."]
        if "literalplus" in CASE:
            lines = ["a1 LOGIN " + plus, "."]
        elif "literal" in CASE:
            lines = ["a1 LOGIN " + literal[0], ".", literal[1], ".", literal[2], "."]
        elif "pipeline" in CASE:
            lines = [f'a1 LOGIN {USER} "{SECRET}"\r\na2 SELECT INBOX\r\na3 LOGOUT\r\n', "."]
        elif "sameroom" in CASE:
            lines = [f'a0 CAPABILITY\r\na1 LOGIN {USER} "{SECRET}"\r\n', "."]
    elif E["PROTO"] == "pop" and token:
        lines = [f"AUTH {MECH}\r\n", ".", f"{to64(answer())}\r\n", "."]
    elif E["PROTO"] == "pop":
        lines = [f"USER {USER}\r\n", ".", f"PASS {SECRET}\r\n", "."]
        if "pipeline" in CASE:
            lines = [f"USER {USER}\r\nPASS {SECRET}\r\nSTAT\r\nQUIT\r\n", ".", "."]
    elif token:
        lines = ["EHLO old.contoso.com\r\n", ".", f"AUTH {MECH} {to64(answer())}\r\n", "."]
    else:
        lines = ["EHLO old.contoso.com\r\n", ".", f"AUTH PLAIN {to64(answer())}\r\n", "."]
        if "login" in CASE:
            lines = ["EHLO old.contoso.com\r\n", ".", "AUTH LOGIN\r\n", ".", f"{to64(USER)}\r\n",
                     ".", f"{to64(SECRET)}\r\n", "."]
    bye = {"imap": "a9 LOGOUT\r\n", "pop": "QUIT\r\n", "smtp": "QUIT\r\n"}[E["PROTO"]]
    raw([*lines, bye], size)


if CASE.startswith("odd"):
    odd()
else:
    {"imap": imap, "pop": pop, "smtp": smtp}[E["PROTO"]]()

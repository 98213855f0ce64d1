#!/usr/bin/env python3
"""Small IMAP, POP, SMTP and HTTP servers that take every password but "wrong".

Usage: servers.py ADDRESS   (says "ready" when all listen)
"""
import asyncio
import base64
import sys


def is_right(password):
    return password != "wrong"


async def imap(reader, writer):
    writer.write(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready\r\n")
    while line := await reader.readline():
        tag, command, *words = line.decode().split()
        command = command.upper()
        if command == "LOGIN":
            writer.write(verdict(tag, is_right(words[1].strip('"'))))
        elif command == "AUTHENTICATE":
            writer.write(verdict(tag, is_right(plain_password(words[1]))))
        elif command == "CAPABILITY":
            writer.write(f"* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n{tag} OK done\r\n".encode())
        elif command == "LOGOUT":
            writer.write(f"* BYE\r\n{tag} OK done\r\n".encode())
            break
        else:
            writer.write(f"{tag} OK done\r\n".encode())
    writer.close()


def verdict(tag, good):
    return f"{tag} {'OK logged in' if good else 'NO [AUTHENTICATIONFAILED] wrong'}\r\n".encode()


def plain_password(text):
    return base64.b64decode(text).split(b"\0")[2].decode()


async def pop(reader, writer):
    writer.write(b"+OK ready\r\n")
    while line := await reader.readline():
        command, *words = line.decode().split()
        if command.upper() == "PASS":
            writer.write(b"+OK logged in\r\n" if is_right(words[0]) else b"-ERR [AUTH] wrong\r\n")
        elif command.upper() == "CAPA":
            writer.write(b"+OK\r\nUSER\r\n.\r\n")
        elif command.upper() in ("LIST", "UIDL"):
            writer.write(b"+OK\r\n.\r\n")
        else:
            writer.write(b"+OK 0 0\r\n")
        if command.upper() == "QUIT":
            break
    writer.close()


async def smtp(reader, writer):
    writer.write(b"220 mail.contoso.com ESMTP\r\n")
    while line := await reader.readline():
        words = line.decode().split()
        command = words[0].upper()
        if command == "EHLO":
            writer.write(b"250-mail.contoso.com\r\n250 AUTH PLAIN LOGIN\r\n")
        elif command == "AUTH":
            if len(words) == 2:
                writer.write(b"334 \r\n")
                words.append((await reader.readline()).decode())
            good = is_right(plain_password(words[2]))
            writer.write(b"235 2.7.0 ok\r\n" if good else b"535 5.7.8 authentication failed\r\n")
        elif command == "DATA":
            writer.write(b"354 go on\r\n")
            while await reader.readline() not in (b".\r\n", b""):
                pass
            writer.write(b"250 ok\r\n")
        elif command == "QUIT":
            writer.write(b"221 bye\r\n")
            break
        else:
            writer.write(b"250 ok\r\n")
    writer.close()


async def http(reader, writer):
    while head := await read_head(reader):
        headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        if "Expect" in headers:
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await reader.readexactly(int(headers.get("Content-Length", "0")))
        given = headers.get("Authorization", "").removeprefix("Basic ")
        good = given and is_right(base64.b64decode(given).decode().split(":", 1)[1])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" if good else
                     b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="x"\r\n'
                     b"Content-Length: 0\r\n\r\n")
        await writer.drain()
    writer.close()


async def read_head(reader):
    try:
        return (await reader.readuntil(b"\r\n\r\n")).decode()
    except asyncio.IncompleteReadError:
        return ""


async def discard(reader, writer):
    while await reader.read(1 << 20):
        pass
    writer.close()


async def main(address):
    for port, serve in ((143, imap), (110, pop), (25, smtp), (80, http), (9, discard)):
        await asyncio.start_server(serve, address, port)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))

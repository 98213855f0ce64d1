"""Requests with Python's libraries: MODULE is urllib, requests, httpx, aiohttp or exchangelib.
Job in the environment: URL USER SECRET MECH COOKIE BODY TIMES H2."""
import asyncio
import os
import ssl

E = os.environ
URL, MECH, BODY, TIMES = E["URL"], E["MECH"], E.get("BODY", ""), int(E["TIMES"])
HEADERS = {}
if E.get("AUTHORIZATION"):
    HEADERS["Authorization"] = E["AUTHORIZATION"]
if E.get("COOKIE"):
    HEADERS["Cookie"] = E["COOKIE"]
if BODY:
    HEADERS["Content-Type"] = "text/xml; charset=utf-8"


def trusting():
    made = ssl.create_default_context()
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


def with_urllib():
    import urllib.request
    handlers = [urllib.request.HTTPSHandler(context=trusting())]
    if MECH == "BASIC" and not E.get("AUTHORIZATION"):  # asked first, then answered
        words = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        words.add_password(None, URL, E["USER"], E["SECRET"])
        handlers.append(urllib.request.HTTPBasicAuthHandler(words))
    opener = urllib.request.build_opener(*handlers)
    for _ in range(TIMES):
        opener.open(urllib.request.Request(URL, BODY.encode() or None, HEADERS), timeout=8).read()


def with_requests():
    import requests
    requests.packages.urllib3.disable_warnings()
    session = requests.Session()
    session.verify = False
    if MECH == "NTLM":
        from requests_ntlm import HttpNtlmAuth
        session.auth = HttpNtlmAuth("CONTOSO\\" + E["USER"].split("@")[0], E["SECRET"])
    for _ in range(TIMES):
        session.request("POST" if BODY else "GET", URL, data=BODY or None, headers=HEADERS)


def with_httpx():
    import httpx
    with httpx.Client(http2=bool(E.get("H2")), verify=False) as client:
        for _ in range(TIMES):
            client.request("POST" if BODY else "GET", URL, content=BODY or None, headers=HEADERS)


async def with_aiohttp():
    import aiohttp
    async with aiohttp.ClientSession(headers=HEADERS) as client:
        for _ in range(TIMES):
            async with client.request("POST" if BODY else "GET", URL, data=BODY or None,
                                      ssl=trusting()) as answer:
                await answer.read()


def with_exchangelib():
    from exchangelib import BASIC, DELEGATE, NTLM, Account, Configuration, Credentials
    from exchangelib.protocol import BaseProtocol, NoVerifyHTTPAdapter
    from exchangelib.version import EXCHANGE_2016, Version
    BaseProtocol.HTTP_ADAPTER_CLS = NoVerifyHTTPAdapter
    name = E["USER"] if MECH == "BASIC" else "CONTOSO\\" + E["USER"].split("@")[0]
    how = Configuration(service_endpoint=URL, credentials=Credentials(name, E["SECRET"]),
                        auth_type=BASIC if MECH == "BASIC" else NTLM,
                        version=Version(EXCHANGE_2016))
    account = Account(E["USER"], config=how, autodiscover=False, access_type=DELEGATE)
    print(account.root)


try:
    if E["MODULE"] == "aiohttp":
        asyncio.run(with_aiohttp())
    else:
        globals()["with_" + E["MODULE"]]()
except Exception as error:  # a refusal is a result
    print(type(error), error)

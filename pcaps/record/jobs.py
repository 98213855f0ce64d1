"""What is recorded: every client with every mechanism it speaks, in rounds of growing detail, so
that a run that ends early has something of everything."""
import base64
import hashlib
import hmac
import json
import random
import string
from dataclasses import dataclass

from clients import CLIENTS, DIGESTS, PORTS, TOKENS, Client
from servers import CLIENT_PRINCIPAL, DOMAIN, REALM, TOKEN_KEY

PASSWORDS = ("LOGIN-CMD", "PLAIN", "LOGIN", "USER/PASS")
LENGTHS = (8, 9, 10, 11, 12, 14, 16, 20, 24, 28, 32, 40, 48, 64, 80, 96, 110, 127)
TOKEN_LENGTHS = (900, 1000, 1100, 1200, 1300, 1400, 1500, 1700, 1850, 2000, 2100, 2300, 2500, 2800,
                 3200, 3600, 4096, 4700, 5400, 6000)
DOVECOT_LONGEST_TOKEN = 2800  # base64 of more overflows the input buffer of its login processes
NAMES = ("bob", "al", "charlotte.vanderberg", "zabbix-monitor", "scan", "d.o", "accounts.payable",
         "m.mueller", "it-helpdesk-emea", "jo", "printer-3rd-floor-east", "sven.lindqvist", "ceo",
         "noreply", "kim")
PATHS = {
    "EAS": "/Microsoft-Server-ActiveSync?Cmd=Sync&User={user}&DeviceId=F4V1CE0123456789&"
           "DeviceType=iPhone",
    "EWS": "/EWS/Exchange.asmx",
    "MAPI/HTTP": "/mapi/emsmdb/?MailboxId=7c5f2f2f-7a43-4d1e-9a61-5ad4f3a1c0de@contoso.com",
    "OAB": "/oab/7c5f2f2f-7a43-4d1e-9a61-5ad4f3a1c0de/oab.xml",
    "Autodiscover": "/autodiscover/autodiscover.xml",
    "Remote PowerShell": "/powershell?serializationLevel=Full",
}
TLS_PROFILES = ("12-gcm", "12-ccm", "12-chacha", "12-cbc-etm", "12-cbc-mte", "12-cbc-sha384",
                "11-cbc", "10-cbc", "13-chacha", "13-aes128", "13-padded", "13-padded-full")
COOKIE = ("X-BackEndCookie=S-1-5-21-1111=u56Lnp2ejJqBzp7NzcnHnMzSz8nHm9LLz8fL0seayMnSx5rKnc; "
          "ClientId=FHKJD0EYUHQW; exchangecookie=7c5f2f2f7a434d1e9a615ad4f3a1c0de")


@dataclass
class Job:
    client: Client
    proto: str  # imap, pop, smtp, http
    mech: str
    transport: str  # tls, starttls; h1, h2 for http
    server: str = "contoso"
    user: str = ""
    secret: str = ""
    wrong: bool = False
    profile: str = ""
    case: str = ""
    tunnel: bool = False
    service: str = ""  # of http: a name of PATHS
    cookie: str = ""
    body: str = ""
    times: int = 1
    name: str = ""

    @property
    def host(self):
        if self.server in ("office", "blocked"):
            return "smtp.office365.com" if self.proto == "smtp" else "outlook.office365.com"
        return "mail.contoso.com"

    @property
    def port(self):
        return 443 if self.proto == "http" else PORTS[self.proto, self.transport]

    @property
    def said_secret(self):
        if not self.wrong:
            return self.secret
        if self.mech in (*TOKENS, "BEARER"):
            return "x" + self.secret[1:]  # no longer what the server signed
        return "Wrong" + self.secret[5:]

    @property
    def sender(self):
        return self.user if "@" in self.user else f"{self.user}@{DOMAIN}"

    @property
    def h2(self):
        return self.transport == "h2"

    @property
    def url(self):
        if self.service == "token":
            return "https://login.microsoftonline.com/common/oauth2/v2.0/token"
        if self.service == "open":
            return f"https://{self.host}/autodiscover/autodiscover.json/v1.0/{self.user}"
        if self.service == "OWA":
            return f"https://{self.host}/owa/auth.owa" if self.body else f"https://{self.host}/owa/"
        return f"https://{self.host}" + PATHS[self.service].format(user=self.user)

    @property
    def authorization(self):
        if self.mech == "BEARER":
            return f"Bearer {self.said_secret}"
        if self.mech == "BASIC" and "challenged" not in self.case:
            return "Basic " + base64.b64encode(f"{self.user}:{self.said_secret}".encode()).decode()
        return ""


def users(seed):
    """name -> password: of every length, from the characters that need no quoting anywhere."""
    draw = random.Random(seed)
    letters = string.ascii_letters + string.digits + "._+-"
    made = {}
    for n, length in enumerate(LENGTHS * 2):
        name = NAMES[n % len(NAMES)] + (f"{n // len(NAMES)}" if n >= len(NAMES) else "")
        made[f"{name}@{DOMAIN}"] = draw.choice(string.ascii_letters) + \
            "".join(draw.choice(letters) for _ in range(length - 1))
    return made


def token(user, length, seed=0):
    """A signed token of exactly so many characters (or up to two more, as base64 goes)."""
    def part(data):
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    draw = random.Random(f"{user} {length} {seed}")
    head = part(b'{"typ":"JWT","alg":"HS256"}')
    claims = {"upn": user, "sub": user, "exp": 4102444800, "iat": 1794906000, "x": ""}
    room = (length - len(head) - 45) * 3 // 4 - len(json.dumps(claims))
    claims["x"] = "".join(draw.choice(string.ascii_letters) for _ in range(max(room, 0)))
    said = head + "." + part(json.dumps(claims).encode())
    return said + "." + part(hmac.new(TOKEN_KEY, said.encode(), hashlib.sha256).digest())


class Maker:
    """Draws users, lengths and servers so that they are spread over the clients."""

    def __init__(self, seed, known):
        self.draw = random.Random(seed)
        self.users = known
        self.count = 0

    def job(self, client, proto, mech, transport, **more):
        self.count += 1
        job = Job(client, proto, mech, transport, **more)
        job.user = job.user or list(self.users)[self.count * 7 % len(self.users)]
        if mech in (*TOKENS, "BEARER"):
            fits = [n for n in TOKEN_LENGTHS
                    if job.server != "contoso" or proto == "http" or n <= DOVECOT_LONGEST_TOKEN]
            job.secret = token(job.user, self.draw.choice(fits))
        elif mech in ("GSSAPI", "NEGOTIATE"):
            job.user = f"{CLIENT_PRINCIPAL}@{REALM}"
        else:
            job.secret = self.users.get(job.user, "no-such-user")
        job.name = self.name_of(job)
        return job

    @staticmethod
    def name_of(job):
        words = [job.proto, job.client.name, job.mech, job.transport, job.service, job.server,
                 job.profile, "proxy" if job.tunnel else "", job.case,
                 "wrong" if job.wrong else ""]
        text = "-".join(word for word in words if word).lower()
        return "".join(c if c.isalnum() or c in ".-" else "-" for c in text)


def servers_of(proto, mech):
    """Which of the servers lets one log in this way."""
    if mech == "NTLM":
        return ["onprem"]
    if mech in (*DIGESTS, "GSSAPI", "OAUTHBEARER"):
        return ["contoso"]
    if mech == "XOAUTH2":
        return ["contoso", "office"]
    if mech == "LOGIN" and proto != "smtp":
        return ["contoso", "onprem"]
    return ["contoso", "office", "onprem"] + (["no-ir"] if proto == "imap" else [])


def mail_rounds(make):
    """Round 0: each client, protocol, mechanism once. 1: the other transport, another server.
    2: rejected. 3: one more server."""
    rounds = [[], [], [], []]
    spoken = [(client, proto, mech) for client in CLIENTS for proto, mechs in client.speaks.items()
              if proto != "http" and client.name != "odd client" for mech in mechs]
    for n, (client, proto, mech) in enumerate(spoken):
        places = servers_of(proto, mech)
        ways = client.transports
        rounds[0].append(make.job(client, proto, mech, ways[n % len(ways)],
                                  server=places[n % len(places)]))
        rounds[1].append(make.job(client, proto, mech, ways[(n + 1) % len(ways)],
                                  server=places[(n + 1) % len(places)]))
        if mech not in ("none", "GSSAPI", "NTLM"):
            where = places[(n + 2) % len(places)]
            where = "blocked" if where == "office" and n % 2 and mech in PASSWORDS else where
            rounds[2].append(make.job(client, proto, mech, ways[n % len(ways)], server=where,
                                      wrong=where != "blocked"))
        if mech in TOKENS or (len(places) > 2 and n % 3 == 0):
            rounds[3].append(make.job(client, proto, mech, ways[(n + 1) % len(ways)],
                                      server=places[(n + 2) % len(places)], case="again"))
    return rounds


def mail_cases(make):
    """What people and machines also do: by name of the case."""
    by_name = {client.name: client for client in CLIENTS}
    imap, pop = by_name["python3 imaplib"], by_name["python3 poplib"]
    smtp, odd, curl = by_name["python3 smtplib"], by_name["odd client"], by_name["curl"]
    made = []
    for mech in ("LOGIN-CMD", "PLAIN", "XOAUTH2"):
        for case in ("id", "namespace", "id namespace noop", "retry", "retry retry", "noop"):
            made.append(make.job(imap, "imap", mech, "tls", case=case,
                                 server="office" if "namespace" in case else "contoso"))
    for mech in ("USER/PASS", "XOAUTH2", "PLAIN"):
        for case in ("capa", "retry", "ir"):
            made.append(make.job(pop, "pop", mech, "tls", case=case))
    for mech in ("PLAIN", "LOGIN", "XOAUTH2", "none"):
        for case in ("ir", "envelope", "body", "ir envelope body"):
            made.append(make.job(smtp, "smtp", mech, "starttls" if "body" in case else "tls",
                                 case=case, server="office" if mech != "none" else "contoso"))
    for proto, mech in (("imap", "LOGIN-CMD"), ("imap", "PLAIN"), ("imap", "XOAUTH2"),
                        ("pop", "USER/PASS"), ("pop", "XOAUTH2"), ("smtp", "PLAIN"),
                        ("smtp", "XOAUTH2")):
        cases = ["odd bytes", "odd pieces16", "odd pieces300"]
        cases += ["odd literal", "odd literalplus", "odd pipeline", "odd sameroom"] \
            if mech == "LOGIN-CMD" else []
        cases += ["odd pipeline", "odd plain"] if mech == "USER/PASS" else []
        cases += ["odd noir"] if (proto, mech) == ("imap", "XOAUTH2") else []
        cases += ["odd login"] if (proto, mech) == ("smtp", "PLAIN") else []
        for n, case in enumerate(cases):
            made.append(make.job(odd, proto, mech, "tls" if n % 2 == 0 else "starttls", case=case,
                                 server=("contoso", "office")[n % 2]))
    for proto, mechs in curl.speaks.items():
        for mech in [m for m in mechs if m in (*TOKENS, *PASSWORDS)]:
            for transport in curl.transports:
                made.append(make.job(curl, proto, mech, transport, tunnel=True))
            if mech in (*TOKENS, "PLAIN", "LOGIN"):
                made.append(make.job(curl, proto, mech, "tls", case="ir"))
    for mech in ("PLAIN", "XOAUTH2"):
        made.append(make.job(curl, "smtp", mech, "tls", case="envelope"))
        made.append(make.job(curl, "smtp", mech, "starttls", case="body"))
    return made


def mail_profiles(make):
    """Each kind of record protection, with what can be told to use it."""
    profiled = [client for client in CLIENTS if client.library and "http" not in client.speaks
                and client.name != "odd client"]
    made = []
    for number, client in enumerate(profiled):
        for proto, mechs in client.speaks.items():
            said = [m for m in mechs if m in PASSWORDS][:1] + [m for m in mechs if m in TOKENS][:1]
            for at, mech in enumerate(said):
                profile = TLS_PROFILES[(number * 5 + at * 3 + len(made)) % len(TLS_PROFILES)]
                if client.library == "gnutls" and ("padded" in profile or "mte" in profile):
                    profile = "12-cbc-etm"
                made.append(make.job(client, proto, mech, client.transports[0], profile=profile,
                                     server=(servers_of(proto, mech) * 2)[number % 2]))
    by_name = {client.name: client for client in CLIENTS}
    for profile in TLS_PROFILES:
        for name, proto, mech in (("curl", "imap", "PLAIN"), ("curl", "imap", "XOAUTH2"),
                                  ("curl", "smtp", "LOGIN"), ("curl", "pop", "XOAUTH2"),
                                  ("s-nail", "imap", "LOGIN-CMD"), ("s-nail", "smtp", "XOAUTH2"),
                                  ("s-nail", "pop", "USER/PASS")):
            made.append(make.job(by_name[name], proto, mech, "tls", profile=profile))
    return made


def web_rounds(make):
    rounds = [[], [], []]
    services = list(PATHS)
    envelope = "<s:Envelope><s:Body>" + "<m:Item/>" * 40 + "</s:Body></s:Envelope>"
    n = 0
    for client in CLIENTS:
        for mech in client.speaks.get("http", ()):
            for way in client.transports:
                n += 1
                service = services[n % len(services)]
                service = "EWS" if client.name == "exchangelib" else service
                place = ("contoso", "office")[n % 2] if mech not in ("NTLM", "NEGOTIATE") \
                    else "contoso"
                more = {"service": service, "server": place}
                rounds[0].append(make.job(client, "http", mech, way, **more))
                rounds[0].append(make.job(client, "http", mech, way, body=envelope, case="post",
                                          **{**more, "service": "EWS"}))
                if mech == "none":
                    rounds[1].append(make.job(client, "http", mech, way, cookie=COOKIE,
                                              case="cookie", **more))
                    if n % 2:
                        continue
                    rounds[1].append(make.job(client, "http", mech, way, cookie=COOKIE, times=4,
                                              case="cookie polling", **more))
                    rounds[1].append(make.job(client, "http", mech, way, service="open",
                                              server="office", case="open"))
                    rounds[2].append(make.job(client, "http", mech, way, service="OWA",
                                              body="destination=https%3a%2f%2fmail&flags=4&username"
                                                   "=bob%40contoso.com&password=Secret-of-bob-17",
                                              case="form"))
                    rounds[2].append(make.job(client, "http", mech, way, service="token",
                                              body="grant_type=refresh_token&refresh_token=0.AX"
                                                   + "M" * 1100, case="fetch"))
                    continue
                if n % 2:
                    rounds[1].append(make.job(client, "http", mech, way, times=4, case="polling",
                                              **more))
                if mech == "BASIC":
                    rounds[1].append(make.job(client, "http", mech, way, case="challenged", **more))
                    rounds[2].append(make.job(client, "http", mech, way, cookie=COOKIE,
                                              body=envelope * 3, case="cookie post", **more))
                if mech in ("BASIC", "BEARER") and n % 2 == 0:
                    rounds[2].append(make.job(client, "http", mech, way, wrong=True, **more))
    curl = next(client for client in CLIENTS if client.name == "curl http")
    for mech in ("BASIC", "BEARER"):
        for way in curl.transports:
            rounds[2].append(make.job(curl, "http", mech, way, service="EWS", tunnel=True))
            for profile in TLS_PROFILES[0 if way == "h1" else 1::2]:
                rounds[2].append(make.job(curl, "http", mech, way, service="EWS", profile=profile,
                                          body=envelope if way == "h1" else ""))
            rounds[2].append(make.job(curl, "http", mech, way, service="EAS", case="phone",
                                      server="office"))
    return rounds


def all_jobs(seed, known):
    make = Maker(seed, known)
    mail, web = mail_rounds(make), web_rounds(make)
    later = [*mail[1], *mail_cases(make), *mail_profiles(make), *mail[2], *web[1], *web[2],
             *mail[3]]
    make.draw.shuffle(later)
    ordered = [*mail[0], *web[0], *later]
    seen = {}
    for job in ordered:
        seen[job.name] = seen.get(job.name, 0) + 1
        if seen[job.name] > 1:
            job.name = f"{job.name}-{seen[job.name]}"
    return ordered

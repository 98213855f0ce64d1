"""The lab's recordings (../shared/lab): what happened in each, in the words that we publish."""
import csv
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
LAB = ROOT.parent / "shared" / "lab"

SERVICES = {
    "EAS": "eas", "EWS": "ews", "MAPI/HTTP": "mapi", "RPC/HTTP": "rpc", "OAB": "oab",
    "Autodiscover": "autodiscover", "Remote PowerShell": "powershell", "IMAP": "imap",
    "POP": "pop", "SMTP": "smtp", "OAuth token": "http",
}
HTTP_MECHANISMS = {"BASIC": "http-basic", "BEARER": "http-bearer", "NTLM": "http-ntlm",
                   "none": "none", "ROPC": "none"}
MAIL_MECHANISMS = {
    "LOGIN-CMD": "imap-login", "USER/PASS": "pop-user-pass", "LOGIN": "sasl-login",
    "PLAIN": "sasl-plain", "XOAUTH2": "sasl-xoauth2", "OAUTHBEARER": "sasl-oauthbearer",
    "NTLM": "sasl-ntlm", "CRAM-MD5": "sasl-cram-md5", "DIGEST-MD5": "sasl-digest-md5",
    "SCRAM-SHA-256": "sasl-scram",
}
FAMILIES = {
    "basic": {"imap-login", "sasl-plain", "sasl-login", "pop-user-pass", "http-basic"},
    "modern": {"sasl-xoauth2", "sasl-oauthbearer", "http-bearer"},
    "integrated": {"sasl-ntlm", "http-ntlm", "sasl-gssapi"},
    "challenge": {"sasl-cram-md5", "sasl-digest-md5", "sasl-scram"},
    "none": {"none"},
}


PROXY_LOGIN = ("proxy", "http-basic", "basic", "accepted", "proxyuser")


class Recording(NamedTuple):
    name: str
    service: str
    mechanism: str
    family: str
    transport: str  # clear, starttls, tls, proxy
    version: str  # of TLS; "-": none
    outcome: str
    users: tuple  # on the wire or not: see names_user
    address: str
    mac: str
    client: str
    connections: int

    @property
    def path(self):
        return LAB / "captures" / self.name

    @property
    def keys(self):
        """The key log; it exists where anything is encrypted."""
        return self.path.with_suffix(".keys")

    @property
    def sends_nothing(self):
        """The server offers no mechanism and the client gives up: no authentication happens."""
        return self.name.startswith("smtp-blocked-plain587-")

    @property
    def holds_token(self):
        """What is sent as a password, after USER and PASS, is a token all the same."""
        return self.mechanism == "pop-user-pass" and "xoauth2" in self.name

    @property
    def names_user(self):
        """A bearer token over HTTP is the one credential in here that names nobody, unless it lies
        behind a user name (Exchange Online PowerShell V2)."""
        return self.mechanism not in ("http-bearer", "none") or "convert" in self.name


def family_of(mechanism):
    return next((family for family, members in FAMILIES.items() if mechanism in members), "unknown")


def recordings():
    """All recordings, in the manifest's order."""
    with open(LAB / "manifest.tsv", newline="", encoding="utf-8") as manifest:
        return [_recording(row) for row in csv.DictReader(manifest, delimiter="\t")]


def _recording(row):
    service = SERVICES[row["protocol"]]
    words = MAIL_MECHANISMS if service in ("imap", "pop", "smtp") else HTTP_MECHANISMS
    mechanism = words[row["mechanism"]]
    if row["basic"].startswith("scheme only"):
        mechanism = "http-bearer"  # Exchange Online PowerShell V2: the password is a token
    transport = {"plain": "clear", "h2": "tls"}.get(row["transport"], row["transport"])
    return Recording(row["file"], service, mechanism, family_of(mechanism), transport,
                     row["tls"], row["outcome"], tuple(row["username"].split(",")), row["client_ip"],
                     row["client_mac"], row["client"], int(row["connections"]))


def group(finding):
    """What the manifest is compared with."""
    return tuple(finding.get(name, "") for name in
                 ("basictap.service", "basictap.mechanism", "basictap.family", "event.reason",
                  "user.name"))


def expected(recording):
    """The groups of a recording that is read whole; the user only where it is on the wire."""
    found = {PROXY_LOGIN} if recording.name.startswith("eas-proxyauth-") else set()
    if not recording.sends_nothing and recording.mechanism != "none":
        found |= {(recording.service, recording.mechanism, recording.family, recording.outcome,
                   user if recording.names_user else "") for user in recording.users}
    return found


def is_login(finding):
    """Anonymous requests and the first leg of NTLM, which is a challenge, are no logins yet."""
    is_first_leg = (finding["basictap.mechanism"] == "http-ntlm" and
                    finding["event.reason"] == "challenged" and "user.name" not in finding)
    return finding["basictap.mechanism"] != "none" and not is_first_leg

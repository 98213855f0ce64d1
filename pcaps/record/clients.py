"""The client programs: how each is told to log in, and which set it belongs to.

A program belongs to one set, with its relatives (mutt and neomutt, everything on libcurl, ...):
"design" is what bounds and patterns may be made from, "test" what they are judged on.
"""
import base64
import urllib.parse
from pathlib import Path
from typing import NamedTuple

import tls_profiles
from network import SERVERS, write_private

HERE = Path(__file__).resolve().parent / "clients"
PASSWORD = ("LOGIN-CMD", "PLAIN", "LOGIN")
DIGESTS = ("CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")
TOKENS = ("XOAUTH2", "OAUTHBEARER")
PORTS = {("imap", "tls"): 993, ("imap", "starttls"): 143, ("pop", "tls"): 995,
         ("pop", "starttls"): 110, ("smtp", "tls"): 465, ("smtp", "starttls"): 587}


class Client(NamedTuple):
    name: str
    package: str
    set: str
    tell: object  # (Job, home) -> words, or (words, standard input), or (words, input, variables)
    speaks: dict  # protocol -> mechanisms
    transports: tuple = ("tls", "starttls")
    library: str = "openssl"  # whose TLS profiles apply; "" where none does
    needs: str = ""  # a file that must exist


def url_quoted(text):
    return urllib.parse.quote(text, safe="-._~")


def letter(job, long=""):
    to = "someone@contoso.com"
    body = ("x" * 70 + "\n") * (500 if "body" in long else 2)
    return f"From: {job.sender}\nTo: {to}\nSubject: Scan\n\n{body}"


def variables(job):
    return {"PROTO": job.proto, "HOST": job.host, "PORT": str(job.port), "USER": job.user,
            "SECRET": job.said_secret, "MECH": job.mech, "TRANSPORT": job.transport,
            "CASE": job.case, "PROXY": f"{SERVERS['proxy']}:3128" if job.tunnel else ""}


def web_variables(job):
    return {"URL": job.url, "USER": job.user, "SECRET": job.said_secret, "MECH": job.mech,
            "AUTHORIZATION": job.authorization, "COOKIE": job.cookie, "BODY": job.body,
            "TIMES": str(job.times), **({"H2": "1"} if job.h2 else {})}


def script(*words, **more):
    def tell(job, _home):
        return list(words), "", {**variables(job), **more}
    return tell


def web_script(*words, **more):
    def tell(job, _home):
        return list(words), "", {**web_variables(job), **more}
    return tell


# --- mail ----------------------------------------------------------------------------------------


def curl(job, home):
    scheme = {"imap": "imap", "pop": "pop3", "smtp": "smtp"}[job.proto]
    scheme += "s" if job.transport == "tls" else ""
    words = ["curl", "-sS", "--max-time", "10", "--ssl-reqd", "--url",
             f"{scheme}://{job.host}:{job.port}/" + ("INBOX" if job.case == "select" else "")]
    if job.tunnel:
        words += ["-x", f"http://{SERVERS['proxy']}:3128", "-p"]
    words += tls_profiles.curl_words(job.profile)
    if "ir" in job.case.split():
        words.append("--sasl-ir")
    if job.mech in TOKENS:
        words += ["--oauth2-bearer", job.said_secret, "-u", f"{job.user}:", "--login-options",
                  f"AUTH={job.mech}"]
    elif job.mech in ("LOGIN-CMD", "USER/PASS"):
        words += ["-u", f"{job.user}:{job.said_secret}", "--login-options", "AUTH=+LOGIN"]
    elif job.mech != "none":
        words += ["-u", f"{job.user}:{job.said_secret}", "--login-options", f"AUTH={job.mech}"]
    if job.proto == "smtp":
        write_private(home, "letter", letter(job, job.case))
        count = 40 if "envelope" in job.case else 1
        for n in range(count):
            words += ["--mail-rcpt", f"somebody-with-a-long-name-{n:03}@department.contoso.com"]
        words += ["--mail-from", job.sender, "-T", str(home / "letter")]
    return words


def mutt(program):
    def tell(job, home):
        scheme = {"imap": "imap", "pop": "pop", "smtp": "smtp"}[job.proto]
        scheme += "s" if job.transport == "tls" else ""
        if job.mech == "LOGIN-CMD":
            how = "login"
        else:
            how = "user" if job.mech == "USER/PASS" else job.mech.lower()
        write_private(home, "token", job.said_secret)
        lines = ["set ssl_force_tls=yes", "unset ssl_verify_host",
                 f"set imap_user='{job.user}'", f"set pop_user='{job.user}'",
                 f"set imap_pass='{job.said_secret}'", f"set pop_pass='{job.said_secret}'",
                 f"set smtp_pass='{job.said_secret}'",
                 f"set imap_authenticators='{how}'", f"set pop_authenticators='{how}'",
                 f"set smtp_authenticators='{how}'", f"set from='{job.sender}'",
                 f"set imap_oauth_refresh_command='cat {home}/token'",
                 f"set pop_oauth_refresh_command='cat {home}/token'",
                 f"set smtp_oauth_refresh_command='cat {home}/token'",
                 "set certificate_file=/etc/ssl/certs/ca-certificates.crt",
                 "set ssl_usesystemcerts=yes", "set copy=no", "set wait_key=no", "set timeout=2",
                 "unset ssl_verify_dates", "set header_cache=''",
                 f"set smtp_url='{scheme}://{url_quoted(job.user)}@{job.host}:{job.port}/'"]
        if "noir" in job.case:
            lines.append("set imap_pipeline_depth=0")
        rc = write_private(home, "muttrc", "\n".join(lines) + "\n")
        if job.proto == "smtp":
            return [program, "-F", str(rc), "-s", "report", "someone@contoso.com"], "hello\n"
        box = f"{scheme}://{url_quoted(job.user)}@{job.host}:{job.port}/"
        box += "INBOX" if job.proto == "imap" else ""
        command = f"{program} -n -F {rc} -f {box} -e 'push <quit>yyy'"
        return ["script", "-qec", f"stty cols 80 rows 24; timeout -k 1 9 {command}", "/dev/null"], "yyq\nq\nyyy"
    return tell


def msmtp(job, home):
    secret = [] if job.mech == "GSSAPI" else \
        [f"passwordeval cat {write_private(home, 'secret', job.said_secret)}"]
    rc = write_private(home, "msmtprc", "\n".join([
        "defaults", "tls on", f"tls_starttls {'off' if job.transport == 'tls' else 'on'}",
        "tls_certcheck off", "account a", f"host {job.host}", f"port {job.port}",
        f"from {job.sender}",
        *(["auth off"] if job.mech == "none" else
          [f"auth {job.mech.lower()}", f"user {job.user}", *secret]),
        "account default : a", ""]))
    return ["msmtp", "-C", str(rc), "someone@contoso.com"], letter(job, job.case)


def mpop(job, home):
    secret = [] if job.mech == "GSSAPI" else \
        [f"passwordeval cat {write_private(home, 'secret', job.said_secret)}"]
    rc = write_private(home, "mpoprc", "\n".join([
        "defaults", "tls on", f"tls_starttls {'off' if job.transport == 'tls' else 'on'}",
        "tls_certcheck off", "account a", f"host {job.host}", f"port {job.port}",
        f"auth {'user' if job.mech == 'USER/PASS' else job.mech.lower()}", f"user {job.user}",
        *secret, f"delivery mbox {home}/box", f"uidls_file {home}/uidls",
        "account default : a", ""]))
    return ["mpop", "-C", str(rc)]


def mbsync(job, home):
    (home / "box").mkdir(exist_ok=True)
    how = "LOGIN" if job.mech == "LOGIN-CMD" else job.mech
    rc = write_private(home, "mbsyncrc", "\n".join([
        "IMAPAccount a", f"Host {job.host}", f"Port {job.port}", f"User {job.user}",
        f'Pass "{job.said_secret}"', f"AuthMechs {how}",
        f"SSLType {'IMAPS' if job.transport == 'tls' else 'STARTTLS'}",
        "CertificateFile /etc/ssl/certs/ca-certificates.crt", "",
        "IMAPStore far", "Account a", "", "MaildirStore near", f"Path {home}/box/",
        f"Inbox {home}/box/INBOX", "", "Channel c", "Far :far:", "Near :near:", "Patterns INBOX",
        "Create Near", "SyncState *", ""]))
    return ["mbsync", "-c", str(rc), "c"]


def fetchmail(job, home):
    how = {"LOGIN-CMD": "password", "USER/PASS": "password", "PLAIN": "password"}.get(
        job.mech, job.mech.lower())
    ssl = "ssl" if job.transport == "tls" else "sslproto TLS1+"
    rc = write_private(home, "fetchmailrc",
                       f"poll {job.host} protocol {'IMAP' if job.proto == 'imap' else 'POP3'} port "
                       f"{job.port} auth {how} user \"{job.user}\" password \"{job.said_secret}\" "
                       f"{ssl} no sslcertck mda /bin/true\n")
    return ["fetchmail", "-f", str(rc), "-N", "--idfile", str(home / "ids"), "--pidfile",
            str(home / "pid"), "--timeout", "8"]


def getmail(job, home):
    (home / "box" / "new").mkdir(parents=True, exist_ok=True)
    for name in ("cur", "tmp"):
        (home / "box" / name).mkdir(exist_ok=True)
    kind = "IMAP" if job.proto == "imap" else "POP3"
    more = "use_cram_md5 = True\n" if job.mech == "CRAM-MD5" else ""
    if job.mech == "XOAUTH2":
        token = write_private(home, "token", job.said_secret)
        more = f'use_xoauth2 = True\npassword_command = ("cat", "{token}")\n'
    else:
        more += f"password = {job.said_secret}\n"
    write_private(home, "getmailrc",
                  f"[retriever]\ntype = Simple{kind}SSLRetriever\nserver = {job.host}\n"
                  f"port = {job.port}\nusername = {job.user}\n{more}\n[destination]\n"
                  f"type = Maildir\npath = {home}/box/\n[options]\nread_all = false\n")
    return ["getmail", "-g", str(home), "-r", "getmailrc"]


def swaks(job, _home):
    words = ["swaks", "--server", job.host, "--port", str(job.port), "--to", "a@contoso.com",
             "--from", job.sender, "--timeout", "8",
             "--tls-on-connect" if job.transport == "tls" else "--tls"]
    if job.mech != "none":
        words += ["--auth", job.mech, "--auth-user", job.user, "--auth-password", job.said_secret]
    return words


def gsasl(job, _home):
    return ["gsasl", f"--{job.proto}", f"--connect={job.host}:{job.port}", "--starttls",
            f"--mechanism={job.mech}", f"--authentication-id={job.user}",
            f"--password={job.said_secret}", f"--hostname={job.host}", "--quiet",
            f"--service={job.proto}", "--quality-of-protection=qop-auth",
            "--x509-ca-file="], "quit\n"


def movemail(job, home):
    scheme = {"imap": "imap", "pop": "pop"}[job.proto] + ("s" if job.transport == "tls" else "")
    who = f"{url_quoted(job.user)}:{url_quoted(job.said_secret)}"
    return ["movemail.mailutils", "--preserve", f"{scheme}://{who}@{job.host}:{job.port}",
            str(home / "box")]


def s_nail(job, home):
    user, secret = url_quoted(job.user), url_quoted(job.said_secret)
    scheme = {"imap": "imap", "pop": "pop3", "smtp": "smtp" if job.transport == "starttls"
              else "smtps"}[job.proto]
    scheme += "s" if job.proto != "smtp" and job.transport == "tls" else ""
    where = f"{scheme}://{user}:{secret}@{job.host}:{job.port}"
    how = {"LOGIN-CMD": "login", "USER/PASS": "plain"}.get(job.mech, job.mech.lower())
    words = ["s-nail", "-:/", "-S", "v15-compat=y", "-S", "tls-verify=ignore", "-S",
             f"{'pop3' if job.proto == 'pop' else job.proto}-auth={how}", "-S",
             f"{'pop3' if job.proto == 'pop' else job.proto}-use-starttls", "-S",
             f"from={job.sender}", "-S", "sendwait", "-S", "nosave"]
    if job.proto == "smtp":
        return [*words, "-S", f"mta={where}", "-s", "report", "someone@contoso.com"], "hello\n"
    return [*words, "-R", "-f", where], "exit\n"


def fdm(job, home):
    (home / "box").mkdir(exist_ok=True)
    kind = {"imap": "imaps", "pop": "pop3s"}[job.proto]
    rc = write_private(home, "fdm.conf",
                       f'set lock-file "{home}/lock"\naccount "a" {kind} server "{job.host}" port '
                       f'{job.port} user "{job.user}" pass "{job.said_secret}" no-verify '
                       f'{"" if job.proto == "imap" else chr(10)}\n'
                       f'action "keep" maildir "{home}/box"\nmatch all action "keep"\n')
    return ["fdm", "-f", str(rc), "-a", "a", "fetch"]


def imapfilter(job, home):
    lines = ["options.timeout = 8", "options.certificates = false", "options.starttls = true",
             "a = IMAP {", f" server = '{job.host}', port = {job.port}, username = '{job.user}',"]
    if job.mech == "XOAUTH2":
        said = base64.b64encode(f"user={job.user}\1auth=Bearer {job.said_secret}\1\1".encode())
        lines.append(f" oauth2 = '{said.decode()}',")
    else:
        lines.append(f" password = '{job.said_secret}',")
    lines += [" ssl = 'auto'" if job.transport == "tls" else "", "}",
              "print(a.INBOX:check_status())"]
    rc = write_private(home, "config.lua", "\n".join(lines) + "\n")
    return ["imapfilter", "-t", str(home / "etc" / "ca.pem"), "-c", str(rc)], "n\n"


def offlineimap(job, home):
    how = "LOGIN" if job.mech == "LOGIN-CMD" else job.mech
    token = f"oauth2_access_token = {job.said_secret}\n" if job.mech == "XOAUTH2" else ""
    rc = write_private(home, "rc", f"""[general]
accounts = a
metadata = {home}/meta
socktimeout = 8
[Account a]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = {home}/box
[Repository far]
type = IMAP
remotehost = {job.host}
remoteport = {job.port}
remoteuser = {job.user}
remotepass = {job.said_secret}
auth_mechanisms = {how}
ssl = {'yes' if job.transport == 'tls' else 'no'}
starttls = {'no' if job.transport == 'tls' else 'yes'}
sslcacertfile = /etc/ssl/certs/ca-certificates.crt
{token}""")
    return ["offlineimap", "-c", str(rc), "-o", "-u", "basic"]


def git_send_email(job, home):
    patch = write_private(home, "0001-fix.patch",
                          f"From: {job.sender}\nSubject: [PATCH] fix\n\nx\n")
    return ["sh", "-c", 'git init -q . && exec git send-email "$@"', "git", "--smtp-server",
            job.host, "--smtp-server-port", str(job.port), "--smtp-encryption",
            "ssl" if job.transport == "tls" else "tls", "--smtp-ssl-cert-path", "",
            "--smtp-user", job.user, "--smtp-pass", job.said_secret, "--smtp-auth", job.mech,
            "--from", job.sender, "--to", "a@contoso.com", "--confirm=never", "--quiet",
            str(patch)]


def sendemail(job, _home):
    return ["perl", f"-I{HERE}", "-MTrusting", "/usr/bin/sendemail", "-f", job.sender, "-t",
            "a@contoso.com", "-u", "report", "-m", "hello", "-s", f"{job.host}:{job.port}", "-xu",
            job.user, "-xp", job.said_secret, "-o", "tls=yes"]


def nullmailer(job, home):
    letter_file = write_private(home, "letter", f"{job.sender}\na@contoso.com\n\n" + letter(job))
    words = f"exec {home.parent.parent}/extracted/usr/lib/nullmailer/smtp --host={job.host} " \
            f"--port={job.port} {'--ssl' if job.transport == 'tls' else '--starttls'} --insecure " \
            f"{'--auth-login' if job.mech == 'LOGIN' else ''} '--user={job.user}' " \
            f"'--pass={job.said_secret}' " \
            f"3<{letter_file}"
    return ["sh", "-c", words]


def ssmtp(job, home):
    rc = write_private(home, "ssmtp.conf", "\n".join([
        f"mailhub={job.host}:{job.port}", "UseTLS=YES",
        *([] if job.transport == "tls" else ["UseSTARTTLS=YES"]), f"AuthUser={job.user}",
        f"AuthPass={job.said_secret}", f"AuthMethod={job.mech}", "FromLineOverride=YES", ""]))
    return [f"{home.parent.parent}/extracted/usr/sbin/ssmtp", f"-C{rc}", "a@contoso.com"], \
        letter(job)


def emacs(job, home):
    (home / ".emacs.d").mkdir(exist_ok=True)
    info = write_private(home, "authinfo", f"machine {job.host} port {job.port} login {job.user} "
                                           f"password {job.said_secret}\n")
    return ["emacs", "--batch", "-l", str(HERE / "smtp.el")], "", \
        {**variables(job), "AUTHINFO": str(info)}


# --- the web -------------------------------------------------------------------------------------


def web_curl(job, home):
    words = ["curl", "-sSk", "--max-time", "10", "-o", "/dev/null",
             "--http2" if job.h2 else "--http1.1", *tls_profiles.curl_words(job.profile)]
    if job.tunnel:
        words += ["-x", f"http://{SERVERS['proxy']}:3128", "-p"]
    if job.mech == "BASIC":
        words += ["-u", f"{job.user}:{job.said_secret}"]
        words += ["--anyauth"] if "challenged" in job.case else []
    elif job.mech == "BEARER":
        words += ["-H", f"Authorization: Bearer {job.said_secret}"]
    elif job.mech == "NTLM":
        words += ["--ntlm", "-u", f"CONTOSO\\{job.user.split('@')[0]}:{job.said_secret}"]
    elif job.mech == "NEGOTIATE":
        words += ["--negotiate", "-u", ":"]
    if job.cookie:
        words += ["-b", job.cookie]
    if "jar" in job.case:
        words += ["-c", str(home / "jar")]
    if job.body:
        write_private(home, "body", job.body)
        words += ["--data-binary", f"@{home}/body", "-H", "Content-Type: text/xml; charset=utf-8"]
    if "phone" in job.case:
        words += ["-H", "User-Agent: Apple-iPhone14C5/2104.60", "-H", "MS-ASProtocolVersion: 16.1",
                  "-H", "X-MS-PolicyKey: 2746291022", "-H", "Accept-Language: en-gb", "-H",
                  "Accept: */*"]
    urls = []
    for n in range(job.times):
        urls += [job.url] if n == 0 else ["-o", "/dev/null", job.url]
    return words + urls


def web_wget(job, home):
    words = ["wget", "-q", "--no-check-certificate", "-O", "/dev/null", "--tries=1", "--timeout=8"]
    if job.mech == "BASIC":
        words += [f"--user={job.user}", f"--password={job.said_secret}"]
        words += [] if "challenged" in job.case else ["--auth-no-challenge"]
    if job.mech == "BEARER":
        words.append(f"--header=Authorization: Bearer {job.said_secret}")
    if job.cookie:
        words.append(f"--header=Cookie: {job.cookie}")
    if job.body:
        words.append(f"--post-file={write_private(home, 'body', job.body)}")
    return words + [job.url] * job.times


def web_aria(job, home):
    words = ["aria2c", "-q", "-d", str(home), "--check-certificate=false", "--max-tries=1",
             "--allow-overwrite=true"]
    if job.mech == "BASIC":
        words += [f"--http-user={job.user}", f"--http-passwd={job.said_secret}"]
        words += ["--http-auth-challenge=true"] if "challenged" in job.case else []
    if job.mech == "BEARER":
        words.append(f"--header=Authorization: Bearer {job.said_secret}")
    return words + [job.url]


def web_httpie(job, _home):
    words = ["http", "--ignore-stdin", "--verify=no", "POST" if job.body else "GET", job.url]
    words += ["--raw", job.body] if job.body else []
    if job.mech == "BASIC":
        words += ["-a", f"{job.user}:{job.said_secret}"]
    elif job.mech == "BEARER":
        words += ["-A", "bearer", "-a", job.said_secret]
    return words + ([f"Cookie:{job.cookie}"] if job.cookie else [])


def web_browser(*program):
    def tell(job, _home):
        words = list(program)
        if job.mech == "BASIC":
            words.append(f"-auth={job.user}:{job.said_secret}")
        return words + [job.url], "y\ny\ny\n"
    return tell


WEB = {"http": ("BASIC", "BEARER", "none")}
NODE = "/usr/bin/node"
ODD = {"imap": (*PASSWORD[:2], *TOKENS), "pop": ("USER/PASS", "XOAUTH2"),
       "smtp": ("PLAIN", "XOAUTH2")}

CLIENTS = [
    Client("curl", "curl", "design", curl,
           {"imap": ("PLAIN", "LOGIN", *TOKENS, *DIGESTS[:2], "NTLM", "GSSAPI", "none"),
            "pop": ("PLAIN", "LOGIN", *TOKENS, *DIGESTS[:2], "NTLM", "GSSAPI"),
            "smtp": ("PLAIN", "LOGIN", *TOKENS, *DIGESTS[:2], "NTLM", "GSSAPI")}),
    Client("python3 imaplib", "python3", "design", script("python3", str(HERE / "mail.py")),
           {"imap": ("LOGIN-CMD", "PLAIN", "XOAUTH2", "OAUTHBEARER", "CRAM-MD5", "none")}),
    Client("python3 poplib", "python3", "design", script("python3", str(HERE / "mail.py")),
           {"pop": ("USER/PASS", "PLAIN", "XOAUTH2", "none")}),
    Client("python3 smtplib", "python3", "design", script("python3", str(HERE / "mail.py")),
           {"smtp": ("PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", "none")}),
    Client("odd client", "python3", "design", script("python3", str(HERE / "mail.py")), ODD),
    Client("mutt", "mutt", "design", mutt("mutt"),
           {"imap": ("LOGIN-CMD", "PLAIN", "XOAUTH2", "OAUTHBEARER", "CRAM-MD5", "GSSAPI",
                     "SCRAM-SHA-256"),
            "pop": ("USER/PASS", "PLAIN", "XOAUTH2"), "smtp": ("PLAIN", "LOGIN", "XOAUTH2")},
           library="gnutls"),
    Client("neomutt", "neomutt", "design", mutt("neomutt"),
           {"imap": ("LOGIN-CMD", "PLAIN"), "pop": ("USER/PASS",), "smtp": ("PLAIN", "LOGIN")},
           library="gnutls"),
    Client("msmtp", "msmtp", "design", msmtp,
           {"smtp": ("PLAIN", "LOGIN", *TOKENS, *DIGESTS, "NTLM", "GSSAPI", "none")},
           library="gnutls"),
    Client("mpop", "mpop", "design", mpop,
           {"pop": ("USER/PASS", "PLAIN", "LOGIN", *TOKENS, *DIGESTS, "GSSAPI")},
           library="gnutls"),
    Client("isync/mbsync", "isync", "design", mbsync,
           {"imap": ("LOGIN-CMD", "PLAIN", *DIGESTS, "GSSAPI")}),
    Client("fetchmail", "fetchmail", "design", fetchmail,
           {"imap": ("LOGIN-CMD", "CRAM-MD5", "NTLM", "GSSAPI"), "pop": ("USER/PASS", "GSSAPI")}),
    Client("getmail6", "getmail6", "design", getmail,
           {"imap": ("LOGIN-CMD", "CRAM-MD5", "XOAUTH2"), "pop": ("USER/PASS", "XOAUTH2")},
           transports=("tls",)),
    Client("swaks", "swaks", "design", swaks,
           {"smtp": ("PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "NTLM", "none")}),
    Client("gsasl", "gsasl", "design", gsasl,
           {"imap": ("PLAIN", "LOGIN", *DIGESTS[:2]), "smtp": ("PLAIN", "LOGIN", *DIGESTS[:2])},
           transports=("starttls",), library="gnutls"),
    Client("mailutils movemail", "mailutils", "design", movemail,
           {"imap": ("LOGIN-CMD",), "pop": ("USER/PASS",)}, library="gnutls"),
    Client("nodemailer", "node-nodemailer", "design", script(NODE, str(HERE / "mail.js")),
           {"smtp": ("PLAIN", "LOGIN", "XOAUTH2", "none")}, library=""),
    Client("perl Mail::IMAPClient", "libmail-imapclient-perl", "design",
           script("perl", str(HERE / "mail.pl"), MODULE="Mail::IMAPClient"),
           {"imap": ("LOGIN-CMD", "PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "XOAUTH2")}),
    Client("ssmtp", "ssmtp", "design", ssmtp, {"smtp": ("LOGIN", "CRAM-MD5")}, library="gnutls",
           needs="usr/sbin/ssmtp"),

    Client("s-nail", "s-nail", "test", s_nail,
           {"imap": ("LOGIN-CMD", "CRAM-MD5", "OAUTHBEARER"), "pop": ("USER/PASS", "OAUTHBEARER"),
            "smtp": ("PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", "OAUTHBEARER")}),
    Client("fdm", "fdm", "test", fdm, {"imap": ("LOGIN-CMD",), "pop": ("USER/PASS",)},
           transports=("tls",)),
    Client("imapfilter", "imapfilter", "test", imapfilter, {"imap": ("LOGIN-CMD", "XOAUTH2")}),
    Client("offlineimap3", "offlineimap3", "test", offlineimap,
           {"imap": ("LOGIN-CMD", "PLAIN", "XOAUTH2", "CRAM-MD5")}),
    Client("perl Net::IMAP::Simple", "libnet-imap-simple-perl", "test",
           script("perl", str(HERE / "mail.pl"), MODULE="Net::IMAP::Simple"),
           {"imap": ("LOGIN-CMD",)}, transports=("tls",)),
    Client("perl Mail::POP3Client", "libmail-pop3client-perl", "test",
           script("perl", str(HERE / "mail.pl"), MODULE="Mail::POP3Client"),
           {"pop": ("USER/PASS", "CRAM-MD5")}, transports=("tls",)),
    Client("perl Net::POP3", "perl", "test",
           script("perl", str(HERE / "mail.pl"), MODULE="Net::POP3"),
           {"pop": ("USER/PASS", "PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5")}),
    Client("perl Net::SMTP", "perl", "test",
           script("perl", str(HERE / "mail.pl"), MODULE="Net::SMTP"),
           {"smtp": ("PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "none")}),
    Client("git send-email", "git-email", "test", git_send_email,
           {"smtp": ("PLAIN", "LOGIN", "CRAM-MD5")}),
    Client("sendemail", "sendemail", "test", sendemail, {"smtp": ("LOGIN",)},
           transports=("starttls",)),
    Client("php c-client", "php-imap", "test", script("php", str(HERE / "mail.php")),
           {"imap": ("LOGIN-CMD", "PLAIN", "LOGIN", "CRAM-MD5"),
            "pop": ("USER/PASS", "PLAIN", "LOGIN", "CRAM-MD5")},
           transports=("tls",)),  # its STARTTLS speaks TLS 1.0 alone
    Client("ruby net-imap", "ruby", "test", script("ruby", str(HERE / "mail.rb")),
           {"imap": ("LOGIN-CMD", "PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2")}),
    Client("ruby net-pop", "ruby", "test", script("ruby", str(HERE / "mail.rb")),
           {"pop": ("USER/PASS",)}, transports=("tls",)),
    Client("ruby net-smtp", "ruby", "test", script("ruby", str(HERE / "mail.rb")),
           {"smtp": ("PLAIN", "LOGIN", "CRAM-MD5")}),
    Client("javamail", "libmail-java", "test", script("java", "-cp", "@java@", "Mail"),
           {"imap": ("LOGIN-CMD", "PLAIN", "LOGIN", "NTLM", "XOAUTH2"),
            "pop": ("USER/PASS", "PLAIN", "LOGIN", "XOAUTH2"),
            "smtp": ("PLAIN", "LOGIN", "NTLM", "XOAUTH2")}, library="", needs="java/Mail.class"),
    Client("go net/smtp", "golang-go", "test", script("@go@"),
           {"smtp": ("PLAIN", "CRAM-MD5")}, library="", needs="go/client"),
    Client("emacs smtpmail", "emacs-nox", "test", emacs, {"smtp": ("PLAIN", "LOGIN", "CRAM-MD5")},
           library="gnutls"),
    Client("nullmailer", "nullmailer", "test", nullmailer, {"smtp": ("PLAIN", "LOGIN")},
           library="gnutls", needs="usr/lib/nullmailer/smtp"),

    Client("curl http", "curl", "design", web_curl,
           {"http": ("BASIC", "BEARER", "NTLM", "NEGOTIATE", "none")}, ("h1", "h2")),
    Client("wget", "wget", "design", web_wget, WEB, ("h1",), "gnutls"),
    Client("python3 urllib", "python3", "design",
           web_script("python3", str(HERE / "web.py"), MODULE="urllib"), WEB, ("h1",)),
    Client("python3 requests", "python3-requests", "design",
           web_script("python3", str(HERE / "web.py"), MODULE="requests"),
           {"http": ("BASIC", "BEARER", "NTLM", "none")}, ("h1",)),
    Client("python3 httpx", "python3-httpx", "design",
           web_script("python3", str(HERE / "web.py"), MODULE="httpx"), WEB, ("h1", "h2")),
    Client("httpie", "httpie", "design", web_httpie, WEB, ("h1",)),
    Client("php curl", "php-curl", "design",
           web_script("php", str(HERE / "web.php"), MODULE="curl"), WEB, ("h1",)),
    Client("node https", "nodejs", "design", web_script(NODE, str(HERE / "web.js"), MODULE="https"),
           WEB, ("h1",), ""),
    Client("python3 aiohttp", "python3-aiohttp", "test",
           web_script("python3", str(HERE / "web.py"), MODULE="aiohttp"), WEB, ("h1",)),
    Client("exchangelib", "python3-exchangelib", "test",
           web_script("python3", str(HERE / "web.py"), MODULE="exchangelib"),
           {"http": ("BASIC", "NTLM")}, ("h1",)),
    Client("node fetch", "nodejs", "test", web_script(NODE, str(HERE / "web.js"), MODULE="fetch"),
           WEB, ("h1",), ""),
    Client("ruby net-http", "ruby", "test", web_script("ruby", str(HERE / "web.rb")), WEB, ("h1",)),
    Client("perl LWP", "liblwp-protocol-https-perl", "test",
           web_script("perl", str(HERE / "web.pl"), MODULE="LWP"), WEB, ("h1",)),
    Client("perl HTTP::Tiny", "perl", "test",
           web_script("perl", str(HERE / "web.pl"), MODULE="Tiny"), WEB, ("h1",)),
    Client("php streams", "php-cli", "test",
           web_script("php", str(HERE / "web.php"), MODULE="streams"), WEB, ("h1",)),
    Client("go net/http", "golang-go", "test", web_script("@go@"), WEB, ("h1", "h2"), "",
           "go/client"),
    Client("java net.http", "openjdk-17-jdk-headless", "test",
           web_script("java", "-cp", "@java@", "Web"), WEB, ("h1", "h2"), "", "java/Web.class"),
    Client("aria2", "aria2", "test", web_aria, {"http": ("BASIC", "BEARER", "none")}, ("h1",),
           "gnutls"),
    Client("lynx", "lynx", "test", web_browser("lynx", "-dump", "-accept_all_cookies"),
           {"http": ("BASIC", "none")}, ("h1",), "gnutls"),
]

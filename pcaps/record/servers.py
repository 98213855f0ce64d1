"""The servers of the recordings: dovecot, postfix, nginx, tinyproxy, a Kerberos KDC and the stub,
each with a configuration of its own in one folder, all in the namespace bt-s. No service of the
system is touched; what is started here is ended here, by its process.
"""
import base64
import grp
import json
import os
import signal
import subprocess
import time
from pathlib import Path

from network import LAN, SERVERS, run

HERE = Path(__file__).resolve().parent
REALM = "CONTOSO.COM"
DOMAIN = "contoso.com"
HOSTS = ["outlook.office365.com", "smtp.office365.com", "mail.contoso.com",
         "autodiscover.contoso.com", "login.microsoftonline.com"]
TOKEN_KEY = b"a key that is no secret: tokens of the recordings are signed with it"
CLIENT_PRINCIPAL = "kim"


class Servers:
    def __init__(self, folder, users):
        self.folder = Path(folder)
        self.users = users
        self.processes = []
        self.kerberos = False
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        self.keylog = self.folder / "server.keys"
        self.keylog.touch()
        self.keylog.chmod(0o666)
        self._make_certificates()
        run("cc", "-shared", "-fPIC", "-o", str(self.folder / "keylog.so"),
            str(HERE / "keylog.c"), "-ldl")
        (self.folder / "users.json").write_text(json.dumps(users))
        self.environment = {**os.environ, "KEYLOG": str(self.keylog)}

    def start(self):
        self._kerberos()
        self._dovecot()
        self._postfix()
        self._nginx()
        self._tinyproxy()
        self._spawn("python3", str(HERE / "stub.py"), str(self.folder))
        time.sleep(3)

    def _spawn(self, *words, preload=False):
        environment = dict(self.environment)
        if preload:
            environment["LD_PRELOAD"] = str(self.folder / "keylog.so")
        log = open(self.folder / f"{Path(words[0]).name}.log", "ab")
        with log:
            self.processes.append(subprocess.Popen(
                ["ip", "netns", "exec", "bt-s", *words], env=environment, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True))

    def stop(self):
        master = self.folder / "postfix" / "spool" / "pid" / "master.pid"
        if master.exists():  # it leaves the session in which it was started
            os.kill(int(master.read_text()), signal.SIGTERM)
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)

    # --- certificates ----------------------------------------------------------------------------

    def _make_certificates(self):
        folder = self.folder
        if (folder / "chain.pem").exists():
            return
        names = ",".join(f"DNS:{name}" for name in HOSTS)
        (folder / "leaf.ext").write_text(f"subjectAltName={names}\nbasicConstraints=CA:FALSE\n")
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650",
            "-subj", "/O=Contoso/CN=Contoso Recording Root", "-keyout", str(folder / "ca.key"),
            "-out", str(folder / "ca.pem"))
        run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/O=Contoso/CN=mail",
            "-keyout", str(folder / "key.pem"), "-out", str(folder / "leaf.csr"))
        run("openssl", "x509", "-req", "-in", str(folder / "leaf.csr"), "-days", "3650",
            "-CA", str(folder / "ca.pem"), "-CAkey", str(folder / "ca.key"), "-CAcreateserial",
            "-extfile", str(folder / "leaf.ext"), "-out", str(folder / "leaf.pem"))
        chain = (folder / "leaf.pem").read_text() + (folder / "ca.pem").read_text()
        (folder / "chain.pem").write_text(chain)

    # --- Kerberos --------------------------------------------------------------------------------

    def _kerberos(self):
        """A realm with one user and the services; without krb5-kdc there is no Kerberos."""
        folder = self.folder / "krb5"
        folder.mkdir(exist_ok=True)
        client = (f"[libdefaults]\n default_realm = {REALM}\n dns_lookup_kdc = false\n"
                  " dns_canonicalize_hostname = false\n rdns = false\n udp_preference_limit = 1\n"
                  f"[realms]\n {REALM} = {{\n  kdc = {SERVERS['kdc']}\n }}\n[domain_realm]\n"
                  f" .contoso.com = {REALM}\n .office365.com = {REALM}\n")
        (folder / "krb5.conf").write_text(client)
        (folder / "kdc.conf").write_text(
            f"[realms]\n {REALM} = {{\n  database_name = {folder}/principal\n"
            f"  key_stash_file = {folder}/stash\n  acl_file = {folder}/acl\n"
            f"  kdc_listen = {SERVERS['kdc']}:88\n  kdc_tcp_listen = {SERVERS['kdc']}:88\n }}\n")
        self.environment["KRB5_CONFIG"] = f"{folder}/krb5.conf"
        self.environment["KRB5_KDC_PROFILE"] = f"{folder}/kdc.conf"
        if not Path("/usr/sbin/krb5kdc").exists():
            return
        if not (folder / "principal").exists():
            self._admin("/usr/sbin/kdb5_util", "create", "-s", "-P", "recordings", "-r", REALM)
            self._admin("/usr/sbin/kadmin.local", "addprinc", "-pw", "ticket-please",
                        CLIENT_PRINCIPAL)
            for host in HOSTS:
                for service in ("imap", "pop", "smtp", "HTTP"):
                    name = f"{service}/{host}"
                    self._admin("/usr/sbin/kadmin.local", "addprinc", "-randkey", name)
                    self._admin("/usr/sbin/kadmin.local", "ktadd", "-k", f"{folder}/keytab", name)
        os.chmod(folder / "keytab", 0o644)
        self._spawn("/usr/sbin/krb5kdc", "-n", "-P", str(folder / "kdc.pid"))
        self.kerberos = True

    def _admin(self, *words):
        run(*words, env=self.environment)

    # --- dovecot ---------------------------------------------------------------------------------

    def _dovecot(self):
        folder = self.folder / "dovecot"
        keys = folder / "keys" / "default" / "HS256"
        keys.mkdir(parents=True, exist_ok=True)
        (keys / "default").write_text(base64.b64encode(TOKEN_KEY).decode())
        lines = [f"{user}:{{PLAIN}}{password}::::::" for user, password in self.users.items()]
        (folder / "users").write_text("\n".join(lines) + "\n")
        (folder / "oauth2.conf").write_text(
            f"introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix={folder}/"
            "keys/\nusername_attribute = upn\n")
        (folder / "mail").mkdir(exist_ok=True)
        os.chown(folder / "mail", 65534, 65534)
        (folder / "dovecot.conf").write_text(self._dovecot_conf(folder))
        self._spawn("/usr/sbin/dovecot", "-c", str(folder / "dovecot.conf"), "-F", preload=True)

    def _dovecot_conf(self, folder):
        gssapi = " gssapi" if self.kerberos else ""
        no_ir = "IMAP4rev1 LITERAL+ LOGIN-REFERRALS ID ENABLE IDLE"
        return f"""
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
import_environment = LD_PRELOAD KEYLOG KRB5_CONFIG
listen = {SERVERS['contoso']}, {SERVERS['no-ir']}
protocols = imap pop3
mail_location = maildir:{folder}/mail/%u
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer cram-md5 digest-md5 scram-sha-1 \
 scram-sha-256{gssapi}
auth_realms = {DOMAIN}
auth_krb5_keytab = {self.folder}/krb5/keytab
auth_gssapi_hostname = "$ALL"
auth_failure_delay = 0
ssl = yes
ssl_cert = <{self.folder}/chain.pem
ssl_key = <{self.folder}/key.pem
ssl_min_protocol = TLSv1
ssl_cipher_list = ALL:!aNULL:!eNULL:@SECLEVEL=0
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = passwd-file
  args = username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid=65534 gid=65534 home={folder}/mail/%u
}}
first_valid_uid = 1
first_valid_gid = 1
service imap-login {{
  chroot =
}}
service pop3-login {{
  chroot =
}}
service auth {{
  unix_listener {folder}/sasl {{
    mode = 0666
  }}
}}
local {SERVERS['no-ir']} {{
  protocol imap {{
    imap_capability = {no_ir}
  }}
}}
"""

    # --- postfix ---------------------------------------------------------------------------------

    def _postfix(self):
        folder = self.folder / "postfix"
        for name in ("conf", "spool", "data"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        run("chown", "postfix", str(folder / "data"))
        conf = folder / "conf"
        (conf / "main.cf").write_text(f"""
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
maillog_file_prefixes = /
maillog_file = {folder}/log
import_environment = MAIL_CONFIG LD_PRELOAD KEYLOG PATH LANG=C
export_environment = LD_PRELOAD KEYLOG LANG=C
myhostname = mail.contoso.com
mydestination =
inet_protocols = ipv4
mynetworks = {LAN}.0/24
default_transport = discard
relay_transport = discard
alias_maps =
smtpd_tls_security_level = may
smtpd_tls_cert_file = {self.folder}/chain.pem
smtpd_tls_key_file = {self.folder}/key.pem
smtpd_tls_protocols = >=TLSv1
smtpd_tls_mandatory_protocols = >=TLSv1
smtpd_tls_ciphers = low
smtpd_tls_mandatory_ciphers = low
tls_low_cipherlist = ALL:!aNULL:!eNULL:@SECLEVEL=0
tls_medium_cipherlist = ALL:!aNULL:!eNULL:@SECLEVEL=0
smtpd_sasl_type = dovecot
smtpd_sasl_path = {self.folder}/dovecot/sasl
smtpd_sasl_auth_enable = yes
smtpd_sasl_security_options = noanonymous
smtpd_sasl_response_limit = 16384
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject
smtpd_peername_lookup = no
smtpd_client_connection_rate_limit = 0
smtpd_hard_error_limit = 20
""")
        submission = ("-o smtpd_tls_security_level=encrypt -o smtpd_relay_restrictions="
                      "permit_sasl_authenticated,reject")
        address = SERVERS["contoso"]
        services = [f"{address}:25 inet n - n - - smtpd",
                    f"{address}:587 inet n - n - - smtpd {submission}",
                    f"{address}:465 inet n - n - - smtpd {submission} -o smtpd_tls_wrappermode=yes",
                    "cleanup unix n - n - 0 cleanup", "qmgr unix n - n 300 1 qmgr",
                    "tlsmgr unix - - n 1000? 1 tlsmgr", "rewrite unix - - n - - trivial-rewrite",
                    "bounce unix - - n - 0 bounce", "defer unix - - n - 0 bounce",
                    "anvil unix - - n - 1 anvil", "discard unix - - n - - discard",
                    "postlog unix-dgram n - n - 1 postlogd", "scache unix - - n - 1 scache",
                    "proxymap unix - - n - - proxymap", "error unix - - n - - error",
                    "retry unix - - n - - error", "trace unix - - n - 0 bounce"]
        (conf / "master.cf").write_text("\n".join(services) + "\n")
        self._spawn("/usr/sbin/postfix", "-c", str(conf), "start-fg", preload=True)

    # --- nginx, tinyproxy ------------------------------------------------------------------------

    def _nginx(self):
        folder = self.folder / "nginx"
        folder.mkdir(exist_ok=True)
        (folder / "nginx.conf").write_text(f"""
user root;
worker_processes 1;
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
env KEYLOG;
env LD_PRELOAD;
events {{ worker_connections 200; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  large_client_header_buffers 8 32k;
  ssl_certificate {self.folder}/chain.pem;
  ssl_certificate_key {self.folder}/key.pem;
  ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;
  ssl_ciphers ALL:!aNULL:!eNULL:@SECLEVEL=0;
  server {{
    listen 443 ssl http2;
    listen 80;
    location / {{
      proxy_pass http://127.0.0.1:8080;
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Connection "";
      proxy_set_header X-Real-Server $server_addr;
      proxy_buffers 8 32k;
      proxy_buffer_size 32k;
    }}
  }}
}}
""")
        self._spawn("/usr/sbin/nginx", "-c", str(folder / "nginx.conf"), "-e",
                    str(folder / "error.log"), preload=True)

    def _tinyproxy(self):
        folder = self.folder / "tinyproxy"
        folder.mkdir(exist_ok=True)
        (folder / "conf").write_text(
            f"User root\nGroup {grp.getgrgid(0).gr_name}\nPort 3128\nListen {SERVERS['proxy']}\n"
            f"Timeout 60\nMaxClients 50\nLogFile \"{folder}/log\"\nPidFile \"{folder}/pid\"\n")
        etc = folder / "hosts"
        etc.write_text("".join(f"{SERVERS['contoso']} {name}\n" for name in HOSTS))
        self._spawn("unshare", "-m", "sh", "-c",
                    f"mount --bind {etc} /etc/hosts && exec tinyproxy -d -c {folder}/conf")

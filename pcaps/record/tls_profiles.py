"""Which TLS a client speaks: OpenSSL and GnuTLS are told by a file that an environment variable
names, whatever the program. What the session then was is read from the capture."""

OPENSSL = {  # least version, most version, ciphers, suites, more
    "12-gcm": ("1.2", "1.2", "ECDHE-RSA-AES128-GCM-SHA256", "", ""),
    "12-ccm": ("1.2", "1.2", "AES256-CCM:AES128-CCM", "", ""),
    "12-chacha": ("1.2", "1.2", "ECDHE-RSA-CHACHA20-POLY1305", "", ""),
    "12-cbc-etm": ("1.2", "1.2", "ECDHE-RSA-AES128-SHA256", "", ""),
    "12-cbc-mte": ("1.2", "1.2", "ECDHE-RSA-AES256-SHA", "", "Options = -EncryptThenMac"),
    "12-cbc-sha384": ("1.2", "1.2", "ECDHE-RSA-AES256-SHA384", "", "Options = -EncryptThenMac"),
    "11-cbc": ("1.1", "1.1", "AES256-SHA:ECDHE-RSA-AES256-SHA", "", ""),
    "10-cbc": ("1", "1", "ECDHE-RSA-AES128-SHA", "", "Options = -EncryptThenMac"),
    "13-chacha": ("1.3", "1.3", "ALL", "TLS_CHACHA20_POLY1305_SHA256", ""),
    "13-aes128": ("1.3", "1.3", "ALL", "TLS_AES_128_GCM_SHA256", ""),
    "13-padded": ("1.3", "1.3", "ALL", "", "RecordPadding = 512"),
    "13-padded-full": ("1.3", "1.3", "ALL", "", "RecordPadding = 16384"),
}
GNUTLS_CIPHERS = ("AES-256-GCM", "AES-128-GCM", "CHACHA20-POLY1305", "AES-256-CCM", "AES-128-CCM",
                  "AES-256-CCM-8", "AES-128-CCM-8", "AES-256-CBC", "AES-128-CBC")
GNUTLS = {  # versions, ciphers that remain
    "12-gcm": (("TLS1.2",), ("AES-128-GCM",)),
    "12-ccm": (("TLS1.2",), ("AES-128-CCM", "AES-256-CCM")),
    "12-chacha": (("TLS1.2",), ("CHACHA20-POLY1305",)),
    "12-cbc-etm": (("TLS1.2",), ("AES-256-CBC",)),
    "12-cbc-sha384": (("TLS1.2",), ("AES-128-CBC",)),
    "11-cbc": (("TLS1.1",), ("AES-256-CBC",)),
    "10-cbc": (("TLS1.0",), ("AES-128-CBC",)),
    "13-chacha": (("TLS1.3",), ("CHACHA20-POLY1305",)),
    "13-aes128": (("TLS1.3",), ("AES-128-GCM",)),
}


def variables(library, profile, folder):
    """What to put into the environment of a client."""
    if library == "openssl" and profile in OPENSSL:
        path = folder / "openssl.cnf"
        path.write_text(openssl_conf(*OPENSSL[profile]))
        return {"OPENSSL_CONF": str(path)}
    if library == "gnutls" and profile in GNUTLS:
        path = folder / "gnutls.conf"
        path.write_text(gnutls_conf(*GNUTLS[profile]))
        return {"GNUTLS_SYSTEM_PRIORITY_FILE": str(path)}
    return {}


def curl_words(profile):
    """curl sets versions and ciphers itself, over what the file says."""
    if profile not in OPENSSL:
        return []
    least, most, ciphers, suites, _ = OPENSSL[profile]
    least, most = ("1.0" if version == "1" else version for version in (least, most))
    return [f"--tlsv{least}", "--tls-max", most, "--ciphers", f"{ciphers}:@SECLEVEL=0",
            *(["--tls13-ciphers", suites] if suites else [])]


def openssl_conf(least, most, ciphers, suites, more):
    lines = ["openssl_conf = init", "[init]", "ssl_conf = ssl", "[ssl]", "system_default = all",
             "[all]", f"MinProtocol = TLSv{least}", f"MaxProtocol = TLSv{most}",
             f"CipherString = {ciphers}:@SECLEVEL=0"]
    lines += [f"Ciphersuites = {suites}"] if suites else []
    return "\n".join([*lines, more, ""])


def gnutls_conf(versions, ciphers):
    lines = ["[overrides]"]
    for version in ("TLS1.0", "TLS1.1", "TLS1.2", "TLS1.3"):
        if version not in versions:
            lines.append(f"disabled-version = {version.lower()}")
    lines += [f"tls-disabled-cipher = {c.lower()}" for c in GNUTLS_CIPHERS if c not in ciphers]
    return "\n".join([*lines, ""])

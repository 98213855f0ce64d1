"""Real TLS handshakes without a network: two ends of a library in this process, and what passes
between them. OpenSSL 3 (libssl.so.3) and GnuTLS (libgnutls.so.30) are called directly, because
what is wanted (renegotiation, early data, key updates, encrypt-then-MAC, padding) is not to be had
from Python's ssl.
"""
import ctypes
import ctypes.util
import errno
import subprocess
from ctypes import POINTER, byref, c_char_p, c_int, c_long, c_size_t, c_uint, c_uint64, c_void_p

NO_EXTENDED_MASTER = 1 << 0
NO_TICKET = 1 << 14
NO_ENCRYPT_THEN_MAC = 1 << 19
ALLOW_CLIENT_RENEGOTIATION = 1 << 8
COMPATIBLE = 1 << 20  # the dummy ChangeCipherSpec of TLS 1.3
VERSIONS = {"1.0": 0x0301, "1.1": 0x0302, "1.2": 0x0303, "1.3": 0x0304}

SET_SESSION_CACHE, SET_NAME, SET_GROUPS = 44, 55, 92
SET_DH_AUTO = 118
SET_LEAST_VERSION, SET_MOST_VERSION = 123, 124
WANTS_READ, WANTS_WRITE = 2, 3
CACHE_BOTH = 3
VERIFY_PEER, VERIFY_LATER = 1, 8
EARLY_DONE = 2  # SSL_READ_EARLY_DATA_FINISH
PEM = 1
PIECE = 1460

KEYLOG = ctypes.CFUNCTYPE(None, c_void_p, c_char_p)
NEW_SESSION = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p)
TRUST = ctypes.CFUNCTYPE(c_int, c_int, c_void_p)

PROTOTYPES = {
    "TLS_method": (c_void_p,), "BIO_s_mem": (c_void_p,), "BIO_new": (c_void_p, c_void_p),
    "BIO_read": (c_int, c_void_p, c_char_p, c_int), "BIO_write": (c_int, c_void_p, c_char_p, c_int),
    "BIO_ctrl_pending": (c_size_t, c_void_p),
    "SSL_CTX_new": (c_void_p, c_void_p), "SSL_CTX_free": (None, c_void_p),
    "SSL_CTX_ctrl": (c_long, c_void_p, c_int, c_long, c_void_p),
    "SSL_CTX_set_options": (c_uint64, c_void_p, c_uint64),
    "SSL_CTX_set_cipher_list": (c_int, c_void_p, c_char_p),
    "SSL_CTX_set_ciphersuites": (c_int, c_void_p, c_char_p),
    "SSL_CTX_use_certificate_file": (c_int, c_void_p, c_char_p, c_int),
    "SSL_CTX_use_PrivateKey_file": (c_int, c_void_p, c_char_p, c_int),
    "SSL_CTX_set_keylog_callback": (None, c_void_p, KEYLOG),
    "SSL_CTX_sess_set_new_cb": (None, c_void_p, NEW_SESSION),
    "SSL_CTX_set_session_id_context": (c_int, c_void_p, c_char_p, c_uint),
    "SSL_CTX_set_max_early_data": (c_int, c_void_p, ctypes.c_uint32),
    "SSL_CTX_set_recv_max_early_data": (c_int, c_void_p, ctypes.c_uint32),
    "SSL_CTX_set_block_padding": (c_int, c_void_p, c_size_t),
    "SSL_CTX_set_verify": (None, c_void_p, c_int, TRUST),
    "SSL_CTX_set_post_handshake_auth": (None, c_void_p, c_int),
    "SSL_new": (c_void_p, c_void_p), "SSL_free": (None, c_void_p),
    "SSL_ctrl": (c_long, c_void_p, c_int, c_long, c_void_p),
    "SSL_set_bio": (None, c_void_p, c_void_p, c_void_p),
    "SSL_set_connect_state": (None, c_void_p), "SSL_set_accept_state": (None, c_void_p),
    "SSL_do_handshake": (c_int, c_void_p), "SSL_get_error": (c_int, c_void_p, c_int),
    "SSL_is_init_finished": (c_int, c_void_p), "SSL_shutdown": (c_int, c_void_p),
    "SSL_read": (c_int, c_void_p, c_char_p, c_int),
    "SSL_write": (c_int, c_void_p, c_char_p, c_int),
    "SSL_set_session": (c_int, c_void_p, c_void_p),
    "SSL_renegotiate": (c_int, c_void_p), "SSL_key_update": (c_int, c_void_p, c_int),
    "SSL_verify_client_post_handshake": (c_int, c_void_p),
    "SSL_write_early_data": (c_int, c_void_p, c_char_p, c_size_t, POINTER(c_size_t)),
    "SSL_read_early_data": (c_int, c_void_p, c_char_p, c_size_t, POINTER(c_size_t)),
    "SSL_get_version": (c_char_p, c_void_p), "SSL_get_current_cipher": (c_void_p, c_void_p),
    "SSL_CIPHER_get_name": (c_char_p, c_void_p), "SSL_session_reused": (c_int, c_void_p),
    "SSL_get_early_data_status": (c_int, c_void_p), "ERR_clear_error": (None,),
    "ERR_get_error": (ctypes.c_ulong,), "ERR_error_string": (c_char_p, ctypes.c_ulong, c_void_p),
}


class Unavailable(Exception):
    """The library, or what the case needs of it, is not there."""


def _typed(library, prototypes):
    for name, types in prototypes.items():
        function = getattr(library, name)
        function.restype, function.argtypes = types[0], list(types[1:])
    return library


def openssl():
    try:
        ctypes.CDLL("libcrypto.so.3", mode=ctypes.RTLD_GLOBAL)
        return _typed(ctypes.CDLL("libssl.so.3", mode=ctypes.RTLD_GLOBAL), PROTOTYPES)
    except (OSError, AttributeError) as error:
        raise Unavailable(str(error)) from error


def make_key(folder, kind):
    """A key and a certificate of its own: (certificate file, key file)."""
    cert, key = folder / f"{kind}.crt", folder / f"{kind}.pem"
    if not cert.exists():
        new = {"rsa": ["rsa:2048"], "ec": ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]}[kind]
        subprocess.run(["openssl", "req", "-x509", "-nodes", "-days", "3650", "-subj",
                        "/O=Contoso/CN=mail.contoso.example", "-newkey", *new, "-keyout", key,
                        "-out", cert], check=True, capture_output=True)
    return cert, key


class OpenSSL:
    """One end: what it has to send is taken with drain(), what comes is given with feed()."""

    def __init__(self, library, is_server, keys, version="1.2", cipher="", suites="", groups="",
                 options=0, padding=0, split=0, early=0, asks=False, asks_later=False, ticket_session=None,
                 context=None):
        self.lib, self.is_server, self.keys = library, is_server, keys
        self.lines, self.sessions = [], []
        self.ctx = context or self._context(version, cipher, suites, groups, options)
        self._keep = [KEYLOG(self._on_key), NEW_SESSION(self._on_session),
                      TRUST(lambda ok, store: 1)]
        library.SSL_CTX_set_keylog_callback(self.ctx, self._keep[0])
        library.SSL_CTX_sess_set_new_cb(self.ctx, self._keep[1])
        if asks:
            library.SSL_CTX_set_verify(self.ctx, VERIFY_PEER, self._keep[2])
        if asks_later and is_server:
            library.SSL_CTX_set_verify(self.ctx, VERIFY_PEER | VERIFY_LATER, self._keep[2])
        elif asks_later:
            library.SSL_CTX_set_post_handshake_auth(self.ctx, 1)
        if padding:
            library.SSL_CTX_set_block_padding(self.ctx, padding)
        if early:
            library.SSL_CTX_set_max_early_data(self.ctx, early)
            library.SSL_CTX_set_recv_max_early_data(self.ctx, early)
        self.ssl = library.SSL_new(self.ctx)
        self.inward, self.outward = (library.BIO_new(library.BIO_s_mem()) for _ in range(2))
        library.SSL_set_bio(self.ssl, self.inward, self.outward)
        self.split = split
        if is_server:
            library.SSL_set_accept_state(self.ssl)
        else:
            library.SSL_set_connect_state(self.ssl)
            library.SSL_ctrl(self.ssl, SET_NAME, 0, b"mail.contoso.example")
            if ticket_session is not None:
                library.SSL_set_session(self.ssl, ticket_session)

    def _context(self, version, cipher, suites, groups, options):
        lib = self.lib
        ctx = lib.SSL_CTX_new(lib.TLS_method())
        lib.SSL_CTX_ctrl(ctx, SET_LEAST_VERSION, VERSIONS[version], None)
        lib.SSL_CTX_ctrl(ctx, SET_MOST_VERSION, VERSIONS[version], None)
        lib.SSL_CTX_set_options(ctx, options | COMPATIBLE | ALLOW_CLIENT_RENEGOTIATION)
        lib.SSL_CTX_ctrl(ctx, SET_SESSION_CACHE, CACHE_BOTH, None)
        lib.SSL_CTX_set_session_id_context(ctx, b"lab", 3)
        lib.SSL_CTX_ctrl(ctx, SET_DH_AUTO, 1, None)
        wanted = (cipher or "ALL") + ":@SECLEVEL=0"
        if lib.SSL_CTX_set_cipher_list(ctx, wanted.encode()) != 1 or (
                suites and lib.SSL_CTX_set_ciphersuites(ctx, suites.encode()) != 1) or (
                groups and lib.SSL_CTX_ctrl(ctx, SET_GROUPS, 0, groups.encode()) != 1):
            lib.ERR_clear_error()
            raise Unavailable(f"{cipher}{suites}{groups}: not in this OpenSSL")
        for cert, key in self.keys:
            lib.SSL_CTX_use_certificate_file(ctx, str(cert).encode(), PEM)
            lib.SSL_CTX_use_PrivateKey_file(ctx, str(key).encode(), PEM)
        return ctx

    def _on_key(self, _, line):
        self.lines.append(line.decode())

    def _on_session(self, _, session):
        self.sessions.append(session)
        return 1  # kept

    def feed(self, data):
        self.lib.BIO_write(self.inward, data, len(data))

    def drain(self):
        num = self.lib.BIO_ctrl_pending(self.outward)
        buffer = ctypes.create_string_buffer(num or 1)
        if num:
            num = self.lib.BIO_read(self.outward, buffer, num)
        return buffer.raw[:num]

    def _checked(self, result):
        if result <= 0 and self.lib.SSL_get_error(self.ssl, result) not in (WANTS_READ, WANTS_WRITE):
            words = self.lib.ERR_error_string(self.lib.ERR_get_error(), None)
            self.lib.ERR_clear_error()
            raise Unavailable(words.decode())
        self.lib.ERR_clear_error()
        return result

    def handshake(self):
        self._checked(self.lib.SSL_do_handshake(self.ssl))

    @property
    def is_ready(self):
        return self.lib.SSL_is_init_finished(self.ssl) == 1

    def read(self):
        buffer = ctypes.create_string_buffer(16384)
        data = b""
        while (num := self._checked(self.lib.SSL_read(self.ssl, buffer, 16384))) > 0:
            data += buffer.raw[:num]
        return data

    def write(self, data):
        for at in range(0, len(data), self.split or len(data)):
            part = data[at:at + (self.split or len(data))]
            self._checked(self.lib.SSL_write(self.ssl, part, len(part)))

    def write_early(self, data):
        written = c_size_t()
        self._checked(self.lib.SSL_write_early_data(self.ssl, data, len(data), byref(written)))

    def read_early(self):
        """What came early, and whether that was all."""
        buffer, num = ctypes.create_string_buffer(16384), c_size_t()
        data = b""
        while (state := self.lib.SSL_read_early_data(self.ssl, buffer, 16384, byref(num))) == 1:
            data += buffer.raw[:num.value]
        self.lib.ERR_clear_error()
        return data, state == EARLY_DONE

    def renegotiate(self):
        self._checked(self.lib.SSL_renegotiate(self.ssl))
        self.handshake()

    def update_key(self, both):
        self._checked(self.lib.SSL_key_update(self.ssl, 1 if both else 0))
        self.handshake()

    def ask_certificate(self):
        self._checked(self.lib.SSL_verify_client_post_handshake(self.ssl))
        self.handshake()

    def close(self):
        self.lib.SSL_shutdown(self.ssl)
        self.lib.ERR_clear_error()

    @property
    def facts(self):
        lib = self.lib
        return (lib.SSL_get_version(self.ssl).decode(),
                lib.SSL_CIPHER_get_name(lib.SSL_get_current_cipher(self.ssl)).decode(),
                lib.SSL_session_reused(self.ssl) == 1)

    @property
    def early_was_accepted(self):
        return self.lib.SSL_get_early_data_status(self.ssl) == 2


# --- GnuTLS --------------------------------------------------------------------------------------


class Datum(ctypes.Structure):
    _fields_ = [("data", c_void_p), ("size", c_uint)]


PUSH = ctypes.CFUNCTYPE(ctypes.c_ssize_t, c_void_p, c_void_p, c_size_t)
WAIT = ctypes.CFUNCTYPE(c_int, c_void_p, c_uint)
GNUTLS_KEYLOG = ctypes.CFUNCTYPE(c_int, c_void_p, c_char_p, POINTER(Datum))
SERVER, CLIENT, NONBLOCK = 1, 2, 8
AGAIN = (-28, -52)  # GNUTLS_E_AGAIN, GNUTLS_E_INTERRUPTED

GNUTLS_PROTOTYPES = {
    "gnutls_init": (c_int, POINTER(c_void_p), c_uint),
    "gnutls_priority_set_direct": (c_int, c_void_p, c_char_p, c_void_p),
    "gnutls_certificate_allocate_credentials": (c_int, POINTER(c_void_p)),
    "gnutls_certificate_set_x509_key_file": (c_int, c_void_p, c_char_p, c_char_p, c_int),
    "gnutls_certificate_set_known_dh_params": (c_int, c_void_p, c_int),
    "gnutls_credentials_set": (c_int, c_void_p, c_int, c_void_p),
    "gnutls_transport_set_push_function": (None, c_void_p, PUSH),
    "gnutls_transport_set_pull_function": (None, c_void_p, PUSH),
    "gnutls_transport_set_pull_timeout_function": (None, c_void_p, WAIT),
    "gnutls_transport_set_errno": (None, c_void_p, c_int),
    "gnutls_handshake": (c_int, c_void_p), "gnutls_rehandshake": (c_int, c_void_p),
    "gnutls_record_recv": (ctypes.c_ssize_t, c_void_p, c_void_p, c_size_t),
    "gnutls_record_send": (ctypes.c_ssize_t, c_void_p, c_char_p, c_size_t),
    "gnutls_record_send2": (ctypes.c_ssize_t, c_void_p, c_char_p, c_size_t, c_size_t, c_uint),
    "gnutls_session_key_update": (c_int, c_void_p, c_uint), "gnutls_bye": (c_int, c_void_p, c_int),
    "gnutls_session_set_keylog_function": (None, c_void_p, GNUTLS_KEYLOG),
    "gnutls_session_get_random": (None, c_void_p, POINTER(Datum), POINTER(Datum)),
    "gnutls_session_get_desc": (c_char_p, c_void_p), "gnutls_strerror": (c_char_p, c_int),
}


def gnutls():
    try:
        return _typed(ctypes.CDLL("libgnutls.so.30"), GNUTLS_PROTOTYPES)
    except (OSError, AttributeError) as error:
        raise Unavailable(str(error)) from error


class GnuTLS:
    def __init__(self, library, is_server, keys, priority, padding=0):
        self.lib, self.is_server, self.padding = library, is_server, padding
        self.inward, self.outward, self.lines, self.is_ready = b"", b"", [], False
        self.session, credentials = c_void_p(), c_void_p()
        library.gnutls_init(byref(self.session), (SERVER if is_server else CLIENT) | NONBLOCK)
        if library.gnutls_priority_set_direct(self.session, priority.encode(), None) != 0:
            raise Unavailable(f"{priority}: not in this GnuTLS")
        library.gnutls_certificate_allocate_credentials(byref(credentials))
        if is_server:
            library.gnutls_certificate_set_known_dh_params(credentials, 2)
            for cert, key in keys:
                library.gnutls_certificate_set_x509_key_file(
                    credentials, str(cert).encode(), str(key).encode(), PEM)
        library.gnutls_credentials_set(self.session, 1, credentials)
        self._keep = [PUSH(self._push), PUSH(self._pull), WAIT(lambda p, ms: bool(self.inward)),
                      GNUTLS_KEYLOG(self._on_key)]
        library.gnutls_transport_set_push_function(self.session, self._keep[0])
        library.gnutls_transport_set_pull_function(self.session, self._keep[1])
        library.gnutls_transport_set_pull_timeout_function(self.session, self._keep[2])
        library.gnutls_session_set_keylog_function(self.session, self._keep[3])

    def _push(self, _, data, size):
        self.outward += ctypes.string_at(data, size)
        return size

    def _pull(self, _, data, size):
        if not self.inward:
            self.lib.gnutls_transport_set_errno(self.session, errno.EAGAIN)
            return -1
        part, self.inward = self.inward[:size], self.inward[size:]
        ctypes.memmove(data, part, len(part))
        return len(part)

    def _on_key(self, _, label, secret):
        client, server = Datum(), Datum()
        self.lib.gnutls_session_get_random(self.session, byref(client), byref(server))
        self.lines.append(f"{label.decode()} {ctypes.string_at(client.data, client.size).hex()} "
                          f"{ctypes.string_at(secret[0].data, secret[0].size).hex()}")
        return 0

    def feed(self, data):
        self.inward += data

    def drain(self):
        data, self.outward = self.outward, b""
        return data

    def _checked(self, result):
        if result < 0 and result not in AGAIN:
            raise Unavailable(self.lib.gnutls_strerror(int(result)).decode())
        return result

    def handshake(self):
        if not self.is_ready:
            self.is_ready = self._checked(self.lib.gnutls_handshake(self.session)) == 0

    def read(self):
        buffer = ctypes.create_string_buffer(16384)
        data = b""
        while (num := self._checked(
                self.lib.gnutls_record_recv(self.session, buffer, 16384))) > 0:
            data += buffer.raw[:num]
        return data

    def write(self, data):
        self._checked(self.lib.gnutls_record_send2(self.session, data, len(data), self.padding, 0)
                      if self.padding else
                      self.lib.gnutls_record_send(self.session, data, len(data)))

    def update_key(self, both):
        self._checked(self.lib.gnutls_session_key_update(self.session, 1 if both else 0))

    def close(self):
        self.lib.gnutls_bye(self.session, 1)

    @property
    def facts(self):
        return (self.lib.gnutls_session_get_desc(self.session).decode(), "", False)


# --- both ends -----------------------------------------------------------------------------------


class Wire:
    """What passes between two ends: pieces of ("c" or "s", bytes), in order."""

    def __init__(self, client, server):
        self.client, self.server, self.pieces = client, server, []

    def carry(self, side):
        sender, receiver = ((self.client, self.server) if side == "c" else
                            (self.server, self.client))
        data = sender.drain()
        if data:
            self.pieces.append((side, data))
            receiver.feed(data)
        return bool(data)

    def shake_hands(self):
        for _ in range(20):
            self.client.handshake()
            moved = self.carry("c")
            self.server.handshake()
            moved = self.carry("s") or moved
            if self.client.is_ready and self.server.is_ready and not moved:
                return
        raise Unavailable("the handshake does not end")

    def settle(self):
        """Both read until nothing passes any more; what each has got."""
        got = {"c": b"", "s": b""}
        moved = True
        while moved:
            moved = self.carry("c")
            got["s"] += self.server.read()
            moved = self.carry("s") or moved
            got["c"] += self.client.read()
            moved = self.carry("c") or moved
        return got

    def say(self, side, data):
        sender = self.client if side == "c" else self.server
        sender.write(data)
        got = self.settle()["s" if side == "c" else "c"]
        if got != data:
            raise AssertionError(f"{data!r} was said, {got!r} heard")

    def close(self):
        self.client.close()
        self.carry("c")
        self.server.close()
        self.carry("s")

    @property
    def keys(self):
        """The key log of one end: both say the same."""
        lines = self.client.lines or self.server.lines
        return "".join(dict.fromkeys(line + "\n" for line in lines))

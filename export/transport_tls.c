#include "export/transport_tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "dissectors/base/text.h"

struct tls_link {
    SSL_CTX *context;
    SSL *ssl;
    BIO_METHOD *method;
    char name[256]; /* that the certificate must bear */
    bool is_shaken;
    char expired[48]; /* " on 2026-11-21": a certificate of the server's */
};

/* ---- the socket: OpenSSL's own BIO writes without MSG_NOSIGNAL ---- */

static int socket_of(BIO *bio)
{
    const int *fd = BIO_get_data(bio);

    return *fd;
}

static int on_write(BIO *bio, const char *data, int len)
{
    ssize_t sent = send(socket_of(bio), data, (size_t)len, MSG_NOSIGNAL);

    BIO_clear_retry_flags(bio);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
        BIO_set_retry_write(bio);
    }
    return (int)sent;
}

static int on_read(BIO *bio, char *into, int max)
{
    ssize_t got = recv(socket_of(bio), into, (size_t)max, 0);

    BIO_clear_retry_flags(bio);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        BIO_set_retry_read(bio);
    }
    return (int)got;
}

static long on_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH; /* nothing is kept back */
}

static int on_free(BIO *bio)
{
    free(BIO_get_data(bio));
    return 1;
}

static BIO *bio_new(struct tls_link *link, int fd)
{
    int *kept = malloc(sizeof(*kept));
    BIO *bio = NULL;

    link->method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    if (kept != NULL && link->method != NULL && BIO_meth_set_write(link->method, on_write) == 1 &&
        BIO_meth_set_read(link->method, on_read) == 1 &&
        BIO_meth_set_ctrl(link->method, on_control) == 1 &&
        BIO_meth_set_destroy(link->method, on_free) == 1) {
        bio = BIO_new(link->method);
    }
    if (bio == NULL) {
        free(kept);
        return NULL;
    }
    *kept = fd;
    BIO_set_data(bio, kept);
    BIO_set_init(bio, 1);
    return bio;
}

/* ---- words ---- */

/* OpenSSL shows the certificate to whom it asks, and not afterwards, when it was refused. */
static int on_verify(int is_good, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    const X509 *certificate = X509_STORE_CTX_get_current_cert(store);
    struct tls_link *link = SSL_get_app_data(ssl);
    struct tm end;

    if (is_good == 0 && certificate != NULL &&
        X509_STORE_CTX_get_error(store) == X509_V_ERR_CERT_HAS_EXPIRED &&
        ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) == 1) {
        (void)snprintf(link->expired, sizeof(link->expired), " on %04d-%02d-%02d",
                       end.tm_year + 1900, end.tm_mon + 1, end.tm_mday);
    }
    return is_good;
}

/* Why the server's certificate is not believed. */
static void say_distrust(const struct tls_link *link, long result, struct diag *diag)
{
    switch (result) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        diag_set(diag, "TLS: the server's certificate is not for %s", link->name);
        return;
    case X509_V_ERR_CERT_HAS_EXPIRED:
        diag_set(diag, "TLS: the server's certificate expired%s", link->expired);
        return;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        diag_set(diag, "TLS: the server's certificate is not valid yet (is the clock right?)");
        return;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        diag_set(diag, "TLS: the server's certificate is signed by nobody whom we believe (ca)");
        return;
    default:
        diag_set(diag, "TLS: the server's certificate: %s", X509_verify_cert_error_string(result));
    }
}

static void say_error(const struct tls_link *link, struct diag *diag)
{
    unsigned long error = ERR_peek_error();
    const char *words = ERR_reason_error_string(error);

    switch (ERR_GET_REASON(error)) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
        say_distrust(link, SSL_get_verify_result(link->ssl), diag);
        return;
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_RECORD_LENGTH_MISMATCH:
        diag_set(diag, "TLS: the server does not speak TLS there");
        return;
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
        diag_set(diag, link->is_shaken ? "closed by the server"
                                       : "TLS: closed by the server before it was begun");
        return;
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
        diag_set(diag, "TLS: the server wants a client certificate, or has no cipher of ours");
        return;
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
        diag_set(diag, "TLS: the server does not believe our certificate");
        return;
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
        diag_set(diag, "TLS: the server says that our certificate has expired");
        return;
    default:
        diag_set(diag, "TLS: %s", words != NULL ? words : "failed");
    }
}

/* ---- set-up ---- */

/* A key with a passphrase: nobody is there to be asked. */
static int no_passphrase(char *into, int max, int is_written, void *ctx)
{
    (void)into;
    (void)max;
    (void)is_written;
    (void)ctx;
    return -1;
}

static bool load_ca(SSL_CTX *context, const char *file, struct diag *diag)
{
    if (file == NULL) {
        return SSL_CTX_set_default_verify_paths(context) == 1;
    }
    if (SSL_CTX_load_verify_locations(context, file, NULL) != 1) {
        diag_set(diag, "TLS: %s: cannot be read, or holds no certificate", file);
        return false;
    }
    return true;
}

static bool load_certificate(SSL_CTX *context, const struct transport_tls *tls, struct diag *diag)
{
    const char *key = tls->key_file != NULL ? tls->key_file : tls->certificate_file;

    if (tls->certificate_file == NULL) {
        return true;
    }
    if (SSL_CTX_use_certificate_chain_file(context, tls->certificate_file) != 1) {
        diag_set(diag, "TLS: %s: cannot be read, or holds no certificate", tls->certificate_file);
        return false;
    }
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) {
        diag_set(diag,
                 "TLS: %s: cannot be read, or holds no key of that certificate without a "
                 "passphrase",
                 key);
        return false;
    }
    return true;
}

static bool set_context(struct tls_link *link, const struct transport_tls *tls, struct diag *diag)
{
    link->context = SSL_CTX_new(TLS_client_method());
    if (link->context == NULL ||
        SSL_CTX_set_min_proto_version(link->context, TLS1_2_VERSION) != 1) {
        diag_set(diag, "TLS: out of memory");
        return false;
    }
    SSL_CTX_set_default_passwd_cb(link->context, no_passphrase);
    SSL_CTX_set_verify(link->context, SSL_VERIFY_PEER, on_verify);
    (void)SSL_CTX_set_mode(link->context,
                           SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return load_ca(link->context, tls->ca_file, diag) && load_certificate(link->context, tls, diag);
}

/* An address is looked for among the certificate's addresses, and is no server name. */
static bool set_name(struct tls_link *link)
{
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(link->ssl), link->name) == 1) {
        return true;
    }
    SSL_set_hostflags(link->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(link->ssl, link->name) == 1 &&
           SSL_set_tlsext_host_name(link->ssl, link->name) == 1;
}

static bool set_session(struct tls_link *link, int fd, struct diag *diag)
{
    BIO *bio = bio_new(link, fd);

    link->ssl = bio != NULL ? SSL_new(link->context) : NULL;
    if (link->ssl == NULL) {
        (void)BIO_free(bio);
        diag_set(diag, "TLS: out of memory");
        return false;
    }
    SSL_set_bio(link->ssl, bio, bio); /* which takes it */
    SSL_set_connect_state(link->ssl);
    (void)SSL_set_app_data(link->ssl, link);
    if (!set_name(link)) {
        diag_set(diag, "TLS: %s cannot be the name of a server", link->name);
        return false;
    }
    return true;
}

struct tls_link *tls_link_new(int fd, const struct transport_tls *tls, const char *host,
                              struct diag *diag)
{
    const char *name = tls->name != NULL ? tls->name : host;
    struct tls_link *link = calloc(1, sizeof(*link));

    if (link == NULL) {
        diag_set(diag, "TLS: out of memory");
        return NULL;
    }
    if (name == NULL || name[0] == '\0' || !text_copy(link->name, sizeof(link->name), name)) {
        diag_set(diag, "TLS: a server needs a name of at most 255 bytes");
        tls_link_free(link);
        return NULL;
    }
    if (!set_context(link, tls, diag) || !set_session(link, fd, diag)) {
        tls_link_free(link);
        ERR_clear_error();
        return NULL;
    }
    return link;
}

void tls_link_free(struct tls_link *link)
{
    if (link == NULL) {
        return;
    }
    if (link->is_shaken) {
        (void)SSL_shutdown(link->ssl);
    }
    SSL_free(link->ssl);
    BIO_meth_free(link->method);
    SSL_CTX_free(link->context);
    ERR_clear_error();
    free(link);
}

/* ---- at work ---- */

/* What a call of OpenSSL came to. */
static enum tls_step step_of(struct tls_link *link, int result, struct diag *diag)
{
    int error = errno;
    char scratch[128];

    if (result == 1) {
        return TLS_STEP_DONE;
    }
    switch (SSL_get_error(link->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return TLS_STEP_READ;
    case SSL_ERROR_WANT_WRITE:
        return TLS_STEP_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        diag_set(diag, "closed by the server");
        break;
    case SSL_ERROR_SYSCALL:
        diag_set(diag, "%s",
                 error != 0 ? strerror_r(error, scratch, sizeof(scratch)) : "closed by the server");
        break;
    default:
        say_error(link, diag);
    }
    link->is_shaken = false; /* nothing may be sent any more, a good-bye neither */
    return TLS_STEP_FAILED;
}

static void begin(void)
{
    ERR_clear_error();
    errno = 0;
}

enum tls_step tls_link_shake(struct tls_link *link, struct diag *diag)
{
    enum tls_step step;

    begin();
    step = step_of(link, SSL_do_handshake(link->ssl), diag);
    link->is_shaken = step == TLS_STEP_DONE;
    return step;
}

enum tls_step tls_link_send(struct tls_link *link, struct bytes data, size_t *sent,
                            struct diag *diag)
{
    begin();
    *sent = 0;
    return step_of(link, SSL_write_ex(link->ssl, data.at, data.len, sent), diag);
}

enum tls_step tls_link_receive(struct tls_link *link, void *into, size_t max, size_t *len,
                               struct diag *diag)
{
    begin();
    *len = 0;
    return step_of(link, SSL_read_ex(link->ssl, into, max, len), diag);
}

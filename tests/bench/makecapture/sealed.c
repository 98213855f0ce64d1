/*
 * sealed: sessions of TLS 1.3 (AES-128-GCM) with HTTP/1.1 inside, which the key log opens.
 *
 * Their traffic secrets are drawn, not agreed upon, and neither signature nor Finished is right:
 * somebody who overhears can check neither. Every record is sealed as RFC 8446 (sections 5.2, 7.3)
 * has it.
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/makecapture/makecapture.h"

enum {
    RECORD_ALERT = 21,
    RECORD_HANDSHAKE = 22,
    RECORD_DATA = 23,
    SAY_EXTENSIONS = 8,
    SAY_CERTIFICATE = 11,
    SAY_VERIFY = 15,
    SAY_FINISHED = 20,
    RANDOM_AT = 6, /* in a ClientHello, as a handshake message */
    RANDOM_LEN = 32,
    SECRET_LEN = 32,
    NONCE_LEN = 12,
    HEADER_LEN = 5,
    TAG_LEN = 16,
    MAX_CONTENT = 16384
};

/* Of one session at a time: a dialogue is made whole. */
static struct sealer {
    EVP_CIPHER_CTX *ctx;
    uint8_t iv[NONCE_LEN];
    uint64_t sequence;
} sealers[2];

static uint8_t client_random[RANDOM_LEN];

static void must(bool is_done)
{
    if (!is_done) {
        (void)fprintf(stderr, "makecapture: OpenSSL failed\n");
        exit(1);
    }
}

/* HKDF-Expand-Label (RFC 8446, section 7.1) of no more than one block of SHA-256 */
static void expand(const uint8_t secret[SECRET_LEN], const char *label, uint8_t *out, size_t len)
{
    uint8_t block[SECRET_LEN];
    struct buffer info;

    info.len = 0;
    put_u16(&info, (unsigned)len);
    put_u8(&info, (unsigned)strlen(label) + 6);
    put_text(&info, "tls13 %s", label);
    put_u8(&info, 0); /* no context */
    put_u8(&info, 1); /* the first block */
    must(HMAC(EVP_sha256(), secret, SECRET_LEN, info.at, info.len, block, NULL) != NULL);
    memcpy(out, block, len);
}

static void use_secret(enum side side, const char *label)
{
    struct sealer *sealer = &sealers[side];
    struct buffer secret;
    uint8_t key[16];

    secret.len = 0;
    put_draws(&secret, SECRET_LEN / 8);
    keys_note(label, client_random, secret.at);
    expand(secret.at, "key", key, sizeof(key));
    expand(secret.at, "iv", sealer->iv, NONCE_LEN);
    sealer->sequence = 0;
    if (sealer->ctx == NULL) {
        sealer->ctx = EVP_CIPHER_CTX_new();
    }
    must(EVP_EncryptInit_ex(sealer->ctx, EVP_aes_128_gcm(), NULL, key, NULL) == 1);
}

static void begin_seal(struct sealer *sealer)
{
    uint8_t nonce[NONCE_LEN];

    memcpy(nonce, sealer->iv, NONCE_LEN);
    for (int i = 0; i < 8; i++) {
        nonce[NONCE_LEN - 1 - i] ^= (uint8_t)(sealer->sequence >> (8 * i));
    }
    sealer->sequence++;
    must(EVP_EncryptInit_ex(sealer->ctx, NULL, NULL, NULL, nonce) == 1);
}

/* Adds a record to the last message: header, content, its type inside, tag. */
static void say_record(enum side from, unsigned type, const uint8_t *content, size_t len)
{
    static uint8_t out[HEADER_LEN + MAX_CONTENT + 1 + TAG_LEN];
    size_t body_len = len + 1 + TAG_LEN;
    const uint8_t header[] = {RECORD_DATA, 3, 3, (uint8_t)(body_len >> 8), (uint8_t)body_len};
    const uint8_t inner_type = (uint8_t)type;
    EVP_CIPHER_CTX *ctx = sealers[from].ctx;
    uint8_t *body = out + HEADER_LEN;
    int num;

    begin_seal(&sealers[from]);
    memcpy(out, header, HEADER_LEN);
    must(len <= MAX_CONTENT && EVP_EncryptUpdate(ctx, NULL, &num, header, HEADER_LEN) == 1 &&
         EVP_EncryptUpdate(ctx, body, &num, content, (int)len) == 1 &&
         EVP_EncryptUpdate(ctx, body + len, &num, &inner_type, 1) == 1 &&
         EVP_EncryptFinal_ex(ctx, body + len + 1, &num) == 1 &&
         EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, body + len + 1) == 1);
    say_more(out, HEADER_LEN + body_len);
    totals.content += type == RECORD_DATA ? len : 0;
}

static struct message *say_sealed(enum side from, unsigned type, const struct buffer *content)
{
    struct message *message = say(from, "%s", "");

    say_record(from, type, content->at, content->len);
    return message;
}

static void say_hellos(const char *host)
{
    struct buffer out;
    size_t record;

    out.len = 0;
    record = begin_record(&out, RECORD_HANDSHAKE, 0x0301);
    put_client_hello(&out, host, HELLO_TLS13);
    end_u16(&out, record);
    memcpy(client_random, out.at + record + RANDOM_AT, RANDOM_LEN);
    (void)say_buffer(CLIENT, &out);
    out.len = 0;
    record = begin_record(&out, RECORD_HANDSHAKE, 0x0303);
    put_server_hello(&out, HELLO_TLS13);
    end_u16(&out, record);
    put_change_cipher(&out);
    (void)say_buffer(SERVER, &out);
}

static void put_finished(struct buffer *out)
{
    size_t message = begin_handshake(out, SAY_FINISHED);

    put_draws(out, 4);
    end_u16(out, message);
}

/* EncryptedExtensions with ALPN (RFC 7301) */
static void put_extensions(struct buffer *out)
{
    size_t message = begin_handshake(out, SAY_EXTENSIONS);

    put_u16(out, 15);
    put_u16(out, 16);
    put_u16(out, 11);
    put_u16(out, 9);
    put_text(out, "\010http/1.1");
    end_u16(out, message);
}

static void put_chain_tls13(struct buffer *out, const char *host)
{
    size_t message = begin_handshake(out, SAY_CERTIFICATE);
    size_t list;

    put_u16(out, 0); /* no context; the list's length has three bytes */
    list = begin_u16(out);
    put_certificate_of(out, host);
    put_u16(out, 0); /* no extensions */
    end_u16(out, list);
    end_u16(out, message);
}

static void put_verify(struct buffer *out)
{
    size_t message = begin_handshake(out, SAY_VERIFY);

    put_u16(out, 0x0804);
    put_u16(out, 256);
    put_bytes(out, draw_bytes(), 256);
    end_u16(out, message);
}

static void say_sealed_handshake(const char *host)
{
    struct buffer out;

    say_hellos(host);
    use_secret(CLIENT, "CLIENT_HANDSHAKE_TRAFFIC_SECRET");
    use_secret(SERVER, "SERVER_HANDSHAKE_TRAFFIC_SECRET");
    out.len = 0;
    put_extensions(&out);
    put_chain_tls13(&out, host);
    put_verify(&out);
    put_finished(&out);
    (void)say_sealed(SERVER, RECORD_HANDSHAKE, &out);
    out.len = 0;
    put_change_cipher(&out);
    (void)say_buffer(CLIENT, &out);
    out.len = 0;
    put_finished(&out);
    say_record(CLIENT, RECORD_HANDSHAKE, out.at, out.len);
    use_secret(CLIENT, "CLIENT_TRAFFIC_SECRET_0");
    use_secret(SERVER, "SERVER_TRAFFIC_SECRET_0");
    totals.sessions++;
}

static void say_goodbye(void)
{
    struct buffer alert;

    alert.len = 0;
    put_u16(&alert, 0x0100); /* a warning: close_notify */
    (void)say_sealed(CLIENT, RECORD_ALERT, &alert);
    (void)say_sealed(SERVER, RECORD_ALERT, &alert);
}

/* A request of EWS with Basic, and its answer. */
static struct message *say_basic(const struct login *login, const char *host)
{
    char text[MAX_BASE64];
    struct buffer out;

    out.len = 0;
    put_text(&out, "%s:%s", login->user, login->secret);
    base64_encode(out.at, out.len, text);
    out.len = 0;
    put_text(&out,
             "POST /EWS/Exchange.asmx HTTP/1.1\r\nHost: %s\r\n"
             "User-Agent: ExchangeServicesClient/15.00.0913.015\r\nAuthorization: Basic %s\r\n"
             "Content-Type: text/xml\r\nContent-Length: 7\r\n\r\n<none/>",
             host, text);
    mark_credential(say_sealed(CLIENT, RECORD_DATA, &out), 0);
    out.len = 0;
    put_text(&out,
             "HTTP/1.1 %s\r\nServer: Microsoft-IIS/10.0\r\n"
             "WWW-Authenticate: Basic realm=\"%s\"\r\nContent-Length: 0\r\n\r\n",
             login->is_accepted ? "200 OK" : "401 Unauthorized", host);
    return say_sealed(SERVER, RECORD_DATA, &out);
}

static void say_download(const char *host, uint64_t len)
{
    struct buffer out;

    out.len = 0;
    put_text(&out, "GET /files/%08x.bin HTTP/1.1\r\nHost: %s\r\n\r\n", draw_below(1u << 31), host);
    (void)say_sealed(CLIENT, RECORD_DATA, &out);
    out.len = 0;
    put_text(&out,
             "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
             "Content-Length: %llu\r\n\r\n",
             (unsigned long long)len);
    (void)say_sealed(SERVER, RECORD_DATA, &out);
    for (uint64_t left = len; left > 0;) {
        size_t part = left < MAX_CONTENT ? (size_t)left : MAX_CONTENT;

        say_record(SERVER, RECORD_DATA, draw_bytes(), part);
        left -= part;
    }
}

/* A login, a download, and, behind it, the same login again. */
void make_sealed_bulk(struct flow *flow)
{
    const char *host = DRAW_ONE_OF(mail_hosts);
    const struct login *login;

    flow_init(flow, 443, false);
    login = truth_begin(flow, "ews", "Basic", true);
    dialogue_begin();
    say_sealed_handshake(host);
    (void)say_basic(login, host);
    say_download(host, options.bytes);
    mark_reply(say_basic(login, host));
    say_goodbye();
    dialogue_end(flow);
}

void make_sealed_login(struct flow *flow)
{
    const char *host = DRAW_ONE_OF(mail_hosts);
    const struct login *login;

    flow_init(flow, 443, false);
    login = truth_begin(flow, "ews", "Basic", true);
    dialogue_begin();
    say_sealed_handshake(host);
    mark_reply(say_basic(login, host));
    say_goodbye();
    dialogue_end(flow);
}

/* As many bytes in as many packets as make_sealed_bulk, of no protocol at all. */
void make_random_bulk(struct flow *flow)
{
    make_sealed_bulk(flow);
    truth_drop(flow);
    flow_randomize(flow);
}

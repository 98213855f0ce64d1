/*
 * tls: hellos that name a host, certificates in clear (TLS 1.2), and opaque records.
 */
#include "tests/bench/makecapture/makecapture.h"

enum {
    TYPE_CHANGE_CIPHER = 20,
    TYPE_HANDSHAKE = 22,
    TYPE_DATA = 23,
    SAY_CLIENT_HELLO = 1,
    SAY_SERVER_HELLO = 2,
    SAY_CERTIFICATE = 11,
    SAY_KEY_EXCHANGE = 12,
    SAY_SERVER_DONE = 14,
    SAY_CLIENT_KEY = 16,
    MAX_RECORD = 16384,
    LEAST_RECORD = 24
};

static void put_words(struct buffer *out, const uint16_t *words, size_t num_words)
{
    for (size_t i = 0; i < num_words; i++) {
        put_u16(out, words[i]);
    }
}

#define PUT_WORDS(out, ...)                                                                        \
    put_words(out, (const uint16_t[]){__VA_ARGS__},                                                \
              sizeof((const uint16_t[]){__VA_ARGS__}) / sizeof(uint16_t))

size_t begin_record(struct buffer *out, unsigned type, unsigned version)
{
    put_u8(out, type);
    put_u16(out, version);
    return begin_u16(out);
}

/* A handshake message has a length of three bytes; ours are short. */
size_t begin_handshake(struct buffer *out, unsigned type)
{
    put_u8(out, type);
    put_u8(out, 0);
    return begin_u16(out);
}

static void put_random(struct buffer *out, size_t len)
{
    put_bytes(out, draw_bytes(), len);
}

static void put_host(struct buffer *out, const char *host)
{
    size_t extension;
    size_t list;
    size_t name;

    PUT_WORDS(out, 0); /* server_name */
    extension = begin_u16(out);
    list = begin_u16(out);
    put_u8(out, 0); /* host_name */
    name = begin_u16(out);
    put_text(out, "%s", host);
    end_u16(out, name);
    end_u16(out, list);
    end_u16(out, extension);
}

static void put_common_extensions(struct buffer *out)
{
    PUT_WORDS(out, 23, 0, 0xff01, 1); /* extended_master_secret, renegotiation_info */
    put_u8(out, 0);
    PUT_WORDS(out, 10, 8, 6, 29, 23, 24, 11, 2); /* groups, point formats */
    put_u16(out, 0x0100);
    PUT_WORDS(out, 35, 0, 16, 14, 12); /* session_ticket, ALPN */
    put_text(out, "\002h2\010http/1.1");
    PUT_WORDS(out, 13, 18, 16, 0x403, 0x804, 0x401, 0x503, 0x805, 0x501, 0x806, 0x601);
}

/* key_share, psk_key_exchange_modes, supported_versions */
static void put_new_extensions(struct buffer *out)
{
    PUT_WORDS(out, 51, 38, 36, 29, 32);
    put_draws(out, 4);
    PUT_WORDS(out, 45, 2, 0x0101, 43, 5);
    put_u8(out, 4);
    PUT_WORDS(out, 0x304, 0x303);
}

/* max_idle_timeout, initial_max_data (RFC 9000, section 18) */
static void put_quic_parameters(struct buffer *out)
{
    PUT_WORDS(out, 0x39, 14, 0x0104, 0x8000, 0x7530, 0x0404, 0x8010, 0, 0x0f00);
}

/* ClientHello (RFC 8446, section 4.1.2), as a handshake message */
void put_client_hello(struct buffer *out, const char *host, enum hello kind)
{
    size_t message = begin_handshake(out, SAY_CLIENT_HELLO);
    size_t ciphers;
    size_t extensions;

    put_u16(out, 0x0303);
    put_draws(out, 4);
    put_u8(out, 32); /* session id */
    put_draws(out, 4);
    ciphers = begin_u16(out);
    PUT_WORDS(out, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013,
              0xc014, 0x9c, 0x9d, 0x2f, 0x35);
    end_u16(out, ciphers);
    put_u16(out, 0x0100); /* no compression */
    extensions = begin_u16(out);
    put_host(out, host);
    put_common_extensions(out);
    if (kind != HELLO_TLS12) {
        put_new_extensions(out);
    }
    if (kind == HELLO_QUIC) {
        put_quic_parameters(out);
    }
    end_u16(out, extensions);
    end_u16(out, message);
}

static void put_server_extensions(struct buffer *out, enum hello kind)
{
    if (kind == HELLO_TLS12) {
        PUT_WORDS(out, 0xff01, 1);
        put_u8(out, 0);
        PUT_WORDS(out, 11, 2, 0x0100, 16, 5, 3);
        put_text(out, "\002h2");
    } else {
        PUT_WORDS(out, 43, 2, 0x304, 51, 36, 29, 32);
        put_draws(out, 4);
    }
}

void put_server_hello(struct buffer *out, enum hello kind)
{
    size_t message = begin_handshake(out, SAY_SERVER_HELLO);
    size_t extensions;

    put_u16(out, 0x0303);
    put_draws(out, 4);
    put_u8(out, 32);
    put_draws(out, 4);
    put_u16(out, kind == HELLO_TLS12 ? 0xc02f : 0x1301);
    put_u8(out, 0);
    extensions = begin_u16(out);
    put_server_extensions(out, kind);
    end_u16(out, extensions);
    end_u16(out, message);
}

void put_change_cipher(struct buffer *out)
{
    size_t record = begin_record(out, TYPE_CHANGE_CIPHER, 0x0303);

    put_u8(out, 1);
    end_u16(out, record);
}

/* What is encrypted looks random. */
static void put_opaque(struct buffer *out, unsigned type, size_t len)
{
    size_t record = begin_record(out, type, 0x0303);

    put_random(out, len);
    end_u16(out, record);
}

void put_certificate_of(struct buffer *out, const char *host)
{
    struct buffer certificate;

    certificate.len = 0;
    put_certificate(&certificate, host);
    put_u8(out, 0);
    put_u16(out, (unsigned)certificate.len);
    put_buffer(out, &certificate);
}

static void put_chain(struct buffer *out, const char *host)
{
    size_t record = begin_record(out, TYPE_HANDSHAKE, 0x0303);
    size_t message = begin_handshake(out, SAY_CERTIFICATE);
    size_t list;

    put_u8(out, 0);
    list = begin_u16(out);
    put_certificate_of(out, host);
    put_certificate_of(out, "Example Root");
    end_u16(out, list);
    end_u16(out, message);
    end_u16(out, record);
}

/* ServerKeyExchange: a point of curve 29, signed by an algorithm 0x0804 in 256 bytes; the point and
 * the signature are one draw, with the fields between them put over it. */
static void put_server_key(struct buffer *out)
{
    size_t record = begin_record(out, TYPE_HANDSHAKE, 0x0303);
    size_t message = begin_handshake(out, SAY_KEY_EXCHANGE);
    const uint8_t *random = draw_bytes();

    put_u8(out, 3);
    put_u16(out, 29);
    put_u8(out, 32);
    put_bytes(out, random, 32);
    put_u16(out, 0x0804);
    put_u16(out, 256);
    put_bytes(out, random + 36, 256);
    end_u16(out, message);
    end_u16(out, record);
}

static void put_server_done(struct buffer *out)
{
    size_t record = begin_record(out, TYPE_HANDSHAKE, 0x0303);

    (void)begin_handshake(out, SAY_SERVER_DONE);
    end_u16(out, record);
}

static void put_client_key(struct buffer *out)
{
    size_t record = begin_record(out, TYPE_HANDSHAKE, 0x0303);
    size_t message = begin_handshake(out, SAY_CLIENT_KEY);

    put_u8(out, 32);
    put_random(out, 32);
    end_u16(out, message);
    end_u16(out, record);
}

/* What follows the server's hello of TLS 1.3 is encrypted, the certificate too. */
static void finish_tls13(struct buffer *out)
{
    put_change_cipher(out);
    put_opaque(out, TYPE_DATA, 2200 + draw_below(1500));
    (void)say_buffer(SERVER, out);
    out->len = 0;
    put_change_cipher(out);
    put_opaque(out, TYPE_DATA, 53);
    (void)say_buffer(CLIENT, out);
}

static void finish_tls12(struct buffer *out, const char *host)
{
    put_chain(out, host);
    put_server_key(out);
    put_server_done(out);
    (void)say_buffer(SERVER, out);
    for (int side = CLIENT; side <= SERVER; side++) {
        out->len = 0;
        if (side == CLIENT) {
            put_client_key(out);
        }
        put_change_cipher(out);
        put_opaque(out, TYPE_HANDSHAKE, 40);
        (void)say_buffer((enum side)side, out);
    }
}

void say_handshake(const char *host)
{
    enum hello kind = draw_chance(0.8) ? HELLO_TLS13 : HELLO_TLS12;
    struct buffer out;
    size_t record;

    out.len = 0;
    record = begin_record(&out, TYPE_HANDSHAKE, 0x0301);
    put_client_hello(&out, host, kind);
    end_u16(&out, record);
    (void)say_buffer(CLIENT, &out);
    out.len = 0;
    record = begin_record(&out, TYPE_HANDSHAKE, 0x0303);
    put_server_hello(&out, kind);
    end_u16(&out, record);
    if (kind == HELLO_TLS13) {
        finish_tls13(&out);
    } else {
        finish_tls12(&out, host);
    }
}

void say_records(enum side from, uint32_t len)
{
    while (len > 0 && dialogue_len() < MAX_MESSAGES - 2) {
        uint32_t record = len > MAX_RECORD ? MAX_RECORD : len;
        struct buffer head;

        record = record < LEAST_RECORD ? LEAST_RECORD : record;
        head.len = 0;
        put_u8(&head, TYPE_DATA);
        put_u16(&head, 0x0303);
        put_u16(&head, record);
        (void)say_then_random(from, &head, record);
        len -= len > record ? record : len;
    }
}

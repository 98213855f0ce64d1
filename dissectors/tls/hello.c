#include "dissectors/tls/hello.h"

#include "dissectors/base/text.h"

enum extension {
    EXTENSION_SERVER_NAME = 0,
    EXTENSION_ALPN = 16,
    EXTENSION_SUPPORTED_VERSIONS = 43,
};

enum { RANDOM_SIZE = 32, TLS13 = 0x0304 };

/* RFC 8701: 0x0a0a, 0x1a1a, ... 0xfafa, put in by clients to keep servers tolerant. */
static bool is_grease(uint16_t value)
{
    return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

/* Drafts of TLS 1.3 were 0x7f00 and their number, at Facebook 0xfb00. */
static bool is_draft(uint16_t version)
{
    return version >> 8 == 0x7f || version >> 8 == 0xfb;
}

static uint16_t undrafted(uint16_t version)
{
    return is_draft(version) ? TLS13 : version;
}

static const char *version_word(uint16_t version)
{
    switch (version) {
    case 0x0002:
        return "ssl2";
    case 0x0300:
        return "ssl3";
    case 0x0301:
        return "1.0";
    case 0x0302:
        return "1.1";
    case 0x0303:
        return "1.2";
    case TLS13:
        return "1.3";
    default:
        return "";
    }
}

static void set_version(struct tls_event *event, uint16_t version)
{
    (void)text_copy(event->version, sizeof(event->version), version_word(version));
}

/* server_name_list<2>: type(1) name<2> ...; type 0 is a host (RFC 6066, section 3) */
static void read_server_name(struct bytes body, struct tls_event *event)
{
    struct bytes list;
    struct bytes name;
    uint8_t type;

    if (!take_u16_vector(&body, &list)) {
        return;
    }
    while (take_u8(&list, &type) && take_u16_vector(&list, &name)) {
        if (type == 0) {
            (void)text_set(event->server_name, sizeof(event->server_name), name);
            return;
        }
    }
}

static bool is_grease_name(struct bytes name)
{
    uint16_t value;

    return name.len == 2 && take_u16(&name, &value) && is_grease(value);
}

/* protocol_name_list<2>: name<1> ... (RFC 7301, section 3.1); joined by commas, whole names only */
static void read_alpn(struct bytes body, char *text, size_t size)
{
    struct bytes list;
    struct bytes name;

    if (!take_u16_vector(&body, &list)) {
        return;
    }
    while (take_u8_vector(&list, &name)) {
        char word[64];

        if (is_grease_name(name) || !text_set(word, sizeof(word), name)) {
            continue;
        }
        if ((text[0] != '\0' && !text_append(text, size, ",")) || !text_append(text, size, word)) {
            return;
        }
    }
}

/* versions<1>: u16 ... (RFC 8446, section 4.2.1); 0: none that we know */
static uint16_t highest_version(struct bytes body)
{
    uint16_t highest = 0;
    uint16_t version;
    struct bytes list;

    if (!take_u8_vector(&body, &list)) {
        return 0;
    }
    while (take_u16(&list, &version)) {
        version = undrafted(version);
        if (version_word(version)[0] != '\0' && version > highest) {
            highest = version;
        }
    }
    return highest;
}

static bool take_extension(struct bytes *list, uint16_t *type, struct bytes *body)
{
    struct bytes rest = *list;

    if (!take_u16(&rest, type) || !take_u16_vector(&rest, body)) {
        return false;
    }
    *list = rest;
    return true;
}

/* What follows the fixed part: nothing (SSL 3), or extensions<2>; one that is cut is read as far as
 * it goes. */
static struct bytes extensions_of(struct bytes rest)
{
    uint16_t len;

    return take_u16(&rest, &len) ? bytes_first(rest, len) : BYTES("");
}

/* version(2) random(32) session<1> ciphers<2> compressions<1> extensions<2>? */
bool hello_read_client(struct crypto *crypto, struct bytes body, struct tls_event *event,
                       struct tls_params *params)
{
    (void)crypto;
    (void)params;
    struct bytes field;
    struct bytes extensions;
    uint16_t version;
    uint16_t type;

    if (!take_u16(&body, &version) || version >> 8 != 3 || !take_skip(&body, RANDOM_SIZE) ||
        !take_u8_vector(&body, &field) || !take_u16_vector(&body, &field) ||
        !take_u8_vector(&body, &field)) {
        return false;
    }
    event->client_hello = true;
    extensions = extensions_of(body);
    while (take_extension(&extensions, &type, &field)) {
        if (type == EXTENSION_SERVER_NAME) {
            read_server_name(field, event);
        } else if (type == EXTENSION_ALPN) {
            event->alpn_offered[0] = '\0';
            read_alpn(field, event->alpn_offered, sizeof(event->alpn_offered));
        } else if (type == EXTENSION_SUPPORTED_VERSIONS && highest_version(field) != 0) {
            version = highest_version(field);
        }
    }
    if (event->version[0] == '\0') { /* else the server has chosen already */
        set_version(event, version);
    }
    return true;
}

/* SHA-256 of "HelloRetryRequest" (RFC 8446, section 4.1.3) */
static bool is_retry(struct bytes random)
{
    return bytes_equal(random, BYTES("\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8"
                                     "\x91\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8"
                                     "\x33\x9c"));
}

/* A protocol name that the server chose; a list of more than one is wrong and its first counts. */
static void read_chosen_alpn(struct bytes body, struct tls_event *event)
{
    struct bytes list;
    struct bytes name;

    if (take_u16_vector(&body, &list) && take_u8_vector(&list, &name)) {
        (void)text_set(event->next_protocol, sizeof(event->next_protocol), name);
    }
}

/* version(2) random(32) session<1> cipher(2) compression(1) extensions<2>?; drafts of TLS 1.3 up to
 * 21 had neither session nor compression */
bool hello_read_server(struct crypto *crypto, struct bytes body, struct tls_event *event,
                       struct tls_params *params, bool *retry)
{
    (void)crypto;
    (void)params;
    struct bytes random;
    struct bytes field;
    struct bytes extensions;
    uint16_t version;
    uint16_t cipher;
    uint16_t type;

    if (!take_u16(&body, &version) || (version >> 8 != 3 && !is_draft(version)) ||
        !take_bytes(&body, RANDOM_SIZE, &random) ||
        (!is_draft(version) && !take_u8_vector(&body, &field)) || !take_u16(&body, &cipher) ||
        (!is_draft(version) && !take_skip(&body, 1))) {
        return false;
    }
    extensions = extensions_of(body);
    while (take_extension(&extensions, &type, &field)) {
        if (type == EXTENSION_ALPN) {
            read_chosen_alpn(field, event);
        } else if (type == EXTENSION_SUPPORTED_VERSIONS) {
            (void)take_u16(&field, &version);
        }
    }
    *retry = is_retry(random);
    event->server_hello = !*retry;
    event->cipher = cipher;
    set_version(event, undrafted(version));
    return true;
}

/* length(2, top bit set) type(1) version(2) ciphers_len(2) session_len(2) challenge_len(2), then
 * the three; a cipher has 3 bytes */
bool hello_take_v2(struct bytes *in, struct tls_event *event, size_t *want)
{
    struct bytes rest = *in;
    uint16_t len;
    uint8_t type;
    uint16_t version;
    uint16_t ciphers;
    uint16_t session;
    uint16_t challenge;

    *want = 11;
    if (!take_u16(&rest, &len) || !take_u8(&rest, &type) || !take_u16(&rest, &version) ||
        !take_u16(&rest, &ciphers) || !take_u16(&rest, &session) || !take_u16(&rest, &challenge)) {
        return false;
    }
    *want = 0;
    if (len < 0x8000 || type != 1 || version_word(version)[0] == '\0' || ciphers == 0 ||
        ciphers % 3 != 0 || (session != 0 && session != 16) || challenge < 16 || challenge > 32 ||
        (size_t)ciphers + session + challenge + 9 != (len & 0x7fffu)) {
        return false;
    }
    if (!take_skip(&rest, (size_t)ciphers + session + challenge)) {
        *want = (size_t)(len & 0x7fffu) + 2;
        return false;
    }
    *in = rest;
    event->client_hello = true;
    if (event->version[0] == '\0') {
        set_version(event, version);
    }
    return true;
}

#include "dissectors/tls/hello.h"

#include <string.h>

#include "dissectors/base/text.h"
#include "dissectors/tls/extension.h"
#include "dissectors/tls/fingerprint.h"
#include "dissectors/tls/version.h"

/* The fixed part of a hello, and its extensions; of a server's, ciphers is the one that it chose.
 */
struct hello {
    uint16_t version;
    struct bytes random;
    struct bytes session;
    struct bytes ciphers;
    uint8_t compression; /* chosen */
    struct bytes extensions;
};

static void set_version(char text[8], uint16_t version)
{
    (void)text_copy(text, 8, version_word(version));
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

/* protocol_name_list<2>: name<1> ...; joined by commas, whole names only */
static void read_alpn(struct bytes body, char *text, size_t size)
{
    struct bytes list;
    struct bytes name;

    text[0] = '\0';
    if (!take_u16_vector(&body, &list)) {
        return;
    }
    while (extension_take_protocol(&list, &name)) {
        char word[64];
        size_t used = strlen(text);

        if (!text_set(word, sizeof(word), name)) {
            continue;
        }
        if ((used > 0 && !text_append(text, size, ",")) || !text_append(text, size, word)) {
            text[used] = '\0';
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
        version = version_undrafted(version);
        if (version_word(version)[0] != '\0' && version > highest) {
            highest = version;
        }
    }
    return highest;
}

/* version(2) random(32) session<1> ciphers<2> compressions<1> extensions<2>? */
static bool parse_client(struct bytes body, struct hello *hello)
{
    struct bytes compressions;

    if (!take_u16(&body, &hello->version) || hello->version >> 8 != 3 ||
        !take_bytes(&body, TLS_RANDOM_SIZE, &hello->random) ||
        !take_u8_vector(&body, &hello->session) || !take_u16_vector(&body, &hello->ciphers) ||
        !take_u8_vector(&body, &compressions)) {
        return false;
    }
    hello->extensions = extension_list(body);
    return true;
}

/* What the client's extensions tell everybody; the highest version that it offers. */
static uint16_t read_client_extensions(const struct hello *hello, struct tls_event *event)
{
    struct bytes list = hello->extensions;
    struct bytes body;
    uint16_t version = hello->version;
    uint16_t type;

    while (extension_take(&list, &type, &body)) {
        switch (type) {
        case EXTENSION_SERVER_NAME:
            read_server_name(body, event);
            break;
        case EXTENSION_ALPN:
            read_alpn(body, event->alpn_offered, sizeof(event->alpn_offered));
            break;
        case EXTENSION_SUPPORTED_VERSIONS:
            version = highest_version(body) != 0 ? highest_version(body) : version;
            break;
        case EXTENSION_ENCRYPTED_CLIENT_HELLO:
        case EXTENSION_ENCRYPTED_SERVER_NAME:
            event->ech_offered = true;
            break;
        default:
            break;
        }
    }
    return version;
}

/* A ticket is known by its hash. */
static void note_ticket(struct crypto *crypto, struct bytes ticket, struct tls_params *params)
{
    uint8_t hash[CRYPTO_HASH_MAX];

    params->offered_ticket = ticket.len > 0;
    memset(params->ticket_name, 0, sizeof(params->ticket_name));
    if (ticket.len > 0 && crypto != NULL && crypto_digest(crypto, SUITE_SHA256, &ticket, 1, hash)) {
        memcpy(params->ticket_name, hash, sizeof(params->ticket_name));
    }
}

static void note_session(struct bytes session, uint8_t id[TLS_SESSION_ID_MAX], uint8_t *id_len)
{
    size_t len = 0;

    (void)bytes_copy(session, id, TLS_SESSION_ID_MAX, &len); /* longer is none */
    *id_len = (uint8_t)len;
}

/* What both sides have to say is settled once both have spoken; a capture may show them in either
 * order. */
static void settle(struct tls_params *params, struct tls_event *event)
{
    if (!params->has_client || !params->has_server) {
        return;
    }
    params->extended_master = params->extended_master && params->offers_extended_master;
    params->encrypt_then_mac = params->encrypt_then_mac && params->offers_encrypt_then_mac;
    if (params->version >= TLS_VERSION_13 || params->offered_id_len == 0 ||
        !bytes_equal(bytes_view(params->offered_id, params->offered_id_len),
                     bytes_view(params->session_id, params->session_id_len))) {
        return; /* a server of 1.3 says the client's id again whatever it means (RFC 8446, 4.1.3) */
    }
    event->resumption = params->offered_ticket ? TLS_RESUMPTION_TICKET : TLS_RESUMPTION_SESSION_ID;
}

/* What the client offers that keys and the record layer depend on; of a ticket's extension the
 * first counts. */
static void note_offers(struct crypto *crypto, struct bytes list, struct tls_params *params)
{
    struct bytes ticket = BYTES("");
    bool has_ticket = false;
    struct bytes body;
    uint16_t type;

    params->offers_extended_master = false;
    params->offers_encrypt_then_mac = false;
    params->early_data = false;
    while (extension_take(&list, &type, &body)) {
        if (type == EXTENSION_EXTENDED_MASTER_SECRET) {
            params->offers_extended_master = true;
        } else if (type == EXTENSION_ENCRYPT_THEN_MAC) {
            params->offers_encrypt_then_mac = true;
        } else if (type == EXTENSION_EARLY_DATA) {
            params->early_data = true;
        } else if (type == EXTENSION_SESSION_TICKET && !has_ticket) {
            ticket = body;
            has_ticket = true;
        }
    }
    note_ticket(crypto, ticket, params);
}

static void note_client(struct crypto *crypto, const struct hello *hello, struct tls_params *params)
{
    struct bytes random = hello->random;

    (void)take_into(&random, params->client_random, TLS_RANDOM_SIZE);
    note_session(hello->session, params->offered_id, &params->offered_id_len);
    params->client_version = hello->version;
    note_offers(crypto, hello->extensions, params);
    params->has_client = true;
}

static void name_client(struct crypto *crypto, const struct hello *hello, bool quic,
                        struct tls_event *event)
{
    struct fingerprint_hello parts = {hello->version, hello->ciphers, hello->extensions};

    fingerprint_client(crypto, &parts, quic, event->ja3, event->ja4);
}

static bool read_client(struct crypto *crypto, struct bytes body, bool quic,
                        struct tls_event *event, struct tls_params *params)
{
    struct hello hello;
    uint16_t version;

    if (!parse_client(body, &hello)) {
        return false;
    }
    if (crypto != NULL && !event->client_hello) {
        name_client(crypto, &hello, quic, event);
    }
    event->client_hello = true;
    version = read_client_extensions(&hello, event);
    set_version(event->version_offered, version);
    if (event->version[0] == '\0') { /* else the server has chosen already */
        set_version(event->version, version);
    }
    if (params != NULL) {
        note_client(crypto, &hello, params);
        settle(params, event);
    }
    return true;
}

bool hello_read_client(struct crypto *crypto, struct bytes body, struct tls_event *event,
                       struct tls_params *params)
{
    return read_client(crypto, body, false, event, params);
}

bool hello_read_quic_client(struct crypto *crypto, struct bytes body, struct tls_event *event,
                            struct tls_params *params)
{
    return read_client(crypto, body, true, event, params);
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
static bool parse_server(struct bytes body, struct hello *hello)
{
    bool draft;

    hello->session = BYTES("");
    hello->compression = 0;
    if (!take_u16(&body, &hello->version)) {
        return false;
    }
    draft = version_is_draft(hello->version);
    if ((hello->version >> 8 != 3 && !draft) ||
        !take_bytes(&body, TLS_RANDOM_SIZE, &hello->random) ||
        (!draft && !take_u8_vector(&body, &hello->session)) ||
        !take_bytes(&body, 2, &hello->ciphers) ||
        (!draft && !take_u8(&body, &hello->compression))) {
        return false;
    }
    hello->extensions = extension_list(body);
    return true;
}

static uint16_t chosen_version(const struct hello *hello)
{
    uint16_t version = hello->version;
    struct bytes body;

    if (extension_find(hello->extensions, EXTENSION_SUPPORTED_VERSIONS, &body)) {
        (void)take_u16(&body, &version);
    }
    return version_undrafted(version);
}

static void note_server(const struct hello *hello, uint16_t version, struct tls_params *params)
{
    struct bytes random = hello->random;
    struct bytes cipher = hello->ciphers;
    struct bytes ignored;

    (void)take_into(&random, params->server_random, TLS_RANDOM_SIZE);
    note_session(hello->session, params->session_id, &params->session_id_len);
    (void)take_u16(&cipher, &params->cipher);
    params->version = version_word(version)[0] != '\0' ? version : (uint16_t)TLS_VERSION_NONE;
    params->compression = hello->compression;
    params->extended_master =
        extension_find(hello->extensions, EXTENSION_EXTENDED_MASTER_SECRET, &ignored);
    params->encrypt_then_mac =
        extension_find(hello->extensions, EXTENSION_ENCRYPT_THEN_MAC, &ignored);
    params->has_server = true;
}

/* What a ServerHello tells and a HelloRetryRequest does not. */
static void read_choice(struct crypto *crypto, const struct hello *hello, uint16_t version,
                        struct tls_event *event)
{
    struct fingerprint_hello parts = {hello->version, hello->ciphers, hello->extensions};
    struct bytes body;

    if (crypto != NULL) {
        fingerprint_server(crypto, &parts, event->ja3s);
    }
    if (extension_find(hello->extensions, EXTENSION_ALPN, &body)) {
        read_chosen_alpn(body, event);
    }
    if (version == TLS_VERSION_13 &&
        extension_find(hello->extensions, EXTENSION_PRE_SHARED_KEY, &body)) {
        event->resumption = TLS_RESUMPTION_PSK;
    }
}

bool hello_read_server(struct crypto *crypto, struct bytes body, struct tls_event *event,
                       struct tls_params *params, bool *retry)
{
    struct hello hello;
    struct bytes cipher;
    const struct suite *suite;
    uint16_t version;

    if (!parse_server(body, &hello)) {
        return false;
    }
    cipher = hello.ciphers;
    (void)take_u16(&cipher, &event->cipher);
    suite = suite_find(event->cipher);
    event->cipher_name = suite != NULL ? suite->name : NULL;
    version = chosen_version(&hello);
    set_version(event->version, version);
    *retry = is_retry(hello.random);
    if (*retry) {
        return true;
    }
    event->server_hello = true;
    read_choice(crypto, &hello, version, event);
    if (params != NULL) {
        note_server(&hello, version, params);
        settle(params, event);
    }
    return true;
}

void hello_read_encrypted_extensions(struct bytes body, struct tls_event *event,
                                     bool *early_data_accepted)
{
    struct bytes list = extension_list(body);
    struct bytes found;

    if (extension_find(list, EXTENSION_ALPN, &found)) {
        read_chosen_alpn(found, event);
    }
    *early_data_accepted = extension_find(list, EXTENSION_EARLY_DATA, &found);
}

struct hello_v2 {
    uint16_t version;
    struct bytes challenge;
};

/* length(2, top bit set) type(1) version(2) ciphers_len(2) session_len(2) challenge_len(2), then
 * the three; a cipher has 3 bytes */
static bool take_v2(struct bytes *in, struct hello_v2 *hello, size_t *want)
{
    struct bytes rest = *in;
    uint16_t len;
    uint8_t type;
    uint16_t ciphers;
    uint16_t session;
    uint16_t challenge;

    *want = 11;
    if (!take_u16(&rest, &len) || !take_u8(&rest, &type) || !take_u16(&rest, &hello->version) ||
        !take_u16(&rest, &ciphers) || !take_u16(&rest, &session) || !take_u16(&rest, &challenge)) {
        return false;
    }
    *want = 0;
    if (len < 0x8000 || type != 1 || version_word(hello->version)[0] == '\0' || ciphers == 0 ||
        ciphers % 3 != 0 || (session != 0 && session != 16) || challenge < 16 ||
        challenge > TLS_RANDOM_SIZE ||
        (size_t)ciphers + session + challenge + 9 != (len & 0x7fffu)) {
        return false;
    }
    if (!take_skip(&rest, (size_t)ciphers + session) ||
        !take_bytes(&rest, challenge, &hello->challenge)) {
        *want = (size_t)(len & 0x7fffu) + 2;
        return false;
    }
    *in = rest;
    return true;
}

bool hello_take_v2(struct bytes *in, struct tls_event *event, size_t *want)
{
    struct hello_v2 hello;

    if (!take_v2(in, &hello, want)) {
        return false;
    }
    event->client_hello = true;
    set_version(event->version_offered, hello.version);
    if (event->version[0] == '\0') {
        set_version(event->version, hello.version);
    }
    return true;
}

/* A challenge that is shorter than a random has zeros before it. */
bool hello_note_v2(struct bytes in, struct tls_params *params)
{
    struct hello_v2 hello;
    size_t want;
    size_t zeros;

    if (!take_v2(&in, &hello, &want)) {
        return false;
    }
    zeros = TLS_RANDOM_SIZE - hello.challenge.len;
    memset(params->client_random, 0, zeros);
    (void)take_into(&hello.challenge, params->client_random + zeros, hello.challenge.len);
    params->client_version = hello.version;
    params->offered_id_len = 0;
    params->offered_ticket = false;
    params->offers_extended_master = false;
    params->offers_encrypt_then_mac = false;
    params->early_data = false;
    params->has_client = true;
    return true;
}

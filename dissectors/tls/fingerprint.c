#include "dissectors/tls/fingerprint.h"

#include <string.h>

#include "dissectors/base/cache.h"
#include "dissectors/base/digest.h"
#include "dissectors/base/text.h"
#include "dissectors/tls/extension.h"
#include "dissectors/tls/params.h"

enum {
    MAX_VALUES = 1024, /* of one list; scanners that offer every cipher there is have some 400 */
    MAX_TEXT = 8192,
    MD5_SIZE = 16,
    JA4_HASH = 12, /* hex digits that JA4 keeps of a SHA-256 */
};

/* A list of numbers without GREASE. */
struct values {
    uint16_t list[MAX_VALUES];
    size_t num;
    bool overflow;
};

/* The text that is hashed. */
struct draft {
    char text[MAX_TEXT];
    size_t len;
    bool overflow;
};

static void values_add(struct values *values, uint16_t value)
{
    if (extension_is_grease(value)) {
        return;
    }
    if (values->num == MAX_VALUES) {
        values->overflow = true;
        return;
    }
    values->list[values->num++] = value;
}

static void values_of_pairs(struct values *values, struct bytes list)
{
    uint16_t value;

    values->num = 0;
    values->overflow = false;
    while (take_u16(&list, &value)) {
        values_add(values, value);
    }
}

static void values_of_octets(struct values *values, struct bytes list)
{
    uint8_t value;

    values->num = 0;
    values->overflow = false;
    while (take_u8(&list, &value)) {
        values_add(values, value);
    }
}

/* The types of extensions; false: their list is damaged. */
static bool values_of_types(struct values *values, struct bytes extensions)
{
    struct bytes body;
    uint16_t type;

    values->num = 0;
    values->overflow = false;
    while (extension_take(&extensions, &type, &body)) {
        values_add(values, type);
    }
    return extensions.len == 0 && !values->overflow;
}

static void draft_start(struct draft *draft)
{
    draft->len = 0;
    draft->overflow = false;
}

static void draft_add(struct draft *draft, char character)
{
    if (draft->len == MAX_TEXT) {
        draft->overflow = true;
        return;
    }
    draft->text[draft->len++] = character;
}

static void draft_decimal(struct draft *draft, uint16_t value)
{
    if (value >= 10) {
        draft_decimal(draft, value / 10);
    }
    draft_add(draft, (char)('0' + value % 10));
}

static char hex_digit(unsigned value)
{
    return "0123456789abcdef"[value & 0x0f];
}

static void draft_hex(struct draft *draft, uint16_t value)
{
    for (unsigned shift = 16; shift > 0; shift -= 4) {
        draft_add(draft, hex_digit(value >> (shift - 4u)));
    }
}

static void draft_list(struct draft *draft, const struct values *values,
                       void (*put)(struct draft *, uint16_t), char between)
{
    draft->overflow = draft->overflow || values->overflow;
    for (size_t i = 0; i < values->num; i++) {
        if (i > 0) {
            draft_add(draft, between);
        }
        put(draft, values->list[i]);
    }
}

/* A field of JA3: what lies before it is ended by a comma. */
static void draft_field(struct draft *draft, const struct values *values)
{
    draft_add(draft, ',');
    draft_list(draft, values, draft_decimal, '-');
}

static bool draft_hash(struct crypto *crypto, enum suite_hash hash, const struct draft *draft,
                       uint8_t out[CRYPTO_HASH_MAX])
{
    struct bytes text = bytes_view(draft->text, draft->len);

    return !draft->overflow && crypto_digest(crypto, hash, &text, 1, out);
}

static bool draft_md5(struct crypto *crypto, const struct draft *draft, char out[FINGERPRINT_JA3])
{
    uint8_t hash[CRYPTO_HASH_MAX];

    if (!draft_hash(crypto, SUITE_MD5, draft, hash)) {
        return false;
    }
    digest_print_hex(bytes_view(hash, MD5_SIZE), out, FINGERPRINT_JA3);
    return true;
}

/* The list of an extension, as numbers; none without it. */
static void values_of_groups(struct values *values, struct bytes extensions)
{
    struct bytes body = BYTES("");
    struct bytes list = BYTES("");

    (void)(extension_find(extensions, EXTENSION_SUPPORTED_GROUPS, &body) &&
           take_u16_vector(&body, &list));
    values_of_pairs(values, list);
}

static void values_of_formats(struct values *values, struct bytes extensions)
{
    struct bytes body = BYTES("");
    struct bytes list = BYTES("");

    (void)(extension_find(extensions, EXTENSION_POINT_FORMATS, &body) &&
           take_u8_vector(&body, &list));
    values_of_octets(values, list);
}

/* version,ciphers,extensions: decimal numbers joined by dashes. False: the extensions are damaged.
 */
static bool draft_hello(struct draft *draft, const struct fingerprint_hello *hello)
{
    struct values values;

    draft_start(draft);
    draft_decimal(draft, hello->version);
    values_of_pairs(&values, hello->ciphers);
    draft_field(draft, &values);
    if (!values_of_types(&values, hello->extensions)) {
        return false;
    }
    draft_field(draft, &values);
    return true;
}

/* That, groups and point formats. */
bool fingerprint_ja3(struct crypto *crypto, const struct fingerprint_hello *hello,
                     char out[FINGERPRINT_JA3])
{
    struct values values;
    struct draft draft;

    out[0] = '\0';
    if (!draft_hello(&draft, hello)) {
        return false;
    }
    values_of_groups(&values, hello->extensions);
    draft_field(&draft, &values);
    values_of_formats(&values, hello->extensions);
    draft_field(&draft, &values);
    return draft_md5(crypto, &draft, out);
}

bool fingerprint_ja3s(struct crypto *crypto, const struct fingerprint_hello *hello,
                      char out[FINGERPRINT_JA3])
{
    struct draft draft;

    out[0] = '\0';
    return draft_hello(&draft, hello) && draft_md5(crypto, &draft, out);
}

/* JA4 knows no drafts of TLS 1.3: what is highest by number counts, "00" if it has no word. */
static const char *ja4_version(const struct fingerprint_hello *hello)
{
    uint16_t version = hello->version;
    uint16_t highest = 0;
    struct bytes body;
    struct bytes list;

    if (extension_find(hello->extensions, EXTENSION_SUPPORTED_VERSIONS, &body) &&
        take_u8_vector(&body, &list)) {
        while (take_u16(&list, &version)) {
            highest = version > highest && !extension_is_grease(version) ? version : highest;
        }
        version = highest;
    }
    switch (version) {
    case TLS_VERSION_13:
        return "13";
    case TLS_VERSION_12:
        return "12";
    case TLS_VERSION_11:
        return "11";
    case TLS_VERSION_10:
        return "10";
    case TLS_VERSION_SSL3:
        return "s3";
    case TLS_VERSION_SSL2:
        return "s2";
    default:
        return "00";
    }
}

static bool is_alphanumeric(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z');
}

/* First and last character of the first protocol; of its hex form if either is not alphanumeric. */
static void ja4_alpn(const struct fingerprint_hello *hello, struct draft *draft)
{
    struct bytes body;
    struct bytes list;
    struct bytes name;
    uint8_t first = '0';
    uint8_t last = '0';

    if (extension_find(hello->extensions, EXTENSION_ALPN, &body) && take_u16_vector(&body, &list) &&
        extension_take_protocol(&list, &name) && name.len > 0) {
        (void)peek_u8(name, &first);
        (void)peek_u8_at(name, name.len - 1, &last);
    }
    if (is_alphanumeric(first) && is_alphanumeric(last)) {
        draft_add(draft, (char)first);
        draft_add(draft, (char)last);
    } else {
        draft_add(draft, hex_digit(first >> 4u));
        draft_add(draft, hex_digit(last));
    }
}

static void ja4_count(struct draft *draft, size_t count)
{
    count = count < 99 ? count : 99;
    draft_add(draft, (char)('0' + count / 10));
    draft_add(draft, (char)('0' + count % 10));
}

/* Shell's sort: lists are short and often nearly in order; the longest one costs some 20000 steps,
 * however it is made. */
static void values_sort(struct values *values)
{
    static const size_t gaps[] = {701, 301, 132, 57, 23, 10, 4, 1};

    for (size_t g = 0; g < sizeof(gaps) / sizeof(gaps[0]); g++) {
        for (size_t i = gaps[g]; i < values->num; i++) {
            uint16_t value = values->list[i];
            size_t at = i;

            for (; at >= gaps[g] && values->list[at - gaps[g]] > value; at -= gaps[g]) {
                values->list[at] = values->list[at - gaps[g]];
            }
            values->list[at] = value;
        }
    }
}

/* Without server name and ALPN, which the front tells already; sorted. */
static void ja4_sort_types(struct values *types)
{
    size_t kept = 0;

    for (size_t i = 0; i < types->num; i++) {
        if (types->list[i] != EXTENSION_SERVER_NAME && types->list[i] != EXTENSION_ALPN) {
            types->list[kept++] = types->list[i];
        }
    }
    types->num = kept;
    values_sort(types);
}

/* In their own order, after an underscore; without them there is none. */
static void ja4_signatures(const struct fingerprint_hello *hello, struct draft *draft)
{
    struct values values;
    struct bytes body;
    struct bytes list;

    if (!extension_find(hello->extensions, EXTENSION_SIGNATURE_ALGORITHMS, &body) ||
        !take_u16_vector(&body, &list)) {
        return;
    }
    values_of_pairs(&values, list);
    if (values.num > 0) {
        draft_add(draft, '_');
        draft_list(draft, &values, draft_hex, ',');
    }
}

/* The second and third part; zeros stand for a list with nothing in it. */
static bool ja4_add_hash(struct crypto *crypto, const struct draft *list, struct draft *front)
{
    uint8_t hash[CRYPTO_HASH_MAX];
    char hex[JA4_HASH + 1] = "000000000000";

    if (list->len > 0) {
        if (!draft_hash(crypto, SUITE_SHA256, list, hash)) {
            return false;
        }
        digest_print_hex(bytes_view(hash, JA4_HASH / 2), hex, sizeof(hex));
    }
    draft_add(front, '_');
    for (size_t i = 0; i < JA4_HASH; i++) {
        draft_add(front, hex[i]);
    }
    return true;
}

/* transport version name */
static void ja4_front(const struct fingerprint_hello *hello, bool quic, struct draft *draft)
{
    const char *version = ja4_version(hello);
    struct bytes ignored;
    bool named = extension_find(hello->extensions, EXTENSION_SERVER_NAME, &ignored);

    draft_add(draft, quic ? 'q' : 't');
    draft_add(draft, version[0]);
    draft_add(draft, version[1]);
    draft_add(draft, named ? 'd' : 'i');
}

/* front _ hash of ciphers _ hash of extensions and signature algorithms */
bool fingerprint_ja4(struct crypto *crypto, const struct fingerprint_hello *hello, bool quic,
                     char out[FINGERPRINT_JA4])
{
    struct values ciphers;
    struct values types;
    struct draft front;
    struct draft list;

    out[0] = '\0';
    values_of_pairs(&ciphers, hello->ciphers);
    if (!values_of_types(&types, hello->extensions)) {
        return false;
    }
    draft_start(&front);
    ja4_front(hello, quic, &front);
    ja4_count(&front, ciphers.num);
    ja4_count(&front, types.num);
    ja4_alpn(hello, &front);

    draft_start(&list);
    values_sort(&ciphers);
    draft_list(&list, &ciphers, draft_hex, ',');
    if (!ja4_add_hash(crypto, &list, &front)) {
        return false;
    }
    draft_start(&list);
    ja4_sort_types(&types);
    draft_list(&list, &types, draft_hex, ',');
    if (list.len > 0) {
        ja4_signatures(hello, &list);
    }
    return ja4_add_hash(crypto, &list, &front) &&
           text_set(out, FINGERPRINT_JA4, bytes_view(front.text, front.len));
}

/* ---- hellos that were seen before ---- */

/* All of a hello that its fingerprints are made of, and nothing that changes from one session of a
 * client to the next. */
struct essence {
    uint8_t octets[CACHE_KEY_MAX];
    size_t len;
    bool overflow;
};

/* Both fingerprints of a client. */
struct client_prints {
    char ja3[FINGERPRINT_JA3];
    char ja4[FINGERPRINT_JA4];
};

enum { LIST_END = 0x0a0a /* GREASE, which is left out, stands in no list */ };

static void essence_add(struct essence *essence, uint16_t value)
{
    if (essence->len + sizeof(value) > sizeof(essence->octets)) {
        essence->overflow = true;
        return;
    }
    essence->octets[essence->len++] = (uint8_t)(value >> 8u);
    essence->octets[essence->len++] = (uint8_t)value;
}

static void essence_add_pairs(struct essence *essence, struct bytes list)
{
    uint16_t value;

    while (take_u16(&list, &value)) {
        if (!extension_is_grease(value)) {
            essence_add(essence, value);
        }
    }
    essence_add(essence, LIST_END);
}

static void essence_add_octets(struct essence *essence, struct bytes list)
{
    uint8_t value;

    while (take_u8(&list, &value)) {
        essence_add(essence, value);
    }
    essence_add(essence, LIST_END);
}

/* What the prints need of the body of an extension, read as they read it. */
static void essence_add_body(struct essence *essence, uint16_t type, struct bytes body)
{
    struct bytes list = BYTES("");
    struct bytes name = BYTES("");

    switch (type) {
    case EXTENSION_SUPPORTED_GROUPS:
    case EXTENSION_SIGNATURE_ALGORITHMS:
        (void)take_u16_vector(&body, &list);
        essence_add_pairs(essence, list);
        break;
    case EXTENSION_POINT_FORMATS:
        (void)take_u8_vector(&body, &list);
        essence_add_octets(essence, list);
        break;
    case EXTENSION_SUPPORTED_VERSIONS:
        essence_add(essence, take_u8_vector(&body, &list));
        essence_add_pairs(essence, list);
        break;
    case EXTENSION_ALPN:
        (void)(take_u16_vector(&body, &list) && extension_take_protocol(&list, &name));
        essence_add_octets(essence, name);
        break;
    default:
        break;
    }
}

/* False: the hello is none that is worth remembering. */
static bool essence_of(struct essence *essence, const struct fingerprint_hello *hello, char kind)
{
    struct bytes extensions = hello->extensions;
    struct bytes body;
    uint16_t type;

    essence->len = 0;
    essence->overflow = false;
    essence_add(essence, (uint8_t)kind);
    essence_add(essence, hello->version);
    essence_add_pairs(essence, hello->ciphers);
    while (extension_take(&extensions, &type, &body)) {
        if (!extension_is_grease(type)) {
            essence_add(essence, type);
            essence_add_body(essence, type, body);
        }
    }
    return extensions.len == 0 && !essence->overflow;
}

void fingerprint_client(struct crypto *crypto, const struct fingerprint_hello *hello, bool quic,
                        char ja3[FINGERPRINT_JA3], char ja4[FINGERPRINT_JA4])
{
    struct cache *cache = crypto_cache(crypto);
    struct essence essence;
    struct client_prints prints = {0};
    bool keeps = essence_of(&essence, hello, quic ? 'q' : 't');
    struct bytes key = bytes_view(essence.octets, essence.len);

    if (!keeps || !cache_find(cache, key, &prints, sizeof(prints))) {
        keeps = fingerprint_ja3(crypto, hello, prints.ja3) && keeps;
        keeps = fingerprint_ja4(crypto, hello, quic, prints.ja4) && keeps;
        if (keeps) {
            cache_put(cache, key, &prints, sizeof(prints));
        }
    }
    memcpy(ja3, prints.ja3, sizeof(prints.ja3));
    memcpy(ja4, prints.ja4, sizeof(prints.ja4));
}

void fingerprint_server(struct crypto *crypto, const struct fingerprint_hello *hello,
                        char ja3s[FINGERPRINT_JA3])
{
    struct cache *cache = crypto_cache(crypto);
    struct essence essence;
    bool keeps = essence_of(&essence, hello, 's');
    struct bytes key = bytes_view(essence.octets, essence.len);

    if (!keeps || !cache_find(cache, key, ja3s, FINGERPRINT_JA3)) {
        if (fingerprint_ja3s(crypto, hello, ja3s) && keeps) {
            cache_put(cache, key, ja3s, FINGERPRINT_JA3);
        }
    }
}

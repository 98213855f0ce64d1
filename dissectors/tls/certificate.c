#include "dissectors/tls/certificate.h"

#include <string.h>

#include "dissectors/base/text.h"
#include "dissectors/tls/der.h"

enum {
    MAX_PARTS = 16, /* of a name; more are not read */
    MAX_VALUE = 128,
    SAN_DNS_NAME = DER_CONTEXT + 2,
};

#define OID_COMMON_NAME  "\x55\x04\x03"
#define OID_SUBJECT_NAME "\x55\x1d\x11" /* subjectAltName */

/* RFC 4514, section 3, and some that real certificates use. */
static const struct {
    struct bytes oid;
    const char *word;
} attributes[] = {
    {{(const uint8_t *)OID_COMMON_NAME, 3}, "CN"},
    {{(const uint8_t *)"\x55\x04\x05", 3}, "serialNumber"},
    {{(const uint8_t *)"\x55\x04\x06", 3}, "C"},
    {{(const uint8_t *)"\x55\x04\x07", 3}, "L"},
    {{(const uint8_t *)"\x55\x04\x08", 3}, "ST"},
    {{(const uint8_t *)"\x55\x04\x09", 3}, "STREET"},
    {{(const uint8_t *)"\x55\x04\x0a", 3}, "O"},
    {{(const uint8_t *)"\x55\x04\x0b", 3}, "OU"},
    {{(const uint8_t *)"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01", 10}, "UID"},
    {{(const uint8_t *)"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", 10}, "DC"},
    {{(const uint8_t *)"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", 9}, "emailAddress"},
};

/* One attribute of a name. */
struct part {
    struct bytes oid;
    struct bytes value;
    uint8_t tag;
    bool joined; /* in one set with the one before */
};

/* What of a certificate is read. */
struct certificate {
    struct bytes issuer;
    struct bytes subject;
    struct bytes names; /* GeneralNames of subjectAltName; empty without */
};

/* UTF-16 or UTF-32, big-endian; what lies outside of the first plane becomes U+FFFD. */
static void set_wide(char *text, size_t size, struct bytes from, bool universal)
{
    uint8_t utf8[4 * MAX_VALUE];
    size_t len = 0;

    while (len + 4 <= sizeof(utf8)) {
        uint16_t unit = 0;
        uint32_t point;

        if (!(universal ? take_u32(&from, &point) : take_u16(&from, &unit))) {
            break;
        }
        point = universal ? point : unit;
        if (point > 0xffff || (point >= 0xd800 && point <= 0xdfff)) {
            point = 0xfffd;
        }
        len += text_put_utf8(point, utf8 + len);
    }
    (void)text_set(text, size, bytes_view(utf8, len));
}

/* False: no type of text. T61String is read as ISO-8859-1, as everybody does. */
static bool set_value(char *text, size_t size, uint8_t tag, struct bytes value)
{
    switch (tag) {
    case DER_UTF8:
    case DER_NUMERIC:
    case DER_PRINTABLE:
    case DER_T61:
    case DER_IA5:
    case DER_VISIBLE:
        (void)text_set(text, size, value);
        return text[0] != '\0';
    case DER_BMP:
    case DER_UNIVERSAL:
        set_wide(text, size, value, tag == DER_UNIVERSAL);
        return text[0] != '\0';
    default:
        return false;
    }
}

static bool parse_part(struct bytes pair, struct part *part)
{
    return der_take_of(&pair, DER_OID, &part->oid) && der_take(&pair, &part->tag, &part->value);
}

/* The next pair; *joined: it lies in one set with the one before. */
static bool take_pair(struct bytes *name, struct bytes *set, struct bytes *pair, bool *joined)
{
    *joined = true;
    while (!der_take_of(set, DER_SEQUENCE, pair)) {
        *joined = false;
        if (!der_take_of(name, DER_SET, set)) {
            return false;
        }
    }
    return true;
}

/* Name: a sequence of sets of { OID value } (RFC 5280, section 4.1.2.4) */
static size_t split_name(struct bytes name, struct part parts[MAX_PARTS])
{
    struct bytes set = BYTES("");
    struct bytes pair;
    size_t num = 0;
    bool joined;

    while (num < MAX_PARTS && take_pair(&name, &set, &pair, &joined)) {
        if (parse_part(pair, &parts[num])) {
            parts[num++].joined = joined;
        }
    }
    return num;
}

static const char *attribute_word(struct bytes oid)
{
    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
        if (bytes_equal(oid, attributes[i].oid)) {
            return attributes[i].word;
        }
    }
    return NULL;
}

/* The last is the most particular. */
static bool set_common_name(char *text, size_t size, const struct part *parts, size_t num)
{
    for (size_t i = num; i > 0; i--) {
        if (bytes_equal(parts[i - 1].oid, BYTES(OID_COMMON_NAME)) &&
            set_value(text, size, parts[i - 1].tag, parts[i - 1].value)) {
            return true;
        }
    }
    return false;
}

/* RFC 4514, section 2.4: what would end a value gets a backslash. */
static void escape(char escaped[2 * MAX_VALUE], const char *value)
{
    size_t len = 0;

    for (const char *at = value; *at != '\0'; at++) {
        if (strchr(",+\"\\<>;", *at) != NULL) {
            escaped[len++] = '\\';
        }
        escaped[len++] = *at;
    }
    escaped[len] = '\0';
}

/* A part that has no word or is no text is left out. */
static void append_part(char *text, size_t size, const struct part *part, bool joined)
{
    const char *word = attribute_word(part->oid);
    char value[MAX_VALUE];
    char escaped[2 * MAX_VALUE];

    if (word == NULL || !set_value(value, sizeof(value), part->tag, part->value)) {
        return;
    }
    if (text[0] != '\0') {
        (void)text_append(text, size, joined ? "+" : ",");
    }
    (void)text_append(text, size, word);
    (void)text_append(text, size, "=");
    escape(escaped, value);
    (void)text_append(text, size, escaped);
}

/* The common name, else all of it, the most particular part first as RFC 4514 has it. */
static void set_name(char *text, size_t size, struct bytes name)
{
    struct part parts[MAX_PARTS];
    size_t num = split_name(name, parts);

    text[0] = '\0';
    if (set_common_name(text, size, parts, num)) {
        return;
    }
    for (size_t i = num; i > 0; i--) {
        append_part(text, size, &parts[i - 1], i < num && parts[i].joined);
    }
}

/* A host name has neither comma nor space; what has would forge the list. */
static bool is_host(struct bytes name)
{
    size_t position;

    return name.len > 0 && bytes_is_printable(name) && !bytes_find_byte(name, ',', &position) &&
           !bytes_find_byte(name, ' ', &position);
}

/* GeneralNames (RFC 5280, section 4.2.1.6) */
static void set_dns_names(char *text, size_t size, struct bytes names)
{
    struct bytes name;
    uint8_t tag;

    text[0] = '\0';
    while (der_take(&names, &tag, &name)) {
        char host[256];
        size_t used = strlen(text);

        if (tag != SAN_DNS_NAME || !is_host(name) || !text_set(host, sizeof(host), name)) {
            continue;
        }
        if ((used > 0 && !text_append(text, size, ",")) || !text_append(text, size, host)) {
            text[used] = '\0';
            return;
        }
    }
}

/* SEQUENCE of { OID, BOOLEAN critical?, OCTET STRING }, in SEQUENCE, in [3] */
static struct bytes find_subject_names(struct bytes tbs)
{
    struct bytes list;
    struct bytes extension;
    struct bytes oid;
    struct bytes value;
    struct bytes names;

    if (!der_take_of(&tbs, DER_EXPLICIT + 3, &list) || !der_take_of(&list, DER_SEQUENCE, &list)) {
        return BYTES("");
    }
    while (der_take_of(&list, DER_SEQUENCE, &extension)) {
        if (der_take_of(&extension, DER_OID, &oid) && bytes_equal(oid, BYTES(OID_SUBJECT_NAME)) &&
            der_skip_optional(&extension, DER_BOOLEAN) &&
            der_take_of(&extension, DER_OCTETS, &value) &&
            der_take_of(&value, DER_SEQUENCE, &names)) {
            return names;
        }
    }
    return BYTES("");
}

/* [0] version? serial algorithm issuer validity subject key [1]? [2]? [3] extensions? */
static bool parse_certificate(struct bytes in, struct certificate *certificate)
{
    struct bytes tbs;
    struct bytes skipped;

    if (!der_take_of(&in, DER_SEQUENCE, &in) || !der_take_of(&in, DER_SEQUENCE, &tbs) ||
        !der_skip_optional(&tbs, DER_EXPLICIT + 0) || !der_take_of(&tbs, DER_INTEGER, &skipped) ||
        !der_take_of(&tbs, DER_SEQUENCE, &skipped) ||
        !der_take_of(&tbs, DER_SEQUENCE, &certificate->issuer) ||
        !der_take_of(&tbs, DER_SEQUENCE, &skipped) ||
        !der_take_of(&tbs, DER_SEQUENCE, &certificate->subject)) {
        return false;
    }
    certificate->names = BYTES("");
    if (der_take_of(&tbs, DER_SEQUENCE, &skipped) && der_skip_optional(&tbs, DER_CONTEXT + 1) &&
        der_skip_optional(&tbs, DER_CONTEXT + 2)) {
        certificate->names = find_subject_names(tbs);
    }
    return true;
}

/* context<1> in TLS 1.3, then certificate_list<3> of cert<3>, with extensions<2> in TLS 1.3 */
static bool take_list(struct bytes body, bool tls13, struct bytes *list)
{
    struct bytes context;

    return (!tls13 || take_u8_vector(&body, &context)) && take_u24_vector(&body, list);
}

void certificate_read(struct bytes body, bool tls13, struct tls_event *event)
{
    struct certificate certificate;
    struct bytes list;
    struct bytes first;

    if (!take_list(body, tls13, &list) || !take_u24_vector(&list, &first) ||
        !parse_certificate(first, &certificate)) {
        return;
    }
    set_name(event->certificate_subject, sizeof(event->certificate_subject), certificate.subject);
    set_name(event->certificate_issuer, sizeof(event->certificate_issuer), certificate.issuer);
    set_dns_names(event->certificate_names, sizeof(event->certificate_names), certificate.names);
}

bool certificate_is_empty(struct bytes body, bool tls13)
{
    struct bytes list;
    struct bytes first;

    return !take_list(body, tls13, &list) || !take_u24_vector(&list, &first) || first.len == 0;
}

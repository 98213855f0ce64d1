#include "dissectors/auth/token.h"

#include <string.h>

#include "dissectors/auth/base64.h"
#include "dissectors/base/text.h"

/* What of a token is decoded: an NTLM type 3 with its names behind the responses, and some. A
 * Kerberos ticket is longer, but its front tells what it is. */
enum { FRONT = 6144 };

/* Nested negotiation tokens that are looked into; one is usual. */
enum { MAX_NESTING = 4 };

enum {
    DER_SEQUENCE = 0x30,
    DER_OID = 0x06,
    DER_OCTETS = 0x04,
    DER_APPLICATION_0 = 0x60, /* GSS-API initial token, RFC 2743, section 3.1 */
    DER_AP_REQ = 0x6e,        /* RFC 4120: [APPLICATION 14] */
    DER_AP_REP = 0x6f,
    DER_CONTEXT_0 = 0xa0,
    DER_CONTEXT_1 = 0xa1,
    DER_CONTEXT_2 = 0xa2,
};

#define OID_SPNEGO          "\x2b\x06\x01\x05\x05\x02"                 /* 1.3.6.1.5.5.2 */
#define OID_KERBEROS        "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02"     /* 1.2.840.113554.1.2.2 */
#define OID_KERBEROS_LEGACY "\x2a\x86\x48\x82\xf7\x12\x01\x02\x02"     /* 1.2.840.48018.1.2.2 */
#define OID_NTLM            "\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a" /* 1.3.6.1.4.1.311.2.2.10 */

enum { NTLM_UNICODE = 1, NTLM_HEADER_SIZE = 64 };

/* Tag and length (X.690, section 8.1.3), definite form. The content may be cut short: only the
 * front of long tokens is here. */
static bool take_der(struct bytes *in, uint8_t *tag, struct bytes *content)
{
    struct bytes rest = *in;
    uint8_t first;
    uint8_t byte;
    size_t len = 0;

    if (!take_u8(&rest, tag) || !take_u8(&rest, &first)) {
        return false;
    }
    if (first < 0x80) {
        len = first;
    } else if (first == 0x80 || first > 0x84) {
        return false;
    }
    for (unsigned i = 0x80; i < first; i++) {
        if (!take_u8(&rest, &byte)) {
            return false;
        }
        len = len << 8 | byte;
    }
    *content = bytes_first(rest, len);
    *in = bytes_after(rest, content->len);
    return true;
}

static bool take_der_of(struct bytes *in, uint8_t wanted, struct bytes *content)
{
    struct bytes rest = *in;
    struct bytes inner;
    uint8_t tag;

    if (!take_der(&rest, &tag, &inner) || tag != wanted) {
        return false;
    }
    *content = inner;
    *in = rest;
    return true;
}

/* in becomes the content of the element at its front. */
static bool enter_der(struct bytes *in, uint8_t wanted)
{
    struct bytes rest = *in;

    return take_der_of(&rest, wanted, in);
}

/* A character of UTF-16LE; an unpaired surrogate becomes U+FFFD. */
static bool take_point(struct bytes *in, uint32_t *point)
{
    struct bytes rest;
    uint16_t unit;
    uint16_t low;

    if (!take_u16_le(in, &unit)) {
        return false;
    }
    *point = unit;
    if (unit < 0xd800 || unit > 0xdfff) {
        return true;
    }
    rest = *in;
    if (unit < 0xdc00 && take_u16_le(&rest, &low) && low >= 0xdc00 && low <= 0xdfff) {
        *point = 0x10000 + ((uint32_t)(unit - 0xd800) << 10 | (uint32_t)(low - 0xdc00));
        *in = rest;
    } else {
        *point = 0xfffd;
    }
    return true;
}

static void set_utf16(char *text, size_t size, struct bytes from)
{
    uint8_t utf8[1024];
    size_t len = 0;
    uint32_t point;

    while (len + 4 <= sizeof(utf8) && take_point(&from, &point)) {
        len += text_put_utf8(point, utf8 + len);
    }
    (void)text_set(text, size, bytes_view(utf8, len));
}

/* len, allocated, offset from the beginning of the message ([MS-NLMP] 2.2.1.3). A field that lies
 * outside is empty. *lowest: where the first of the fields begins. */
static bool take_field(struct bytes *in, struct bytes message, struct bytes *field,
                       uint32_t *lowest)
{
    uint16_t len;
    uint32_t offset;

    if (!take_u16_le(in, &len) || !take_skip(in, 2) || !take_u32_le(in, &offset)) {
        return false;
    }
    *lowest = offset < *lowest ? offset : *lowest;
    message = bytes_after(message, offset);
    if (!take_bytes(&message, len, field)) {
        *field = bytes_view(NULL, 0);
    }
    return true;
}

static void set_name(char *text, size_t size, struct bytes name, bool is_unicode)
{
    if (is_unicode) {
        set_utf16(text, size, name);
    } else {
        (void)text_set(text, size, name);
    }
}

/*
 * AUTHENTICATE_MESSAGE: signature, type, LmResponse, NtResponse, Domain, User, Workstation,
 * SessionKey, Flags. The header of very old clients ends before the last two; what they send is OEM
 * text.
 */
static void parse_authenticate(struct bytes message, struct token *token)
{
    struct bytes rest = bytes_after(message, 12);
    struct bytes responses[2];
    struct bytes domain;
    struct bytes user;
    struct bytes workstation;
    uint32_t lowest = UINT32_MAX;
    uint32_t flags = 0;
    bool is_unicode;

    if (!take_field(&rest, message, &responses[0], &lowest) ||
        !take_field(&rest, message, &responses[1], &lowest) ||
        !take_field(&rest, message, &domain, &lowest) ||
        !take_field(&rest, message, &user, &lowest) ||
        !take_field(&rest, message, &workstation, &lowest)) {
        return;
    }
    is_unicode = lowest >= NTLM_HEADER_SIZE && take_skip(&rest, 8) && take_u32_le(&rest, &flags) &&
                 (flags & NTLM_UNICODE) != 0;
    set_name(token->user, sizeof(token->user), user, is_unicode);
    set_name(token->domain, sizeof(token->domain), domain, is_unicode);
    set_name(token->workstation, sizeof(token->workstation), workstation, is_unicode);
}

static bool parse_ntlm(struct bytes raw, struct token *token)
{
    struct bytes rest = raw;
    uint32_t type;

    if (!take_prefix(&rest, BYTES("NTLMSSP\0")) || !take_u32_le(&rest, &type)) {
        return false;
    }
    if (type == 1) {
        token->kind = TOKEN_NTLM_NEGOTIATE;
    } else if (type == 2) {
        token->kind = TOKEN_NTLM_CHALLENGE;
    } else if (type == 3) {
        token->kind = TOKEN_NTLM_AUTHENTICATE;
        parse_authenticate(raw, token);
    }
    return true;
}

static bool is_kerberos_oid(struct bytes oid)
{
    return bytes_equal(oid, BYTES(OID_KERBEROS)) || bytes_equal(oid, BYTES(OID_KERBEROS_LEGACY));
}

/* mechTypes: what the first (preferred) mechanism is, for a negotiation without a first token. */
static void parse_mechanisms(struct bytes list, struct token *token)
{
    struct bytes oid;

    if (enter_der(&list, DER_SEQUENCE) && take_der_of(&list, DER_OID, &oid)) {
        if (is_kerberos_oid(oid)) {
            token->kind = TOKEN_KERBEROS;
        } else if (bytes_equal(oid, BYTES(OID_NTLM))) {
            token->kind = TOKEN_NTLM_NEGOTIATE;
        }
    }
}

/*
 * NegTokenInit [0] or NegTokenResp [1] (RFC 4178, section 4.2): a sequence, whose field [2] holds
 * the token of the mechanism in both. Gives that token, empty when there is none.
 */
static struct bytes parse_spnego(struct bytes in, bool is_init, struct token *token)
{
    struct bytes inner = {NULL, 0};
    struct bytes field;
    uint8_t tag;

    token->kind = TOKEN_SPNEGO;
    token->in_spnego = true;
    if (!enter_der(&in, DER_SEQUENCE)) {
        return inner;
    }
    while (take_der(&in, &tag, &field)) {
        if (tag == DER_CONTEXT_0 && is_init) {
            parse_mechanisms(field, token);
        } else if (tag == DER_CONTEXT_2) {
            (void)take_der_of(&field, DER_OCTETS, &inner);
        }
    }
    return inner;
}

/* One layer; gives what lies inside it, empty when this was the innermost. */
static struct bytes parse_layer(struct bytes raw, struct token *token)
{
    struct bytes content;
    struct bytes oid;
    uint8_t tag;

    if (parse_ntlm(raw, token) || !take_der(&raw, &tag, &content)) {
        return bytes_view(NULL, 0);
    }
    if (tag == DER_AP_REQ || tag == DER_AP_REP) {
        token->kind = TOKEN_KERBEROS;
    } else if (tag == DER_CONTEXT_0 || tag == DER_CONTEXT_1) {
        return parse_spnego(content, tag == DER_CONTEXT_0, token);
    } else if (tag == DER_APPLICATION_0 && take_der_of(&content, DER_OID, &oid)) {
        if (is_kerberos_oid(oid)) {
            token->kind = TOKEN_KERBEROS;
        } else if (bytes_equal(oid, BYTES(OID_SPNEGO))) {
            return content;
        }
    }
    return bytes_view(NULL, 0);
}

void token_parse(struct bytes raw, struct token *token)
{
    memset(token, 0, sizeof(*token));
    for (unsigned depth = 0; depth < MAX_NESTING && raw.len > 0; depth++) {
        raw = parse_layer(raw, token);
    }
}

void token_parse_base64(struct bytes text, struct token *token)
{
    uint8_t raw[FRONT];
    size_t len = 0;

    memset(token, 0, sizeof(*token));
    if (base64_decode_front(text, raw, sizeof(raw), &len)) {
        token_parse(bytes_view(raw, len), token);
    }
    bytes_wipe(raw, sizeof(raw)); /* the responses of an NTLM message can be cracked */
}

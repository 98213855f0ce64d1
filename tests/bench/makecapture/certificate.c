/*
 * certificate: X.509 (RFC 5280) in DER with a made-up key and signature, which parsers do not
 * verify.
 */
#include <string.h>

#include "tests/bench/makecapture/makecapture.h"

enum {
    DER_INTEGER = 0x02,
    DER_BITS = 0x03,
    DER_OCTETS = 0x04,
    DER_OID = 0x06,
    DER_UTF8 = 0x0c,
    DER_TIME = 0x17,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_DNS_NAME = 0x82,
    DER_EXTENSIONS = 0xa3,
    KEY_LEN = 256
};

static void put_der(struct buffer *out, unsigned tag, const void *data, size_t len)
{
    put_u8(out, tag);
    if (len < 128) {
        put_u8(out, (unsigned)len);
    } else if (len < 256) {
        put_u16(out, 0x8100 | (unsigned)len);
    } else {
        put_u8(out, 0x82);
        put_u16(out, (unsigned)len);
    }
    put_bytes(out, data, len);
}

/* Makes all that is in the buffer the content of one element. */
static void wrap(struct buffer *buffer, unsigned tag)
{
    struct buffer inner;

    inner.len = 0;
    put_buffer(&inner, buffer);
    buffer->len = 0;
    put_der(buffer, tag, inner.at, inner.len);
}

static void put_name(struct buffer *out, const char *name)
{
    static const uint8_t common_name[] = {0x55, 4, 3};
    struct buffer inner;

    inner.len = 0;
    put_der(&inner, DER_OID, common_name, sizeof(common_name));
    put_der(&inner, DER_UTF8, name, strlen(name));
    wrap(&inner, DER_SEQUENCE);
    wrap(&inner, DER_SET);
    wrap(&inner, DER_SEQUENCE);
    put_buffer(out, &inner);
}

static void put_validity(struct buffer *out)
{
    struct buffer inner;

    inner.len = 0;
    put_der(&inner, DER_TIME, "230101000000Z", 13);
    put_der(&inner, DER_TIME, "330101000000Z", 13);
    wrap(&inner, DER_SEQUENCE);
    put_buffer(out, &inner);
}

/* rsaEncryption is 1.2.840.113549.1.1.1, sha256WithRSAEncryption ends in 11. */
static void put_algorithm(struct buffer *out, unsigned last)
{
    static const uint8_t begin[] = {0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1};

    put_bytes(out, begin, sizeof(begin));
    put_u8(out, last);
    put_u16(out, 0x0500);
}

static void draw_number(uint8_t number[1 + KEY_LEN])
{
    number[0] = 0; /* it is not negative */
    for (size_t i = 1; i <= KEY_LEN; i++) {
        number[i] = (uint8_t)draw();
    }
}

static void put_key(struct buffer *out)
{
    uint8_t modulus[1 + KEY_LEN];
    struct buffer bits;
    struct buffer inner;

    draw_number(modulus);
    modulus[1] |= 0x80;
    modulus[KEY_LEN] |= 1;
    inner.len = 0;
    put_der(&inner, DER_INTEGER, modulus, sizeof(modulus));
    put_der(&inner, DER_INTEGER, "\1\0\1", 3);
    wrap(&inner, DER_SEQUENCE);
    bits.len = 0;
    put_u8(&bits, 0); /* unused bits */
    put_buffer(&bits, &inner);
    inner.len = 0;
    put_algorithm(&inner, 1);
    put_der(&inner, DER_BITS, bits.at, bits.len);
    wrap(&inner, DER_SEQUENCE);
    put_buffer(out, &inner);
}

static void put_alternative_name(struct buffer *out, const char *host)
{
    static const uint8_t subject_alt_name[] = {0x55, 0x1d, 0x11};
    struct buffer value;
    struct buffer inner;

    value.len = 0;
    put_der(&value, DER_DNS_NAME, host, strlen(host));
    wrap(&value, DER_SEQUENCE);
    wrap(&value, DER_OCTETS);
    inner.len = 0;
    put_der(&inner, DER_OID, subject_alt_name, sizeof(subject_alt_name));
    put_buffer(&inner, &value);
    wrap(&inner, DER_SEQUENCE);
    wrap(&inner, DER_SEQUENCE);
    wrap(&inner, DER_EXTENSIONS);
    put_buffer(out, &inner);
}

static void put_serial(struct buffer *out)
{
    uint64_t value = draw();
    uint8_t serial[9] = {1};

    memcpy(serial + 1, &value, 8);
    put_der(out, DER_INTEGER, serial, sizeof(serial));
}

void put_certificate(struct buffer *out, const char *host)
{
    static const uint8_t version3[] = {0xa0, 3, 2, 1, 2};
    uint8_t signature[1 + KEY_LEN];
    struct buffer inner;

    inner.len = 0;
    put_bytes(&inner, version3, sizeof(version3));
    put_serial(&inner);
    put_algorithm(&inner, 11);
    put_name(&inner, "Example Issuing CA 1");
    put_validity(&inner);
    put_name(&inner, host);
    put_key(&inner);
    put_alternative_name(&inner, host);
    wrap(&inner, DER_SEQUENCE);
    put_algorithm(&inner, 11);
    draw_number(signature);
    put_der(&inner, DER_BITS, signature, sizeof(signature));
    wrap(&inner, DER_SEQUENCE);
    put_buffer(out, &inner);
}

#include "dissectors/auth/base64.h"

enum { NOT_A_DIGIT = 64 };

static uint32_t digit_value(uint8_t byte)
{
    if (byte >= 'A' && byte <= 'Z') {
        return byte - (uint32_t)'A';
    }
    if (byte >= 'a' && byte <= 'z') {
        return byte - (uint32_t)'a' + 26;
    }
    if (byte >= '0' && byte <= '9') {
        return byte - (uint32_t)'0' + 52;
    }
    if (byte == '+') {
        return 62;
    }
    return byte == '/' ? 63 : NOT_A_DIGIT;
}

/* Only padding is left: at most two, which is also what "=" for "no bytes" (RFC 4954) needs. */
static bool is_padding(struct bytes in)
{
    return bytes_equal(in, bytes_first(BYTES("=="), in.len));
}

/* The caller wipes out when this fails. A last quantum of one digit holds no byte: cut text. */
static bool decode(struct bytes text, uint8_t *out, size_t max, size_t *len)
{
    uint32_t held = 0; /* the last digits, of which only the low held_bits were not yet written */
    unsigned held_bits = 0;
    size_t used = 0;
    uint8_t byte;

    while (peek_u8(text, &byte) && digit_value(byte) != NOT_A_DIGIT) {
        held = (held << 6 | digit_value(byte)) & 0xffff;
        held_bits += 6;
        if (held_bits >= 8) {
            if (used == max) {
                return false;
            }
            held_bits -= 8;
            out[used++] = (uint8_t)(held >> held_bits);
        }
        (void)take_skip(&text, 1);
    }
    *len = used;
    return held_bits != 6 && is_padding(text);
}

bool base64_decode(struct bytes text, void *out, size_t max, size_t *len)
{
    size_t decoded = 0;

    if (!decode(text, out, max, &decoded)) {
        bytes_wipe(out, max);
        return false;
    }
    *len = decoded;
    return true;
}

bool base64_decode_front(struct bytes text, void *out, size_t max, size_t *len)
{
    return base64_decode(bytes_first(text, max / 3 * 4), out, max, len);
}

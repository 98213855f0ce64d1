#include "dissectors/auth/base64.h"

enum { NOT_A_DIGIT = 64 };

/* Values count from 1, so that what is not listed is no digit. */
static const uint8_t values[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

static uint32_t digit_value(uint8_t byte)
{
    return values[byte] != 0 ? values[byte] - 1u : NOT_A_DIGIT;
}

/* Only padding is left: at most two, which is also what "=" for "no bytes" (RFC 4954) needs. */
static bool is_padding(struct bytes in)
{
    return bytes_equal(in, bytes_first(BYTES("=="), in.len));
}

/* Four digits, which are three bytes. */
static bool take_quantum(struct bytes *text, uint8_t out[3])
{
    struct bytes rest = *text;
    uint8_t four[4];
    uint32_t bits = 0;

    if (!take_into(&rest, four, sizeof(four))) {
        return false;
    }
    for (size_t i = 0; i < sizeof(four); i++) {
        if (digit_value(four[i]) == NOT_A_DIGIT) {
            return false;
        }
        bits = bits << 6 | digit_value(four[i]);
    }
    out[0] = (uint8_t)(bits >> 16);
    out[1] = (uint8_t)(bits >> 8);
    out[2] = (uint8_t)bits;
    *text = rest;
    return true;
}

/* The caller wipes out when this fails. A last quantum of one digit holds no byte: cut text. */
static bool decode(struct bytes text, uint8_t *out, size_t max, size_t *len)
{
    uint32_t held = 0; /* the last digits, of which only the low held_bits were not yet written */
    unsigned held_bits = 0;
    size_t used = 0;
    uint8_t byte;

    while (max - used >= 3 && take_quantum(&text, out + used)) {
        used += 3;
    }
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

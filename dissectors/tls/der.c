#include "dissectors/tls/der.h"

enum { LONG_FORM = 0x80, MAX_LENGTH_OCTETS = 4, HIGH_TAG = 0x1f };

/* len(1) below 0x80, or 0x80 and the number of octets that hold it */
static bool take_length(struct bytes *in, size_t *len)
{
    uint8_t first;
    uint8_t octet;

    if (!take_u8(in, &first)) {
        return false;
    }
    *len = first;
    if (first < LONG_FORM) {
        return true;
    }
    if (first == LONG_FORM || first > LONG_FORM + MAX_LENGTH_OCTETS) {
        return false; /* the indefinite form is none of DER's */
    }
    *len = 0;
    for (unsigned i = LONG_FORM; i < first; i++) {
        if (!take_u8(in, &octet)) {
            return false;
        }
        *len = *len << 8 | octet;
    }
    return true;
}

bool der_take(struct bytes *in, uint8_t *tag, struct bytes *content)
{
    struct bytes rest = *in;
    struct bytes found;
    uint8_t type;
    size_t len;

    if (!take_u8(&rest, &type) || (type & HIGH_TAG) == HIGH_TAG || !take_length(&rest, &len) ||
        !take_bytes(&rest, len, &found)) {
        return false;
    }
    *in = rest;
    *tag = type;
    *content = found;
    return true;
}

bool der_take_of(struct bytes *in, unsigned tag, struct bytes *content)
{
    uint8_t found;

    return peek_u8(*in, &found) && found == tag && der_take(in, &found, content);
}

bool der_skip_optional(struct bytes *in, unsigned tag)
{
    struct bytes ignored;
    uint8_t found;

    return !peek_u8(*in, &found) || found != tag || der_take(in, &found, &ignored);
}

/* address: IP and MAC addresses as values, and their text. */
#ifndef BASICTAP_DISSECTORS_BASE_ADDRESS_H
#define BASICTAP_DISSECTORS_BASE_ADDRESS_H

#include "dissectors/base/bytes.h"

enum { ADDRESS_TEXT_SIZE = 46, MAC_TEXT_SIZE = 18 };

struct address {
    uint8_t octets[16]; /* network order; IPv4 in the first four, the rest zero */
    uint8_t version;    /* 4 or 6; 0: none */
};

struct mac {
    uint8_t octets[6];
    bool known;
};

bool address_equal(const struct address *a, const struct address *b);
bool address_in(const struct address *address, const struct address *prefix, unsigned bits);
void address_print(const struct address *address,
                   char text[ADDRESS_TEXT_SIZE]);               /* RFC 5952; none gives "" */
bool address_parse(struct bytes text, struct address *address); /* all of text */

BYTES_INLINE bool take_address4(struct bytes *in, struct address *out)
{
    if (in->len < 4) {
        return false;
    }
    *out = (struct address){.version = 4};
    return take_into(in, out->octets, 4);
}

BYTES_INLINE bool take_address6(struct bytes *in, struct address *out)
{
    if (in->len < 16) {
        return false;
    }
    *out = (struct address){.version = 6};
    return take_into(in, out->octets, 16);
}

void mac_print(
    const struct mac *mac,
    char text[MAC_TEXT_SIZE]); /* "00-1B-54-AA-00-01" as ECS writes it; unknown gives "" */
bool mac_parse(struct bytes text, struct mac *mac); /* separators ':' or '-' */

BYTES_INLINE bool take_mac(struct bytes *in, struct mac *out)
{
    if (!take_into(in, out->octets, sizeof(out->octets))) {
        return false;
    }
    out->known = true;
    return true;
}

#endif

#include "dissectors/base/address.h"

#include <arpa/inet.h>
#include <string.h>

bool address_equal(const struct address *a, const struct address *b)
{
    return a->version == b->version && memcmp(a->octets, b->octets, sizeof(a->octets)) == 0;
}

bool address_in(const struct address *address, const struct address *prefix, unsigned bits)
{
    unsigned whole = bits / 8;
    unsigned mask = 0xff00u >> bits % 8 & 0xffu;

    if (whole > 0 && address->octets[0] != prefix->octets[0]) {
        return false; /* most differ here, and lists of prefixes are searched for every server */
    }
    if (address->version != prefix->version || bits > (prefix->version == 4 ? 32u : 128u) ||
        memcmp(address->octets, prefix->octets, whole) != 0) {
        return false;
    }
    return mask == 0 || ((address->octets[whole] ^ prefix->octets[whole]) & mask) == 0;
}

static size_t print_octet(uint8_t octet, char *text)
{
    size_t len = 0;

    if (octet >= 100) {
        text[len++] = (char)('0' + octet / 100);
    }
    if (octet >= 10) {
        text[len++] = (char)('0' + octet / 10 % 10);
    }
    text[len++] = (char)('0' + octet % 10);
    return len;
}

/* inet_ntop goes through printf, which costs more than all else that an identity is made of. */
static void print_v4(const uint8_t octets[4], char *text)
{
    size_t used = 0;

    for (size_t i = 0; i < 4; i++) {
        used += print_octet(octets[i], text + used);
        text[used++] = '.';
    }
    text[used - 1] = '\0';
}

void address_print(const struct address *address, char text[ADDRESS_TEXT_SIZE])
{
    text[0] = '\0';
    if (address->version == 4) {
        print_v4(address->octets, text);
    } else if (address->version != 0) {
        (void)inet_ntop(AF_INET6, address->octets, text, ADDRESS_TEXT_SIZE);
    }
}

bool address_parse(struct bytes text, struct address *address)
{
    struct address parsed = {0};
    char copy[ADDRESS_TEXT_SIZE];
    size_t len;

    if (!bytes_copy(text, copy, sizeof(copy) - 1, &len)) {
        return false;
    }
    copy[len] = '\0';
    if (strlen(copy) != len) {
        return false;
    }
    if (inet_pton(AF_INET, copy, parsed.octets) == 1) {
        parsed.version = 4;
    } else if (inet_pton(AF_INET6, copy, parsed.octets) == 1) {
        parsed.version = 6;
    } else {
        return false;
    }
    *address = parsed;
    return true;
}

void mac_print(const struct mac *mac, char text[MAC_TEXT_SIZE])
{
    static const char digits[] = "0123456789ABCDEF";
    size_t used = 0;

    for (size_t i = 0; mac->known && i < sizeof(mac->octets); i++) {
        text[used++] = digits[mac->octets[i] >> 4];
        text[used++] = digits[mac->octets[i] & 0x0f];
        text[used++] = '-';
    }
    text[used > 0 ? used - 1 : 0] = '\0';
}

bool mac_parse(struct bytes text, struct mac *mac)
{
    struct mac parsed = {.known = true};

    for (size_t i = 0; i < sizeof(parsed.octets); i++) {
        uint64_t octet;

        if (i > 0 && !take_prefix(&text, BYTES(":")) && !take_prefix(&text, BYTES("-"))) {
            return false;
        }
        if (!take_hex(&text, 0xff, &octet)) {
            return false;
        }
        parsed.octets[i] = (uint8_t)octet;
    }
    if (text.len > 0) {
        return false;
    }
    *mac = parsed;
    return true;
}

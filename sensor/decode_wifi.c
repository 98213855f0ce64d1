#include "sensor/decode_layer.h"

/* Frame control (IEEE 802.11, section 9.2.4.1), as two bytes read in network order. */
enum frame_control {
    WIFI_TYPE = 0x0c00,
    WIFI_TYPE_DATA = 0x0800,
    WIFI_NO_DATA = 0x4000,
    WIFI_QOS = 0x8000,
    WIFI_TO_AP = 0x0001,
    WIFI_FROM_AP = 0x0002,
    WIFI_MORE_FRAGMENTS = 0x0004,
    WIFI_PROTECTED = 0x0040,
    WIFI_ORDER = 0x0080,
};

/* Which of the addresses are sender and receiver depends on who relays. */
static void note_addresses(struct packet *packet, uint16_t control, struct bytes addresses[3])
{
    bool to_ap = (control & WIFI_TO_AP) != 0;
    bool from_ap = (control & WIFI_FROM_AP) != 0;

    packet->src_mac.known = false;
    (void)take_mac(to_ap ? &addresses[2] : &addresses[0], &packet->dst_mac);
    if (!to_ap || !from_ap) {
        (void)take_mac(from_ap ? &addresses[2] : &addresses[1], &packet->src_mac);
    }
}

/* What follows the sequence number: fourth address, QoS, HT control. *aggregated: several packets
 * in one frame. */
static bool take_wifi_options(struct bytes *in, uint16_t control, bool *aggregated)
{
    uint16_t qos = 0;

    if ((control & (WIFI_TO_AP | WIFI_FROM_AP)) == (WIFI_TO_AP | WIFI_FROM_AP) &&
        !take_skip(in, 6)) {
        return false;
    }
    if ((control & WIFI_QOS) != 0) {
        if (!take_u16(in, &qos) || ((control & WIFI_ORDER) != 0 && !take_skip(in, 4))) {
            return false;
        }
    }
    *aggregated = (qos & 0x8000) != 0;
    return true;
}

/*
 * Frame control, duration, three addresses, fragment and sequence number. Data in clear alone is
 * read; aggregates and the fragments of 802.11 are not. padded: the card aligned what follows the
 * header to 4 bytes.
 */
static enum decode_result decode_wifi_frame(struct walk *walk, bool padded)
{
    struct bytes addresses[3];
    size_t start = walk->rest.len;
    uint16_t control;
    uint16_t sequence;
    bool aggregated;

    if (!decode_enter(walk)) {
        return DECODE_TOO_DEEP;
    }
    if (!take_u16(&walk->rest, &control)) {
        return decode_short(walk);
    }
    if ((control & (WIFI_TYPE | WIFI_NO_DATA | WIFI_PROTECTED)) != WIFI_TYPE_DATA) {
        return DECODE_OTHER;
    }
    if (!take_skip(&walk->rest, 2) || !take_bytes(&walk->rest, 6, &addresses[0]) ||
        !take_bytes(&walk->rest, 6, &addresses[1]) || !take_bytes(&walk->rest, 6, &addresses[2]) ||
        !take_u16(&walk->rest, &sequence) ||
        !take_wifi_options(&walk->rest, control, &aggregated) ||
        (padded && !take_skip(&walk->rest, (4 - (start - walk->rest.len) % 4) % 4))) {
        return decode_short(walk);
    }
    if (aggregated || (control & WIFI_MORE_FRAGMENTS) != 0 || (sequence & 0x0f00) != 0) {
        return DECODE_OTHER;
    }
    note_addresses(walk->packet, control, addresses);
    walk->has_link = true;
    return decode_llc(walk);
}

enum decode_result decode_wifi(struct walk *walk)
{
    return decode_wifi_frame(walk, false);
}

/* The flags of radiotap's first namespace; 0: not said. Words with bit 31 set continue in another;
 * bit 0 is a time of 8 bytes, aligned to 8 from the header's start, bit 1 the flags. */
static uint8_t radiotap_flags(struct bytes header)
{
    struct bytes rest = header;
    uint32_t first;
    uint32_t word;
    uint8_t flags = 0;
    size_t offset;

    if (!take_skip(&rest, 4) || !take_u32_le(&rest, &first) || (first & 2) == 0) {
        return 0;
    }
    for (word = first; (word & 0x80000000u) != 0;) {
        if (!take_u32_le(&rest, &word)) {
            return 0;
        }
    }
    offset = header.len - rest.len;
    if ((first & 1) != 0) {
        offset = (offset + 7) / 8 * 8 + 8;
    }
    (void)peek_u8_at(header, offset, &flags);
    return flags;
}

/* Radiotap (radiotap.org): version 0, a pad byte, the length, then a mask of the fields. */
enum decode_result decode_radiotap(struct walk *walk)
{
    struct bytes whole = walk->rest;
    struct bytes header;
    uint16_t version;
    uint16_t len;
    bool padded;

    if (!take_u16(&walk->rest, &version) || !take_u16_le(&walk->rest, &len)) {
        return decode_short(walk);
    }
    if (version > 0xff || len < 8) {
        return DECODE_MALFORMED;
    }
    walk->rest = whole;
    if (!take_bytes(&walk->rest, len, &header)) {
        return decode_short(walk);
    }
    padded = (radiotap_flags(header) & 0x20) != 0;
    return decode_wifi_frame(walk, padded);
}

/* PPI: version, flags, length, link type of what follows, all little-endian. */
enum decode_result decode_ppi(struct walk *walk)
{
    uint16_t version_flags;
    uint16_t len;
    uint32_t link_type;

    if (!decode_enter(walk)) {
        return DECODE_TOO_DEEP;
    }
    if (!take_u16(&walk->rest, &version_flags) || !take_u16_le(&walk->rest, &len) ||
        !take_u32_le(&walk->rest, &link_type)) {
        return decode_short(walk);
    }
    if (len < 8 || link_type > 0xffff) {
        return DECODE_MALFORMED;
    }
    return take_skip(&walk->rest, len - 8u) ? decode_link(walk, (int)link_type)
                                            : decode_short(walk);
}

/* Prism cards: a message code, the header's length in the card's byte order, the rest of it. Some
 * drivers gave the AVS header under this link type: its magic is the first word. */
enum decode_result decode_prism(struct walk *walk)
{
    struct bytes whole = walk->rest;
    uint32_t code;
    uint32_t len;

    if (!take_u32(&walk->rest, &code) || !take_u32(&walk->rest, &len)) {
        return decode_short(walk);
    }
    if (len > 0xffff) {
        len = __builtin_bswap32(len);
    }
    if (len < 8 || len > 0xffff) {
        return DECODE_MALFORMED;
    }
    walk->rest = whole;
    return take_skip(&walk->rest, len) ? decode_wifi_frame(walk, false) : decode_short(walk);
}

#include "sensor/decode_layer.h"

/* LINKTYPE_ and DLT_ numbers (pcap-linktype(7)); files and live interfaces differ for raw IP. */
enum link_type {
    LINK_NULL = 0,
    LINK_ETHERNET = 1,
    LINK_PPP = 9,
    LINK_FDDI = 10,
    LINK_RAW_BSD = 12,
    LINK_RAW_OPENBSD = 14,
    LINK_PPP_HDLC = 50,
    LINK_PPP_ETHER = 51,
    LINK_RAW = 101,
    LINK_CISCO_HDLC = 104,
    LINK_WIFI = 105,
    LINK_LOOP = 108,
    LINK_SLL = 113,
    LINK_PRISM = 119,
    LINK_RADIOTAP = 127,
    LINK_PPP_PPPD = 166,
    LINK_PPI = 192,
    LINK_PPP_DIRECTION = 204,
    LINK_IPV4 = 228,
    LINK_IPV6 = 229,
    LINK_SLL2 = 276,
};

/* Cisco's serial framing: address 0F or 8F, a zero byte, an Ethernet type. */
static enum decode_result decode_cisco(struct walk *walk)
{
    uint16_t type;

    if (!take_skip(&walk->rest, 2) || !take_u16(&walk->rest, &type)) {
        return decode_short(walk);
    }
    return type <= ETHERTYPE_MAX_LENGTH ? DECODE_OTHER : decode_ethertype(walk, type);
}

static bool is_cisco(struct bytes frame)
{
    uint8_t address;

    return peek_u8(frame, &address) && (address == 0x0f || address == 0x8f);
}

/* A protocol is two bytes, the first even and the second odd, or the second alone (RFC 1661,
 * sections 2 and 6.5). */
static bool take_ppp_protocol(struct bytes *in, uint16_t *protocol)
{
    uint8_t first;

    if (peek_u8(*in, &first) && (first & 1) != 0) {
        *protocol = first;
        return take_skip(in, 1);
    }
    return take_u16(in, protocol);
}

/* HDLC's address, all stations, and control, unnumbered, may come first; no protocol begins so. */
static bool take_hdlc(struct bytes *in)
{
    uint8_t address;

    return !peek_u8(*in, &address) || address != 0xff || take_skip(in, 2);
}

enum decode_result decode_ppp(struct walk *walk)
{
    uint16_t protocol;

    if (!decode_enter(walk)) {
        return DECODE_TOO_DEEP;
    }
    if (!take_hdlc(&walk->rest) || !take_ppp_protocol(&walk->rest, &protocol)) {
        return decode_short(walk);
    }
    switch (protocol) {
    case 0x0021:
        return decode_ip4(walk);
    case 0x0057:
        return decode_ip6(walk);
    case 0x0281:
    case 0x0283:
        return decode_mpls(walk);
    default:
        return DECODE_OTHER;
    }
}

/* BSD loopback: the address family, in the byte order of the machine that captured (LOOP: network
 * order). IPv6 has another number on each system. */
static enum decode_result decode_null(struct walk *walk)
{
    uint32_t family;

    if (!take_u32(&walk->rest, &family)) {
        return decode_short(walk);
    }
    if (family > 0xffff) {
        family = __builtin_bswap32(family);
    }
    switch (family) {
    case 2:
        return decode_ip4(walk);
    case 10: /* Linux */
    case 23: /* Windows */
    case 24: /* NetBSD, OpenBSD */
    case 28: /* FreeBSD */
    case 30: /* macOS */
        return decode_ip6(walk);
    default:
        return DECODE_OTHER;
    }
}

/* A sender's address of 6 bytes is a MAC; the field has 8. */
static void note_sender(struct packet *packet, size_t len, struct bytes field)
{
    if (len == 6) {
        (void)take_mac(&field, &packet->src_mac);
    }
}

/* What the protocol field of the cooked formats says: an Ethernet type, or 4 for LLC. */
static enum decode_result decode_cooked(struct walk *walk, uint16_t protocol)
{
    if (protocol > ETHERTYPE_MAX_LENGTH) {
        return decode_ethertype(walk, protocol);
    }
    return protocol == 4 ? decode_llc(walk) : DECODE_OTHER;
}

/* Linux cooked: packet type, hardware type, address length, address, protocol. */
static enum decode_result decode_sll(struct walk *walk)
{
    struct bytes address;
    uint16_t address_len;
    uint16_t protocol;

    if (!take_skip(&walk->rest, 4) || !take_u16(&walk->rest, &address_len) ||
        !take_bytes(&walk->rest, 8, &address) || !take_u16(&walk->rest, &protocol)) {
        return decode_short(walk);
    }
    note_sender(walk->packet, address_len, address);
    return decode_cooked(walk, protocol);
}

/* Version 2: protocol, reserved, interface, hardware type, packet type, address length, address. */
static enum decode_result decode_sll2(struct walk *walk)
{
    struct bytes address;
    uint8_t address_len;
    uint16_t protocol;

    if (!take_u16(&walk->rest, &protocol) || !take_skip(&walk->rest, 9) ||
        !take_u8(&walk->rest, &address_len) || !take_bytes(&walk->rest, 8, &address)) {
        return decode_short(walk);
    }
    note_sender(walk->packet, address_len, address);
    return decode_cooked(walk, protocol);
}

/* Frame control, destination and source, then LLC. FDDI's addresses may be bit-swapped, so they are
 * not noted. */
static enum decode_result decode_fddi(struct walk *walk)
{
    return take_skip(&walk->rest, 13) ? decode_llc(walk) : decode_short(walk);
}

/* pppd writes a direction byte where HDLC has its address. */
static enum decode_result decode_ppp_direction(struct walk *walk)
{
    uint8_t direction;

    if (!peek_u8(walk->rest, &direction)) {
        return decode_short(walk);
    }
    if (direction <= 1) {
        (void)take_skip(&walk->rest, 1);
    }
    return decode_ppp(walk);
}

enum decode_result decode_link(struct walk *walk, int link_type)
{
    switch (link_type) {
    case LINK_ETHERNET:
        return decode_ethernet(walk);
    case LINK_RAW_BSD:
    case LINK_RAW_OPENBSD:
    case LINK_RAW:
    case LINK_IPV4:
    case LINK_IPV6:
        return decode_ip(walk);
    case LINK_NULL:
    case LINK_LOOP:
        return decode_null(walk);
    case LINK_SLL:
        return decode_sll(walk);
    case LINK_SLL2:
        return decode_sll2(walk);
    case LINK_PPP:
    case LINK_PPP_HDLC:
    case LINK_CISCO_HDLC:
        return is_cisco(walk->rest) ? decode_cisco(walk) : decode_ppp(walk);
    case LINK_PPP_ETHER:
        return decode_ethertype(walk, ETHERTYPE_PPPOE_SESSION);
    case LINK_PPP_PPPD:
    case LINK_PPP_DIRECTION:
        return decode_ppp_direction(walk);
    case LINK_FDDI:
        return decode_fddi(walk);
    case LINK_WIFI:
        return decode_wifi(walk);
    case LINK_RADIOTAP:
        return decode_radiotap(walk);
    case LINK_PPI:
        return decode_ppi(walk);
    case LINK_PRISM:
        return decode_prism(walk);
    default:
        return DECODE_LINK;
    }
}

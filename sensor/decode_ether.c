#include "sensor/decode_layer.h"

/* Destination and source, 6 bytes each, then the type (IEEE 802.3, section 3.2). */
enum decode_result decode_ethernet(struct walk *walk)
{
    struct packet *packet = walk->packet;
    struct bytes header;
    uint16_t type;

    if (!take_bytes(&walk->rest, 14, &header) || !take_mac(&header, &packet->dst_mac) ||
        !take_mac(&header, &packet->src_mac) || !take_u16(&header, &type)) {
        return decode_short(walk);
    }
    walk->layers++;
    return decode_ethertype(walk, type);
}

/* What is mirrored or bridged through a tunnel is a frame of the segment where it was caught: its
 * MACs are those of the device there, and the outer ones those of switches. */
enum decode_result decode_bridged(struct walk *walk)
{
    walk->packet->src_mac.known = false;
    walk->packet->dst_mac.known = false;
    walk->has_link = true;
    return walk->layers < DECODE_MAX_LAYERS ? decode_ethernet(walk) : DECODE_TOO_DEEP;
}

static bool is_vlan(uint16_t type)
{
    return type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ || type == ETHERTYPE_QINQ_OLD ||
           type == ETHERTYPE_QINQ_OLDER;
}

/* Priority, 4 bits, and the VLAN's id; then the type of what follows (IEEE 802.1Q, section 9.6). An
 * id of 0 says only the priority. */
static enum decode_result take_vlans(struct walk *walk, uint16_t *type)
{
    struct packet *packet = walk->packet;

    while (is_vlan(*type)) {
        struct bytes tag;
        uint16_t id;

        if (!decode_enter(walk)) {
            return DECODE_TOO_DEEP;
        }
        if (!take_bytes(&walk->rest, 4, &tag) || !take_u16(&tag, &id) || !take_u16(&tag, type)) {
            return decode_short(walk);
        }
        if (packet->vlan == 0) {
            packet->vlan = id & 0x0fff;
        }
        packet->vlans++;
    }
    return DECODE_OK;
}

/* PPPoE (RFC 2516, section 4): version and type 1, code 0, session, length. */
static enum decode_result decode_pppoe(struct walk *walk)
{
    uint16_t version_code;
    uint16_t len;

    if (!decode_enter(walk)) {
        return DECODE_TOO_DEEP;
    }
    if (!take_u16(&walk->rest, &version_code) || !take_skip(&walk->rest, 2) ||
        !take_u16(&walk->rest, &len)) {
        return decode_short(walk);
    }
    if (version_code != 0x1100 || !decode_trim(walk, len)) {
        return DECODE_MALFORMED;
    }
    return decode_ppp(walk);
}

enum decode_result decode_ethertype(struct walk *walk, uint16_t type)
{
    enum decode_result result;

    if (type == ETHERTYPE_IPV4) {
        return decode_ip4(walk);
    }
    if (type == ETHERTYPE_IPV6) {
        return decode_ip6(walk);
    }
    if (is_vlan(type)) {
        result = take_vlans(walk, &type);
        return result == DECODE_OK ? decode_ethertype(walk, type) : result;
    }
    if (type <= ETHERTYPE_MAX_LENGTH) {
        return decode_trim(walk, type) ? decode_llc(walk) : DECODE_MALFORMED;
    }
    switch (type) {
    case ETHERTYPE_MPLS:
    case ETHERTYPE_MPLS_MULTICAST:
        return decode_mpls(walk);
    case ETHERTYPE_PPPOE_SESSION:
        return decode_pppoe(walk);
    case ETHERTYPE_BRIDGE:
        return decode_bridged(walk);
    case ETHERTYPE_FABRICPATH: /* a tag and a TTL, 2 bytes */
        return take_skip(&walk->rest, 2) ? decode_bridged(walk) : decode_short(walk);
    case ETHERTYPE_PPP:
        return decode_ppp(walk);
    default:
        return DECODE_OTHER;
    }
}

/* LLC with SNAP: AA AA 03, the organisation, the type (IEEE 802, section 9.5). Organisation 0 and
 * 0000F8 (RFC 1042 tunnels) give Ethernet's types; all else carries no IP that we know. */
enum decode_result decode_llc(struct walk *walk)
{
    uint32_t sap;
    uint32_t organisation;
    uint16_t type;

    if (!decode_enter(walk)) {
        return DECODE_TOO_DEEP;
    }
    if (!take_u24(&walk->rest, &sap)) {
        return decode_short(walk);
    }
    if (sap != 0xaaaa03) {
        return DECODE_OTHER;
    }
    if (!take_u24(&walk->rest, &organisation) || !take_u16(&walk->rest, &type)) {
        return decode_short(walk);
    }
    if ((organisation != 0 && organisation != 0x0000f8) || type <= ETHERTYPE_MAX_LENGTH) {
        return DECODE_OTHER;
    }
    return decode_ethertype(walk, type);
}

/* Whether frame looks like Ethernet with something inside that a pseudowire is likely to carry. */
static bool looks_bridged(struct bytes frame)
{
    uint16_t type;

    if (!take_skip(&frame, 12) || !take_u16(&frame, &type)) {
        return false;
    }
    return type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6 || type == ETHERTYPE_ARP ||
           type == ETHERTYPE_MPLS || type == ETHERTYPE_PPPOE_SESSION ||
           type == ETHERTYPE_PPPOE_DISCOVERY || is_vlan(type);
}

/*
 * Nothing behind the last label says what it carries (RFC 4928, section 3): IP starts with its
 * version; a pseudowire with or without a control word, which starts with a zero nibble, is told by
 * where a known type stands.
 */
static enum decode_result decode_unlabelled(struct walk *walk)
{
    uint8_t first;

    if (!peek_u8(walk->rest, &first)) {
        return decode_short(walk);
    }
    if (first >> 4 == 4) {
        return decode_ip4(walk);
    }
    if (first >> 4 == 6) {
        return decode_ip6(walk);
    }
    if (looks_bridged(walk->rest)) {
        return decode_bridged(walk);
    }
    if (first >> 4 == 0 && take_skip(&walk->rest, 4)) {
        return decode_bridged(walk);
    }
    return first >> 4 == 0 ? decode_short(walk) : DECODE_OTHER;
}

/* Label, 20 bits, traffic class, 3, bottom of stack, 1, TTL, 8 (RFC 3032, section 2.1). */
enum decode_result decode_mpls(struct walk *walk)
{
    uint32_t label = 0;

    while ((label & 0x100) == 0) {
        if (!decode_enter(walk)) {
            return DECODE_TOO_DEEP;
        }
        if (!take_u32(&walk->rest, &label)) {
            return decode_short(walk);
        }
    }
    return decode_unlabelled(walk);
}

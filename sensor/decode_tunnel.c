#include "sensor/decode_layer.h"

/* GRE's flags and types. */
enum gre {
    GRE_CHECKSUM = 0x8000,
    GRE_ROUTING = 0x4000,
    GRE_KEY = 0x2000,
    GRE_SEQUENCE = 0x1000,
    GRE_ACK = 0x0080,
    GRE_VERSION = 0x0007,
    GRE_EOIP = 0x6400,   /* MikroTik */
    GRE_WCCP = 0x883e,   /* web cache redirection */
    GRE_ERSPAN = 0x88be, /* types I and II */
    GRE_ERSPAN_III = 0x22eb,
};

enum {
    /* A mirror that cut the frame does not say by how much. */
    CUT_UNKNOWN = 65535,
};

/* A reader of ERSPAN says by this flag that the mirror cut the frame. */
static void note_cut(struct walk *walk, uint16_t session)
{
    if ((session & 0x0400) != 0 && walk->cut < CUT_UNKNOWN) {
        walk->cut = CUT_UNKNOWN;
    }
}

/* Notes the VLAN that the mirrored frame had, unless there is one outside. */
static void note_vlan(struct packet *packet, uint16_t version_vlan)
{
    if (packet->vlan == 0) {
        packet->vlan = version_vlan & 0x0fff;
    }
}

/*
 * ERSPAN (draft-foschiano-erspan, section 4). Type I is GRE alone and then the frame; type II,
 * version 1, has 8 bytes: version and VLAN, class, encapsulation, cut and session, index.
 */
static enum decode_result decode_erspan2(struct walk *walk, bool header)
{
    uint16_t version_vlan;
    uint16_t session;

    if (!header) {
        return decode_bridged(walk);
    }
    if (!take_u16(&walk->rest, &version_vlan) || !take_u16(&walk->rest, &session) ||
        !take_skip(&walk->rest, 4)) {
        return decode_short(walk);
    }
    if (version_vlan >> 12 != 1) {
        return DECODE_MALFORMED;
    }
    note_vlan(walk->packet, version_vlan);
    note_cut(walk, session);
    return decode_bridged(walk);
}

/* Type III, version 2: the same, then time, security group, and a word with the kind of frame (5
 * bits, 0 Ethernet, 2 IP) and a bit for 8 more bytes. */
static enum decode_result decode_erspan3(struct walk *walk)
{
    uint16_t version_vlan;
    uint16_t session;
    uint16_t kind;

    if (!take_u16(&walk->rest, &version_vlan) || !take_u16(&walk->rest, &session) ||
        !take_skip(&walk->rest, 6) || !take_u16(&walk->rest, &kind) ||
        ((kind & 1) != 0 && !take_skip(&walk->rest, 8))) {
        return decode_short(walk);
    }
    if (version_vlan >> 12 != 2) {
        return DECODE_MALFORMED;
    }
    note_vlan(walk->packet, version_vlan);
    note_cut(walk, session);
    kind = kind >> 10 & 0x1f;
    if (kind == 2) {
        return decode_ip(walk);
    }
    return kind == 0 ? decode_bridged(walk) : DECODE_OTHER;
}

/* Version 2 of WCCP puts 4 bytes before the IP header; version 1 does not. */
static enum decode_result decode_wccp(struct walk *walk)
{
    uint8_t first;

    if (peek_u8(walk->rest, &first) && first >> 4 != 4 && !take_skip(&walk->rest, 4)) {
        return decode_short(walk);
    }
    return decode_ip4(walk);
}

/* Aruba's access points send the 802.11 frames of their stations under types of their own. */
static bool is_aruba(uint16_t type)
{
    return (type >= 0x8200 && type <= 0x8370 && (type & 0x000f) == 0) || type == 0x9000;
}

static enum decode_result decode_gre_payload(struct walk *walk, uint16_t type, bool sequenced)
{
    if (type == GRE_ERSPAN) {
        return decode_erspan2(walk, sequenced);
    }
    if (type == GRE_ERSPAN_III) {
        return decode_erspan3(walk);
    }
    if (type == GRE_WCCP) {
        return decode_wccp(walk);
    }
    if (is_aruba(type)) {
        return decode_wifi(walk);
    }
    return type <= ETHERTYPE_MAX_LENGTH ? DECODE_OTHER : decode_ethertype(walk, type);
}

/* Source routes (RFC 1701): family, offset, length, that many bytes; family and length 0 end them.
 */
static bool take_gre_routes(struct bytes *in)
{
    uint16_t family;
    uint8_t len;

    do {
        if (!take_u16(in, &family) || !take_skip(in, 1) || !take_u8(in, &len) ||
            !take_skip(in, len)) {
            return false;
        }
    } while (family != 0 || len != 0);
    return true;
}

/* The optional fields of version 0 (RFC 2784, RFC 2890). */
static bool take_gre_options(struct bytes *in, uint16_t flags)
{
    if ((flags & (GRE_CHECKSUM | GRE_ROUTING)) != 0 && !take_skip(in, 4)) {
        return false;
    }
    if ((flags & GRE_KEY) != 0 && !take_skip(in, 4)) {
        return false;
    }
    if ((flags & GRE_SEQUENCE) != 0 && !take_skip(in, 4)) {
        return false;
    }
    return (flags & GRE_ROUTING) == 0 || take_gre_routes(in);
}

/* Version 1 (PPTP, RFC 2637, section 4.1) has a payload length and a call where the key is;
 * MikroTik bends it to carry Ethernet. */
static enum decode_result decode_gre1(struct walk *walk, uint16_t flags, uint16_t type)
{
    uint16_t len;

    if ((flags & GRE_KEY) == 0 || (type != ETHERTYPE_PPP && type != GRE_EOIP)) {
        return DECODE_OTHER;
    }
    if (!take_u16(&walk->rest, &len) || !take_skip(&walk->rest, 2) ||
        ((flags & GRE_SEQUENCE) != 0 && !take_skip(&walk->rest, 4)) ||
        ((flags & GRE_ACK) != 0 && !take_skip(&walk->rest, 4))) {
        return decode_short(walk);
    }
    if (!decode_trim(walk, len)) {
        return DECODE_MALFORMED;
    }
    if (walk->rest.len == 0 && walk->cut == 0) {
        return DECODE_OTHER; /* an acknowledgement or keep-alive alone */
    }
    return type == ETHERTYPE_PPP ? decode_ppp(walk) : decode_bridged(walk);
}

enum decode_result decode_gre(struct walk *walk)
{
    uint16_t flags;
    uint16_t type;

    if (!decode_enter(walk)) {
        return DECODE_TOO_DEEP;
    }
    if (!take_u16(&walk->rest, &flags) || !take_u16(&walk->rest, &type)) {
        return decode_short(walk);
    }
    if ((flags & GRE_VERSION) == 1) {
        return decode_gre1(walk, flags, type);
    }
    if ((flags & GRE_VERSION) != 0) {
        return DECODE_OTHER;
    }
    if (!take_gre_options(&walk->rest, flags)) {
        return decode_short(walk);
    }
    return decode_gre_payload(walk, type, (flags & GRE_SEQUENCE) != 0);
}

/* Version 3 in the first nibble, the rest zero (RFC 3378). */
enum decode_result decode_etherip(struct walk *walk)
{
    uint16_t version;

    if (!take_u16(&walk->rest, &version)) {
        return decode_short(walk);
    }
    return version == 0x3000 ? decode_bridged(walk) : DECODE_MALFORMED;
}

/* VXLAN (RFC 7348, section 5): flags, of which one says that the network id counts, reserved or
 * group policy, id, reserved. */
static bool decode_vxlan(struct walk *walk, enum decode_result *result)
{
    uint8_t flags;
    uint8_t reserved;

    if (!take_u8(&walk->rest, &flags) || !take_skip(&walk->rest, 6) ||
        !take_u8(&walk->rest, &reserved) || (flags & 0x08) == 0 || reserved != 0) {
        return false;
    }
    *result = decode_bridged(walk);
    return true;
}

/* The generic extension (draft-ietf-nvo3-vxlan-gpe, section 3) names what is inside, where a flag
 * says so: 1 IPv4, 2 IPv6, 3 Ethernet. */
static bool decode_vxlan_gpe(struct walk *walk, enum decode_result *result)
{
    uint8_t flags;
    uint8_t next;
    uint8_t reserved;

    if (!take_u8(&walk->rest, &flags) || !take_skip(&walk->rest, 2) ||
        !take_u8(&walk->rest, &next) || !take_skip(&walk->rest, 3) ||
        !take_u8(&walk->rest, &reserved) || (flags & 0x08) == 0 || reserved != 0) {
        return false;
    }
    if ((flags & 0x04) == 0 || next == 3) {
        *result = decode_bridged(walk);
        return true;
    }
    *result = next == 1 || next == 2 ? decode_ip(walk) : DECODE_MALFORMED;
    return true;
}

/* GENEVE (RFC 8926, section 3.4): version and length of options in words, flags, type, network id,
 * reserved, options. */
static bool decode_geneve(struct walk *walk, enum decode_result *result)
{
    uint8_t version_words;
    uint16_t type;

    if (!take_u8(&walk->rest, &version_words) || !take_skip(&walk->rest, 1) ||
        !take_u16(&walk->rest, &type) || !take_skip(&walk->rest, 4) || version_words >> 6 != 0 ||
        !take_skip(&walk->rest, (version_words & 0x3fu) * (size_t)4) ||
        (type != ETHERTYPE_BRIDGE && type != ETHERTYPE_IPV4 && type != ETHERTYPE_IPV6)) {
        return false;
    }
    *result = decode_ethertype(walk, type);
    return true;
}

/* Extension headers: length in words, content, type of the next; 0 ends them. */
static bool take_gtp_extensions(struct bytes *in, uint8_t next)
{
    while (next != 0) {
        uint8_t words;

        if (!take_u8(in, &words) || words == 0 || !take_skip(in, words * (size_t)4 - 2) ||
            !take_u8(in, &next)) {
            return false;
        }
    }
    return true;
}

/* GTP-U (3GPP TS 29.281, section 5): version 1 and flags, type 255 for data, length of all that
 * follows the tunnel's id, and if any flag is set sequence, N-PDU and next extension. */
static bool decode_gtp(struct walk *walk, enum decode_result *result)
{
    uint8_t flags;
    uint8_t type;
    uint16_t len;
    uint8_t next = 0;
    uint8_t version;

    if (!take_u8(&walk->rest, &flags) || !take_u8(&walk->rest, &type) ||
        !take_u16(&walk->rest, &len) || !take_skip(&walk->rest, 4) || (flags & 0xf0) != 0x30 ||
        type != 0xff || !decode_trim(walk, len)) {
        return false;
    }
    if ((flags & 0x07) != 0 && (!take_skip(&walk->rest, 3) || !take_u8(&walk->rest, &next) ||
                                ((flags & 0x04) != 0 && !take_gtp_extensions(&walk->rest, next)))) {
        return false;
    }
    if (!peek_u8(walk->rest, &version) || (version >> 4 != 4 && version >> 4 != 6)) {
        return false;
    }
    *result = decode_ip(walk);
    return true;
}

/* An authentication header and the origin as the relay saw it may come first (RFC 4380, section
 * 5.1.1); then an IPv6 packet that fits. */
static bool decode_teredo(struct walk *walk, enum decode_result *result)
{
    struct bytes header;
    uint8_t id_len;
    uint8_t authentication_len;
    uint8_t version;
    uint16_t len;

    if (take_prefix(&walk->rest, BYTES("\x00\x01")) &&
        (!take_u8(&walk->rest, &id_len) || !take_u8(&walk->rest, &authentication_len) ||
         !take_skip(&walk->rest, (size_t)id_len + authentication_len + 9))) {
        return false;
    }
    if (take_prefix(&walk->rest, BYTES("\x00\x00")) && !take_skip(&walk->rest, 6)) {
        return false;
    }
    header = walk->rest;
    if (!take_u8(&header, &version) || !take_skip(&header, 3) || !take_u16(&header, &len) ||
        version >> 4 != 6 || len + 40u > walk->rest.len + walk->cut) {
        return false;
    }
    *result = decode_ip6(walk);
    return true;
}

static bool decode_by_port(struct walk *walk, uint16_t port, enum decode_result *result)
{
    switch (port) {
    case TUNNEL_PORT_VXLAN:
    case TUNNEL_PORT_VXLAN_OLD:
        return decode_vxlan(walk, result);
    case TUNNEL_PORT_VXLAN_GPE:
        return decode_vxlan_gpe(walk, result);
    case TUNNEL_PORT_GENEVE:
        return decode_geneve(walk, result);
    case TUNNEL_PORT_GTP:
        return decode_gtp(walk, result);
    case TUNNEL_PORT_TEREDO:
        return decode_teredo(walk, result);
    default:
        return false;
    }
}

/* Teredo is spoken from its port too, and some GTP is; the others choose their source port for
 * spreading load. */
static uint16_t port_of(const struct packet *packet)
{
    bool from = packet->src_port == TUNNEL_PORT_TEREDO || packet->src_port == TUNNEL_PORT_GTP;

    return from && !decode_is_tunnel_port(packet->dst_port) ? packet->src_port : packet->dst_port;
}

/* A client may use a tunnel's port by chance: when what is inside contradicts itself, the datagram
 * stands for itself. */
bool decode_udp_tunnel(struct walk *walk, enum decode_result *result)
{
    struct packet packet = *walk->packet;
    struct walk outside = *walk;

    if (!decode_enter(walk)) {
        *result = DECODE_TOO_DEEP;
        return true;
    }
    if (decode_by_port(walk, port_of(&packet), result) && *result != DECODE_MALFORMED) {
        return true;
    }
    *walk->packet = packet;
    *walk = outside;
    return false;
}

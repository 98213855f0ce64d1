#include "sensor/decode_layer.h"

/* An IP header begins: what was outside is a tunnel now, and its MACs are not the sender's. */
static bool enter_ip(struct walk *walk)
{
    if (walk->ip_layers > 0) {
        if (!walk->has_link) {
            walk->packet->src_mac.known = false;
            walk->packet->dst_mac.known = false;
        }
        walk->packet->tunnels = (uint8_t)walk->ip_layers;
    }
    walk->ip_layers++;
    walk->has_link = false;
    walk->reassembled = false;
    return decode_enter(walk);
}

static enum decode_result hand_out_fragment(struct walk *walk, struct fragment fragment)
{
    fragment.data = walk->rest;
    fragment.cut = walk->cut > 0;
    walk->packet->fragment = fragment;
    return DECODE_FRAGMENT;
}

/*
 * IPv4 (RFC 791, section 3.1): version and header words, service, total length, id, flags and
 * fragment offset, TTL, protocol, checksum, source, destination, options.
 */
enum decode_result decode_ip4(struct walk *walk)
{
    struct packet *packet = walk->packet;
    struct fragment fragment = {0};
    struct bytes header;
    uint8_t version_words;
    uint16_t total;
    uint16_t id;
    uint16_t flags_offset;
    size_t header_len;

    if (!enter_ip(walk)) {
        return DECODE_TOO_DEEP;
    }
    if (!take_bytes(&walk->rest, 20, &header) || !take_u8(&header, &version_words) ||
        !take_skip(&header, 1) || !take_u16(&header, &total) || !take_u16(&header, &id) ||
        !take_u16(&header, &flags_offset) || !take_u8(&header, &packet->ttl) ||
        !take_u8(&header, &fragment.ip_protocol) || !take_skip(&header, 2) ||
        !take_address4(&header, &packet->src) || !take_address4(&header, &packet->dst)) {
        return decode_short(walk);
    }
    header_len = (version_words & 0x0fu) * (size_t)4;
    if (version_words >> 4 != 4 || header_len < 20) {
        return DECODE_MALFORMED;
    }
    /* 0: segmentation offload left the length to the card; the frame's end is the packet's. A
     * length beyond the frame on the wire would be dropped by every receiver. */
    if (total != 0 && (total < header_len || !decode_trim(walk, total - 20u))) {
        return DECODE_MALFORMED;
    }
    if (!take_skip(&walk->rest, header_len - 20)) {
        return decode_short(walk);
    }
    if ((flags_offset & 0x3fff) != 0) {
        fragment.id = id;
        fragment.offset = (flags_offset & 0x1fffu) * 8u;
        fragment.more = (flags_offset & 0x2000) != 0;
        return hand_out_fragment(walk, fragment);
    }
    return decode_protocol(walk, fragment.ip_protocol);
}

/* The one answer that is not a result of the whole walk: go on with the next header. */
enum extension { EXTENSION_TAKEN, EXTENSION_END };

/*
 * Fragment header (RFC 8200, section 4.5): next header, reserved, offset and more flag, id. One
 * with neither offset nor more is a whole packet (RFC 6946).
 */
static enum extension take_fragment(struct walk *walk, uint8_t *next, enum decode_result *result)
{
    struct fragment fragment = {0};
    uint16_t offset_more;

    if (!take_u8(&walk->rest, &fragment.ip_protocol) || !take_skip(&walk->rest, 1) ||
        !take_u16(&walk->rest, &offset_more) || !take_u32(&walk->rest, &fragment.id)) {
        *result = decode_short(walk);
        return EXTENSION_END;
    }
    if ((offset_more & 0xfff9) == 0) {
        *next = fragment.ip_protocol;
        return EXTENSION_TAKEN;
    }
    fragment.offset = offset_more & 0xfff8u;
    fragment.more = (offset_more & 1) != 0;
    /* a fragment of what was fragments: no sender makes it */
    *result = walk->reassembled ? DECODE_MALFORMED : hand_out_fragment(walk, fragment);
    return EXTENSION_END;
}

/* Next header, then a length in units that does not count the first left_out bytes. */
static enum extension take_extension(struct walk *walk, size_t unit, size_t left_out, uint8_t *next,
                                     enum decode_result *result)
{
    uint8_t units;

    if (!take_u8(&walk->rest, next) || !take_u8(&walk->rest, &units) ||
        !take_skip(&walk->rest, units * unit + left_out - 2)) {
        *result = decode_short(walk);
        return EXTENSION_END;
    }
    return EXTENSION_TAKEN;
}

/* AH (RFC 4302) is the one that IPv4 has too. */
enum decode_result decode_extensions(struct walk *walk, uint8_t next)
{
    enum decode_result result = DECODE_OTHER;
    enum extension extension;

    for (;;) {
        switch (next) {
        case IP_PROTOCOL_HOP_BY_HOP:
        case IP_PROTOCOL_ROUTING:
        case IP_PROTOCOL_DESTINATION:
        case IP_PROTOCOL_MOBILITY:
        case IP_PROTOCOL_HIP:
        case IP_PROTOCOL_SHIM6:
            extension = take_extension(walk, 8, 8, &next, &result);
            break;
        case IP_PROTOCOL_AH:
            extension = take_extension(walk, 4, 8, &next, &result);
            break;
        case IP_PROTOCOL_FRAGMENT:
            extension = take_fragment(walk, &next, &result);
            break;
        default:
            return decode_protocol(walk, next);
        }
        if (extension == EXTENSION_END) {
            return result;
        }
        if (!decode_enter(walk)) {
            return DECODE_TOO_DEEP;
        }
    }
}

/* IPv6 (RFC 8200, section 3): version, class and label, payload length, next header, hop limit,
 * source, destination. */
enum decode_result decode_ip6(struct walk *walk)
{
    struct packet *packet = walk->packet;
    struct bytes header;
    uint8_t version;
    uint16_t len;
    uint8_t next;

    if (!enter_ip(walk)) {
        return DECODE_TOO_DEEP;
    }
    if (!take_bytes(&walk->rest, 40, &header) || !take_u8(&header, &version) ||
        !take_skip(&header, 3) || !take_u16(&header, &len) || !take_u8(&header, &next) ||
        !take_u8(&header, &packet->ttl) || !take_address6(&header, &packet->src) ||
        !take_address6(&header, &packet->dst)) {
        return decode_short(walk);
    }
    /* 0: a jumbogram (RFC 2675) or segmentation offload; the frame's end is the packet's */
    if (version >> 4 != 6 || (len != 0 && !decode_trim(walk, len))) {
        return DECODE_MALFORMED;
    }
    if (next == IP_PROTOCOL_TCP || next == IP_PROTOCOL_UDP) {
        return decode_protocol(walk, next);
    }
    return decode_extensions(walk, next);
}

enum decode_result decode_ip(struct walk *walk)
{
    uint8_t first;

    if (!peek_u8(walk->rest, &first)) {
        return decode_short(walk);
    }
    if (first >> 4 == 4) {
        return decode_ip4(walk);
    }
    return first >> 4 == 6 ? decode_ip6(walk) : DECODE_MALFORMED;
}

/*
 * TCP (RFC 9293, section 3.1): ports, seq, ack, header words, flags, window, checksum, urgent
 * pointer, options.
 */
static enum decode_result decode_tcp(struct walk *walk)
{
    struct packet *packet = walk->packet;
    struct bytes rest = walk->rest;
    struct bytes header;
    uint8_t words;

    if (!take_bytes(&rest, 20, &header) || !take_u16(&header, &packet->src_port) ||
        !take_u16(&header, &packet->dst_port) || !take_u32(&header, &packet->seq) ||
        !take_u32(&header, &packet->ack) || !take_u8(&header, &words) ||
        !take_u8(&header, &packet->tcp_flags)) {
        return decode_short(walk);
    }
    words >>= 4;
    if (words < 5) {
        return DECODE_MALFORMED;
    }
    if (!take_skip(&rest, (words - 5u) * (size_t)4)) {
        return decode_short(walk);
    }
    packet->ip_protocol = IP_PROTOCOL_TCP;
    packet->payload = rest;
    packet->missing = (uint32_t)walk->cut;
    return DECODE_OK;
}

/* UDP (RFC 768): ports, length, checksum. A length of 0 is that of a jumbogram. */
static enum decode_result decode_udp(struct walk *walk)
{
    struct packet *packet = walk->packet;
    enum decode_result inside;
    struct bytes header;
    uint16_t len;

    if (!take_bytes(&walk->rest, 8, &header) || !take_u16(&header, &packet->src_port) ||
        !take_u16(&header, &packet->dst_port) || !take_u16(&header, &len)) {
        return decode_short(walk);
    }
    if (len != 0 && (len < 8 || !decode_trim(walk, len - 8u))) {
        return DECODE_MALFORMED;
    }
    if ((decode_is_tunnel_port(packet->dst_port) || decode_is_tunnel_port(packet->src_port)) &&
        decode_udp_tunnel(walk, &inside)) {
        return inside;
    }
    packet->ip_protocol = IP_PROTOCOL_UDP;
    packet->payload = walk->rest;
    packet->missing = (uint32_t)walk->cut;
    return DECODE_OK;
}

enum decode_result decode_protocol(struct walk *walk, uint8_t protocol)
{
    if (protocol == IP_PROTOCOL_TCP) {
        return decode_tcp(walk);
    }
    if (protocol == IP_PROTOCOL_UDP) {
        return decode_udp(walk);
    }
    switch (protocol) {
    case IP_PROTOCOL_IPV4:
        return decode_ip4(walk);
    case IP_PROTOCOL_IPV6:
        return decode_ip6(walk);
    case IP_PROTOCOL_GRE:
        return decode_gre(walk);
    case IP_PROTOCOL_ETHERIP:
        return decode_etherip(walk);
    case IP_PROTOCOL_MPLS:
        return decode_mpls(walk);
    case IP_PROTOCOL_AH:
        return decode_extensions(walk, protocol);
    default:
        return DECODE_OTHER;
    }
}

#include "sensor/decode_layer.h"

/* Views are copied into locals here, so that they stay in registers: a view that was stored in
 * halves and is loaded whole costs more than the rest of the decoder. */

BYTES_INLINE bool take_ethernet(struct bytes *in, struct packet *packet, uint16_t *type)
{
    struct bytes header;
    uint16_t id;

    if (!take_bytes(in, 14, &header) || !take_mac(&header, &packet->dst_mac) ||
        !take_mac(&header, &packet->src_mac) || !take_u16(&header, type)) {
        return false;
    }
    packet->vlan = 0;
    packet->vlans = 0;
    if (*type != ETHERTYPE_VLAN) {
        return true;
    }
    packet->vlans = 1;
    if (!take_u16(in, &id) || !take_u16(in, type)) {
        return false;
    }
    packet->vlan = id & 0x0fff;
    return true;
}

/* Without options, not a fragment, not cut, its length told. */
BYTES_INLINE bool take_ip4(struct bytes *in, struct packet *packet, uint8_t *protocol)
{
    struct bytes header;
    uint16_t version_service;
    uint16_t total;
    uint16_t flags_offset;

    if (!take_bytes(in, 20, &header) || !take_u16(&header, &version_service) ||
        !take_u16(&header, &total) || !take_skip(&header, 2) || !take_u16(&header, &flags_offset) ||
        !take_u8(&header, &packet->ttl) || !take_u8(&header, protocol) || !take_skip(&header, 2) ||
        !take_address4(&header, &packet->src) || !take_address4(&header, &packet->dst) ||
        version_service >> 8 != 0x45 || (flags_offset & 0x3fff) != 0 || total < 20 ||
        total - 20u > in->len) {
        return false;
    }
    *in = bytes_first(*in, total - 20u);
    return true;
}

BYTES_INLINE bool take_ip6(struct bytes *in, struct packet *packet, uint8_t *protocol)
{
    struct bytes header;
    uint32_t version;
    uint16_t len;

    if (!take_bytes(in, 40, &header) || !take_u32(&header, &version) || !take_u16(&header, &len) ||
        !take_u8(&header, protocol) || !take_u8(&header, &packet->ttl) ||
        !take_address6(&header, &packet->src) || !take_address6(&header, &packet->dst) ||
        version >> 28 != 6 || len == 0 || len > in->len) {
        return false;
    }
    *in = bytes_first(*in, len);
    return true;
}

BYTES_INLINE bool take_tcp(struct bytes *in, struct packet *packet)
{
    struct bytes header;
    uint8_t words;

    if (!take_bytes(in, 20, &header) || !take_u16(&header, &packet->src_port) ||
        !take_u16(&header, &packet->dst_port) || !take_u32(&header, &packet->seq) ||
        !take_u32(&header, &packet->ack) || !take_u8(&header, &words) ||
        !take_u8(&header, &packet->tcp_flags)) {
        return false;
    }
    return words >> 4 >= 5 && take_skip(in, ((words >> 4) - 5u) * (size_t)4);
}

/* Of a port that no tunnel has. */
BYTES_INLINE bool take_udp(struct bytes *in, struct packet *packet)
{
    struct bytes header;
    uint16_t len;

    if (!take_bytes(in, 8, &header) || !take_u16(&header, &packet->src_port) ||
        !take_u16(&header, &packet->dst_port) || !take_u16(&header, &len) || len < 8 ||
        len - 8u > in->len || decode_is_tunnel_port(packet->src_port) ||
        decode_is_tunnel_port(packet->dst_port)) {
        return false;
    }
    packet->tcp_flags = 0;
    packet->seq = 0;
    packet->ack = 0;
    *in = bytes_first(*in, len - 8u);
    return true;
}

bool decode_common(const struct frame *frame, struct packet *packet)
{
    struct bytes rest = {frame->captured.at, frame->captured.len};
    uint8_t protocol = 0;
    uint16_t type = 0;

    if (!take_ethernet(&rest, packet, &type) ||
        !(type == ETHERTYPE_IPV4   ? take_ip4(&rest, packet, &protocol)
          : type == ETHERTYPE_IPV6 ? take_ip6(&rest, packet, &protocol)
                                   : false) ||
        !(protocol == IP_PROTOCOL_TCP   ? take_tcp(&rest, packet)
          : protocol == IP_PROTOCOL_UDP ? take_udp(&rest, packet)
                                        : false)) {
        return false;
    }
    packet->at = frame->at;
    packet->interface = frame->interface;
    packet->ip_protocol = protocol;
    packet->tunnels = 0;
    packet->payload = rest;
    packet->missing = 0;
    return true;
}

/*
 * packet: one packet of a flow as an Ethernet frame, with right checksums.
 */
#include <string.h>

#include "tests/bench/makecapture/makecapture.h"

enum {
    LEAST_FRAME = 60, /* without its check sequence */
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_IPV6 = 0x86dd,
    ETHERTYPE_VLAN = 0x8100,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17
};

static uint64_t sum_words(const uint8_t *data, size_t len)
{
    uint64_t sum = 0;

    for (size_t i = 0; i + 1 < len; i += 2) {
        sum += (uint32_t)data[i] << 8 | data[i + 1];
    }
    return len % 2 == 0 ? sum : sum + ((uint32_t)data[len - 1] << 8);
}

static uint16_t checksum(uint64_t sum)
{
    while (sum > 0xffff) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

static void set_u16(uint8_t *place, unsigned value)
{
    place[0] = (uint8_t)(value >> 8);
    place[1] = (uint8_t)value;
}

static unsigned protocol(const struct flow *flow)
{
    return flow->is_udp ? PROTOCOL_UDP : PROTOCOL_TCP;
}

static void put_ethernet(struct buffer *frame, const struct flow *flow, enum side from)
{
    static const uint8_t mac[2][6] = {{2, 0, 0x5e, 0x10, 0, 1}, {2, 0, 0x5e, 0x10, 0, 2}};

    put_bytes(frame, mac[!from], 6);
    put_bytes(frame, mac[from], 6);
    if (options.vlan != 0) {
        put_u16(frame, ETHERTYPE_VLAN);
        put_u16(frame, (unsigned)options.vlan);
    }
    put_u16(frame, flow->is_v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4);
}

/* Servers are some hops away. */
static unsigned hops_left(enum side from)
{
    return from == CLIENT ? 64 : 55;
}

static void put_ipv4(struct buffer *frame, struct flow *flow, enum side from, size_t len)
{
    size_t begin = frame->len;

    put_u16(frame, 0x4500);
    put_u16(frame, (unsigned)(20 + len));
    put_u16(frame, flow->ip_id[from]++);
    put_u16(frame, 0x4000); /* do not fragment */
    put_u8(frame, hops_left(from));
    put_u8(frame, protocol(flow));
    put_u16(frame, 0);
    put_bytes(frame, flow->address[from], 4);
    put_bytes(frame, flow->address[!from], 4);
    set_u16(frame->at + begin + 10, checksum(sum_words(frame->at + begin, 20)));
}

static void put_ipv6(struct buffer *frame, const struct flow *flow, enum side from, size_t len)
{
    put_u32(frame, 0x60000000);
    put_u16(frame, (unsigned)len);
    put_u8(frame, protocol(flow));
    put_u8(frame, hops_left(from));
    put_bytes(frame, flow->address[from], 16);
    put_bytes(frame, flow->address[!from], 16);
}

/* The ports, the length and the empty checksum. */
static void put_udp(struct buffer *frame, const struct flow *flow, enum side from, size_t len)
{
    put_u16(frame, flow->port[from]);
    put_u16(frame, flow->port[!from]);
    put_u16(frame, (unsigned)(8 + len));
    put_u16(frame, 0);
}

/* The echoed timestamp must be the other side's last: peers that check it (RFC 7323, section 5)
 * take the segment for an old one otherwise. */
static void put_timestamps(struct buffer *frame, struct flow *flow, enum side from, unsigned flags)
{
    flow->time_sent[from] = (uint32_t)(capture_now() / 1000000) + flow->time_offset[from];
    put_u16(frame, 0x080a);
    put_u32(frame, flow->time_sent[from]);
    put_u32(frame, (flags & FLAG_ACK) != 0 ? flow->time_sent[!from] : 0);
}

static void put_tcp(struct buffer *frame, struct flow *flow, enum side from, unsigned flags,
                    uint32_t seq)
{
    bool is_syn = (flags & FLAG_SYN) != 0;

    put_u16(frame, flow->port[from]);
    put_u16(frame, flow->port[!from]);
    put_u32(frame, seq);
    put_u32(frame, (flags & FLAG_ACK) != 0 ? flow->seq[!from] : 0);
    put_u8(frame, is_syn ? 10 << 4 : 8 << 4);
    put_u8(frame, flags);
    put_u16(frame, is_syn ? 64240 : 501);
    put_u32(frame, 0); /* checksum, urgent pointer */
    if (is_syn) {
        put_u32(frame, 0x020405b4); /* segments of 1460 bytes */
        put_u16(frame, 0x0402);     /* selective acknowledgements */
        put_timestamps(frame, flow, from, flags);
        put_u32(frame, 0x01030307); /* window scale */
    } else {
        put_u16(frame, 0x0101);
        put_timestamps(frame, flow, from, flags);
    }
}

/* Over what follows `begin`, and the pseudo header. */
static unsigned transport_checksum(const struct buffer *frame, const struct flow *flow,
                                   size_t begin)
{
    size_t address_len = flow->is_v6 ? 16 : 4;
    size_t len = frame->len - begin;
    uint64_t sum = sum_words(flow->address[CLIENT], address_len) +
                   sum_words(flow->address[SERVER], address_len) + protocol(flow) + len +
                   sum_words(frame->at + begin, len);
    unsigned value = checksum(sum);

    return value == 0 && flow->is_udp ? 0xffff : value; /* RFC 768: 0 says that there is none */
}

static void put_ip(struct buffer *frame, struct flow *flow, enum side from, size_t len)
{
    if (flow->is_v6) {
        put_ipv6(frame, flow, from, len);
    } else {
        put_ipv4(frame, flow, from, len);
    }
}

static void pad(struct buffer *frame)
{
    while (frame->len < LEAST_FRAME) {
        put_u8(frame, 0);
    }
}

void packet_send(struct flow *flow, enum side from, unsigned flags, uint32_t seq,
                 const uint8_t *data, uint32_t len)
{
    size_t header_len = flow->is_udp ? 8 : (flags & FLAG_SYN) != 0 ? 40 : 32;
    struct buffer frame;
    size_t begin;

    frame.len = 0;
    put_ethernet(&frame, flow, from);
    put_ip(&frame, flow, from, header_len + len);
    begin = frame.len;
    if (flow->is_udp) {
        put_udp(&frame, flow, from, len);
    } else {
        put_tcp(&frame, flow, from, flags, seq);
    }
    if (len > 0) {
        put_bytes(&frame, data, len);
    }
    set_u16(frame.at + begin + (flow->is_udp ? 6 : 16), transport_checksum(&frame, flow, begin));
    pad(&frame);
    if (!draw_chance(options.drop)) { /* the mirror port lost it, the ends did not */
        capture_put(frame.at, frame.len);
    }
}

/*
 * decode: from a frame to the innermost TCP segment or UDP datagram. No state: fragments are handed
 * out for defrag.h.
 *
 * Links: Ethernet, Linux SLL and SLL2, raw IP, NULL and LOOP, PPP, 802.11 with and without
 * radiotap. Between: 802.1Q, 802.1ad, MPLS, PPPoE, GRE, ERSPAN I to III, VXLAN, GENEVE, IP-in-IP,
 * 6in4, Teredo. At most DECODE_MAX_LAYERS headers.
 */
#ifndef BASICTAP_SENSOR_DECODE_H
#define BASICTAP_SENSOR_DECODE_H

#include "sensor/source.h"

enum { DECODE_MAX_LAYERS = 24 };

enum decode_result {
    DECODE_OK,        /* packet is complete but for packet->missing */
    DECODE_FRAGMENT,  /* packet->fragment is for defrag_push */
    DECODE_OTHER,     /* well-formed, but not TCP or UDP over IP: ARP, ICMP, LLDP, ... */
    DECODE_TRUNCATED, /* the capture cut it inside a header (snap length) */
    DECODE_MALFORMED, /* a header contradicts itself */
    DECODE_TOO_DEEP,
    DECODE_LINK, /* link type unknown */
    NUM_DECODE_RESULTS,
};

enum tcp_flag { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16 };

/* A piece of an IP packet. */
struct fragment {
    uint32_t id;
    uint32_t offset; /* bytes */
    bool more;
    uint8_t ip_protocol; /* IPv6: next header of the fragmentable part */
    struct bytes data;
    bool cut; /* data is shorter than it was on the wire */
};

struct packet {
    struct moment at;
    const char *interface;
    struct address src;
    struct address dst;
    uint16_t src_port;
    uint16_t dst_port;
    uint8_t ip_protocol; /* 6 TCP, 17 UDP */
    uint8_t tcp_flags;
    uint8_t ttl;     /* IPv4 TTL or IPv6 hop limit, innermost */
    uint8_t tunnels; /* how many IP layers lie outside this one */
    uint16_t vlan;   /* outermost 802.1Q id; 0: none */
    uint16_t vlans;  /* how many tags */
    uint32_t seq;
    uint32_t ack;
    struct mac src_mac; /* of the innermost link layer; not known where a tunnel carries bare IP */
    struct mac dst_mac;
    struct bytes payload;
    uint32_t missing;         /* payload bytes that the capture cut off */
    struct fragment fragment; /* set with DECODE_FRAGMENT only */
};

/* What was not reached is zero: no address, no port, no payload. */
enum decode_result decode_frame(const struct frame *frame, struct packet *packet);

/* Goes on with a reassembled IP payload; packet keeps the addresses and the envelope that its
 * fragments had. */
enum decode_result decode_ip_payload(struct packet *packet, uint8_t ip_protocol,
                                     struct bytes payload);

const char *decode_word(unsigned result); /* "ok", "fragment", ... */

#endif

/*
 * decode_layer: what the files of the decoder share. Each function decodes one header at the front
 * of walk->rest and goes on with the one inside; what it returns is the frame's result.
 */
#ifndef BASICTAP_SENSOR_DECODE_LAYER_H
#define BASICTAP_SENSOR_DECODE_LAYER_H

#include "sensor/decode.h"

struct walk {
    struct packet *packet;
    struct bytes rest;  /* what is left of the frame, padding cut off where a length told */
    size_t cut;         /* bytes that followed rest on the wire and that the capture left out */
    unsigned layers;    /* headers entered */
    unsigned ip_layers; /* IP headers among them */
    bool has_link;      /* a link layer was entered behind the last IP header: its MACs count */
    bool reassembled;   /* rest is the payload of a packet that defrag put together */
};

enum ip_protocol {
    IP_PROTOCOL_HOP_BY_HOP = 0,
    IP_PROTOCOL_IPV4 = 4,
    IP_PROTOCOL_TCP = 6,
    IP_PROTOCOL_UDP = 17,
    IP_PROTOCOL_IPV6 = 41,
    IP_PROTOCOL_ROUTING = 43,
    IP_PROTOCOL_FRAGMENT = 44,
    IP_PROTOCOL_GRE = 47,
    IP_PROTOCOL_AH = 51,
    IP_PROTOCOL_DESTINATION = 60,
    IP_PROTOCOL_ETHERIP = 97,
    IP_PROTOCOL_MOBILITY = 135,
    IP_PROTOCOL_MPLS = 137,
    IP_PROTOCOL_HIP = 139,
    IP_PROTOCOL_SHIM6 = 140,
};

enum ethertype {
    ETHERTYPE_MAX_LENGTH = 1500, /* up to here it is a length, and LLC follows */
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_ARP = 0x0806,
    ETHERTYPE_BRIDGE = 0x6558, /* an Ethernet frame inside GRE, GENEVE */
    ETHERTYPE_VLAN = 0x8100,
    ETHERTYPE_IPV6 = 0x86dd,
    ETHERTYPE_PPP = 0x880b,
    ETHERTYPE_MPLS = 0x8847,
    ETHERTYPE_MPLS_MULTICAST = 0x8848,
    ETHERTYPE_PPPOE_DISCOVERY = 0x8863,
    ETHERTYPE_PPPOE_SESSION = 0x8864,
    ETHERTYPE_QINQ = 0x88a8,
    ETHERTYPE_FABRICPATH = 0x8903, /* Cisco: an Ethernet frame between switches */
    ETHERTYPE_QINQ_OLD = 0x9100,
    ETHERTYPE_QINQ_OLDER = 0x9200,
};

/* What to say of a header that does not fit into walk->rest. */
static inline enum decode_result decode_short(const struct walk *walk)
{
    return walk->cut > 0 ? DECODE_TRUNCATED : DECODE_MALFORMED;
}

/* Counts one more header; false: too many. */
static inline bool decode_enter(struct walk *walk)
{
    return ++walk->layers <= DECODE_MAX_LAYERS;
}

/* Cuts rest to the len bytes that a header claims; false: the frame never had as many. */
static inline bool decode_trim(struct walk *walk, size_t len)
{
    if (len <= walk->rest.len) {
        walk->rest = bytes_first(walk->rest, len);
        walk->cut = 0;
        return true;
    }
    if (len - walk->rest.len > walk->cut) {
        return false;
    }
    walk->cut = len - walk->rest.len;
    return true;
}

/* decode_common.c: the frames that nearly all traffic is made of, in registers and without calls.
 * True: packet is as decode_ethernet would leave it with DECODE_OK. False: anything may be set. */
bool decode_common(const struct frame *frame, struct packet *packet);

/* decode.c: without the short cut; tests hold that it makes no difference. */
enum decode_result decode_frame_slowly(const struct frame *frame, struct packet *packet);

/* decode_link.c: the outermost headers but Ethernet. */
enum decode_result decode_link(struct walk *walk, int link_type);
enum decode_result decode_ppp(struct walk *walk); /* with or without HDLC framing */

/* decode_wifi.c: 802.11, bare and behind what monitor mode puts in front. */
enum decode_result decode_wifi(struct walk *walk);
enum decode_result decode_radiotap(struct walk *walk);
enum decode_result decode_ppi(struct walk *walk);
enum decode_result decode_prism(struct walk *walk);

/* decode_ether.c: between link and IP. */
enum decode_result decode_ethernet(struct walk *walk);
enum decode_result decode_bridged(struct walk *walk); /* an Ethernet frame inside a tunnel */
enum decode_result decode_ethertype(struct walk *walk, uint16_t type);
enum decode_result decode_llc(struct walk *walk);
enum decode_result decode_mpls(struct walk *walk);

/* decode_ip.c */
enum decode_result decode_ip(struct walk *walk); /* of the version that it says */
enum decode_result decode_ip4(struct walk *walk);
enum decode_result decode_ip6(struct walk *walk);
enum decode_result decode_protocol(struct walk *walk, uint8_t protocol);

/* Steps over the extension headers in front of what IPv6 carries (RFC 8200, section 4). */
enum decode_result decode_extensions(struct walk *walk, uint8_t next);

/* decode_tunnel.c */
enum decode_result decode_gre(struct walk *walk);
enum decode_result decode_etherip(struct walk *walk);

/* Whether the datagram in walk->rest carries a tunnel that its ports and its first bytes name.
 * True: *result is what was found inside. False: packet and walk are unchanged. */
bool decode_udp_tunnel(struct walk *walk, enum decode_result *result);

/* Ports that UDP tunnels are told by. */
enum tunnel_port {
    TUNNEL_PORT_GTP = 2152,
    TUNNEL_PORT_TEREDO = 3544,
    TUNNEL_PORT_VXLAN = 4789,
    TUNNEL_PORT_VXLAN_GPE = 4790,
    TUNNEL_PORT_GENEVE = 6081,
    TUNNEL_PORT_VXLAN_OLD =
        8472, /* what Linux used before the number was assigned, and still does */
};

static inline bool decode_is_tunnel_port(uint16_t port)
{
    return port == TUNNEL_PORT_VXLAN || port == TUNNEL_PORT_GENEVE || port == TUNNEL_PORT_GTP ||
           port == TUNNEL_PORT_TEREDO || port == TUNNEL_PORT_VXLAN_OLD ||
           port == TUNNEL_PORT_VXLAN_GPE;
}

#endif

/*
 * packet: QUIC's packets with a long header, and how a client's Initial packets open for whoever
 * sees them: their keys come from a connection id that stands in clear (RFC 9001, section 5.2;
 * RFC 9369 for version 2).
 */
#ifndef BASICTAP_DISSECTORS_QUIC_PACKET_H
#define BASICTAP_DISSECTORS_QUIC_PACKET_H

#include "dissectors/tls/crypto.h"

enum {
    PACKET_ID_MIN = 8,         /* of the id that a client draws for the server */
    PACKET_ID_MAX = 20,        /* of any */
    PACKET_HEADER_MAX = 2048,  /* of an Initial that is opened; tokens are what makes it long */
    PACKET_OPENED_MAX = 16384, /* likewise, its frames */
};

struct packet_version;

/* Views of the datagram. */
struct quic_packet {
    const struct packet_version *version;
    bool is_initial;
    struct bytes destination; /* connection id */
    struct bytes clear;       /* an Initial's header up to its number */
    struct bytes rest;        /* the number, and all that follows it to the packet's end */
};

/* The keys of a client's Initial packets. */
struct packet_keys {
    const struct packet_version *version;
    uint8_t key[16];
    uint8_t iv[12];
    uint8_t header[16];
};

/* Where a packet is opened; its frames lie here. */
struct packet_room {
    uint8_t header[PACKET_HEADER_MAX];
    uint8_t opened[PACKET_OPENED_MAX];
};

/* A look at the first bytes: is this an Initial of a version that is read here? */
bool packet_is_initial(struct bytes in);

/* The next packet of a datagram. False: none whose length and version are known, which goes for
 * Retry, Version Negotiation and short headers too. */
bool packet_take(struct bytes *in, struct quic_packet *packet);

/* False: the cryptography failed. */
bool packet_derive(struct crypto *crypto, const struct quic_packet *packet,
                   struct packet_keys *keys);

/* False: these are not its keys, or it is damaged, or larger than is read. frames lives in room. */
bool packet_open(struct crypto *crypto, const struct packet_keys *keys,
                 const struct quic_packet *packet, struct packet_room *room, struct bytes *frames);

#endif

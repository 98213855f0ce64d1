/* rpc_pdu: connection-oriented DCE/RPC (C706, chapter 12; [MS-RPCE] 2.2.2): what a PDU is, which
 * interface a bind asks for, and how it authenticates. For TCP and for RPC over HTTP. */
#ifndef BASICTAP_DISSECTORS_RPC_RPC_PDU_H
#define BASICTAP_DISSECTORS_RPC_RPC_PDU_H

#include "dissectors/dissector.h"

enum rpc_type {
    RPC_REQUEST = 0,
    RPC_RESPONSE = 2,
    RPC_FAULT = 3,
    RPC_BIND = 11,
    RPC_BIND_ACK = 12,
    RPC_BIND_NAK = 13,
    RPC_ALTER_CONTEXT = 14,
    RPC_ALTER_CONTEXT_RESPONSE = 15,
    RPC_AUTH3 = 16,
    RPC_RTS = 20, /* RPC over HTTP only, [MS-RPCH] 2.2.3 */
};

enum { RPC_HEADER_SIZE = 16, RPC_MAX_PDU = 65535 };

struct rpc_header {
    uint8_t type;
    bool little_endian;
    uint16_t len; /* of the PDU, header included; at least RPC_HEADER_SIZE */
    uint16_t auth_len;
};

/* Does in begin with a PDU? MAYBE: more bytes could tell. */
enum probe rpc_probe(struct bytes in);

/* Reads the header at the front of in, which is not taken; false: too few bytes, or no PDU. */
bool rpc_peek_header(struct bytes in, struct rpc_header *header);

/* Mechanism and token of a PDU's security trailer; false when it has none. pdu: all of it. */
bool rpc_parse_auth(struct bytes pdu, const struct rpc_header *header, enum mechanism *mechanism,
                    struct bytes *token);

/* Does a BIND or ALTER_CONTEXT ask for an interface of Exchange's mailbox or address book? */
bool rpc_asks_for_exchange(struct bytes pdu, const struct rpc_header *header);

/* The status of a FAULT, the reason of a BIND_NAK; 0 where there is none. */
uint32_t rpc_status(struct bytes pdu, const struct rpc_header *header);

#endif

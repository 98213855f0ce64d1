#include "dissectors/rpc/rpc_pdu.h"

#include <string.h>

enum {
    AUTH_NEGOTIATE = 9,
    AUTH_NTLM = 10,
    AUTH_KERBEROS = 16,
    SYNTAX_SIZE = 20, /* an interface or transfer syntax: UUID and version */
    TRAILER_SIZE = 8, /* type, level, padding, reserved, context */
};

static bool take_u16_of(const struct rpc_header *header, struct bytes *in, uint16_t *out)
{
    return header->little_endian ? take_u16_le(in, out) : take_u16(in, out);
}

static bool take_u32_of(const struct rpc_header *header, struct bytes *in, uint32_t *out)
{
    return header->little_endian ? take_u32_le(in, out) : take_u32(in, out);
}

static bool is_type(uint8_t type)
{
    return type == RPC_REQUEST || type == RPC_RESPONSE || type == RPC_FAULT ||
           (type >= RPC_BIND && type <= RPC_AUTH3) || type == RPC_RTS;
}

/* version 5, minor 0 or 1, type, flags, then integer, character and float representation and two
 * zero bytes: what can be told of the bytes that are here. */
enum probe rpc_probe(struct bytes in)
{
    struct rpc_header header;
    uint8_t byte;

    if ((peek_u8_at(in, 0, &byte) && byte != 5) || (peek_u8_at(in, 1, &byte) && byte > 1) ||
        (peek_u8_at(in, 2, &byte) && !is_type(byte)) ||
        (peek_u8_at(in, 4, &byte) && (byte & 0xee) != 0) ||
        (peek_u8_at(in, 5, &byte) && byte > 3) || (peek_u8_at(in, 6, &byte) && byte != 0) ||
        (peek_u8_at(in, 7, &byte) && byte != 0)) {
        return PROBE_NO;
    }
    if (in.len < RPC_HEADER_SIZE) {
        return PROBE_MAYBE;
    }
    return rpc_peek_header(in, &header) ? PROBE_YES : PROBE_NO;
}

bool rpc_peek_header(struct bytes in, struct rpc_header *header)
{
    uint8_t version;
    uint8_t minor;
    uint8_t order;

    if (!take_u8(&in, &version) || version != 5 || !take_u8(&in, &minor) || minor > 1 ||
        !take_u8(&in, &header->type) || !take_skip(&in, 1) || !take_u8(&in, &order) ||
        !take_skip(&in, 3)) {
        return false;
    }
    header->little_endian = (order & 0x10) != 0;
    return take_u16_of(header, &in, &header->len) && take_u16_of(header, &in, &header->auth_len) &&
           take_skip(&in, 4) && is_type(header->type) && header->len >= RPC_HEADER_SIZE &&
           header->auth_len <= header->len - RPC_HEADER_SIZE;
}

static enum mechanism mechanism_of(uint8_t type)
{
    switch (type) {
    case AUTH_NEGOTIATE:
        return MECHANISM_RPC_NEGOTIATE;
    case AUTH_NTLM:
        return MECHANISM_RPC_NTLM;
    case AUTH_KERBEROS:
        return MECHANISM_RPC_KERBEROS;
    default:
        return MECHANISM_OTHER;
    }
}

bool rpc_parse_auth(struct bytes pdu, const struct rpc_header *header, enum mechanism *mechanism,
                    struct bytes *token)
{
    size_t tail = (size_t)header->auth_len + TRAILER_SIZE;
    uint8_t type;

    pdu = bytes_first(pdu, header->len);
    if (header->auth_len == 0 || pdu.len < RPC_HEADER_SIZE + tail ||
        !take_skip(&pdu, pdu.len - tail) || !take_u8(&pdu, &type) ||
        !take_skip(&pdu, TRAILER_SIZE - 1)) {
        return false;
    }
    *mechanism = mechanism_of(type);
    *token = pdu;
    return true;
}

/* Field by field, because three of its fields have the byte order of the sender. */
struct uuid {
    uint32_t low;
    uint16_t middle;
    uint16_t high;
    uint8_t rest[8];
};

static bool take_uuid(const struct rpc_header *header, struct bytes *in, struct uuid *uuid)
{
    return take_u32_of(header, in, &uuid->low) && take_u16_of(header, in, &uuid->middle) &&
           take_u16_of(header, in, &uuid->high) && take_into(in, uuid->rest, sizeof(uuid->rest));
}

static bool is_exchange(const struct uuid *uuid)
{
    static const struct uuid interfaces[] = {
        /* EMSMDB and AsyncEMSMDB, [MS-OXCRPC] 1.9 */
        {0xa4f1db00, 0xca47, 0x1067, {0xb3, 0x1f, 0x00, 0xdd, 0x01, 0x06, 0x62, 0xda}},
        {0x5261574a, 0x4572, 0x206e, {0xb2, 0x68, 0x6b, 0x19, 0x92, 0x13, 0xb4, 0xe4}},
        /* NSPI, [MS-OXNSPI] 1.9 */
        {0xf5cc5a18, 0x4264, 0x101a, {0x8c, 0x59, 0x08, 0x00, 0x2b, 0x2f, 0x84, 0x26}},
    };

    for (size_t i = 0; i < sizeof(interfaces) / sizeof(interfaces[0]); i++) {
        if (uuid->low == interfaces[i].low && uuid->middle == interfaces[i].middle &&
            uuid->high == interfaces[i].high &&
            memcmp(uuid->rest, interfaces[i].rest, sizeof(uuid->rest)) == 0) {
            return true;
        }
    }
    return false;
}

/* Fragment sizes, association group, number of contexts; each context: id, number of transfer
 * syntaxes, interface and version, then so many syntaxes of 20 bytes. */
bool rpc_asks_for_exchange(struct bytes pdu, const struct rpc_header *header)
{
    struct bytes rest = bytes_after(bytes_first(pdu, header->len), RPC_HEADER_SIZE);
    uint8_t num_contexts;
    uint8_t num_syntaxes;
    struct uuid uuid;

    if (!take_skip(&rest, 8) || !take_u8(&rest, &num_contexts) || !take_skip(&rest, 3)) {
        return false;
    }
    for (; num_contexts > 0; num_contexts--) {
        if (!take_skip(&rest, 2) || !take_u8(&rest, &num_syntaxes) || !take_skip(&rest, 1) ||
            !take_uuid(header, &rest, &uuid) || !take_skip(&rest, 4)) {
            return false;
        }
        if (is_exchange(&uuid)) {
            return true;
        }
        if (!take_skip(&rest, (size_t)num_syntaxes * SYNTAX_SIZE)) {
            return false;
        }
    }
    return false;
}

uint32_t rpc_status(struct bytes pdu, const struct rpc_header *header)
{
    struct bytes rest = bytes_after(bytes_first(pdu, header->len), RPC_HEADER_SIZE);
    uint32_t status = 0;
    uint16_t reason = 0;

    if (header->type == RPC_BIND_NAK) {
        (void)take_u16_of(header, &rest, &reason);
        return reason;
    }
    if (header->type == RPC_FAULT && take_skip(&rest, 8)) { /* hint, context, cancels */
        (void)take_u32_of(header, &rest, &status);
    }
    return status;
}

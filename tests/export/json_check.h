/* json_check: whether a text is JSON (RFC 8259), by a reader that shares nothing with the writer.
 */
#ifndef BASICTAP_TESTS_EXPORT_JSON_CHECK_H
#define BASICTAP_TESTS_EXPORT_JSON_CHECK_H

#include "dissectors/base/text.h"

static inline bool json_value(struct bytes *in, unsigned depth);

static inline bool json_string(struct bytes *in)
{
    uint8_t byte;

    if (!take_prefix(in, BYTES("\""))) {
        return false;
    }
    while (take_u8(in, &byte) && byte != '"') {
        struct bytes hex;
        uint64_t code;

        if (byte < 0x20) {
            return false;
        }
        if (byte != '\\') {
            continue;
        }
        if (!take_u8(in, &byte) || strchr("\"\\/bfnrtu", byte) == NULL) {
            return false;
        }
        if (byte == 'u' &&
            (!take_bytes(in, 4, &hex) || !take_hex(&hex, 0xffff, &code) || hex.len != 0)) {
            return false;
        }
        byte = 0;
    }
    return byte == '"';
}

static inline bool json_digits(struct bytes *in)
{
    size_t len = 0;
    uint8_t byte;

    while (peek_u8_at(*in, len, &byte) && byte >= '0' && byte <= '9') {
        len++;
    }
    return len > 0 && take_skip(in, len);
}

static inline bool json_number(struct bytes *in)
{
    uint8_t byte;

    (void)take_prefix(in, BYTES("-"));
    if (take_prefix(in, BYTES("0")) ? peek_u8(*in, &byte) && byte >= '0' && byte <= '9'
                                    : !json_digits(in)) {
        return false;
    }
    if (take_prefix(in, BYTES(".")) && !json_digits(in)) {
        return false;
    }
    if (take_prefix_nocase(in, BYTES("e"))) {
        (void)(take_prefix(in, BYTES("+")) || take_prefix(in, BYTES("-")));
        return json_digits(in);
    }
    return true;
}

/* Members of an object (each with its key) or an array, after the opening bracket. */
static inline bool json_members(struct bytes *in, bool keys, unsigned depth)
{
    const struct bytes end = keys ? BYTES("}") : BYTES("]");

    if (take_prefix(in, end)) {
        return true;
    }
    do {
        if (keys && (!json_string(in) || !take_prefix(in, BYTES(":")))) {
            return false;
        }
        if (!json_value(in, depth + 1)) {
            return false;
        }
    } while (take_prefix(in, BYTES(",")));
    return take_prefix(in, end);
}

static inline bool json_value(struct bytes *in, unsigned depth)
{
    if (depth > 2000) {
        return false;
    }
    if (take_prefix(in, BYTES("{"))) {
        return json_members(in, true, depth);
    }
    if (take_prefix(in, BYTES("["))) {
        return json_members(in, false, depth);
    }
    return take_prefix(in, BYTES("true")) || take_prefix(in, BYTES("false")) ||
           (bytes_starts(*in, BYTES("\"")) ? json_string(in) : json_number(in));
}

static inline bool is_json(struct bytes in)
{
    return json_value(&in, 0) && in.len == 0;
}

static inline bool is_utf8(struct bytes in)
{
    while (in.len > 0) {
        size_t len = text_character(in);

        if (len == 0 || !take_skip(&in, len)) {
            return false;
        }
    }
    return true;
}

#endif

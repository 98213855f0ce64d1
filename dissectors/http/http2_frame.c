#include "dissectors/http/http2_frame.h"

#include "dissectors/http/hpack.h"

enum {
    SETTING_SIZE = 6,
    LAST_SETTING = 9, /* RFC 9113 has six, RFC 8441 and RFC 9218 add 8 and 9 */
    PRIORITY_SIZE = 5,
    MAX_LIKELY_STREAM = 1 << 24, /* browsers do not get far; a header of noise mostly does */
};

bool http2_take_header(struct bytes *in, struct http2_frame *frame)
{
    struct bytes rest = *in;

    if (!take_u24(&rest, &frame->len) || !take_u8(&rest, &frame->type) ||
        !take_u8(&rest, &frame->flags) || !take_u32(&rest, &frame->stream)) {
        return false;
    }
    frame->stream &= 0x7fffffff; /* the first bit is reserved, and to be ignored */
    *in = rest;
    return true;
}

/* What a type says of its own length and stream (RFC 9113, sections 6.1 to 6.10). */
static bool has_right_size(const struct http2_frame *frame)
{
    switch (frame->type) {
    case HTTP2_PRIORITY:
        return frame->len == PRIORITY_SIZE;
    case HTTP2_RST_STREAM:
    case HTTP2_WINDOW_UPDATE:
        return frame->len == 4;
    case HTTP2_SETTINGS:
        return (frame->flags & HTTP2_ACK) != 0 ? frame->len == 0 : frame->len % SETTING_SIZE == 0;
    case HTTP2_PING:
        return frame->len == 8;
    case HTTP2_GOAWAY:
        return frame->len >= 8;
    default:
        return true;
    }
}

static bool has_right_stream(const struct http2_frame *frame, enum side from)
{
    switch (frame->type) {
    case HTTP2_HEADERS:
        return from == SIDE_CLIENT ? frame->stream % 2 == 1 : frame->stream != 0;
    case HTTP2_PUSH_PROMISE:
        return from == SIDE_SERVER && frame->stream % 2 == 1;
    case HTTP2_DATA:
    case HTTP2_PRIORITY:
    case HTTP2_RST_STREAM:
    case HTTP2_CONTINUATION:
        return frame->stream != 0;
    case HTTP2_SETTINGS:
    case HTTP2_PING:
    case HTTP2_GOAWAY:
        return frame->stream == 0;
    default:
        return true;
    }
}

bool http2_is_valid(const struct http2_frame *frame, enum side from)
{
    return has_right_size(frame) && has_right_stream(frame, from);
}

static bool has_padding(const struct http2_frame *frame)
{
    return frame->type != HTTP2_CONTINUATION && (frame->flags & HTTP2_PADDED) != 0;
}

bool http2_parse_fragment(const struct http2_frame *frame, struct bytes payload,
                          struct bytes *fragment)
{
    uint8_t padding = 0;
    uint32_t promised;

    if (has_padding(frame) && !take_u8(&payload, &padding)) {
        return false;
    }
    if (frame->type == HTTP2_HEADERS && (frame->flags & HTTP2_HAS_PRIORITY) != 0 &&
        !take_skip(&payload, PRIORITY_SIZE)) {
        return false;
    }
    if (frame->type == HTTP2_PUSH_PROMISE && !take_u32(&payload, &promised)) {
        return false;
    }
    if (padding > payload.len) {
        return false;
    }
    *fragment = bytes_first(payload, payload.len - padding);
    return true;
}

/* Flags that a type has; of the others, none is sent by anybody. */
static uint8_t flags_of(uint8_t type)
{
    switch (type) {
    case HTTP2_DATA:
        return HTTP2_END_STREAM | HTTP2_PADDED;
    case HTTP2_HEADERS:
        return HTTP2_END_STREAM | HTTP2_END_HEADERS | HTTP2_PADDED | HTTP2_HAS_PRIORITY;
    case HTTP2_SETTINGS:
    case HTTP2_PING:
        return HTTP2_ACK;
    case HTTP2_PUSH_PROMISE:
        return HTTP2_END_HEADERS | HTTP2_PADDED;
    case HTTP2_CONTINUATION:
        return HTTP2_END_HEADERS;
    default:
        return 0;
    }
}

static bool is_likely(const struct http2_frame *frame, enum side from)
{
    return frame->type <= HTTP2_CONTINUATION && frame->len <= HTTP2_COMMON_FRAME &&
           (frame->flags & ~flags_of(frame->type)) == 0 && frame->stream < MAX_LIKELY_STREAM &&
           http2_is_valid(frame, from);
}

static void count_pseudo_field(void *ctx, const struct hpack_field *field)
{
    unsigned *num = ctx;

    if (field->has_name && bytes_starts(field->name, BYTES(":"))) {
        (*num)++;
    }
}

/* Whole, of nothing but what a block may hold, and with a pseudo-header that is known: the method
 * and the scheme nearly always, the status mostly. */
static bool is_head(const struct http2_frame *frame, struct bytes payload)
{
    struct hpack hpack = {0};
    struct bytes fragment;
    unsigned num = 0;
    bool is_block;

    if ((frame->flags & HTTP2_END_HEADERS) == 0 ||
        !http2_parse_fragment(frame, payload, &fragment)) {
        return false;
    }
    hpack_lose(&hpack);
    is_block = hpack_decode(&hpack, fragment, count_pseudo_field, &num);
    hpack_table_clear(&hpack.table);
    return is_block && num > 0;
}

static bool are_settings(struct bytes payload)
{
    uint16_t id;

    if (payload.len == 0) {
        return false;
    }
    while (take_u16(&payload, &id) && take_skip(&payload, SETTING_SIZE - 2)) {
        if (id == 0 || id > LAST_SETTING) {
            return false;
        }
    }
    return payload.len == 0;
}

enum probe http2_probe_frame(struct bytes in, enum side from)
{
    struct http2_frame frame;
    struct http2_frame next;
    struct bytes payload;
    uint8_t first;

    if (peek_u8(in, &first) && first != 0) {
        return PROBE_NO;
    }
    if (!http2_take_header(&in, &frame)) {
        return PROBE_MAYBE;
    }
    if (!is_likely(&frame, from)) {
        return PROBE_NO;
    }
    if (!take_bytes(&in, frame.len, &payload)) {
        return PROBE_MAYBE;
    }
    if ((frame.type == HTTP2_HEADERS && is_head(&frame, payload)) ||
        (frame.type == HTTP2_SETTINGS && are_settings(payload))) {
        return PROBE_YES;
    }
    if (!http2_take_header(&in, &next)) {
        return PROBE_MAYBE;
    }
    return is_likely(&next, from) ? PROBE_YES : PROBE_NO;
}

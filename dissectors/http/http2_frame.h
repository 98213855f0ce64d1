/* http2_frame: the frames of HTTP/2 (RFC 9113, section 4.1 and 6), and finding one among bytes of
 * which the beginning is not known. */
#ifndef BASICTAP_DISSECTORS_HTTP_HTTP2_FRAME_H
#define BASICTAP_DISSECTORS_HTTP_HTTP2_FRAME_H

#include "dissectors/dissector.h"

#define HTTP2_PREFACE BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

enum {
    HTTP2_FRAME_HEADER = 9,
    HTTP2_COMMON_FRAME = 16384, /* no frame is longer unless the receiver said so */
};

enum http2_type {
    HTTP2_DATA = 0,
    HTTP2_HEADERS = 1,
    HTTP2_PRIORITY = 2,
    HTTP2_RST_STREAM = 3,
    HTTP2_SETTINGS = 4,
    HTTP2_PUSH_PROMISE = 5,
    HTTP2_PING = 6,
    HTTP2_GOAWAY = 7,
    HTTP2_WINDOW_UPDATE = 8,
    HTTP2_CONTINUATION = 9,
};

enum http2_flag {
    HTTP2_ACK = 0x01,
    HTTP2_END_STREAM = 0x01,
    HTTP2_END_HEADERS = 0x04,
    HTTP2_PADDED = 0x08,
    HTTP2_HAS_PRIORITY = 0x20,
};

struct http2_frame {
    uint32_t len; /* of what follows the header */
    uint32_t stream;
    uint8_t type; /* enum http2_type, or one that we do not know */
    uint8_t flags;
};

bool http2_take_header(struct bytes *in, struct http2_frame *frame);

/* May a peer send it? Else the connection is closed; or these bytes are no frame. */
bool http2_is_valid(const struct http2_frame *frame, enum side from);

/* The header block's part in the payload of HEADERS, PUSH_PROMISE or CONTINUATION: without padding,
 * priority and promised stream. */
bool http2_parse_fragment(const struct http2_frame *frame, struct bytes payload,
                          struct bytes *fragment);

/*
 * Does a frame begin with in? Stricter than is_valid: a header has some 40 bits of which most are
 * bound, and YES wants two in a row, or one of HEADERS with a block that can be one, or SETTINGS
 * that are known. MAYBE: more bytes could tell.
 */
enum probe http2_probe_frame(struct bytes in, enum side from);

#endif

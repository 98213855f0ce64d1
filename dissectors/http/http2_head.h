/* http2_head: the fields of an HTTP/2 header block, as the head that HTTP/1 has (RFC 9113, section
 * 8.3). */
#ifndef BASICTAP_DISSECTORS_HTTP_HTTP2_HEAD_H
#define BASICTAP_DISSECTORS_HTTP_HTTP2_HEAD_H

#include "dissectors/http/hpack.h"
#include "dissectors/http/http_app.h"

enum { HTTP2_MAX_LIST = 65536 }; /* bytes of names and values that are kept of a block */

struct http2_head {
    struct http_head head; /* its views are of text */
    bool has_pseudo;       /* a pseudo-header was there: no trailers */
    size_t num_fields;     /* that were looked at */
    size_t len;
    uint8_t text[HTTP2_MAX_LIST];
};

/* Reads a block of requests or answers. False: it is none. Either way head is to be cleared. */
bool http2_read_head(struct hpack *hpack, struct bytes block, bool is_request,
                     struct http2_head *head);

/* Wipes what it may hold of a secret. */
void http2_clear_head(struct http2_head *head);

#endif

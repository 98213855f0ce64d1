/* http_framing: where the messages of one side begin and end (RFC 9112, sections 6 and 7), and how
 * to find the next one when bytes are missing. */
#ifndef BASICTAP_DISSECTORS_HTTP_HTTP_FRAMING_H
#define BASICTAP_DISSECTORS_HTTP_HTTP_FRAMING_H

#include "dissectors/http/http_head.h"

enum http_part {
    PART_HEAD,
    PART_BODY,    /* a request's, of known length, whose beginning matters */
    PART_CHUNK,   /* a chunk's size comes next, maybe after the line end of the one before */
    PART_TRAILER, /* after the last chunk */
    PART_WAIT,    /* after a CONNECT: what these bytes are depends on its answer */
    PART_LOST,    /* somewhere */
};

/* One side of a connection. Zeroed at first. */
struct http_half {
    enum http_part part;
    bool may_be_held_back; /* PART_BODY: the client asked first (Expect) */
    size_t scanned;        /* PART_HEAD: bytes that hold no end of the block */
    uint64_t left;         /* PART_BODY: bytes of it to come */
    uint64_t searched;     /* PART_LOST: bytes without a message */
};

enum http_body { BODY_NONE, BODY_LENGTH, BODY_CHUNKED, BODY_UNTIL_CLOSE, BODY_UNKNOWN };

/* What follows a head; *len is set for BODY_LENGTH. Whether an answer can have a body at all, only
 * its request tells. */
enum http_body http_body_of(const struct http_head *head, uint64_t *len);

/* Bytes that nobody needs: those of rest are taken, the others left to the driver. */
void http_pass_over(struct bytes *rest, uint64_t len, struct verdict *verdict);

void http_begin_body(struct http_half *half, enum http_body body, uint64_t len, struct bytes *rest,
                     struct verdict *verdict);

/* From here on a message is searched for. True, for a tail call. */
bool http_lose(struct http_half *half);

/* One step of PART_CHUNK, PART_TRAILER and PART_LOST; false when it needs more bytes. */
bool http_read_chunk(struct http_half *half, struct bytes *rest, struct verdict *verdict);
bool http_read_trailer(struct http_half *half, struct bytes *rest);
bool http_search_request(struct http_half *half, struct bytes *rest);
bool http_search_answer(struct http_half *half, struct bytes *rest);

#endif

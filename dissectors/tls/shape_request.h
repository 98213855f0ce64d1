/*
 * shape_request: the messages of an encrypted HTTP session as requests and answers. Of what a
 * client says up to an answer, the first record is the header in nearly all programs; a body may
 * lie in the same record, or in those that follow.
 */
#ifndef BASICTAP_DISSECTORS_TLS_SHAPE_REQUEST_H
#define BASICTAP_DISSECTORS_TLS_SHAPE_REQUEST_H

#include "dissectors/tls/shape_model.h"

/* Lengths of plaintext. */
struct shape_request {
    uint32_t total;  /* of header and body, at most */
    uint32_t header; /* of the header, at most */
    uint32_t alone;  /* of the header where the body has records of its own; else 0 */
    uint32_t body;   /* of what came in other records than the header */
    uint32_t answer; /* 0: none came */
    bool is_exact;   /* lengths are the very ones: no CBC */
    bool is_whole;   /* nothing of it is missing */
};

struct shape_requests {
    const struct shape *shape;
    const struct shape_http_model *model;
    size_t next; /* message */
    bool is_http2;
    bool has_begun; /* the client has spoken */
};

struct shape_requests shape_requests_of(const struct shape *shape,
                                        const struct shape_http_model *model);

/* The next request and its answer; false: there is none. */
bool shape_requests_take(struct shape_requests *requests, struct shape_request *request);

#endif

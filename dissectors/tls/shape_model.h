/*
 * shape_model: the bounds and patterns of rules/shapes.yml, as numbers. Plain data, filled by
 * whoever reads the file (sensor/shapes.c); each part belongs to the file that interprets it.
 */
#ifndef BASICTAP_DISSECTORS_TLS_SHAPE_MODEL_H
#define BASICTAP_DISSECTORS_TLS_SHAPE_MODEL_H

#include "dissectors/tls/shape.h"

/* shape_mail.c */
struct shape_mail_model {
    uint32_t reserved; /* bounds and dialogue patterns */
};

/* shape_http.c; lengths of plaintext in bytes */
struct shape_http_model {
    uint32_t token_http1;  /* no request below it carries a token */
    uint32_t token_http2;  /* likewise, compressed by HPACK */
    uint32_t ample_http1;  /* a first request from here on is seldom without token or ticket */
    uint32_t ample_http2;  /* likewise */
    uint32_t body;         /* a request from here on is a body */
    uint32_t refusal;      /* no refusal is longer */
    uint32_t interim;      /* what a server says up to here is no answer: 100, frames of control */
    uint32_t settings;     /* nor is its first word in HTTP/2 up to here */
    uint32_t preface;      /* what an HTTP/2 client says first */
    uint32_t basic_least;  /* by how much a request grows for Basic */
    uint32_t basic_most;   /* likewise */
    uint32_t ntlm_most;    /* and, beyond that, for NTLM's last leg */
    uint32_t packet_least; /* records of one packet: a header may be cut there */
    uint32_t packet_most;  /* likewise */
    uint32_t max_requests; /* answered ones that are looked at */
    double basic_accepted; /* confidences: grew by a Basic header, and was let in */
    double basic_rejected; /* the same, and refused as before */
    double basic_posted;   /* a post was let in, and nothing in it is as long as a token */
    double basic_apart;    /* likewise, if the first record is the header */
    double token_alone;    /* a header alone in its record is too large for anything else */
    double token_ample;    /* a first request is ample */
    double token_always;   /* several requests of several lengths, none below the bound */
    double challenge;      /* grew as NTLM does */
    double outcome;        /* of the outcome, where a verdict comes with one */
};

struct shape_model {
    struct shape_mail_model mail;
    struct shape_http_model http;
};

#endif

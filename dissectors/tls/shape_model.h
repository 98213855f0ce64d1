/*
 * shape_model: the bounds and patterns of rules/shapes.yml, as numbers. Plain data, filled by
 * whoever reads the file (sensor/shapes.c); each part belongs to the file that interprets it.
 */
#ifndef BASICTAP_DISSECTORS_TLS_SHAPE_MODEL_H
#define BASICTAP_DISSECTORS_TLS_SHAPE_MODEL_H

#include "dissectors/tls/shape.h"

/* ---- shape_mail.c ---- */

enum {
    SHAPE_MAX_STEPS = 5,
    SHAPE_MAX_LOGINS = 80,
    SHAPE_MAX_ORDINARY = 24,
    SHAPE_MAX_ANSWERS = 40,
    SHAPE_WORDS_SIZE = 72,
    SHAPE_ANY_REST = 4,
    SHAPE_IMAP = 1 << 0, /* services that an entry is about */
    SHAPE_POP = 1 << 1,
    SHAPE_SMTP = 1 << 2,
};

struct shape_range {
    uint32_t min;
    uint32_t max;
};

/* How long something is. Base64 comes in fours: of a line that holds it the rest is known. */
struct shape_length {
    struct shape_range range;
    uint8_t rest;   /* of the length divided by four; SHAPE_ANY_REST: any */
    bool is_tagged; /* IMAP: a tag comes on top, of a length that the session has to show */
};

/* One turn: what the client says, and what it is answered. */
struct shape_turn {
    struct shape_length client;
    struct shape_length server;
    uint8_t records; /* that the client says it in; 0: any number */
};

/* A dialogue that is a login, or that cannot be one. The first that fits is believed. */
struct shape_login {
    char words[SHAPE_WORDS_SIZE]; /* for the evidence */
    uint8_t services;
    uint8_t num_steps;
    uint8_t secret;       /* the step whose client message is the credential */
    uint8_t follow;       /* at least so many turns come after it */
    bool yields;          /* an ordinary command can look like it: a later login is preferred */
    bool excludes_ticket; /* its arithmetic is that of a token, also where Kerberos is possible */
    enum inference_verdict verdict;
    double confidence;
    struct shape_turn steps[SHAPE_MAX_STEPS];
};

/* What a client says before it logs in. */
struct shape_ordinary {
    uint8_t services;
    bool is_first; /* only as the first turn */
    bool is_last;  /* a session may end with it */
    bool is_rare;  /* a login that came to nothing: not what a session without one has */
    struct shape_turn turn;
};

/* The answer to a credential. */
struct shape_answer {
    uint8_t services;
    struct shape_length len;
    struct shape_range follow; /* turns after it */
    enum outcome outcome;
    double confidence;
};

struct shape_mail_model {
    struct shape_range tag; /* IMAP: bytes of a tag */
    uint32_t shortest_line; /* IMAP: bytes of the shortest command, without its tag */
    uint32_t password;      /* bytes of the longest message that holds a password */
    uint32_t token;         /* bytes of the shortest message that holds a token */
    uint32_t block;         /* lengths that are all multiples of this or more are padded */
    uint32_t lone_block;    /* so is a credential that alone is a multiple of this */
    double floor;           /* a confidence below it is undecided */
    double cap_partial;     /* at most, where the beginning was not seen */
    double cap_hole;        /* where bytes are missing before the answer */
    double cap_blurred;     /* where lengths are ranges */
    double cap_unproven;    /* TLS 1.3: where nothing but its length shows a token */
    double cap_conflict;    /* where a long message follows what looks like a password */
    double none;            /* confidence that a session of ordinary commands holds no login */
    struct shape_login logins[SHAPE_MAX_LOGINS];
    struct shape_ordinary ordinary[SHAPE_MAX_ORDINARY];
    struct shape_answer answers[SHAPE_MAX_ANSWERS];
    uint8_t num_logins;
    uint8_t num_ordinary;
    uint8_t num_answers;
};

/* ---- shape_http.c ---- */

/* Lengths of plaintext, in bytes. */
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

/*
 * shape: the encrypted part of a session as a dialogue of lengths, and what it says of the login.
 *
 *     shape.c         records to messages: what a side says until the other one speaks
 *     shape_mail.c    IMAP, POP, SMTP: which message is the credential
 *     shape_http.c    HTTP/1.1 and HTTP/2: how large its requests are, and how they grow
 *
 * A length in TLS is exact but for CBC, whose padding leaves a range (RFC 5246, section 6.2.3.2),
 * and TLS 1.3, which may pad (RFC 8446, section 5.4). Bounds and patterns come from
 * rules/shapes.yml; see shape_model.h.
 */
#ifndef BASICTAP_DISSECTORS_TLS_SHAPE_H
#define BASICTAP_DISSECTORS_TLS_SHAPE_H

#include "dissectors/base/inference.h"
#include "dissectors/context.h"
#include "dissectors/dissector.h"

enum {
    SHAPE_MAX_MESSAGES = 16,
    SHAPE_CLIENT = 0, /* flags: who speaks */
    SHAPE_SERVER = 1 << 0,
    SHAPE_HOLE = 1 << 1,  /* bytes of it are missing: its lengths are lower bounds */
    SHAPE_OPEN = 1 << 2,  /* it may go on */
    SHAPE_ALERT = 1 << 3, /* the side closed after it */
    SHAPE_GUARD = 1 << 4, /* its last record so far may only guard the next one */
};

/* Lengths of plaintext, in bytes; all at least, and at most the session's slack more for each
 * record. */
struct shape_message {
    uint32_t len;    /* of all its records */
    uint16_t first;  /* of its first record */
    uint16_t last;   /* of its last record */
    uint8_t records; /* 255: that or more */
    uint8_t flags;
} __attribute__((packed, aligned(2))); /* many are held: 10 bytes, not 12 */

/* What is known of a session before its first encrypted byte. */
struct shape_session {
    enum service service : 8; /* imap, pop, smtp or http; others are never judged */
    enum target target : 8;
    bool is_starttls;
    bool is_http2; /* as far as ALPN shows it */
    bool is_tls13;
    bool has_guards;   /* CBC of TLS 1.0: a record of no byte or one may stand before each */
    uint8_t finished;  /* TLS 1.3: bytes of a Finished, header and hash; 0: not known */
    uint32_t offered;  /* 1u << enum mechanism: said in clear before STARTTLS; 0: nothing said */
    uint16_t overhead; /* bytes of a record that are not plaintext, at most */
    uint16_t slack;    /* bytes by which that may be less: CBC, or a cipher that is not known; else
                          0 */
};

/*
 * Held for each session under inference (see follow.h). Messages alternate, but where bytes of
 * the other side are known to be missing and nothing else of what they were. The last one may go on
 * (SHAPE_OPEN); TLS 1.3: a message of 2 bytes with SHAPE_ALERT may be data and is an alert unless
 * its side goes on.
 * What TLS 1.3 servers say of their own accord after the handshake (tickets) is set aside where it
 * can be told: two records of the same length. A single ticket is part of the server's first
 * message, before or after what else there is in it.
 */
struct shape {
    struct shape_message messages[SHAPE_MAX_MESSAGES];
    uint8_t num;
    uint8_t handshake; /* how far the encrypted handshake is: see shape.c */
    uint8_t dated;     /* number of the message that `newest` is of */
    uint8_t padding;   /* TLS 1.3: of each record of the client, as its Finished shows it */
    bool is_over;      /* nothing more is to be learned */
    bool is_partial;   /* its beginning was not seen, or cannot be told from the handshake */
    bool is_full;      /* there were more messages than are kept */
    struct shape_session session;
    struct moment at;   /* of the credential; while it is not known, of the newest client message;
                           http: of the first */
    uint64_t newest_ns; /* of the newest client message, in the same file */
    uint64_t newest_frame;
};

static inline bool shape_is_mail(enum service service)
{
    return service == SERVICE_IMAP || service == SERVICE_POP || service == SERVICE_SMTP;
}

/* A session starts: both hellos were read. */
void shape_begin(struct shape *shape, const struct shape_session *session);

/* A protected record as it shows: of its body the length alone is looked at. */
struct shape_record {
    uint8_t type;
    uint16_t len;
};
void shape_record(struct shape *shape, const struct shape_model *model, enum side from,
                  struct shape_record record, const struct moment *now);
/* Bytes of a side are missing. */
void shape_gap(struct shape *shape, const struct shape_model *model, enum side from);

/* What it comes to. False: nothing worth saying (no application data at all, or none of ours). The
 * outcome is the last login's. */
bool shape_judge(const struct shape *shape, const struct shape_model *model,
                 struct inference *inference, enum outcome *outcome);

/* ---- of shape_mail.c and shape_http.c: called by shape.c ---- */

/* After every message that is complete: has the login been seen, and its answer? credential: its
 * number among the messages, as far as it can be told by now; else it is not changed. */
bool shape_mail_is_over(const struct shape *shape, const struct shape_model *model,
                        uint8_t *credential);
bool shape_http_is_over(const struct shape *shape, const struct shape_model *model);

void shape_mail_judge(const struct shape *shape, const struct shape_model *model,
                      struct inference *inference, enum outcome *outcome);
void shape_http_judge(const struct shape *shape, const struct shape_model *model,
                      struct inference *inference, enum outcome *outcome);

#endif

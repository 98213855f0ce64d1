/*
 * state: a TLS session in the reading; shared by the files of this folder that read it.
 *
 *     tls.c        bytes to records: which are clear, which are protected; what is lost
 *     content.c    what records carry, clear or opened
 *     sealed.c     protected records: opened, or waiting for their key
 *     message.c    handshake messages: what they say and what they change
 *     measure.c    what of a protected record is no plaintext, for who follows it by its headers
 *     unlock.c     keys: which opens the next record of a side, and which number it has
 */
#ifndef BASICTAP_DISSECTORS_TLS_STATE_H
#define BASICTAP_DISSECTORS_TLS_STATE_H

#include "dissectors/tls/backlog.h"
#include "dissectors/tls/follow.h"
#include "dissectors/tls/keystore.h"
#include "dissectors/tls/opener.h"
#include "dissectors/tls/tls.h"

/* How the records of a side are protected now. */
enum stage {
    STAGE_CLEAR,
    STAGE_EARLY,       /* TLS 1.3: 0-RTT data of a client */
    STAGE_HANDSHAKE,   /* TLS 1.3 */
    STAGE_APPLICATION, /* and all that is encrypted up to TLS 1.2 */
};

enum early { EARLY_NONE, EARLY_OFFERED, EARLY_ACCEPTED, EARLY_REFUSED };

struct tls_side {
    struct handshake handshake;
    struct opener *opener; /* of the stage; NULL: not made yet */
    enum stage stage;
    uint32_t updates; /* of its key, in this stage */
    bool over;        /* nothing of it is read any more */
    bool searching;  /* bytes were lost: where the next record begins is not known; once it is over,
                        it matters only to who follows it */
    bool uncertain;  /* records were lost: the number of the next one is not known */
    bool has_opened; /* a record of any stage did */
    bool passing;    /* records that cannot be opened come first, and are no loss */
    uint32_t failed; /* records in a row that did not open */
    uint32_t tries;  /* records opened in vain, all told */
    uint64_t missing; /* bytes of the stream since the last one that did */
    uint64_t passed;  /* bytes of it since its hello, or since it was over */
};

struct tls_state {
    struct tls_side sides[2];
    struct event *event;       /* the owner's; dated by the first record */
    struct tls_event *facts;   /* in it */
    struct tls_params params;  /* in force, or being agreed on */
    const struct suite *suite; /* NULL: not chosen, or one that is not read */
    enum early early;
    uint8_t master[TLS_MASTER_SIZE]; /* up to TLS 1.2 */
    bool has_master;
    uint8_t *transcript; /* handshake messages so far, only while an RSA key may want their hash */
    size_t transcript_len;
    struct backlog backlog;
    bool wakes; /* a key that the backlog waits for may be there */
    const struct context *context;
    const struct tls_outlet *outlet;
    void *outlet_ctx;
    uint8_t *scratch;
    tls_watch_fn *watch; /* NULL: nobody watches, or it was asked */
    void *watch_ctx;
    struct followed *followed; /* the watcher's; NULL: none */
    bool seen;                 /* there was at least the header of one */
    bool said;
    bool over;
};

static inline bool is_tls13(const struct tls_state *tls)
{
    return tls->params.version == TLS_VERSION_13;
}

/* Is there what opening takes, whether or not this session's key is among it? */
static inline bool can_open(const struct tls_state *tls)
{
    return tls->context != NULL && tls->context->crypto != NULL && tls->context->keystore != NULL;
}

/* Is there any key, or may there be one later? */
static inline bool may_open(const struct tls_state *tls)
{
    return can_open(tls) && (tls->context->wait || keystore_is_used(tls->context->keystore));
}

/* tls.c: the one event, with what is known by then. */
void tls_say(struct tls_state *tls, const struct emitter *out);
/* Nothing more is read; the reading is this one, unless there is one already. */
void tls_conclude(struct tls_state *tls, enum tls_reading reading);
/* Nothing more is read of a side; of both, the session is over. */
void tls_side_end(struct tls_state *tls, enum side from);

enum unlock {
    UNLOCKED,
    UNLOCK_FAILED,  /* no key that is there fits */
    UNLOCK_LOST,    /* likewise, and none of that side will */
    UNLOCK_WAITS,   /* its key is not there */
    UNLOCK_REFUSED, /* cannot be read, whatever the key: facts.reading says why */
};

/* message.c: one whole message of a side. */
void message_read(struct tls_state *tls, enum side from, uint8_t type, struct bytes body);
/* A change of cipher spec: from now on (up to TLS 1.2) the side's records are protected. */
void message_change_cipher(struct tls_state *tls, enum side from);
void message_forget_transcript(struct tls_state *tls);

/* A record without its protection. */
struct opened {
    struct bytes plain; /* a view of scratch */
    uint8_t type;       /* of what it carries */
    uint64_t ahead;     /* records that are missing before it */
    uint64_t lost;      /* bytes of plaintext that are missing before it */
};

/* content.c: what a record carries, by its type. */
void content_handshake(struct tls_state *tls, enum side from, struct bytes body);
void content_alert(struct tls_state *tls, enum side from, struct bytes body); /* in clear */
void content_opened(struct tls_state *tls, enum side from, const struct opened *opened,
                    const struct emitter *out);

/* sealed.c: a protected record is opened. False: it waits for a key. */
bool sealed_read(struct tls_state *tls, enum side from, const struct record *record,
                 const struct emitter *out);
/* Keeps it until then, where that has hope. */
void sealed_wait(struct tls_state *tls, enum side from, const struct record *record,
                 const struct emitter *out);
/* Bytes of a side are missing before its next record. */
void sealed_hole(struct tls_state *tls, enum side from, uint64_t lost, const struct moment *at);
/* Opens what waited, in order, as far as keys reach. */
void sealed_drain(struct tls_state *tls, const struct emitter *out);
/* Early data comes before it is known whether the server takes it. That stands in the server's
 * first protected messages, and is worth waiting for even where late keys are not waited for. */
bool sealed_awaits_early(const struct tls_state *tls);
/* Why a record without a key cannot be read. */
enum tls_reading sealed_without_key(const struct tls_state *tls, enum side from);

/* measure.c: is the session followed? Whoever watches is asked first, once there is something to
 * ask about. */
bool measure_begins(struct tls_state *tls);

/* unlock.c: opens a protected record. */
enum unlock unlock_record(struct tls_state *tls, enum side from, const struct record *record,
                          struct opened *opened);
/* The side goes on with another key. */
void unlock_restart(struct tls_side *side, enum stage stage);

#endif

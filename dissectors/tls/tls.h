/*
 * tls: the reader of TLS sessions: every handshake, and what a key opens. Known to conversation.c
 * alone, which owns the state (tls_dissector.state_size zeroed bytes), attaches to it, and hands on
 * what comes out.
 */
#ifndef BASICTAP_DISSECTORS_TLS_TLS_H
#define BASICTAP_DISSECTORS_TLS_TLS_H

#include "dissectors/context.h"
#include "dissectors/dissector.h"
#include "dissectors/tls/follow.h"

struct tls_outlet {
    /* Application data. False: nobody wants more of it, the session is left alone. */
    bool (*plain)(void *ctx, enum side from, struct bytes plain);
    /* Application data is missing; how many bytes is exact where the cipher's expansion is (no
     * padding is then assumed), else an estimate. */
    bool (*lost)(void *ctx, enum side from, uint64_t lost);
    /* What follows came at another time: records that waited for a key. NULL: now again. */
    void (*date)(void *ctx, const struct moment *at);
};

/* Before the first feed. What becomes known of the session is kept in facts, the event that is
 * emitted once; it is zeroed and outlives the state. After end its reading is final. */
void tls_attach(void *state, struct event *facts);

/* Likewise; without it hellos are read, nothing is opened. outlet, its ctx and context outlive the
 * state. scratch: at least RECORD_MAX_BODY bytes that nobody else uses during a feed, needed when
 * there is a crypto. */
void tls_open_for(void *state, const struct context *context, const struct tls_outlet *outlet,
                  void *ctx, uint8_t *scratch);

/* Asked once, before the first protected record of a session whose hellos were both read: what is
 * known of it besides service, target and what was said in clear, which are the answerer's. NULL:
 * nobody wants to know what it looks like from outside. The answerer owns what it gives, which
 * outlives the state. */
typedef struct followed *tls_watch_fn(void *ctx, const struct shape_session *session);

/* Before the first feed: records of a wanted session are followed by their headers, opened or not.
 * Without it none is. */
void tls_watch_for(void *state, tls_watch_fn *watch, void *ctx);

/* Bytes of ciphertext that wait for a key; 0: none. */
size_t tls_waiting(const void *state);

/* New keys may be there: opens what waited, as far as they reach. False: the session is done. */
bool tls_retry(void *state, const struct emitter *out);

/* No longer waits: what waited is given up. */
void tls_give_up(void *state, const struct emitter *out);

#endif

/*
 * conversation_part: a conversation from the inside; shared by three files alone.
 *
 *     conversation.c   bytes: kept, fed, passed over, lost
 *     layer.c          what the bytes are, by layers: a protocol, TLS, a tunnel
 *     watch.c          what a TLS session looks like from outside, and what follows from that
 */
#ifndef BASICTAP_DISSECTORS_CONVERSATION_PART_H
#define BASICTAP_DISSECTORS_CONVERSATION_PART_H

#include "dissectors/conversation.h"
#include "dissectors/inner.h"
#include "dissectors/pending.h"

struct conversation {
    const struct emitter *out;
    const struct context *context;
    struct spares *spares; /* for what it is made of; may be NULL */
    struct emitter annotating;
    const struct dissector *dissector; /* NULL: undecided */
    void *state;
    struct pending sides[2];
    struct inner *inner;       /* what TLS carries; NULL: no TLS, or nothing is opened */
    struct runs runs;          /* only while undecided with bytes kept */
    struct event *tls;         /* what is known of the TLS session, to be said once; NULL: none, or
                                  it is read no more */
    struct followed *followed; /* its records by their headers, while that is inferred from; NULL:
                                  it is not */
    const struct origin *origin;     /* NULL: not known */
    const struct dissector *starter; /* what STARTTLS was said in; NULL: no STARTTLS */
    char *tunnel_target;
    enum service service : 8;
    enum transport transport : 8;
    enum tunnel tunnel : 8;
    enum session_fate fate : 8;
    enum tls_reading reading : 8; /* what became of it, once it is read no more */
    bool offers_http;             /* likewise */
    uint8_t layers;
    bool tls_said;
    bool refused; /* undecided, and every probe said no */
    bool over;
    uint32_t offered; /* 1u << enum mechanism, as the server said in clear */
    uint64_t gaps;
    uint64_t lost;
    uint64_t overlong;
};

/* An emit_fn: what the layers around say of an event comes with it. */
void layer_annotate(void *ctx, struct event *event);

/* A dissector is chosen for what comes. False: no memory, and the conversation is over. */
bool layer_decide(struct conversation *conversation, const struct dissector *dissector);

/* TLS or a tunnel starts: this layer says its last words and the next one is chosen. */
void layer_stack(struct conversation *conversation, enum next next);

/* The layer says its last words. */
void layer_end(struct conversation *conversation);

/* The layer, TLS, has said its last words, and its records are followed. */
void layer_follow(struct conversation *conversation);

/* Likewise, and nothing more is to be learned. */
void layer_abandon(struct conversation *conversation);

/* watch.c: a tls_watch_fn; ctx is the conversation. */
struct followed *watch_begin(void *ctx, const struct shape_session *measured);

/* The session is over: what its shape comes to is said, beside what a key showed (truth; NULL: it
 * was not opened). */
void watch_end(struct conversation *conversation, const struct truth *truth);

/* It is followed no more, and nothing is said of it. */
void watch_drop(struct conversation *conversation);

#endif

/*
 * conversation: the two byte streams of one session, from the first byte to its meaning.
 *
 * Keeps unused bytes, picks the dissector by its probe, stacks what STARTTLS, CONNECT and SOCKS
 * start, and annotates events with transport, tunnel and certainty. Bounded: at most max_pending
 * bytes a side, MAX_LAYERS layers.
 */
#ifndef BASICTAP_DISSECTORS_CONVERSATION_H
#define BASICTAP_DISSECTORS_CONVERSATION_H

#include "dissectors/context.h"
#include "dissectors/dissector.h"

/* What became of a session, for the coverage block. */
enum session_fate {
    SESSION_UNDECIDED, /* no bytes, or no dissector knew them */
    SESSION_READABLE,  /* in clear, or opened with a key */
    SESSION_OPAQUE,    /* went on encrypted */
    SESSION_GAPPED,    /* readable, but bytes were missing that mattered */
};

struct session_summary {
    enum session_fate fate;
    enum service service;     /* of the outermost protocol that was recognised; for TLS what it was
                                 started for */
    bool tls;                 /* TLS was met */
    enum tls_reading reading; /* what became of its encrypted part */
    bool offers_http;         /* its ALPN speaks of HTTP */
    uint64_t gaps;
    uint64_t lost;     /* bytes in those gaps */
    uint64_t overlong; /* times that a message was longer than its dissector keeps */
};

struct conversation;

/* NULL when out of memory. out and context must outlive the conversation; context may be NULL:
 * nothing is decrypted. */
struct conversation *conversation_new(const struct emitter *out, const struct context *context);

/* Whose it is, before it is fed; outlives it, and may change when roles do. NULL: not known. */
void conversation_set_origin(struct conversation *conversation, const struct origin *origin);

/* One that lies in others already, for what TLS carries. */
struct conversation *conversation_new_inside(const struct emitter *out,
                                             const struct context *context, unsigned layers);

/* Memory that the next bytes will need is sent for: first the conversation itself; later, when it
 * has come, the state of its dissector. */
void conversation_prefetch(const struct conversation *conversation);
void conversation_prefetch_state(const struct conversation *conversation);

/* False: nothing more is to be learned, feed no more. */
bool conversation_feed(struct conversation *conversation, enum side from, struct bytes in);
bool conversation_gap(struct conversation *conversation, enum side from, uint64_t lost);

/* How many of the next bytes of a side nobody needs; a stream may drop them unseen (then tells them
 * with conversation_skip). */
uint64_t conversation_skippable(const struct conversation *conversation, enum side from);
void conversation_skip(struct conversation *conversation, enum side from, uint64_t len);

/* True when bytes were seen and every probe has said no: the time to ask for a hint. */
bool conversation_is_refused(const struct conversation *conversation);
/* Chooses a dissector for a conversation that has none, by name; false when there is no such
 * dissector or it has one. What was kept is fed to it. */
bool conversation_hint(struct conversation *conversation, const char *name);

/* Bytes of heap that grow with what it was fed: unused bytes and what its dissector keeps. */
size_t conversation_kept(const struct conversation *conversation);

/* Bytes of ciphertext that wait for a key; 0: none. */
size_t conversation_waiting(const struct conversation *conversation);
/* New keys may be there: reads what waited, as far as they reach. False: nothing more is to be
 * learned. */
bool conversation_retry(struct conversation *conversation);
/* What waits for a key is given up. */
void conversation_give_up(struct conversation *conversation);

/* Ends and frees it: its dissector says what is still open. */
void conversation_end(struct conversation *conversation, struct session_summary *summary);

#endif

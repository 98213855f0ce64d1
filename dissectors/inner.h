/*
 * inner: the conversation that a TLS session carries, fed with what a key opens. Its events say
 * that they were decrypted, and lie in whatever the session lies in.
 */
#ifndef BASICTAP_DISSECTORS_INNER_H
#define BASICTAP_DISSECTORS_INNER_H

#include "dissectors/conversation.h"
#include "dissectors/tls/tls.h"

/* The logins that were read in it. */
struct truth {
    uint32_t families;        /* 1u << enum family of each */
    enum mechanism mechanism; /* of the first that was answered, else of the first */
    enum outcome outcome;     /* of the last */
    bool is_answered;
};

/* Set the first part, zero the rest; what is pointed to outlives it. Zeroed is none. */
struct inner {
    const struct emitter *out; /* for its events */
    struct emitter *dated;     /* of the session: its time is that of the records */
    const struct context *context;
    const struct tls_event *tls;
    const struct origin *origin; /* NULL: not known, or a proxy's */
    const char *protocol; /* name of its dissector, where that is known: after STARTTLS; or NULL */
    const char *tunnel_target;
    enum transport transport;
    enum tunnel tunnel;
    unsigned layers; /* around it */

    struct conversation *conversation; /* NULL: nothing was opened yet */
    struct emitter emitter;
    struct moment now;
    struct truth truth;
};

/* What a TLS session hands on; its ctx is a struct inner. */
extern const struct tls_outlet inner_outlet;

/* As their namesakes of a conversation. */
size_t inner_kept(const struct inner *inner);
size_t inner_waiting(const struct inner *inner);
bool inner_retry(struct inner *inner);
void inner_give_up(struct inner *inner);

/* False: there was none. */
bool inner_end(struct inner *inner, struct session_summary *summary);

#endif

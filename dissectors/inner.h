/*
 * inner: the conversation that a TLS session carries, fed with what a key opens. Its events say
 * that they were decrypted, and lie in whatever the session lies in.
 */
#ifndef BASICTAP_DISSECTORS_INNER_H
#define BASICTAP_DISSECTORS_INNER_H

#include "dissectors/conversation.h"

/* Where it lies; what is pointed to outlives it. */
struct inner_place {
    const struct emitter *out;
    const struct context *context;
    const struct tls_event *tls;
    const char *protocol; /* name of its dissector, where that is known: after STARTTLS; or NULL */
    const char *tunnel_target;
    enum transport transport;
    enum tunnel tunnel;
    unsigned layers; /* around it */
};

struct inner;

struct inner *inner_new(const struct inner_place *place); /* NULL: out of memory */

/* False: nothing more is to be learned. */
bool inner_feed(struct inner *inner, enum side from, struct bytes in, const struct moment *now);
bool inner_gap(struct inner *inner, enum side from, uint64_t lost, const struct moment *now);

/* As their namesakes of a conversation. */
size_t inner_kept(const struct inner *inner);
size_t inner_waiting(const struct inner *inner);
bool inner_retry(struct inner *inner);
void inner_give_up(struct inner *inner);
void inner_end(struct inner *inner, struct session_summary *summary);

#endif

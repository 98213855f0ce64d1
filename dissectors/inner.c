#include "dissectors/inner.h"

#include <stdlib.h>
#include <string.h>

struct inner {
    struct conversation *conversation;
    struct inner_place place;
    struct emitter emitter;
    struct moment now;
};

/* What lies deeper has said its part already: a tunnel in the session, TLS in that. */
static void annotate(void *ctx, struct event *event)
{
    const struct inner_place *place = &((struct inner *)ctx)->place;

    if (event->certainty == CERTAINTY_OBSERVED) {
        event->certainty = CERTAINTY_DECRYPTED;
    }
    if (event->transport == TRANSPORT_CLEAR) {
        event->transport = place->transport;
    }
    if (event->tunnel == TUNNEL_NONE) {
        event->tunnel = place->tunnel;
        event->tunnel_target = place->tunnel_target;
    }
    if (event->tls == NULL && event->kind != EVENT_TLS) {
        event->tls = place->tls;
    }
    emitter_emit(place->out, event);
}

/* What is known of the protocol beforehand; else its first bytes tell, as they do in clear. */
static const char *protocol_of(const struct inner_place *place)
{
    if (place->protocol != NULL) {
        return place->protocol;
    }
    return strcmp(place->tls->next_protocol, "h2") == 0 ? "http2" : NULL;
}

struct inner *inner_new(const struct inner_place *place)
{
    struct inner *inner = calloc(1, sizeof(*inner));
    const char *protocol = protocol_of(place);

    if (inner == NULL) {
        return NULL;
    }
    inner->place = *place;
    inner->emitter = (struct emitter){annotate, inner, &inner->now};
    inner->conversation = conversation_new_inside(&inner->emitter, place->context, place->layers);
    if (inner->conversation == NULL) {
        free(inner);
        return NULL;
    }
    if (protocol != NULL) {
        (void)conversation_hint(inner->conversation, protocol);
    }
    return inner;
}

bool inner_feed(struct inner *inner, enum side from, struct bytes in, const struct moment *now)
{
    inner->now = *now;
    return conversation_feed(inner->conversation, from, in) &&
           !conversation_is_refused(inner->conversation);
}

bool inner_gap(struct inner *inner, enum side from, uint64_t lost, const struct moment *now)
{
    inner->now = *now;
    return conversation_gap(inner->conversation, from, lost);
}

size_t inner_kept(const struct inner *inner)
{
    return conversation_kept(inner->conversation);
}

size_t inner_waiting(const struct inner *inner)
{
    return conversation_waiting(inner->conversation);
}

bool inner_retry(struct inner *inner)
{
    return conversation_retry(inner->conversation);
}

void inner_give_up(struct inner *inner)
{
    conversation_give_up(inner->conversation);
}

void inner_end(struct inner *inner, struct session_summary *summary)
{
    conversation_end(inner->conversation, summary);
    free(inner);
}

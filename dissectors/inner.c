#include "dissectors/inner.h"

#include <string.h>

static void note_truth(struct truth *truth, const struct auth_event *auth)
{
    bool is_answered = auth->outcome != OUTCOME_UNKNOWN && auth->outcome != OUTCOME_ABANDONED;

    if (truth->families == 0 || (is_answered && !truth->is_answered)) {
        truth->mechanism = auth->mechanism;
        truth->is_answered = is_answered;
    }
    truth->families |= 1u << mechanism_family(auth->mechanism);
    truth->outcome = auth->outcome;
}

/* What lies deeper has said its part already: a tunnel in the session, TLS in that. */
static void annotate(void *ctx, struct event *event)
{
    struct inner *inner = ctx;

    if (event->kind == EVENT_AUTH && event->tls == NULL) {
        note_truth(&inner->truth, &event->auth);
    }
    if (event->certainty == CERTAINTY_OBSERVED) {
        event->certainty = CERTAINTY_DECRYPTED;
    }
    if (event->transport == TRANSPORT_CLEAR) {
        event->transport = inner->transport;
    }
    if (event->tunnel == TUNNEL_NONE) {
        event->tunnel = inner->tunnel;
        event->tunnel_target = inner->tunnel_target;
    }
    if (event->tls == NULL && event->kind != EVENT_TLS) {
        event->tls = inner->tls;
    }
    emitter_emit(inner->out, event);
}

/* What is known of the protocol beforehand; else its first bytes tell, as they do in clear. */
static const char *protocol_of(const struct inner *inner)
{
    if (inner->protocol != NULL) {
        return inner->protocol;
    }
    return strcmp(inner->tls->next_protocol, "h2") == 0 ? "http2" : NULL;
}

static bool has_conversation(struct inner *inner)
{
    const char *protocol;

    if (inner->conversation == NULL) {
        protocol = protocol_of(inner);
        inner->emitter = (struct emitter){annotate, inner, &inner->now};
        inner->conversation =
            conversation_new_inside(&inner->emitter, inner->context, inner->layers);
        if (inner->conversation != NULL) {
            conversation_set_origin(inner->conversation, inner->origin);
        }
        if (inner->conversation != NULL && protocol != NULL) {
            (void)conversation_hint(inner->conversation, protocol);
        }
    }
    return inner->conversation != NULL;
}

static bool on_plain(void *ctx, enum side from, struct bytes plain)
{
    struct inner *inner = ctx;

    inner->now = *inner->dated->now;
    return has_conversation(inner) && conversation_feed(inner->conversation, from, plain) &&
           !conversation_is_refused(inner->conversation);
}

static bool on_lost(void *ctx, enum side from, uint64_t lost)
{
    struct inner *inner = ctx;

    inner->now = *inner->dated->now;
    return inner->conversation == NULL || conversation_gap(inner->conversation, from, lost);
}

static void on_date(void *ctx, const struct moment *at)
{
    struct inner *inner = ctx;

    inner->dated->now = at != NULL ? at : inner->out->now;
}

const struct tls_outlet inner_outlet = {on_plain, on_lost, on_date};

size_t inner_kept(const struct inner *inner)
{
    return inner->conversation != NULL ? conversation_kept(inner->conversation) : 0;
}

size_t inner_waiting(const struct inner *inner)
{
    return inner->conversation != NULL ? conversation_waiting(inner->conversation) : 0;
}

bool inner_retry(struct inner *inner)
{
    return inner->conversation == NULL || conversation_retry(inner->conversation);
}

void inner_give_up(struct inner *inner)
{
    if (inner->conversation != NULL) {
        conversation_give_up(inner->conversation);
    }
}

bool inner_end(struct inner *inner, struct session_summary *summary)
{
    if (inner->conversation == NULL) {
        return false;
    }
    conversation_end(inner->conversation, summary);
    inner->conversation = NULL;
    return true;
}

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "dissectors/base/spares.h"
#include "dissectors/conversation_part.h"
#include "dissectors/inner.h"
#include "dissectors/tls/tls.h"

enum { TARGET_SIZE = HOST_SIZE + 8 };

void layer_annotate(void *ctx, struct event *event)
{
    struct conversation *conversation = ctx;

    if (event->kind == EVENT_OFFER) {
        conversation->offered = event->offer.offered;
    }
    if (event->kind == EVENT_TLS) {
        event->service =
            conversation->starter != NULL ? conversation->starter->service : SERVICE_UNKNOWN;
        conversation->tls_said = true;
    } else if (event->service != SERVICE_UNKNOWN && event->service != SERVICE_PROXY) {
        conversation->service = event->service;
    }
    event->transport = conversation->transport;
    event->tunnel = conversation->tunnel;
    event->tunnel_target = conversation->tunnel_target;
    event->certainty = event->kind == EVENT_TLS ? CERTAINTY_POSSIBLE : CERTAINTY_OBSERVED;
    if (event->inference != NULL) {
        event->certainty = CERTAINTY_INFERRED;
    }
    emitter_emit(conversation->out, event);
}

/* ---- what TLS carries ---- */

/* Out of memory, its hellos are read and nothing is opened. */
static void attach_tls(struct conversation *conversation)
{
    const struct context *context = conversation->context;
    struct inner *inner =
        context != NULL ? spares_take(conversation->spares, sizeof(*inner)) : NULL;

    conversation->fate = SESSION_OPAQUE;
    conversation->transport = conversation->starter != NULL ? TRANSPORT_STARTTLS : TRANSPORT_TLS;
    if (context != NULL && context->shapes != NULL && context->facts != NULL) {
        tls_watch_for(conversation->state, watch_begin, conversation);
    }
    if (inner == NULL) {
        return;
    }
    *inner = (struct inner){
        .out = conversation->out,
        .dated = &conversation->annotating,
        .context = context,
        .tls = &conversation->tls->hello,
        .origin = conversation->tunnel == TUNNEL_NONE ? conversation->origin : NULL,
        .protocol = conversation->starter != NULL ? conversation->starter->name : NULL,
        .tunnel_target = conversation->tunnel_target,
        .transport = conversation->transport,
        .tunnel = conversation->tunnel,
        .layers = conversation->layers + 1u,
    };
    conversation->inner = inner;
    tls_open_for(conversation->state, context, &inner_outlet, inner,
                 context->scratch[conversation->layers]);
}

/* Nothing more is read of it: what that took is given back. */
static void close_tls(struct conversation *conversation)
{
    conversation->reading = conversation->tls->hello.reading;
    conversation->offers_http = tls_offers_http(&conversation->tls->hello);
    spares_give(conversation->spares, conversation->inner, sizeof(*conversation->inner));
    spares_give(conversation->spares, conversation->tls, sizeof(*conversation->tls));
    conversation->inner = NULL;
    conversation->tls = NULL;
}

/* What TLS carried has its last word, and is what the session was. */
static void end_tls(struct conversation *conversation)
{
    struct session_summary inside;
    struct truth truth = {0};

    if (conversation->inner != NULL && inner_end(conversation->inner, &inside)) {
        conversation->fate = inside.fate;
        conversation->gaps += inside.gaps;
        conversation->lost += inside.lost;
        conversation->overlong += inside.overlong;
        if (inside.service != SERVICE_UNKNOWN) {
            conversation->service = inside.service;
        }
        truth = conversation->inner->truth;
    }
    watch_end(conversation,
              conversation->tls->hello.reading == TLS_READING_DECRYPTED ? &truth : NULL);
    close_tls(conversation);
}

static void give_state(struct conversation *conversation)
{
    if (conversation->state != NULL) {
        bytes_wipe(conversation->state, conversation->dissector->state_size);
        spares_give(conversation->spares, conversation->state, conversation->dissector->state_size);
    }
    conversation->state = NULL;
}

static void end_dissector(struct conversation *conversation)
{
    const struct dissector *dissector = conversation->dissector;

    if (dissector != NULL && dissector->overlong != NULL) {
        conversation->overlong += dissector->overlong(conversation->state);
    }
    if (dissector != NULL && dissector->end != NULL) {
        dissector->end(conversation->state, &conversation->annotating);
    }
}

void layer_end(struct conversation *conversation)
{
    end_dissector(conversation);
    if (conversation->dissector == &tls_dissector) {
        end_tls(conversation);
    } else if (conversation->dissector == &follow_dissector) {
        watch_end(conversation, NULL);
        conversation->state = NULL; /* it was what the watch has just given back */
    }
    give_state(conversation);
    conversation->dissector = NULL;
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        conversation->sides[side].want = 0;
        conversation->sides[side].skip = 0;
    }
}

void layer_follow(struct conversation *conversation)
{
    struct followed *followed = conversation->followed;

    end_dissector(conversation);
    followed->facts = facts_take(conversation->context->facts, &conversation->tls->hello);
    close_tls(conversation);
    give_state(conversation);
    conversation->dissector = &follow_dissector;
    conversation->state = followed;
    pending_release(&conversation->sides[SIDE_CLIENT]);
    pending_release(&conversation->sides[SIDE_SERVER]);
    if (followed->facts == NULL) {
        watch_drop(conversation);
        layer_abandon(conversation);
    }
}

void layer_abandon(struct conversation *conversation)
{
    layer_end(conversation);
    conversation->over = true;
}

bool layer_decide(struct conversation *conversation, const struct dissector *dissector)
{
    bool is_tls = dissector == &tls_dissector;
    void *state =
        dissector->state_size > 0 ? spares_take(conversation->spares, dissector->state_size) : NULL;
    struct event *tls = is_tls ? spares_take(conversation->spares, sizeof(*tls)) : NULL;

    assert(conversation->tls == NULL); /* what TLS carries is another conversation's */
    if ((state == NULL && dissector->state_size > 0) || (tls == NULL && is_tls)) {
        spares_give(conversation->spares, state, dissector->state_size);
        spares_give(conversation->spares, tls, sizeof(*tls));
        conversation->over = true;
        return false;
    }
    conversation->dissector = dissector;
    conversation->state = state;
    conversation->refused = false;
    if (is_tls) {
        tls_attach(state, tls);
        conversation->tls = tls;
        attach_tls(conversation);
    } else {
        conversation->fate = SESSION_READABLE;
    }
    if (conversation->service == SERVICE_UNKNOWN) {
        conversation->service = dissector->service;
    }
    return true;
}

void layer_stack(struct conversation *conversation, enum next next)
{
    const struct dissector *outer = conversation->dissector;
    char *target = NULL;

    if (++conversation->layers >= MAX_LAYERS) {
        layer_abandon(conversation);
        return;
    }
    if (next == NEXT_TUNNEL) {
        const char *name =
            outer->tunnel_target != NULL ? outer->tunnel_target(conversation->state) : NULL;

        target = name != NULL ? strndup(name, TARGET_SIZE) : NULL;
    }
    layer_end(conversation);
    if (next == NEXT_TUNNEL) {
        free(conversation->tunnel_target);
        conversation->tunnel_target = target;
        conversation->tunnel = outer->tunnel;
        conversation->service = SERVICE_UNKNOWN;
        conversation->fate = SESSION_UNDECIDED;
    } else {
        conversation->starter = outer;
        (void)layer_decide(conversation, &tls_dissector);
    }
}

#include "dissectors/conversation.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "dissectors/base/prefetch.h"
#include "dissectors/base/spares.h"
#include "dissectors/inner.h"
#include "dissectors/pending.h"
#include "dissectors/tls/tls.h"

enum {
    MAX_UNDECIDED = 4096, /* bytes a side that are kept while probes say maybe */
    TARGET_SIZE = HOST_SIZE + 8,
};

struct conversation {
    const struct emitter *out;
    const struct context *context;
    struct spares *spares; /* for what it is made of; may be NULL */
    struct emitter annotating;
    struct inner *inner;               /* what TLS carries; NULL: no TLS, or nothing is opened */
    const struct dissector *dissector; /* NULL: undecided */
    void *state;
    struct pending sides[2];
    struct runs runs;  /* only while undecided with bytes kept */
    struct event *tls; /* what is known of the TLS session, to be said once; NULL: none */
    char *tunnel_target;
    enum service service;
    const struct dissector *starter; /* what STARTTLS was said in; NULL: no STARTTLS */
    enum transport transport;
    enum tunnel tunnel;
    enum session_fate fate;
    uint8_t layers;
    bool tls_said;
    bool refused; /* undecided, and every probe said no */
    bool over;
    uint64_t gaps;
    uint64_t lost;
    uint64_t overlong;
};

static void annotate(void *ctx, struct event *event)
{
    struct conversation *conversation = ctx;

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
    emitter_emit(conversation->out, event);
}

struct conversation *conversation_new(const struct emitter *out, const struct context *context)
{
    return conversation_new_inside(out, context, 0);
}

struct conversation *conversation_new_inside(const struct emitter *out,
                                             const struct context *context, unsigned layers)
{
    struct spares *spares = context != NULL ? context->spares : NULL;
    struct conversation *conversation =
        layers < MAX_LAYERS ? spares_take(spares, sizeof(*conversation)) : NULL;

    if (conversation != NULL) {
        conversation->out = out;
        conversation->context = context;
        conversation->spares = spares;
        conversation->layers = (uint8_t)layers;
        conversation->annotating = (struct emitter){annotate, conversation, out->now};
    }
    return conversation;
}

void conversation_prefetch(const struct conversation *conversation)
{
    prefetch(conversation, sizeof(*conversation));
}

void conversation_prefetch_state(const struct conversation *conversation)
{
    if (conversation->state != NULL) {
        prefetch(conversation->state, conversation->dissector->state_size);
    }
    if (conversation->inner != NULL) {
        prefetch(conversation->tls, offsetof(struct event, hello.alert));
        __builtin_prefetch(&conversation->inner->conversation);
    }
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
    if (inner == NULL) {
        return;
    }
    *inner = (struct inner){
        .out = conversation->out,
        .dated = &conversation->annotating,
        .context = context,
        .tls = &conversation->tls->hello,
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

/* What TLS carried has its last word, and is what the session was. */
static void end_inner(struct conversation *conversation)
{
    struct session_summary inside;

    if (conversation->inner != NULL && inner_end(conversation->inner, &inside)) {
        conversation->fate = inside.fate;
        conversation->gaps += inside.gaps;
        conversation->lost += inside.lost;
        conversation->overlong += inside.overlong;
        if (inside.service != SERVICE_UNKNOWN) {
            conversation->service = inside.service;
        }
    }
    spares_give(conversation->spares, conversation->inner, sizeof(*conversation->inner));
    conversation->inner = NULL;
}

static void end_layer(struct conversation *conversation)
{
    if (conversation->dissector != NULL && conversation->dissector->overlong != NULL) {
        conversation->overlong += conversation->dissector->overlong(conversation->state);
    }
    if (conversation->dissector != NULL && conversation->dissector->end != NULL) {
        conversation->dissector->end(conversation->state, &conversation->annotating);
    }
    if (conversation->dissector == &tls_dissector) {
        end_inner(conversation);
    }
    if (conversation->state != NULL) {
        bytes_wipe(conversation->state, conversation->dissector->state_size);
        spares_give(conversation->spares, conversation->state, conversation->dissector->state_size);
    }
    conversation->dissector = NULL;
    conversation->state = NULL;
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        conversation->sides[side].want = 0;
        conversation->sides[side].skip = 0;
    }
}

static void abandon(struct conversation *conversation)
{
    end_layer(conversation);
    conversation->over = true;
}

static bool decide(struct conversation *conversation, const struct dissector *dissector)
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

/* TLS or a tunnel starts: this layer says its last words and the next one is chosen. */
static void stack(struct conversation *conversation, enum next next)
{
    const struct dissector *outer = conversation->dissector;
    char *target = NULL;

    if (++conversation->layers >= MAX_LAYERS) {
        abandon(conversation);
        return;
    }
    if (next == NEXT_TUNNEL) {
        const char *name =
            outer->tunnel_target != NULL ? outer->tunnel_target(conversation->state) : NULL;

        target = name != NULL ? strndup(name, TARGET_SIZE) : NULL;
    }
    end_layer(conversation);
    if (next == NEXT_TUNNEL) {
        free(conversation->tunnel_target);
        conversation->tunnel_target = target;
        conversation->tunnel = outer->tunnel;
        conversation->service = SERVICE_UNKNOWN;
        conversation->fate = SESSION_UNDECIDED;
    } else {
        conversation->starter = outer;
        (void)decide(conversation, &tls_dissector);
    }
}

/* Takes the verdict's word for a view; true when the same dissector may find more in what is left.
 */
static bool obey(struct conversation *conversation, enum side from, struct bytes *view,
                 struct verdict verdict)
{
    struct pending *side = &conversation->sides[from];
    size_t passed;

    assert(verdict.used <= view->len);
    (void)take_skip(view, verdict.used);
    passed = verdict.skip < view->len ? (size_t)verdict.skip : view->len;
    (void)take_skip(view, passed);
    side->skip = verdict.skip - passed;
    side->want = verdict.want;
    if (verdict.next == NEXT_ABANDON) {
        abandon(conversation);
        return false;
    }
    if (verdict.next != NEXT_SAME) {
        stack(conversation, verdict.next);
        return false;
    }
    return verdict.skip > 0 && view->len > 0;
}

/* Gives the dissector a view until it has nothing more to say about it. The view shrinks by what
 * was used. */
static void consult(struct conversation *conversation, enum side from, struct bytes *view)
{
    struct verdict verdict;

    do {
        if (view->len < conversation->sides[from].want) {
            return;
        }
        verdict = conversation->dissector->feed(conversation->state, from, *view,
                                                &conversation->annotating);
    } while (obey(conversation, from, view, verdict));
}

static void refeed(struct conversation *conversation);

/* Unused bytes of a side, once more: the other side may have said what they waited for. */
static void consult_pending(struct conversation *conversation, enum side from)
{
    struct pending *side = &conversation->sides[from];
    struct bytes view = bytes_view(side->at, side->len);

    if (conversation->over || conversation->dissector == NULL || side->len == 0) {
        return;
    }
    consult(conversation, from, &view);
    pending_drop(side, side->len - view.len);
    if (conversation->dissector == NULL) {
        refeed(conversation);
    }
}

/* A tunnel has just started: what both sides had sent already is for whatever is inside. */
static void refeed(struct conversation *conversation)
{
    struct pending kept[2] = {conversation->sides[SIDE_CLIENT], conversation->sides[SIDE_SERVER]};

    if (conversation->over || conversation->runs.list != NULL ||
        (kept[SIDE_CLIENT].len == 0 && kept[SIDE_SERVER].len == 0)) {
        return;
    }
    memset(conversation->sides, 0, sizeof(conversation->sides));
    (void)conversation_feed(conversation, SIDE_CLIENT,
                            bytes_view(kept[SIDE_CLIENT].at, kept[SIDE_CLIENT].len));
    (void)conversation_feed(conversation, SIDE_SERVER,
                            bytes_view(kept[SIDE_SERVER].at, kept[SIDE_SERVER].len));
    pending_clear(&kept[SIDE_CLIENT]);
    pending_clear(&kept[SIDE_SERVER]);
}

static void tell_gap(struct conversation *conversation, enum side from, uint64_t lost)
{
    if (conversation->dissector == &tls_dissector) { /* counts all bytes between two records */
        lost += conversation->sides[from].len;
    }
    conversation->sides[from].len = 0;
    conversation->sides[from].want = 0;
    if (conversation->dissector->gap == NULL) {
        abandon(conversation);
        return;
    }
    conversation->dissector->gap(conversation->state, from, lost);
}

/* Keeps what is left of in for the next time. */
static void keep(struct conversation *conversation, enum side from, struct bytes *in)
{
    struct pending *side = &conversation->sides[from];
    size_t max = conversation->dissector->max_pending;
    size_t room = max - (side->len < max ? side->len : max);
    size_t len = in->len < room ? in->len : room;

    if (len ==
        0) { /* a message longer than anyone should send: its bytes go, and the dissector is told */
        uint64_t lost = side->len + in->len;

        conversation->overlong++;
        (void)take_skip(in, in->len);
        tell_gap(conversation, from, lost);
        return;
    }
    if (!pending_append(side, in, len)) {
        abandon(conversation);
    }
}

static void feed_undecided(struct conversation *conversation, enum side from, struct bytes in);

/* Feeds a side of a conversation until in is used or kept. A change of layer in the middle is
 * followed. */
static void feed(struct conversation *conversation, enum side from, struct bytes in)
{
    struct pending *side = &conversation->sides[from];

    while (in.len > 0 && !conversation->over) {
        size_t passed = side->skip < in.len ? (size_t)side->skip : in.len;

        if (conversation->dissector == NULL) {
            feed_undecided(conversation, from, in);
            return;
        }
        (void)take_skip(&in, passed);
        side->skip -= passed;
        if (side->len == 0 && in.len > 0) {
            consult(conversation, from, &in);
        }
        if (in.len > 0 && !conversation->over && conversation->dissector != NULL &&
            side->skip == 0) {
            keep(conversation, from, &in);
            if (side->len >= side->want) {
                consult_pending(conversation, from);
            }
        }
    }
}

/* Everything that was kept while undecided, in the order in which it came. */
static void replay_runs(struct conversation *conversation)
{
    struct pending kept[2] = {conversation->sides[SIDE_CLIENT], conversation->sides[SIDE_SERVER]};
    struct runs runs = conversation->runs;
    struct bytes rest[2] = {bytes_view(kept[SIDE_CLIENT].at, kept[SIDE_CLIENT].len),
                            bytes_view(kept[SIDE_SERVER].at, kept[SIDE_SERVER].len)};

    memset(conversation->sides, 0, sizeof(conversation->sides));
    conversation->runs = (struct runs){0};
    for (size_t i = 0; i < runs.num; i++) {
        struct bytes piece;

        if (take_bytes(&rest[runs.list[i].from], runs.list[i].len, &piece)) {
            conversation->annotating.now = &runs.list[i].at;
            (void)conversation_feed(conversation, runs.list[i].from, piece);
        }
    }
    conversation->annotating.now = conversation->out->now;
    pending_clear(&kept[SIDE_CLIENT]);
    pending_clear(&kept[SIDE_SERVER]);
    runs_clear(&runs);
}

static const struct dissector *probe_all(struct bytes client, struct bytes server, bool *maybe)
{
    *maybe = false;
    for (size_t i = 0; dissectors[i] != NULL; i++) {
        enum probe probe = dissectors[i]->probe(client, server);

        if (probe == PROBE_YES) {
            return dissectors[i];
        }
        *maybe = *maybe || probe == PROBE_MAYBE;
    }
    return NULL;
}

/* Keeps undecided bytes and whose they were; false when there is no room. */
static bool keep_undecided(struct conversation *conversation, enum side from, struct bytes *in)
{
    struct pending *side = &conversation->sides[from];
    size_t room = MAX_UNDECIDED - side->len;
    size_t len = in->len < room ? in->len : room;

    return runs_put(&conversation->runs, from, len, conversation->out->now) && len > 0 &&
           pending_append(side, in, len);
}

static void feed_undecided(struct conversation *conversation, enum side from, struct bytes in)
{
    struct pending *sides = conversation->sides;
    const struct dissector *found;
    struct bytes views[2];
    struct bytes rest = in;
    bool fresh;
    bool maybe;

    if (conversation->runs.list == NULL && sides[SIDE_CLIENT].len + sides[SIDE_SERVER].len > 0) {
        refeed(conversation);
        (void)conversation_feed(conversation, from, in);
        return;
    }
    fresh = sides[SIDE_CLIENT].len == 0 && sides[SIDE_SERVER].len == 0;
    if (!fresh && !keep_undecided(conversation, from, &rest)) {
        conversation->refused = true;
        return;
    }
    views[SIDE_CLIENT] = bytes_view(sides[SIDE_CLIENT].at, sides[SIDE_CLIENT].len);
    views[SIDE_SERVER] = bytes_view(sides[SIDE_SERVER].at, sides[SIDE_SERVER].len);
    if (fresh) { /* most conversations are known by their first bytes: nothing is copied then */
        views[from] = in;
    }
    found = probe_all(views[SIDE_CLIENT], views[SIDE_SERVER], &maybe);
    if (found != NULL && decide(conversation, found)) {
        if (!fresh) {
            replay_runs(conversation);
        }
        (void)conversation_feed(conversation, from, fresh ? in : rest);
        return;
    }
    if (fresh && !keep_undecided(conversation, from, &rest)) {
        maybe = false;
    }
    conversation->refused = !maybe;
}

bool conversation_feed(struct conversation *conversation, enum side from, struct bytes in)
{
    enum side other = from == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT;

    if (conversation->over) {
        return false;
    }
    feed(conversation, from, in);
    if (conversation->dissector == NULL) {
        refeed(conversation);
    } else if (conversation->sides[other].len >= conversation->sides[other].want) {
        consult_pending(conversation, other);
    }
    return !conversation->over;
}

bool conversation_gap(struct conversation *conversation, enum side from, uint64_t lost)
{
    struct pending *side = &conversation->sides[from];
    uint64_t passed = side->skip < lost ? side->skip : lost;

    side->skip -= passed;
    lost -= passed;
    if (conversation->over || lost == 0) {
        return !conversation->over;
    }
    conversation->gaps++;
    conversation->lost += lost;
    if (conversation->dissector != NULL) {
        tell_gap(conversation, from, lost);
    } else {
        side->len = 0; /* its beginning is lost: it goes on as if joined in the middle */
        runs_forget(&conversation->runs, from);
    }
    return !conversation->over;
}

uint64_t conversation_skippable(const struct conversation *conversation, enum side from)
{
    return conversation->sides[from].skip;
}

void conversation_skip(struct conversation *conversation, enum side from, uint64_t len)
{
    assert(len <= conversation->sides[from].skip);
    conversation->sides[from].skip -= len;
}

bool conversation_is_refused(const struct conversation *conversation)
{
    return conversation->dissector == NULL && conversation->refused;
}

bool conversation_hint(struct conversation *conversation, const char *name)
{
    const struct dissector *dissector = dissector_find(name);

    if (conversation->over || conversation->dissector != NULL || dissector == NULL ||
        dissector->feed == NULL) {
        return false;
    }
    if (!decide(conversation, dissector)) {
        return false;
    }
    replay_runs(conversation);
    return true;
}

size_t conversation_kept(const struct conversation *conversation)
{
    const struct dissector *dissector = conversation->dissector;
    size_t kept = conversation->sides[SIDE_CLIENT].size + conversation->sides[SIDE_SERVER].size;

    if (conversation->inner != NULL) {
        kept += inner_kept(conversation->inner);
    }
    return dissector != NULL && dissector->kept != NULL
               ? kept + dissector->kept(conversation->state)
               : kept;
}

size_t conversation_waiting(const struct conversation *conversation)
{
    if (conversation->over || conversation->inner == NULL) {
        return 0;
    }
    return tls_waiting(conversation->state) + inner_waiting(conversation->inner);
}

bool conversation_retry(struct conversation *conversation)
{
    if (conversation_waiting(conversation) > 0) {
        if (!tls_retry(conversation->state, &conversation->annotating) ||
            !inner_retry(conversation->inner)) {
            abandon(conversation);
        }
    }
    return !conversation->over;
}

void conversation_give_up(struct conversation *conversation)
{
    if (conversation_waiting(conversation) == 0) {
        return;
    }
    tls_give_up(conversation->state, &conversation->annotating);
    inner_give_up(conversation->inner);
}

void conversation_end(struct conversation *conversation, struct session_summary *summary)
{
    const struct tls_event *tls = conversation->tls != NULL ? &conversation->tls->hello : NULL;

    end_layer(conversation);
    *summary = (struct session_summary){
        .fate = conversation->gaps > 0 && conversation->fate == SESSION_READABLE
                    ? SESSION_GAPPED
                    : conversation->fate,
        .service =
            conversation->fate == SESSION_OPAQUE
                ? (conversation->starter != NULL ? conversation->starter->service : SERVICE_UNKNOWN)
                : conversation->service,
        .tls = conversation->tls_said,
        .reading = tls != NULL ? tls->reading : TLS_READING_NONE,
        .offers_http = tls != NULL && tls_offers_http(tls),
        .gaps = conversation->gaps,
        .lost = conversation->lost,
        .overlong = conversation->overlong,
    };
    pending_clear(&conversation->sides[SIDE_CLIENT]);
    pending_clear(&conversation->sides[SIDE_SERVER]);
    runs_clear(&conversation->runs);
    spares_give(conversation->spares, conversation->tls, sizeof(*conversation->tls));
    free(conversation->tunnel_target);
    spares_give(conversation->spares, conversation, sizeof(*conversation));
}

#include "dissectors/conversation.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "dissectors/base/prefetch.h"
#include "dissectors/base/spares.h"
#include "dissectors/conversation_part.h"
#include "dissectors/inner.h"
#include "dissectors/tls/tls.h"

enum { MAX_UNDECIDED = 4096 /* bytes a side that are kept while probes say maybe */ };

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
        conversation->annotating = (struct emitter){layer_annotate, conversation, out->now};
    }
    return conversation;
}

void conversation_set_origin(struct conversation *conversation, const struct origin *origin)
{
    conversation->origin = origin;
}

void conversation_prefetch(const struct conversation *conversation)
{
    prefetch(conversation, offsetof(struct conversation, gaps));
}

void conversation_prefetch_state(const struct conversation *conversation)
{
    if (conversation->state != NULL) {
        const struct dissector *dissector = conversation->dissector;

        prefetch(conversation->state,
                 dissector->hot_size != 0 ? dissector->hot_size : dissector->state_size);
    }
    if (conversation->inner != NULL) {
        prefetch(conversation->tls, offsetof(struct event, hello.alert));
        __builtin_prefetch(&conversation->inner->conversation);
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
    side->want = verdict.want < UINT32_MAX ? (uint32_t)verdict.want : UINT32_MAX;
    if (verdict.next == NEXT_ABANDON) {
        layer_abandon(conversation);
        return false;
    }
    if (verdict.next == NEXT_FOLLOW) {
        layer_follow(conversation);
        return !conversation->over && view->len > 0;
    }
    if (verdict.next != NEXT_SAME) {
        layer_stack(conversation, verdict.next);
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
    if (conversation->dissector == &follow_dissector) { /* it will hardly need room again */
        pending_release(side);
    }
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
        layer_abandon(conversation);
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
        layer_abandon(conversation);
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
    if (found != NULL && layer_decide(conversation, found)) {
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
    if (!layer_decide(conversation, dissector)) {
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
            layer_abandon(conversation);
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
    layer_end(conversation);
    *summary = (struct session_summary){
        .fate = conversation->gaps > 0 && conversation->fate == SESSION_READABLE
                    ? SESSION_GAPPED
                    : conversation->fate,
        .service =
            conversation->fate == SESSION_OPAQUE
                ? (conversation->starter != NULL ? conversation->starter->service : SERVICE_UNKNOWN)
                : conversation->service,
        .tls = conversation->tls_said,
        .reading = conversation->reading,
        .offers_http = conversation->offers_http,
        .gaps = conversation->gaps,
        .lost = conversation->lost,
        .overlong = conversation->overlong,
    };
    pending_clear(&conversation->sides[SIDE_CLIENT]);
    pending_clear(&conversation->sides[SIDE_SERVER]);
    runs_clear(&conversation->runs);
    free(conversation->tunnel_target);
    spares_give(conversation->spares, conversation, sizeof(*conversation));
}

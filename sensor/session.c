#include "sensor/session.h"

#include <stdlib.h>
#include <string.h>

#include "dissectors/base/prefetch.h"
#include "dissectors/base/spares.h"
#include "dissectors/base/text.h"
#include "sensor/early.h"
#include "sensor/origin.h"
#include "sensor/session_state.h"
#include "sensor/waiting.h"

/* ---- the list by last use ---- */

static void unlink_session(struct sessions *sessions, struct session *session)
{
    *(session->newer != NULL ? &session->newer->older : &sessions->newest) = session->older;
    *(session->older != NULL ? &session->older->newer : &sessions->oldest) = session->newer;
}

static void link_newest(struct sessions *sessions, struct session *session)
{
    session->newer = NULL;
    session->older = sessions->newest;
    *(sessions->newest != NULL ? &sessions->newest->newer : &sessions->oldest) = session;
    sessions->newest = session;
}

/* ---- between stream and conversation ---- */

static void on_event(void *ctx, struct event *event)
{
    struct session *session = ctx;

    event->origin = &session->origin;
    session->shared->stats.events++;
    session->shared->on_event(session->shared->ctx, event);
}

static void on_bytes(void *ctx, struct bytes bytes)
{
    struct session *session = ctx;

    session->has_bytes[session->feeding] = true;
    if (!session->over) {
        session->over = !conversation_feed(session->conversation, session->feeding, bytes);
    }
}

static void on_gap(void *ctx, uint64_t lost)
{
    struct session *session = ctx;

    if (!session->over) {
        session->over = !conversation_gap(session->conversation, session->feeding, lost);
    }
}

static uint64_t skippable(void *ctx)
{
    struct session *session = ctx;

    return session->over ? 0 : conversation_skippable(session->conversation, session->feeding);
}

static void on_skip(void *ctx, uint64_t len)
{
    struct session *session = ctx;

    conversation_skip(session->conversation, session->feeding, len);
}

static struct stream_sink sink_of(struct session *session, enum side side)
{
    session->feeding = side;
    return (struct stream_sink){on_bytes, on_gap, skippable, on_skip, session};
}

/* ---- opening and closing ---- */

static enum side side_of(const struct flow *flow, bool from_high)
{
    return ((flow->flags & FLOW_CLIENT_IS_HIGH) != 0) == from_high ? SIDE_CLIENT : SIDE_SERVER;
}

static void start_streams(struct session *session, const struct flow *flow)
{
    static const uint16_t known[2] = {FLOW_ISN_LOW, FLOW_ISN_HIGH};

    for (size_t i = 0; i < 2; i++) {
        if ((flow->flags & known[i]) != 0) {
            session->isn[i] = flow->isn[i];
            stream_start(&session->streams[side_of(flow, i == 1)], flow->isn[i] + 1);
        }
    }
}

static void release_early(struct sessions *sessions, struct session *session);

/* In a full house the oldest goes next, and all of it was touched last long ago: it is sent for a
 * level at a time, while those before it go. */
static void prefetch_oldest(const struct sessions *sessions)
{
    const struct session *first = sessions->oldest;
    const struct session *second = first != NULL ? first->newer : NULL;

    if (second != NULL) {
        __builtin_prefetch(first->flow, 1);
        session_prefetch_state(first);
        conversation_prefetch(second->conversation);
        session_prefetch(second->newer, true);
    }
}

static struct spares *spares_of(const struct sessions *sessions)
{
    return sessions->context != NULL ? sessions->context->spares : NULL;
}

static struct session *open_session(struct sessions *sessions, struct flow *flow,
                                    const struct packet *packet, enum side from)
{
    struct session *session;

    if (sessions->num_sessions >= sessions->max_sessions) {
        sessions->stats.evicted++;
        session_close(sessions, sessions->oldest->flow);
        prefetch_oldest(sessions);
    }
    session = spares_take(spares_of(sessions), sizeof(*session));
    if (session == NULL) {
        sessions->stats.refused++;
        return NULL;
    }
    session->shared = sessions;
    session->flow = flow;
    session->emitter = (struct emitter){on_event, session, sessions->now};
    session->conversation = conversation_new(&session->emitter, session->shared->context);
    if (session->conversation == NULL) {
        sessions->stats.refused++;
        spares_give(spares_of(sessions), session, sizeof(*session));
        return NULL;
    }
    origin_set(&session->origin, packet, from);
    conversation_set_origin(session->conversation, &session->origin);
    start_streams(session, flow);
    session->midstream = (flow->flags & (FLOW_ISN_LOW | FLOW_ISN_HIGH)) == 0;
    flow->flags |= FLOW_SESSION;
    flow->session = session;
    link_newest(sessions, session);
    sessions->num_sessions++;
    return session;
}

static void count_session(struct sessions *sessions, const struct session *session,
                          const struct session_summary *summary)
{
    enum service service = summary->service;

    if (summary->tls && service == SERVICE_UNKNOWN) {
        service = origin_tls_service(&session->origin, summary->offers_http);
    }
    sessions->stats.undecided += summary->fate == SESSION_UNDECIDED;
    sessions->stats.one_sided += session->has_bytes[SIDE_CLIENT] != session->has_bytes[SIDE_SERVER];
    sessions->stats.midstream += session->midstream;
    sessions->stats.overlong += summary->overlong;
    sessions->stats.fates[service][summary->fate]++;
    if (summary->tls) {
        sessions->stats.readings[service][summary->reading]++;
    }
}

/* "USER x, PASS y, QUIT", of which the answers were not captured, is POP as well as FTP. Nothing
 * but the port is left to decide that, and it is asked last. */
static void hint_by_port(struct session *session)
{
    uint16_t port = session->origin.server_port;

    if (port == 110 || port == 995) {
        (void)conversation_hint(session->conversation, "pop");
    }
}

void session_finish(struct session *session)
{
    struct session_summary summary;

    conversation_end(session->conversation, &summary);
    count_session(session->shared, session, &summary);
    classifier_flow_free(session->hint);
    spares_give(spares_of(session->shared), session, sizeof(*session));
}

/* Nothing more is to be learned from packets: the flow keeps its entry and nothing else. */
void session_close(struct sessions *sessions, struct flow *flow)
{
    struct session *session = flow->session;

    release_early(sessions, session);
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        struct stream_sink sink = sink_of(session, side);

        if (!session->over) {
            stream_flush(&sessions->reassembly, &session->streams[side], &sink);
        }
        stream_clear(&sessions->reassembly, &session->streams[side]);
    }
    if (!session->over) {
        hint_by_port(session);
    }
    unlink_session(sessions, session);
    sessions->num_sessions--;
    sessions->kept -= session->kept;
    flow->flags = (uint16_t)((flow->flags & ~FLOW_SESSION) | FLOW_DONE);
    memcpy(flow->isn, session->isn, sizeof(flow->isn));
    session->flow = NULL;
    waiting_update(sessions, session);
    if (session->waiting > 0) {
        waiting_park(sessions, session);
    } else {
        session_finish(session);
    }
}

void session_end_flow(struct sessions *sessions, struct flow *flow)
{
    if ((flow->flags & FLOW_SESSION) != 0) {
        session_close(sessions, flow);
    }
}

/* ---- fetching ahead ---- */

void session_prefetch(const struct session *session, bool payload)
{
    prefetch(session, payload ? sizeof(*session) : offsetof(struct session, shared));
}

/* Its neighbours in the list by last use are written to when it becomes the newest. */
void session_prefetch_conversation(const struct session *session, bool payload)
{
    __builtin_prefetch(session->newer, 1);
    __builtin_prefetch(session->older, 1);
    if (payload) {
        conversation_prefetch(session->conversation);
    }
}

void session_prefetch_state(const struct session *session)
{
    conversation_prefetch_state(session->conversation);
}

/* ---- packets ---- */

/* Who opened the connection is the client. Without a SYN the lower port is taken for the server's.
 */
static void set_roles(struct flow *flow, const struct packet *packet, bool from_high)
{
    bool syn = (packet->tcp_flags & TCP_SYN) != 0;
    bool ack = (packet->tcp_flags & TCP_ACK) != 0;
    bool from_client = syn ? !ack : packet->src_port >= packet->dst_port;

    if (from_client == from_high) {
        flow->flags |= FLOW_CLIENT_IS_HIGH;
    }
    if (!syn) {
        flow->flags |= FLOW_GUESSED;
    }
}

static uint32_t *isn_of(struct flow *flow, bool from_high)
{
    return (flow->flags & FLOW_SESSION) != 0 ? &flow->session->isn[from_high]
                                             : &flow->isn[from_high];
}

/* Does a SYN with another sequence number than before start a new connection? A SYN may also just
 * come late. */
static bool is_new_connection(const struct flow *flow, uint16_t known)
{
    uint16_t joined_late = FLOW_SESSION | FLOW_GUESSED;

    return (flow->flags & (known | FLOW_DONE | FLOW_CLOSED)) != 0 ||
           (flow->flags & joined_late) == joined_late;
}

/* A SYN on known ports: the same connection again, or a new one. */
static void on_syn(struct sessions *sessions, struct flow *flow, const struct packet *packet,
                   bool from_high)
{
    uint16_t known = from_high ? FLOW_ISN_HIGH : FLOW_ISN_LOW;
    bool opens = (packet->tcp_flags & TCP_ACK) == 0;

    if ((flow->flags & known) != 0 && *isn_of(flow, from_high) == packet->seq) {
        return; /* sent again */
    }
    if (opens && is_new_connection(flow, known)) {
        session_end_flow(sessions, flow);
        flow->flags &= (uint16_t) ~(FLOW_CLIENT_IS_HIGH | FLOW_GUESSED | FLOW_DONE | FLOW_ISN_LOW |
                                    FLOW_ISN_HIGH | FLOW_FIN_LOW | FLOW_FIN_HIGH | FLOW_CLOSED);
        set_roles(flow, packet, from_high);
    }
    *isn_of(flow, from_high) = packet->seq;
    flow->flags |= known;
    if ((flow->flags & FLOW_SESSION) != 0) {
        struct stream *stream = &flow->session->streams[side_of(flow, from_high)];

        if (!stream->started) {
            stream_start(stream, packet->seq + 1);
        }
    }
}

/* Nobody knows what these bytes are, and who is the client was a guess: try the other way round. */
static void swap_roles(struct session *session, const struct packet *packet, enum side from)
{
    struct conversation *other = conversation_new(&session->emitter, session->shared->context);
    struct stream client = session->streams[SIDE_CLIENT];
    struct session_summary ignored;

    session->swapped = true;
    if (other == NULL) {
        return;
    }
    conversation_end(session->conversation, &ignored);
    conversation_set_origin(other, &session->origin);
    session->conversation = other;
    session->flow->flags ^= FLOW_CLIENT_IS_HIGH;
    session->streams[SIDE_CLIENT] = session->streams[SIDE_SERVER];
    session->streams[SIDE_SERVER] = client;
    origin_swap(&session->origin);
    session->over =
        !conversation_feed(other, from == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT, packet->payload);
}

/* No probe knows the conversation: other roles, then nDPI, then it is left alone. */
static void find_dissector(struct sessions *sessions, struct session *session,
                           const struct packet *packet, enum side from)
{
    const char *name = NULL;

    if ((session->flow->flags & FLOW_GUESSED) != 0 && !session->swapped) {
        swap_roles(session, packet, from);
        if (session->over || !conversation_is_refused(session->conversation)) {
            return;
        }
        from = from == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT;
    }
    if (sessions->classifier != NULL && session->asked < CLASSIFY_PACKETS) {
        session->asked++;
        name = classifier_ask(sessions->classifier, &session->hint, packet, from == SIDE_CLIENT);
    }
    if (name != NULL) {
        sessions->stats.hinted += conversation_hint(session->conversation, name);
    }
    session->over =
        name == NULL && (sessions->classifier == NULL || session->asked == CLASSIFY_PACKETS);
}

static void on_payload(struct sessions *sessions, struct session *session,
                       const struct packet *packet, enum side from)
{
    struct stream_sink sink = sink_of(session, from);

    session->silent[from] = false;
    if (from == SIDE_CLIENT && session->origin.client_ttl == 0) {
        session->origin.client_ttl = packet->ttl;
    }
    stream_push(&sessions->reassembly, &session->streams[from], packet, &sink);
    if (!session->over && packet->payload.len > 0 &&
        conversation_is_refused(session->conversation)) {
        find_dissector(sessions, session, packet, from);
    }
}

/* What the packet acknowledges is looked at before what it carries: an answer follows its question.
 */
static void on_ack(struct sessions *sessions, struct session *session, const struct packet *packet,
                   enum side from)
{
    enum side other = from == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT;

    if ((packet->tcp_flags & TCP_ACK) != 0) {
        stream_acked(&session->streams[other], packet->ack, packet->payload.len > 0);
    }
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        if (session->streams[side].held != NULL) {
            struct stream_sink sink = sink_of(session, side);

            stream_check(&sessions->reassembly, &session->streams[side], packet->at.time.ns, &sink);
        }
    }
}

/* A reset that lies nowhere near the stream is somebody else's (RFC 5961, section 3). */
static bool is_reset(const struct session *session, const struct packet *packet, enum side from)
{
    const struct stream *stream = &session->streams[from];
    int32_t ahead = (int32_t)(packet->seq - stream->next);

    return !stream->started || (ahead > -65536 && ahead < 1 << 20);
}

/* Many conversations that each keep what they may would be too much: the longest idle ones end. */
static void squeeze(struct sessions *sessions, struct session *session)
{
    size_t kept = conversation_kept(session->conversation);

    sessions->kept += kept - session->kept;
    session->kept = kept;
    while (sessions->kept > sessions->max_kept && sessions->oldest != session) {
        sessions->stats.squeezed++;
        session_close(sessions, sessions->oldest->flow);
    }
}

/* ---- answers before their questions ---- */

static const struct stream *other_stream(const struct session *session, bool from_high)
{
    return &session->streams[side_of(session->flow, !from_high)];
}

static void take(struct sessions *sessions, struct session *session, const struct packet *packet,
                 bool from_high);

/* All that waits is read in its order, each with the time and the frame that it was captured with;
 * some of it may have to wait again. Whose it is is looked up each time: what is read may turn the
 * roles round. */
static void replay(struct sessions *sessions, struct session *session)
{
    struct moment now = *sessions->now;
    struct early waiting = session->early;
    bool is_first = true;
    struct early_segment *segment;

    session->early = (struct early){0};
    while ((segment = early_take(&waiting, &sessions->reassembly)) != NULL) {
        *sessions->now = segment->packet.at;
        if (session->over) {
            /* nobody wants it */
        } else if (is_first) {
            on_payload(sessions, session, &segment->packet,
                       side_of(session->flow, segment->from_high));
        } else {
            take(sessions, session, &segment->packet, segment->from_high);
        }
        is_first = false;
        early_free(segment);
    }
    *sessions->now = now;
}

/* What is missing will not come. A side that has not said a word yet may not be mirrored at all:
 * of that nothing is missing. It is not waited for again until it speaks. */
static void give_up_early(struct sessions *sessions, struct session *session)
{
    const struct early_segment *first = session->early.first;
    enum side other = side_of(session->flow, !first->from_high);
    struct stream *stream = &session->streams[other];
    struct stream_sink sink = sink_of(session, other);

    sessions->stats.unasked++;
    session->silent[other] = true;
    if (session->has_bytes[other] || stream->held != NULL || session->early.passed) {
        stream_lose(&sessions->reassembly, stream, first->packet.ack, &sink);
    }
    replay(sessions, session);
}

static void release_early(struct sessions *sessions, struct session *session)
{
    while (session->early.first != NULL) {
        give_up_early(sessions, session);
    }
}

/* Could the packet be what is missing? */
static bool may_fill(const struct early_segment *first, const struct packet *packet, bool from_high)
{
    return from_high != first->from_high && (int32_t)(packet->seq - first->packet.ack) < 0;
}

/* Has it waited long enough? */
static bool is_in_vain(const struct sessions *sessions, const struct session *session,
                       const struct packet *packet, bool from_high)
{
    const struct early_segment *first = session->early.first;
    uint64_t patience =
        session->early.passed ? sessions->reassembly.limits.hole_answered_ns : EARLY_WAIT_NS;

    return !may_fill(first, packet, from_high) && packet->at.time.ns > first->packet.at.time.ns &&
           packet->at.time.ns - first->packet.at.time.ns > patience;
}

/* Must the packet wait? */
static bool is_ahead(const struct session *session, const struct packet *packet, bool from_high)
{
    const struct early_segment *first = session->early.first;
    enum side other = side_of(session->flow, !from_high);
    const struct stream *stream = &session->streams[other];

    if (first != NULL) {
        return from_high == first->from_high ? early_is(packet, stream)
                                             : !may_fill(first, packet, from_high);
    }
    return early_is(packet, stream) && packet->payload.len > 0 && !session->silent[other] &&
           packet->ack - stream->next > conversation_skippable(session->conversation, other);
}

/* A segment is read, or waits. */
static void take(struct sessions *sessions, struct session *session, const struct packet *packet,
                 bool from_high)
{
    if (!session->over && is_ahead(session, packet, from_high)) {
        if (early_put(&session->early, &sessions->reassembly, packet, from_high)) {
            sessions->stats.early++;
            return;
        }
        release_early(sessions, session);
    }
    on_payload(sessions, session, packet, side_of(session->flow, from_high));
}

/* What was missing may have come. */
static void resume(struct sessions *sessions, struct session *session)
{
    const struct early_segment *first;

    while ((first = session->early.first) != NULL &&
           !early_is(&first->packet, other_stream(session, first->from_high))) {
        replay(sessions, session);
    }
}

static void on_session_packet(struct sessions *sessions, struct flow *flow,
                              const struct packet *packet, bool from_high)
{
    struct session *session = flow->session;
    enum side from;

    if (sessions->newest != session) {
        unlink_session(sessions, session);
        link_newest(sessions, session);
    }
    if (session->early.first != NULL && is_in_vain(sessions, session, packet, from_high)) {
        give_up_early(sessions, session);
    }
    on_ack(sessions, session, packet, side_of(flow, from_high));
    if (packet->payload.len + packet->missing > 0 || (packet->tcp_flags & TCP_FIN) != 0) {
        take(sessions, session, packet, from_high);
        resume(sessions, session);
        squeeze(sessions, session);
        waiting_update(sessions, session);
    }
    from = side_of(flow, from_high);
    if (session->over || ((packet->tcp_flags & TCP_RST) != 0 && is_reset(session, packet, from)) ||
        (session->streams[SIDE_CLIENT].finished && session->streams[SIDE_SERVER].finished)) {
        session_close(sessions, flow);
    }
}

void session_packet(struct sessions *sessions, struct flow *flow, const struct packet *packet,
                    bool from_high)
{
    bool payload = packet->payload.len + packet->missing > 0;

    if ((flow->flags & (FLOW_ISN_LOW | FLOW_ISN_HIGH | FLOW_SESSION | FLOW_DONE | FLOW_GUESSED)) ==
        0) {
        set_roles(flow, packet, from_high);
    }
    if ((packet->tcp_flags & TCP_SYN) != 0) {
        on_syn(sessions, flow, packet, from_high);
    }
    if ((packet->tcp_flags & TCP_FIN) != 0) {
        flow->flags |= from_high ? FLOW_FIN_HIGH : FLOW_FIN_LOW;
    }
    if (payload && (flow->flags & (FLOW_SESSION | FLOW_DONE | FLOW_CLOSED)) == 0) {
        (void)open_session(sessions, flow, packet, side_of(flow, from_high));
    }
    if ((flow->flags & FLOW_SESSION) != 0) {
        on_session_packet(sessions, flow, packet, from_high);
    }
    if ((packet->tcp_flags & TCP_RST) != 0 && (flow->flags & FLOW_SESSION) == 0) {
        flow->flags |= FLOW_CLOSED;
    }
    if ((flow->flags & (FLOW_FIN_LOW | FLOW_FIN_HIGH)) == (FLOW_FIN_LOW | FLOW_FIN_HIGH) &&
        (flow->flags & FLOW_SESSION) == 0) {
        flow->flags |= FLOW_CLOSED;
    }
}

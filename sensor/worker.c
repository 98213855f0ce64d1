#include "sensor/worker.h"

#include <stdlib.h>
#include <string.h>

#include "dissectors/context.h"
#include "dissectors/tls/facts.h"
#include "sensor/session.h"

enum { BATCH = 64, IP_TCP = 6, IP_UDP = 17 };
static const uint64_t second_ns = 1000000000u;

struct worker {
    struct worker_options options;
    struct flow_table *flows;
    struct defrag *defrag;
    struct sessions sessions;
    struct moment now;
    struct timestamp newest;
    struct worker_stats stats;
    size_t num_packets;
    size_t num_worked; /* since flows that are over were looked for */
    struct packet packets[BATCH];
    struct flow_probe probes[BATCH];
};

static void on_flow_end(void *ctx, struct flow *flow)
{
    struct worker *worker = ctx;

    session_end_flow(&worker->sessions, flow);
}

struct worker *worker_new(const struct worker_options *options, struct diag *diag)
{
    struct worker *worker = calloc(1, sizeof(*worker));

    if (worker == NULL) {
        diag_set(diag, "out of memory");
        return NULL;
    }
    worker->options = *options;
    worker->flows = flow_table_new(&options->flows, on_flow_end, worker);
    worker->defrag = defrag_new(&options->defrag);
    if (worker->flows == NULL || worker->defrag == NULL) {
        diag_set(diag, "no memory for the flow table (flow.max is %zu)", options->flows.max_flows);
        worker_free(worker);
        return NULL;
    }
    reassembly_init(&worker->sessions.reassembly, &options->streams);
    worker->sessions.max_sessions = options->max_sessions != 0 ? options->max_sessions : 50000;
    worker->sessions.max_kept = options->max_kept != 0 ? options->max_kept : 128u << 20;
    worker->sessions.context = options->context;
    worker->sessions.max_waiting = options->max_waiting != 0 ? options->max_waiting : 64u << 20;
    worker->sessions.max_wait_ns =
        options->max_wait_ns != 0 ? options->max_wait_ns : 120u * second_ns;
    worker->sessions.now = &worker->now;
    worker->sessions.on_event = options->on_event;
    worker->sessions.ctx = options->ctx;
    if (!options->no_hints) {
        worker->sessions.classifier = classifier_new(diag);
        if (worker->sessions.classifier == NULL) {
            worker_free(worker);
            return NULL;
        }
        if (options->live) {
            classifier_start(worker->sessions.classifier);
        }
    }
    return worker;
}

void worker_free(struct worker *worker)
{
    if (worker == NULL) {
        return;
    }
    flow_table_free(worker->flows);
    defrag_free(worker->defrag);
    classifier_free(worker->sessions.classifier);
    free(worker);
}

/* ---- datagrams ---- */

static bool is_asked_for(uint16_t port)
{
    return port == 53 || port == 67 || port == 68 || port == 5353 || port == 5355;
}

static void on_datagram_event(void *ctx, struct event *event)
{
    struct worker *worker = ctx;

    worker->stats.events++;
    worker->options.on_event(worker->options.ctx, event);
}

struct datagram {
    struct worker *worker;
    struct origin origin;
};

static void with_origin(void *ctx, struct event *event)
{
    struct datagram *datagram = ctx;

    event->origin = &datagram->origin;
    event->certainty = CERTAINTY_OBSERVED;
    on_datagram_event(datagram->worker, event);
}

static const struct dissector *find_dissector(const struct packet *packet)
{
    bool asked_for = is_asked_for(packet->src_port) || is_asked_for(packet->dst_port);

    for (size_t i = 0; datagram_dissectors[i] != NULL; i++) {
        if ((asked_for || datagram_dissectors[i]->any_port) &&
            datagram_dissectors[i]->probe(packet->payload, BYTES("")) == PROBE_YES) {
            return datagram_dissectors[i];
        }
    }
    return NULL;
}

static void read_datagram(struct worker *worker, const struct dissector *dissector,
                          const struct packet *packet)
{
    bool from_server = !dissector->any_port && packet->src_port < packet->dst_port;
    struct datagram datagram = {
        .worker = worker,
        .origin =
            {
                .client = from_server ? packet->dst : packet->src,
                .server = from_server ? packet->src : packet->dst,
                .client_port = from_server ? packet->dst_port : packet->src_port,
                .server_port = from_server ? packet->src_port : packet->dst_port,
                .client_mac = from_server ? packet->dst_mac : packet->src_mac,
                .server_mac = from_server ? packet->src_mac : packet->dst_mac,
                .client_ttl = from_server ? 0 : packet->ttl,
                .vlan = packet->vlan,
                .ip_protocol = packet->ip_protocol,
                .interface = packet->interface,
            },
    };
    struct emitter emitter = {with_origin, &datagram, &worker->now};

    worker->stats.datagrams += !dissector->any_port;
    dissector->datagram(worker->options.context, &datagram.origin, packet->payload, &emitter);
}

static void datagram_packet(struct worker *worker, const struct packet *packet)
{
    const struct dissector *dissector = find_dissector(packet);

    if (dissector != NULL) {
        read_datagram(worker, dissector, packet);
    }
}

/* ---- packets ---- */

static void work_packet(struct worker *worker, const struct packet *packet,
                        const struct flow_probe *probe)
{
    struct flow *flow;
    bool fresh;

    worker->now = packet->at;
    if (packet->at.time.ns > worker->newest.ns) {
        worker->newest = packet->at.time;
    }
    if (packet->ip_protocol == IP_UDP) {
        datagram_packet(worker, packet);
        return;
    }
    flow = flow_find(worker->flows, probe, packet->at.time.ns, &fresh);
    if ((flow->flags & FLOW_DONE) != 0 &&
        (packet->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST)) == 0) {
        return; /* most packets end here */
    }
    session_packet(&worker->sessions, flow, packet, probe->from_high);
}

/* Sends for all that a batch will touch, level by level: where the next level lies stands in the
 * one before, which is on its way while the other packets are looked at. */
static void prefetch(struct worker *worker)
{
    const struct session *sessions[BATCH];
    size_t num = worker->num_packets;

    for (size_t i = 0; i < num; i++) {
        if (worker->packets[i].ip_protocol == IP_TCP) {
            flow_probe_init(worker->flows, &worker->packets[i], &worker->probes[i]);
            flow_prefetch_slot(worker->flows, &worker->probes[i]);
        }
    }
    for (size_t i = 0; i < num; i++) {
        if (worker->packets[i].ip_protocol == IP_TCP) {
            flow_prefetch_entry(worker->flows, &worker->probes[i]);
        }
    }
    for (size_t i = 0; i < num; i++) {
        sessions[i] =
            worker->packets[i].ip_protocol == IP_TCP ? flow_peek_session(&worker->probes[i]) : NULL;
        if (sessions[i] != NULL) {
            session_prefetch(sessions[i], worker->packets[i].payload.len > 0);
        }
    }
    for (size_t i = 0; i < num; i++) {
        if (sessions[i] != NULL) {
            session_prefetch_conversation(sessions[i], worker->packets[i].payload.len > 0);
        }
    }
    for (size_t i = 0; i < num; i++) {
        if (sessions[i] != NULL && worker->packets[i].payload.len > 0) {
            session_prefetch_state(sessions[i]);
        }
    }
}

/* After every packet, and flows after so many: not after a batch, whose end depends on how the
 * input was cut. */
static void expire(struct worker *worker)
{
    sessions_expire(&worker->sessions, worker->now.time.ns);
    if (++worker->num_worked >= BATCH || worker->options.live) {
        worker->num_worked = 0;
        flow_expire(worker->flows, worker->now.time.ns);
    }
}

static void work_batch(struct worker *worker)
{
    size_t num = worker->num_packets;

    prefetch(worker);
    for (size_t i = 0; i < num; i++) {
        work_packet(worker, &worker->packets[i], &worker->probes[i]);
        expire(worker);
    }
    worker->num_packets = 0;
}

/* A whole packet out of fragments lives in defrag's buffer until the next fragment: it is worked at
 * once. */
static void work_fragment(struct worker *worker, struct packet *packet)
{
    uint8_t ip_protocol;
    struct bytes payload;

    work_batch(worker);
    if (!defrag_push(worker->defrag, packet, &ip_protocol, &payload)) {
        return;
    }
    if (decode_ip_payload(packet, ip_protocol, payload) == DECODE_OK) {
        worker->packets[0] = *packet;
        worker->num_packets = 1;
        work_batch(worker);
    }
}

static void on_frame(void *ctx, const struct frame *frame)
{
    struct worker *worker = ctx;
    struct packet *packet = &worker->packets[worker->num_packets];
    enum decode_result result = decode_frame(frame, packet);

    worker->stats.packets++;
    worker->stats.bytes += frame->wire_len;
    worker->stats.decoded[result]++;
    if (result == DECODE_FRAGMENT) {
        struct packet fragment = *packet;

        work_fragment(worker, &fragment);
        return;
    }
    if (result != DECODE_OK) {
        return;
    }
    worker->stats.snapped += packet->missing > 0;
    if (++worker->num_packets == BATCH || worker->options.live) {
        work_batch(worker);
    }
}

enum source_state worker_pump(struct worker *worker, struct source *source)
{
    enum source_state state = source_pump(source, BATCH, on_frame, worker);

    work_batch(worker);
    return state;
}

void worker_frame(struct worker *worker, const struct frame *frame)
{
    on_frame(worker, frame);
    work_batch(worker);
}

void worker_retry(struct worker *worker)
{
    sessions_retry(&worker->sessions);
}

void worker_end(struct worker *worker)
{
    flow_end_all(worker->flows);
    sessions_end(&worker->sessions);
}

struct timestamp worker_now(const struct worker *worker)
{
    return worker->newest;
}

/* Sessions that ended for want of memory, though what they look like was wanted. */
static uint64_t sessions_unfollowed(const struct context *context)
{
    return context != NULL && context->facts != NULL ? facts_refused(context->facts) : 0;
}

void worker_stats(const struct worker *worker, struct worker_stats *stats)
{
    const struct session_stats *sessions = &worker->sessions.stats;

    *stats = worker->stats;
    for (size_t i = 0; i < NUM_SERVICES; i++) {
        for (size_t k = 0; k <= SESSION_GAPPED; k++) {
            stats->sessions[i][k] = sessions->fates[i][k];
        }
    }
    memcpy(stats->readings, sessions->readings, sizeof(stats->readings));
    stats->undecided = sessions->undecided;
    stats->one_sided = sessions->one_sided;
    stats->midstream = sessions->midstream;
    stats->sessions_evicted = sessions->evicted;
    stats->sessions_squeezed = sessions->squeezed;
    stats->sessions_refused = sessions->refused + sessions_unfollowed(worker->options.context);
    stats->overlong = sessions->overlong;
    stats->hinted = sessions->hinted;
    stats->hints_refused = classifier_refused(worker->sessions.classifier);
    stats->early = sessions->early;
    stats->unasked = sessions->unasked;
    stats->events += sessions->events;
    if (worker->options.context != NULL && worker->options.context->quic != NULL) {
        quic_table_stats(worker->options.context->quic, &stats->quic);
    }
    stats->flows = *flow_stats(worker->flows);
    stats->streams = worker->sessions.reassembly.stats;
    stats->defrag = *defrag_stats(worker->defrag);
}

/*
 * flow: a TCP connection or an exchange of datagrams that is sent packet by packet.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/bench/makecapture/makecapture.h"

enum { NUM_CLIENTS = 20000, NUM_SERVERS = 4000, SEGMENT = 1448 };

static void set_u32(uint8_t *place, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        place[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

/* Clients in 10.0.0.0/8, servers in 198.18.0.0/15 (RFC 2544), both in 2001:db8::/32 (RFC 3849). */
static void set_addresses(struct flow *flow, uint32_t client, uint32_t server)
{
    static const uint8_t prefix[2][8] = {{0x20, 1, 0x0d, 0xb8, 0, 0x10, 0, 0},
                                         {0x20, 1, 0x0d, 0xb8, 0xff, 0xff, 0, 0}};

    if (flow->is_v6) {
        memcpy(flow->address[CLIENT], prefix[CLIENT], 8);
        memcpy(flow->address[SERVER], prefix[SERVER], 8);
        set_u32(flow->address[CLIENT] + 12, client + 16);
        set_u32(flow->address[SERVER] + 12, server + 1);
    } else {
        set_u32(flow->address[CLIENT], 0x0a000100 + client);
        set_u32(flow->address[SERVER], 0xc6120000 + server * 7 + 1);
    }
}

static void draw_pair(uint32_t pair[2])
{
    uint64_t value = draw();

    pair[0] = (uint32_t)value;
    pair[1] = (uint32_t)(value >> 32);
}

uint32_t flow_client(const struct flow *flow)
{
    return (uint32_t)(flow->id % NUM_CLIENTS);
}

void flow_init(struct flow *flow, unsigned port, bool is_udp)
{
    uint64_t id = totals.flows++;
    uint32_t client;

    *flow = (struct flow){.id = id, .is_udp = is_udp, .is_used = true, .state = TCP_SYN};
    client = flow_client(flow);
    flow->port[SERVER] = (uint16_t)port;
    flow->port[CLIENT] = (uint16_t)(1025 + ((uint32_t)(id / NUM_CLIENTS) * 7 + client) % 64000);
    flow->is_v6 = draw_chance(options.v6);
    set_addresses(flow, client, draw_below(NUM_SERVERS));
    draw_pair(flow->seq);
    draw_pair(flow->time_offset);
    flow->ip_id[CLIENT] = (uint16_t)draw();
    flow->ip_id[SERVER] = (uint16_t)draw();
    flow->closer = draw_chance(0.6) ? CLIENT : SERVER;
}

void flow_clear(struct flow *flow)
{
    truth_end(flow);
    if (!flow->is_borrowed) {
        free((void *)(uintptr_t)flow->text);
        free((void *)(uintptr_t)flow->messages);
    }
    *flow = (struct flow){0};
}

void flow_randomize(struct flow *flow)
{
    struct message *messages = (void *)(uintptr_t)flow->messages;

    for (uint32_t i = 0; i < flow->num_messages; i++) {
        messages[i].is_random = true;
    }
}

static const uint8_t *message_bytes(const struct flow *flow, const struct message *message,
                                    uint32_t offset)
{
    if (message->is_random) {
        return random_bytes(flow->id * 7919 + offset);
    }
    return (const uint8_t *)flow->text + message->at + offset;
}

static bool step_udp(struct flow *flow)
{
    const struct message *message = &flow->messages[flow->next];

    if (flow->next >= flow->num_messages) {
        return false;
    }
    flow->next++;
    packet_send(flow, message->from, 0, 0, message_bytes(flow, message, 0), message->len);
    return flow->next < flow->num_messages;
}

/* A segment without data; SYN and FIN count as one byte. */
static void send_empty(struct flow *flow, enum side from, unsigned flags)
{
    packet_send(flow, from, flags, flow->seq[from], NULL, 0);
    if ((flags & (FLAG_SYN | FLAG_FIN)) != 0) {
        flow->seq[from]++;
    }
}

/* The last `len` bytes of what counts as sent, or those before them. */
static void send_data(struct flow *flow, unsigned flags, uint32_t back, uint32_t len)
{
    const struct message *message = &flow->messages[flow->next];

    packet_send(flow, message->from, flags, flow->seq[message->from] - back,
                message_bytes(flow, message, flow->offset - back), len);
}

static void end_message(struct flow *flow)
{
    const struct message *message = &flow->messages[flow->next];

    truth_note(flow, message->marks);
    flow->offset = 0;
    flow->next++;
    if (flow->next == flow->num_messages) {
        flow->state = TCP_FIN;
        flow->unacked = 0;
    } else if (flow->messages[flow->next].from != message->from) {
        flow->unacked = 0; /* the answer carries the acknowledgement */
    }
}

static void advance(struct flow *flow, uint32_t len)
{
    flow->offset += len;
    flow->seq[flow->messages[flow->next].from] += len;
}

/* Two full segments, the second first. */
static void send_second_first(struct flow *flow)
{
    advance(flow, 2 * SEGMENT);
    flow->is_held = true;
    flow->unacked = 2;
    send_data(flow, FLAG_ACK, SEGMENT, SEGMENT);
}

static void send_held(struct flow *flow)
{
    flow->is_held = false;
    send_data(flow, FLAG_ACK, 2 * SEGMENT, SEGMENT);
    if (flow->offset == flow->messages[flow->next].len) {
        end_message(flow);
    }
}

static void send_next(struct flow *flow, uint32_t len)
{
    bool is_last = flow->offset + len == flow->messages[flow->next].len;

    advance(flow, len);
    flow->unacked++;
    send_data(flow, is_last ? FLAG_PSH | FLAG_ACK : FLAG_ACK, len, len);
    if (draw_chance(options.retrans)) {
        send_data(flow, FLAG_PSH | FLAG_ACK, len, len);
    }
    if (is_last) {
        end_message(flow);
    }
}

static uint32_t next_len(const struct flow *flow, const struct message *message)
{
    uint32_t left = message->len - flow->offset;
    uint32_t len = left > SEGMENT ? SEGMENT : left;

    if (message->split > flow->offset && message->split - flow->offset < len) {
        return message->split - flow->offset;
    }
    return len;
}

static void step_data(struct flow *flow)
{
    const struct message *message = &flow->messages[flow->next];
    uint32_t left = message->len - flow->offset;
    uint32_t len = next_len(flow, message);

    if (flow->is_held) {
        send_held(flow);
    } else if (flow->unacked >= 2) { /* every second segment is acknowledged */
        flow->unacked = 0;
        send_empty(flow, !message->from, FLAG_ACK);
    } else if (left >= 2 * SEGMENT && len == SEGMENT && draw_chance(options.reorder)) {
        send_second_first(flow);
    } else {
        send_next(flow, len);
    }
}

static bool step_tcp(struct flow *flow)
{
    enum tcp_state state = flow->state++;

    switch (state) {
    case TCP_SYN:
    case TCP_REFUSED_SYN:
        send_empty(flow, CLIENT, FLAG_SYN);
        return true;
    case TCP_SYN_ACK:
        send_empty(flow, SERVER, FLAG_SYN | FLAG_ACK);
        return true;
    case TCP_ACK:
        send_empty(flow, CLIENT, FLAG_ACK);
        flow->state = flow->num_messages > 0 ? TCP_DATA : TCP_FIN;
        return true;
    case TCP_DATA:
        flow->state = TCP_DATA; /* until end_message says that there is no more */
        step_data(flow);
        return true;
    case TCP_FIN:
        send_empty(flow, flow->closer, FLAG_FIN | FLAG_ACK);
        return true;
    case TCP_FIN_ANSWER:
        send_empty(flow, !flow->closer, FLAG_FIN | FLAG_ACK);
        return true;
    case TCP_LAST_ACK:
        send_empty(flow, flow->closer, FLAG_ACK);
        return false;
    case TCP_RST:
        packet_send(flow, SERVER, FLAG_RST | FLAG_ACK, 0, NULL, 0);
        return false;
    case TCP_DONE:
    default:
        return false;
    }
}

bool flow_step(struct flow *flow)
{
    return flow->is_udp ? step_udp(flow) : step_tcp(flow);
}

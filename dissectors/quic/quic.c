#include "dissectors/quic/quic.h"

#include <string.h>

#include "dissectors/context.h"
#include "dissectors/quic/quic_table.h"
#include "dissectors/tls/hello.h"

/*
 * The ClientHello of QUIC connections, out of Initial packets (RFC 9000, RFC 9001, RFC 9369). It
 * may lie in several packets and datagrams: with a post-quantum key share it is larger than one,
 * and Chrome cuts it into pieces that it shuffles.
 */

enum {
    DATAGRAM_MIN = 1200, /* clients pad theirs to this (RFC 9000, section 14.1) */
    CLIENT_HELLO = 1,
};

/* A datagram that is being read. */
struct reading {
    struct crypto *crypto;
    struct quic_table *table;
    const struct origin *origin;
    const struct emitter *out;
};

/* version(2) random(32) ...: after a Retry the client says the same hello again (RFC 9000, section
 * 17.2.5.3), and HelloRetryRequest is answered with the same random. */
static bool is_repeated(struct quic_connection *connection, struct bytes body)
{
    uint8_t random[TLS_RANDOM_SIZE];
    bool repeated;

    if (!take_skip(&body, 2) || !take_into(&body, random, sizeof(random))) {
        return false;
    }
    repeated = connection->is_said && memcmp(random, connection->said, sizeof(random)) == 0;
    memcpy(connection->said, random, sizeof(random));
    connection->is_said = true;
    return repeated;
}

static void say_hello(const struct reading *reading, struct bytes body)
{
    struct event event;

    event_init(&event, EVENT_TLS, SERVICE_UNKNOWN, reading->out);
    event.transport = TRANSPORT_QUIC;
    event.hello.reading = TLS_READING_UNSUPPORTED; /* what follows the hello is not opened */
    if (hello_read_quic_client(reading->crypto, body, &event.hello, NULL)) {
        reading->table->stats.hellos++;
        emitter_emit(reading->out, &event);
    }
}

/* type(1) body<3>; another message than a hello cannot come first, and ends the matter. */
static void read_hello(const struct reading *reading, struct quic_connection *connection)
{
    struct bytes front = crypto_stream_front(&connection->stream);
    struct bytes body;
    uint8_t type;

    if (!take_u8(&front, &type)) {
        return;
    }
    if (type == CLIENT_HELLO) {
        if (!take_u24_vector(&front, &body)) {
            return;
        }
        if (!is_repeated(connection, body)) {
            say_hello(reading, body);
        }
    }
    quic_table_finish(reading->table, connection);
}

/* Opens an Initial with the keys of its flow, which stay the same when the client takes the id that
 * the server chose; else it may be the first of a connection, or the first after a Retry, and gives
 * keys itself. NULL: it does not open, which includes all Initials of servers. */
static struct quic_connection *open_initial(const struct reading *reading,
                                            const struct quic_packet *packet, struct bytes *frames)
{
    struct quic_connection *known = quic_table_find(reading->table, reading->origin, false);
    struct packet_room *room = &reading->table->room;
    struct packet_keys keys;

    if (known != NULL && packet_open(reading->crypto, &known->keys, packet, room, frames)) {
        return known;
    }
    if (packet->destination.len < PACKET_ID_MIN || !packet_derive(reading->crypto, packet, &keys) ||
        !packet_open(reading->crypto, &keys, packet, room, frames)) {
        return NULL;
    }
    return quic_table_begin(reading->table, reading->origin, &keys);
}

/* False: it does not open. */
static bool on_initial(const struct reading *reading, const struct quic_packet *packet)
{
    struct quic_connection *connection;
    struct crypto_frame frame;
    struct bytes frames;

    connection = open_initial(reading, packet, &frames);
    if (connection == NULL) {
        return false;
    }
    while (!connection->is_read && frame_take_crypto(&frames, &frame)) {
        (void)crypto_stream_put(&connection->stream, &frame); /* what finds no room is missing */
    }
    quic_table_use(reading->table, connection, reading->out->now->time.ns);
    if (!connection->is_read) {
        read_hello(reading, connection);
    }
    return true;
}

static enum probe probe(struct bytes in, struct bytes none)
{
    (void)none;
    return in.len >= DATAGRAM_MIN && packet_is_initial(in) ? PROBE_YES : PROBE_NO;
}

/* Several packets of one connection may share a datagram (RFC 9000, section 12.2). If one does not
 * open no other will: a datagram costs the making of one set of keys, however many it holds. */
static void datagram(const struct context *context, const struct origin *origin, struct bytes in,
                     const struct emitter *out)
{
    struct quic_packet packet;
    struct reading reading;

    if (context == NULL || context->crypto == NULL || context->quic == NULL) {
        return;
    }
    reading = (struct reading){context->crypto, context->quic, origin, out};
    quic_table_expire(context->quic, out->now->time.ns);
    if (quic_table_find(context->quic, origin, true) != NULL) {
        return; /* an answer */
    }
    while (packet_take(&in, &packet)) {
        if (packet.is_initial && !on_initial(&reading, &packet)) {
            return;
        }
    }
}

const struct dissector quic_dissector = {
    .name = "quic",
    .probe = probe,
    .datagram = datagram,
    .any_port = true,
};

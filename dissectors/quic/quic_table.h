/*
 * quic_table: the connections whose hello is being put together or was lately read. Bounded in
 * number, in bytes and in packet time; the oldest go first. One thread's.
 */
#ifndef BASICTAP_DISSECTORS_QUIC_QUIC_TABLE_H
#define BASICTAP_DISSECTORS_QUIC_QUIC_TABLE_H

#include "dissectors/base/event.h"
#include "dissectors/base/hmap.h"
#include "dissectors/quic/crypto_stream.h"
#include "dissectors/quic/packet.h"
#include "dissectors/tls/params.h"

enum {
    QUIC_CONNECTIONS_MAX = 4096,
    QUIC_KEPT_MAX = 8 << 20, /* bytes of hellos that are not whole */
};

struct quic_stats {
    uint64_t hellos;     /* said */
    uint64_t unfinished; /* connections whose hello did not come whole, or not yet */
};

struct quic_connection {
    struct packet_keys keys;
    struct crypto_stream stream;
    size_t kept; /* bytes of it that the table counts */
    uint64_t used_ns;
    bool is_read; /* its hello: nothing more is wanted of it */
    bool is_said;
    uint8_t said[TLS_RANDOM_SIZE]; /* the random of the hello that was said last */
};

struct quic_table {
    struct hmap *connections;
    struct quic_stats stats;
    size_t kept;
    size_t num_open; /* connections whose hello is not read */
    struct packet_room room;
};

struct quic_table *quic_table_new(const uint8_t seed[HMAP_SEED_SIZE]); /* NULL: no memory */
void quic_table_free(struct quic_table *table);                        /* NULL is fine */
void quic_table_stats(const struct quic_table *table, struct quic_stats *stats);

/* Forgets what has been silent for ten seconds. */
void quic_table_expire(struct quic_table *table, uint64_t now_ns);

/* A client's connection, or with swapped the one that goes the other way; NULL: none. */
struct quic_connection *quic_table_find(const struct quic_table *table, const struct origin *origin,
                                        bool swapped);

/* A connection begins, or begins anew, with these keys. NULL: no memory. */
struct quic_connection *quic_table_begin(struct quic_table *table, const struct origin *origin,
                                         const struct packet_keys *keys);

/* It was heard of. What it keeps is counted; others make room. */
void quic_table_use(struct quic_table *table, struct quic_connection *connection, uint64_t now_ns);

/* Its hello was read, or will never be. */
void quic_table_finish(struct quic_table *table, struct quic_connection *connection);

#endif

#include "dissectors/quic/quic_table.h"

#include <stdlib.h>
#include <string.h>

static const uint64_t timeout_ns = UINT64_C(10000000000);

/* Without padding: it is hashed as it lies. */
struct key {
    struct address client;
    struct address server;
    uint16_t client_port;
    uint16_t server_port;
};
_Static_assert(sizeof(struct key) == 2 * sizeof(struct address) + 4, "the key has no padding");

static struct key key_of(const struct origin *origin, bool swapped)
{
    return (struct key){
        .client = swapped ? origin->server : origin->client,
        .server = swapped ? origin->client : origin->server,
        .client_port = swapped ? origin->server_port : origin->client_port,
        .server_port = swapped ? origin->client_port : origin->server_port,
    };
}

static void recount(struct quic_table *table, struct quic_connection *connection)
{
    size_t kept = crypto_stream_kept(&connection->stream);

    table->kept += kept - connection->kept;
    connection->kept = kept;
}

static void on_drop(void *ctx, void *value)
{
    struct quic_table *table = ctx;
    struct quic_connection *connection = value;

    table->stats.unfinished += !connection->is_read;
    quic_table_finish(table, connection);
}

struct quic_table *quic_table_new(const uint8_t seed[HMAP_SEED_SIZE])
{
    struct quic_table *table = calloc(1, sizeof(*table));

    if (table == NULL) {
        return NULL;
    }
    table->connections = hmap_new(QUIC_CONNECTIONS_MAX, sizeof(struct quic_connection), seed);
    if (table->connections == NULL) {
        free(table);
        return NULL;
    }
    hmap_on_drop(table->connections, on_drop, table);
    return table;
}

void quic_table_free(struct quic_table *table)
{
    if (table != NULL) {
        hmap_free(table->connections);
        free(table);
    }
}

void quic_table_stats(const struct quic_table *table, struct quic_stats *stats)
{
    *stats = table->stats;
    stats->unfinished += table->num_open;
}

static bool is_silent(const struct quic_connection *connection, uint64_t now_ns)
{
    return now_ns > connection->used_ns && now_ns - connection->used_ns > timeout_ns;
}

void quic_table_expire(struct quic_table *table, uint64_t now_ns)
{
    struct quic_connection *oldest = hmap_oldest(table->connections);

    while (oldest != NULL && is_silent(oldest, now_ns)) {
        hmap_remove(table->connections, oldest);
        oldest = hmap_oldest(table->connections);
    }
}

struct quic_connection *quic_table_find(const struct quic_table *table, const struct origin *origin,
                                        bool swapped)
{
    struct key key = key_of(origin, swapped);

    return hmap_find(table->connections, &key, sizeof(key));
}

struct quic_connection *quic_table_begin(struct quic_table *table, const struct origin *origin,
                                         const struct packet_keys *keys)
{
    struct key key = key_of(origin, false);
    struct quic_connection *connection;
    bool added;

    connection = hmap_put(table->connections, &key, sizeof(key), &added);
    if (connection == NULL) {
        return NULL;
    }
    table->num_open += added || connection->is_read;
    connection->is_read = false;
    connection->keys = *keys;
    crypto_stream_clear(&connection->stream);
    recount(table, connection);
    return connection;
}

void quic_table_use(struct quic_table *table, struct quic_connection *connection, uint64_t now_ns)
{
    connection->used_ns = now_ns;
    hmap_touch(table->connections, connection);
    recount(table, connection);
    while (table->kept > QUIC_KEPT_MAX) { /* one alone cannot keep so much */
        struct quic_connection *oldest = hmap_oldest(table->connections);

        if (oldest == NULL) {
            return; /* cannot be: who keeps something is in the table */
        }
        hmap_remove(table->connections, oldest);
    }
}

void quic_table_finish(struct quic_table *table, struct quic_connection *connection)
{
    table->num_open -= !connection->is_read;
    connection->is_read = true;
    crypto_stream_clear(&connection->stream);
    recount(table, connection);
}

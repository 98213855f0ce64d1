#include "sensor/defrag.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
    MAX_PACKET = 65535,
    UNIT = 8, /* offsets count these; only the last fragment may end inside one */
    NUM_UNITS = (MAX_PACKET + UNIT) / UNIT,
    NUM_BUCKETS = 1024, /* a power of two */
    DEFAULT_PACKETS = 1024,
    FIRST_SIZE = 2048,
};

static const uint64_t default_timeout_ns = UINT64_C(30000000000);

/* What the fragments of one packet share. IPv6 leaves the protocol out: fragments may differ in it,
 * and that of the first counts (RFC 8200, section 4.5). */
struct key {
    struct address src;
    struct address dst;
    uint32_t id;
    uint8_t ip_protocol;
};

struct partial {
    struct key key;
    uint64_t since_ns;
    uint8_t ip_protocol; /* of the fragment with offset 0 */
    size_t total;        /* bytes; 0: the last fragment is not here yet */
    size_t end;          /* of the fragment that reaches farthest */
    size_t num_units;
    uint8_t present[NUM_UNITS / 8 + 1]; /* a bit a unit */
    uint8_t *bytes;
    size_t size;
    size_t bucket;
    struct partial *chain;
    struct partial *older;
    struct partial *newer;
};

struct defrag {
    struct defrag_limits limits;
    struct defrag_stats stats;
    uint64_t secret; /* so that nobody can choose packets that share a bucket */
    struct partial *buckets[NUM_BUCKETS];
    struct partial *oldest;
    struct partial *newest;
    size_t num;
    uint8_t *whole; /* the latest result */
};

struct defrag *defrag_new(const struct defrag_limits *limits)
{
    struct defrag *defrag = calloc(1, sizeof(*defrag));

    if (defrag == NULL) {
        return NULL;
    }
    defrag->limits = *limits;
    if (defrag->limits.max_packets == 0) {
        defrag->limits.max_packets = DEFAULT_PACKETS;
    }
    if (defrag->limits.max_bytes == 0 || defrag->limits.max_bytes > MAX_PACKET) {
        defrag->limits.max_bytes = MAX_PACKET;
    }
    if (defrag->limits.timeout_ns == 0) {
        defrag->limits.timeout_ns = default_timeout_ns;
    }
    if (getrandom(&defrag->secret, sizeof(defrag->secret), GRND_NONBLOCK) < 0) {
        defrag->secret = (uint64_t)(uintptr_t)defrag; /* early at boot: better than none */
    }
    return defrag;
}

static uint64_t mix(uint64_t hash, const uint8_t *octets)
{
    uint64_t word;

    memcpy(&word, octets, sizeof(word));
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

static size_t bucket_of(const struct defrag *defrag, const struct key *key)
{
    uint64_t hash = defrag->secret ^ key->id ^ (uint64_t)key->ip_protocol << 32;

    hash = mix(mix(hash, key->src.octets), key->src.octets + 8);
    hash = mix(mix(hash, key->dst.octets), key->dst.octets + 8);
    return (size_t)(hash >> 32) % NUM_BUCKETS;
}

static bool same_key(const struct key *a, const struct key *b)
{
    return a->id == b->id && a->ip_protocol == b->ip_protocol && address_equal(&a->src, &b->src) &&
           address_equal(&a->dst, &b->dst);
}

static void unlink_partial(struct defrag *defrag, struct partial *partial)
{
    struct partial **link = &defrag->buckets[partial->bucket];

    while (*link != partial) {
        link = &(*link)->chain;
    }
    *link = partial->chain;
    if (partial->older != NULL) {
        partial->older->newer = partial->newer;
    } else {
        defrag->oldest = partial->newer;
    }
    if (partial->newer != NULL) {
        partial->newer->older = partial->older;
    } else {
        defrag->newest = partial->older;
    }
    defrag->num--;
}

static void wipe_and_free(uint8_t *bytes, size_t size)
{
    if (bytes != NULL) {
        bytes_wipe(bytes, size); /* it may have held a password */
        free(bytes);
    }
}

static void drop(struct defrag *defrag, struct partial *partial)
{
    unlink_partial(defrag, partial);
    wipe_and_free(partial->bytes, partial->size);
    free(partial);
}

static void drop_oldest(struct defrag *defrag)
{
    assert(defrag->oldest->older == NULL);
    drop(defrag, defrag->oldest);
}

void defrag_free(struct defrag *defrag)
{
    if (defrag == NULL) {
        return;
    }
    while (defrag->oldest != NULL) {
        drop_oldest(defrag);
    }
    free(defrag->whole);
    free(defrag);
}

/* Time that runs backwards ages nothing. */
static void expire(struct defrag *defrag, uint64_t now_ns)
{
    while (defrag->oldest != NULL && now_ns > defrag->oldest->since_ns &&
           now_ns - defrag->oldest->since_ns > defrag->limits.timeout_ns) {
        drop_oldest(defrag);
        defrag->stats.timed_out++;
    }
}

static struct partial *add(struct defrag *defrag, const struct key *key, size_t bucket,
                           uint64_t now_ns)
{
    struct partial *partial = calloc(1, sizeof(*partial));

    if (partial == NULL) {
        return NULL;
    }
    if (defrag->num == defrag->limits.max_packets) {
        drop_oldest(defrag);
        defrag->stats.evicted++;
    }
    partial->key = *key;
    partial->since_ns = now_ns;
    partial->bucket = bucket;
    partial->chain = defrag->buckets[bucket];
    defrag->buckets[bucket] = partial;
    partial->older = defrag->newest;
    *(defrag->newest != NULL ? &defrag->newest->newer : &defrag->oldest) = partial;
    defrag->newest = partial;
    defrag->num++;
    return partial;
}

/* Finds what packet's fragment belongs to, or begins it; NULL: out of memory. */
static struct partial *find(struct defrag *defrag, const struct packet *packet)
{
    struct key key = {
        .src = packet->src,
        .dst = packet->dst,
        .id = packet->fragment.id,
        .ip_protocol = packet->src.version == 4 ? packet->fragment.ip_protocol : 0,
    };
    size_t bucket = bucket_of(defrag, &key);

    for (struct partial *partial = defrag->buckets[bucket]; partial != NULL;
         partial = partial->chain) {
        if (same_key(&partial->key, &key)) {
            return partial;
        }
    }
    return add(defrag, &key, bucket, packet->at.time.ns);
}

/* Whether any packet can have such a fragment. */
static bool is_possible(const struct defrag *defrag, const struct fragment *fragment)
{
    size_t max = defrag->limits.max_bytes;

    return !fragment->cut && fragment->data.len > 0 && fragment->data.len <= max &&
           fragment->offset <= max - fragment->data.len && fragment->offset % UNIT == 0 &&
           (!fragment->more || fragment->data.len % UNIT == 0);
}

/* Whether fragment agrees with the others about where the packet ends. */
static bool fits(const struct partial *partial, const struct fragment *fragment)
{
    size_t end = fragment->offset + fragment->data.len;

    if (fragment->more) {
        return partial->total == 0 || end <= partial->total;
    }
    return partial->total == 0 ? end >= partial->end : end == partial->total;
}

static bool make_room(struct partial *partial, size_t end)
{
    size_t size = partial->size > 0 ? partial->size : FIRST_SIZE;
    uint8_t *more;

    while (size < end) {
        size *= 2;
    }
    if (size == partial->size) {
        return true;
    }
    more = realloc(partial->bytes, size);
    if (more == NULL) {
        return false;
    }
    partial->bytes = more;
    partial->size = size;
    return true;
}

/* Puts a unit where none was. False: another one was there, and stays. */
static bool put_unit(struct partial *partial, size_t unit, struct bytes data)
{
    uint8_t *present = &partial->present[unit / 8];
    uint8_t bit = (uint8_t)(1u << unit % 8);
    uint8_t *at = partial->bytes + unit * UNIT;

    if ((*present & bit) != 0) {
        return bytes_equal(bytes_view(at, data.len), data);
    }
    *present |= bit;
    partial->num_units++;
    return take_into(&data, at, data.len);
}

static void put(struct defrag *defrag, struct partial *partial, const struct fragment *fragment)
{
    struct bytes rest = fragment->data;
    size_t unit = fragment->offset / UNIT;
    bool agrees = true;

    for (; rest.len > 0; unit++) {
        struct bytes data = bytes_first(rest, UNIT);

        agrees &= put_unit(partial, unit, data);
        (void)take_skip(&rest, data.len);
    }
    if (!agrees) {
        defrag->stats.overlapping++;
    }
    if (partial->end < fragment->offset + fragment->data.len) {
        partial->end = fragment->offset + fragment->data.len;
    }
    if (!fragment->more) {
        partial->total = partial->end;
    }
    if (fragment->offset == 0) {
        partial->ip_protocol = fragment->ip_protocol;
    }
}

bool defrag_push(struct defrag *defrag, const struct packet *packet, uint8_t *ip_protocol,
                 struct bytes *payload)
{
    const struct fragment *fragment = &packet->fragment;
    struct partial *partial;

    defrag->stats.fragments++;
    expire(defrag, packet->at.time.ns);
    if (!is_possible(defrag, fragment)) {
        defrag->stats.refused++;
        return false;
    }
    partial = find(defrag, packet);
    if (partial == NULL || !fits(partial, fragment) ||
        !make_room(partial, fragment->offset + fragment->data.len)) {
        defrag->stats.refused++;
        return false;
    }
    put(defrag, partial, fragment);
    if (partial->total == 0 || partial->num_units != (partial->total + UNIT - 1) / UNIT) {
        return false;
    }
    free(defrag->whole);
    defrag->whole = partial->bytes;
    partial->bytes = NULL;
    *ip_protocol = partial->ip_protocol;
    *payload = bytes_view(defrag->whole, partial->total);
    drop(defrag, partial);
    defrag->stats.reassembled++;
    return true;
}

const struct defrag_stats *defrag_stats(const struct defrag *defrag)
{
    return &defrag->stats;
}

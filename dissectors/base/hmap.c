#include "dissectors/base/hmap.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BUCKETS = 64 };

/* An entry is this head, the value, then the key, in one block. */
struct entry {
    struct entry *chain; /* next in the bucket */
    struct entry *older;
    struct entry *newer;
    const struct hmap *map;
    uint64_t hash;
    size_t key_len;
};

struct hmap {
    struct entry **buckets;
    size_t num_buckets; /* a power of two */
    size_t num_entries;
    size_t max_entries;
    size_t value_size;
    struct entry *oldest;
    struct entry *newest;
    hmap_evict_fn *on_drop;
    void *ctx;
    uint64_t evicted;
    uint8_t seed[HMAP_SEED_SIZE];
};

/* Values begin where any type may stand. */
static const size_t head_size =
    (sizeof(struct entry) + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);

static uint64_t rotate(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

static void sip_rounds(uint64_t v[4], unsigned rounds)
{
    while (rounds-- > 0) {
        v[0] += v[1];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[0] = rotate(v[0], 32);
        v[2] += v[3];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] += v[3];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] += v[1];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[2] = rotate(v[2], 32);
    }
}

/* Little-endian, len at most 8. */
static uint64_t word_of(const uint8_t *at, size_t len)
{
    uint64_t word = 0;

    for (size_t i = 0; i < len; i++) {
        word |= (uint64_t)at[i] << 8 * i;
    }
    return word;
}

static uint64_t whole_word_of(const uint8_t *at)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t word;

    memcpy(&word, at, sizeof(word));
    return word;
#else
    return word_of(at, 8);
#endif
}

uint64_t hmap_hash(const uint8_t seed[HMAP_SEED_SIZE], const void *key, size_t key_len)
{
    const uint8_t *at = key;
    uint64_t k0 = whole_word_of(seed);
    uint64_t k1 = whole_word_of(seed + 8);
    uint64_t v[4] = {k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u,
                     k1 ^ 0x7465646279746573u};
    uint64_t word;
    size_t rest = key_len;

    for (; rest >= 8; rest -= 8, at += 8) {
        word = whole_word_of(at);
        v[3] ^= word;
        sip_rounds(v, 2);
        v[0] ^= word;
    }
    word = (uint64_t)key_len << 56 | word_of(at, rest);
    v[3] ^= word;
    sip_rounds(v, 2);
    v[0] ^= word;
    v[2] ^= 0xff;
    sip_rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static void *value_of(struct entry *entry)
{
    return entry == NULL ? NULL : (char *)entry + head_size;
}

static struct entry *entry_of(void *value)
{
    return (struct entry *)(void *)((char *)value - head_size);
}

static const struct entry *const_entry_of(const void *value)
{
    return (const struct entry *)(const void *)((const char *)value - head_size);
}

static const void *key_of(const struct entry *entry)
{
    return (const char *)entry + head_size + entry->map->value_size;
}

struct hmap *hmap_new(size_t max_entries, size_t value_size, const uint8_t seed[HMAP_SEED_SIZE])
{
    struct hmap *map = calloc(1, sizeof(*map));

    if (map == NULL) {
        return NULL;
    }
    map->num_buckets = FIRST_BUCKETS;
    map->buckets = calloc(FIRST_BUCKETS, sizeof(struct entry *));
    if (map->buckets == NULL) {
        free(map);
        return NULL;
    }
    map->max_entries = max_entries > 0 ? max_entries : 1;
    map->value_size = value_size;
    memcpy(map->seed, seed, HMAP_SEED_SIZE);
    return map;
}

void hmap_on_drop(struct hmap *map, hmap_evict_fn *on_drop, void *ctx)
{
    map->on_drop = on_drop;
    map->ctx = ctx;
}

void hmap_free(struct hmap *map)
{
    if (map == NULL) {
        return;
    }
    while (map->oldest != NULL) {
        hmap_remove(map, value_of(map->oldest));
    }
    free(map->buckets);
    free(map);
}

static struct entry *look_up(const struct hmap *map, uint64_t hash, const void *key, size_t key_len)
{
    struct entry *entry = map->buckets[hash & (map->num_buckets - 1)];

    while (entry != NULL && (entry->hash != hash || entry->key_len != key_len ||
                             memcmp(key_of(entry), key, key_len) != 0)) {
        entry = entry->chain;
    }
    return entry;
}

void *hmap_find(const struct hmap *map, const void *key, size_t key_len)
{
    if (map->num_entries == 0) {
        return NULL;
    }
    return value_of(look_up(map, hmap_hash(map->seed, key, key_len), key, key_len));
}

static void link_newest(struct hmap *map, struct entry *entry)
{
    entry->newer = NULL;
    entry->older = map->newest;
    if (map->newest != NULL) {
        map->newest->newer = entry;
    } else {
        map->oldest = entry;
    }
    map->newest = entry;
}

static void unlink_order(struct hmap *map, struct entry *entry)
{
    if (entry->older != NULL) {
        entry->older->newer = entry->newer;
    } else {
        map->oldest = entry->newer;
    }
    if (entry->newer != NULL) {
        entry->newer->older = entry->older;
    } else {
        map->newest = entry->older;
    }
}

/* Twice as many buckets; without memory for them chains get longer, which is all. */
static void grow(struct hmap *map)
{
    size_t num = map->num_buckets * 2;
    struct entry **buckets = calloc(num, sizeof(struct entry *));

    if (buckets == NULL) {
        return;
    }
    for (struct entry *entry = map->oldest; entry != NULL; entry = entry->newer) {
        struct entry **bucket = &buckets[entry->hash & (num - 1)];

        entry->chain = *bucket;
        *bucket = entry;
    }
    free(map->buckets);
    map->buckets = buckets;
    map->num_buckets = num;
}

void *hmap_put(struct hmap *map, const void *key, size_t key_len, bool *added)
{
    uint64_t hash = hmap_hash(map->seed, key, key_len);
    struct entry *entry = look_up(map, hash, key, key_len);
    struct entry **bucket;

    *added = false;
    if (entry != NULL) {
        return value_of(entry);
    }
    entry = calloc(1, head_size + map->value_size + key_len);
    if (entry == NULL) {
        return NULL;
    }
    if (map->num_entries >= map->max_entries) {
        map->evicted++;
        hmap_remove(map, value_of(map->oldest));
    }
    if (map->num_entries >= map->num_buckets / 2) { /* half full: chains are mostly one entry */
        grow(map);
    }
    *entry = (struct entry){.map = map, .hash = hash, .key_len = key_len};
    memcpy((char *)entry + head_size + map->value_size, key, key_len);
    bucket = &map->buckets[hash & (map->num_buckets - 1)];
    entry->chain = *bucket;
    *bucket = entry;
    link_newest(map, entry);
    map->num_entries++;
    *added = true;
    return value_of(entry);
}

void hmap_touch(struct hmap *map, void *value)
{
    struct entry *entry = entry_of(value);

    if (entry != map->newest) {
        unlink_order(map, entry);
        link_newest(map, entry);
    }
}

void hmap_remove(struct hmap *map, void *value)
{
    struct entry *entry = entry_of(value);
    struct entry **link = &map->buckets[entry->hash & (map->num_buckets - 1)];

    while (*link != entry) {
        link = &(*link)->chain;
    }
    *link = entry->chain;
    unlink_order(map, entry);
    map->num_entries--;
    if (map->on_drop != NULL) {
        map->on_drop(map->ctx, value);
    }
    free(entry);
}

void *hmap_oldest(const struct hmap *map)
{
    return value_of(map->oldest);
}

void *hmap_newer(const void *value)
{
    return value_of(const_entry_of(value)->newer);
}

const void *hmap_key(const void *value, size_t *key_len)
{
    *key_len = const_entry_of(value)->key_len;
    return key_of(const_entry_of(value));
}

size_t hmap_count(const struct hmap *map)
{
    return map->num_entries;
}

uint64_t hmap_evicted(const struct hmap *map)
{
    return map->evicted;
}

#include "dissectors/base/hmap.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "dissectors/base/prefetch.h"

enum { FIRST_SLOTS = 64, KEY_STEP = 32, FREE = 0 };

/* An entry is this head, the value, then the key, in one block. */
struct entry {
    struct entry *older;
    struct entry *newer;
    const struct hmap *map;
    uint64_t hash;
    size_t key_len;
    size_t key_room;
};

/* Where an entry is, in the order of hashes: the first free one behind the place of its own. The
 * hash stands beside, so that a search touches no entry but the one it finds: entries lie anywhere
 * in memory, and most searches find none. */
struct slot {
    uint64_t hash;
    struct entry *entry; /* NULL: free */
};

struct hmap {
    struct slot *slots;
    uint8_t *tags; /* an octet of each slot's hash, FREE where none is: most searches find nothing,
                      and read no more than these, which are few and stay in the cache */
    size_t num_slots; /* a power of two, at least twice the entries */
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

static inline void sip_round(uint64_t v[4])
{
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

/* What is left of a key, len at most 7: where there is a word before it, out of the eight octets
 * that end with it. */
static uint64_t last_word_of(const uint8_t *at, size_t len, size_t key_len)
{
    return len > 0 && key_len >= 8 ? whole_word_of(at + len - 8) >> 8 * (8 - len)
                                   : word_of(at, len);
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
        sip_round(v);
        v[0] ^= word;
    }
    word = (uint64_t)key_len << 56 | last_word_of(at, rest, key_len);
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
    v[2] ^= 0xff;
    sip_round(v);
    sip_round(v);
    sip_round(v);
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

/* Of bits that do not tell the place. */
static uint8_t tag_of(uint64_t hash)
{
    return (uint8_t)(hash >> 57 | 0x80);
}

struct hmap *hmap_new(size_t max_entries, size_t value_size, const uint8_t seed[HMAP_SEED_SIZE])
{
    struct hmap *map = calloc(1, sizeof(*map));

    if (map == NULL) {
        return NULL;
    }
    map->num_slots = FIRST_SLOTS;
    map->slots = calloc(FIRST_SLOTS, sizeof(struct slot));
    map->tags = calloc(FIRST_SLOTS, sizeof(map->tags[0]));
    if (map->slots == NULL || map->tags == NULL) {
        hmap_free(map);
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

/* The slot of a key, or the free one where the search for it ends. Where a key lies is told by the
 * map and not by the entry, so that both come from memory at once. */
static size_t look_up(const struct hmap *map, uint64_t hash, const void *key, size_t key_len)
{
    size_t mask = map->num_slots - 1;
    size_t key_at = head_size + map->value_size;
    size_t at = hash & mask;
    uint8_t tag = tag_of(hash);

    for (; map->tags[at] != FREE; at = (at + 1) & mask) {
        const struct slot *slot = &map->slots[at];

        if (map->tags[at] == tag && slot->hash == hash && slot->entry->key_len == key_len &&
            memcmp((const char *)slot->entry + key_at, key, key_len) == 0) {
            break;
        }
    }
    return at;
}

static struct entry *entry_at(const struct hmap *map, size_t at)
{
    return map->tags[at] != FREE ? map->slots[at].entry : NULL;
}

static void prefetch_slot(const struct hmap *map, uint64_t hash)
{
    size_t at = hash & (map->num_slots - 1);

    __builtin_prefetch(&map->tags[at], 1);
    __builtin_prefetch(&map->slots[at], 1);
}

uint64_t hmap_expect(const struct hmap *map, const void *key, size_t key_len)
{
    uint64_t hash = hmap_hash(map->seed, key, key_len);

    prefetch_slot(map, hash);
    if (hmap_is_full(map)) { /* if the key is new, the oldest one leaves */
        prefetch_slot(map, map->oldest->hash);
    }
    return hash;
}

void hmap_expect_removal(const struct hmap *map, const void *value)
{
    prefetch_slot(map, const_entry_of(value)->hash);
}

void hmap_expect_value(const struct hmap *map, uint64_t hash)
{
    size_t at = hash & (map->num_slots - 1);

    if (map->tags[at] == tag_of(hash)) { /* mostly: few stand behind their place */
        prefetch(map->slots[at].entry, head_size + map->value_size);
    }
}

void *hmap_find_expected(const struct hmap *map, uint64_t hash, const void *key, size_t key_len)
{
    return value_of(entry_at(map, look_up(map, hash, key, key_len)));
}

void *hmap_find(const struct hmap *map, const void *key, size_t key_len)
{
    if (map->num_entries == 0) {
        return NULL;
    }
    return hmap_find_expected(map, hmap_hash(map->seed, key, key_len), key, key_len);
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

static void set_slot(struct hmap *map, size_t at, struct slot slot)
{
    map->slots[at] = slot;
    map->tags[at] = slot.entry != NULL ? tag_of(slot.hash) : FREE;
}

static void take_slot(struct hmap *map, struct slot slot)
{
    size_t mask = map->num_slots - 1;
    size_t at = slot.hash & mask;

    while (map->tags[at] != FREE) {
        at = (at + 1) & mask;
    }
    set_slot(map, at, slot);
}

/* Twice as many slots. False: no memory for them; searches take longer, which is all until the
 * last one is taken. */
static bool grow(struct hmap *map)
{
    struct slot *old = map->slots;
    size_t num_old = map->num_slots;
    struct slot *slots = calloc(num_old * 2, sizeof(struct slot));
    uint8_t *tags = calloc(num_old * 2, sizeof(tags[0]));

    if (slots == NULL || tags == NULL) {
        free(slots);
        free(tags);
        return false;
    }
    free(map->tags);
    map->tags = tags;
    map->slots = slots;
    map->num_slots = num_old * 2;
    for (size_t i = 0; i < num_old; i++) {
        if (old[i].entry != NULL) {
            take_slot(map, old[i]);
        }
    }
    free(old);
    return true;
}

/* Frees the slot of an entry. Those behind it move up, so that a search never ends before them
 * (Knuth, volume 3, section 6.4, algorithm R). */
static void clear_slot(struct hmap *map, const struct entry *entry)
{
    size_t mask = map->num_slots - 1;
    size_t hole = entry->hash & mask;

    while (map->slots[hole].entry != entry) {
        hole = (hole + 1) & mask;
    }
    for (size_t at = (hole + 1) & mask; map->tags[at] != FREE; at = (at + 1) & mask) {
        size_t home = map->slots[at].hash & mask;

        if (((at - home) & mask) >= ((at - hole) & mask)) {
            set_slot(map, hole, map->slots[at]);
            hole = at;
        }
    }
    set_slot(map, hole, (struct slot){0});
}

static void tell_drop(const struct hmap *map, struct entry *entry)
{
    if (map->on_drop != NULL) {
        map->on_drop(map->ctx, value_of(entry));
    }
}

/* The entry leaves; its memory does not. */
static void drop(struct hmap *map, struct entry *entry)
{
    clear_slot(map, entry);
    unlink_order(map, entry);
    map->num_entries--;
    tell_drop(map, entry);
}

/* In a full map the oldest goes next, and all of it was touched last long ago: its slot is sent
 * for, and the entry after it, so that the next time tells where that one's slot is. */
static void prefetch_oldest(const struct hmap *map)
{
    const struct entry *oldest = map->oldest;

    if (oldest != NULL) {
        prefetch_slot(map, oldest->hash);
        if (oldest->newer != NULL) {
            prefetch(oldest->newer, head_size + map->value_size);
        }
    }
}

/* A block for a new entry. In a full map it is the oldest one's, if the key fits. */
static struct entry *make_entry(struct hmap *map, size_t key_len)
{
    struct entry *oldest = map->oldest;
    struct entry *entry;
    size_t key_room;

    if (map->num_entries >= map->max_entries && oldest->key_room >= key_len) {
        map->evicted++;
        drop(map, oldest);
        prefetch_oldest(map);
        key_room = oldest->key_room;
        memset(oldest, 0, head_size + map->value_size);
        oldest->key_room = key_room;
        return oldest;
    }
    key_room = (key_len + KEY_STEP - 1) / KEY_STEP * KEY_STEP;
    entry = malloc(head_size + map->value_size + key_room);
    if (entry == NULL) {
        return NULL;
    }
    if (map->num_entries >= map->max_entries) {
        map->evicted++;
        hmap_remove(map, value_of(oldest));
    }
    memset(entry, 0, head_size + map->value_size);
    entry->key_room = key_room;
    return entry;
}

void *hmap_put_expected(struct hmap *map, uint64_t hash, const void *key, size_t key_len,
                        bool *added)
{
    struct entry *entry = entry_at(map, look_up(map, hash, key, key_len));

    *added = false;
    if (entry != NULL) {
        return value_of(entry);
    }
    if (map->num_entries >= map->num_slots / 2 && map->num_entries < map->max_entries &&
        !grow(map) && map->num_entries + 1 == map->num_slots) {
        return NULL;
    }
    entry = make_entry(map, key_len);
    if (entry == NULL) {
        return NULL;
    }
    entry->map = map;
    entry->hash = hash;
    entry->key_len = key_len;
    memcpy((char *)entry + head_size + map->value_size, key, key_len);
    take_slot(map, (struct slot){hash, entry});
    link_newest(map, entry);
    map->num_entries++;
    *added = true;
    return value_of(entry);
}

void *hmap_put(struct hmap *map, const void *key, size_t key_len, bool *added)
{
    return hmap_put_expected(map, hmap_hash(map->seed, key, key_len), key, key_len, added);
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

    drop(map, entry);
    free(entry);
}

void hmap_free(struct hmap *map)
{
    if (map == NULL) {
        return;
    }
    for (struct entry *entry = map->oldest; entry != NULL; entry = map->oldest) {
        map->oldest = entry->newer; /* nobody searches any more: slots stay as they are */
        tell_drop(map, entry);
        free(entry);
    }
    free(map->slots);
    free(map->tags);
    free(map);
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

bool hmap_is_full(const struct hmap *map)
{
    return map->num_entries >= map->max_entries;
}

uint64_t hmap_evicted(const struct hmap *map)
{
    return map->evicted;
}

/*
 * hmap: a bounded map from byte strings to values of one size, with a keyed hash (SipHash-1-3), so
 * that nobody on the wire can choose keys that collide.
 *
 * Entries keep an order: new ones and touched ones are the newest. When the map is full the oldest
 * makes room. The order, and with it all that a caller can see, does not depend on the seed.
 * Values do not move; they live until they are removed or evicted.
 */
#ifndef BASICTAP_DISSECTORS_BASE_HMAP_H
#define BASICTAP_DISSECTORS_BASE_HMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HMAP_SEED_SIZE = 16 };

struct hmap;
typedef void hmap_evict_fn(void *ctx, void *value);

/* NULL when out of memory. max_entries is at least 1. */
struct hmap *hmap_new(size_t max_entries, size_t value_size, const uint8_t seed[HMAP_SEED_SIZE]);

/* Tells on_drop of every value that leaves: evicted, removed, or freed with the map. */
void hmap_on_drop(struct hmap *map, hmap_evict_fn *on_drop, void *ctx);
void hmap_free(struct hmap *map); /* NULL is fine */

void *hmap_find(const struct hmap *map, const void *key, size_t key_len); /* NULL: not there */

/* Finds or adds a zeroed value, then the newest, evicting the oldest if the map is full. NULL when
 * out of memory; nothing has changed then. */
void *hmap_put(struct hmap *map, const void *key, size_t key_len, bool *added);

/* The same in two steps, for keys that lie anywhere in memory: the first one sends for where the
 * key would be and tells its hash, and what is done before the second one costs no waiting. */
uint64_t hmap_expect(const struct hmap *map, const void *key, size_t key_len);
void hmap_expect_value(const struct hmap *map, uint64_t hash); /* once that has come: the value */
void *hmap_find_expected(const struct hmap *map, uint64_t hash, const void *key, size_t key_len);
void *hmap_put_expected(struct hmap *map, uint64_t hash, const void *key, size_t key_len,
                        bool *added);

void hmap_touch(struct hmap *map, void *value); /* it becomes the newest */
void hmap_remove(struct hmap *map, void *value);
void hmap_expect_removal(const struct hmap *map, const void *value); /* sends for its place */

void *hmap_oldest(const struct hmap *map);                /* NULL: empty */
void *hmap_newer(const void *value);                      /* the next newer one; NULL: none */
const void *hmap_key(const void *value, size_t *key_len); /* lives as long as the value */

size_t hmap_count(const struct hmap *map);
bool hmap_is_full(const struct hmap *map); /* what is added now makes the oldest leave */
uint64_t hmap_evicted(const struct hmap *map);

/* SipHash-1-3 (Aumasson and Bernstein, 2012, with fewer rounds: what tables need, whose hashes no
 * one sees), for callers that need the hash alone. */
uint64_t hmap_hash(const uint8_t seed[HMAP_SEED_SIZE], const void *key, size_t key_len);

#endif

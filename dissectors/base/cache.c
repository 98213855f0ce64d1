#include "dissectors/base/cache.h"

#include <stdlib.h>
#include <string.h>

enum { NUM_PLACES = 512 };

struct place {
    size_t key_len; /* 0: empty */
    size_t size;
    uint8_t value[CACHE_VALUE_MAX];
    uint8_t key[CACHE_KEY_MAX];
};

struct cache {
    struct place places[NUM_PLACES];
};

struct cache *cache_new(void)
{
    return calloc(1, sizeof(struct cache)); /* pages that are never touched cost nothing */
}

void cache_free(struct cache *cache)
{
    free(cache);
}

/* Eight octets at a time, mixed by multiplication; it need not be more than even. */
static size_t place_of(struct bytes key)
{
    uint64_t sum = key.len;

    while (key.len > 0) {
        uint64_t word = 0;

        (void)take_into(&key, (uint8_t *)&word, key.len < sizeof(word) ? key.len : sizeof(word));
        sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        sum ^= sum >> 29u;
    }
    return (size_t)(sum % NUM_PLACES);
}

static bool is_allowed(struct bytes key, size_t size)
{
    return key.len > 0 && key.len <= CACHE_KEY_MAX && size <= CACHE_VALUE_MAX;
}

bool cache_find(const struct cache *cache, struct bytes key, void *value, size_t size)
{
    const struct place *place;

    if (cache == NULL || !is_allowed(key, size)) {
        return false;
    }
    place = &cache->places[place_of(key)];
    if (place->size != size || !bytes_equal(bytes_view(place->key, place->key_len), key)) {
        return false;
    }
    memcpy(value, place->value, size);
    return true;
}

void cache_put(struct cache *cache, struct bytes key, const void *value, size_t size)
{
    struct place *place;

    if (cache == NULL || !is_allowed(key, size)) {
        return;
    }
    place = &cache->places[place_of(key)];
    (void)bytes_copy(key, place->key, sizeof(place->key), &place->key_len);
    memcpy(place->value, value, size);
    place->size = size;
}

#include "dissectors/base/cache.h"

#include <stdlib.h>
#include <string.h>

enum { NUM_PLACES = 512 };

/* The value follows its key at once: most are short, and what is asked for now and then lies in one
 * cold line. */
struct place {
    uint32_t key_len; /* 0: empty */
    uint32_t size;
    uint8_t octets[CACHE_KEY_MAX + CACHE_VALUE_MAX];
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
    if (place->size != size || !bytes_equal(bytes_view(place->octets, place->key_len), key)) {
        return false;
    }
    memcpy(value, place->octets + place->key_len, size);
    return true;
}

void cache_put(struct cache *cache, struct bytes key, const void *value, size_t size)
{
    struct place *place;
    size_t key_len;

    if (cache == NULL || !is_allowed(key, size)) {
        return;
    }
    place = &cache->places[place_of(key)];
    (void)bytes_copy(key, place->octets, CACHE_KEY_MAX, &key_len);
    memcpy(place->octets + key_len, value, size);
    place->key_len = (uint32_t)key_len;
    place->size = (uint32_t)size;
}

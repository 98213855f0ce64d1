/*
 * cache: short results that are asked for again and again, by all that they were made of. A network
 * has many sessions and few kinds of client.
 *
 * Fixed in size: a place holds what was put there last. Who chooses keys that meet in one place
 * makes it forget and nothing else: a key is compared whole.
 */
#ifndef BASICTAP_DISSECTORS_BASE_CACHE_H
#define BASICTAP_DISSECTORS_BASE_CACHE_H

#include "dissectors/base/bytes.h"

enum {
    CACHE_KEY_MAX = 512,  /* octets; what has a longer key is not kept */
    CACHE_VALUE_MAX = 96, /* likewise */
};

struct cache;

struct cache *cache_new(void); /* NULL: out of memory */
void cache_free(struct cache *cache);

/* False: not there. cache may be NULL: it knows nothing. size is that of the put. */
bool cache_find(const struct cache *cache, struct bytes key, void *value, size_t size);
void cache_put(struct cache *cache, struct bytes key, const void *value, size_t size);

#endif

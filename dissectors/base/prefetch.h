/*
 * prefetch: memory that will be read and written soon is sent for, so that it is there by then.
 */
#ifndef BASICTAP_DISSECTORS_BASE_PREFETCH_H
#define BASICTAP_DISSECTORS_BASE_PREFETCH_H

#include <stddef.h>

/* len is not 0 */
static inline void prefetch(const void *at, size_t len)
{
    enum { CACHE_LINE = 64 };

    for (size_t i = 0; i < len; i += CACHE_LINE) {
        __builtin_prefetch((const char *)at + i, 1);
    }
    __builtin_prefetch((const char *)at + len - 1, 1); /* at may lie anywhere in a line */
}

#endif

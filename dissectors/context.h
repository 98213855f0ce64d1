/*
 * context: what dissecting may draw on beyond the bytes themselves; handed down by the sensor. One
 * thread's.
 */
#ifndef BASICTAP_DISSECTORS_CONTEXT_H
#define BASICTAP_DISSECTORS_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>

struct crypto;
struct keystore;

struct context {
    struct crypto *crypto;     /* NULL: nothing is decrypted, no fingerprints */
    struct keystore *keystore; /* NULL: no keys */
    bool wait;                 /* sessions without a key wait for it */
    size_t max_waiting;        /* bytes of ciphertext that one session keeps while it waits */
};

#endif

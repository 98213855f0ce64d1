/*
 * context: what dissecting may draw on beyond the bytes themselves; handed down by the sensor. One
 * thread's.
 */
#ifndef BASICTAP_DISSECTORS_CONTEXT_H
#define BASICTAP_DISSECTORS_CONTEXT_H

#include "dissectors/base/diag.h"
#include "dissectors/base/hmap.h"

struct crypto;
struct keystore;
struct quic_table;
struct spares;

/* SOCKS, TLS to a proxy, CONNECT in it, STARTTLS, and what that carries: each is one. */
enum { MAX_LAYERS = 6 };

struct context {
    struct crypto *crypto;        /* NULL: nothing is decrypted, no fingerprints */
    struct keystore *keystore;    /* NULL: no keys */
    struct quic_table *quic;      /* NULL: QUIC is not read */
    struct spares *spares;        /* blocks of sessions that are over. NULL: none are kept */
    bool wait;                    /* sessions without a key wait for it */
    size_t max_waiting;           /* bytes of ciphertext that one session keeps while it waits */
    uint8_t *scratch[MAX_LAYERS]; /* RECORD_MAX_BODY bytes each, for what a layer opens */
};

/* max_sessions and seed: see keystore.h. False: no memory, or no cryptography; nothing is left
 * behind then. */
bool context_init(struct context *context, size_t max_sessions, const uint8_t seed[HMAP_SEED_SIZE],
                  struct diag *diag);
void context_clear(struct context *context); /* wipes; one that is zeroed is fine */

#endif

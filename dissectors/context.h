/*
 * context: what dissecting may draw on beyond the bytes themselves; handed down by the sensor. One
 * thread's.
 */
#ifndef BASICTAP_DISSECTORS_CONTEXT_H
#define BASICTAP_DISSECTORS_CONTEXT_H

#include "dissectors/base/diag.h"
#include "dissectors/base/event.h"
#include "dissectors/base/hmap.h"

struct crypto;
struct facts_table;
struct keystore;
struct quic_table;
struct shape_model;
struct spares;

/* What a server is, before anything of it can be read. */
struct endpoint {
    enum service service; /* SERVICE_HTTP: HTTPS of an Exchange or modern-auth host whose service
                             the name does not tell; SERVICE_UNKNOWN: nothing is known */
    enum target target;
    bool is_wanted; /* what its encrypted sessions look like is worth following */
};

/* server_name: SNI or the tunnel's target, "" where there is none; origin may be NULL. */
typedef void endpoint_fn(void *ctx, const char *server_name, const struct origin *origin,
                         struct endpoint *endpoint);

/* SOCKS, TLS to a proxy, CONNECT in it, STARTTLS, and what that carries: each is one. */
enum { MAX_LAYERS = 6 };

struct context {
    struct crypto *crypto;     /* NULL: nothing is decrypted, no fingerprints */
    struct keystore *keystore; /* NULL: no keys */
    struct quic_table *quic;   /* NULL: QUIC is not read */
    struct facts_table *facts; /* NULL: no session is followed */
    struct spares *spares;     /* blocks of sessions that are over. NULL: none are kept */
    bool wait;                 /* sessions without a key wait for it */
    size_t max_waiting;        /* bytes of ciphertext that one session keeps while it waits */
    const struct shape_model *shapes; /* NULL: nothing is inferred */
    endpoint_fn *endpoint;            /* NULL: nothing is known of any server */
    void *endpoint_ctx;
    uint8_t *scratch[MAX_LAYERS]; /* RECORD_MAX_BODY bytes each, for what a layer opens */
};

/* max_sessions and seed: see keystore.h. False: no memory, or no cryptography; nothing is left
 * behind then. */
bool context_init(struct context *context, size_t max_sessions, const uint8_t seed[HMAP_SEED_SIZE],
                  struct diag *diag);
void context_clear(struct context *context); /* wipes; one that is zeroed is fine */

#endif

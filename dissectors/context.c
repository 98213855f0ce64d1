#include "dissectors/context.h"

#include <stdlib.h>

#include "dissectors/base/spares.h"
#include "dissectors/quic/quic_table.h"
#include "dissectors/tls/crypto.h"
#include "dissectors/tls/facts.h"
#include "dissectors/tls/keystore.h"
#include "dissectors/tls/record.h"

bool context_init(struct context *context, size_t max_sessions, const uint8_t seed[HMAP_SEED_SIZE],
                  struct diag *diag)
{
    bool whole;

    *context = (struct context){.crypto = crypto_new(), .max_waiting = 128u << 10};
    if (context->crypto != NULL) {
        context->keystore = keystore_new(max_sessions, seed);
    }
    context->quic = quic_table_new(seed);
    context->facts = facts_table_new(seed);
    context->spares = calloc(1, sizeof(*context->spares));
    whole = context->keystore != NULL && context->quic != NULL && context->facts != NULL &&
            context->spares != NULL;
    for (size_t i = 0; i < MAX_LAYERS; i++) {
        context->scratch[i] = calloc(1, RECORD_MAX_BODY);
        whole = whole && context->scratch[i] != NULL;
    }
    if (!whole) {
        diag_set(diag, "no memory, or OpenSSL lacks an algorithm that reading TLS needs");
        context_clear(context);
    }
    return whole;
}

void context_clear(struct context *context)
{
    for (size_t i = 0; i < MAX_LAYERS; i++) {
        if (context->scratch[i] != NULL) {
            bytes_wipe(context->scratch[i], RECORD_MAX_BODY);
            free(context->scratch[i]);
        }
    }
    if (context->spares != NULL) {
        spares_clear(context->spares);
        free(context->spares);
    }
    facts_table_free(context->facts);
    quic_table_free(context->quic);
    keystore_free(context->keystore);
    crypto_free(context->crypto);
    *context = (struct context){0};
}

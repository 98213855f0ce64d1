/* Recorded sessions whose keys are known: records, handshake messages and what comes after losses
 * and damage. The first byte chooses whether sessions may wait for keys. */
#include <stdlib.h>

#include "dissectors/tls/keystore.h"
#include "tests/support/session.h"
#include "tests/support/talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct context *known_keys(void)
{
    static struct context context;
    static const uint8_t seed[HMAP_SEED_SIZE] = {1};

    if (context.keystore == NULL) {
        struct diag diag;
        char *keys = session_text(SOURCE_DIR "/tests/dissectors/tls/session.keys");

        if (!context_init(&context, 0, seed, &diag)) {
            abort();
        }
        keystore_add_text(context.keystore, bytes_of_text(keys));
        free(keys);
    }
    return &context;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct context *context = known_keys();

    context->wait = size % 2 == 1;
    return talk_fuzz_with(data, size, NULL, context);
}

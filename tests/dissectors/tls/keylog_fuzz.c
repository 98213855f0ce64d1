/* A key log from hostile bytes: as a text, and line by line as a file gives them. */
#include <stdlib.h>
#include <string.h>

#include "dissectors/tls/keystore.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_SESSIONS = 8 };

/* Each line from a block of exactly its size, so that every over-read shows. */
static void add_lines(struct keystore *keystore, struct bytes text)
{
    struct bytes line;

    while (take_line(&text, &line)) {
        uint64_t before = keystore_generation(keystore);
        uint8_t *exact = malloc(line.len + 1);
        enum keylog_line result;

        if (exact == NULL) {
            return;
        }
        memcpy(exact + 1, line.at, line.len);
        result = keystore_add_line(keystore, bytes_view(exact + 1, line.len));
        free(exact);
        if ((result == KEYLOG_ADDED) != (keystore_generation(keystore) > before)) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t seed[HMAP_SEED_SIZE];
    struct keystore *keystore = keystore_new(MAX_SESSIONS, seed);
    uint8_t client_random[TLS_RANDOM_SIZE];
    uint8_t premaster[TLS_MASTER_SIZE];
    struct keystore_stats stats;

    if (keystore == NULL) {
        return 0;
    }
    keystore_add_text(keystore, bytes_view(data, size));
    add_lines(keystore, bytes_view(data, size));
    keystore_stats(keystore, &stats);
    if (stats.sessions > (uint64_t)2 * MAX_SESSIONS) {
        abort();
    }
    memset(client_random, 0xa1, sizeof(client_random));
    for (enum secret_label label = SECRET_MASTER; label < NUM_SECRET_LABELS; label++) {
        size_t len = keystore_find(keystore, client_random, label).len;

        if (len != 0 && len != 32 && len != 48) {
            abort();
        }
    }
    (void)keystore_premaster(keystore, bytes_view(data, size), TLS_VERSION_12, premaster);
    (void)keystore_recall(keystore, bytes_view(data, size), premaster);
    keystore_free(keystore);
    return 0;
}

#include "dissectors/tls/shape.h"
#include "dissectors/tls/state.h"

enum {
    EXPLICIT_NONCE = 8, /* AES-GCM and AES-CCM of TLS 1.2 (RFC 5288, RFC 6655) */
    TAG = 16,
    SHORT_TAG = 8,
    INNER_TYPE = 1, /* TLS 1.3 */
    FINISHED_HEADER = 4,
    PAD_LENGTH = 1,
    KEY_3DES = 24, /* see suite.h */
    /* Of a suite that is not known: at least the MAC of RC4 with MD5, at most IV, SHA-384 and
     * padding */
    LEAST_UNKNOWN = 16,
    MOST_UNKNOWN = 16 + 48 + 16,
};

/* Suites that are never opened, whose lengths are clear all the same: RC4 (RFC 2246, RFC 4492),
 * Camellia (RFC 5932, RFC 6367), SEED (RFC 4162) and ARIA (RFC 6209). SUITE_NULL: a stream. */
static const struct {
    uint16_t first;
    uint16_t last;
    enum suite_kind kind;
    enum suite_hash mac; /* the shortest of the range */
    uint16_t more;       /* by which another one's is longer */
} unread[] = {
    {0x0004, 0x0004, SUITE_NULL, SUITE_MD5, 0},    {0x0005, 0x0005, SUITE_NULL, SUITE_SHA1, 0},
    {0x0018, 0x0018, SUITE_NULL, SUITE_MD5, 0},    {0xC002, 0xC002, SUITE_NULL, SUITE_SHA1, 0},
    {0xC007, 0xC007, SUITE_NULL, SUITE_SHA1, 0},   {0xC00C, 0xC00C, SUITE_NULL, SUITE_SHA1, 0},
    {0xC011, 0xC011, SUITE_NULL, SUITE_SHA1, 0},   {0xC016, 0xC016, SUITE_NULL, SUITE_SHA1, 0},
    {0x0041, 0x0046, SUITE_CBC, SUITE_SHA1, 0},    {0x0084, 0x0089, SUITE_CBC, SUITE_SHA1, 0},
    {0x0096, 0x009B, SUITE_CBC, SUITE_SHA1, 0},    {0x00BA, 0x00C5, SUITE_CBC, SUITE_SHA256, 0},
    {0xC03C, 0xC04F, SUITE_CBC, SUITE_SHA256, 16}, {0xC050, 0xC063, SUITE_GCM, SUITE_SHA256, 0},
    {0xC072, 0xC079, SUITE_CBC, SUITE_SHA256, 16}, {0xC07A, 0xC093, SUITE_GCM, SUITE_SHA256, 0},
};

static uint16_t mac_size(enum suite_hash hash)
{
    static const uint16_t sizes[] = {
        [SUITE_MD5] = 16, [SUITE_SHA1] = 20, [SUITE_SHA256] = 32, [SUITE_SHA384] = 48};

    return sizes[hash];
}

/* IV (from TLS 1.1 on), MAC, and at least one byte that says how much padding there is (RFC 5246,
 * section 6.2.3.2). No stack at work today pads by more than the block wants. Against an attack on
 * the IV of TLS 1.0 many put a record of no byte or one before each. */
static void measure_cbc(const struct tls_state *tls, const struct suite *suite,
                        struct shape_session *session)
{
    uint16_t block = suite->key_len == KEY_3DES ? 8 : 16;
    bool has_iv = tls->params.version > TLS_VERSION_10;

    session->has_guards = !has_iv;
    session->slack = (uint16_t)(block - PAD_LENGTH + session->has_guards);
    session->overhead = (uint16_t)((has_iv ? block : 0) + mac_size(suite->mac) + block);
}

static void measure_suite(const struct tls_state *tls, const struct suite *suite,
                          struct shape_session *session)
{
    bool has_nonce = tls->params.version != TLS_VERSION_13;

    switch (suite->kind) {
    case SUITE_GCM:
    case SUITE_CCM:
        session->overhead = (has_nonce ? EXPLICIT_NONCE : INNER_TYPE) + TAG;
        break;
    case SUITE_CCM_8:
        session->overhead = (has_nonce ? EXPLICIT_NONCE : INNER_TYPE) + SHORT_TAG;
        break;
    case SUITE_CHACHA20: /* its nonce is not sent (RFC 7905) */
        session->overhead = (has_nonce ? 0 : INNER_TYPE) + TAG;
        break;
    case SUITE_CBC:
        measure_cbc(tls, suite, session);
        break;
    case SUITE_NULL:
        session->overhead = mac_size(suite->mac);
        break;
    }
}

static void measure_unread(const struct tls_state *tls, struct shape_session *session)
{
    uint16_t id = tls->params.cipher;

    for (size_t i = 0; i < sizeof(unread) / sizeof(unread[0]); i++) {
        if (id >= unread[i].first && id <= unread[i].last) {
            const struct suite suite = {.kind = unread[i].kind, .mac = unread[i].mac};

            measure_suite(tls, &suite, session);
            session->overhead = (uint16_t)(session->overhead + unread[i].more);
            session->slack = (uint16_t)(session->slack + unread[i].more);
            return;
        }
    }
    session->overhead = MOST_UNKNOWN;
    session->slack = MOST_UNKNOWN - LEAST_UNKNOWN;
}

static void measure(const struct tls_state *tls, struct shape_session *session)
{
    if (tls->suite != NULL) {
        measure_suite(tls, tls->suite, session);
    } else {
        measure_unread(tls, session);
    }
}

static void ask(struct tls_state *tls)
{
    struct shape_session session = {.is_tls13 = is_tls13(tls)};
    tls_watch_fn *watch = tls->watch;

    tls->watch = NULL;
    if (tls->params.compression != 0 || tls->params.version < TLS_VERSION_SSL3) {
        return; /* lengths of what was compressed say little */
    }
    measure(tls, &session);
    tls->followed = watch(tls->watch_ctx, &session);
    if (tls->followed != NULL && tls->early != EARLY_NONE) {
        tls->followed->shape.is_partial = true; /* its first words came before the server's hello */
    }
}

bool measure_begins(struct tls_state *tls)
{
    if (tls->watch != NULL && tls->params.has_client && tls->params.has_server) {
        ask(tls);
    }
    return follow_goes_on(tls->followed);
}
